"""From a fit of a site's own courses to the curve that it proposes: shrinkage and reach.

Symbols as in ``expected_change``. beta is the vector (intercept, intake, time, intake_time),
S its covariance from the fit, and D = [[d00, d01], [d01, d11]] the covariance of b0 and b1.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.clinical.curves import GrowthParameters
from app.clinical.growth_model import GrowthFit
from app.clinical.growth_statistics import Floats
from app.clinical.instruments import Tenths

FEWEST_COURSES = 100
"""Closed courses with at least three scores below which a site has no curve of its own. A choice
of this program, not from the literature."""

LEAST_SCORES = 3
"""Scores, the first one included, that make a closed course count as one of those."""

FEWEST_FOR_STRATA = 500
"""Closed courses of the site from which on age bands have parameters of their own. A choice of
this program, not from the literature."""

FEWEST_IN_STRATUM = 100
"""Closed courses of an age band below which it goes by the curve of all; as many as a curve of
one's own needs. A choice."""

GENERAL_WEIGHT = 200
"""The general curve's spreads weigh as much as so many courses of one's own. A choice."""

GENERAL_VARIANCES = (1.0, 0.04, 1.0, 0.01)
"""T: how far, as variances, a site may lie from a general curve in intercept, intake, time and
intake_time, in points. A choice: a standard deviation of one point for level and slope."""

FEWEST_AT_SESSION = 20
"""A curve ends with the last session at which so many patients have a score. A choice."""

OUTSIDE_PER_1000 = 25
"""Of 1,000 first scores so many lie below, and as many above, what a curve holds for. A choice."""

FIRST_SESSION = 2
"""k of the first session after intake."""

FEWEST_NEW, NEW_PER_100 = 20, 5
"""Courses that must have been closed or changed since a curve was proposed before the next one
is: so many, and so many for each 100 closed courses that it rests on. A choice: a quality lead
is asked when there is something to say, and not every morning."""


class TooFewCoursesError(ValueError):
    """There are too few closed courses for a curve of one's own."""

    def __init__(self, n_closed: int) -> None:
        self.n_closed = n_closed
        super().__init__(
            f"{n_closed} closed courses have at least {LEAST_SCORES} scores, and a curve of "
            f"one's own needs {FEWEST_COURSES}; wait for more courses"
        )


class NoReachError(ValueError):
    """At no session do enough patients have a score."""

    def __init__(self) -> None:
        super().__init__(
            f"no session after the first has scores of {FEWEST_AT_SESSION} patients, so that a "
            "curve would hold nowhere; wait for more sessions"
        )


class NotConvergedError(ValueError):
    """The fit has not reached its optimum."""

    def __init__(self) -> None:
        super().__init__(
            "the fit has not reached its optimum, and no curve is made of it; "
            "look at the scores with samklang growth, or wait for more of them"
        )


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Parameters between a site's own and a general curve.

    Attributes
    ----------
    parameters
        In points, at the centre of the fit.
    weight
        How much the site's own spreads weigh beside the general ones, 0 to 1; 1 without
        a general curve.
    """

    parameters: GrowthParameters
    weight: float


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a curve holds: first scores in tenths and sessions k, the ends included."""

    lowest_intake: Tenths
    highest_intake: Tenths
    first_session: int
    last_session: int


def check_stage(n_closed: int) -> None:
    """Refuse a curve of one's own while there are too few closed courses.

    Parameters
    ----------
    n_closed
        Closed courses with at least ``LEAST_SCORES`` scores, the first one included.

    Raises
    ------
    TooFewCoursesError
        If there are fewer than ``FEWEST_COURSES``.
    """
    if n_closed < FEWEST_COURSES:
        raise TooFewCoursesError(n_closed)


def may_stratify(*, n_closed: int, n_in_stratum: int) -> bool:
    """Return whether an age band may have parameters of its own, by closed courses."""
    return n_closed >= FEWEST_FOR_STRATA and n_in_stratum >= FEWEST_IN_STRATUM


def is_news(*, n_new: int, n_before: int) -> bool:
    """Return whether so much has come since the last proposal that a new one is worth reading.

    Parameters
    ----------
    n_new
        Closed courses that were closed, or got a score, since then.
    n_before
        Closed courses that the last proposal rests on.
    """
    return n_new >= FEWEST_NEW and 100 * n_new >= NEW_PER_100 * n_before


def shrink(fitted: GrowthFit, *, general: GrowthParameters | None) -> Shrunken:
    """Draw a site's own parameters towards a general curve, the less the more it knows.

    Parameters
    ----------
    fitted
        The fit of the site's own courses, with first scores in the model.
    general
        A general curve for the instrument, at any centre; ``None`` leaves the fit as it is.

    Raises
    ------
    NotConvergedError
        If the fit has not reached its optimum.

    Notes
    -----
    Fixed effects: the mean of a normal posterior with prior N(beta_p, T), which is
    beta_p + T (S + T)^-1 (beta - beta_p). Variances: D and sigma squared, element by
    element, with weight n / (n + 200) for the site's n courses.

    References
    ----------
    Lindley & Smith (1972), doi:10.1111/j.2517-6161.1972.tb00885.x.
    """
    if not fitted.is_converged:
        raise NotConvergedError
    own = fitted.parameters
    if general is None:
        return Shrunken(own, weight=1.0)
    prior = _effects(general, center=own.center)
    freedom, between = np.diag(GENERAL_VARIANCES), np.array(fitted.covariance)
    away = _effects(own, center=own.center) - prior
    effects = prior + freedom @ np.linalg.solve(between + freedom, away)
    weight = fitted.n_patients / (fitted.n_patients + GENERAL_WEIGHT)
    level, both, slope, noise = weight * _variances(own) + (1 - weight) * _variances(general)
    sds = math.sqrt(level), math.sqrt(slope)
    product = sds[0] * sds[1]
    intercept, intake, time, intake_time = (float(effect) for effect in effects)
    return Shrunken(
        GrowthParameters(
            intercept=intercept,
            intake=intake,
            time=time,
            intake_time=intake_time,
            center=own.center,
            sd_intercept=sds[0],
            sd_slope=sds[1],
            correlation=min(max(both / product, -1.0), 1.0) if product > 0 else 0.0,
            sigma=math.sqrt(noise),
        ),
        weight=weight,
    )


def reach_of(*, intakes: Mapping[Tenths, int], patients_at: Mapping[int, int]) -> Reach:
    """Return where a curve of the site's own holds.

    Parameters
    ----------
    intakes
        How many courses began with each first score (tenths); at least one.
    patients_at
        How many patients have a score at each session k after intake.

    Raises
    ------
    NoReachError
        If no session has enough patients.
    """
    reached = [session for session, n in patients_at.items() if n >= FEWEST_AT_SESSION]
    if not reached:
        raise NoReachError
    return Reach(
        lowest_intake=_smallest_with(intakes, per_1000=OUTSIDE_PER_1000),
        highest_intake=_smallest_with(intakes, per_1000=1000 - OUTSIDE_PER_1000),
        first_session=FIRST_SESSION,
        last_session=max(reached),
    )


def _smallest_with(counts: Mapping[Tenths, int], *, per_1000: int) -> Tenths:
    """Return the smallest score at or below which at least this share of all lies."""
    whole, so_far = sum(counts.values()), 0
    for score in sorted(counts):
        so_far += counts[score]
        if 1000 * so_far >= per_1000 * whole:
            return score
    raise NoReachError


def _effects(parameters: GrowthParameters, *, center: float) -> Floats:
    """Return intercept, intake, time and intake_time as they are at another centre."""
    moved = center - parameters.center
    return np.array(
        [
            parameters.intercept + parameters.intake * moved,
            parameters.intake,
            parameters.time + parameters.intake_time * moved,
            parameters.intake_time,
        ]
    )


def _variances(parameters: GrowthParameters) -> Floats:
    """Return d00, d01, d11 and sigma squared."""
    return np.array(
        [
            parameters.sd_intercept**2,
            parameters.covariance,
            parameters.sd_slope**2,
            parameters.sigma**2,
        ]
    )
