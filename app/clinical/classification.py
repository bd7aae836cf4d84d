"""Reliable and clinically significant change of a whole group, with every number named.

What the caller does not give comes from the pairs themselves, and the result says which
number came from where.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from app.clinical.change_methods import (
    CRITICAL,
    ChangeMethod,
    ChangeRule,
    GivenChange,
    NoTrueDifferenceError,
    Precision,
    change_rule,
)
from app.clinical.evidence import Boundary
from app.clinical.instruments import Direction
from app.clinical.pair_sums import PairSums, TooFewPairsError
from app.clinical.reliable_change import (
    Border,
    Category,
    ReliabilityError,
    Side,
    SpreadError,
    cut_off_a,
    cut_off_b,
    cut_off_c,
    end_category,
    side_of,
)


class ComputedCutOff(Enum):
    """How the border between the clinical and the ordinary range is computed."""

    A = "a"
    B = "b"
    C = "c"


class Origin(Enum):
    """Where a number comes from."""

    GIVEN = "given"
    PAIRS = "complete pairs"
    SAME = "as before treatment"
    COMPUTED = "computed"


class NoReliabilityError(ValueError):
    """No reliability is given, and the scores cannot stand in for one."""

    def __init__(self, correlation: float | None) -> None:
        self.correlation = correlation
        found = "cannot be computed" if correlation is None else f"is {correlation:.4f}"
        super().__init__(
            f"the correlation of first and last scores {found}, and a reliability is at least 0 "
            "and below 1; give the reliability of the instrument."
        )


class NoFunctionalGroupError(ValueError):
    """A cut-off needs the mean and spread of people outside treatment."""

    def __init__(self, kind: ComputedCutOff) -> None:
        self.kind = kind
        super().__init__(
            f"cut-off {kind.value} needs the mean and standard deviation of the functional group; "
            "give them, or choose cut-off a, none, or a number."
        )


class TurnedScaleError(ValueError):
    """The functional group is worse than the clinical one: the direction is wrong."""

    def __init__(self, *, clinical: float, functional: float, direction: Direction) -> None:
        self.clinical = clinical
        self.functional = functional
        self.direction = direction
        word = "higher" if direction is Direction.HIGHER_IS_BETTER else "lower"
        super().__init__(
            f"the functional mean {functional:g} is worse than the clinical mean {clinical:g} "
            f"where {word} is better; check the direction and the two means."
        )


IMPOSSIBLE_NUMBERS = (
    NoFunctionalGroupError,
    NoReliabilityError,
    NoTrueDifferenceError,
    ReliabilityError,
    SpreadError,
    TooFewPairsError,
    TurnedScaleError,
)
"""All that ``classify_group`` can refuse."""


@dataclass(frozen=True, slots=True)
class Group:
    """Mean and standard deviation of a reference group, in score points."""

    mean: Fraction
    sd: Fraction


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller says; ``None`` is taken from the pairs.

    Attributes
    ----------
    method, direction
        The method, and which way scores move when a patient gets better.
    sd
        Standard deviation of first scores, in score points.
    reliability, reliability_after
        Before and after treatment, 0 <= reliability < 1; only NK uses the second.
    clinical, functional
        Reference groups of the cut-off.
    cut_off
        One to be computed, a number in score points that is itself clinical, or none.
    points
        A reliable-change value in score points, which counts itself.
    """

    method: ChangeMethod
    direction: Direction
    sd: Fraction | None = None
    reliability: Fraction | None = None
    reliability_after: Fraction | None = None
    clinical: Group | None = None
    functional: Group | None = None
    cut_off: ComputedCutOff | Fraction | None = None
    points: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """The numbers that decided, and where each comes from.

    Attributes
    ----------
    sums
        Of the complete pairs.
    precision
        ``None`` if only a given reliable-change value was used.
    critical
        What an index must be beyond.
    points
        The change it takes, in score points: given, or computed for JT; else ``None``.
    clinical
        ``None`` if the cut-off does not use it.
    cut_off
        ``None`` if there is none.
    origins
        By the name of the number.
    """

    sums: PairSums
    precision: Precision | None
    critical: Fraction
    points: float | None
    clinical: Group | None
    cut_off: Border | None
    origins: dict[str, Origin]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said about one patient.

    Attributes
    ----------
    change
        Last minus first score, in score points; its sign is that of the scale.
    index
        Positive for a patient who got better.
    category
        As at the end of an episode.
    started
        Side of the cut-off of the first score; ``None`` without a cut-off.
    """

    change: Fraction
    index: float
    category: Category
    started: Side | None


@dataclass(frozen=True, slots=True)
class Classification:
    """A group's verdicts, in the order of its pairs, and the numbers behind them."""

    used: Used
    verdicts: tuple[Verdict, ...]


def classify_group(pairs: Sequence[tuple[Fraction, Fraction]], *, wanted: Wanted) -> Classification:
    """Return a verdict for each pair of first and last score, in score points.

    Raises
    ------
    TooFewPairsError
        If a number must come from the pairs and they are too few.
    ReliabilityError, SpreadError, NoReliabilityError, NoTrueDifferenceError
        If a number that the method needs is impossible.
    NoFunctionalGroupError, TurnedScaleError
        If the cut-off cannot be computed from the reference groups.

    References
    ----------
    Jacobson & Truax (1991), doi:10.1037/0022-006X.59.1.12; the other methods in
    ``change_methods``.
    """
    sums = PairSums.of(pairs)
    scale = _scale(sums, wanted)
    clinical = _clinical(sums, wanted)
    cut_off = _cut_off(wanted, clinical)
    origins = scale.origins | {
        "clinical": Origin.GIVEN if wanted.clinical else Origin.PAIRS,
        "cutoff": Origin.GIVEN if isinstance(wanted.cut_off, Fraction) else Origin.COMPUTED,
    }
    used = Used(
        sums=sums,
        precision=scale.precision,
        critical=scale.index.critical if isinstance(scale.index, ChangeRule) else CRITICAL,
        points=scale.points,
        clinical=clinical,
        cut_off=cut_off,
        origins=origins,
    )
    verdicts = tuple(
        _verdict(pair, scale=scale, cut_off=cut_off, direction=wanted.direction) for pair in pairs
    )
    return Classification(used=used, verdicts=verdicts)


@dataclass(frozen=True, slots=True)
class _Scale:
    """What gives the index, and what decides; they differ where a value is given too."""

    index: ChangeRule | GivenChange
    judge: ChangeRule | GivenChange
    precision: Precision | None
    points: float | None
    origins: dict[str, Origin]


def _scale(sums: PairSums, wanted: Wanted) -> _Scale:
    given = None if wanted.points is None else GivenChange(wanted.points, wanted.direction)
    is_plain = wanted.method is ChangeMethod.JACOBSON_TRUAX
    if given and is_plain and wanted.reliability is None:
        return _Scale(given, given, None, float(given.points), {"rci": Origin.GIVEN})
    precision, origins = _precision(sums, wanted)
    rule = change_rule(wanted.method, precision=precision, sums=sums, direction=wanted.direction)
    if given:
        return _Scale(rule, given, precision, float(given.points), origins | {"rci": Origin.GIVEN})
    points = float(rule.critical) * math.sqrt(rule.variance) if is_plain else None
    return _Scale(rule, rule, precision, points, origins | {"rci": Origin.COMPUTED})


def _precision(sums: PairSums, wanted: Wanted) -> tuple[Precision, dict[str, Origin]]:
    variance = sums.variance_before if wanted.sd is None else wanted.sd**2
    if variance == 0:
        raise SpreadError(0.0)
    reliability = wanted.reliability
    origins = {
        "sd": Origin.PAIRS if wanted.sd is None else Origin.GIVEN,
        "reliability": Origin.PAIRS if reliability is None else Origin.GIVEN,
        "reliability_post": Origin.SAME if wanted.reliability_after is None else Origin.GIVEN,
    }
    if reliability is None:
        reliability = _correlation(sums)
    after = wanted.reliability_after
    return Precision(variance, reliability, reliability if after is None else after), origins


def _correlation(sums: PairSums) -> Fraction:
    """Return the correlation of first and last scores, if it can be a reliability."""
    product = sums.variance_before * sums.variance_after
    if product == 0:
        raise NoReliabilityError(None)
    if sums.covariance < 0 or sums.covariance**2 == product:
        raise NoReliabilityError(float(sums.covariance) / math.sqrt(product))
    return Fraction(float(sums.covariance) / math.sqrt(product))


def _clinical(sums: PairSums, wanted: Wanted) -> Group | None:
    if wanted.cut_off not in {ComputedCutOff.A, ComputedCutOff.C}:
        return None
    return wanted.clinical or Group(sums.mean_before, _root(sums.variance_before))


def _cut_off(wanted: Wanted, clinical: Group | None) -> Border | None:
    match wanted.cut_off:
        case None:
            return None
        case Fraction() as number:
            return Border(number, Boundary.INCLUSIVE)
        case ComputedCutOff() as kind:
            if wanted.functional and clinical:
                _check_direction(wanted.functional, clinical, wanted.direction)
            return Border(_computed(kind, wanted, clinical), Boundary.STRICT)


def _computed(kind: ComputedCutOff, wanted: Wanted, clinical: Group | None) -> Fraction:
    if clinical and kind is ComputedCutOff.A:
        return cut_off_a(
            clinical_mean=clinical.mean, clinical_sd=clinical.sd, direction=wanted.direction
        )
    functional = wanted.functional
    if functional is None:
        raise NoFunctionalGroupError(kind)
    if clinical is None:
        return cut_off_b(
            functional_mean=functional.mean, functional_sd=functional.sd, direction=wanted.direction
        )
    return cut_off_c(
        clinical_mean=clinical.mean,
        clinical_sd=clinical.sd,
        functional_mean=functional.mean,
        functional_sd=functional.sd,
    )


def _check_direction(functional: Group, clinical: Group, direction: Direction) -> None:
    if direction.value * (functional.mean - clinical.mean) < 0:
        raise TurnedScaleError(
            clinical=float(clinical.mean), functional=float(functional.mean), direction=direction
        )


def _verdict(
    pair: tuple[Fraction, Fraction],
    *,
    scale: _Scale,
    cut_off: Border | None,
    direction: Direction,
) -> Verdict:
    before, after = pair
    started = ended = None
    if cut_off:
        started = side_of(before, cut_off=cut_off, direction=direction)
        ended = side_of(after, cut_off=cut_off, direction=direction)
    return Verdict(
        change=after - before,
        index=scale.index.index(before, after),
        category=end_category(scale.judge.judge(before, after), started=started, ended=ended),
        started=started,
    )


def _root(square: Fraction) -> Fraction:
    """Return the square root; exactly where it is a fraction, so that ties stay ties."""
    top, bottom = math.isqrt(square.numerator), math.isqrt(square.denominator)
    if top**2 == square.numerator and bottom**2 == square.denominator:
        return Fraction(top, bottom)
    return Fraction(math.sqrt(square))
