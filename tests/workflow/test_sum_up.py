"""Courses are summed up in one pass, and a patient with two of them is one patient."""

import datetime as dt
import math
import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.clinical.curve_comparison import ScoreCount
from app.clinical.own_curve import Reach
from app.records.course_scores import CourseFound, Standing
from app.workflow.sum_up import Tally
from tests.support.clinic import MONDAY

ONE, OTHER, THIRD = (uuid.UUID(int=number) for number in (1, 2, 3))


def course(
    patient: uuid.UUID,
    *scores: tuple[int, int],
    is_closed: bool = True,
    birth_year: int | None = 1980,
) -> CourseFound:
    return CourseFound(
        standing=Standing.FITTED,
        patient=patient,
        scores=scores,
        is_closed=is_closed,
        opened_at=MONDAY,
        birth_year=birth_year,
        first_at=MONDAY,
        last_at=MONDAY + dt.timedelta(weeks=len(scores)),
        text_versions=frozenset({f"site-{len(scores)}"}),
    )


COURSES = (
    course(ONE, (1, 150), (2, 140), (4, 120)),
    course(ONE, (1, 100), (2, 90)),
    course(OTHER, (1, 150), (2, 140), is_closed=False),
    replace(course(THIRD, (1, 150)), standing=Standing.NO_FOLLOW_UP),
)


def tallied(courses: Sequence[CourseFound] = COURSES, *, in_all: int = 6) -> Tally:
    tally = Tally(in_all=in_all)
    for one in courses:
        tally.add(one)
    return tally


def test_a_course_is_summed_without_its_first_score() -> None:
    found = Tally(in_all=1).add(COURSES[0])

    two, four = math.log(2), math.log(4)
    assert found is not None
    assert found[0] == (30, 49)
    sums = found[1]
    assert (sums.intake, sums.n, sums.total) == (150, 2, 260)
    assert sums.total_squared == 140 * 140 + 120 * 120
    assert sums.times == pytest.approx(two + four)
    assert sums.times_squared == pytest.approx(two * two + four * four)
    assert sums.total_by_time == pytest.approx(two * 140 + four * 120)


def test_what_is_not_fitted_is_counted_by_reason() -> None:
    tally = tallied()

    assert tally.add(COURSES[3]) is None
    assert tally.left_out() == {
        "no_intake": 1, "before_period": 0, "other_edition": 0, "no_follow_up": 2,
    }  # fmt: skip


def test_patients_are_counted_once_however_many_courses_they_have() -> None:
    tally = tallied()

    assert tally.patients == 2
    assert tally.patients_at() == {2: 2, 4: 1}
    assert tally.closed == 1
    assert tally.scores == 4
    assert tally.intakes == {150: 2, 100: 1}
    assert tally.text_versions == {"site-2", "site-3"}
    assert tally.last_at == MONDAY + dt.timedelta(weeks=3)


@pytest.mark.parametrize(
    ("intakes", "sessions", "patients"),
    [
        ((0, 270), (2, 12), 2),
        ((0, 100), (2, 12), 1),
        ((150, 150), (4, 4), 1),
        ((0, 270), (3, 3), 0),
    ],
)
def test_patients_within_a_reach_have_a_score_there(
    intakes: tuple[int, int], sessions: tuple[int, int], patients: int
) -> None:
    reach = Reach(
        lowest_intake=intakes[0],
        highest_intake=intakes[1],
        first_session=sessions[0],
        last_session=sessions[1],
    )

    assert tallied().patients_within(reach) == patients


def test_equal_scores_are_counted_together() -> None:
    counts = list(tallied().score_counts())

    assert ScoreCount(intake=150, session=2, score=140, n=2) in counts
    assert sum(count.n for count in counts) == 4


def test_each_age_band_is_counted_by_itself_too() -> None:
    young = course(THIRD, (1, 200), (2, 180), birth_year=2000)
    unknown = course(uuid.UUID(int=4), (1, 210), (2, 180), birth_year=None)

    tally = tallied([*COURSES, young, unknown], in_all=6)

    assert {band: part.patients for band, part in tally.bands.items()} == {
        (30, 49): 2, (18, 29): 1, None: 1,
    }  # fmt: skip
    assert tally.patients == 4
    assert tally.bands[18, 29].intakes == {200: 1}
