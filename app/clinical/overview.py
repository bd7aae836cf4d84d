"""Where an episode stands: one status for the worklist and one sentence for a page.

Here are the keys and numbers of sentences; their words are in the catalogue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from app.clinical.flags import Group, Level, RuleId, StandingFlag
from app.clinical.instruments import Tenths
from app.clinical.reliable_change import better_by, reaches
from app.clinical.trajectory import Observation, Position, Trajectory

SCORES_FOR_TREND = 3
"""Fewest scores before any word about a trend: two points always make a line."""

DIFFERENCE_OF_TWO = 1.96 * 2**0.5
"""Times the own spread: a difference of two scores that chance alone exceeds in 1 of 20 cases."""

LEAST_SHARE_OF_SCALE = 10
"""Without a reliable-change value, a change under a tenth of the scale counts as little.

Own spread is estimated from few scores and may be near 0; a choice, not literature.
"""


class Status(Enum):
    """Where an episode stands in the worklist, by need, most pressing first.

    ``LOOK``
        A flag of the levels immediate or review stands.
    ``WATCH``
        A flag of the level discuss stands; or the latest score, of at least three,
        is beyond the 80 % band on the bad side of a curve that may be used.
    ``STALE``
        ``missing`` or ``no_contact`` stands.
    ``EXPECTED``, ``BETTER``
        At least three scores, the latest within the band or beyond it on the good side.
    ``UNCOMPARED``
        At least three scores and no curve that holds and may be used.
    ``EARLY``
        Fewer than three scores.
    """

    LOOK = "look"
    WATCH = "watch"
    STALE = "stale"
    EXPECTED = "expected"
    BETTER = "better"
    UNCOMPARED = "uncompared"
    EARLY = "early"


class Shape(Enum):
    """The course so far in one word; up is better on every instrument."""

    EARLY = "early"
    UP = "up"
    UP_DOWN = "updown"
    FLAT = "flat"
    DOWN = "down"


class SummaryKey(Enum):
    """Which sentence sums up an episode: the reason of its top flag, or the shape of the course."""

    CRITICAL_ITEM = "critical_item"
    DETERIORATION = "deterioration"
    OFF_TRACK = "off_track"
    OFF_TRACK_BAND = "off_track_band"
    NO_CHANGE = "no_change"
    ALLIANCE_DROP = "alliance_drop"
    ABOVE_CUTOFF_START = "above_cutoff_start"
    SAWTOOTH = "sawtooth"
    MISSING = "missing"
    NO_CONTACT = "no_contact"
    BELOW_ONCE = "below_once"
    EARLY = "early"
    UP = "up"
    UP_DOWN = "updown"
    FLAT = "flat"
    DOWN = "down"


class Talk(Enum):
    """Something to talk about, in the view that is shared with the patient."""

    LOW = "talk_low"
    FLAT = "talk_flat"
    ALLIANCE = "talk_alliance"
    UP = "talk_up"


@dataclass(frozen=True, slots=True)
class CourseShape:
    """The shape of a course.

    Attributes
    ----------
    shape
        One word.
    scores
        Number of scores it rests on.
    better_by
        Latest against first score, in tenths, positive if better; ``None`` before
        the second score.
    best_session, latest_session
        k of the best and the latest score; ``None`` without a score.
    below_best
        By how many tenths the latest score is worse than the best.
    """

    shape: Shape
    scores: int
    better_by: Tenths | None
    best_session: int | None
    latest_session: int | None
    below_best: Tenths


@dataclass(frozen=True, slots=True)
class Summary:
    """One sentence: its key, and the numbers that its words may use (scores in tenths)."""

    key: SummaryKey
    numbers: Mapping[str, int | float]


@dataclass(frozen=True, slots=True)
class TalkPoint:
    """Something to talk about, and the session k that it is about."""

    talk: Talk
    session: int | None


@dataclass(frozen=True, slots=True)
class Together:
    """What the shared view says: the shape of the course and points to talk about."""

    course: CourseShape
    talk: tuple[TalkPoint, ...]


def status_of(
    trajectory: Trajectory, *, standing: Sequence[StandingFlag], may_use_curve: bool
) -> Status:
    """Return where an episode stands, by the rules at :class:`Status`, the first that holds.

    Parameters
    ----------
    trajectory
        The patient's course on the episode's main instrument.
    standing
        The episode's flags; those whose review is over are passed by.
    may_use_curve
        Whether the curve may say more than a grey band: it is the site's own, or
        the site has accepted it.
    """
    flags = _by_need(standing)
    groups = {flag.level.group for flag in flags}
    if Group.LOOK in groups:
        return Status.LOOK
    if Group.WATCH in groups:
        return Status.WATCH
    if any(flag.rule in _STALE_RULES for flag in flags):
        return Status.STALE
    return _status_by_scores(trajectory, may_use_curve=may_use_curve)


def shape_of(trajectory: Trajectory) -> CourseShape:
    """Return the course so far in one word, for a sentence that says no more than it knows.

    A change counts when it reaches the reliable-change value. Without one it must
    reach what chance alone exceeds in 1 of 20 cases by the patient's own spread,
    and a tenth of the scale. Down: the latest score is worse than the first by that
    much. Up, then down: the best score was better by that much, and half of it is
    lost again. Up: the latest score is better by that much. Flat: the rest.

    Parameters
    ----------
    trajectory
        The patient's course; before the third score its shape is ``EARLY``.
    """
    counted = trajectory.course.counted
    if not counted:
        return CourseShape(
            shape=Shape.EARLY,
            scores=0,
            better_by=None,
            best_session=None,
            latest_session=None,
            below_best=0,
        )
    best = max(counted, key=lambda seen: _gain(trajectory, seen))
    below_best = _gain(trajectory, best) - _gain(trajectory, counted[-1])
    return CourseShape(
        shape=_shape(trajectory, best=best, below_best=below_best),
        scores=len(counted),
        better_by=trajectory.better_by,
        best_session=best.session,
        latest_session=counted[-1].session,
        below_best=below_best,
    )


def summarize(
    trajectory: Trajectory, *, standing: Sequence[StandingFlag], may_use_curve: bool
) -> Summary:
    """Return the one sentence for the clinician's page and the row of the worklist.

    The first that there is: the flag with the highest level (those not yet reviewed
    before those that are); missing scores or contact; a latest score beyond the band;
    the shape of the course.

    Parameters
    ----------
    trajectory, standing, may_use_curve
        As for :func:`status_of`.
    """
    for flag in _by_need(standing):
        if flag.level.group is not Group.NOTE or flag.rule in _STALE_RULES:
            return Summary(key=SummaryKey(flag.rule.value), numbers=flag.numbers)
    course = shape_of(trajectory)
    numbers = _numbers(course)
    is_early = course.shape is Shape.EARLY
    if may_use_curve and not is_early and _latest_position(trajectory) is Position.WORSE_THAN_90:
        return Summary(key=SummaryKey.BELOW_ONCE, numbers=numbers)
    return Summary(key=SummaryKey(course.shape.value), numbers=numbers)


def summarize_together(trajectory: Trajectory, *, standing: Sequence[StandingFlag]) -> Together:
    """Return what the view that is shared with the patient says.

    It never speaks of a critical item, and of other flags only where the course
    itself shows the same.

    Parameters
    ----------
    trajectory, standing
        As for :func:`status_of`.
    """
    flags = _by_need(standing)
    course = shape_of(trajectory)
    talk = []
    point = _course_talk(course.shape, {flag.rule for flag in flags})
    if point is not None:
        talk.append(TalkPoint(talk=point, session=course.latest_session))
    talk.extend(
        TalkPoint(talk=Talk.ALLIANCE, session=flag.session)
        for flag in flags
        if flag.rule is RuleId.ALLIANCE_DROP
    )
    return Together(course=course, talk=tuple(talk))


_STALE_RULES = frozenset({RuleId.MISSING, RuleId.NO_CONTACT})
_SLOW_RULES = frozenset({RuleId.OFF_TRACK, RuleId.OFF_TRACK_BAND, RuleId.NO_CHANGE})
_FALL_RULES = frozenset({RuleId.OFF_TRACK, RuleId.OFF_TRACK_BAND, RuleId.DETERIORATION})
_LEVELS = tuple(Level)
_RULES = tuple(RuleId)


def _status_by_scores(trajectory: Trajectory, *, may_use_curve: bool) -> Status:
    if len(trajectory.course.counted) < SCORES_FOR_TREND:
        return Status.EARLY
    match _latest_position(trajectory) if may_use_curve else None:
        case None:
            return Status.UNCOMPARED
        case Position.WORSE_THAN_90:
            return Status.WATCH
        case Position.BETTER_THAN_90:
            return Status.BETTER
        case Position.WORSE_THAN_75 | Position.MIDDLE | Position.BETTER_THAN_75:
            return Status.EXPECTED


def _by_need(standing: Sequence[StandingFlag]) -> list[StandingFlag]:
    return sorted(
        (flag for flag in standing if flag.state.is_standing),
        key=lambda flag: (
            _LEVELS.index(flag.level),
            flag.state.is_reviewed,
            _RULES.index(flag.rule),
        ),
    )


def _latest_position(trajectory: Trajectory) -> Position | None:
    return trajectory.points[-1].position if trajectory.points else None


def _gain(trajectory: Trajectory, seen: Observation) -> Tenths:
    course = trajectory.course
    return better_by(course.counted[0].score, seen.score, direction=course.instrument.direction)


def _shape(trajectory: Trajectory, *, best: Observation, below_best: Tenths) -> Shape:
    counted = trajectory.course.counted
    if len(counted) < SCORES_FOR_TREND:
        return Shape.EARLY
    now = _gain(trajectory, counted[-1])
    if _counts(trajectory, -now):
        return Shape.DOWN
    if _counts(trajectory, _gain(trajectory, best)) and _counts(trajectory, below_best, percent=50):
        return Shape.UP_DOWN
    return Shape.UP if _counts(trajectory, now) else Shape.FLAT


def _counts(trajectory: Trajectory, amount: Tenths, *, percent: int = 100) -> bool:
    if trajectory.reliable_change is not None:
        return reaches(amount, trajectory.reliable_change, percent=percent)
    scoring = trajectory.course.instrument.scoring
    by_chance = round(DIFFERENCE_OF_TWO * (trajectory.own_spread or 0))
    least = -(-(scoring.highest - scoring.lowest) // LEAST_SHARE_OF_SCALE)
    return 100 * amount >= percent * max(by_chance, least)


def _numbers(course: CourseShape) -> dict[str, int | float]:
    numbers = {
        "scores": course.scores,
        "below_best": course.below_best,
        "better_by": course.better_by,
        "best_session": course.best_session,
        "latest_session": course.latest_session,
    }
    return {name: value for name, value in numbers.items() if value is not None}


def _course_talk(shape: Shape, rules: set[RuleId]) -> Talk | None:
    match shape:
        case Shape.UP:
            return Talk.UP
        case Shape.DOWN:
            return Talk.LOW
        case Shape.UP_DOWN if rules & _FALL_RULES:
            return Talk.LOW
        case Shape.FLAT if rules & _SLOW_RULES:
            return Talk.FLAT
        case Shape.EARLY | Shape.UP_DOWN | Shape.FLAT:
            return None
