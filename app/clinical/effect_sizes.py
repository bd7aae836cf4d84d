"""Change from first to last score in units of spread, each way with its own name.

All are signed so that positive is better, and corrected for small samples. None is the
effect of treatment: people also change on waiting lists, and those who start far out
come back towards the middle.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

from app.clinical.figures import Z_95, Figure, FigureName, Interval
from app.clinical.instruments import Direction
from app.clinical.pair_sums import PairSums, TooFewPairsError

FEWEST = 3
"""Patients with both scores; fewer leave the correction for small samples undefined."""

FEWEST_IN_REFERENCE = 100
"""Episodes in a site's own reference; the smallest group that clinical figures are based on."""


class AlikeIntakeError(ValueError):
    """All of a reference group started at the same score, so nothing can be adjusted for."""

    def __init__(self, n: int) -> None:
        self.n = n
        super().__init__(
            f"all {n} of the reference group have the same first score; "
            "take a group that started at different scores."
        )


@dataclass(frozen=True, slots=True)
class SeverityReference:
    """What change to expect from a first score, in a site's own earlier episodes.

    Attributes
    ----------
    intercept, slope
        Expected improvement = intercept + slope * first score; improvement is positive
        when better, all in the unit of the sums it was made from.
    sd
        Standard deviation of first scores in the reference group.
    effect
        The reference group's own d_pre, without correction.
    n
        Episodes in the reference group.
    direction
        Which way scores move when a patient gets better.
    """

    intercept: float
    slope: float
    sd: float
    effect: float
    n: int
    direction: Direction


def hedges_correction(n: int) -> float:
    """Return Hedges' factor for a standardized change of ``n`` patients.

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107.
    """
    return 1 - 3 / (4 * (n - 1) - 1)


def d_pre(sums: PairSums, *, direction: Direction) -> Figure:
    """Return mean change over the spread of first scores; large where the intake is narrow.

    Parameters
    ----------
    sums
        Of first and last scores, in any unit.
    direction
        Which way scores move when a patient gets better.

    References
    ----------
    Becker (1988), doi:10.1111/j.2044-8317.1988.tb00901.x; the variance is that of a
    ratio whose parts are independent.
    """
    if sums.n < FEWEST or sums.variance_before == 0:
        return _none(FigureName.D_PRE, sums.n)
    effect = _over(sums, sums.variance_before, direction)
    noise = float(sums.variance_change / sums.variance_before)
    return _figure(FigureName.D_PRE, sums.n, effect, noise + effect**2 / 2)


def d_change(sums: PairSums, *, direction: Direction) -> Figure:
    """Return mean change over the spread of the changes; large where all change alike.

    Parameters
    ----------
    sums
        Of first and last scores, in any unit.
    direction
        Which way scores move when a patient gets better.

    References
    ----------
    Becker (1988), doi:10.1111/j.2044-8317.1988.tb00901.x.
    """
    if sums.n < FEWEST or sums.variance_change == 0:
        return _none(FigureName.D_CHANGE, sums.n)
    effect = _over(sums, sums.variance_change, direction)
    return _figure(FigureName.D_CHANGE, sums.n, effect, 1 + effect**2 / 2)


def d_av(sums: PairSums, *, direction: Direction) -> Figure:
    """Return mean change over the root of the mean variance of first and last scores.

    Parameters
    ----------
    sums
        Of first and last scores, in any unit.
    direction
        Which way scores move when a patient gets better.

    References
    ----------
    Bonett (2008), doi:10.1037/1082-989X.13.2.99.
    """
    if sums.n < FEWEST or sums.variance_before + sums.variance_after == 0:
        return _none(FigureName.D_AV, sums.n)
    average = (sums.variance_before + sums.variance_after) / 2
    effect = _over(sums, average, direction)
    squares = sums.variance_before**2 + sums.variance_after**2 + 2 * sums.covariance**2
    noise = float(sums.variance_change / average)
    return _figure(
        FigureName.D_AV, sums.n, effect, noise + effect**2 * float(squares / (8 * average**2))
    )


def severity_reference(sums: PairSums, *, direction: Direction) -> SeverityReference:
    """Return what to expect from a first score, by least squares in a reference group.

    Parameters
    ----------
    sums
        Of the reference group, in the unit of the sums that will be compared with it.
    direction
        Which way scores move when a patient gets better.

    Raises
    ------
    TooFewPairsError
        If the group has fewer than ``FEWEST_IN_REFERENCE`` episodes.
    AlikeIntakeError
        If all started at the same score.
    """
    if sums.n < FEWEST_IN_REFERENCE:
        raise TooFewPairsError(sums.n, needed=FEWEST_IN_REFERENCE)
    if sums.variance_before == 0:
        raise AlikeIntakeError(sums.n)
    together = direction.value * (sums.covariance - sums.variance_before)
    slope = together / sums.variance_before
    intercept = direction.value * sums.mean_change - slope * sums.mean_before
    return SeverityReference(
        intercept=float(intercept),
        slope=float(slope),
        sd=math.sqrt(sums.variance_before),
        effect=_over(sums, sums.variance_before, direction),
        n=sums.n,
        direction=direction,
    )


def severity_adjusted(sums: PairSums, *, reference: SeverityReference) -> Figure:
    """Return the effect this group would have if it had started like the reference group.

    It is the mean difference between found and expected improvement, over the spread of
    the reference group's first scores, added to that group's own effect. The interval
    takes the reference as known.

    Parameters
    ----------
    sums
        Of the group, in the unit of the reference.
    reference
        What is expected from a first score.
    """
    if sums.n < FEWEST:
        return _none(FigureName.SEVERITY_ADJUSTED, sums.n)
    sign, slope = reference.direction.value, reference.slope
    improvement = sign * float(sums.mean_change)
    residual = improvement - reference.intercept - slope * float(sums.mean_before)
    # The residual is sign * after - (sign + slope) * before, less a constant.
    weight = sign + slope
    variance = (
        float(sums.variance_after)
        + weight**2 * float(sums.variance_before)
        - 2 * sign * weight * float(sums.covariance)
    )
    value = reference.effect + residual / reference.sd
    half = Z_95 * math.sqrt(max(variance, 0.0) / sums.n) / reference.sd
    return Figure(
        FigureName.SEVERITY_ADJUSTED,
        sums.n,
        value,
        value - half,
        value + half,
        Interval.LARGE_SAMPLE,
    )


def _over(sums: PairSums, variance: Fraction, direction: Direction) -> float:
    return direction.value * float(sums.mean_change) / math.sqrt(variance)


def _figure(name: FigureName, n: int, effect: float, spread: float) -> Figure:
    """Return a corrected effect; ``spread`` is n - 1 times the variance of the effect."""
    factor = hedges_correction(n)
    half = Z_95 * math.sqrt(spread / (n - 1))
    return Figure(
        name,
        n,
        factor * effect,
        factor * (effect - half),
        factor * (effect + half),
        Interval.LARGE_SAMPLE,
    )


def _none(name: FigureName, n: int) -> Figure:
    return Figure(name, n, None, None, None, Interval.LARGE_SAMPLE)
