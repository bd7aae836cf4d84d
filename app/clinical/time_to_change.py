"""After how many sessions change comes, with those who left before it counted honestly.

A mean over those who changed would leave out everybody who did not, and make waiting
look short. The table here knows how many were still there, session by session.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.clinical.figures import Z_95, Figure, FigureName, Interval

FEWEST_FOR_MEDIAN = 20
"""Episodes; with fewer, a median points at single persons."""


@dataclass(frozen=True, slots=True)
class TimesToChange:
    """Episodes by the session in which they changed reliably for the better, or ended.

    Attributes
    ----------
    changed
        By session number (2 is the first after intake): episodes that first were
        reliably better there.
    left
        By session number: episodes whose last score was there, without such a change.
    """

    changed: Mapping[int, int] = field(default_factory=dict)
    left: Mapping[int, int] = field(default_factory=dict)

    def __add__(self, other: "TimesToChange") -> "TimesToChange":
        return TimesToChange(
            changed=Counter(self.changed) + Counter(other.changed),
            left=Counter(self.left) + Counter(other.left),
        )

    @property
    def n(self) -> int:
        """All episodes."""
        return sum(self.changed.values()) + sum(self.left.values())


@dataclass(frozen=True, slots=True)
class Step:
    """One session: how many were still waiting, and the share changed up to it."""

    session: int
    waiting: int
    changed: int
    share: float
    low: float
    high: float


def change_by_session(times: TimesToChange) -> tuple[Step, ...]:
    """Return the share changed by each session at which somebody changed.

    The share is that of Kaplan and Meier; the 95 % interval is Greenwood's on the
    double-log scale, which stays between 0 and 1.

    Parameters
    ----------
    times
        Of a group.

    References
    ----------
    Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452; Kalbfleisch & Prentice
    (1980), The statistical analysis of failure time data, for the interval.
    """
    waiting, still, noise = times.n, 1.0, 0.0
    steps: list[Step] = []
    for session in sorted({*times.changed, *times.left}):
        changed = times.changed.get(session, 0)
        if changed:
            still *= 1 - changed / waiting
            noise += changed / (waiting * (waiting - changed)) if waiting > changed else math.inf
            low, high = _limits(still, noise)
            steps.append(Step(session, waiting, changed, 1 - still, 1 - high, 1 - low))
        waiting -= changed + times.left.get(session, 0)
    return tuple(steps)


def median_sessions(times: TimesToChange) -> Figure:
    """Return the session by which half have changed reliably for the better.

    There is none if fewer than half did while they were seen, or if the group is small.
    The interval holds the sessions at which one half lies within the share's interval;
    its upper end is ``None`` where that never ends.

    Parameters
    ----------
    times
        Of a group.

    References
    ----------
    Brookmeyer & Crowley (1982), doi:10.2307/2530286.
    """
    steps = change_by_session(times) if times.n >= FEWEST_FOR_MEDIAN else ()
    return Figure(
        name=FigureName.SESSIONS_TO_CHANGE,
        n=times.n,
        value=_first(steps, [step.share for step in steps]),
        low=_first(steps, [step.high for step in steps]),
        high=_first(steps, [step.low for step in steps]),
        interval=Interval.GREENWOOD,
    )


def _first(steps: tuple[Step, ...], shares: list[float]) -> float | None:
    """Return the first session at which a share reaches one half."""
    reached = (step.session for step, share in zip(steps, shares, strict=True) if share >= 1 / 2)
    return next(reached, None)


def _limits(still: float, noise: float) -> tuple[float, float]:
    """Return the interval of the share that still waits."""
    if still == 0:
        return 0.0, 0.0
    half = Z_95 * math.sqrt(noise) / abs(math.log(still))
    return still ** math.exp(half), still ** math.exp(-half)
