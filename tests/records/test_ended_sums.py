"""The database counts and sums ended courses as somebody would who reads them one by one."""

import datetime as dt
import uuid
from collections import Counter
from dataclasses import fields

import pytest

from app.clinical.aggregates import AGE_BANDS
from app.clinical.instruments import Instrument
from app.records import ended_counts, ended_sums, endings
from app.records.cohorts import Span
from app.records.ended_sums import Ended, Judge
from app.records.endings import Asked
from app.records.engine import enter_organization
from app.workflow import add_up
from app.workflow.add_up import Months
from tests.support import slow_sums
from tests.support.clinic import Clinic
from tests.support.service import Course, Habits, Place, found, invent, store

JANUARY = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
BEFORE = dt.datetime(2024, 11, 1, tzinfo=dt.UTC)
YEAR = Months(tuple(dt.date(2025, month, 1) for month in range(1, 13)))


def asked(clinic: Clinic, instrument: Instrument) -> tuple[Asked, Span, Judge]:
    org_id = clinic.clinician.org_id
    judge = add_up.judge_of(instrument)
    return add_up.asked_for(org_id, instrument.key, YEAR), add_up.span_of(YEAR), judge


def a_place(clinic: Clinic) -> Place:
    return found(
        clinic.database, org_id=clinic.clinician.org_id, teams=[4, 1, 6], at=clinic.clock.now
    )


def by_cell(rows: list[Ended]) -> dict[tuple[object, int, int | None], Counter[str]]:
    names = [one.name for one in fields(Ended)[2:]]
    return {
        (row.cell.team_id, row.cell.month, row.band): +Counter(
            {name: getattr(row, name) for name in names}
        )
        for row in rows
    }


@pytest.mark.parametrize(
    ("opened_at", "age"),
    [
        (dt.datetime(2024, 12, 31, 22, 59, tzinfo=dt.UTC), (13, 17)),
        (dt.datetime(2024, 12, 31, 23, 0, tzinfo=dt.UTC), (18, 29)),
        (dt.datetime(2025, 1, 1, 0, 30, tzinfo=dt.UTC), (18, 29)),
        (dt.datetime(1965, 1, 1, tzinfo=dt.UTC), None),
    ],
    ids=["before midnight in Oslo", "New Year in Oslo", "New Year in London", "too long ago"],
)
def test_an_age_is_that_of_the_year_in_oslo_on_new_years_night(
    clinic: Clinic, opened_at: dt.datetime, age: tuple[int, int] | None
) -> None:
    instrument = clinic.registry.get("phq-9")
    place = a_place(clinic)
    team, therapists = next(iter(place.teams.items()))
    course = Course(
        patient=uuid.uuid4(),
        team=team,
        therapists=therapists[:1],
        opened_at=opened_at,
        closed_at=JANUARY + dt.timedelta(days=40),
        instrument="phq-9",
        birth_year=2007,
    )
    store(clinic.database, place, [course])
    question, span, judge = asked(clinic, instrument)

    with clinic.database.writing() as db:
        enter_organization(db, org_id=place.org_id)
        endings.keep(db, question, yardstick=add_up.yardstick_of(instrument))
        (row,) = ended_sums.ended(db, question, span=span, judge=judge, bands=AGE_BANDS)

    assert row.band == (None if age is None else AGE_BANDS.index(age))


@pytest.mark.parametrize(("key", "seed"), [("ors", 1), ("phq-9", 2), ("core-10", 3), ("phq-9", 4)])
def test_sums_are_those_of_the_courses_one_by_one(clinic: Clinic, key: str, seed: int) -> None:
    instrument = clinic.registry.get(key)
    place = a_place(clinic)
    courses = invent(
        place, Habits(instrument=instrument, begins=BEFORE, days=500), courses=150, seed=seed
    )
    store(clinic.database, place, courses)
    question, span, judge = asked(clinic, instrument)

    with clinic.database.writing() as db:
        enter_organization(db, org_id=place.org_id)
        endings.keep(db, question, yardstick=add_up.yardstick_of(instrument))
        rows = ended_sums.ended(db, question, span=span, judge=judge, bands=AGE_BANDS)
        flagged = ended_counts.flagged(db, question, span=span)

    expected = slow_sums.sums(courses, instrument=instrument, year=2025)
    assert len(expected) > 20
    assert by_cell(rows) == expected
    assert {
        (one.cell.team_id, one.cell.month): [
            one.patients, one.patients_reviewed, one.raised, one.reviewed
        ]
        for one in flagged
    } == slow_sums.flags(courses, year=2025)  # fmt: skip
