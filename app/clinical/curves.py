"""Curves of expected change: their parameters, where they hold, and the general ones we ship.

Symbols as in ``expected_change``; parameters are floats in score points.
"""

import math
from dataclasses import dataclass, replace
from enum import Enum

from app.clinical.ages import AgeBand
from app.clinical.evidence import Evidence, ReliableChangeValue, Tenths


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
        """Return mu, the mean score (points) after first score ``intake`` at L = ``time``."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Patients of one age band who have parameters of their own within a curve.

    Attributes
    ----------
    ages
        Youngest and oldest age at the beginning of the course, in years, both included.
    parameters
        In score points, with L = ln k.
    lowest_intake, highest_intake, first_session, last_session
        Where they hold, as for the whole curve.
    n_patients
        Number of patients they were fitted to.
    """

    ages: AgeBand
    parameters: GrowthParameters
    lowest_intake: Tenths
    highest_intake: Tenths
    first_session: int
    last_session: int
    n_patients: int


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
    strata
        Age bands that have parameters of their own; the others go by those of the curve.
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
    strata: tuple[Stratum, ...] = ()


def for_age(curve: ReferenceCurve, band: AgeBand | None) -> ReferenceCurve:
    """Return a curve as it holds for patients of an age band.

    Parameters
    ----------
    curve
        A curve, with strata or without.
    band
        The age band at the beginning of the course; ``None`` if it is not known.
    """
    own = next((one for one in curve.strata if one.ages == band), None)
    if own is None:
        return curve
    return replace(
        curve,
        parameters=own.parameters,
        lowest_intake=own.lowest_intake,
        highest_intake=own.highest_intake,
        first_session=own.first_session,
        last_session=own.last_session,
        n_patients=own.n_patients,
    )


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


def covers(curve: ReferenceCurve, *, intake: Tenths, session: int) -> bool:
    """Return whether the curve holds for this first score (tenths) at this session."""
    return covers_intake(curve, intake) and curve.first_session <= session <= curve.last_session


def covers_intake(curve: ReferenceCurve, intake: Tenths) -> bool:
    """Return whether the curve holds for this first score (tenths)."""
    return curve.lowest_intake <= intake <= curve.highest_intake


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
