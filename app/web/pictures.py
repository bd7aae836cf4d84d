"""What a figure of a course shows: its lines, limits, numbered points and their words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from app.clinical.instruments import Tenths

LEAST_SESSIONS: Final = 12
"""Sessions on the axis at least, so that a course does not change its shape every week."""

SPARE_SESSIONS: Final = 3
"""Empty sessions after the last one."""


class Shade(Enum):
    """Whose eyes a figure is for: the clinician's, or both at once."""

    CLINICIAN = "clinician"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Dot:
    """One score: the session's number, the value in tenths, its label, and what is said of it."""

    session: int
    value: Tenths
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A value on the axis with its label."""

    value: Tenths
    label: str


@dataclass(frozen=True, slots=True)
class Zone:
    """A strip across the panel."""

    low: Tenths
    high: Tenths
    label: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected at one session, in tenths."""

    session: int
    at_10: Tenths
    at_25: Tenths
    at_50: Tenths
    at_75: Tenths
    at_90: Tenths


@dataclass(frozen=True, slots=True)
class Ahead:
    """Where the next score probably lies."""

    session: int
    mean: Tenths
    low: Tenths
    high: Tenths
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Ring:
    """A numbered point: in the outcome panel, in the alliance panel, or at the foot."""

    number: int
    session: int
    value: Tenths | None
    is_alliance: bool
    is_reviewed: bool


@dataclass(frozen=True, slots=True)
class FootMark:
    """A small mark at the foot with its text."""

    session: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel: its axis and its line."""

    title: str
    lowest: Tenths
    highest: Tenths
    dots: Sequence[Dot]
    cut_off: Limit | None = None
    direction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that a figure shows, with its words."""

    shade: Shade
    outcome: Panel
    earlier: Sequence[Dot] = ()
    """Scores from before the chosen starting point."""
    alliance: Panel | None = None
    zone: Zone | None = None
    expected: Sequence[Expected] = ()
    band_labels: tuple[str, str] = ("", "")
    ahead: Ahead | None = None
    rings: Sequence[Ring] = ()
    marks: Sequence[FootMark] = ()
    dates: Mapping[int, str] = field(default_factory=dict)
    axis: str = ""
    is_small: bool = False

    @property
    def last_session(self) -> int:
        """The last session on the axis."""
        seen = [dot.session for dot in (*self.earlier, *self.outcome.dots)]
        seen += [dot.session for dot in self.alliance.dots] if self.alliance else []
        return max(LEAST_SESSIONS, max(seen, default=0) + SPARE_SESSIONS)
