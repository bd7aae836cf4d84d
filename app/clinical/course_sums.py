"""Sums of single courses, as a database adds them up, to the sums that a curve is fitted from."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from app.clinical.growth_statistics import GrowthStatistics, from_sums, merge

_AT_A_TIME = 20_000
"""Courses that are held at once; more cost memory, fewer cost merging."""


@dataclass(frozen=True, slots=True)
class CourseSums:
    """One course with at least one score after intake; nothing tells whose.

    Attributes
    ----------
    intake
        First score, in tenths.
    n
        Number of scores after intake, 1 or more.
    times, times_squared
        Sum of L = ln k over these, and of its square.
    total, total_squared
        Sum of these scores, in tenths, and of their squares.
    total_by_time
        Sum of L times score, in tenths.
    """

    intake: int
    n: int
    times: float
    times_squared: float
    total: int
    total_squared: int
    total_by_time: float


Group = TypeVar("Group", bound=Hashable)


def statistics_of(courses: Iterable[CourseSums]) -> GrowthStatistics:
    """Return the sums over many courses, in points.

    Parameters
    ----------
    courses
        Read once and never held all at once, so that there may be millions.
    """
    return merge(*statistics_by_group((None, course) for course in courses).values())


def statistics_by_group(
    courses: Iterable[tuple[Group, CourseSums]],
) -> dict[Group, GrowthStatistics]:
    """Return the sums over the courses of each group, in points.

    Parameters
    ----------
    courses
        Each with its group; read once, as above.
    """
    rest, whole = iter(courses), dict[Group, GrowthStatistics]()
    while some := list(islice(rest, _AT_A_TIME)):
        piles: dict[Group, list[CourseSums]] = {}
        for group, course in some:
            piles.setdefault(group, []).append(course)
        for group, pile in piles.items():
            before = [whole[group]] if group in whole else []
            whole[group] = merge(_pooled(pile), *before)
    return whole


def _pooled(courses: list[CourseSums]) -> GrowthStatistics:
    """Return the sums of some courses; one column per course."""
    x, t0, t1, squares = (
        np.array(column, dtype=np.float64)
        for column in zip(
            *((one.intake, one.total, one.total_by_time, one.total_squared) for one in courses),
            strict=True,
        )
    )
    # Tenths to points at the very end, so that sums of whole numbers stay exact.
    return from_sums(
        np.array([[one.n, one.times, one.times_squared] for one in courses]).T,
        patients=np.stack([np.ones_like(x), x / 10, x * x / 100]),
        levels=np.stack([t0 / 10, t1 / 10, x * t0 / 100, x * t1 / 100]),
        products=np.stack([t0 * t0, t0 * t1, t1 * t1]) / 100,
        scores_squared=float(squares.sum()) / 100,
    )
