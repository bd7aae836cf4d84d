"""Sum up the courses on an instrument, in one pass: what a curve is fitted to and stands on."""

import datetime as dt
import math
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from app.clinical.ages import AgeBand
from app.clinical.course_sums import CourseSums, statistics_by_group
from app.clinical.curve_comparison import ScoreCount
from app.clinical.growth_statistics import GrowthStatistics
from app.clinical.own_curve import LEAST_SCORES, Reach
from app.records import course_scores
from app.records.base import DbSession
from app.records.course_scores import Asked, CourseFound, Standing
from app.workflow.gather import age_band_of

Heard = Callable[[int, int], None]
"""Is told how many courses have been read, and of how many, again and again."""

_TELL_EVERY = 1000


@dataclass(slots=True)
class Tally:
    """What passed by while courses were summed; nothing tells whose."""

    in_all: int
    """Courses that have the instrument as their main one, with scores or without."""
    standings: Counter[Standing] = field(default_factory=Counter)
    intakes: Counter[int] = field(default_factory=Counter)
    counts: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    """How many scores there are of each first score, session k and score."""
    courses: list[tuple[int, int, int]] = field(default_factory=list)
    """Of each fitted course the number of its patient, the first score, and the sessions after
    the first that have a score, one bit each."""
    bands: "dict[AgeBand | None, Tally]" = field(default_factory=dict)
    """The same for the courses of each age band."""
    patients: int = 0
    closed: int = 0
    scores: int = 0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    text_versions: set[str] = field(default_factory=set)
    _patient: uuid.UUID | None = None

    def add(self, course: CourseFound) -> tuple[AgeBand | None, CourseSums] | None:
        """Take a course along; return its age band and its sums if it is fitted."""
        band = age_band_of(opened_at=course.opened_at, birth_year=course.birth_year)
        self.bands.setdefault(band, Tally(in_all=0)).take(course)
        sums = self.take(course)
        return None if sums is None else (band, sums)

    def take(self, course: CourseFound) -> CourseSums | None:
        """Take a course along by itself."""
        self.standings[course.standing] += 1
        if course.standing is not Standing.FITTED:
            return None
        # The courses of one patient come together.
        if course.patient != self._patient:
            self._patient = course.patient
            self.patients += 1
        (_, intake), *later = course.scores
        self.intakes[intake] += 1
        self.counts.update((intake, session, score) for session, score in later)
        self.courses.append((self.patients, intake, sum(1 << session for session, _ in later)))
        self.closed += course.is_closed and len(course.scores) >= LEAST_SCORES
        self.scores += len(later)
        self.first_at = min(self.first_at or course.first_at, course.first_at)
        self.last_at = max(self.last_at or course.last_at, course.last_at)
        self.text_versions |= course.text_versions
        return sums_of(course.scores)

    def left_out(self) -> dict[str, int]:
        """Return how many courses are not fitted, by reason."""
        without = {Standing.NO_INTAKE: self.in_all - self.standings.total()}
        by_reason = {**self.standings, **without}
        return {
            reason.value: by_reason.get(reason, 0)
            for reason in Standing
            if reason is not Standing.FITTED
        }

    def patients_at(self) -> Mapping[int, int]:
        """Return how many patients have a score at each session after the first."""
        sessions_of: dict[int, int] = {}
        for patient, _, sessions in self.courses:
            sessions_of[patient] = sessions_of.get(patient, 0) | sessions
        at: Counter[int] = Counter()
        for sessions, n in Counter(sessions_of.values()).items():
            at.update({k: n for k in range(2, sessions.bit_length()) if sessions >> k & 1})
        return at

    def patients_within(self, reach: Reach) -> int:
        """Return how many patients have a score where a curve holds."""
        held = (1 << reach.last_session + 1) - (1 << reach.first_session)
        return len(
            {
                patient
                for patient, intake, sessions in self.courses
                if reach.lowest_intake <= intake <= reach.highest_intake and sessions & held
            }
        )

    def score_counts(self) -> Iterator[ScoreCount]:
        """Yield how many courses have each score at each session after each first score."""
        for (intake, session, score), n in self.counts.items():
            yield ScoreCount(intake=intake, session=session, score=score, n=n)


Statistics = Mapping[AgeBand | None, GrowthStatistics]
"""The sums over the courses of each age band."""


def sum_up(db: DbSession, asked: Asked, *, heard: Heard) -> tuple[Statistics, Tally]:
    """Return the sums that a curve is fitted to, by age band, and what they stand on."""
    tally = Tally(in_all=course_scores.courses_in_all(db, asked))
    return statistics_by_group(_fitted(db, asked, tally, heard=heard)), tally


def _fitted(
    db: DbSession, asked: Asked, tally: Tally, *, heard: Heard
) -> Iterator[tuple[AgeBand | None, CourseSums]]:
    for number, course in enumerate(course_scores.courses(db, asked), start=1):
        sums = tally.add(course)
        if sums is not None:
            yield sums
        if number % _TELL_EVERY == 0:
            heard(number, tally.in_all)
    # Courses without a first score are none that are read.
    heard(tally.in_all, tally.in_all)


def sums_of(scores_of_course: Sequence[tuple[int, int]]) -> CourseSums:
    """Return the sums of a course over its scores after the first one."""
    (_, intake), *later = scores_of_course
    times = [_time(session) for session, _ in later]
    scores = [score for _, score in later]
    return CourseSums(
        intake=intake,
        n=len(later),
        times=sum(times),
        times_squared=sum(time * time for time in times),
        total=sum(scores),
        total_squared=sum(score * score for score in scores),
        total_by_time=sum(time * score for time, score in zip(times, scores, strict=True)),
    )


@cache
def _time(session: int) -> float:
    return math.log(session)
