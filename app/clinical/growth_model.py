"""The linear mixed model that gives the curves, fitted exactly by REML or ML.

Symbols as in ``expected_change``. Fixed effects 1, x - c, L and (x - c) L (or 1 and L), a
correlated random intercept and slope for each patient, and independent residuals:

    y = intercept + intake (x - c) + [time + intake_time (x - c)] L + b0 + b1 L + e

The optimum is that of the criterion itself, found by Newton steps to the last digits, not
where a general optimiser happens to stop. A fit on the boundary (no spread of levels or of
slopes, or a correlation of 1 or -1) is a result like any other, and is reported as one.

References
----------
Laird & Ware (1982), doi:10.2307/2529876. The criterion is that of Bates, Mächler, Bolker &
Walker (2015), doi:10.18637/jss.v067.i01, equations 39 and 42.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from statistics import NormalDist

import numpy as np

from app.clinical.curves import GrowthParameters
from app.clinical.expected_change import OwnDifference, own_difference, predict_at
from app.clinical.growth_likelihood import Criterion, Likelihood
from app.clinical.growth_optimum import is_optimum, optimum_of
from app.clinical.growth_statistics import Floats, GrowthStatistics
from app.clinical.growth_units import (
    TooFewPatientsError,
    Units,
    check_coefficients,
    check_noise,
    check_residual,
    check_spreads,
    in_units,
)

_QUANTILE_80 = NormalDist().inv_cdf(0.9)


class Method(Enum):
    """What is maximised."""

    REML = "REML"
    ML = "ML"


@dataclass(frozen=True, slots=True)
class GrowthFit:
    """A fitted growth model.

    Attributes
    ----------
    parameters
        In points of the scores given; L counted from 0. Without first scores in the
        model, ``intake``, ``intake_time`` and ``center`` are 0.
    has_intake
        Whether first scores are in the model.
    covariance
        Covariance matrix of the fixed effects in the order intercept, intake, time,
        intake_time; rows of 0 for effects that are not in the model.
    log_likelihood
        At the optimum; restricted, in lme4's convention, with REML.
    method
        REML or ML.
    n_patients, n_scores
        What it was fitted to.
    is_boundary
        Whether the covariance of b0 and b1 has no inverse: a standard deviation of 0, or
        a correlation of 1 or -1.
    is_converged
        Whether the optimum was reached.
    time_origin, at_origin
        The same parameters with L counted from ``time_origin``, where the data lie:
        these lose no digits when times are large beside their differences.
    """

    parameters: GrowthParameters
    has_intake: bool
    covariance: tuple[tuple[float, ...], ...]
    log_likelihood: float
    method: Method
    n_patients: int
    n_scores: int
    is_boundary: bool
    is_converged: bool
    time_origin: float
    at_origin: GrowthParameters

    @property
    def standard_errors(self) -> tuple[float, float, float, float]:
        """Standard errors of intercept, intake, time and intake_time."""
        intercept, intake, time, intake_time = (
            math.sqrt(row[place]) for place, row in enumerate(self.covariance)
        )
        return intercept, intake, time, intake_time


@dataclass(frozen=True, slots=True)
class GrowthPrediction:
    """What a fit says of one patient at one time, in points.

    Attributes
    ----------
    expected, low, high
        Mean of new patients with the same first score, and the limits that hold the
        middle 80 % of their scores.
    mean
        Expected score of this patient, given the scores so far.
    se_true
        Standard error of this patient's own level.
    sd_obs
        Standard deviation of one score of this patient.
    """

    expected: float
    low: float
    high: float
    mean: float
    se_true: float
    sd_obs: float


def fit(
    statistics: GrowthStatistics,
    *,
    has_intake: bool = True,
    center: float | None = None,
    method: Method = Method.REML,
) -> GrowthFit:
    """Fit the growth model.

    Parameters
    ----------
    statistics
        Sums of the scores after intake.
    has_intake
        Whether first scores are in the model.
    center
        c; without it, the mean first score of the patients.
    method
        REML or ML.

    Raises
    ------
    TooFewPatientsError, TooFewScoresError, SingleTimeError, NoVariationError
        If there is too little to fit.
    CollinearError, NotSeparableError
        If the scores leave several models equally likely.
    NoResidualError
        If they leave no noise.

    Notes
    -----
    Two patients with a model of first scores leave nothing to tell how patients differ:
    every spread between them is as likely as any other under REML, and 0 is reported.
    """
    if statistics.n_patients < 2:  # noqa: PLR2004 - one patient differs from nobody
        raise TooFewPatientsError(statistics.n_patients)
    units, scaled = in_units(statistics, has_intake=has_intake)
    likelihood = Likelihood(scaled, has_intake=has_intake, is_restricted=method is Method.REML)
    check_coefficients(likelihood)
    check_spreads(scaled)
    check_noise(likelihood)
    optimum = optimum_of(likelihood)
    check_residual(likelihood, optimum)
    return _result(likelihood, optimum, units=units, center=center)


def predict(
    fitted: GrowthFit, *, intake: float, seen: Iterable[tuple[float, float]], time: float
) -> GrowthPrediction:
    """Return what the fit says of one patient at L = ``time``.

    Parameters
    ----------
    fitted
        Its parameters are taken as known.
    intake
        First score x; any number for a model without it.
    seen
        Pairs (L, y) after intake.
    time
        L to predict at.
    """
    known, at = fitted.at_origin, time - fitted.time_origin
    since = ((moment - fitted.time_origin, score) for moment, score in seen)
    own = predict_at(known, intake=intake, seen=since, time=at)
    mean = known.mean(intake=intake, time=at)
    reach = _QUANTILE_80 * math.sqrt(max(known.level_variance(at), 0.0) + known.sigma**2)
    return GrowthPrediction(
        expected=mean,
        low=mean - reach,
        high=mean + reach,
        mean=own.mean,
        se_true=own.se_true,
        sd_obs=own.sd_obs,
    )


def effects_of(
    fitted: GrowthFit, *, intake: float, seen: Iterable[tuple[float, float]]
) -> OwnDifference:
    """Return how a patient differs, at L = 0 and per unit of L, given the scores so far.

    Parameters
    ----------
    fitted, intake, seen
        As for :func:`predict`. No scores give the prior.
    """
    back = fitted.time_origin
    own = own_difference(
        fitted.at_origin, intake=intake, seen=((moment - back, score) for moment, score in seen)
    )
    return replace(
        own,
        level=own.level - back * own.slope,
        level_variance=own.level_variance
        - 2 * back * own.covariance
        + back * back * own.slope_variance,
        covariance=own.covariance - back * own.slope_variance,
    )


def _result(
    likelihood: Likelihood, optimum: Criterion, *, units: Units, center: float | None
) -> GrowthFit:
    has_intake, restricted = likelihood.has_intake, likelihood.is_restricted
    origin = units.origin
    middle = (origin.intake if center is None else center) if has_intake else 0.0
    sigma = math.sqrt(optimum.residual / likelihood.degrees)
    effects, turn = _turn(optimum.effects, units=units, middle=middle)
    spread = turn @ (sigma**2 * optimum.effects_covariance) @ turn.T
    factor = sigma * units.score * np.array([[optimum.t[0], 0], [optimum.t[1], optimum.t[2]]])
    factor[1] /= units.time
    there = _parameters(effects, factor=factor, center=middle, sigma=sigma * units.score)
    # From the origin back to L = 0.
    back = np.eye(4)
    back[0, 2] = back[1, 3] = -origin.time
    factor[0] -= origin.time * factor[1]
    deviance = optimum.deviance + 2 * likelihood.degrees * math.log(units.score)
    if restricted:
        deviance += (4 if has_intake else 2) * math.log(units.time)
        deviance += 4 * math.log(units.intake)
    return GrowthFit(
        parameters=_parameters(back @ effects, factor=factor, center=middle, sigma=there.sigma),
        has_intake=has_intake,
        covariance=tuple(map(tuple, (back @ spread @ back.T).tolist())),
        log_likelihood=-deviance / 2,
        method=Method.REML if restricted else Method.ML,
        n_patients=likelihood.statistics.n_patients,
        n_scores=likelihood.statistics.n_scores,
        is_boundary=bool(optimum.t[0] * optimum.t[2] == 0),
        is_converged=is_optimum(likelihood, optimum),
        time_origin=origin.time,
        at_origin=there,
    )


def _turn(effects: Floats, *, units: Units, middle: float) -> tuple[Floats, Floats]:
    """Return intercept, intake, time and intake_time at the origin of time.

    With the matrix, one row for each of them, that gives these from the scaled ones.
    """
    away = (middle - units.origin.intake) / units.intake
    per_time, per_intake = 1 / units.time, 1 / units.intake
    turn = units.score * np.array(
        [
            [1.0, 0.0, away, 0.0],
            [0.0, 0.0, per_intake, 0.0],
            [0.0, per_time, 0.0, away * per_time],
            [0.0, 0.0, 0.0, per_intake * per_time],
        ]
    )
    turn = turn[:, : len(effects)]
    turned = turn @ effects
    turned[0] += units.origin.score
    return turned, turn


def _parameters(
    effects: Floats, *, factor: Floats, center: float, sigma: float
) -> GrowthParameters:
    level, slope = factor
    sd_level, sd_slope = float(np.linalg.norm(level)), float(np.linalg.norm(slope))
    both = sd_level * sd_slope
    correlation = float(level @ slope) / both if both > 0 else 0.0
    return GrowthParameters(
        intercept=float(effects[0]),
        intake=float(effects[1]),
        time=float(effects[2]),
        intake_time=float(effects[3]),
        center=center,
        sd_intercept=sd_level,
        sd_slope=sd_slope,
        correlation=min(max(correlation, -1.0), 1.0),
        sigma=sigma,
    )
