"""Courses are read for a curve as they are told on a patient's page."""

import datetime as dt
from dataclasses import replace
from random import Random

from app.clinical.course import Observation
from app.records import course_histories, course_scores, episodes
from app.records.base import DbSession
from app.records.course_histories import CourseHistory
from app.records.course_scores import Asked, Standing
from app.records.engine import enter_organization
from app.workflow import access, gather
from tests.support.clinic import MONDAY, Clinic, Enrolled
from tests.support.forms import address_of
from tests.support.lived_courses import live_through
from tests.support.told_courses import CourseFound, courses

RANDOM_SEED = 20261122


def asked(clinic: Clinic, *, since: dt.datetime | None = None, edition: int = 1) -> Asked:
    return Asked(
        org_id=clinic.clinician.org_id, instrument="outcome-4", edition=edition, since=since
    )


def found(clinic: Clinic, question: Asked | None = None) -> list[CourseFound]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return list(courses(db, question or asked(clinic)))


def standings(clinic: Clinic, question: Asked | None = None) -> dict[Standing, int]:
    every = [one.standing for one in found(clinic, question)]
    return {standing: every.count(standing) for standing in set(every)}


def course_of(clinic: Clinic, db: DbSession, patient: Enrolled) -> tuple[Observation, ...]:
    """Return a course from its start as pages and rules read it."""
    program = access.the_program(db)
    episode = episodes.episode(db, program, episode_id=patient.episode_id)
    assert episode is not None
    record = gather.read_record(db, program, episode=episode)
    course = gather.build_course(record, clinic.registry.get("outcome-4"), now=clinic.clock.now)
    return tuple(seen for seen in course.observations if seen.session >= 1)


def test_courses_are_those_that_pages_show(clinic: Clinic) -> None:
    random = Random(RANDOM_SEED)  # noqa: S311 - invented courses
    patients = [live_through(clinic, random) for _ in range(25)]
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        shown = [course_of(clinic, db, patient) for patient in patients]
    begun = [[(seen.session, seen.score) for seen in course] for course in shown if course]

    every = found(clinic)

    assert sorted(list(one.scores) for one in every) == sorted(begun)
    assert len(begun) > 15


def test_histories_are_the_courses_that_pages_show_patient_by_patient(clinic: Clinic) -> None:
    random = Random(RANDOM_SEED + 1)  # noqa: S311 - invented courses
    patients = [live_through(clinic, random) for _ in range(20)]
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        shown = [course_of(clinic, db, patient) for patient in patients]

        told = list(course_histories.patients(db, asked(clinic)))

    begun = [[(seen.session, seen.score) for seen in course] for course in shown if course]
    assert sorted(list(one.scores) for (one,) in told) == sorted(begun)
    assert len(begun) > 12


def test_a_history_tells_how_it_ended_and_nothing_of_whom(clinic: Clinic) -> None:
    patient = clinic.enrol(birth_year=1990)
    clinic.course(patient, [180, 200])
    client = clinic.client(clinic.clinician)
    left = {"ending": "unplanned", "agreement": "not_agreed"}
    address_of(client, f"/episodes/{patient.episode_id}/close", left)
    clinic.clock.pass_time(days=40)
    clinic.course(clinic.enrol(), [100])

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        first, second = sorted(
            course_histories.patients(db, asked(clinic)), key=lambda courses: courses[0].began_at
        )

    assert first == [
        CourseHistory(
            scores=[(1, 180), (2, 200)],
            began_at=MONDAY,
            opened_at=MONDAY,
            is_closed=True,
            has_left=True,
            birth_year=1990,
            language="nb",
        )
    ]
    assert [len(one.scores) for one in second] == [1]


def test_every_course_is_told_to_be_fitted_or_why_not(clinic: Clinic) -> None:
    clinic.course(clinic.enrol(), [180, 200])
    clinic.session(clinic.enrol())
    clinic.course(clinic.enrol(), [180])
    clinic.clock.pass_time(days=70)
    clinic.course(clinic.enrol(), [190, 210])

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        in_all = course_scores.courses_in_all(db, asked(clinic))

    assert in_all == 4
    assert standings(clinic) == {Standing.FITTED: 2, Standing.NO_FOLLOW_UP: 1}
    later = asked(clinic, since=MONDAY + dt.timedelta(days=60))
    assert standings(clinic, later) == {Standing.BEFORE_PERIOD: 2, Standing.FITTED: 1}
    assert standings(clinic, asked(clinic, edition=2)) == {Standing.OTHER_EDITION: 3}


def test_a_course_on_another_form_or_at_another_place_is_not_looked_at(clinic: Clinic) -> None:
    patient = clinic.enrol(main="phq-9", alliance=None)
    clinic.course(patient, [180, 200])
    clinic.course(clinic.enrol(by=clinic.elsewhere), [180, 200])

    assert found(clinic) == []


def test_first_and_last_score_and_the_end_of_a_course_are_told(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [180, 200, 220])
    client = clinic.client(clinic.clinician)
    address_of(
        client,
        f"/episodes/{patient.episode_id}/close",
        {"ending": "planned", "agreement": "agreed"},
    )
    clinic.course(clinic.enrol(), [100, 120])

    closed, still_open = sorted(found(clinic), key=lambda one: one.first_at)

    assert (closed.is_closed, still_open.is_closed) == (True, False)
    assert closed.first_at == MONDAY
    assert closed.last_at == MONDAY + dt.timedelta(days=14)


def test_two_courses_of_a_patient_are_told_to_be_of_one(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [180, 200])
    client = clinic.client(clinic.clinician)
    address_of(
        client,
        f"/episodes/{patient.episode_id}/close",
        {"ending": "planned", "agreement": "agreed"},
    )
    forms = {"main": "outcome-4", "alliance": "alliance-4", "variant": "adult"}
    where = {"team": str(clinic.team_id), "opened_on": clinic.clock.now.date().isoformat()}
    address_of(client, f"/patients/{patient.patient_id}/episodes", {**forms, **where})
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        program = access.the_program(db)
        (second,) = episodes.open_ones(db, program)
    clinic.course(replace(patient, episode_id=second.id), [190, 230])

    every = found(clinic)

    assert [one.standing for one in every] == [Standing.FITTED, Standing.FITTED]
    assert {one.patient for one in every} == {patient.patient_id}
