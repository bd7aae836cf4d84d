"""Units beside each other, fairly: funnel limits, over-dispersion, shrunken effects.

Most of what differs between teams is chance and who comes to them. A unit is therefore
shown inside limits that are wide where it is small, drawn towards the middle by what
chance explains, never by rank, and not at all under thirty episodes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

from app.clinical.figures import Z_95, Figure, FigureName, Interval

FEWEST_EPISODES = 30
"""A unit with fewer has no dot: its limits would hold nearly everything."""

FEWEST_UNITS = 3
"""Fewer units say nothing about how units differ."""

WINSORIZED_SHARE = 0.1
"""At each end the most extreme tenth of z scores is drawn in before dispersion is judged."""

LIMITS = (0.001, 0.025, 0.975, 0.999)
"""Probabilities of the funnel's lines: about two and three standard deviations."""

_DEVIATES = tuple(NormalDist().inv_cdf(probability) for probability in LIMITS)


class OddsError(ValueError):
    """A probability or a share is not between 0 and 1."""

    def __init__(self, what: str, value: float) -> None:
        self.what = what
        self.value = value
        super().__init__(
            f"{what} is {value}; it must be above 0 and below 1. Give it as a share, such as 0.5."
        )


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit's result.

    Attributes
    ----------
    key
        How the caller knows the unit.
    n
        Episodes behind it.
    value
        What is compared: a share, or a mean difference from what was expected; positive
        is better.
    standard_error
        Of the value if only chance were at work, greater than 0.
    """

    key: str
    n: int
    value: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Dot:
    """One unit in the funnel.

    Attributes
    ----------
    key, n, value
        As of the unit.
    z
        Distance from the target in standard errors that allow for over-dispersion.
    low, high
        95 % limits round the target for a unit of this size, over-dispersion included.
    shrunken
        The unit's true value as far as it can be known, with a 95 % interval.
    """

    key: str
    n: int
    value: float
    z: float
    low: float
    high: float
    shrunken: Figure


@dataclass(frozen=True, slots=True)
class Funnel:
    """Units beside each other, in the order they were given.

    Attributes
    ----------
    target
        What all of the compared units reach together.
    dispersion
        Mean of squared z scores after winsorizing; about 1 if only chance is at work.
    tau
        Standard deviation of true differences that the limits allow for. All three are
        ``None`` where there are no dots.
    dots
        Units with at least ``FEWEST_EPISODES`` episodes; none if too few units have.
    too_small
        Keys of the units without a dot.
    """

    target: float | None
    dispersion: float | None
    tau: float | None
    dots: tuple[Dot, ...]
    too_small: tuple[str, ...]


def share_units(counts: Sequence[tuple[str, int, int]]) -> tuple[Unit, ...]:
    """Return units that are compared by a share.

    The standard error is that of a unit with the share that all large enough units have
    together: a unit is asked how far it is from the others, not from itself.

    Parameters
    ----------
    counts
        Key, number with the property, and number of episodes, of each unit.

    Raises
    ------
    OddsError
        If all or none of the episodes have the property: nothing differs.
    """
    large = [(hits, n) for _, hits, n in counts if n >= FEWEST_EPISODES]
    episodes = sum(n for _, n in large)
    target = sum(hits for hits, _ in large) / episodes if episodes else 0.0
    if not 0 < target < 1:
        raise OddsError("the share of all units together", target)
    return tuple(
        Unit(key, n, hits / n, math.sqrt(target * (1 - target) / n)) for key, hits, n in counts if n
    )


def funnel(name: FigureName, units: Sequence[Unit]) -> Funnel:
    """Return the units beside each other.

    Parameters
    ----------
    name
        What is compared.
    units
        In any order, which is kept: there is no league table.

    References
    ----------
    Spiegelhalter (2005), doi:10.1002/sim.1970.
    """
    large = [unit for unit in units if unit.n >= FEWEST_EPISODES]
    too_small = tuple(unit.key for unit in units if unit.n < FEWEST_EPISODES)
    if len(large) < FEWEST_UNITS:
        return Funnel(None, None, None, (), tuple(unit.key for unit in units))
    weights = [unit.standard_error**-2 for unit in large]
    target = _weighted([unit.value for unit in large], weights)
    scores = [(unit.value - target) / unit.standard_error for unit in large]
    dispersion = _mean_square(winsorized(scores))
    variance = between_variance(dispersion, weights)
    return Funnel(
        target=target,
        dispersion=dispersion,
        tau=math.sqrt(variance),
        dots=_dots(name, large, target=target, variance=variance),
        too_small=too_small,
    )


def lines_at(target: float, *, tau: float, standard_error: float) -> tuple[float, ...]:
    """Return where the funnel's lines are for a unit, from the lowest to the highest.

    The probability of each is that of ``LIMITS``, and over-dispersion is allowed for.

    Parameters
    ----------
    target, tau
        Of the funnel.
    standard_error
        Of a unit's value if only chance were at work.

    References
    ----------
    Spiegelhalter (2005), doi:10.1002/sim.1970.
    """
    spread = math.sqrt(standard_error**2 + tau**2)
    return tuple(target + deviate * spread for deviate in _DEVIATES)


def winsorized(scores: Sequence[float]) -> list[float]:
    """Return z scores with the extreme tenth at each end drawn in to the 10th and 90th percentile.

    The percentiles are interpolated linearly between ordered scores.
    """
    ordered = sorted(scores)
    low = _percentile(ordered, WINSORIZED_SHARE)
    high = _percentile(ordered, 1 - WINSORIZED_SHARE)
    return [min(max(score, low), high) for score in scores]


def between_variance(dispersion: float, weights: Sequence[float]) -> float:
    """Return the variance of true differences; 0 where chance explains all.

    Parameters
    ----------
    dispersion
        Mean of squared z scores.
    weights
        One over the squared standard error of each unit.

    References
    ----------
    DerSimonian & Laird (1986), doi:10.1016/0197-2456(86)90046-2, with winsorized z
    scores as Spiegelhalter (2005), doi:10.1002/sim.1970, proposes.
    """
    units = len(weights)
    total = sum(weights)
    surplus = units * dispersion - (units - 1)
    spread = total - sum(weight**2 for weight in weights) / total
    return max(surplus / spread, 0.0)


def binomial_limit(target: float, n: int, *, probability: float) -> float:
    """Return the share below which a unit of ``n`` falls with this probability by chance.

    The exact binomial distribution, interpolated between its steps so that the funnel
    has no teeth.

    Parameters
    ----------
    target
        Share that holds for every unit, above 0 and below 1.
    n
        Episodes of the unit.
    probability
        Of falling below the limit, above 0 and below 1.

    Raises
    ------
    OddsError
        If a share or probability is not between 0 and 1.

    References
    ----------
    Spiegelhalter (2005), doi:10.1002/sim.1970, appendix A.1.
    """
    for what, value in (("the target", target), ("the probability", probability)):
        if not 0 < value < 1:
            raise OddsError(what, value)
    # Below ten standard deviations the distribution holds less than rounding does.
    hits = max(0, math.floor(n * target - 10 * math.sqrt(n * target * (1 - target))))
    here = _binomial(hits, n, target)
    below = here
    while below < probability and hits < n:
        hits += 1
        here = _binomial(hits, n, target)
        below += here
    limit = (hits - (below - probability) / here) / n
    return min(max(limit, 0.0), 1.0)


def observed_to_expected(
    observed: int, *, expected: float, variance: float, n: int
) -> tuple[Figure, float | None]:
    """Return observed over expected counts, and how far apart they are in standard errors.

    Parameters
    ----------
    observed
        Episodes with the property.
    expected
        Sum of each episode's own probability of it.
    variance
        Sum of p * (1 - p) over the episodes.
    n
        Episodes.

    Returns
    -------
    Figure
        The ratio, with Byar's interval; without a value if nothing was expected.
    float
        z = (observed - expected) / sqrt(variance); ``None`` if nothing could vary.

    References
    ----------
    Breslow & Day (1987), Statistical methods in cancer research II, page 69, for
    Byar's approximation; Spiegelhalter (2005), doi:10.1002/sim.1970.
    """
    if expected <= 0 or variance <= 0:
        nothing = Figure(FigureName.OBSERVED_TO_EXPECTED, n, None, None, None, Interval.BYAR)
        return nothing, None
    high = _byar(observed + 1, Z_95) / expected
    low = _byar(observed, -Z_95) / expected if observed else 0.0
    ratio = Figure(
        FigureName.OBSERVED_TO_EXPECTED, n, observed / expected, low, high, Interval.BYAR
    )
    return ratio, (observed - expected) / math.sqrt(variance)


def _byar(count: int, z: float) -> float:
    return count * (1 - 1 / (9 * count) + z / (3 * math.sqrt(count))) ** 3


def _dots(
    name: FigureName, units: Sequence[Unit], *, target: float, variance: float
) -> tuple[Dot, ...]:
    between = between_variance(
        _mean_square([(unit.value - target) / unit.standard_error for unit in units]),
        [unit.standard_error**-2 for unit in units],
    )
    weights = [1 / (unit.standard_error**2 + between) for unit in units]
    middle = _weighted([unit.value for unit in units], weights)
    doubt = 1 / sum(weights)
    return tuple(
        _dot(
            unit,
            target=target,
            spread=math.sqrt(unit.standard_error**2 + variance),
            shrunken=_shrunken(name, unit, middle=middle, between=between, doubt=doubt),
        )
        for unit in units
    )


def _dot(unit: Unit, *, target: float, spread: float, shrunken: Figure) -> Dot:
    return Dot(
        key=unit.key,
        n=unit.n,
        value=unit.value,
        z=(unit.value - target) / spread,
        low=target - Z_95 * spread,
        high=target + Z_95 * spread,
        shrunken=shrunken,
    )


def _shrunken(
    name: FigureName, unit: Unit, *, middle: float, between: float, doubt: float
) -> Figure:
    """Return a unit's value drawn towards the middle by the share that chance explains.

    ``doubt`` is the variance of the middle itself, which a unit shares in as far as it
    is drawn there.
    """
    noise = unit.standard_error**2
    kept = between / (between + noise)
    value = middle + kept * (unit.value - middle)
    half = Z_95 * math.sqrt(kept * noise + (1 - kept) ** 2 * doubt)
    return Figure(name, unit.n, value, value - half, value + half, Interval.LARGE_SAMPLE)


def _binomial(hits: int, n: int, target: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(hits + 1) - math.lgamma(n - hits + 1)
    return math.exp(ways + hits * math.log(target) + (n - hits) * math.log(1 - target))


def _percentile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    steps = list(pairwise(ordered))
    if below >= len(steps):
        return ordered[-1]
    low, high = steps[below]
    return low + (place - below) * (high - low)


def _weighted(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)


def _mean_square(values: Sequence[float]) -> float:
    return sum(value**2 for value in values) / len(values)
