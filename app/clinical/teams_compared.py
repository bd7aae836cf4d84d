"""The teams of one report beside each other, from nothing but what the report shows.

A team has a dot if its count and its denominator are both shown and at least thirty
courses stand behind it. Lines, the share that all reach together, and the shrunken values
follow from the dots, so that they tell nothing that the report does not. Teams that are
shown together as ``other`` are not one team. Therapists are not in a report.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.clinical.comparison import (
    FEWEST_EPISODES,
    FEWEST_UNITS,
    Dot,
    Funnel,
    OddsError,
    Unit,
    funnel,
    lines_at,
    share_units,
)
from app.clinical.figures import FigureName, t_quantile
from app.clinical.outcome_table import SHARES
from app.clinical.report import EVERYBODY, OTHER, Report, ReportedFigure

COMPARED = (
    FigureName.TWO_SCORES,
    FigureName.IMPROVED,
    FigureName.UNPLANNED,
    FigureName.BEYOND_EXPECTED,
)
"""By what teams are compared, in this order: how many are measured comes first."""

STEPS_OF_LINES = 40
"""Points by which a line is drawn; with more nobody sees a difference."""


@dataclass(frozen=True, slots=True)
class Line:
    """The funnel's lines for a team with ``n`` courses, from the lowest to the highest."""

    n: float
    at: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsCompared:
    """Teams beside each other by one figure, in the order of the organization.

    Attributes
    ----------
    name
        By what.
    funnel
        Dots with their shrunken values; keys are the paths of the teams.
    variance
        Of a single course, if only chance were at work; ``None`` without dots.
    lowest, highest
        What a value can be; ``None`` for no bound.
    without_dot
        Teams that have too few courses, or are not shown, or only with others.
    """

    name: FigureName
    funnel: Funnel
    variance: float | None
    lowest: float | None
    highest: float | None
    without_dot: int

    def lines_of(self, n: float) -> tuple[float, ...]:
        """Return the lines for a team with ``n`` courses; none without dots."""
        target, tau = self.funnel.target, self.funnel.tau
        if target is None or tau is None or self.variance is None:
            return ()
        found = lines_at(target, tau=tau, standard_error=math.sqrt(self.variance / n))
        return tuple(self.within(value) for value in found)

    def within(self, value: float) -> float:
        """Return the nearest value that there can be."""
        value = value if self.lowest is None else max(value, self.lowest)
        return value if self.highest is None else min(value, self.highest)

    @property
    def lines(self) -> Sequence[Line]:
        """The lines as they are drawn, from the smallest size to a little beyond the largest."""
        if not self.funnel.dots:
            return ()
        sizes = [dot.n for dot in self.funnel.dots]
        first, last = min(*sizes, FEWEST_EPISODES), 1.05 * max(sizes)
        steps = [first + (last - first) * at / STEPS_OF_LINES for at in range(STEPS_OF_LINES + 1)]
        return [Line(n, self.lines_of(n)) for n in steps]

    def is_ordinary(self, dot: Dot) -> bool:
        """Return whether a dot is within the outermost lines: what 998 of 1,000 are by chance."""
        lines = self.lines_of(dot.n)
        return lines[0] <= dot.value <= lines[-1]


def teams_compared(report: Report) -> tuple[TeamsCompared, ...]:
    """Return the teams of a report beside each other; nothing if it has fewer than three.

    Figures by which fewer than ``FEWEST_UNITS`` teams have a dot are there without dots.
    """
    alone = [unit.path for unit in report.units if unit.path not in {EVERYBODY, OTHER}]
    together = sum(len(unit.holds) for unit in report.units)
    if len(alone) + together < FEWEST_UNITS:
        return ()
    told = {one.name for one in report.figures if one.unit in alone}
    return tuple(
        _compared(report, name, alone=alone, together=together) for name in COMPARED if name in told
    )


def _compared(
    report: Report, name: FigureName, *, alone: Sequence[str], together: int
) -> TeamsCompared:
    shown = {
        one.unit: one
        for one in report.figures
        if one.name is name and one.unit in alone and one.period == EVERYBODY
    }
    valued = [shown[path] for path in alone if path in shown and shown[path].value is not None]
    is_share = name in SHARES
    units = _by_share(report, name, valued) if is_share else _by_mean(valued)
    found = funnel(name, units)
    return TeamsCompared(
        name=name,
        funnel=found,
        variance=units[0].standard_error ** 2 * units[0].n if found.dots else None,
        lowest=0.0 if is_share else None,
        highest=1.0 if is_share else None,
        without_dot=len(alone) + together - len(found.dots),
    )


def _by_share(report: Report, name: FigureName, valued: Sequence[ReportedFigure]) -> Sequence[Unit]:
    """Return teams whose count and denominator are both shown."""
    part, whole = SHARES[name]
    counts = _counts(report)
    told = [
        (one.unit, hits, n)
        for one in valued
        if (hits := counts.get((one.unit, part))) is not None
        and (n := counts.get((one.unit, whole))) is not None
        and n > 0
    ]
    try:
        return share_units(told)
    except OddsError:
        return ()


def _by_mean(valued: Sequence[ReportedFigure]) -> Sequence[Unit]:
    """Return teams whose mean is shown with its interval.

    How much single courses differ is taken from the intervals of all of them together: a
    team is asked how far it is from the others with their spread, not with its own.
    """
    told = [
        (one.unit, one.n, one.value, (one.high - one.low) / 2)
        for one in valued
        if one.n is not None
        and one.n >= FEWEST_EPISODES
        and one.value is not None
        and one.low is not None
        and one.high is not None
    ]
    freedom = sum(n - 1 for _, n, _, _ in told)
    if not freedom:
        return ()
    variance = sum((n - 1) * n * (half / t_quantile(n - 1)) ** 2 for _, n, _, half in told)
    pooled = variance / freedom
    if not pooled:
        return ()
    return [Unit(path, n, value, math.sqrt(pooled / n)) for path, n, value, _ in told]


def _counts(report: Report) -> Mapping[tuple[str, str], int | None]:
    """Return the counts of whole units in the whole period, by unit and category."""
    return {
        (one.unit, one.category): one.n
        for one in report.counts
        if one.period == EVERYBODY and one.age == EVERYBODY
    }
