"""A rating is stored once, scored, and followed."""

import uuid

import pytest

from app.records import audit, episodes
from app.records.engine import enter_organization
from app.records.sessions import SessionStatus
from app.workflow import access, rate, track
from app.workflow.refusals import Conflict, Gone, Refusal
from tests.support.clinic import Clinic, Enrolled


def _history(clinic: Clinic, patient: Enrolled) -> track.Record:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        program = access.the_program(db)
        episode = episodes.episode(db, program, episode_id=patient.episode_id)
        assert episode is not None
        return track.read_record(db, program, episode=episode)


def test_a_rating_gets_its_score_in_the_same_transaction(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)

    stored = clinic.rate(patient, session_id, answers={"o1": 73, "o2": 0, "o3": 100, "o4": 13})

    (filed,) = _history(clinic, patient).history
    assert filed.id == stored.rating_id
    assert filed.total == 186


def test_a_second_delivery_changes_nothing(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    key = uuid.uuid4()

    first = clinic.rate(patient, session_id, total=200, key=key)
    second = clinic.rate(patient, session_id, total=200, key=key)

    assert second.rating_id == first.rating_id
    assert not second.is_new
    assert len(_history(clinic, patient).history) == 1


def test_the_same_key_with_something_else_in_it_is_refused(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    key = uuid.uuid4()
    clinic.rate(patient, session_id, total=200, key=key)

    with pytest.raises(Conflict):
        clinic.rate(patient, session_id, total=210, key=key)

    (filed,) = _history(clinic, patient).history
    assert filed.total == 200


def test_a_missing_mark_gives_no_score_and_is_never_zero(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)

    clinic.rate(patient, session_id, answers={"o1": 50, "o2": None, "o3": 50, "o4": 50})

    (filed,) = _history(clinic, patient).history
    assert filed.total is None


def test_a_second_complete_set_takes_the_place_of_the_first_and_both_stay(
    clinic: Clinic,
) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)

    clinic.rate(patient, session_id, total=200)
    clinic.rate(patient, session_id, total=240)

    first, second = _history(clinic, patient).history
    assert first.is_replaced
    assert second.replaces_id == first.id
    assert second.correction is rate.Correction.SECOND_SET


def test_an_unfinished_set_takes_the_place_of_nothing(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)

    clinic.rate(patient, session_id, total=200)
    clinic.rate(patient, session_id, answers={"o1": 10}, is_finished=False)

    first, second = _history(clinic, patient).history
    assert first.counts
    assert second.replaces_id is None
    assert second.total is None


def test_one_set_counts_also_when_somebody_began_again_and_left_in_between(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)

    clinic.rate(patient, session_id, total=200)
    clinic.rate(patient, session_id, answers={"o1": 10}, is_finished=False)
    clinic.rate(patient, session_id, total=240)

    counting = [filed.total for filed in _history(clinic, patient).history if filed.counts]
    assert [total for total in counting if total is not None] == [240]


@pytest.mark.parametrize("answers", [{"o9": 10}, {"o1": 101}, {"o1": -1}])
def test_an_answer_that_was_not_offered_is_refused_and_nothing_is_stored(
    clinic: Clinic, answers: dict[str, int | None]
) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)

    with pytest.raises(Refusal) as refused:
        clinic.rate(patient, session_id, answers=answers)

    assert refused.value.status == 400
    assert refused.value.allowed
    assert not _history(clinic, patient).history


def test_a_session_that_did_not_happen_takes_no_rating(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient, status=SessionStatus.CANCELLED)

    with pytest.raises(Gone):
        clinic.rate(patient, session_id, total=200)


def test_every_rating_is_in_the_audit_chain(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [180, 200, 220])

    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        count, broken = audit.verify(db, org_id=patient.org_id)
        entries = audit.entries_about(db, org_id=patient.org_id, patient_id=patient.patient_id)

    assert broken is None
    assert count > 0
    assert [entry.action for entry in entries].count("stored_rating") == 3


def test_a_second_set_with_a_missing_mark_does_not_take_a_score_away(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)

    clinic.rate(patient, session_id, total=200)
    clinic.rate(patient, session_id, answers={"o1": 50, "o2": None, "o3": 50, "o4": 50})

    first, second = _history(clinic, patient).history
    assert first.counts
    assert first.total == 200
    assert second.replaces_id is None


def test_a_paper_form_sent_again_with_another_date_is_not_taken_for_the_same(
    clinic: Clinic,
) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    key = uuid.uuid4()
    clinic.rate(patient, session_id, total=200, key=key)
    clinic.clock.pass_time(days=1)

    with pytest.raises(Conflict):
        clinic.rate(patient, session_id, total=200, key=key)
