"""Sums that a database makes of courses lead to the same fit as the scores themselves."""

import math
from random import Random

import pytest

from app.clinical import course_sums
from app.clinical.course_sums import CourseSums, statistics_of
from app.clinical.growth_model import GrowthFit, fit
from app.clinical.growth_statistics import from_scores

Scores = list[tuple[int, list[tuple[int, int]]]]
"""First score and, for each later session, its number and score; in tenths."""


def invented(n: int) -> Scores:
    random = Random(20261122)  # noqa: S311 - invented scores
    courses = []
    for _ in range(n):
        intake, level = random.randrange(100, 271), random.gauss(0, 20)
        held = [k for k in range(2, random.randrange(3, 12)) if random.random() < 0.8]
        seen = [(k, round(intake + level - 25 * math.log(k) + random.gauss(0, 30))) for k in held]
        courses.append((intake, seen))
    return [course for course in courses if course[1]]


def sums_of(courses: Scores) -> list[CourseSums]:
    return [
        CourseSums(
            intake=intake,
            n=len(seen),
            times=sum(math.log(k) for k, _ in seen),
            times_squared=sum(math.log(k) ** 2 for k, _ in seen),
            total=sum(y for _, y in seen),
            total_squared=sum(y * y for _, y in seen),
            total_by_time=sum(math.log(k) * y for k, y in seen),
        )
        for intake, seen in courses
    ]


def from_single_scores(courses: Scores) -> GrowthFit:
    rows = [(at, k, y) for at, (_, seen) in enumerate(courses) for k, y in seen]
    return fit(
        from_scores(
            [at for at, _, _ in rows],
            time=[math.log(k) for _, k, _ in rows],
            score=[y / 10 for _, _, y in rows],
            intake=[intake / 10 for intake, _ in courses],
        )
    )


def assert_same(one: GrowthFit, other: GrowthFit) -> None:
    assert (one.n_patients, one.n_scores) == (other.n_patients, other.n_scores)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-6)
    for name in one.parameters.__slots__:
        found = getattr(one.parameters, name)
        assert found == pytest.approx(getattr(other.parameters, name), rel=1e-6), name


def test_the_fit_is_that_of_the_scores_in_points() -> None:
    courses = invented(150)

    assert_same(fit(statistics_of(sums_of(courses))), from_single_scores(courses))


def test_courses_that_are_read_a_few_at_a_time_give_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    courses = invented(150)
    monkeypatch.setattr(course_sums, "_AT_A_TIME", 7)

    assert_same(fit(statistics_of(iter(sums_of(courses)))), from_single_scores(courses))


def test_no_courses_are_nobody() -> None:
    assert statistics_of([]).n_patients == 0
