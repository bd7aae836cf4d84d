"""Sum up the courses on an instrument, in one pass: what a curve is fitted to and stands on."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import compress

from app.clinical.ages import AgeBand, age_band
from app.clinical.begun_courses import BegunCourses, begun_courses
from app.clinical.counted_scores import count_scores
from app.clinical.fitted_courses import FittedCourses, Gathering
from app.clinical.told_courses import microseconds, moment_at, told_scores
from app.records import course_rows
from app.records.base import DbSession
from app.records.course_rows import Opened
from app.records.course_scores import Asked, Standing

_AT_A_TIME = 500
"""Courses that are read together: enough for columns to be quicker than rows."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What passed by while courses were summed; nothing tells whose."""

    in_all: int
    """Courses that have the instrument as their main one, with scores or without."""
    standings: Counter[Standing]
    fitted: FittedCourses
    ages: Sequence[AgeBand | None]
    """The age band of each fitted course."""
    began: Sequence[int]
    """When the earliest score of each fitted course was given, in microseconds since 1970."""
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    text_versions: frozenset[str]

    def bands(self) -> Mapping[AgeBand | None, FittedCourses]:
        """Return the fitted courses of each age band."""
        places: dict[AgeBand | None, list[int]] = {}
        for place, band in enumerate(self.ages):
            places.setdefault(band, []).append(place)
        return {band: self.fitted.of(theirs) for band, theirs in places.items()}

    def begun_before(self, until: dt.datetime) -> "Tally":
        """Return the same of the fitted courses with a score from before a moment."""
        end = microseconds(until)
        places = [place for place, began in enumerate(self.began) if began < end]
        return replace(
            self,
            fitted=self.fitted.of(places),
            ages=[self.ages[place] for place in places],
            began=[self.began[place] for place in places],
        )

    def left_out(self) -> dict[str, int]:
        """Return how many courses are not fitted, by reason."""
        without = {Standing.NO_INTAKE: self.in_all - self.standings.total()}
        by_reason = {**self.standings, **without}
        return {
            reason.value: by_reason.get(reason, 0)
            for reason in Standing
            if reason is not Standing.FITTED
        }


@dataclass(slots=True)
class _Passing:
    """What is held of the courses that have passed by."""

    opened: Opened
    edition: int
    since: int | None
    standings: Counter[Standing] = field(default_factory=Counter)
    gathering: Gathering = field(default_factory=Gathering)
    ages: list[AgeBand | None] = field(default_factory=list)
    began: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    """One, as soon as there is one."""
    text_versions: set[str] = field(default_factory=set)

    def take(self, begun: BegunCourses) -> None:
        """Take some courses along."""
        standings = [
            self._standing(size, oldest, newest, first_at)
            for size, oldest, newest, first_at in zip(
                begun.sizes.tolist(), begun.oldest, begun.newest, begun.first_at, strict=True
            )
        ]
        self.standings.update(standings)
        is_fitted = [standing is Standing.FITTED for standing in standings]
        self.gathering.add(
            begun,
            patients=[self.opened.patient[one] for one in begun.course],
            is_closed=[self.opened.is_closed[one] for one in begun.course],
            is_fitted=is_fitted,
        )
        self.ages += [self._age(one) for one in compress(begun.course, is_fitted)]
        self.began += compress(begun.earliest, is_fitted)
        self.last = [max([*self.last, *compress(begun.latest, is_fitted)], default=0)]
        self.text_versions.update(compress(begun.text_versions, is_fitted))

    def _age(self, place: int) -> AgeBand | None:
        return _band(self.opened.year[place], self.opened.birth_year[place])

    def _standing(self, size: int, oldest: int, newest: int, first_at: int) -> Standing:
        if self.since is not None and first_at < self.since:
            return Standing.BEFORE_PERIOD
        if not oldest == newest == self.edition:
            return Standing.OTHER_EDITION
        return Standing.FITTED if size > 1 else Standing.NO_FOLLOW_UP


def sum_up(db: DbSession, asked: Asked) -> Tally:
    """Return the courses that a curve is fitted to, and how many are left out.

    Of what is kept only that is taken which is still true; all the rest is read.
    """
    opened = course_rows.opened(db, asked)
    others = (
        (courses, read(db, asked, courses=courses))
        for courses in batches(list(opened.others), at_a_time=_AT_A_TIME)
    )
    return tally_of(opened, asked, others=others)


def tally_of(
    opened: Opened, asked: Asked, *, others: Iterable[tuple[Sequence[uuid.UUID], BegunCourses]]
) -> Tally:
    """Return the courses that a curve is fitted to, out of those kept and the others, once read."""
    passing = _Passing(
        opened=opened,
        edition=asked.edition,
        since=None if asked.since is None else microseconds(asked.since),
    )
    for begun in opened.kept:
        passing.take(begun)
    for courses, begun in others:
        places = [opened.others[courses[one]] for one in begun.course]
        passing.take(replace(begun, course=places))
    return Tally(
        in_all=len(opened.patient),
        standings=passing.standings,
        fitted=passing.gathering.courses(),
        ages=passing.ages,
        began=passing.began,
        first_at=moment_at(min(passing.began)) if passing.began else None,
        last_at=moment_at(passing.last[0]) if passing.began else None,
        text_versions=frozenset(one for told in passing.text_versions for one in told.split()),
    )


def batches(courses: Sequence[uuid.UUID], *, at_a_time: int) -> Iterator[Sequence[uuid.UUID]]:
    """Yield as many courses as are read together, some after the other."""
    for first in range(0, len(courses), at_a_time):
        yield courses[first : first + at_a_time]


def read(db: DbSession, asked: Asked, *, courses: Sequence[uuid.UUID]) -> BegunCourses:
    """Return those of some courses that have begun, by their places among these."""
    rows = course_rows.rows(db, asked, courses=courses)
    told = told_scores(rows.sessions, scores=rows.scores, name_width=rows.name_width)
    found = count_scores(
        told.course, places=told.place, ranks=told.rank, named=rows.named, aside=rows.aside
    )
    return begun_courses(told, found)


@cache
def _band(year: int, birth_year: int | None) -> AgeBand | None:
    return None if birth_year is None else age_band(year - birth_year)
