"""A file is compared with what is stored before anything is; what contradicts it is refused."""

import datetime as dt

import pytest

from app.records import people, sessions
from app.records.episodes import Agreement, Ending
from app.records.sessions import SessionStatus
from app.workflow import agree, hold
from app.workflow.plan_history import CannotImportError
from tests.support.clinic import Clinic, Enrolled
from tests.support.histories import (
    REGISTRY,
    counted,
    courses,
    imported,
    planned,
    reading,
    refused,
)


def test_a_dry_run_tells_what_would_be_stored_and_stores_nothing(clinic: Clinic) -> None:
    history = reading("client,week,score\n101,0,26\n101,1,22\n102,0,30\n102,1,\n", clinic)

    plan = planned(clinic, history)

    assert (plan.new_clients, plan.new_sessions, plan.new_ratings, plan.stored) == (2, 4, 3, 0)
    assert counted(clinic) == (0, 0, 0)


def test_a_changed_number_is_refused_and_not_corrected_silently(clinic: Clinic) -> None:
    imported(clinic, reading("client,week,score\n101,0,26\n101,1,22\n", clinic))

    (line,) = refused(clinic, reading("client,week,score\n101,0,26\n101,1,21\n", clinic))

    assert line.line == 3
    assert "is stored with other numbers" in line.why


def test_another_start_is_refused(clinic: Clinic) -> None:
    text = "client,week,score\n101,0,26\n"
    imported(clinic, reading(text, clinic))

    later = refused(clinic, reading(text, clinic, start=dt.date(2026, 8, 10)))

    assert "is stored for 2026-08-03; give the same --start" in later[0].why


def test_a_line_before_the_course_was_opened_is_refused(clinic: Clinic) -> None:
    imported(clinic, reading("client,date,score\n101,2026-08-03,26\n", clinic))

    history = reading("client,date,score\n101,2026-07-27,30\n101,2026-08-03,26\n", clinic)

    assert "before the client's course was opened" in refused(clinic, history)[0].why


def test_a_session_that_did_not_take_place_takes_no_score(clinic: Clinic) -> None:
    imported(clinic, reading("client,date,score\n101,2026-08-03,26\n101,2026-08-10,\n", clinic))
    (course,) = courses(clinic)
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        later = sessions.of_episodes(db, viewer, episode_ids=[course.id])[1]
        hold.set_status(
            db,
            viewer,
            session_id=later.id,
            status=SessionStatus.NOT_ATTENDED,
            registry=REGISTRY,
            now=clinic.clock.now,
        )

    history = reading("client,date,score\n101,2026-08-03,26\n101,2026-08-10,22\n", clinic)

    assert "a session is stored that did not take place" in refused(clinic, history)[0].why


def test_a_score_that_staff_have_typed_in_is_not_replaced(clinic: Clinic) -> None:
    imported(clinic, reading("client,date,score\n101,2026-08-03,26\n101,2026-08-10,\n", clinic))
    (course,) = courses(clinic)
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        later = sessions.of_episodes(db, viewer, episode_ids=[course.id])[1]
        respondent = people.respondents(db, viewer, patient_ids=[course.patient_id])[0]
    patient = Enrolled(
        org_id=course.org_id,
        patient_id=course.patient_id,
        number=1001,
        episode_id=course.id,
        respondent_id=respondent.id,
    )
    clinic.registry = REGISTRY
    clinic.rate(
        patient, later.id, instrument="hamilton", answers={f"h{n}": 10 for n in range(1, 18)}
    )

    history = reading("client,date,score\n101,2026-08-03,26\n101,2026-08-10,22\n", clinic)

    assert "this respondent has rated already" in refused(clinic, history)[0].why


def test_nothing_is_added_to_a_course_that_has_been_closed(clinic: Clinic) -> None:
    text = "client,week,score\n101,0,26\n101,1,\n"
    imported(clinic, reading(text, clinic))
    (course,) = courses(clinic)
    with clinic.database.writing() as db:
        agree.close(
            db,
            clinic.viewer(db, clinic.clinician),
            episode_id=course.id,
            ending=Ending.PLANNED,
            agreement=Agreement.AGREED,
            note=None,
            registry=REGISTRY,
            now=clinic.clock.now,
        )

    again = imported(clinic, reading(text, clinic))
    longer = refused(clinic, reading(text + "101,2,20\n", clinic))

    assert again.plan.stored == 1
    assert again.plan.new_sessions == 0
    assert "has no open course in this team" in longer[0].why


def test_an_instrument_for_the_alliance_makes_no_course(clinic: Clinic) -> None:
    history = reading("client,week,score\n101,0,30\n", clinic, instrument="alliance-4")

    with pytest.raises(CannotImportError, match="alliance-4 is for alliance"):
        planned(clinic, history)
