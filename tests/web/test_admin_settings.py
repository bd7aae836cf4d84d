"""The administrator keeps teams, settings and the log, and sees no person in treatment."""

import pytest
import sqlalchemy as sa
from sqlmodel import col

from app.records import audit
from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from tests.support.accounts import (
    actions,
    browser,
    entries,
    give_account,
    type_password,
)
from tests.support.clinic import Clinic

PAGES = ("/admin", "/admin/staff/new", "/admin/teams", "/admin/organization", "/admin/log")


def test_teams_are_added_and_renamed(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator)

    added = client.post("/admin/teams", data={"name": "  Rus og   psykisk helse "})
    renamed = client.post(f"/admin/teams/{clinic.other_team_id}", data={"name": "Ungdom"})

    page = client.get("/admin/teams").text
    assert (added.status_code, renamed.status_code) == (303, 303)
    assert "Rus og psykisk helse" in page
    assert "Ungdom" in page


@pytest.mark.parametrize("name", ["Voksen", " Voksen ", "", "V" * 201])
def test_a_team_needs_a_name_of_its_own(clinic: Clinic, name: str) -> None:
    client = clinic.client(clinic.administrator)

    added = client.post("/admin/teams", data={"name": name})
    renamed = client.post(f"/admin/teams/{clinic.other_team_id}", data={"name": name})

    assert (added.status_code, renamed.status_code) == (422, 422)
    assert client.get("/admin/teams").text.count("Ung</th>") == 1


def test_settings_are_kept_and_the_log_says_which_changed_and_not_to_what(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator)

    answer = client.post("/admin/organization", data=settings_form(no_contact_days="35"))

    page = client.get("/admin/organization").text
    entry = entries(clinic, clinic.administrator)[-1]
    assert answer.status_code == 303
    assert 'value="35"' in page
    assert "Ring 113 no." in page
    assert entry.action == "settings_changed"
    assert entry.details == {
        "changed": ["name_display", "no_contact_days", "help_texts", "procedure_texts"]
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"no_contact_days": "6"}, "no_contact_days"),
        ({"no_contact_days": "366"}, "no_contact_days"),
        ({"no_contact_days": "tjue"}, "no_contact_days"),
        ({"no_contact_days": "99999999999999999999"}, "no_contact_days"),
        ({"no_contact_days": ""}, "no_contact_days"),
        ({"help_nn": ""}, "help_nn"),
        ({"help_en": "   "}, "help_en"),
        ({"procedure_nb": ""}, "procedure_nb"),
        ({"procedure_nn": "x" * 2001}, "procedure_nn"),
        ({"help_nb": "a\x00b"}, "help_nb"),
        ({"name": ""}, "name"),
    ],
)
def test_settings_that_cannot_hold_are_refused_at_their_field(
    clinic: Clinic, change: dict[str, str], field: str
) -> None:
    client = clinic.client(clinic.administrator)

    answer = client.post("/admin/organization", data=settings_form(**change))

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "Ring 113 no." in answer.text or field == "help_nn"
    assert "settings_changed" not in actions(clinic, clinic.administrator)


def test_the_log_shows_who_and_when_and_never_about_whom(clinic: Clinic) -> None:
    patient = clinic.enrol(name="Aksel Kanarifugl")
    give_account(clinic, clinic.clinician)
    type_password(browser(clinic), clinic.clinician)

    page = clinic.client(clinic.administrator).get("/admin/log").text

    assert "Kari Lunde" in page
    assert "16. november 2026" in page
    for canary in ("Kanarifugl", patient.patient_id.hex, str(patient.patient_id), "10.0.0.1"):
        assert canary not in page


def test_a_long_log_is_read_in_parts(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator)
    for number in range(120):
        client.post("/admin/teams", data={"name": f"Team {number}"})

    newest = client.get("/admin/log").text
    older = client.get("/admin/log?before=21").text

    assert newest.count("<tr>") == 101
    assert "/admin/log?before=21" in newest
    assert older.count("<tr>") == 21
    assert 'href="/admin/log?before=' not in older


@pytest.mark.parametrize("before", ["0", "-1", "x", "99999999999999999999"])
def test_a_place_in_the_log_that_does_not_exist_is_refused(clinic: Clinic, before: str) -> None:
    assert clinic.client(clinic.administrator).get(f"/admin/log?before={before}").status_code == 422


def test_a_whole_log_is_said_to_be_whole_and_its_head_is_shown(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator)
    client.post("/admin/teams", data={"name": "Nytt"})
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.administrator.org_id)
        _, head = audit.head(db, org_id=clinic.administrator.org_id)

    page = client.post("/admin/log/check").text

    assert "Loggen er hel" in page
    assert head in page


def test_a_log_that_was_changed_is_said_to_be_broken_and_where(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator)
    for name in ("En", "To", "Tre"):
        client.post("/admin/teams", data={"name": name})
    with clinic.database.engine.connect() as connection:
        tamper(connection, kind=clinic.database.is_sqlite)

    page = client.post("/admin/log/check").text

    assert "fra linje 2" in page
    assert 'class="safety' in page


def tamper(connection: sa.Connection, *, kind: bool) -> None:
    """Change an entry behind the program's back, as the owner of the file could."""
    if not kind:
        pytest.skip("on PostgreSQL the program's role cannot change the log at all")
    connection.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
    connection.execute(
        sa.update(AuditEntry).where(col(AuditEntry.sequence) == 2).values(action="nothing")
    )
    connection.commit()


def settings_form(**change: str) -> dict[str, str]:
    """Return a form of settings that holds, with some fields changed."""
    form = {
        "name": "Solvik kommune",
        "name_display": "initials",
        "no_contact_days": "28",
        "help_nb": "Ring 113 nå.",
        "help_nn": "Ring 113 no.",
        "help_en": "Call 113 now.",
        "procedure_nb": "Bli hos pasienten.",
        "procedure_nn": "Ver hos pasienten.",
        "procedure_en": "Stay with the patient.",
    }
    return {**form, **change}
