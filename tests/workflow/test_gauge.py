"""Once a day it is gauged which early alliance ratings are low here, and new ones are flagged."""

import uuid

import pytest
from sqlmodel import select

from app.clinical.early_alliance import EarlyLimit
from app.clinical.follow_up import FlagState
from app.clinical.rules import RuleId
from app.records import early_alliances
from app.records.audit import AuditEntry
from app.records.early_alliances import EarlyAlliance
from app.records.engine import enter_organization
from app.records.sessions import SessionStatus, TherapySession
from app.records.tablets import Slot
from app.workflow import gauge, keep_watch
from tests.support.clinic import Clinic, Enrolled
from tests.support.flagged import kept, page_of
from tests.support.forms import text_of

LOW, HIGH = 300, 380


def rate(clinic: Clinic, patient: Enrolled, session_id: uuid.UUID, total: int) -> uuid.UUID:
    stored = clinic.rate(patient, session_id, total=total, instrument="alliance-4", slot=Slot.END)
    return stored.rating_id


def come(clinic: Clinic, patient: Enrolled, *totals: int) -> None:
    """Let a patient come, and say each time how working together was."""
    for total in totals:
        rate(clinic, patient, clinic.session(patient, is_over=True), total)
        clinic.clock.pass_time(days=7)


def look(clinic: Clinic) -> None:
    clinic.clock.pass_time(days=1)
    keep_watch.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)


def limits(clinic: Clinic, *, org_id: int | None = None) -> early_alliances.Limits:
    here = org_id or clinic.clinician.org_id
    with clinic.database.reading() as db:
        enter_organization(db, org_id=here)
        return early_alliances.held(db, org_id=here)


def rows_kept(clinic: Clinic) -> int:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return len(db.execute(select(EarlyAlliance)).scalars().all())


def state(clinic: Clinic, patient: Enrolled) -> FlagState | None:
    states = {one.flag.rule: one.state for one in kept(clinic, patient)}
    return states.get(RuleId.ALLIANCE_DROP)


@pytest.fixture
def many(clinic: Clinic) -> Clinic:
    """A clinic with 102 early ratings, nine of them low, and one low one later on."""
    for number in range(34):
        low = LOW if number < 3 else HIGH
        came = clinic.clock.now
        come(clinic, clinic.enrol(name=None), low, low, low, *([100] if number == 33 else []))
        clinic.clock.now = came
    return clinic


def test_a_first_rating_among_the_lowest_here_is_flagged_with_the_numbers_it_saw(
    many: Clinic,
) -> None:
    before = many.enrol()
    come(many, before, LOW)
    look(many)
    patient = many.enrol(name="Berit Dahl")

    come(many, patient, LOW)

    assert limits(many) == {"alliance-4": EarlyLimit(limit=LOW, n=103, edition=1)}
    assert state(many, before) is None
    assert state(many, patient) is FlagState.OPEN
    (flag,) = (one.flag for one in kept(many, patient) if one.flag.rule is RuleId.ALLIANCE_DROP)
    assert (flag.rule_version, flag.numbers["early_limit"]) == (2, LOW)
    page = text_of(many.client(many.clinician).get(f"/patients/{patient.patient_id}").text)
    assert "Samarbeidet er blant de laveste i starten her" in page
    assert "bygd på 103 svar: 30,0 eller lavere. Her er det 30,0" in page
    numbers = text_of(page_of(many, flag.id).text)
    assert "Grensen for de laveste i starten her 30,0" in numbers
    assert "De laveste, av 100 10" in numbers


def test_a_rating_that_others_give_too_is_not_and_says_nothing_of_too_few(many: Clinic) -> None:
    look(many)
    patient = many.enrol(name="Berit Dahl")

    come(many, patient, HIGH)

    page = text_of(many.client(many.clinician).get(f"/patients/{patient.patient_id}").text)
    assert state(many, patient) is None
    assert "for få svar om samarbeidet" not in page


def test_before_a_hundred_ratings_nobody_is_compared(clinic: Clinic) -> None:
    for _ in range(33):
        came = clinic.clock.now
        come(clinic, clinic.enrol(name=None), HIGH, HIGH, HIGH)
        clinic.clock.now = came
    look(clinic)
    patient = clinic.enrol(name="Berit Dahl")

    come(clinic, patient, 0)

    page = text_of(clinic.client(clinic.clinician).get(f"/patients/{patient.patient_id}").text)
    assert (limits(clinic), rows_kept(clinic)) == ({}, 0)
    assert state(clinic, patient) is None
    assert "for få svar om samarbeidet" in page


def test_what_does_not_count_for_a_patient_does_not_count_here(clinic: Clinic) -> None:
    patient = clinic.enrol()
    replaced = clinic.session(patient, is_over=True)
    rate(clinic, patient, replaced, 100)
    rate(clinic, patient, replaced, 200)
    clinic.clock.pass_time(days=7)
    cancelled = clinic.session(patient)
    rate(clinic, patient, cancelled, 110)
    with clinic.database.writing() as db:
        enter_organization(db, org_id=patient.org_id)
        found = db.get_one(TherapySession, (patient.org_id, cancelled))
        found.status = SessionStatus.CANCELLED
    clinic.clock.pass_time(days=7)
    come(clinic, patient, 210, 220, 120)
    come(clinic, clinic.enrol(name="Berit Dahl", alliance=None), 130)

    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        counted = early_alliances.totals(db, instrument="alliance-4", edition=1, sessions=3)
        of_another = early_alliances.totals(db, instrument="alliance-4", edition=2, sessions=3)

    assert counted == {200: 1, 210: 1, 220: 1}
    assert of_another == {}


def test_it_is_kept_anew_when_it_moves_or_a_tenth_more_stand_behind_it(many: Clinic) -> None:
    look(many)
    look(many)
    first = rows_kept(many)
    come(many, many.enrol(), HIGH)
    look(many)
    little = rows_kept(many)
    for _ in range(4):
        came = many.clock.now
        come(many, many.enrol(), HIGH, HIGH, HIGH)
        many.clock.now = came
    look(many)

    assert (first, little, rows_kept(many)) == (1, 1, 2)
    assert limits(many)["alliance-4"].n == 115
    with many.database.reading() as db:
        enter_organization(db, org_id=many.clinician.org_id)
        entries = db.execute(select(AuditEntry)).scalars().all()
        told = [one.details for one in entries if one.action == "gauged_early_alliance"]
    assert told == [{"alliance-4": 102}, {"alliance-4": 115}]


def test_another_organization_is_not_compared_with_these(many: Clinic) -> None:
    look(many)

    assert limits(many, org_id=many.elsewhere.org_id) == {}


def test_an_installation_without_flags_gauges_nothing(many: Clinic) -> None:
    with many.database.reading() as db:
        enter_organization(db, org_id=many.clinician.org_id)
        db.info["has_flags"] = False

        assert gauge.limits_here(db, registry=many.registry) == {}
