"""What ends a flag, a form or a session, and what does not."""

import uuid

from app.clinical.curves import GENERAL_CURVES
from app.clinical.follow_up import FlagState
from app.clinical.rules import RuleId
from app.records import curves
from app.records.engine import enter_organization
from app.records.sessions import SessionStatus
from app.records.tablets import Slot
from tests.support.clinic import Clinic, Enrolled
from tests.support.flagged import kept
from tests.support.forms import address_of, text_of
from tests.support.kiosk import connect, hand_over
from tests.support.lists import critical
from tests.web.test_moves import moving

CLOSING = {"ending": "planned", "agreement": "agreed", "note": ""}


def states(clinic: Clinic, patient: Enrolled) -> dict[RuleId, FlagState]:
    return {one.flag.rule: one.state for one in kept(clinic, patient)}


def phq(clinic: Clinic, patient: Enrolled, each: int, *, ninth: int = 0) -> uuid.UUID:
    answers = {f"q{at}": each for at in range(1, 9)} | {"q9": ninth}
    session_id = clinic.session(patient, is_over=True)
    stored = clinic.rate(patient, session_id, instrument="phq-9", answers=answers)
    clinic.clock.pass_time(days=7)
    return stored.rating_id


def test_a_set_that_was_left_hides_no_alliance_and_no_fall_of_it(clinic: Clinic) -> None:
    patient = clinic.enrol()
    for total in (380, 380, 380, 200):
        session_id = clinic.session(patient)
        clinic.rate(patient, session_id, total=200)
        clinic.rate(patient, session_id, total=total, instrument="alliance-4", slot=Slot.END)
        clinic.rate(
            patient,
            session_id,
            answers={},
            instrument="alliance-4",
            slot=Slot.END,
            is_finished=False,
        )
        clinic.clock.pass_time(days=7)

    page = text_of(clinic.client(clinic.clinician).get(f"/patients/{patient.patient_id}").text)

    assert states(clinic, patient)[RuleId.ALLIANCE_DROP] is FlagState.OPEN
    assert "20,0" in page


def test_flags_of_a_rating_that_was_moved_end_and_its_numbers_are_gone(clinic: Clinic) -> None:
    wrong = clinic.enrol(main="phq-9", alliance=None)
    right = clinic.enrol(name="Berit Dal", main="phq-9", alliance=None)
    phq(clinic, wrong, 0)
    moved = phq(clinic, wrong, 30, ninth=30)
    before = states(clinic, wrong)
    client = clinic.client(clinic.clinician)

    address_of(client, f"/ratings/{moved}/move", moving(right, clinic.session(right)))

    assert before[RuleId.DETERIORATION] is FlagState.OPEN
    after = states(clinic, wrong)
    assert after[RuleId.DETERIORATION] is FlagState.CLEARED
    assert after[RuleId.CRITICAL_ITEM] is FlagState.OPEN, "a person closes it"
    pages = [client.get(f"/patients/{wrong.patient_id}").text]
    pages += [client.get(f"/flags/{one.flag.id}").text for one in kept(clinic, wrong)]
    for page in map(text_of, pages):
        assert "27,0" not in page
        assert "svaret var 3" not in page
    assert states(clinic, right)[RuleId.CRITICAL_ITEM] is FlagState.OPEN


def test_a_course_followed_by_another_form_says_nothing_false_of_the_old_one(
    clinic: Clinic,
) -> None:
    patient = clinic.enrol(main="phq-9")
    phq(clinic, patient, 0)
    phq(clinic, patient, 20)
    before = states(clinic, patient)
    client = clinic.client(clinic.clinician)
    forms = {"main": "outcome-4", "alliance": "alliance-4", "variant": "adult", "further": "phq-9"}

    address_of(client, f"/episodes/{patient.episode_id}/change", forms)

    assert before[RuleId.DETERIORATION] is FlagState.OPEN
    assert states(clinic, patient)[RuleId.DETERIORATION] is FlagState.CLEARED
    assert "lavere enn ved start" not in text_of(client.get("/").text)
    (flag,) = [one.flag for one in kept(clinic, patient) if one.flag.rule is RuleId.DETERIORATION]
    page = text_of(client.get(f"/flags/{flag.id}").text)
    assert "Tydelig høyere enn ved start (+16,0)" in page
    assert "lavere enn ved start" not in page


def test_a_curve_that_is_accepted_no_more_leaves_no_flag_behind(clinic: Clinic) -> None:
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        for curve in GENERAL_CURVES:
            curves.add(db, curve, org_id=clinic.clinician.org_id, now=clinic.clock.now)
    lead = clinic.client(clinic.quality_lead)
    (version,) = [one.version for one in GENERAL_CURVES if one.instrument_key == "phq-9"]
    patient = clinic.enrol(main="phq-9", alliance=None)
    address_of(lead, "/numbers/phq-9/accept", {"version": version})
    for each in (20, 30, 30):
        phq(clinic, patient, each)
    before = states(clinic, patient)

    address_of(lead, "/numbers/phq-9/withdraw", {"version": version})
    phq(clinic, patient, 10)

    assert before[RuleId.OFF_TRACK_BAND] is FlagState.OPEN
    assert states(clinic, patient)[RuleId.OFF_TRACK_BAND] is FlagState.CLEARED


def test_nothing_is_closed_under_the_hand_of_a_patient_who_rates(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient, status=SessionStatus.PLANNED)
    tablet = connect(clinic)
    hand_over(clinic, patient)
    body = tablet.body(tablet.waiting_visit())
    client = clinic.client(clinic.clinician)

    closed = client.post(f"/episodes/{patient.episode_id}/close", data=CLOSING)
    stored = tablet.send("/tablet/ratings", body)

    assert closed.status_code in {409, 422}
    assert "Pasienten holder på å svare på et skjema." in closed.text
    assert stored.status_code == 201
    assert session_id is not None


def test_a_form_that_nobody_has_begun_goes_with_its_course(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.session(patient)
    tablet = connect(clinic)
    hand_over(clinic, patient)
    client = clinic.client(clinic.clinician)

    address_of(client, f"/episodes/{patient.episode_id}/close", CLOSING)

    assert "Nettbrettet er klart" in tablet.get("/tablet").text


def test_a_set_that_nobody_touched_is_no_proof_that_somebody_came(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient, status=SessionStatus.PLANNED)
    clinic.rate(patient, session_id, answers={}, is_finished=False)
    client = clinic.client(clinic.clinician)

    address_of(client, f"/sessions/{session_id}/status", {"status": "not_attended"})

    page = text_of(client.get(f"/episodes/{patient.episode_id}/sessions").text)
    assert "Ikke møtt" in page


def test_whoever_closes_a_course_is_told_of_an_answer_that_nobody_has_gone_through(
    clinic: Clinic,
) -> None:
    patient = critical(clinic)
    other = clinic.enrol()
    client = clinic.client(clinic.clinician)
    (flag,) = [one.flag for one in kept(clinic, patient) if one.flag.rule is RuleId.CRITICAL_ITEM]

    page = client.get(f"/episodes/{patient.episode_id}/close").text
    calm = client.get(f"/episodes/{other.episode_id}/close").text

    assert "Ingen har gått gjennom dette ennå." in page
    assert f'href="/flags/{flag.id}"' in page
    assert "Ingen har gått gjennom" not in calm
