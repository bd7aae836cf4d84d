"""Reliable change, clinical cut-off, and the category at the end of an episode.

The first half works in score points with the textbook formulas. The second half
is what the program decides by: integers in tenths of a point, compared exactly.
"""

import math
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import TypeVar

from app.clinical.instruments import (
    Boundary,
    CutOff,
    Direction,
    Instrument,
    ReliableChangeValue,
    Tenths,
)

Points = TypeVar("Points", float, Fraction)
"""Score points, rounded or exact."""


class Change(Enum):
    """What can be said about the difference between two scores of one patient."""

    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    DETERIORATED = "deteriorated"


class Side(Enum):
    """Where a score lies beside a cut-off.

    ``BORDER`` is the score that equals a computed cut-off: it is on neither side.
    """

    CLINICAL = "clinical"
    BORDER = "border"
    FUNCTIONAL = "functional"


class Category(Enum):
    """Result of an episode, from its first and last score."""

    RECOVERED = "recovered"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    DETERIORATED = "deteriorated"


@dataclass(frozen=True, slots=True)
class ReliableChange:
    """Reliable change index and the change that it takes.

    Attributes
    ----------
    index
        Change in units of the standard error of a difference; positive for a
        patient who got better.
    threshold
        The change, in score points, at which the index equals the critical value.
    """

    index: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Border:
    """A cut-off that belongs to no instrument's definition.

    Attributes
    ----------
    value
        In the unit of the scores it is compared with.
    boundary
        Inclusive if the number itself is clinical (given or published), strict if
        it is on neither side (computed).
    """

    value: Fraction
    boundary: Boundary


@dataclass(frozen=True, slots=True)
class EndResult:
    """How an episode ended.

    Attributes
    ----------
    category
        ``None`` if the instrument has no reliable-change value.
    started, ended
        Side of the cut-off of first and last score; ``None`` if the instrument
        has no cut-off. Patients who started on the functional side cannot
        recover and do not belong in the denominator of a recovery rate.
    """

    category: Category | None
    started: Side | None
    ended: Side | None


class ReliabilityError(ValueError):
    """A reliability is not a share from 0 up to, but not including, 1."""

    def __init__(self, reliability: float) -> None:
        self.reliability = reliability
        super().__init__(
            f"reliability is {reliability}; it must be at least 0 and below 1. "
            "Give it as a share, such as 0.85."
        )


class SpreadError(ValueError):
    """A standard deviation is not greater than 0."""

    def __init__(self, sd: float) -> None:
        self.sd = sd
        super().__init__(
            f"standard deviation is {sd}; it must be greater than 0. Give it in score points."
        )


def reliable_change(
    *,
    before: float,
    after: float,
    sd: float,
    reliability: float,
    direction: Direction,
    critical: float = 1.96,
) -> ReliableChange:
    """Return the reliable change index of Jacobson and Truax.

    Parameters
    ----------
    before, after
        Scores of one patient on one instrument, in score points.
    sd
        Standard deviation of scores before treatment in the reference group,
        in score points; greater than 0.
    reliability
        Reliability of the score in that group, 0 <= reliability < 1.
    direction
        Which way scores move when a patient gets better.
    critical
        Two-sided critical value of the standard normal distribution.

    Raises
    ------
    ReliabilityError
        If ``reliability`` is outside 0 <= reliability < 1.
    SpreadError
        If ``sd`` is not greater than 0.

    References
    ----------
    Jacobson & Truax (1991), doi:10.1037/0022-006X.59.1.12.
    """
    if not 0 <= reliability < 1:
        raise ReliabilityError(reliability)
    _check_spread(sd)
    standard_error = sd * math.sqrt(1 - reliability)
    difference_error = math.sqrt(2) * standard_error
    index = direction.value * (after - before) / difference_error
    return ReliableChange(index=index, threshold=critical * difference_error)


def cut_off_a(*, clinical_mean: Points, clinical_sd: Points, direction: Direction) -> Points:
    """Return cut-off a: two standard deviations better than the clinical mean.

    Parameters
    ----------
    clinical_mean, clinical_sd
        Of patients before treatment, in score points; the spread greater than 0.
    direction
        Which way scores move when a patient gets better.

    Raises
    ------
    SpreadError
        If ``clinical_sd`` is not greater than 0.

    References
    ----------
    Jacobson & Truax (1991), doi:10.1037/0022-006X.59.1.12.
    """
    _check_spread(clinical_sd)
    return clinical_mean + 2 * direction.value * clinical_sd


def cut_off_b(*, functional_mean: Points, functional_sd: Points, direction: Direction) -> Points:
    """Return cut-off b: two standard deviations worse than the functional mean.

    The spread is that of the functional group, as in the paper; software exists
    that takes the clinical one, which agrees only where both are equal.

    Parameters
    ----------
    functional_mean, functional_sd
        Of people outside treatment, in score points; the spread greater than 0.
    direction
        Which way scores move when a patient gets better.

    Raises
    ------
    SpreadError
        If ``functional_sd`` is not greater than 0.

    References
    ----------
    Jacobson & Truax (1991), doi:10.1037/0022-006X.59.1.12.
    """
    _check_spread(functional_sd)
    return functional_mean - 2 * direction.value * functional_sd


def cut_off_c(
    *, clinical_mean: Points, clinical_sd: Points, functional_mean: Points, functional_sd: Points
) -> Points:
    """Return cut-off c: the score that is equally far out in both groups.

    Parameters
    ----------
    clinical_mean, clinical_sd
        Of patients before treatment, in score points; the spread greater than 0.
    functional_mean, functional_sd
        Of people outside treatment, in score points; the spread greater than 0.

    Raises
    ------
    SpreadError
        If a spread is not greater than 0.

    References
    ----------
    Jacobson & Truax (1991), doi:10.1037/0022-006X.59.1.12.
    """
    _check_spread(clinical_sd)
    _check_spread(functional_sd)
    weighted = clinical_sd * functional_mean + functional_sd * clinical_mean
    return weighted / (clinical_sd + functional_sd)


def better_by(first: Tenths, last: Tenths, *, direction: Direction) -> Tenths:
    """Return by how many tenths ``last`` is better than ``first``; negative if worse."""
    return direction.value * (last - first)


def reaches(amount: Tenths, value: ReliableChangeValue, *, percent: int = 100) -> bool:
    """Return whether a difference counts as reliable.

    Parameters
    ----------
    amount
        The difference in tenths, positive in the direction that is asked about.
    value
        The reliable-change value. The number itself counts if its boundary is
        inclusive (published whole numbers), and does not if it is strict
        (computed values).
    percent
        Share of the value that is asked for: 150 for one and a half times it.
    """
    match value.boundary:
        case Boundary.INCLUSIVE:
            return 100 * amount >= percent * value.value
        case Boundary.STRICT:
            return 100 * amount > percent * value.value


def classify_change(
    first: Tenths, last: Tenths, *, value: ReliableChangeValue, direction: Direction
) -> Change:
    """Return whether a patient changed by more than measurement error explains.

    Parameters
    ----------
    first, last
        Two scores of one patient, in tenths.
    value
        The reliable-change value and its boundary.
    direction
        Which way scores move when a patient gets better.
    """
    better = better_by(first, last, direction=direction)
    if reaches(better, value):
        return Change.IMPROVED
    if reaches(-better, value):
        return Change.DETERIORATED
    return Change.UNCHANGED


def side_of(score: Tenths | Fraction, *, cut_off: CutOff | Border, direction: Direction) -> Side:
    """Return on which side of a cut-off a score lies.

    Parameters
    ----------
    score
        In the unit of the cut-off: tenths for that of an instrument.
    cut_off
        With an inclusive boundary (published "10 or more") the number itself is
        clinical; with a strict one (computed) it is on neither side.
    direction
        Which way scores move when a patient gets better.
    """
    better = direction.value * (score - cut_off.value)
    if better > 0:
        return Side.FUNCTIONAL
    if better < 0 or cut_off.boundary is Boundary.INCLUSIVE:
        return Side.CLINICAL
    return Side.BORDER


def classify_end(first: Tenths, last: Tenths, *, instrument: Instrument) -> EndResult:
    """Return the category of an episode from its first and last score.

    Recovered means reliably improved, from the clinical to the functional side.

    Parameters
    ----------
    first, last
        First and last score of the episode on this instrument, in tenths.
    instrument
        Gives direction, reliable-change value and default cut-off.

    References
    ----------
    Jacobson & Truax (1991), doi:10.1037/0022-006X.59.1.12.
    """
    direction = instrument.direction
    cut_off = instrument.default_cut_off
    started = ended = None
    if cut_off is not None:
        started = side_of(first, cut_off=cut_off, direction=direction)
        ended = side_of(last, cut_off=cut_off, direction=direction)
    if instrument.reliable_change is None:
        return EndResult(category=None, started=started, ended=ended)
    change = classify_change(first, last, value=instrument.reliable_change, direction=direction)
    return EndResult(
        category=end_category(change, started=started, ended=ended), started=started, ended=ended
    )


def end_category(change: Change, *, started: Side | None, ended: Side | None) -> Category:
    """Return the category of an episode whose reliable change is known.

    Parameters
    ----------
    change
        What the reliable-change value says.
    started, ended
        Side of the cut-off of first and last score; ``None`` without a cut-off, and
        nobody recovers then.
    """
    match change:
        case Change.IMPROVED:
            has_crossed = started is Side.CLINICAL and ended is Side.FUNCTIONAL
            return Category.RECOVERED if has_crossed else Category.IMPROVED
        case Change.UNCHANGED:
            return Category.UNCHANGED
        case Change.DETERIORATED:
            return Category.DETERIORATED


def _check_spread(sd: float | Fraction) -> None:
    if not sd > 0:
        raise SpreadError(float(sd))
