"""Stratify: fit each age band by itself, and draw it towards the curve of all."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.clinical.ages import AGE_BANDS, AgeBand
from app.clinical.curves import GrowthParameters, Stratum
from app.clinical.fitted_courses import FittedCourses
from app.clinical.growth_model import GrowthFit, fit
from app.clinical.growth_statistics import GrowthDataError
from app.clinical.own_curve import (
    NoReachError,
    NotConvergedError,
    may_stratify,
    reach_of,
    shrink,
)
from app.records import curves
from app.records.curves import CurveStratum
from app.workflow.sum_up import Tally


@dataclass(frozen=True, slots=True)
class Fitted:
    """An age band with parameters of its own, and what they stand on."""

    stratum: Stratum
    fitted: GrowthFit
    weight: float
    """How much the spreads of the band weigh beside those of all."""
    closed: int


def strata(tally: Tally, *, whole: GrowthParameters) -> Iterator[Fitted]:
    """Yield the age bands that have parameters of their own.

    The curve of all takes the place of the general curve: fixed effects are drawn to it by
    precision and spreads by number, as a site is drawn to a general curve. A band with too few
    courses, or whose fit leads nowhere, goes by the curve of all.
    """
    bands, n_closed = tally.bands(), tally.fitted.closed
    for band in AGE_BANDS:
        part = bands.get(band)
        if part is None or not may_stratify(n_closed=n_closed, n_in_stratum=part.closed):
            continue
        try:
            yield _one(band, part, whole=whole)
        except (GrowthDataError, NoReachError, NotConvergedError):
            continue


def row_of(one: Fitted, *, org_id: int, instrument: str, version: str) -> CurveStratum:
    """Return an age band as it is kept."""
    stratum = one.stratum
    youngest, oldest = stratum.ages
    return CurveStratum(
        org_id=org_id,
        instrument=instrument,
        version=version,
        youngest=youngest,
        oldest=oldest,
        **curves.parameters_of(stratum.parameters),
        lowest_intake=stratum.lowest_intake,
        highest_intake=stratum.highest_intake,
        first_session=stratum.first_session,
        last_session=stratum.last_session,
        patients=stratum.n_patients,
        courses=one.fitted.n_patients,
        closed_courses=one.closed,
        own_weight=one.weight,
    )


def _one(band: AgeBand, part: FittedCourses, *, whole: GrowthParameters) -> Fitted:
    fitted = fit(part.statistics(), center=whole.center)
    shrunken = shrink(fitted, general=whole)
    reach = reach_of(intakes=part.intakes, patients_at=part.patients_at())
    stratum = Stratum(
        ages=band,
        parameters=shrunken.parameters,
        lowest_intake=reach.lowest_intake,
        highest_intake=reach.highest_intake,
        first_session=reach.first_session,
        last_session=reach.last_session,
        n_patients=part.patients,
    )
    return Fitted(stratum, fitted, shrunken.weight, part.closed)
