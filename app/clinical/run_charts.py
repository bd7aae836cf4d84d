"""A figure over time: what is only noise, and what is a change. The rules are stated here.

Three rules, and no others, say that something other than chance was at work:

1. a value outside three standard errors of the mean (control charts only);
2. a run of values on one side of the median that is longer than round(log2(n) + 3);
3. fewer crossings of the median than the 5 % point of a binomial (n - 1, 1/2).

n counts the values that are not on the median. Runs are counted round the median in
control charts too: one value far off moves the mean, and with it the side that all the
others are on. Rules 2 and 3 grow with n, so that
long series do not cry wolf. Fewer than ten values are not judged by their runs.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby, pairwise

FEWEST_VALUES = 10
"""Values beside the median; with fewer, the rules for runs say nothing."""

WIDTH = 3
"""Control limits in standard errors; about 3 of 1,000 values fall outside by chance."""

CROSSINGS_BY_CHANCE = 0.05
"""A series of pure noise has so few crossings at most this often."""


class Signal(Enum):
    """Which of the rules speaks."""

    OUTSIDE = "outside"
    LONG_RUN = "long_run"
    FEW_CROSSINGS = "few_crossings"


@dataclass(frozen=True, slots=True)
class Value:
    """One whole period.

    Attributes
    ----------
    period
        How the caller knows it; values are in order of time.
    n
        How many are behind the value.
    value
        The figure.
    standard_error
        By chance alone, for a unit of this size at the center line; ``None`` in a chart
        without control limits.
    """

    period: str
    n: int
    value: float
    standard_error: float | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """One period in the chart; ``low`` and ``high`` are control limits, if there are any."""

    period: str
    n: int
    value: float
    low: float | None
    high: float | None
    is_outside: bool


@dataclass(frozen=True, slots=True)
class RunChart:
    """A figure over time.

    Attributes
    ----------
    center
        The center line: the mean in a control chart, else the median; ``None`` if there
        are no values.
    median
        What runs and crossings are counted round.
    drawn
        The periods in order.
    useful
        Values that are not on the median.
    longest_run, longest_by_chance
        Values in a row on one side, and how many chance explains; ``None`` if there are
        too few values to say.
    crossings, fewest_by_chance
        Times the series crosses the median, and how few chance explains; ``None`` if
        there are too few values to say.
    signals
        The rules that speak.
    """

    center: float | None
    median: float | None
    drawn: tuple[Drawn, ...]
    useful: int
    longest_run: int
    longest_by_chance: int | None
    crossings: int
    fewest_by_chance: int | None
    signals: frozenset[Signal]


def run_chart(values: Sequence[Value]) -> RunChart:
    """Return a series round its median, without control limits.

    References
    ----------
    Anhøj & Olesen (2014), doi:10.1371/journal.pone.0113825.
    """
    return _chart(_median(values), [_plain(value) for value in values], median=_median(values))


def control_chart(values: Sequence[Value]) -> RunChart:
    """Return a series round its mean, each period with limits for its own size.

    A period counts for the center line by its ``n``. Periods without a standard error
    have no limits.

    References
    ----------
    Anhøj & Olesen (2014), doi:10.1371/journal.pone.0113825, for the rules for runs;
    Shewhart (1931) for the limits.
    """
    total = sum(value.n for value in values)
    if total == 0:
        return _chart(None, [], median=None)
    center = sum(value.n * value.value for value in values) / total
    drawn = [_limited(value, center=center) for value in values]
    return _chart(center, drawn, median=_median(values))


def share_values(counts: Sequence[tuple[str, int, int]]) -> tuple[Value, ...]:
    """Return a series of shares for a control chart.

    Parameters
    ----------
    counts
        Period, number with the property, and number of episodes. Periods without
        episodes are left out.
    """
    total = sum(n for _, _, n in counts)
    center = sum(hits for _, hits, _ in counts) / total if total else 0.0
    return tuple(
        Value(period, n, hits / n, math.sqrt(center * (1 - center) / n))
        for period, hits, n in counts
        if n
    )


def longest_by_chance(useful: int) -> int:
    """Return how long a run on one side chance explains, among so many values."""
    return round(math.log2(useful) + 3)


def fewest_by_chance(useful: int) -> int:
    """Return how few crossings chance explains, among so many values."""
    tosses = useful - 1
    crossings, below = 0, 0.5**tosses
    while below < CROSSINGS_BY_CHANCE:
        crossings += 1
        below += math.comb(tosses, crossings) * 0.5**tosses
    return crossings


def _median(values: Sequence[Value]) -> float | None:
    return statistics.median(value.value for value in values) if values else None


def _plain(value: Value) -> Drawn:
    return Drawn(value.period, value.n, value.value, None, None, is_outside=False)


def _limited(value: Value, *, center: float) -> Drawn:
    if value.standard_error is None:
        return _plain(value)
    low = center - WIDTH * value.standard_error
    high = center + WIDTH * value.standard_error
    is_outside = not low <= value.value <= high
    return Drawn(value.period, value.n, value.value, low, high, is_outside)


def _chart(center: float | None, drawn: Sequence[Drawn], *, median: float | None) -> RunChart:
    sides = [one.value > median for one in drawn if median is not None and one.value != median]
    runs = [len(list(run)) for _, run in groupby(sides)]
    longest = max(runs, default=0)
    crossings = sum(one is not other for one, other in pairwise(sides))
    is_judged = len(sides) >= FEWEST_VALUES
    at_most = longest_by_chance(len(sides)) if is_judged else None
    at_least = fewest_by_chance(len(sides)) if is_judged else None
    found = {
        Signal.OUTSIDE: any(one.is_outside for one in drawn),
        Signal.LONG_RUN: at_most is not None and longest > at_most,
        Signal.FEW_CROSSINGS: at_least is not None and crossings < at_least,
    }
    return RunChart(
        center=center,
        median=median,
        drawn=tuple(drawn),
        useful=len(sides),
        longest_run=longest,
        longest_by_chance=at_most,
        crossings=crossings,
        fewest_by_chance=at_least,
        signals=frozenset(rule for rule in found if found[rule]),
    )
