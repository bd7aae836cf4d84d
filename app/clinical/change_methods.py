"""Six methods to say whether one patient changed reliably, with their conventions.

Each method divides an adjusted change by the standard error that belongs to it:

    index = (p * after - q * before + k) / sqrt(v)

with p, q, k and v from the method. r is the reliability, s1 the standard deviation
before treatment, M1 and M2 the means before and after, and SEM**2 = s1**2 * (1 - r):

    method  p     q     k                   v
    JT      1     1     0                   2 * SEM**2
    EN      1     r     -(1 - r) * M1       SEM**2
    GLN     1     r     -(1 - r) * M1       s1**2 * (1 - r**2)
    HLL     1     r     r * M1 - M2         s1**2 * (1 - r**2)
    NK      1     r     -(1 - r) * M1       s1**2 * (r**2 * (1 - r) + (1 - r_after))
    HA      r_dd  r_dd  (M2-M1) * (1-r_dd)  r_dd * 2 * SEM**2

where r_dd is the reliability of the differences. All but the root is exact: whether an
index is beyond its critical value is decided by comparing squares of fractions.
"""

import math
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from app.clinical.instruments import Direction
from app.clinical.pair_sums import PairSums
from app.clinical.reliable_change import Change, ReliabilityError, SpreadError


class ChangeMethod(Enum):
    """A method for reliable change, by the letters it goes by in the literature.

    ``HLL`` compares each patient with the mean of the whole group after treatment. In
    a group that got better, patients who changed little then look deteriorated, so it
    says nothing about deterioration without a control group.
    """

    JACOBSON_TRUAX = "JT"
    GULLIKSEN_LORD_NOVICK = "GLN"
    HSU_LINN_LORD = "HLL"
    EDWARDS_NUNNALLY = "EN"
    NUNNALLY_KOTSCH = "NK"
    HAGEMAN_ARRINDELL = "HA"


CRITICAL = Fraction(196, 100)
"""Two-sided 95 % of the normal distribution; an index must be beyond it."""

CRITICAL_HAGEMAN_ARRINDELL = Fraction(165, 100)
"""One-sided 95 %: the method asks for a risk of 5 % that the verdict is wrong."""


class NoTrueDifferenceError(ValueError):
    """Differences vary no more than measurement error alone would make them vary."""

    def __init__(self, *, variance_change: float, error_variance: float) -> None:
        self.variance_change = variance_change
        self.error_variance = error_variance
        super().__init__(
            f"the variance of the changes is {variance_change:.6g}, and measurement error alone "
            f"makes it {error_variance:.6g}; method HA needs changes that vary more. "
            "Choose another method."
        )


@dataclass(frozen=True, slots=True)
class Precision:
    """How exactly an instrument measures.

    Attributes
    ----------
    variance
        Of scores before treatment, in score points squared; greater than 0.
    reliability
        Of scores before treatment, 0 <= reliability < 1.
    reliability_after
        Of scores after treatment, in the same range; only method NK uses it.

    Raises
    ------
    ReliabilityError
        If a reliability is outside 0 <= reliability < 1.
    SpreadError
        If ``variance`` is not greater than 0.
    """

    variance: Fraction
    reliability: Fraction
    reliability_after: Fraction

    def __post_init__(self) -> None:
        for reliability in (self.reliability, self.reliability_after):
            if not 0 <= reliability < 1:
                raise ReliabilityError(float(reliability))
        if self.variance <= 0:
            raise SpreadError(0.0)

    @property
    def error_variance(self) -> Fraction:
        """Squared standard error of measurement."""
        return self.variance * (1 - self.reliability)


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """One method with its numbers, ready to judge patients.

    Attributes
    ----------
    method, direction
        The method, and which way scores move when a patient gets better.
    after_weight, before_weight, constant
        p, q and k of the module's head; k in score points.
    variance
        v of the module's head, in score points squared.
    critical
        An index beyond it, on either side, is a reliable change.
    """

    method: ChangeMethod
    direction: Direction
    after_weight: Fraction
    before_weight: Fraction
    constant: Fraction
    variance: Fraction
    critical: Fraction

    def index(self, before: Fraction, after: Fraction) -> float:
        """Return the index of one patient; positive for a patient who got better."""
        return float(self._adjusted(before, after)) / math.sqrt(self.variance)

    def judge(self, before: Fraction, after: Fraction) -> Change:
        """Return whether one patient changed reliably; the critical value itself is not."""
        adjusted = self._adjusted(before, after)
        if adjusted * adjusted <= self.critical**2 * self.variance:
            return Change.UNCHANGED
        return Change.IMPROVED if adjusted > 0 else Change.DETERIORATED

    def _adjusted(self, before: Fraction, after: Fraction) -> Fraction:
        moved = self.after_weight * after - self.before_weight * before + self.constant
        return self.direction.value * moved


LARGEST_SCALE = 10**9
"""A weight in whole numbers is at most so fine; scores times it stay far below 2 to the 63rd."""


@dataclass(frozen=True, slots=True)
class WholeRule:
    """A rule in whole numbers and tenths of a point, for a database to judge by.

    Better is ``after * last - before * first + constant >= least``, worse is
    ``<= -least``; the signs are such that more is better.
    """

    after: int
    before: int
    constant: int
    least: int


def in_whole_numbers(rule: ChangeRule) -> WholeRule:
    """Return a rule for scores in tenths.

    Weights that are no fractions of up to ``LARGEST_SCALE`` are rounded to a whole part
    of it, far finer than any score is.
    """
    exact = math.lcm(
        rule.after_weight.denominator, rule.before_weight.denominator, rule.constant.denominator
    )
    scale = min(exact, LARGEST_SCALE)
    sign = rule.direction.value
    # An index must be beyond the critical value: the next whole number is the least.
    beyond = math.isqrt(math.floor(rule.critical**2 * rule.variance * (10 * scale) ** 2))
    return WholeRule(
        after=sign * round(rule.after_weight * scale),
        before=sign * round(rule.before_weight * scale),
        constant=sign * round(rule.constant * 10 * scale),
        least=beyond + 1,
    )


@dataclass(frozen=True, slots=True)
class GivenChange:
    """A reliable-change value as a manual prints it: a change of that size counts.

    Attributes
    ----------
    points
        In score points, greater than 0.
    direction
        Which way scores move when a patient gets better.
    """

    points: Fraction
    direction: Direction

    def index(self, before: Fraction, after: Fraction) -> float:
        """Return the change in the unit in which the value stands for 1.96."""
        return float(CRITICAL * self.direction.value * (after - before) / self.points)

    def judge(self, before: Fraction, after: Fraction) -> Change:
        """Return whether one patient changed by at least the value."""
        better = self.direction.value * (after - before)
        if better >= self.points:
            return Change.IMPROVED
        return Change.DETERIORATED if -better >= self.points else Change.UNCHANGED


def change_rule(
    method: ChangeMethod, *, precision: Precision, sums: PairSums, direction: Direction
) -> ChangeRule:
    """Return a method with its numbers.

    Parameters
    ----------
    method
        Which of the six.
    precision
        Spread and reliability, in score points.
    sums
        Of the group's first and last scores, in score points. JT does not look at
        them; EN, GLN and NK take the mean before from them, HLL both means, and HA
        both means and the variance of the changes.
    direction
        Which way scores move when a patient gets better.

    Raises
    ------
    TooFewPairsError
        If the method needs a mean or a variance that ``sums`` cannot give.
    NoTrueDifferenceError
        If the method is HA and the changes vary no more than measurement error.

    References
    ----------
    Jacobson & Truax (1991), doi:10.1037/0022-006X.59.1.12; Speer (1992),
    doi:10.1037/0022-006X.60.3.402; Hsu (1995), doi:10.1037/0022-006X.63.1.141;
    Nunnally & Kotsch (1983), doi:10.1111/j.2044-8260.1983.tb00582.x; Hageman &
    Arrindell (1999), doi:10.1016/S0005-7967(99)00032-7.
    """
    if method is ChangeMethod.JACOBSON_TRUAX:
        weights = (Fraction(1), Fraction(1), Fraction(0))
    elif method is ChangeMethod.HAGEMAN_ARRINDELL:
        return _hageman_arrindell(precision=precision, sums=sums, direction=direction)
    else:
        r = precision.reliability
        expected = sums.mean_after if method is ChangeMethod.HSU_LINN_LORD else sums.mean_before
        weights = (Fraction(1), r, r * sums.mean_before - expected)
    return ChangeRule(method, direction, *weights, _variance(method, precision), CRITICAL)


def _variance(method: ChangeMethod, precision: Precision) -> Fraction:
    r = precision.reliability
    match method:
        case ChangeMethod.JACOBSON_TRUAX | ChangeMethod.HAGEMAN_ARRINDELL:
            return 2 * precision.error_variance
        case ChangeMethod.EDWARDS_NUNNALLY:
            return precision.error_variance
        case ChangeMethod.GULLIKSEN_LORD_NOVICK | ChangeMethod.HSU_LINN_LORD:
            return precision.variance * (1 - r**2)
        case ChangeMethod.NUNNALLY_KOTSCH:
            return precision.variance * (r**2 * (1 - r) + 1 - precision.reliability_after)


def _hageman_arrindell(*, precision: Precision, sums: PairSums, direction: Direction) -> ChangeRule:
    """Return the rule whose changes are drawn towards the mean change of the group."""
    error = _variance(ChangeMethod.HAGEMAN_ARRINDELL, precision)
    spread = _variance_change(sums, variance_before=precision.variance)
    if spread <= error:
        raise NoTrueDifferenceError(variance_change=float(spread), error_variance=float(error))
    # Of s1**2 * r1 and s2**2 * r2 of the paper, each is a variance less SEM**2.
    reliability = 1 - error / spread
    constant = sums.mean_change * (1 - reliability)
    return ChangeRule(
        method=ChangeMethod.HAGEMAN_ARRINDELL,
        direction=direction,
        after_weight=reliability,
        before_weight=reliability,
        constant=constant,
        variance=reliability * error,
        critical=CRITICAL_HAGEMAN_ARRINDELL,
    )


def _variance_change(sums: PairSums, *, variance_before: Fraction) -> Fraction:
    """Return the variance of the changes if first scores had this variance.

    The correlation is that of the pairs; a spread from elsewhere replaces theirs.
    """
    if variance_before == sums.variance_before:
        return sums.variance_change
    if sums.variance_before == 0:
        return variance_before + sums.variance_after
    widened = Fraction(math.sqrt(variance_before / sums.variance_before))
    return variance_before + sums.variance_after - 2 * widened * sums.covariance
