"""What is typed about a person is read on that person's pages and nowhere else."""

from collections.abc import Iterator, Mapping
from typing import Final

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from app.records.engine import enter_organization
from tests.support.clinic import Clinic
from tests.support.everything import Everything, fill_clinic
from tests.support.hostile import FoundForm
from tests.web.test_hostile_input import forms_of, send

FREE_TEXT: Final = frozenset(
    {"correction_note", "goal_g1", "label", "name", "note", "other", "reason", "text"}
)
"""Fields in which staff may type anything about a patient."""

FEWEST_TYPED: Final = 8


def typed(form: FoundForm, *, at: int) -> Mapping[str, bytes]:
    """Return a secret for each free field of a form."""
    return {name: f"Kanari{at}{name}fugl".encode() for name in form.fields if name in FREE_TEXT}


def everything_stored(clinic: Clinic) -> Iterator[str]:
    """Yield every row of every table as the database has it."""
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        for table in SQLModel.metadata.tables.values():
            plain = [sa.type_coerce(column, sa.types.NullType()) for column in table.columns]
            for row in db.execute(sa.select(*plain)):
                yield f"{table.name}: {tuple(row)!r}"


def test_no_secret_is_in_the_database_in_plain_text_nor_in_a_log_nor_in_an_address(
    clinic: Clinic,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    everything: Everything = fill_clinic(clinic)
    client = everything.client("clinician")
    addresses, secrets = [], 0

    for at, form in enumerate(forms_of(everything, client)):
        free = typed(form, at=at)
        answer = send(client, form.action, form.body(**free))
        addresses.append(answer.headers.get("location", ""))
        secrets += len(free) if answer.status_code == 303 else 0
    said = capfd.readouterr()
    rows = list(everything_stored(clinic))

    assert secrets >= FEWEST_TYPED
    assert any("Rom 3" in row for row in rows), "what is kept in the clear is seen"
    for place in (*rows, *addresses, said.out, said.err, caplog.text):
        assert "Kanari" not in place
        assert "Aksel Berg" not in place


def test_a_secret_that_cannot_be_stored_is_not_repeated_to_others(clinic: Clinic) -> None:
    everything = fill_clinic(clinic)
    owner = everything.client("clinician")

    for who in ("colleague", "administrator", "quality_lead", "elsewhere", "nobody"):
        client = everything.client(who)
        for at, form in enumerate(forms_of(everything, owner)):
            free = typed(form, at=at)
            if free and form.action.startswith(("/patients/", "/episodes/", "/ratings/")):
                answer = send(client, form.action, form.body(**free))
                assert "Kanari" not in answer.text or form.action == "/patients/new", form.action
