"""Courses that a curve is fitted to, as columns: what is counted about them, and their sums."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.clinical.begun_courses import BegunCourses
from app.clinical.curve_comparison import ScoreCount
from app.clinical.growth_statistics import GrowthStatistics, Whole, from_scores
from app.clinical.instruments import Tenths
from app.clinical.own_curve import LEAST_SCORES, Reach

_SMALL = np.int32
"""Wide enough for tenths, sessions and courses, and half as large as the usual."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedCourses:
    """Courses with a first score and at least one more; nothing tells whose.

    Attributes
    ----------
    patient
        A number for the patient of each course, to tell two courses of one from those of two.
    intake
        First score of each course, in tenths.
    is_closed
        Whether each course is closed.
    course
        The course of each score after the first: its place in ``patient``; never decreasing.
    session
        Session number k of each score, 2 or more.
    score
        The scores after the first, in tenths.
    """

    patient: Whole
    intake: Whole
    is_closed: Whole
    course: Whole
    session: Whole
    score: Whole

    @property
    def courses(self) -> int:
        """Number of courses."""
        return len(self.patient)

    @property
    def scores(self) -> int:
        """Number of scores after the first."""
        return len(self.score)

    @property
    def patients(self) -> int:
        """Number of patients."""
        return len(np.unique(self.patient))

    @property
    def closed(self) -> int:
        """Number of closed courses with so many scores as decide about a curve."""
        sizes = 1 + np.bincount(self.course, minlength=self.courses)
        return int((self.is_closed.astype(bool) & (sizes >= LEAST_SCORES)).sum())

    @property
    def intakes(self) -> Mapping[Tenths, int]:
        """How many courses began with each first score."""
        return Counter(self.intake.tolist())

    def of(self, courses: Sequence[int]) -> "FittedCourses":
        """Return some of the courses, by their places, in rising order."""
        places = np.array(courses, dtype=np.int64)
        new_place = np.full(self.courses, -1)
        new_place[places] = np.arange(len(places))
        is_theirs = new_place[self.course] >= 0
        return FittedCourses(
            patient=self.patient[places],
            intake=self.intake[places],
            is_closed=self.is_closed[places],
            course=new_place[self.course[is_theirs]],
            session=self.session[is_theirs],
            score=self.score[is_theirs],
        )

    def patients_at(self) -> Mapping[int, int]:
        """Return how many patients have a score at each session after the first."""
        width = int(self.session.max(initial=0)) + 1
        pairs = np.sort(self.patient[self.course].astype(np.int64) * width + self.session)
        n = np.bincount(pairs[np.diff(pairs, prepend=-1) != 0] % width)
        return {session: count for session, count in enumerate(n.tolist()) if count}

    def patients_within(self, reach: Reach) -> int:
        """Return how many patients have a score where a curve holds."""
        intake = self.intake[self.course]
        is_within = (reach.lowest_intake <= intake) & (intake <= reach.highest_intake)
        is_within &= (reach.first_session <= self.session) & (self.session <= reach.last_session)
        return len(np.unique(self.patient[self.course[is_within]]))

    def score_counts(self) -> Iterator[ScoreCount]:
        """Yield how many courses have each score at each session after each first score."""
        if not self.scores:
            return
        lowest = int(self.score.min())
        sessions, scores = int(self.session.max()) + 1, int(self.score.max()) - lowest + 1
        packed = self.intake[self.course].astype(np.int64) * sessions + self.session
        packed = packed * scores + self.score - lowest
        values, counts = np.unique(packed, return_counts=True)
        before, above = np.divmod(values, scores)
        intake, session = np.divmod(before, sessions)
        columns = (intake, session, above + lowest, counts)
        for at in zip(*(column.tolist() for column in columns), strict=True):
            yield ScoreCount(*at)

    def statistics(self) -> GrowthStatistics:
        """Return the sums that a curve is fitted from, in points, with L = ln k."""
        return from_scores(
            self.course,
            time=np.log(np.arange(1, self.session.max(initial=1) + 1))[self.session - 1],
            score=self.score / 10,
            intake=self.intake / 10,
        )


@dataclass(slots=True)
class Gathering:
    """Takes courses a few at a time and holds twelve bytes of each score."""

    _parts: list[tuple[Whole, ...]] = field(default_factory=list)
    _courses: int = 0

    def add(
        self,
        begun: BegunCourses,
        *,
        patients: Sequence[int],
        is_closed: Sequence[bool],
        is_fitted: Sequence[bool],
    ) -> None:
        """Take along those of some courses that are fitted.

        Parameters
        ----------
        begun
            The courses with their scores.
        patients, is_closed, is_fitted
            One entry for each of the courses.
        """
        fitted = np.array(is_fitted, dtype=bool)
        is_later = np.repeat(fitted, begun.sizes)
        is_later[begun.starts] = False
        number = np.cumsum(fitted) - 1 + self._courses
        self._courses += int(fitted.sum())
        self._parts.append(
            (
                np.array(patients, dtype=_SMALL)[fitted],
                begun.scores[begun.starts][fitted].astype(_SMALL),
                np.array(is_closed, dtype=bool)[fitted],
                np.repeat(number, begun.sizes)[is_later].astype(_SMALL),
                begun.sessions[is_later].astype(_SMALL),
                begun.scores[is_later].astype(_SMALL),
            )
        )

    def courses(self) -> FittedCourses:
        """Return what was taken along."""
        none = [np.zeros(0, dtype=_SMALL)]
        columns = zip(*self._parts, strict=True) if self._parts else [none] * 6
        return FittedCourses(*(np.concatenate(column) for column in columns))
