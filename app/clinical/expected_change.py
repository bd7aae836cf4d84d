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
from enum import Enum
from statistics import NormalDist

from app.clinical.instruments import Direction, Evidence, ReliableChangeValue, Tenths

FIRST_HORIZON = 10
"""Session that predictions look ahead to; past it they would say little early on. A choice."""

LOOKAHEAD = 3
"""Predictions look at least this many sessions ahead, which tells from session 8 on. A choice."""

_STANDARD = NormalDist()


class CurveKind(Enum):
    """Whose courses a curve describes."""

    GENERAL = "general"
    SYNTHETIC = "synthetic"
    LOCAL = "local"


class GrowthParametersError(ValueError):
    """A parameter of a growth model has a value that no model can have."""

    def __init__(self, *, parameter: str, value: float, allowed: str) -> None:
        self.parameter = parameter
        self.value = value
        self.allowed = allowed
        super().__init__(
            f"growth parameter {parameter} is {value}; it must be {allowed}. "
            "Fit or type in the curve again."
        )


class SessionNumberError(ValueError):
    """A session number lies before the first one that the question is about."""

    def __init__(self, *, session: int, lowest: int) -> None:
        self.session = session
        self.lowest = lowest
        super().__init__(
            f"session is {session}; it must be at least {lowest}. Sessions count from 1, "
            "the intake rating, which is the starting point and never an outcome as well."
        )


@dataclass(frozen=True, slots=True)
class GrowthParameters:
    """Parameters of the growth model for the score itself, in score points.

    Attributes
    ----------
    intercept
        Mean score at L = 0 for a patient whose first score is ``center``.
    intake
        Change of that mean per point of first score.
    time
        Mean change of the score per unit of L at ``center``.
    intake_time
        Change of that slope per point of first score.
    center
        The first score c at which ``intercept`` and ``time`` hold.
    sd_intercept, sd_slope
        Standard deviations of b0 and b1; 0 is legal (a fit may end there).
    correlation
        Of b0 and b1, from -1 to 1.
    sigma
        Standard deviation of e; greater than 0.

    Raises
    ------
    GrowthParametersError
        If a value is not finite, a standard deviation is negative, ``sigma`` is
        not greater than 0, or ``correlation`` is outside -1 to 1.
    """

    intercept: float
    intake: float
    time: float
    intake_time: float
    center: float
    sd_intercept: float
    sd_slope: float
    correlation: float
    sigma: float

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not math.isfinite(value):
                raise GrowthParametersError(parameter=name, value=value, allowed="finite")
        _require(
            "sd_intercept", self.sd_intercept, holds=self.sd_intercept >= 0, allowed="0 or more"
        )
        _require("sd_slope", self.sd_slope, holds=self.sd_slope >= 0, allowed="0 or more")
        _require("sigma", self.sigma, holds=self.sigma > 0, allowed="greater than 0")
        _require(
            "correlation",
            self.correlation,
            holds=abs(self.correlation) <= 1,
            allowed="from -1 to 1",
        )

    def mean(self, *, intake: float, time: float) -> float:
        """Return mu: the mean score (points) of patients with first score ``intake`` at L = time."""
        distance = intake - self.center
        slope = self.time + self.intake_time * distance
        return self.intercept + self.intake * distance + slope * time

    @property
    def covariance(self) -> float:
        """d01, the covariance of b0 and b1."""
        return self.correlation * self.sd_intercept * self.sd_slope

    def level_variance(self, time: float) -> float:
        """Return the variance of b0 + b1 L among patients at L = time, in points squared."""
        return self.sd_intercept**2 + 2 * self.covariance * time + self.sd_slope**2 * time**2


@dataclass(frozen=True, slots=True)
class ReferenceCurve:
    """A stored, versioned curve and where it may be used.

    Attributes
    ----------
    instrument_key
        The instrument whose scores it describes.
    kind, version
        Whose courses it describes, and the name of this edition.
    parameters
        In score points, with L = ln k.
    lowest_intake, highest_intake
        First scores for which it holds, in tenths, both included.
    first_session, last_session
        Sessions k for which it holds, both included.
    reliable_change
        The reliable-change value that belongs to the curve, if it brings one.
    source, evidence
        Where the numbers come from and how far they can be trusted.
    n_patients
        Number of patients it was fitted to; ``None`` if it was not fitted.
    """

    instrument_key: str
    kind: CurveKind
    version: str
    parameters: GrowthParameters
    lowest_intake: Tenths
    highest_intake: Tenths
    first_session: int
    last_session: int
    reliable_change: ReliableChangeValue | None
    source: str
    evidence: Evidence
    n_patients: int | None


@dataclass(frozen=True, slots=True)
class Expected:
    """A new patient's score at one session, in points: mean and standard deviation."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """This patient's score at a later session, given the scores so far, in points.

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


def session_time(session: int) -> float:
    """Return L = ln k for session k.

    Raises
    ------
    SessionNumberError
        If ``session`` is below 1.
    """
    if session < 1:
        raise SessionNumberError(session=session, lowest=1)
    return math.log(session)


def horizon(session: int) -> int:
    """Return the session that a prediction made at ``session`` looks ahead to."""
    return (
        max(FIRST_HORIZON, session + LOOKAHEAD)
        if session > FIRST_HORIZON - LOOKAHEAD
        else FIRST_HORIZON
    )


def covers(curve: ReferenceCurve, *, intake: Tenths, session: int) -> bool:
    """Return whether the curve holds for this first score (tenths) at this session."""
    return covers_intake(curve, intake) and curve.first_session <= session <= curve.last_session


def covers_intake(curve: ReferenceCurve, intake: Tenths) -> bool:
    """Return whether the curve holds for this first score (tenths)."""
    return curve.lowest_intake <= intake <= curve.highest_intake


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


def _require(parameter: str, value: float, *, holds: bool, allowed: str) -> None:
    if not holds:
        raise GrowthParametersError(parameter=parameter, value=value, allowed=allowed)


def _general(
    key: str,
    *,
    time: float,
    center: float,
    spread: tuple[float, float, float],
    intakes: tuple[int, int],
    source: str,
) -> ReferenceCurve:
    """Return a general curve; change-form beta0 = beta1 = 0 is intercept c and intake slope 1."""
    sd_intercept, sd_slope, sigma = spread
    return ReferenceCurve(
        instrument_key=key,
        kind=CurveKind.GENERAL,
        version="general-1",
        parameters=GrowthParameters(
            intercept=center,
            intake=1.0,
            time=time,
            intake_time=-0.2,
            center=center,
            sd_intercept=sd_intercept,
            sd_slope=sd_slope,
            correlation=0.0,
            sigma=sigma,
        ),
        lowest_intake=intakes[0],
        highest_intake=intakes[1],
        first_session=2,
        last_session=12,
        reliable_change=None,
        source=source,
        evidence=Evidence.ASSUMPTION,
        n_patients=None,
    )


GENERAL_CURVES = (
    _general(
        "phq-9",
        time=-2.9,
        center=15.0,
        spread=(1.5, 2.2, 3.0),
        intakes=(100, 270),
        source=(
            "Mean slope from NHS Talking Therapies 2022-23 (15.4 to 9.4, eight sessions assumed), "
            "near that of a blended-care programme (n = 22 070, doi:10.2196/60502); spreads are "
            "assumptions that reproduce the standard deviation of 6.4 after treatment."
        ),
    ),
    _general(
        "gad-7",
        time=-2.65,
        center=14.0,
        spread=(1.3, 2.0, 2.7),
        intakes=(80, 210),
        source=(
            "Mean slope from NHS Talking Therapies 2022-23 (14.0 to 8.4, eight sessions assumed) "
            "and a blended-care programme (n = 30 006, doi:10.2196/60502); spreads are "
            "assumptions that reproduce the standard deviation of 5.7 after treatment."
        ),
    ),
    _general(
        "core-10",
        time=-3.7,
        center=20.0,
        spread=(2.0, 2.6, 4.0),
        intakes=(110, 400),
        source=(
            "Assumption throughout: an effect size of 1.0 over eight sessions, scaled by the "
            "standard deviation of 7.7 before treatment; no published growth model was found."
        ),
    ),
)
"""Provisional curves, not from the site's own patients: good enough for a grey band.

They raise no flag until a site accepts them. They hold for first scores in the
clinical range and sessions 2 to 12, which is where their sources lie. The slope
that depends on the first score (-0.2 per point) is an assumption for all three.
"""
