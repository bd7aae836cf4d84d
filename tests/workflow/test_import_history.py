"""Earlier scores become patients with courses: all lines or none, and once for ever."""

import datetime as dt
from pathlib import Path

import pytest

from app.clinical.rules import RuleId
from app.records import sessions
from app.records.engine import enter_organization
from app.records.people import RespondentKind
from app.records.ratings import Source
from app.records.sessions import SessionStatus
from app.workflow import access, agree, hold, track
from app.workflow.import_history import apply_import
from app.workflow.plan_history import Target
from app.workflow.read_history import Frame, read_history
from tests.support.clinic import Clinic
from tests.support.histories import (
    REGISTRY,
    START,
    counted,
    courses,
    imported,
    raised,
    rated,
    reading,
    refused,
    seen,
)

REISBY = Path(__file__).parents[3] / "shared" / "data" / "reisby.csv"


def test_clients_get_a_course_with_their_sessions_and_scores(clinic: Clinic) -> None:
    history = reading("client,week,score\n101,0,26\n101,1,\n101,2,18\n", clinic)

    done = imported(clinic, history)

    assert done.numbers == {"101": 1001}
    (course,) = courses(clinic)
    assert course.main_instrument == "hamilton"
    assert course.opened_at == dt.datetime(2026, 8, 3, 10, tzinfo=dt.UTC)
    held = seen(
        clinic, lambda db, viewer: sessions.of_episodes(db, viewer, episode_ids=[course.id])
    )
    assert [session.planned_at.date() for session in held] == [
        dt.date(2026, 8, 3),
        dt.date(2026, 8, 10),
        dt.date(2026, 8, 17),
    ]
    assert {session.status for session in held} == {SessionStatus.ATTENDED}
    assert [(filed.total, filed.source) for filed in rated(clinic)] == [
        (260, Source.IMPORT),
        (180, Source.IMPORT),
    ]


def test_a_second_import_of_the_same_file_changes_nothing(clinic: Clinic) -> None:
    text = "client,week,score\n101,0,26\n101,2,18\n102,0,30\n102,1,\n"
    imported(clinic, reading(text, clinic))
    before = counted(clinic), [filed.id for filed in rated(clinic)], raised(clinic)
    clinic.clock.pass_time(days=1)

    again = imported(clinic, reading(text, clinic))

    assert again.numbers == {"101": 1001, "102": 1002}
    assert (again.plan.new_clients, again.plan.new_sessions, again.plan.new_ratings) == (0, 0, 0)
    assert again.plan.stored == 3
    assert (counted(clinic), [filed.id for filed in rated(clinic)], raised(clinic)) == before


def test_a_second_import_of_answers_by_item_changes_nothing(clinic: Clinic) -> None:
    text = "client,week,q1,q2,q3,q4\n101,0,3,2,1,0\n101,1,3,,1,0\n"

    imported(clinic, reading(text, clinic, instrument="phq-4"))
    again = imported(clinic, reading(text, clinic, instrument="phq-4"))

    assert (again.plan.new_ratings, again.plan.stored) == (0, 2)
    assert [filed.total for filed in rated(clinic)] == [60, None]


def test_a_longer_file_adds_what_is_new_to_the_same_course(clinic: Clinic) -> None:
    imported(clinic, reading("client,week,score\n101,0,26\n", clinic))

    done = imported(clinic, reading("client,week,score\n101,0,26\n101,1,22\n103,0,9\n", clinic))

    assert done.numbers == {"101": 1001, "103": 1002}
    assert (done.plan.new_clients, done.plan.new_ratings, done.plan.stored) == (1, 2, 1)
    assert counted(clinic) == (2, 3, 3)


def test_one_refused_line_keeps_the_whole_file_out(clinic: Clinic) -> None:
    history = reading("client,week,score\n101,0,26\n101,1,99\n102,0,30\n", clinic)

    assert [line.line for line in refused(clinic, history)] == [3]


def test_sessions_that_were_not_rated_are_noticed_too(clinic: Clinic) -> None:
    text = "client,week,score\n101,0,26\n"
    start = clinic.clock.now.date() - dt.timedelta(days=15)
    imported(clinic, reading(text, clinic, start=start))
    before = raised(clinic)

    imported(clinic, reading(text + "101,1,\n101,2,\n", clinic, start=start))

    assert before == []
    assert raised(clinic) == [RuleId.MISSING]


def test_a_week_without_a_line_is_a_session_without_a_score(clinic: Clinic) -> None:
    imported(clinic, reading("client,week,score\n101,0,26\n101,3,18\n", clinic))

    (course,) = courses(clinic)
    with clinic.database.reading() as db:
        enter_organization(db, org_id=course.org_id)
        record = track.read_record(db, access.the_program(db), episode=course)
    drawn = track.build_course(record, REGISTRY.get("hamilton"), now=clinic.clock.now)
    assert [(one.session, one.score, one.weeks) for one in drawn.observations] == [
        (1, 260, 0.0),
        (4, 180, 3.0),
    ]
    assert drawn.attended == (1, 2, 3, 4)


def test_dates_name_every_session_there_was(clinic: Clinic) -> None:
    text = "client;date;score\n101;03.08.2026;26\n101;24.08.2026;18\n"

    imported(clinic, reading(text, clinic))

    assert counted(clinic) == (1, 2, 2)


def test_a_partner_answers_as_a_partner(clinic: Clinic) -> None:
    text = "client,week,score,respondent\n101,0,26,\n101,0,30,partner\n"

    imported(clinic, reading(text, clinic))

    assert [(filed.respondent_kind, filed.total) for filed in rated(clinic)] == [
        (RespondentKind.PATIENT, 260),
        (RespondentKind.PARTNER, 300),
    ]


def test_only_the_latest_state_raises_flags(clinic: Clinic) -> None:
    # Item 9 of this form is critical from 1 upwards.
    items = [f"q{number}" for number in range(1, 10)]
    row = {0: "3" * 9, 1: "2" * 8 + "1", 2: "1" * 8 + "0"}
    lines = [",".join(["101", str(week), *row[week]]) for week in row]
    text = "\n".join([",".join(["client", "week", *items]), *lines]) + "\n"

    imported(
        clinic,
        reading(
            text, clinic, instrument="phq-9", start=clinic.clock.now.date() - dt.timedelta(days=20)
        ),
    )

    assert raised(clinic) == []


def test_a_critical_answer_in_the_latest_rating_is_seen_at_once(clinic: Clinic) -> None:
    items = [f"q{number}" for number in range(1, 10)]
    lines = ["101,0," + ",".join("0" * 9), "101,1," + ",".join("0" * 8 + "2")]
    text = "\n".join([",".join(["client", "week", *items]), *lines]) + "\n"

    imported(
        clinic,
        reading(
            text, clinic, instrument="phq-9", start=clinic.clock.now.date() - dt.timedelta(days=10)
        ),
    )

    assert RuleId.CRITICAL_ITEM in raised(clinic)


def test_another_instrument_joins_the_course_that_is_open(clinic: Clinic) -> None:
    imported(clinic, reading("client,week,score\n101,0,26\n", clinic))

    imported(clinic, reading("client,week,score\n101,0,12\n", clinic, instrument="gad-7"))

    (course,) = courses(clinic)
    forms = seen(clinic, lambda db, viewer: agree.forms_of(db, viewer, course))
    assert forms.all == ("hamilton", "gad-7")
    assert counted(clinic) == (1, 1, 2)


def test_another_organization_has_clients_of_its_own_under_the_same_name(clinic: Clinic) -> None:
    history = reading("client,week,score\n101,0,26\n", clinic)
    imported(clinic, history)
    with clinic.database.reading() as db:
        theirs = clinic.viewer(db, clinic.elsewhere)
    there = Target(
        org_id=theirs.org_id,
        team_id=next(iter(theirs.teams)),
        clinician_id=theirs.staff_id,
        language="nb",
    )

    with clinic.database.writing() as db:
        done = apply_import(
            db, target=there, history=history, registry=REGISTRY, now=clinic.clock.now
        )

    assert done.plan.new_clients == 1
    assert counted(clinic) == (1, 1, 1)


def test_a_session_that_was_moved_to_another_day_does_not_come_back(clinic: Clinic) -> None:
    text = "client,week,score\n101,0,26\n101,1,22\n"
    imported(clinic, reading(text, clinic))
    (course,) = courses(clinic)
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        later = sessions.of_episodes(db, viewer, episode_ids=[course.id])[1]
        hold.change_plan(
            db,
            viewer,
            session_id=later.id,
            planned_at=later.planned_at + dt.timedelta(days=2),
            channel=later.channel,
            registry=REGISTRY,
            now=clinic.clock.now,
        )

    again = imported(clinic, reading(text, clinic))

    assert (again.plan.new_sessions, again.plan.new_ratings) == (0, 0)
    assert counted(clinic) == (1, 2, 2)


@pytest.mark.skipif(
    not REISBY.is_file(), reason="the open depression trial is not beside the clone"
)
def test_the_open_depression_trial_comes_in_with_66_clients_and_375_scores(clinic: Clinic) -> None:
    history = read_history(
        REISBY.read_bytes(),
        Frame(instrument=REGISTRY.get("hamilton"), start=START, today=clinic.clock.now.date()),
    )

    done = imported(clinic, history)

    assert history.ignored == ["endogenous"]
    assert done.plan.refused == []
    assert counted(clinic) == (66, 396, 375)
