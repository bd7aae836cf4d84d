"""Expected change: the curve for a new patient with the same first score, and this patient's own.

Symbols, used throughout. For patient i at session k (k = 1 is the intake rating):

x
    first score, in points; c is a fixed centre near the usual first score
L
    time, ln k for every curve of ours (the core takes any time scale)
y
    score in points; y = mu + b0 + b1 L + e with
    mu = intercept + intake (x - c) + [time + intake_time (x - c)] L
b0, b1
    how this patient differs from others with the same first score, in level and
    slope: normal, mean 0, covariance D = [[d00, d01], [d01, d11]]
e
    what is left at one session: normal, mean 0, standard deviation sigma

Parameters and results of the model are floats in score points; scores that go in
and limits that come out for drawing and flags are integers in tenths.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

from app.clinical.curves import (
    GENERAL_CURVES,
    CurveKind,
    GrowthParameters,
    GrowthParametersError,
    ReferenceCurve,
    SessionNumberError,
    covers,
    covers_intake,
    session_time,
)
from app.clinical.instruments import Direction, Tenths

# A curve is where expected change begins: it may be had from here too.
__all__ = [
    "GENERAL_CURVES",
    "CurveKind",
    "Expected",
    "GrowthParameters",
    "GrowthParametersError",
    "OwnDifference",
    "Prediction",
    "ReferenceCurve",
    "SessionNumberError",
    "band",
    "covers",
    "covers_intake",
    "expected",
    "horizon",
    "own_difference",
    "predict",
    "predict_at",
    "probability_of_reliable_improvement",
    "quantile",
    "session_time",
    "to_tenths",
]

FIRST_HORIZON = 10
"""Session that predictions look ahead to; past it they would say little early on. A choice."""

LOOKAHEAD = 3
"""Predictions look at least this many sessions ahead, which tells from session 8 on. A choice."""

_STANDARD = NormalDist()


@dataclass(frozen=True, slots=True)
class Expected:
    """A new patient's score at one session, in points: mean and standard deviation."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """Score of this patient at a later session, given the scores so far, in points.

    Attributes
    ----------
    mean
        Expected score.
    se_true
        Standard error of the patient's own level at that session.
    sd_obs
        Standard deviation of one score at that session: ``se_true`` and sigma together.
    """

    mean: float
    se_true: float
    sd_obs: float


@dataclass(frozen=True, slots=True)
class OwnDifference:
    """How a patient differs from others with the same first score, given the scores so far.

    Attributes
    ----------
    level, slope
        Conditional means of b0 (points) and b1 (points per unit of L).
    level_variance, covariance, slope_variance
        Their conditional covariance matrix.
    """

    level: float
    slope: float
    level_variance: float
    covariance: float
    slope_variance: float


def horizon(session: int) -> int:
    """Return the session that a prediction made at ``session`` looks ahead to."""
    return (
        max(FIRST_HORIZON, session + LOOKAHEAD)
        if session > FIRST_HORIZON - LOOKAHEAD
        else FIRST_HORIZON
    )


def expected(curve: ReferenceCurve, *, intake: Tenths, session: int) -> Expected:
    """Return the expected score of a new patient with the same first score.

    Parameters
    ----------
    curve
        The reference; whether it holds here is asked with :func:`covers`.
    intake
        First score, in tenths.
    session
        k, 1 or more.

    Raises
    ------
    SessionNumberError
        If ``session`` is below 1.
    """
    time = session_time(session)
    parameters = curve.parameters
    return Expected(
        mean=parameters.mean(intake=intake / 10, time=time),
        sd=math.sqrt(parameters.level_variance(time) + parameters.sigma**2),
    )


def quantile(at: Expected, share: float, *, lowest: Tenths, highest: Tenths) -> Tenths:
    """Return the score below which a share of new patients lies.

    Parameters
    ----------
    at
        Mean and standard deviation, in points.
    share
        Greater than 0 and less than 1.
    lowest, highest
        Ends of the instrument's scale in tenths; the result is cut to them.

    Returns
    -------
    Tenths
        Rounded to a whole tenth, so that the limit that is drawn, stored and
        compared with a score is one and the same number.
    """
    return to_tenths(at.mean + _STANDARD.inv_cdf(share) * at.sd, lowest=lowest, highest=highest)


def band(
    curve: ReferenceCurve,
    *,
    intake: Tenths,
    session: int,
    lowest: Tenths,
    highest: Tenths,
    share: float = 0.8,
) -> tuple[Tenths, Tenths]:
    """Return the limits that hold the middle share of new patients with this first score.

    Parameters
    ----------
    curve, intake, session
        As for :func:`expected`.
    lowest, highest
        Ends of the instrument's scale in tenths; the limits are cut to them.
    share
        Greater than 0 and less than 1; 0.8 leaves a tenth outside on each side.

    Raises
    ------
    SessionNumberError
        If ``session`` is below 1.
    """
    at = expected(curve, intake=intake, session=session)
    outside = (1 - share) / 2
    return (
        quantile(at, outside, lowest=lowest, highest=highest),
        quantile(at, 1 - outside, lowest=lowest, highest=highest),
    )


def predict(
    curve: ReferenceCurve,
    *,
    intake: Tenths,
    observations: Iterable[tuple[int, Tenths]],
    session: int,
) -> Prediction:
    """Return the score to expect of this patient at a session, given the scores so far.

    Parameters
    ----------
    curve
        The reference; whether it holds here is asked with :func:`covers`.
    intake
        First score, in tenths.
    observations
        Pairs (session k, score in tenths) after intake, k at least 2.
    session
        k to predict, 1 or more.

    Raises
    ------
    SessionNumberError
        If an observation is from before session 2, or ``session`` is below 1.
    """
    seen = []
    for k, score in observations:
        if k < 2:  # noqa: PLR2004 (the first session after intake)
            raise SessionNumberError(session=k, lowest=2)
        seen.append((session_time(k), score / 10))
    return predict_at(curve.parameters, intake=intake / 10, seen=seen, time=session_time(session))


def predict_at(
    parameters: GrowthParameters,
    *,
    intake: float,
    seen: Iterable[tuple[float, float]],
    time: float,
) -> Prediction:
    """Return the conditional prediction on any time scale.

    Parameters
    ----------
    parameters
        Taken as known.
    intake
        First score x, in points.
    seen
        Pairs (L, y) of time and score in points.
    time
        L to predict at.
    """
    own = own_difference(parameters, intake=intake, seen=seen)
    variance = own.level_variance + 2 * own.covariance * time + own.slope_variance * time**2
    # Rounding may leave a variance of 0 a hair below it.
    variance = max(variance, 0.0)
    return Prediction(
        mean=parameters.mean(intake=intake, time=time) + own.level + own.slope * time,
        se_true=math.sqrt(variance),
        sd_obs=math.sqrt(variance + parameters.sigma**2),
    )


def own_difference(
    parameters: GrowthParameters, *, intake: float, seen: Iterable[tuple[float, float]]
) -> OwnDifference:
    r"""Return the conditional mean and covariance of (b0, b1): empirical Bayes.

    With Z the rows [1, L] (one row per score), r the scores minus mu, S = Z'Z:

        C = D - D Z' V^-1 Z D,   b = D Z' V^-1 r,   V = Z D Z' + sigma^2 I

    Since D and S are 2 x 2, with adj the adjugate, both follow from

        K = sigma^2 D + det(D) adj(S),   q = sigma^4 + sigma^2 tr(D S) + det(D) det(S)
        C = sigma^2 K / q,   b = K Z' r / q

    which costs one pass over the scores, needs no inverse of D and so holds for
    fits in which a variance is 0 or the correlation is 1.

    Parameters
    ----------
    parameters, intake, seen
        As for :func:`predict_at`. No scores give the prior: b = 0 and C = D.

    References
    ----------
    Laird & Ware (1982), doi:10.2307/2529876; the inverse by Woodbury's identity.
    """
    n = sum_l = sum_ll = sum_r = sum_lr = 0.0
    for time, score in seen:
        residual = score - parameters.mean(intake=intake, time=time)
        n += 1
        sum_l += time
        sum_ll += time * time
        sum_r += residual
        sum_lr += time * residual
    d00, d01, d11 = parameters.sd_intercept**2, parameters.covariance, parameters.sd_slope**2
    sigma2 = parameters.sigma**2
    det_d = d00 * d11 * (1 - parameters.correlation**2)
    det_s = n * sum_ll - sum_l**2
    q = sigma2**2 + sigma2 * (d00 * n + 2 * d01 * sum_l + d11 * sum_ll) + det_d * det_s
    k00 = (sigma2 * d00 + det_d * sum_ll) / q
    k01 = (sigma2 * d01 - det_d * sum_l) / q
    k11 = (sigma2 * d11 + det_d * n) / q
    return OwnDifference(
        level=k00 * sum_r + k01 * sum_lr,
        slope=k01 * sum_r + k11 * sum_lr,
        level_variance=sigma2 * k00,
        covariance=sigma2 * k01,
        slope_variance=sigma2 * k11,
    )


def probability_of_reliable_improvement(
    prediction: Prediction, *, intake: Tenths, threshold: Tenths, direction: Direction
) -> float:
    """Return the probability that the patient's own level will be reliably better.

    Parameters
    ----------
    prediction
        For the session asked about, in points.
    intake
        First score, in tenths.
    threshold
        Smallest reliable change, in tenths.
    direction
        Which way scores move when a patient gets better.

    Returns
    -------
    float
        From 0 to 1; about the level without the noise of a single score.
    """
    margin = direction.value * (prediction.mean - intake / 10) - threshold / 10
    if prediction.se_true == 0:
        return 1.0 if margin >= 0 else 0.0
    return _STANDARD.cdf(margin / prediction.se_true)


def to_tenths(points: float, *, lowest: Tenths, highest: Tenths) -> Tenths:
    """Return points as whole tenths, cut to the scale from ``lowest`` to ``highest`` (tenths)."""
    return min(max(round(10 * points), lowest), highest)
