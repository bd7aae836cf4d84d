"""What last score to expect from who came: intake, its square, and the stratum.

Least squares on sums that a database makes. In each stratum (an age band, or a band and a
programme) x is the first score and y the last:

    expected y = a_stratum + b * x + c * x**2

b and c are the same in all strata. Units are then compared by how far their last scores
lie from the expected ones, positive where they are better.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Self

from app.clinical.comparison import Unit
from app.clinical.figures import Figure, FigureName, mean
from app.clinical.instruments import Direction
from app.clinical.pair_sums import Exact, PairSums

FEWEST_TO_FIT = 100
"""Episodes; with fewer, what is expected is as uncertain as what is found."""


class TooFewEpisodesError(ValueError):
    """There are too few episodes to say what is to be expected."""

    def __init__(self, n: int) -> None:
        self.n = n
        super().__init__(
            f"{n} episodes have a first and a last score; at least {FEWEST_TO_FIT} are needed "
            "to say what to expect. Take more units or a longer period."
        )


class UnknownStratumError(LookupError):
    """A unit has episodes in a stratum that nothing is expected for."""

    def __init__(self, stratum: str, *, known: Iterable[str]) -> None:
        self.stratum = stratum
        self.known = tuple(known)
        super().__init__(
            f"stratum '{stratum}' was not in the group that expectations come from; "
            f"it has: {', '.join(self.known)}. Fit on a group that holds every unit."
        )


@dataclass(frozen=True, slots=True)
class MixSums:
    """Sums over episodes of one stratum; groups are merged by adding them.

    Attributes
    ----------
    n
        Episodes with both scores.
    x1, x2, x3, x4
        Sums of the first score and its powers.
    y, y2
        Sums of the last score and its square.
    x1y, x2y
        Sums of the first score, and of its square, times the last score.
    """

    n: int = 0
    x1: Exact = 0
    x2: Exact = 0
    x3: Exact = 0
    x4: Exact = 0
    y: Exact = 0
    y2: Exact = 0
    x1y: Exact = 0
    x2y: Exact = 0

    @classmethod
    def of(cls, pairs: Iterable[tuple[Exact, Exact]]) -> Self:
        """Return the sums of pairs of first and last score."""
        every = list(pairs)
        return cls(
            n=len(every),
            x1=sum(x for x, _ in every),
            x2=sum(x**2 for x, _ in every),
            x3=sum(x**3 for x, _ in every),
            x4=sum(x**4 for x, _ in every),
            y=sum(y for _, y in every),
            y2=sum(y**2 for _, y in every),
            x1y=sum(x * y for x, y in every),
            x2y=sum(x**2 * y for x, y in every),
        )

    def __add__(self, other: "MixSums") -> "MixSums":
        return MixSums(
            **{
                part.name: getattr(self, part.name) + getattr(other, part.name)
                for part in fields(self)
            }
        )

    @property
    def pairs(self) -> PairSums:
        """The same episodes for effect sizes."""
        return PairSums(self.n, self.x1, self.y, self.x2, self.y2, self.x1y)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What last score to expect, in the unit of the sums it was made from.

    Attributes
    ----------
    intercepts
        a, by stratum.
    linear, quadratic
        b and c; 0 where the first scores do not differ enough to tell.
    variance
        Of last scores round what is expected.
    n
        Episodes it was made from.
    direction
        Which way scores move when a patient gets better.
    """

    intercepts: Mapping[str, Fraction]
    linear: Fraction
    quadratic: Fraction
    variance: Fraction
    n: int
    direction: Direction


def expectation(strata: Mapping[str, MixSums], *, direction: Direction) -> Expectation:
    """Return what to expect, by least squares over all strata.

    Parameters
    ----------
    strata
        Sums of all units together, by stratum.
    direction
        Which way scores move when a patient gets better.

    Raises
    ------
    TooFewEpisodesError
        If there are fewer than ``FEWEST_TO_FIT`` episodes.
    """
    used = {key: sums for key, sums in strata.items() if sums.n}
    n = sum(sums.n for sums in used.values())
    if n < FEWEST_TO_FIT:
        raise TooFewEpisodesError(n)
    within = _added([_within(sums) for sums in used.values()])
    linear, quadratic, terms = _slopes(within)
    left_over = within.yy - linear * within.xy - quadratic * within.zy
    return Expectation(
        intercepts={
            key: (sums.y - linear * sums.x1 - quadratic * sums.x2) / sums.n
            for key, sums in used.items()
        },
        linear=linear,
        quadratic=quadratic,
        variance=left_over / (n - len(used) - terms),
        n=n,
        direction=direction,
    )


def expected_score(stratum: str, first: Exact, *, expected: Expectation) -> float:
    """Return the last score to expect of one episode.

    Raises
    ------
    UnknownStratumError
        If nothing is expected for the stratum.
    """
    a = _intercept(stratum, expected)
    return float(a + expected.linear * first + expected.quadratic * first**2)


def beyond_expected(
    strata: Mapping[str, MixSums], *, expected: Expectation, unit: int = 1
) -> Figure:
    """Return how far a group's last scores lie from the expected ones; positive is better.

    Parameters
    ----------
    strata
        Sums of the group, by stratum, in the unit of the expectation.
    expected
        What was expected; the interval takes it as known.
    unit
        How many of the sums' units make one of the figure's: 10 for tenths.

    Raises
    ------
    UnknownStratumError
        If nothing is expected for a stratum of the group.
    """
    n, total, squares = _residuals(strata, expected)
    return mean(
        FigureName.BEYOND_EXPECTED,
        n=n,
        value=lambda: total / n,
        variance=lambda: (squares - total**2 / n) / (n - 1),
        unit=unit,
    )


def adjusted_unit(key: str, strata: Mapping[str, MixSums], *, expected: Expectation) -> Unit | None:
    """Return one unit for the funnel: its distance from what was expected of its patients.

    Parameters
    ----------
    key
        How the caller knows the unit.
    strata
        Sums of the unit, by stratum, in the unit of the expectation.
    expected
        What was expected; its variance gives the standard error by chance alone.

    Returns
    -------
    Unit or None
        ``None`` if the unit has no episodes, or if every score was as expected.

    Raises
    ------
    UnknownStratumError
        If nothing is expected for a stratum of the unit.
    """
    n, total, _ = _residuals(strata, expected)
    if n == 0 or expected.variance == 0:
        return None
    return Unit(key, n, float(total / n), math.sqrt(expected.variance / n))


@dataclass(frozen=True, slots=True)
class _Within:
    """Sums of squares and products within strata; z is the square of x."""

    xx: Fraction
    xz: Fraction
    zz: Fraction
    xy: Fraction
    zy: Fraction
    yy: Fraction


def _within(sums: MixSums) -> _Within:
    n = sums.n
    return _Within(
        xx=sums.x2 - Fraction(sums.x1**2) / n,
        xz=sums.x3 - Fraction(sums.x1 * sums.x2) / n,
        zz=sums.x4 - Fraction(sums.x2**2) / n,
        xy=sums.x1y - Fraction(sums.x1 * sums.y) / n,
        zy=sums.x2y - Fraction(sums.x2 * sums.y) / n,
        yy=sums.y2 - Fraction(sums.y**2) / n,
    )


def _added(parts: Iterable[_Within]) -> _Within:
    every = list(parts)
    return _Within(
        **{
            part.name: sum((getattr(one, part.name) for one in every), Fraction())
            for part in fields(_Within)
        }
    )


def _slopes(within: _Within) -> tuple[Fraction, Fraction, int]:
    """Return b, c, and how many of them the first scores can tell; the rest are 0."""
    determinant = within.xx * within.zz - within.xz**2
    if determinant:
        linear = (within.xy * within.zz - within.zy * within.xz) / determinant
        return linear, (within.zy * within.xx - within.xy * within.xz) / determinant, 2
    if within.xx:
        return within.xy / within.xx, Fraction(), 1
    return Fraction(), Fraction(), 0


def _residuals(
    strata: Mapping[str, MixSums], expected: Expectation
) -> tuple[int, Fraction, Fraction]:
    """Return n, and the sums of residuals (positive is better) and of their squares."""
    n, total, squares = 0, Fraction(), Fraction()
    b, c = expected.linear, expected.quadratic
    for stratum, sums in strata.items():
        if sums.n:
            a = _intercept(stratum, expected)
            n += sums.n
            total += sums.y - a * sums.n - b * sums.x1 - c * sums.x2
            # The square of y - a - b x - c x**2, summed term by term.
            squares += sums.y2 + a**2 * sums.n + b**2 * sums.x2 + c**2 * sums.x4
            squares += 2 * (a * b * sums.x1 + a * c * sums.x2 + b * c * sums.x3)
            squares -= 2 * (a * sums.y + b * sums.x1y + c * sums.x2y)
    return n, expected.direction.value * total, squares


def _intercept(stratum: str, expected: Expectation) -> Fraction:
    if stratum not in expected.intercepts:
        raise UnknownStratumError(stratum, known=expected.intercepts)
    return expected.intercepts[stratum]
