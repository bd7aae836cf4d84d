"""A patient is enrolled; what is kept about them is changed; who treats and who answers."""

import uuid

import pytest
from sqlmodel import col, select

from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.records.people import Patient
from tests.support.clinic import Clinic
from tests.support.forms import (
    address_of,
    chosen_in,
    new_patient,
    problems_on,
    text_of,
    value_of,
)


def everybody_enrolled(clinic: Clinic) -> list[Patient]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return list(db.execute(select(Patient).order_by(col(Patient.number))).scalars())


def last_entry(clinic: Clinic, action: str) -> AuditEntry:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        entries = db.execute(
            select(AuditEntry).where(AuditEntry.action == action).order_by(col(AuditEntry.sequence))
        )
        newest: AuditEntry = list(entries.scalars())[-1]
        return newest


def test_a_clinician_enrols_a_patient_and_goes_to_the_patients_page(clinic: Clinic) -> None:
    client = clinic.client(clinic.clinician)

    address = address_of(client, "/patients/new", new_patient(clinic))

    (patient,) = everybody_enrolled(clinic)
    assert address == f"/patients/{patient.id}"
    page = client.get(f"{address}/details").text
    assert value_of(page, "name") == "Aksel Berg"
    assert "Outcome-4" in text_of(page)
    assert "Kari Lunde" in text_of(page)


def test_a_patient_without_a_name_has_a_number(clinic: Clinic) -> None:
    client = clinic.client(clinic.clinician)

    first = address_of(client, "/patients/new", new_patient(clinic, name="", birth_year=""))
    address_of(client, "/patients/new", new_patient(clinic, name=""))

    assert [patient.number for patient in everybody_enrolled(clinic)] == [1001, 1002]
    assert "1001" in text_of(client.get(f"{first}/details").text)


def test_a_name_is_not_kept_in_the_clear(clinic: Clinic) -> None:
    address_of(clinic.client(clinic.clinician), "/patients/new", new_patient(clinic))

    (patient,) = everybody_enrolled(clinic)
    assert patient.name_sealed is not None
    assert b"Aksel" not in patient.name_sealed


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_year", "87"),
        ("birth_year", "1899"),
        ("birth_year", "2027"),
        ("name", "A" * 201),
        ("name", "Aksel\x00Berg"),
        ("language", "se"),
        ("form_mode", "codes"),
        ("form_layout", "many"),
        ("main", "alliance-4"),
        ("main", "no-such-form"),
        ("alliance", "outcome-4"),
        ("further", "no-such-form"),
        ("variant", "elder"),
        ("opened_on", "2026-11-17"),
        ("opened_on", "2010-01-01"),
        ("opened_on", "31.02.2026"),
        ("opened_on", ""),
        ("clinician", ""),
        ("clinician", "not:ids"),
    ],
)
def test_what_cannot_be_used_is_told_at_its_field_and_the_rest_is_kept(
    clinic: Clinic, field: str, value: str
) -> None:
    client = clinic.client(clinic.clinician)

    answer = client.post("/patients/new", data=new_patient(clinic) | {field: value})

    assert answer.status_code == 422
    assert problems_on(answer.text) == [field]
    assert chosen_in(answer.text, "form_layout") == ([] if field == "form_layout" else ["all"])
    if field != "birth_year":
        assert value_of(answer.text, "birth_year") == "1990"
    assert everybody_enrolled(clinic) == []


def test_everything_that_is_wrong_is_told_at_once(clinic: Clinic) -> None:
    wrong = new_patient(clinic, birth_year="87", opened_on="soon", variant="")

    answer = clinic.client(clinic.clinician).post("/patients/new", data=wrong)

    assert problems_on(answer.text) == ["birth_year", "variant", "opened_on"]


@pytest.mark.parametrize("empty", [{}, {"name": ["a", "b"]}])
def test_a_form_with_nothing_in_it_is_answered_with_the_form(
    clinic: Clinic, empty: dict[str, list[str]]
) -> None:
    answer = clinic.client(clinic.clinician).post("/patients/new", data=empty)

    assert answer.status_code == 422


def test_a_clinician_cannot_enrol_in_another_team(clinic: Clinic) -> None:
    stranger = f"{clinic.other_team_id}:{clinic.other_team.staff_id}"

    answer = clinic.client(clinic.clinician).post(
        "/patients/new", data=new_patient(clinic, clinician=stranger)
    )

    assert answer.status_code == 422
    assert everybody_enrolled(clinic) == []


def test_the_first_clinician_works_in_the_team(clinic: Clinic) -> None:
    stranger = f"{clinic.team_id}:{clinic.other_team.staff_id}"

    answer = clinic.client(clinic.clinician).post(
        "/patients/new", data=new_patient(clinic, clinician=stranger)
    )

    assert problems_on(answer.text) == ["clinician"]


def test_who_enrols_for_a_colleague_does_not_see_the_patient(clinic: Clinic) -> None:
    client = clinic.client(clinic.clinician)

    address = address_of(client, "/patients/new", new_patient(clinic, by=clinic.colleague))

    (patient,) = everybody_enrolled(clinic)
    assert address == "/"
    assert client.get(f"/patients/{patient.id}/details").status_code == 404
    theirs = clinic.client(clinic.colleague).get(f"/patients/{patient.id}/details")
    assert theirs.status_code == 200


def test_a_supervisor_enrols_for_a_clinician_and_sees_the_patient(clinic: Clinic) -> None:
    client = clinic.client(clinic.supervisor)

    address_of(client, "/patients/new", new_patient(clinic))

    (patient,) = everybody_enrolled(clinic)
    assert client.get(f"/patients/{patient.id}/details").status_code == 200


def test_the_log_names_the_changed_fields_and_not_what_they_held(clinic: Clinic) -> None:
    patient = clinic.enrol()
    changed = {
        **new_patient(clinic),
        "name": "Aksel Lund",
        "birth_year": "1991",
        "has_large_text": "yes",
    }

    client = clinic.client(clinic.clinician)
    address_of(client, f"/patients/{patient.patient_id}/details", changed)

    entry = last_entry(clinic, "changed_details")
    assert entry.details == {"fields": ["birth_year", "has_large_text", "name"]}
    page = client.get(f"/patients/{patient.patient_id}/details").text
    assert value_of(page, "name") == "Aksel Lund"
    assert value_of(page, "birth_year") == "1991"


def test_saving_without_a_change_changes_nothing(clinic: Clinic) -> None:
    patient = clinic.enrol()
    (before,) = everybody_enrolled(clinic)

    address_of(
        clinic.client(clinic.clinician),
        f"/patients/{patient.patient_id}/details",
        new_patient(clinic),
    )

    (after,) = everybody_enrolled(clinic)
    assert after == before
    assert last_entry(clinic, "changed_details").details == {"fields": []}


def test_a_name_can_be_taken_away(clinic: Clinic) -> None:
    patient = clinic.enrol()

    address_of(
        clinic.client(clinic.clinician),
        f"/patients/{patient.patient_id}/details",
        new_patient(clinic, name=" "),
    )

    (kept,) = everybody_enrolled(clinic)
    assert kept.name_sealed is None


@pytest.mark.parametrize(("field", "value"), [("birth_year", "3000"), ("form_mode", "")])
def test_wrong_details_are_shown_again_as_typed(clinic: Clinic, field: str, value: str) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/patients/{patient.patient_id}/details",
        data=new_patient(clinic, name="Aksel Lund") | {field: value},
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == [field]
    assert value_of(answer.text, "name") == "Aksel Lund"


def test_next_of_kin_answer_until_they_no_longer_do(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)
    at = f"/patients/{patient.patient_id}"

    address_of(client, f"{at}/respondents", {"kind": "parent", "label": "mor"})
    during = client.get(f"{at}/details").text
    (end,) = {
        part for part in during.split('"') if part.endswith("/end") and "/respondents/" in part
    }
    address_of(client, end, {})
    address_of(client, end, {})

    assert "Forelder (mor)" in text_of(during)
    assert end not in client.get(f"{at}/details").text


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"kind": "patient"}, "kind"),
        ({"kind": "dog"}, "kind"),
        ({"kind": "partner", "label": "x" * 81}, "label"),
    ],
)
def test_a_respondent_who_cannot_be_added_is_told_at_the_field(
    clinic: Clinic, sent: dict[str, str], field: str
) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/patients/{patient.patient_id}/respondents", data=sent
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == [field]


def test_the_patient_always_answers(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)

    answer = client.post(f"/patients/{patient.patient_id}/respondents/{patient.respondent_id}/end")

    assert answer.status_code == 409


def test_a_respondent_of_nobody_is_not_there(clinic: Clinic) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/patients/{patient.patient_id}/respondents/{uuid.uuid4()}/end"
    )

    assert answer.status_code == 404


def test_a_colleague_sees_the_patient_from_when_to_when_they_treat(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.supervisor)
    colleague = clinic.client(clinic.colleague)
    at = f"/patients/{patient.patient_id}"

    address_of(client, f"{at}/clinicians", {"staff_id": str(clinic.colleague.staff_id)})
    during = colleague.get(f"{at}/details").status_code
    address_of(client, f"{at}/clinicians/{clinic.colleague.staff_id}/end", {})
    after = colleague.get(f"{at}/details").status_code

    assert (during, after) == (200, 404)


def test_who_leaves_is_sent_home_and_sees_the_patient_no_more(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)
    at = f"/patients/{patient.patient_id}"
    address_of(client, f"{at}/clinicians", {"staff_id": str(clinic.colleague.staff_id)})

    address = address_of(client, f"{at}/clinicians/{clinic.clinician.staff_id}/end", {})

    assert address == "/"
    assert client.get(f"{at}/details").status_code == 404


def test_somebody_treats_as_long_as_the_course_is_open(clinic: Clinic) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/patients/{patient.patient_id}/clinicians/{clinic.clinician.staff_id}/end"
    )

    assert answer.status_code == 409


def test_somebody_who_does_not_treat_cannot_stop_treating(clinic: Clinic) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/patients/{patient.patient_id}/clinicians/{clinic.colleague.staff_id}/end"
    )

    assert answer.status_code == 409


def test_nobody_treats_twice(clinic: Clinic) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/patients/{patient.patient_id}/clinicians",
        data={"staff_id": str(clinic.clinician.staff_id)},
    )

    assert answer.status_code == 409


@pytest.mark.parametrize("name", ["other_team", "elsewhere", "administrator", "supervisor"])
def test_only_clinicians_of_the_team_can_be_asked_to_treat(clinic: Clinic, name: str) -> None:
    patient = clinic.enrol()
    person = clinic.people[name]
    assert person is not None

    answer = clinic.client(clinic.clinician).post(
        f"/patients/{patient.patient_id}/clinicians", data={"staff_id": str(person.staff_id)}
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == ["staff_id"]


def test_somebody_has_to_be_chosen(clinic: Clinic) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/patients/{patient.patient_id}/clinicians", data={"staff_id": "Per"}
    )

    assert problems_on(answer.text) == ["staff_id"]
