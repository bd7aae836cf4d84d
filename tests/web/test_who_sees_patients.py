"""Every page about one patient, tried by everybody. Not yours looks like not there."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from sqlmodel import col, select

from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.records.staff import Staff
from app.web import corrections, courses, enrolment, paper, participation, ratings, sessions
from tests.support.clinic import Clinic

PAGES = (enrolment, courses, participation, sessions, paper, ratings, corrections)
SEES = ("clinician", "supervisor")
SEES_NOT = ("colleague", "other_team", "quality_lead", "administrator", "elsewhere")


def routes() -> Iterator[tuple[str, str]]:
    for module in PAGES:
        for route in module.router.routes:
            if isinstance(route, APIRoute) and "{" in route.path:
                for method in route.methods or ():
                    yield method, route.path


def addresses(clinic: Clinic) -> dict[str, str]:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    stored = clinic.rate(patient, session_id, total=200)
    return {
        "patient_id": str(patient.patient_id),
        "episode_id": str(patient.episode_id),
        "session_id": str(session_id),
        "rating_id": str(stored.rating_id),
        "respondent_id": str(patient.respondent_id),
        "staff_id": str(clinic.clinician.staff_id),
    }


def answers_to(clinic: Clinic, name: str) -> dict[str, int]:
    found = addresses(clinic)
    client = clinic.client(clinic.people[name], raises=False)
    return {
        f"{method} {path}": client.request(method, path.format(**found)).status_code
        for method, path in routes()
    }


def test_there_are_pages_to_try() -> None:
    assert len(list(routes())) == 31


@pytest.mark.parametrize("name", SEES_NOT)
def test_who_neither_treats_nor_supervises_finds_nothing(clinic: Clinic, name: str) -> None:
    answers = answers_to(clinic, name)

    assert set(answers.values()) == {404}


@pytest.mark.parametrize("name", SEES)
def test_who_treats_or_supervises_gets_an_answer_to_everything(clinic: Clinic, name: str) -> None:
    answers = answers_to(clinic, name)

    assert not [page for page, status in answers.items() if status == 404 or status >= 500]


def test_who_is_not_signed_in_is_asked_to_sign_in(clinic: Clinic) -> None:
    answers = answers_to(clinic, "nobody")

    assert set(answers.values()) == {303}


def test_a_look_that_was_refused_is_in_the_log(clinic: Clinic) -> None:
    found = addresses(clinic)

    clinic.client(clinic.colleague).get(f"/episodes/{found['episode_id']}/ratings")

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        last = db.execute(
            select(AuditEntry).order_by(col(AuditEntry.sequence).desc()).limit(1)
        ).scalar_one()
    assert last.action == "refused"
    assert last.actor_id == clinic.colleague.staff_id
    assert last.patient_id is None


@pytest.mark.parametrize(
    "name", ["clinician", "colleague", "supervisor", "other_team", "elsewhere"]
)
def test_those_who_see_patients_may_enrol_one(clinic: Clinic, name: str) -> None:
    page = clinic.client(clinic.people[name]).get("/patients/new")

    assert page.status_code == 200


@pytest.mark.parametrize("name", ["quality_lead", "administrator"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_those_who_see_no_patients_enrol_none(clinic: Clinic, name: str, method: str) -> None:
    answer = clinic.client(clinic.people[name]).request(method, "/patients/new")

    assert answer.status_code == 404


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_every_page_is_there_in_every_language(clinic: Clinic, language: str) -> None:
    found = addresses(clinic)
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        member = db.execute(select(Staff).where(Staff.id == clinic.clinician.staff_id)).scalar_one()
        member.language = language
    client = clinic.client(clinic.clinician)
    addresses_to_read = [
        "/patients/new",
        *(path.format(**found) for method, path in routes() if method == "GET"),
        f"/sessions/{found['session_id']}/paper?instrument=phq-9",
    ]

    pages = [client.get(address) for address in addresses_to_read]

    assert {page.status_code for page in pages} == {200}
    assert all(f'<html lang="{language}"' in page.text for page in pages)
