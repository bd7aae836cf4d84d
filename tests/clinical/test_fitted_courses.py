"""Courses that a curve is fitted to are counted, and nothing tells whose they are."""

import math

import numpy as np
import pytest

from app.clinical.begun_courses import BegunCourses
from app.clinical.curve_comparison import ScoreCount
from app.clinical.fitted_courses import FittedCourses, Gathering
from app.clinical.growth_model import fit
from app.clinical.growth_statistics import from_scores
from app.clinical.own_curve import Reach

COURSES = [
    (0, True, [(1, 150), (2, 140), (4, 120)]),
    (0, True, [(1, 100), (2, 90)]),
    (1, False, [(1, 150), (2, 140)]),
    (2, True, [(1, 150)]),
    (3, True, [(1, -20), (3, -10), (70, 30)]),
]
"""Number of the patient, whether closed, sessions and scores in tenths."""


def begun(some: list[tuple[int, bool, list[tuple[int, int]]]]) -> BegunCourses:
    pairs = [pair for _, _, scores in some for pair in scores]
    none = [0] * len(some)
    return BegunCourses(
        course=list(range(len(some))),
        sizes=np.array([len(scores) for _, _, scores in some]),
        sessions=np.array([k for k, _ in pairs]),
        scores=np.array([score for _, score in pairs]),
        first_at=none, earliest=none, latest=none, oldest=none, newest=none,
        text_versions=[""] * len(some),
    )  # fmt: skip


def gathered(*, at_a_time: int = 5) -> FittedCourses:
    gathering = Gathering()
    for first in range(0, len(COURSES), at_a_time):
        some = COURSES[first : first + at_a_time]
        gathering.add(
            begun(some),
            patients=[patient for patient, _, _ in some],
            is_closed=[is_closed for _, is_closed, _ in some],
            is_fitted=[len(scores) > 1 for _, _, scores in some],
        )
    return gathering.courses()


@pytest.mark.parametrize("at_a_time", [5, 2, 1])
def test_courses_are_counted_and_their_patients_once(at_a_time: int) -> None:
    courses = gathered(at_a_time=at_a_time)

    assert (courses.courses, courses.patients, courses.scores) == (4, 3, 6)
    assert courses.closed == 2
    assert courses.intakes == {150: 2, 100: 1, -20: 1}
    assert courses.patients_at() == {2: 2, 3: 1, 4: 1, 70: 1}


def test_equal_scores_are_counted_together() -> None:
    assert sorted(gathered().score_counts(), key=repr) == sorted(
        [
            ScoreCount(intake=150, session=2, score=140, n=2),
            ScoreCount(intake=150, session=4, score=120, n=1),
            ScoreCount(intake=100, session=2, score=90, n=1),
            ScoreCount(intake=-20, session=3, score=-10, n=1),
            ScoreCount(intake=-20, session=70, score=30, n=1),
        ],
        key=repr,
    )


@pytest.mark.parametrize(
    ("intakes", "sessions", "patients"),
    [
        ((-20, 270), (2, 99), 3),
        ((0, 100), (2, 12), 1),
        ((150, 150), (4, 4), 1),
        ((-20, 270), (5, 69), 0),
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

    assert gathered().patients_within(reach) == patients


def test_some_of_the_courses_are_counted_as_all_are() -> None:
    some = gathered().of([1, 3])

    assert (some.courses, some.patients, some.closed, some.scores) == (2, 2, 1, 3)
    assert some.patients_at() == {2: 1, 3: 1, 70: 1}


def test_the_sums_are_those_of_the_scores_in_points() -> None:
    fitted = [(intake, later) for _, _, ((_, intake), *later) in COURSES if later]

    slow = from_scores(
        [place for place, (_, later) in enumerate(fitted) for _ in later],
        time=[math.log(k) for _, later in fitted for k, _ in later],
        score=[score / 10 for _, later in fitted for _, score in later],
        intake=[intake / 10 for intake, _ in fitted],
    )

    quick = gathered().statistics()
    assert quick.patterns == pytest.approx(slow.patterns)
    assert quick.levels == pytest.approx(slow.levels)
    assert (quick.n_patients, quick.n_scores) == (4, 6)


def test_no_courses_are_nobody() -> None:
    nobody = Gathering().courses()

    assert (nobody.courses, nobody.patients, nobody.closed, nobody.scores) == (0, 0, 0, 0)
    assert nobody.statistics().n_patients == 0
    assert (list(nobody.score_counts()), nobody.patients_at()) == ([], {})


def test_a_fit_needs_more_than_that() -> None:
    with pytest.raises(ValueError, match="patient"):
        fit(Gathering().courses().statistics())
