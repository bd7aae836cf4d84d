"""What is shared for research stands as it was, sealed, and each of them can be told."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.records import audit, research_exports
from app.records.encryption import seal, unseal
from app.records.engine import enter_organization
from app.workflow import share
from app.workflow.show_shared import Counts, ExportChangedError, counts_told
from tests.support.clinic import Clinic
from tests.support.research import GROUND, PROJECT, a_service, agreed, log_of, taken


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE research_request SET k = 5",
        "DELETE FROM research_request",
        "UPDATE research_step SET state = 'approved'",
        "DELETE FROM research_step",
        "UPDATE research_content SET hash = ''",
        "DELETE FROM research_content",
    ],
)
def test_the_database_refuses_to_change_what_is_shared(clinic: Clinic, statement: str) -> None:
    a_service(clinic)
    agreed(clinic)

    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        with pytest.raises(DBAPIError, match=r"appended only|permission denied"):
            db.execute(sa.text(statement))
        db.rollback()


def test_what_was_changed_behind_the_program_does_not_leave(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_service(clinic)
    request_id = agreed(clinic)
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        row = research_exports.content_of(db, org_id=viewer.org_id, request_id=request_id)
        assert row is not None
        written = unseal(db, row.written_sealed, column=share.WRITTEN, row_id=row.id) or ""
        other = seal(
            db, written.replace('"week":0', '"week":1'), column=share.WRITTEN, row_id=row.id
        )
    changed = row.model_copy(update={"written_sealed": other})
    monkeypatch.setattr("app.records.research_exports.content_of", lambda *_, **__: changed)

    with pytest.raises(ExportChangedError, match="does not have the hash"):
        taken(clinic, request_id)
    assert "took_out_research" not in [row.action for row in log_of(clinic)]


def test_what_is_kept_of_it_is_sealed(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = agreed(clinic)
    person = taken(clinic, request_id).export.people[0].person

    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        content = research_exports.content_of(
            db, org_id=clinic.quality_lead.org_id, request_id=request_id
        )
        row = research_exports.of_id(db, org_id=clinic.quality_lead.org_id, request_id=request_id)

    assert content is not None
    assert row is not None
    assert person.encode() not in content.written_sealed
    assert PROJECT.encode() not in row.project_sealed
    assert GROUND.encode() not in row.ground_sealed


def test_whoever_is_in_it_finds_it_in_their_own_log(clinic: Clinic) -> None:
    """As the person sees it who asks who has seen what about them."""
    courses = a_service(clinic)
    agreed(clinic)
    agreement = next(row for row in log_of(clinic) if row.action == "agreed_to_research")
    included = next(one for one in courses if one.patient.hex in str(agreement.details))
    outside = next(one for one in courses if one.patient.hex not in str(agreement.details))

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        theirs, others = (
            [
                row.action
                for row in audit.entries_about(
                    db, org_id=clinic.quality_lead.org_id, patient_id=one.patient
                )
            ]
            for one in (included, outside)
        )

    assert theirs == ["agreed_to_research"]
    assert others == []


MANY = Counts(
    ended=100,
    declined=6,
    other_edition=0,
    unscored=7,
    included=80,
    as_group=3,
    without_team=0,
    told_least=5,
    left_out=7,
)


def test_reasons_of_enough_patients_are_told_one_by_one() -> None:
    told = counts_told(MANY, k=5)

    assert told == {
        "ended": 100,
        "included": 80,
        "as_group": None,
        "without_team": 0,
        "told_least": 5,
        "left_out": 7,
        "unscored": 7,
        "declined": 6,
        "other_edition": 0,
    }


def test_a_reason_of_few_is_not_told_nor_to_be_worked_out() -> None:
    told = counts_told(replace(MANY, declined=2, unscored=11), k=5)

    assert told["not_included"] == 20
    assert not {"left_out", "unscored", "declined", "other_edition"} & told.keys()


def test_of_few_who_are_not_in_it_the_whole_is_not_told_either() -> None:
    few = replace(MANY, ended=83, declined=1, unscored=0, left_out=2)

    told = counts_told(few, k=5)

    assert told["not_included"] is None
    assert "ended" not in told
    assert set(told.values()) == {80, None, 0, 5}
