"""Which scores of a course count, and with which session number: for many courses at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.clinical.growth_statistics import Whole

_NOWHERE = np.iinfo(np.int64).max
"""After the last session of any course."""


@dataclass(frozen=True, slots=True, eq=False)
class CountedScores:
    """The scores that count of some courses, one for each session, from the first one on.

    Attributes
    ----------
    rows
        Places of the scores among the rows given, course by course, earliest first.
    sessions
        Session number k of each; 1 is the start.
    starts
        Where each course begins in ``rows``: one entry per course that has a score. The score
        there is its first, and the course ends where the next one begins.
    """

    rows: Whole
    sessions: Whole
    starts: Whole

    @property
    def sizes(self) -> Whole:
        """Number of scores of each course."""
        return np.diff(self.starts, append=len(self.rows))

    def least_of(self, column: NDArray[Any]) -> NDArray[Any]:
        """Return the least value of each course in a column that has one per score."""
        return np.minimum.reduceat(column, self.starts)

    def greatest_of(self, column: NDArray[Any]) -> NDArray[Any]:
        """Return the greatest value of each course in a column that has one per score."""
        return np.maximum.reduceat(column, self.starts)


def count_scores(
    courses: Sequence[int] | Whole,
    *,
    places: Sequence[int] | Whole,
    ranks: Sequence[int] | Whole,
    named: Mapping[int, int | None],
    aside: Sequence[int] | Whole = (),
) -> CountedScores:
    """Return which scores count.

    Parameters
    ----------
    courses
        Number of the course of each score.
    places
        How many attended sessions of the course were before that of the score; below 0 where
        that one was not attended.
    ranks
        Of several scores of one session the one of the highest rank counts. No two are equal.
    named
        The rank of the score that a clinician named as the start, by course; ``None`` for a
        course that begins nowhere. Other courses begin with their first score.
    aside
        Ranks of scores that count for nothing, in rising order.
    """
    course, place, rank = (np.asarray(one, np.int64) for one in (courses, places, ranks))
    rows = np.flatnonzero((place >= 0) & ~_are_among(rank, np.asarray(aside, np.int64)))
    rows = rows[_best_of_sessions(course[rows], place[rows], rank[rows])]
    course, place = course[rows], place[rows]
    start = _starts(course, place, rank[rows], named)
    is_counted = place >= start
    rows, course = rows[is_counted], course[is_counted]
    return CountedScores(
        rows=rows,
        sessions=(place - start)[is_counted] + 1,
        starts=np.flatnonzero(np.diff(course, prepend=-1)),
    )


def _are_among(values: Whole, ordered: Whole) -> NDArray[np.bool_]:
    """Return which values are among some others that are in rising order."""
    if not len(ordered):
        return np.zeros(len(values), dtype=bool)
    at = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    are_among: NDArray[np.bool_] = ordered[at] == values
    return are_among


def _best_of_sessions(course: Whole, place: Whole, rank: Whole) -> Whole:
    """Return the rows of the scores that go before all others of their session, in order."""
    session = course * (int(place.max(initial=0)) + 1) + place
    rows = np.argsort(session)
    whose = session[rows]
    if (whose[1:] == whose[:-1]).any():
        rows = np.lexsort((rank, session))
        whose = session[rows]
    is_last = np.ones(len(rows), dtype=bool)
    is_last[:-1] = whose[1:] != whose[:-1]
    return rows[is_last]


def _starts(course: Whole, place: Whole, rank: Whole, named: Mapping[int, int | None]) -> Whole:
    """Return for each score the place at which its course begins."""
    firsts = np.flatnonzero(np.diff(course, prepend=-1))
    ends = np.append(firsts[1:], len(course))
    start = place[firsts]
    # Seldom has any, and then few.
    for number in (at for at, first in enumerate(firsts) if named and int(course[first]) in named):
        mine = slice(firsts[number], ends[number])
        start[number] = _start_named(
            named[int(course[firsts[number]])],
            ranks=rank[mine],
            places=place[mine],
            otherwise=start[number],
        )
    return np.repeat(start, ends - firsts)


def _start_named(chosen: int | None, *, ranks: Whole, places: Whole, otherwise: int) -> int:
    """Return the place of the named score; one that does not count is no start."""
    if chosen is None:
        return _NOWHERE
    found = places[ranks == chosen]
    return int(found[0]) if len(found) else otherwise
