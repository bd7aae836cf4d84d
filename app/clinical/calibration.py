"""How well a curve and the rules that rest on it hold, on courses that it has not seen.

Symbols as in ``expected_change``. A course is tested by a curve that was made without it:
one fitted to older courses, or a curve that was there before.

Three questions, which are not one:

- Do new patients with the same first score stay where the bands say? (coverage)
- Is a score what was predicted from this patient's scores before it? (slope and intercept
  of observed on predicted; 1 and 0 for a true model, whatever the reason why some stop)
- Did those come out so whom a rule had marked, before their last score was known?

Everything is counted as it comes, patient by patient, and nothing of a patient is kept.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.clinical.ages import AgeBand
from app.clinical.calibration_counts import LAST_PATIENTS, JudgedSum, Recent, Report
from app.clinical.calibration_sums import (
    BANDS,
    DRAWN,
    Apart,
    By,
    CellSum,
    Limits,
    LineSum,
    age_key,
)
from app.clinical.course import Course
from app.clinical.curves import ReferenceCurve, covers, for_age
from app.clinical.expected_change import predict
from app.clinical.instruments import Instrument, ReliableChangeValue, Tenths
from app.clinical.reliable_change import Change, classify_change
from app.clinical.replay import Moment, moments, replay
from app.clinical.rules import Rule, RuleId

JUDGED = frozenset(
    {
        RuleId.DETERIORATION,
        RuleId.OFF_TRACK,
        RuleId.OFF_TRACK_BAND,
        RuleId.NO_CHANGE,
        RuleId.SAWTOOTH,
    }
)
"""Rules that rest on a curve or on change, and so can be right or wrong about the end."""

FIRST_LOOK = 3
"""The probability of reliable improvement is judged at the first score from this session on:
the first at which the rule that uses it may speak."""


@dataclass(frozen=True, slots=True)
class CourseTested:
    """One course, and by what it is grouped.

    Attributes
    ----------
    course
        Scores from the first one on.
    began
        Something that rises with the time of the first score.
    is_closed, has_left
        Whether the course is over, and whether it ended unplanned.
    age
        Band of the age when the course was opened, or ``None``; it stays that of the course.
    language
        In which the patient is asked.
    is_tested
        Whether the curve that is tested was made without it.
    is_known
        Whether the curve that is judged was fitted to it too.
    """

    course: Course
    began: int
    is_closed: bool
    has_left: bool
    age: AgeBand | None
    language: str
    is_tested: bool
    is_known: bool


@dataclass(frozen=True, slots=True)
class Borders:
    """First scores, in tenths, that part groups.

    Attributes
    ----------
    thirds
        Highest first score of the lowest and of the middle third.
    tenths
        Highest first score of the lowest tenth, and of the lowest nine tenths.
    """

    thirds: tuple[Tenths, Tenths]
    tenths: tuple[Tenths, Tenths]


class Calibrator:
    """Counts patients one by one.

    Parameters
    ----------
    instrument
        The instrument of all the courses.
    curve
        The curve that is tested, made without these courses.
    version
        The curve that is judged: the same, or one fitted to these courses too. It is asked
        only whether it still holds for the newest patients.
    borders
        Part groups by first score.
    rules
        Those in force; the ones in ``JUDGED`` are replayed.
    """

    def __init__(
        self,
        instrument: Instrument,
        *,
        curve: ReferenceCurve,
        version: ReferenceCurve,
        borders: Borders,
        rules: Sequence[Rule],
    ) -> None:
        scale = {"lowest": instrument.scoring.lowest, "highest": instrument.scoring.highest}
        self._instrument, self._curve, self._version = instrument, curve, version
        self._borders = borders
        self._rules = tuple(rule for rule in rules if rule.id in JUDGED)
        self._held = _ByAge(curve, scale)
        self._own_held = _ByAge(version, scale)
        self._cells: dict[tuple[By, str], CellSum] = defaultdict(CellSum)
        self._line = LineSum()
        self._ended, self._left = JudgedSum(self._rules), JudgedSum(self._rules)
        self._recent: list[tuple[int, int, int, int, bool]] = []
        self._patients = self._courses = self._seen = 0

    @property
    def reliable_change(self) -> ReliableChangeValue | None:
        """The instrument's own value, or else the curve's."""
        return self._instrument.reliable_change or self._curve.reliable_change

    def add_patient(self, courses: Sequence[CourseTested]) -> None:
        """Count one patient.

        Parameters
        ----------
        courses
            All courses of the patient with a first score, in any order; at least one. The
            newest is looked at as one of the newest patients', also if it is not tested.
        """
        self._add_recent(max(courses, key=lambda one: one.began))
        tested = [one for one in courses if one.is_tested]
        self._add_coverage(tested)
        over = [one for one in tested if one.is_closed and len(one.course.counted) > 1]
        if over and self.reliable_change is not None:
            self._judge(max(over, key=lambda one: one.began), self.reliable_change)

    def report(self) -> Report:
        """Return what has been counted."""
        has_change = self.reliable_change is not None
        recent = [entry[2:] for entry in self._recent]
        return Report(
            patients=self._patients,
            courses=self._courses,
            cells=tuple(
                self._cells[at].as_cell(*at)
                for at in sorted(self._cells, key=lambda at: (list(By).index(at[0]), _order(at[1])))
            ),
            line=self._line.as_line(),
            ended=self._ended.as_judged() if has_change else None,
            left=self._left.as_judged() if has_change else None,
            recent=Recent(
                patients=len(recent),
                scores=sum(scores for scores, _, _ in recent),
                inside=sum(inside for _, inside, _ in recent),
                known=sum(known for _, _, known in recent),
            ),
        )

    def _add_recent(self, one: CourseTested) -> None:
        at = BANDS.index(DRAWN)
        version, limits = self._own_held.of(one)
        held = [
            limits.inside(intake=intake, session=session, score=score)[at]
            for intake, session, score in _within(one.course, version)
        ]
        if not held:
            return
        # The second number keeps equal times apart, so that nothing else is compared.
        self._seen += 1
        entry = (one.began, self._seen, len(held), sum(held), one.is_known)
        if len(self._recent) < LAST_PATIENTS:
            heapq.heappush(self._recent, entry)
        else:
            heapq.heappushpop(self._recent, entry)

    def _add_coverage(self, courses: Sequence[CourseTested]) -> None:
        scores: dict[tuple[By, str], list[tuple[bool, ...]]] = defaultdict(list)
        pairs: list[tuple[float, float]] = []
        for one in courses:
            groups = list(self._groups(one))
            curve, limits = self._held.of(one)
            found = [
                (session, limits.inside(intake=intake, session=session, score=score))
                for intake, session, score in _within(one.course, curve)
            ]
            self._courses += bool(found)
            for session, inside in found:
                scores[By.SESSION, str(session)].append(inside)
                for group in groups:
                    scores[group].append(inside)
            pairs += _predicted(one.course, curve)
        self._patients += bool(scores)
        for group, inside_each in scores.items():
            self._cells[group].add_patient(inside_each)
        self._line.add_patient(pairs)

    def _groups(self, one: CourseTested) -> Iterator[tuple[By, str]]:
        first, last = one.course.counted[0].score, one.course.counted[-1].score
        low, middle = self._borders.thirds
        yield By.WHOLE, "all"
        yield By.START, "low" if first <= low else "middle" if first <= middle else "high"
        yield By.AGE, age_key(one.age)
        yield By.LANGUAGE, one.language
        if first <= self._borders.tenths[0]:
            yield By.APART, Apart.LOWEST_STARTS.value
        if first > self._borders.tenths[1]:
            yield By.APART, Apart.HIGHEST_STARTS.value
        if one.is_closed and one.has_left:
            yield By.APART, Apart.DROPPED_OUT.value
        value = self.reliable_change
        if one.is_closed and value is not None:
            ended = classify_change(first, last, value=value, direction=self._instrument.direction)
            if ended is Change.DETERIORATED:
                yield By.APART, Apart.ENDED_WORSE.value

    def _judge(self, one: CourseTested, value: ReliableChangeValue) -> None:
        counted = one.course.counted
        seen = list(moments(one.course, self._held.of(one)[0], is_curve_accepted=True))
        said = replay(seen, rules=self._rules)
        ended = classify_change(
            counted[0].score,
            counted[-1].score,
            value=value,
            direction=self._instrument.direction,
        )
        chance = _chance(seen, last=counted[-1].session)
        for population in (self._ended, self._left) if one.has_left else (self._ended,):
            population.add(said, chance=chance, ended=ended, last=counted[-1].session)


class _ByAge:
    """A curve as it holds for each age band, with its limits."""

    def __init__(self, curve: ReferenceCurve, scale: Mapping[str, int]) -> None:
        self._curve, self._scale = curve, scale
        self._known: dict[AgeBand | None, tuple[ReferenceCurve, Limits]] = {}

    def of(self, one: CourseTested) -> tuple[ReferenceCurve, Limits]:
        """Return the curve that pages and rules compare a course with."""
        if one.age not in self._known:
            curve = for_age(self._curve, one.age)
            self._known[one.age] = (curve, Limits(curve, **self._scale))
        return self._known[one.age]


def _predicted(course: Course, curve: ReferenceCurve) -> Iterator[tuple[float, float]]:
    """Yield each score beside the one predicted from the patient's scores before it."""
    before: list[tuple[int, Tenths]] = []
    for intake, session, score in _within(course, curve):
        found = predict(curve, intake=intake, observations=before, session=session)
        yield found.mean, score / 10
        before.append((session, score))


def _within(course: Course, curve: ReferenceCurve) -> Iterator[tuple[Tenths, int, Tenths]]:
    """Yield first score, session and score of each later score where the curve holds."""
    first, *later = course.counted
    for seen in later:
        if covers(curve, intake=first.score, session=seen.session):
            yield first.score, seen.session, seen.score


def _chance(seen: Sequence[Moment], *, last: int) -> float | None:
    """Return the probability at the first look, if there was one before the last score."""
    for moment in seen:
        trajectory = moment.situation.trajectory
        scored = trajectory.course.counted[-1:]
        has_score = bool(scored) and scored[0].session == moment.session
        if has_score and moment.session >= FIRST_LOOK and trajectory.outlook is not None:
            return trajectory.outlook.p_improvement if moment.session < last else None
    return None


def _order(key: str) -> tuple[bool, int, str]:
    """Return what puts session 9 before session 10, the low third first, and ages in order."""
    number = key.partition("-")[0].rstrip("+")
    if number.isdecimal():
        return False, int(number), key
    return True, _IN_ORDER.index(key) if key in _IN_ORDER else len(_IN_ORDER), key


_IN_ORDER = ("low", "middle", "high", *(group.value for group in Apart))


def borders_of(intakes: Mapping[Tenths, int]) -> Borders:
    """Return the first scores that part groups.

    Parameters
    ----------
    intakes
        How many courses began with each first score (tenths); at least one.
    """
    return Borders(
        thirds=(_below(intakes, 1, 3), _below(intakes, 2, 3)),
        tenths=(_below(intakes, 1, 10), _below(intakes, 9, 10)),
    )


def _below(intakes: Mapping[Tenths, int], part: int, of: int) -> Tenths:
    """Return the smallest first score at or below which at least this part of all lies."""
    whole, so_far = sum(intakes.values()), 0
    for score, n in sorted(intakes.items()):
        so_far += n
        if of * so_far >= part * whole:
            return score
    raise ValueError("no first scores")
