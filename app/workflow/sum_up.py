"""Sum up the courses on an instrument, in one pass: what a curve is fitted to and stands on."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import compress

from app.clinical.ages import AgeBand, age_band
from app.clinical.counted_scores import count_scores
from app.clinical.fitted_courses import FittedCourses, Gathering
from app.records import course_rows
from app.records.base import DbSession
from app.records.course_rows import Moment, Opened, Rows
from app.records.course_scores import Asked, Standing
from app.workflow.gather import year_of

Heard = Callable[[int, int], None]
"""Is told how many courses have been read, and of how many, again and again."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What passed by while courses were summed; nothing tells whose."""

    in_all: int
    """Courses that have the instrument as their main one, with scores or without."""
    standings: Counter[Standing]
    fitted: FittedCourses
    ages: Sequence[AgeBand | None]
    """The age band of each fitted course."""
    began: Sequence[Moment]
    """When the earliest score of each fitted course was given."""
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    text_versions: frozenset[str]

    def bands(self) -> Mapping[AgeBand | None, FittedCourses]:
        """Return the fitted courses of each age band."""
        places: dict[AgeBand | None, list[int]] = {}
        for place, band in enumerate(self.ages):
            places.setdefault(band, []).append(place)
        return {band: self.fitted.of(theirs) for band, theirs in places.items()}

    def begun_before(self, until: Moment) -> "Tally":
        """Return the same of the fitted courses with a score from before a moment."""
        places = [place for place, began in enumerate(self.began) if began < until]
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
    starts: Mapping[str, int | None]
    edition: int
    since: Moment | None
    standings: Counter[Standing] = field(default_factory=Counter)
    gathering: Gathering = field(default_factory=Gathering)
    ages: list[AgeBand | None] = field(default_factory=list)
    began: list[Moment] = field(default_factory=list)
    last: list[Moment] = field(default_factory=list)
    """One, as soon as there is one."""
    text_versions: set[str] = field(default_factory=set)

    def take(self, rows: Rows) -> int:
        """Take some courses along; return how many of them have a first score."""
        found = count_scores(rows.course, sessions=rows.session, ranks=rows.rank, named=self.starts)
        if not len(found.rows):
            return 0
        places = found.rows.tolist()
        moments = [rows.rated_at[place] for place in places]
        begins = found.starts.tolist()
        ends = [*begins[1:], len(places)]
        begun = [self.opened.place[rows.course[places[begin]]] for begin in begins]
        editions = [rows.edition[place] for place in places]
        standings = [
            self._standing(editions[begin:end], first_at=moments[begin])
            for begin, end in zip(begins, ends, strict=True)
        ]
        self.standings.update(standings)
        is_fitted = [standing is Standing.FITTED for standing in standings]
        self.gathering.add(
            found,
            scores=[rows.score[place] for place in places],
            patients=[self.opened.patient[one] for one in begun],
            is_closed=[self.opened.is_closed[one] for one in begun],
            is_fitted=is_fitted,
        )
        self.ages += [self._age(one) for one in compress(begun, is_fitted)]
        self.began += [
            min(moments[begin:end])
            for begin, end in compress(zip(begins, ends, strict=True), is_fitted)
        ]
        are_theirs = found.of_courses(is_fitted)
        theirs = [*self.last, *compress(moments, are_theirs)]
        self.last = [max(theirs)] if theirs else []
        texts = [rows.text_version[place] for place in places]
        self.text_versions.update(text for text in set(compress(texts, are_theirs)) if text)
        return len(begun)

    def _age(self, place: int) -> AgeBand | None:
        return _band(year_of(self.opened.opened_at[place]), self.opened.birth_year[place])

    def _standing(self, editions: Sequence[int | None], *, first_at: Moment) -> Standing:
        if self.since is not None and first_at < self.since:
            return Standing.BEFORE_PERIOD
        if editions.count(self.edition) < len(editions):
            return Standing.OTHER_EDITION
        return Standing.FITTED if len(editions) > 1 else Standing.NO_FOLLOW_UP


def sum_up(db: DbSession, asked: Asked, *, heard: Heard) -> Tally:
    """Return the courses that a curve is fitted to, and how many are left out."""
    aside = course_rows.set_aside(db, asked)
    passing = _Passing(
        opened=course_rows.opened(db, asked),
        starts=course_rows.starts(db, asked, aside=aside),
        edition=asked.edition,
        since=None if asked.since is None else course_rows.told_as(db, asked.since),
    )
    in_all, read = len(passing.opened.place), 0
    for rows in course_rows.rows(db, asked, aside=aside):
        read += passing.take(rows)
        heard(read, in_all)
    # Courses without a first score are none that are read.
    heard(in_all, in_all)
    ends = [min(passing.began), *passing.last] if passing.began else []
    first_at, last_at = course_rows.moments_of(db, ends) or (None, None)
    return Tally(
        in_all=in_all,
        standings=passing.standings,
        fitted=passing.gathering.courses(),
        ages=passing.ages,
        began=passing.began,
        first_at=first_at,
        last_at=last_at,
        text_versions=frozenset(passing.text_versions),
    )


@cache
def _band(year: int, birth_year: int | None) -> AgeBand | None:
    return None if birth_year is None else age_band(year - birth_year)
