"""One patient's course beside what was expected, session by session."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from statistics import stdev

from app.clinical.course import Course, CourseOrderError, Observation
from app.clinical.expected_change import (
    Prediction,
    ReferenceCurve,
    covers,
    covers_intake,
    expected,
    horizon,
    predict,
    probability_of_reliable_improvement,
    quantile,
    to_tenths,
)
from app.clinical.instruments import Direction, ReliableChangeValue, Tenths
from app.clinical.reliable_change import better_by

# What a course is made of may be had from here too.
__all__ = [
    "Course",
    "CourseOrderError",
    "CurveOfAnotherInstrumentError",
    "Expectation",
    "NextScore",
    "Observation",
    "Outlook",
    "Point",
    "Position",
    "Trajectory",
    "WhyNoBand",
    "compare",
    "expectations",
]

SCORES_FOR_SPREAD = 3
"""Fewest scores from which a patient's own spread is given; two differences are the least."""

NEXT_SESSION_Z = 1.2815515655446004
"""Standard normal deviate that leaves a tenth outside on each side: the 80 % interval."""


class Position(Enum):
    """Where a score lies among new patients with the same first score.

    Worse and better follow the instrument's direction, so the names mean the
    same whether high or low scores are good.
    """

    WORSE_THAN_90 = "worse_than_90"
    WORSE_THAN_75 = "worse_than_75"
    MIDDLE = "middle"
    BETTER_THAN_75 = "better_than_75"
    BETTER_THAN_90 = "better_than_90"


class WhyNoBand(Enum):
    """Why a course has no band of expected scores."""

    NO_INTAKE = "no_intake"
    NO_CURVE = "no_curve"
    INTAKE_OUTSIDE = "intake_outside"
    SESSION_OUTSIDE = "session_outside"


class CurveOfAnotherInstrumentError(ValueError):
    """A course is compared with a curve of another instrument."""

    def __init__(self, *, curve: str, course: str) -> None:
        self.curve = curve
        self.course = course
        super().__init__(
            f"the curve is for {curve} and the course for {course}; they must be the same. "
            f"Choose a curve for {course}, or none."
        )


@dataclass(frozen=True, slots=True)
class Expectation:
    """Scores of new patients with the same first score at one session.

    Attributes
    ----------
    session
        k, 2 or more.
    mean
        In tenths, cut to the scale.
    at_10, at_25, at_50, at_75, at_90
        Score below which that percentage lies, in tenths, cut to the scale.
    """

    session: int
    mean: Tenths
    at_10: Tenths
    at_25: Tenths
    at_50: Tenths
    at_75: Tenths
    at_90: Tenths


@dataclass(frozen=True, slots=True)
class Point:
    """One score beside its expectation; both parts ``None`` where no curve holds, and at intake."""

    observation: Observation
    expectation: Expectation | None
    position: Position | None


@dataclass(frozen=True, slots=True)
class NextScore:
    """Where this patient's score at one later session probably lies: 8 times in 10.

    ``mean``, ``low`` and ``high`` are in tenths, cut to the scale.
    """

    session: int
    mean: Tenths
    low: Tenths
    high: Tenths


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the model says of this patient at the horizon.

    Attributes
    ----------
    session
        k of the horizon.
    prediction
        In points.
    p_improvement
        Probability of reliable improvement by then, 0 to 1; ``None`` without a
        reliable-change value.
    """

    session: int
    prediction: Prediction
    p_improvement: float | None


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A course compared with a curve, or with nothing but its own start.

    Attributes
    ----------
    course, curve
        What was compared with what.
    points
        One for each score, in order.
    why_no_band
        Why the latest score has no band; ``None`` if a band is drawn.
    next_score, outlook
        ``None`` where no curve holds.
    change
        Latest score minus first score, in tenths, as it stands on the scale;
        ``None`` before the second score.
    own_spread
        The patient's own session-to-session spread in tenths; ``None`` before the third
        score. Standard deviation of successive differences over the root of 2, which a
        steady rise or fall does not inflate.
    reliable_change
        The instrument's published value, or else the curve's; ``None`` if neither has one.
    """

    course: Course
    curve: ReferenceCurve | None
    points: tuple[Point, ...]
    why_no_band: WhyNoBand | None
    next_score: NextScore | None
    outlook: Outlook | None
    change: Tenths | None
    own_spread: Tenths | None
    reliable_change: ReliableChangeValue | None

    @property
    def better_by(self) -> Tenths | None:
        """By how many tenths the latest score is better than the first; negative if worse."""
        if self.change is None:
            return None
        return self.course.instrument.direction.value * self.change


def compare(course: Course, curve: ReferenceCurve | None) -> Trajectory:
    """Return a patient's course beside what is expected after the same first score.

    Parameters
    ----------
    course
        The patient's scores on the instrument.
    curve
        A curve for that instrument, or ``None`` where there is none: then the
        course has its change from start and its own spread, and nothing else.

    Raises
    ------
    CurveOfAnotherInstrumentError
        If the curve is for another instrument.
    """
    instrument = course.instrument
    if curve is not None and curve.instrument_key != instrument.key:
        raise CurveOfAnotherInstrumentError(curve=curve.instrument_key, course=instrument.key)
    reliable = instrument.reliable_change or (curve.reliable_change if curve else None)
    counted = course.counted
    return Trajectory(
        course=course,
        curve=curve,
        points=tuple(_point(course, curve, seen) for seen in course.observations),
        why_no_band=_why_no_band(course, curve),
        next_score=_next_score(course, curve),
        outlook=_outlook(course, curve, reliable),
        change=counted[-1].score - counted[0].score if len(counted) > 1 else None,
        own_spread=_own_spread(counted),
        reliable_change=reliable,
    )


def expectations(
    course: Course, curve: ReferenceCurve | None, *, sessions: Iterable[int]
) -> tuple[Expectation, ...]:
    """Return what is expected at each of ``sessions`` at which the curve holds, for drawing.

    Parameters
    ----------
    course
        Gives the first score and the scale.
    curve
        The reference, or ``None``.
    sessions
        Session numbers k, in the order wanted.
    """
    found = (_expectation(course, curve, session) for session in sessions)
    return tuple(expectation for expectation in found if expectation is not None)


def _why_no_band(course: Course, curve: ReferenceCurve | None) -> WhyNoBand | None:
    intake = course.intake
    if intake is None:
        return WhyNoBand.NO_INTAKE
    if curve is None:
        return WhyNoBand.NO_CURVE
    if not covers_intake(curve, intake.score):
        return WhyNoBand.INTAKE_OUTSIDE
    # Before the first session that the curve describes, its band can still be drawn ahead.
    if course.counted[-1].session > curve.last_session:
        return WhyNoBand.SESSION_OUTSIDE
    return None


def _point(course: Course, curve: ReferenceCurve | None, seen: Observation) -> Point:
    expectation = _expectation(course, curve, seen.session)
    if expectation is None:
        return Point(observation=seen, expectation=None, position=None)
    position = _position(seen.score, expectation, direction=course.instrument.direction)
    return Point(observation=seen, expectation=expectation, position=position)


def _expectation(course: Course, curve: ReferenceCurve | None, session: int) -> Expectation | None:
    intake = course.intake
    if curve is None or intake is None or not covers(curve, intake=intake.score, session=session):
        return None
    scoring = course.instrument.scoring
    low, high = scoring.lowest, scoring.highest
    at = expected(curve, intake=intake.score, session=session)
    return Expectation(
        session=session,
        mean=to_tenths(at.mean, lowest=low, highest=high),
        at_10=quantile(at, 0.10, lowest=low, highest=high),
        at_25=quantile(at, 0.25, lowest=low, highest=high),
        at_50=quantile(at, 0.50, lowest=low, highest=high),
        at_75=quantile(at, 0.75, lowest=low, highest=high),
        at_90=quantile(at, 0.90, lowest=low, highest=high),
    )


def _position(score: Tenths, at: Expectation, *, direction: Direction) -> Position:
    match direction:
        case Direction.HIGHER_IS_BETTER:
            limits = (at.at_10, at.at_25, at.at_75, at.at_90)
        case Direction.LOWER_IS_BETTER:
            limits = (at.at_90, at.at_75, at.at_25, at.at_10)
    worst, bad, good, best = (better_by(limit, score, direction=direction) for limit in limits)
    if worst < 0:
        return Position.WORSE_THAN_90
    if bad < 0:
        return Position.WORSE_THAN_75
    if best > 0:
        return Position.BETTER_THAN_90
    if good > 0:
        return Position.BETTER_THAN_75
    return Position.MIDDLE


def _predict(course: Course, curve: ReferenceCurve, session: int) -> Prediction | None:
    intake = course.intake
    if intake is None or not covers(curve, intake=intake.score, session=session):
        return None
    later = [
        (seen.session, seen.score)
        for seen in course.counted[1:]
        if covers(curve, intake=intake.score, session=seen.session)
    ]
    return predict(curve, intake=intake.score, observations=later, session=session)


def _next_score(course: Course, curve: ReferenceCurve | None) -> NextScore | None:
    session = course.latest_session + 1
    prediction = _predict(course, curve, session) if curve else None
    if prediction is None:
        return None
    low, high = course.instrument.scoring.lowest, course.instrument.scoring.highest
    reach = NEXT_SESSION_Z * prediction.sd_obs
    return NextScore(
        session=session,
        mean=to_tenths(prediction.mean, lowest=low, highest=high),
        low=to_tenths(prediction.mean - reach, lowest=low, highest=high),
        high=to_tenths(prediction.mean + reach, lowest=low, highest=high),
    )


def _outlook(
    course: Course, curve: ReferenceCurve | None, reliable: ReliableChangeValue | None
) -> Outlook | None:
    intake = course.intake
    if curve is None or intake is None:
        return None
    latest = course.counted[-1].session
    # A curve says nothing beyond the sessions it describes, so the horizon stops there.
    session = min(horizon(latest), curve.last_session)
    prediction = _predict(course, curve, session) if session > latest else None
    if prediction is None:
        return None
    probability = None
    if reliable is not None:
        probability = probability_of_reliable_improvement(
            prediction,
            intake=intake.score,
            threshold=reliable.value,
            direction=course.instrument.direction,
        )
    return Outlook(session=session, prediction=prediction, p_improvement=probability)


def _own_spread(counted: tuple[Observation, ...]) -> Tenths | None:
    if len(counted) < SCORES_FOR_SPREAD:
        return None
    steps = [later.score - earlier.score for earlier, later in itertools.pairwise(counted)]
    return round(stdev(steps) / 2**0.5)
