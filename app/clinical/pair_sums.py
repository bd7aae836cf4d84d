"""First and last scores of many patients, as six sums that can be added up.

A database makes the sums of each group; groups are merged by adding them. Everything
about means, spreads and their relation follows from the sums, exactly: no score has to
be read again, and a whole is the same whichever way it was divided.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

Exact = int | Fraction
"""A number without rounding: tenths from the database, or what a file says."""


class TooFewPairsError(ValueError):
    """There are fewer patients with both scores than a figure needs."""

    def __init__(self, n: int, *, needed: int) -> None:
        self.n = n
        self.needed = needed
        super().__init__(
            f"{n} with both scores; at least {needed} are needed. "
            "Take more of them, or give the number from elsewhere."
        )


@dataclass(frozen=True, slots=True)
class PairSums:
    """Sums over patients with a first and a last score.

    Attributes
    ----------
    n
        Patients, or episodes, with both scores.
    before, after
        Sum of first and of last scores, in one unit of the caller's choice.
    before_squared, after_squared, product
        Sum of squares of first scores, of squares of last scores, and of the first
        times the last score of each patient, in that unit squared.
    """

    n: int = 0
    before: Exact = 0
    after: Exact = 0
    before_squared: Exact = 0
    after_squared: Exact = 0
    product: Exact = 0

    @classmethod
    def of(cls, pairs: Iterable[tuple[Exact, Exact]]) -> Self:
        """Return the sums of pairs of first and last score."""
        given = list(pairs)
        # Whole numbers add up some ten times as fast as fractions do.
        unit = math.lcm(*{number.denominator for pair in given for number in pair})
        every = [(int(before * unit), int(after * unit)) for before, after in given]
        return cls(
            n=len(every),
            before=Fraction(sum(before for before, _ in every), unit),
            after=Fraction(sum(after for _, after in every), unit),
            before_squared=Fraction(sum(before**2 for before, _ in every), unit**2),
            after_squared=Fraction(sum(after**2 for _, after in every), unit**2),
            product=Fraction(sum(before * after for before, after in every), unit**2),
        )

    def __add__(self, other: "PairSums") -> "PairSums":
        return PairSums(
            n=self.n + other.n,
            before=self.before + other.before,
            after=self.after + other.after,
            before_squared=self.before_squared + other.before_squared,
            after_squared=self.after_squared + other.after_squared,
            product=self.product + other.product,
        )

    @property
    def mean_before(self) -> Fraction:
        """Mean first score."""
        return Fraction(self.before) / self._at_least(1)

    @property
    def mean_after(self) -> Fraction:
        """Mean last score."""
        return Fraction(self.after) / self._at_least(1)

    @property
    def mean_change(self) -> Fraction:
        """Mean of last minus first score; its sign is that of the scale."""
        return self.mean_after - self.mean_before

    @property
    def variance_before(self) -> Fraction:
        """Variance of first scores, with n - 1 below the line."""
        return self._moment(self.before, self.before, self.before_squared)

    @property
    def variance_after(self) -> Fraction:
        """Variance of last scores, with n - 1 below the line."""
        return self._moment(self.after, self.after, self.after_squared)

    @property
    def covariance(self) -> Fraction:
        """Covariance of first and last scores, with n - 1 below the line."""
        return self._moment(self.before, self.after, self.product)

    @property
    def variance_change(self) -> Fraction:
        """Variance of last minus first score, with n - 1 below the line."""
        return self.variance_before + self.variance_after - 2 * self.covariance

    def _moment(self, one: Exact, other: Exact, product: Exact) -> Fraction:
        n = self._at_least(2)
        return (product - Fraction(one * other) / n) / (n - 1)

    def _at_least(self, needed: int) -> int:
        if self.n < needed:
            raise TooFewPairsError(self.n, needed=needed)
        return self.n
