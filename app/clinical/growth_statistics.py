"""Scores to the few sums that a growth model is fitted from, one row per pattern of sessions.

Symbols as in ``expected_change``. For patient i with n scores y at times L:

Z
    rows [1, L], one per score, and Z'Z = R'R with R = [[r00, r01], [0, r11]], where
    r00 = sqrt(n), r01 = sqrt(n) mean(L), r11 = sqrt(sum (L - mean(L))^2)
c
    the two numbers that Z'y = R'c defines: c0 = sum(y) / sqrt(n), c1 = sum((L - mean(L)) y) / r11,
    and c1 = 0 where r11 = 0
within
    sum of squares of y around the patient's own straight line, y'y - c'c

The likelihood of the model depends on a patient's scores through c, the first score and
``within`` only, and on the times through R only. Patients with the same R are therefore
summed, and no score, time or patient needs to be kept. Sums of two groups of patients
add up to the sums of both.

Times, first scores and scores are measured from an origin that lies among them, for a
sum of squares of large numbers that differ little has no correct digits left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_MIXER = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio, odd: products spread over all bits (Knuth, vol. 3, 6.4)."""

_MARKS = np.array([[1.0], [0.7548776662466927], [0.5698402909980532]])
"""Weights that give different patterns different sums; equal sums are still compared in full."""


class GrowthDataError(ValueError):
    """Scores cannot give a growth model: what is the matter, and what to do."""

    def __init__(self, problem: str, *, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}; {remedy}")


class NotFiniteError(GrowthDataError):
    """A number is infinite or none at all."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"{what} must be finite numbers and at least one is not",
            remedy="leave out what is missing",
        )


class SizesDifferError(GrowthDataError):
    """Columns that belong together have different numbers of rows, or a row belongs to nobody."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} do not belong together", remedy="give one entry per score, or per patient"
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """What times, first scores and scores are measured from."""

    time: float = 0.0
    intake: float = 0.0
    score: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class GrowthStatistics:
    """Sums over patients, one column per pattern of session times.

    Attributes
    ----------
    origin
        Where times, first scores and scores are measured from.
    patterns
        Three rows: n, mean time, and the sum of squares of times around that mean.
    patients
        Three rows: the number of patients, the sum of their first scores, and the sum of
        the squares of these.
    levels
        Four rows: the sums of c0, of c1, of first score times c0, and of first score times c1.
    products
        Three rows: the sums of c0 c0, c0 c1 and c1 c1.
    within
        Sum of squares around the patients' own straight lines, over all patients.
    """

    origin: Origin
    patterns: Floats
    patients: Floats
    levels: Floats
    products: Floats
    within: float

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return round(float(self.patients[0].sum()))

    @property
    def n_scores(self) -> int:
        """Number of scores."""
        return round(float((self.patients[0] * self.patterns[0]).sum()))

    def moved(self, origin: Origin) -> Self:
        """Return the same sums, measured from another origin."""
        by_time = self.origin.time - origin.time
        by_intake = self.origin.intake - origin.intake
        # y + s turns c into c + s (r00, 0); L - t leaves c as it is.
        by_level = (self.origin.score - origin.score) * np.sqrt(self.patterns[0])
        number, first, squares = self.patients
        c0, c1, first_c0, first_c1 = self.levels
        moved_c0 = c0 + by_level * number
        return type(self)(
            origin=origin,
            patterns=self.patterns + np.array([[0.0], [by_time], [0.0]]),
            patients=np.stack(
                [
                    number,
                    first + by_intake * number,
                    squares + by_intake * (2 * first + by_intake * number),
                ]
            ),
            levels=np.stack(
                [
                    moved_c0,
                    c1,
                    first_c0 + by_level * first + by_intake * moved_c0,
                    first_c1 + by_intake * c1,
                ]
            ),
            products=self.products
            + np.stack(
                [by_level * (2 * c0 + by_level * number), by_level * c1, np.zeros_like(by_level)]
            ),
            within=self.within,
        )


_ROUNDING = 1e-15
"""A few times the relative error of one rounded sum."""

_AT_A_TIME = 2048
"""Patients whose scores are worked on together."""


def from_scores(
    patient: Sequence[int] | Whole,
    *,
    time: Sequence[float] | Floats,
    score: Sequence[float] | Floats,
    intake: Sequence[float] | Floats,
) -> GrowthStatistics:
    """Return the sums for scores that stand one to a row.

    Parameters
    ----------
    patient
        Whose score it is: the place of the patient in ``intake``; one entry per score.
    time, score
        L and y, one entry per score. The first score is none of them.
    intake
        First score x, one entry per patient; zeros for a model without it. Patients
        without a score of their own are left out.

    Raises
    ------
    NotFiniteError
        If a time, score or first score is not finite.
    SizesDifferError
        If ``patient``, ``time`` and ``score`` differ in length, or a patient has no ``intake``.
    """
    who = np.asarray(patient, dtype=np.int64)
    times, scores, first = (
        np.asarray(column, dtype=np.float64) for column in (time, score, intake)
    )
    _check_rows(who, times, scores, first)
    if len(who) == 0:
        return _nobody()
    who, times, scores = _in_order(who, times, scores)
    starts = np.flatnonzero(np.concatenate([[True], who[1:] != who[:-1]]))
    first = first[who[starts]]
    origin = Origin(
        time=float(times.mean()), intake=float(first.mean()), score=float(scores.mean())
    )
    patterns, c, within = _own_lines(times, scores, starts=starts, origin=origin)
    # Gathered before they are multiplied: ten columns cost more to bring in order than three.
    order, places = _groups(patterns)
    x, c0, c1 = (first - origin.intake)[order], c[0][order], c[1][order]
    one = np.ones_like(x)
    rows = (one, x, x * x, c0, c1, x * c0, x * c1, c0 * c0, c0 * c1, c1 * c1)
    sums = np.stack([np.add.reduceat(row, places) for row in rows])
    return _statistics(origin, patterns[:, order[places]], sums=sums, within=within)


def from_sums(
    patterns: Floats,
    *,
    patients: Floats,
    levels: Floats,
    products: Floats,
    scores_squared: float,
) -> GrowthStatistics:
    """Return the sums for patients whose own sums are kept, as a database adds them up.

    Each column stands for one patient, or for all patients with the same session times.

    Parameters
    ----------
    patterns
        Three rows: n (1 or more), sum of L and sum of L squared, for each one of the patients.
    patients
        Three rows: number of patients, sum of their first scores x, sum of x squared.
    levels
        Four rows, with t0 = sum of y and t1 = sum of L y of one patient: the sums over
        patients of t0, t1, x t0 and x t1.
    products
        Three rows: the sums over patients of t0 t0, t0 t1 and t1 t1.
    scores_squared
        Sum of the squares of all scores.

    Raises
    ------
    NotFiniteError
        If a sum is not finite.
    SizesDifferError
        If the tables differ in their number of columns, or have other rows than these.
    GrowthDataError
        If a column has no score.

    Notes
    -----
    Exact enough for scores of an instrument and L = ln k. Numbers that are large
    beside their differences should come through :func:`from_scores`.
    """
    tables = [np.asarray(table, np.float64) for table in (patterns, patients, levels, products)]
    shapes = [(rows, tables[0].shape[-1]) for rows in (3, 3, 4, 3)]
    if [table.shape for table in tables] != shapes:
        raise SizesDifferError("sums of patients")
    if not all(np.isfinite(table).all() for table in (*tables, np.array(scores_squared))):
        raise NotFiniteError("sums of patients")
    if (tables[0][0] < 1).any():
        raise GrowthDataError(
            "a sum is over no score", remedy="leave out patients without a score after intake"
        )
    (n, times, times_squared), number, (t0, t1, x_t0, x_t1), (t00, t01, t11) = tables
    mean_time, root_n = times / n, np.sqrt(n)
    spread = _spread(n, times=times, times_squared=times_squared)
    # Without spread there is no slope, and what would be its share stays in `within`.
    turn = np.where(spread > 0, 1 / np.sqrt(np.where(spread > 0, spread, 1.0)), 0.0)
    level_rows = (t0 / root_n, turn * (t1 - mean_time * t0))
    with_intake = (x_t0 / root_n, turn * (x_t1 - mean_time * x_t0))
    product_rows = (
        t00 / n,
        turn * (t01 - mean_time * t00) / root_n,
        turn * turn * (t11 - mean_time * (2 * t01 - mean_time * t00)),
    )
    explained = float((product_rows[0] + product_rows[2]).sum())
    return _pooled(
        Origin(),
        patterns=np.stack([n, mean_time, spread]),
        rows=np.stack([*number, *level_rows, *with_intake, *product_rows]),
        within=max(scores_squared - explained, 0.0),
    )


def merge(*parts: GrowthStatistics) -> GrowthStatistics:
    """Return the sums of all the patients of several groups; the first group gives the origin."""
    if not parts:
        return _nobody()
    moved = [part.moved(parts[0].origin) for part in parts]
    return _pooled(
        parts[0].origin,
        patterns=np.concatenate([one.patterns for one in moved], axis=1),
        rows=np.concatenate(
            [np.concatenate([one.patients, one.levels, one.products]) for one in moved], axis=1
        ),
        within=sum(one.within for one in moved),
    )


def _nobody() -> GrowthStatistics:
    return GrowthStatistics(
        origin=Origin(),
        patterns=np.zeros((3, 0)),
        patients=np.zeros((3, 0)),
        levels=np.zeros((4, 0)),
        products=np.zeros((3, 0)),
        within=0.0,
    )


def _check_rows(who: Whole, times: Floats, scores: Floats, first: Floats) -> None:
    if not len(who) == len(times) == len(scores):
        raise SizesDifferError("patients, times and scores")
    if len(who) and (who.min() < 0 or who.max() >= len(first)):
        raise SizesDifferError("scores and first scores")
    for what, column in (("times", times), ("scores", scores), ("first scores", first)):
        if not np.isfinite(column).all():
            raise NotFiniteError(what)


def _in_order(who: Whole, times: Floats, scores: Floats) -> tuple[Whole, Floats, Floats]:
    """Return the rows by patient and, so that equal patterns give equal sums, by time."""
    is_next = who[1:] > who[:-1]
    is_same = who[1:] == who[:-1]
    if (is_next | (is_same & (times[1:] >= times[:-1]))).all():
        return who, times, scores
    order = np.lexsort((times, who))
    return who[order], times[order], scores[order]


def _own_lines(
    times: Floats, scores: Floats, *, starts: Whole, origin: Origin
) -> tuple[Floats, Floats, float]:
    """Return pattern and c of every patient, and the sum of squares around their own lines."""
    patterns, c, within = np.empty((3, len(starts))), np.empty((2, len(starts))), 0.0
    ends = np.append(starts[1:], len(times))
    # So many at a time as stay in the processor's own memory: it is twice as fast.
    for low in range(0, len(starts), _AT_A_TIME):
        some = slice(low, low + _AT_A_TIME)
        rows = slice(starts[low], ends[some][-1])
        at, n = starts[some] - starts[low], ends[some] - starts[some]
        mean_time, time = _around_mean(times[rows] - origin.time, at, n)
        mean_score, score = _around_mean(scores[rows] - origin.score, at, n)
        spread = np.add.reduceat(time * time, at)
        # Equal times differ from their own mean by rounding.
        spread[spread <= n * (_ROUNDING * np.abs(mean_time)) ** 2] = 0.0
        slope = np.add.reduceat(time * score, at) / np.where(spread > 0, spread, 1.0)
        # Summed from what is left at each score: a difference of sums has fewer digits.
        score -= np.repeat(slope, n) * time
        within += float((score * score).sum())
        patterns[:, some] = n, mean_time, spread
        c[:, some] = mean_score * np.sqrt(n), slope * np.sqrt(spread)
    return patterns, c, within


def _around_mean(values: Floats, starts: Whole, n: Whole) -> tuple[Floats, Floats]:
    """Return each patient's mean, and every value less that mean."""
    mean = np.add.reduceat(values, starts) / n
    return mean, values - np.repeat(mean, n)


def _spread(n: Floats, *, times: Floats, times_squared: Floats) -> Floats:
    """Return the sums of squares of times around their means; 0 where rounding is all there is."""
    spread: Floats = times_squared - times * times / n
    return np.where(spread > 10 * _ROUNDING * n * times_squared, spread, 0.0)


def _pooled(origin: Origin, *, patterns: Floats, rows: Floats, within: float) -> GrowthStatistics:
    """Sum columns of ``rows`` (patients, levels, products) that have the same pattern."""
    if patterns.shape[1] == 0:
        return _nobody()
    order, places = _groups(patterns)
    sums = np.add.reduceat(rows[:, order], places, axis=1)
    return _statistics(origin, patterns[:, order[places]], sums=sums, within=within)


def _groups(patterns: Floats) -> tuple[Whole, Whole]:
    """Return an order that brings equal columns together, and where each group begins in it.

    Equal ones may, rarely, end up in two groups: these are summed apart, and nothing is wrong.
    """
    count = patterns.shape[1]
    # Not a product of matrices: a library with threads takes longer to share such work out.
    mark = (patterns * _MARKS).sum(axis=0)
    # One number of mixed bits with the place at its end is sorted four times faster than places.
    places = np.uint64((1 << count.bit_length()) - 1)
    packed = mark.view(np.uint64) * _MIXER & ~places | np.arange(count, dtype=np.uint64)
    packed.sort()
    order = (packed & places).astype(np.int64)
    is_new = np.arange(count) == 0
    for row in patterns:
        in_order = row[order]
        is_new[1:] |= in_order[1:] != in_order[:-1]
    return order, np.flatnonzero(is_new)


def _statistics(
    origin: Origin, patterns: Floats, *, sums: Floats, within: float
) -> GrowthStatistics:
    return GrowthStatistics(
        origin=origin,
        patterns=patterns,
        patients=sums[:3],
        levels=sums[3:7],
        products=sums[7:],
        within=within,
    )
