"""Sums in units in which their spread is 1, and which sums leave a growth model undecided."""

import math
from dataclasses import dataclass

import numpy as np

from app.clinical.growth_likelihood import Criterion, Likelihood
from app.clinical.growth_statistics import GrowthDataError, GrowthStatistics, Origin

_RANK = 1e-10
"""Share of its largest below which an eigenvalue of a scaled matrix counts as 0."""

_EXACT = 1e-20
"""Share of the variance of scores below which what is left around own lines is rounding."""

_LARGEST_RATIO = 300.0
"""Spread between patients in units of sigma beyond which sigma is 0 where no patient has three
scores: the search goes on for ever then."""

_ROUNDING = 1e-15
"""The same for what is left beside a model: it comes from sums over many patients."""


class TooFewPatientsError(GrowthDataError):
    """A spread between patients needs patients."""

    def __init__(self, n_patients: int) -> None:
        self.n_patients = n_patients
        super().__init__(
            f"there are scores of {n_patients} patients to fit, and a model of how patients "
            "differ needs at least 2",
            remedy="give more patients with a score after the first",
        )


class TooFewScoresError(GrowthDataError):
    """As many coefficients as scores leave nothing to judge by."""

    def __init__(self, *, n_scores: int, n_effects: int) -> None:
        self.n_scores = n_scores
        self.n_effects = n_effects
        super().__init__(
            f"there are {n_scores} scores for {n_effects} coefficients, and nothing is left to "
            "tell the spread from",
            remedy="give more scores",
        )


class SingleTimeError(GrowthDataError):
    """Change over time cannot be seen at one time."""

    def __init__(self) -> None:
        super().__init__(
            "all scores to fit are from one and the same session",
            remedy="give scores from at least two sessions",
        )


class NoVariationError(GrowthDataError):
    """Equal scores have no spread."""

    def __init__(self) -> None:
        super().__init__("all scores to fit are equal", remedy="give scores that differ")


class CollinearError(GrowthDataError):
    """Two influences always come together, so that nobody can tell them apart."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, remedy="give more patients, or fit without the first score")


class NotSeparableError(GrowthDataError):
    """Spread between patients and spread within them cannot be told apart."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"{problem}, so that how patients differ cannot be told from the noise of a score",
            remedy="give patients with three scores or more after the first",
        )


class NoResidualError(GrowthDataError):
    """Scores without noise have no likelihood."""

    def __init__(self) -> None:
        super().__init__(
            "the scores of each patient lie on a straight line without any noise, and then "
            "the likelihood has no maximum",
            remedy="check that the scores are observed ones",
        )


@dataclass(frozen=True, slots=True)
class Units:
    """Where the scaled numbers are measured from, and what 1 means among them."""

    origin: Origin
    time: float
    intake: float
    score: float


def in_units(statistics: GrowthStatistics, *, has_intake: bool) -> tuple[Units, GrowthStatistics]:
    """Return sums in which times, first scores and scores have mean 0 and spread 1."""
    number, first, _ = statistics.patients
    n, mean_time, _ = statistics.patterns
    old, n_scores = statistics.origin, statistics.n_scores
    moved = statistics.moved(
        Origin(
            time=old.time + float((number * n * mean_time).sum()) / n_scores,
            intake=old.intake + float(first.sum()) / statistics.n_patients,
            score=old.score + float((np.sqrt(n) * statistics.levels[0]).sum()) / n_scores,
        )
    )
    origin = moved.origin
    spread_of_times = number * (moved.patterns[2] + n * moved.patterns[1] ** 2)
    time = math.sqrt(float(spread_of_times.sum()) / n_scores)
    intake = math.sqrt(max(float(moved.patients[2].sum()), 0.0) / statistics.n_patients)
    total = float((moved.products[0] + moved.products[2]).sum()) + moved.within
    score = math.sqrt(max(total, 0.0) / n_scores)
    if _is_rounding(time, beside=origin.time):
        raise SingleTimeError
    if _is_rounding(score, beside=origin.score):
        raise NoVariationError
    if not has_intake:
        intake = 1.0
    elif _is_rounding(intake, beside=origin.intake):
        raise CollinearError("all patients have the same first score, which then explains nothing")
    units = Units(origin=origin, time=time, intake=intake, score=score)
    return units, _scaled(moved, units)


def _is_rounding(spread: float, *, beside: float) -> bool:
    return spread <= 1e-13 * abs(beside) or spread == 0


def _scaled(sums: GrowthStatistics, units: Units) -> GrowthStatistics:
    time, intake, score = units.time, units.intake, units.score
    return GrowthStatistics(
        origin=Origin(),
        patterns=sums.patterns / np.array([[1.0], [time], [time**2]]),
        patients=sums.patients / np.array([[1.0], [intake], [intake**2]]),
        levels=sums.levels / (score * np.array([[1.0], [1.0], [intake], [intake]])),
        products=sums.products / score**2,
        within=sums.within / score**2,
    )


def check_coefficients(likelihood: Likelihood) -> None:
    """Refuse data from which the fixed effects do not follow."""
    n_effects = 4 if likelihood.has_intake else 2
    n_scores = likelihood.statistics.n_scores
    if n_scores <= n_effects:
        raise TooFewScoresError(n_scores=n_scores, n_effects=n_effects)
    values = np.linalg.eigvalsh(likelihood.products_of_columns())
    if values[0] <= _RANK * values[-1]:
        raise CollinearError(
            "first scores and sessions go together, so that their influences cannot be told apart"
        )


def check_spreads(sums: GrowthStatistics) -> None:
    """Refuse data from which the spreads do not follow."""
    number = sums.patients[0]
    n, mean_time, spread = sums.patterns
    if n.max() < 2:  # noqa: PLR2004 - one score has no line
        raise NotSeparableError("no patient has more than one score to fit")
    s1 = n * mean_time
    s2 = spread + mean_time * s1
    # Products of the four matrices that V is a sum of: 11', 1L' + L1', LL' and I.
    rows = (
        (n * n, 2 * n * s1, s1 * s1, n),
        (2 * n * s1, 2 * (s1 * s1 + n * s2), 2 * s1 * s2, 2 * s1),
        (s1 * s1, 2 * s1 * s2, s2 * s2, s2),
        (n, 2 * s1, s2, n),
    )
    gram = np.array([[float((number * entry).sum()) for entry in row] for row in rows])
    size = np.sqrt(np.diag(gram))
    values = np.linalg.eigvalsh(gram / np.outer(size, size))
    if values[0] <= _RANK:
        raise NotSeparableError("all scores to fit are from the same two sessions")


def check_noise(likelihood: Likelihood) -> None:
    """Refuse scores that straight lines tell without any noise."""
    sums = likelihood.statistics
    if sums.within <= _EXACT * sums.n_scores and _own_degrees(sums) > 0:
        raise NoResidualError
    # Without three scores of anybody, lines through one point can be laid through so few.
    n_lines = sums.n_patients + (5 if likelihood.has_intake else 3)
    if _own_degrees(sums) == 0 and sums.n_scores <= n_lines:
        raise NotSeparableError(
            f"no patient has more than two scores to fit, and all together have {sums.n_scores}"
        )
    check_residual(likelihood, likelihood.at(np.zeros(3)))


def check_residual(likelihood: Likelihood, criterion: Criterion) -> None:
    """Refuse a model beside which nothing but rounding is left."""
    sums = likelihood.statistics
    has_own = _own_degrees(sums) > 0
    is_lost = criterion.residual <= _ROUNDING * sums.n_scores
    if is_lost or (not has_own and np.linalg.norm(criterion.t) > _LARGEST_RATIO):
        raise NoResidualError


def _own_degrees(sums: GrowthStatistics) -> float:
    """Return how many scores there are beyond those that fix the patients' own lines."""
    return float((sums.patients[0] * (sums.patterns[0] - 1 - (sums.patterns[2] > 0))).sum())
