"""What a rating hands on to the rules is what they would have read themselves."""

from app.records import episodes
from app.records.base import DbSession
from app.records.engine import enter_organization
from app.records.flags import of_episodes
from app.records.ratings import Placed
from app.records.sessions import SessionStatus
from app.workflow import access, track
from tests.support.clinic import Clinic, Enrolled
from tests.support.lists import use_curve


def _read(clinic: Clinic, patient: Enrolled) -> track.RecordOf[Placed]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        return track.read_placed(
            db, access.the_program(db), episode=_episode(db, patient), baseline_id=None
        )


def _episode(db: DbSession, patient: Enrolled) -> episodes.EpisodeRow:
    place = episodes.place(
        db,
        access.the_program(db),
        episode_id=patient.episode_id,
        respondent_id=patient.respondent_id,
    )
    if place is None:
        raise LookupError(patient.episode_id)
    return place.episode


def _flags(clinic: Clinic, patient: Enrolled) -> list[tuple[object, ...]]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        standing = of_episodes(db, access.the_program(db), episode_ids=[patient.episode_id])
        return [(one.flag.id, one.state, one.rating_id, dict(one.numbers)) for one in standing]


def test_a_second_set_for_a_session_is_handed_on_as_it_is_stored(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [200, 190])
    session_id = clinic.session(patient)
    clinic.rate(patient, session_id, total=150)
    before = _read(clinic, patient)

    clinic.rate(patient, session_id, total=140)

    after = _read(clinic, patient)
    assert before.with_new(after.history[-1]) == after
    assert [placed.is_replaced for placed in after.history] == [False, False, True, False]


def test_the_first_rating_of_a_planned_session_says_that_the_patient_came(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [200])
    session_id = clinic.session(patient, status=SessionStatus.PLANNED)
    before = _read(clinic, patient)

    clinic.rate(patient, session_id, total=150)

    after = _read(clinic, patient)
    assert before.with_new(after.history[-1]) == after
    assert before.sessions != after.sessions


def test_a_second_look_at_a_course_changes_no_flag(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    clinic.course(patient, [250, 230, 180, 120, 100, 90, 250])
    raised = _flags(clinic, patient)

    with clinic.database.writing() as db:
        enter_organization(db, org_id=patient.org_id)
        track.follow(
            db, episode=_episode(db, patient), registry=clinic.registry, now=clinic.clock.now
        )

    assert raised
    assert _flags(clinic, patient) == raised
