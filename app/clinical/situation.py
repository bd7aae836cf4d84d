"""All that a rule looks at, and what it found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from app.clinical.early_alliance import EarlyLimit
from app.clinical.expected_change import CurveKind
from app.clinical.instruments import Direction, Instrument, Tenths
from app.clinical.scoring import CriticalAnswer
from app.clinical.trajectory import Course, Trajectory


class WhyNot(Enum):
    """Why a rule could not be evaluated."""

    NO_RATING = "no_rating"
    NO_SCORE = "no_score"
    TOO_FEW_SCORES = "too_few_scores"
    TOO_EARLY = "too_early"
    NO_RELIABLE_CHANGE = "no_reliable_change"
    NO_CUT_OFF = "no_cut_off"
    NO_CURVE = "no_curve"
    CURVE_NOT_LOCAL = "curve_not_local"
    CURVE_NOT_ACCEPTED = "curve_not_accepted"
    CURVE_HAS_OWN_RULE = "curve_has_own_rule"
    INTAKE_OUTSIDE = "intake_outside"
    SESSION_OUTSIDE = "session_outside"
    NO_ALLIANCE = "no_alliance"
    TOO_FEW_ALLIANCES = "too_few_alliances"
    OTHER_SCALE = "other_scale"
    TOO_FEW_SESSIONS = "too_few_sessions"
    NO_SESSION = "no_session"
    EPISODE_CLOSED = "episode_closed"


class Firing(Enum):
    """What a rule's condition says now.

    ``BETWEEN``: not enough to raise a flag, and too much to end one.
    """

    ON = "on"
    BETWEEN = "between"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Rated:
    """The rating that asks for an evaluation, with the answers that must be seen at once."""

    reference: str
    session: int
    critical: tuple[CriticalAnswer, ...]


@dataclass(frozen=True, slots=True)
class AllianceRating:
    """One alliance rating; values in tenths, ``None`` where missing."""

    session: int
    reference: str
    total: Tenths | None
    items: Mapping[str, Tenths | None]


@dataclass(frozen=True, slots=True)
class AllianceSeries:
    """The patient's alliance ratings in the episode, oldest first.

    ``early`` is where the lowest early ratings of the site end, if that is known.
    """

    instrument: Instrument
    ratings: tuple[AllianceRating, ...]
    early: EarlyLimit | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found.

    Attributes
    ----------
    firing
        ``None`` where the rule could not be evaluated.
    why_not
        The reason then, else ``None``.
    numbers
        Every score, limit and count that the rule saw; scores in tenths.
    session, reference
        Where it was found, if it is about one session or rating.
    item
        The critical item.
    uses_curve
        Whether the finding rests on the curve.
    """

    firing: Firing | None
    why_not: WhyNot | None = None
    numbers: Mapping[str, int | float] = field(default_factory=dict)
    session: int | None = None
    reference: str | None = None
    item: str | None = None
    uses_curve: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the conditions look at.

    Attributes
    ----------
    trajectory
        The patient's own scores on the episode's main instrument. Its attended
        sessions are those that are over: one that still goes on may yet be scored.
    is_curve_accepted
        Whether the site has accepted that a general curve raises flags.
    rating
        The rating that was just given, or ``None`` for the daily look.
    alliance
        ``None`` if the episode has no alliance instrument.
    days_since_contact
        Days since the last attended session, or since the start without one;
        ``None`` if there is no such day.
    is_open
        Whether the episode is open.
    """

    trajectory: Trajectory
    is_curve_accepted: bool
    rating: Rated | None
    alliance: AllianceSeries | None
    days_since_contact: int | None
    is_open: bool

    @property
    def course(self) -> Course:
        """The patient's scores."""
        return self.trajectory.course

    @property
    def direction(self) -> Direction:
        """Which way scores move when the patient gets better."""
        return self.course.instrument.direction

    @property
    def may_use_curve(self) -> bool:
        """Whether the curve may say more than a grey band."""
        curve = self.trajectory.curve
        return curve is not None and (curve.kind is not CurveKind.GENERAL or self.is_curve_accepted)
