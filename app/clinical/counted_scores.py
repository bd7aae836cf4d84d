"""Which scores of a course count, and with which session number: for many courses at once."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

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

    def of_courses(self, is_asked_for: Sequence[bool]) -> Sequence[bool]:
        """Return for each score whether its course is asked for."""
        of_scores: list[bool] = np.repeat(np.array(is_asked_for, bool), self.sizes).tolist()
        return of_scores


def count_scores(
    courses: Sequence[str],
    *,
    sessions: Sequence[str],
    ranks: Sequence[int],
    named: Mapping[str, int | None],
) -> CountedScores:
    """Return which scores count.

    Parameters
    ----------
    courses, sessions
        Whose each row is, and of which attended session; equal ones together and in order. A
        session without a score has a row of its own.
    ranks
        Of several scores of one session the one of the highest rank counts; 0 is no score.
        Within a course no two ranks above 0 are equal.
    named
        The rank of the score that a clinician named as the start, by course; ``None`` for a
        course that begins nowhere. Other courses begin with their first score.
    """
    course, firsts = _numbered(courses)
    session, _ = _numbered(sessions)
    rank = np.array(ranks, dtype=np.int64)
    rows = _best_of_sessions(session, rank)
    whose = course[rows]
    place = session[rows] - session[firsts][whose]
    start: Whole = np.full(len(firsts), _NOWHERE, dtype=np.int64)
    np.minimum.at(start, whose, place)
    # Seldom has any, and then few.
    for number in (at for at, first in enumerate(firsts) if named and courses[first] in named):
        mine = slice(*np.searchsorted(whose, [number, number + 1]))
        start[number] = _start_named(
            named[courses[firsts[number]]],
            ranks=rank[rows[mine]],
            places=place[mine],
            otherwise=start[number],
        )
    is_counted = place >= start[whose]
    rows, whose = rows[is_counted], whose[is_counted]
    return CountedScores(
        rows=rows,
        sessions=place[is_counted] - start[whose] + 1,
        starts=np.flatnonzero(np.diff(whose, prepend=-1)),
    )


def _start_named(chosen: int | None, *, ranks: Whole, places: Whole, otherwise: int) -> int:
    """Return the place of the named score; one that does not count is no start."""
    if chosen is None:
        return _NOWHERE
    found = places[ranks == chosen]
    return int(found[0]) if len(found) else otherwise


def _numbered(values: Sequence[str]) -> tuple[Whole, Whole]:
    """Return for each value the number of its run of equal ones, and where runs begin."""
    is_new = np.ones(len(values), dtype=bool)
    is_new[1:] = np.fromiter(
        map(operator.ne, values[1:], values), dtype=bool, count=len(values) - 1
    )
    return np.cumsum(is_new) - 1, np.flatnonzero(is_new)


def _best_of_sessions(session: Whole, rank: Whole) -> Whole:
    """Return the rows of the scores that go before all others of their session, in order."""
    rows = np.flatnonzero(rank > 0)
    whose = session[rows]
    if (whose[1:] == whose[:-1]).any():
        rows = rows[np.lexsort((rank[rows], whose))]
    is_last = np.ones(len(rows), dtype=bool)
    is_last[:-1] = whose[1:] != whose[:-1]
    return rows[is_last]
