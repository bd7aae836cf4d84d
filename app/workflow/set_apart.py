"""Set courses apart that a version of a curve has not seen, so that it can be tested by them."""

import datetime as dt
import uuid
from collections import Counter
from dataclasses import dataclass, replace

from app.clinical.calibration import Borders, borders_of
from app.clinical.curves import GrowthParameters, ReferenceCurve
from app.clinical.growth_statistics import GrowthDataError
from app.clinical.instruments import Instrument
from app.clinical.own_curve import (
    NotConvergedError,
    TooFewCoursesError,
    check_stage,
)
from app.clinical.told_courses import moment_at
from app.records import curves, proposals
from app.records.base import DbSession
from app.records.calibrations import Way
from app.records.course_scores import Asked
from app.records.proposals import CurveProposal
from app.workflow.agree import CLINIC_ZONE
from app.workflow.fit import fit_towards
from app.workflow.stratify import strata
from app.workflow.sum_up import Tally, sum_up

TRAINED_SHARE = (2, 3)
"""Of a site's courses the older two thirds make the curve that the newer third tests. A choice."""

FEWEST_SINCE = 200
"""So many courses since a curve was fitted test the curve itself. As many as the newest patients
that tell whether it still holds."""


class CannotCalibrateError(RuntimeError):
    """A curve cannot be calibrated: why, and what to do."""

    def __init__(self, instrument: str, problem: str) -> None:
        self.instrument = instrument
        self.problem = problem
        super().__init__(f"no calibration for {instrument}: {problem}")


@dataclass(frozen=True, slots=True)
class Version:
    """The version that is judged."""

    curve: ReferenceCurve
    curve_id: uuid.UUID | None
    proposal: CurveProposal | None
    """How it was fitted, where it was."""
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """By what a version is tested."""

    way: Way
    curve: ReferenceCurve
    borders: Borders
    split_at: dt.datetime | None
    trained: GrowthParameters | None = None
    trained_courses: int | None = None


def the_version(
    db: DbSession, *, org_id: int, instrument: Instrument, version: str | None
) -> Version:
    """Return the version that is asked about; without one, the curve in force."""
    if not db.info["has_flags"]:
        raise CannotCalibrateError(
            instrument.key, "this installation compares nobody with a curve (SAMKLANG_FLAGS)"
        )
    in_use = curves.in_use(db, org_id=org_id).get(instrument.key)
    wanted = version or (in_use.curve.version if in_use else None)
    if wanted is None:
        raise CannotCalibrateError(
            instrument.key, "no curve is in use; fit one with samklang fit, or add a general one"
        )
    proposal = proposals.of_version(db, org_id=org_id, instrument=instrument.key, version=wanted)
    kept = [
        one
        for one in curves.versions(db, org_id=org_id)
        if (one.curve.instrument_key, one.curve.version) == (instrument.key, wanted)
    ]
    if kept:
        curve, curve_id = kept[-1].curve, kept[-1].id
    elif proposal is not None:
        proposed = curves.as_reference(proposal)
        curve, curve_id = curves.with_strata(db, proposed, org_id=org_id), None
    else:
        raise CannotCalibrateError(
            instrument.key, f"there is no curve {wanted[:40]}; choose one of those in use"
        )
    is_in_force = in_use is not None and in_use.id == curve_id
    return Version(curve, curve_id, proposal, is_in_force=is_in_force)


def asked_of(judged: Version, *, org_id: int, instrument: Instrument) -> Asked:
    """Return which courses a version is about."""
    fitted = judged.proposal
    return Asked(
        org_id=org_id,
        instrument=instrument.key,
        edition=fitted.edition if fitted else instrument.version,
        since=fitted.since if fitted else None,
    )


def plan_for(db: DbSession, judged: Version, asked: Asked, instrument: Instrument) -> Plan:
    """Return by which courses a version is tested, and by which curve."""
    tally = sum_up(db, asked)
    if not tally.fitted.courses:
        raise CannotCalibrateError(
            instrument.key, "no course has a score after the first; wait for more sessions"
        )
    borders = borders_of(tally.fitted.intakes)
    by_day = _by_day(tally)
    fitted = judged.proposal
    if fitted is None:
        return Plan(Way.ALL_COURSES, judged.curve, borders, split_at=None)
    since = sum(n for day, n in by_day.items() if _begin(day) >= fitted.created_at)
    if since >= FEWEST_SINCE:
        return Plan(Way.SINCE_FITTED, judged.curve, borders, split_at=fitted.created_at)
    return _train(db, judged, fitted, tally, split_at=_split(by_day), borders=borders)


def _by_day(tally: Tally) -> Counter[dt.date]:
    """Return how many courses have their earliest score on each day."""
    return Counter(moment_at(began).astimezone(CLINIC_ZONE).date() for began in tally.began)


def _split(by_day: Counter[dt.date]) -> dt.datetime:
    """Return the midnight before which at least two thirds of the courses began."""
    part, of = TRAINED_SHARE
    so_far = 0
    for day in sorted(by_day):
        so_far += by_day[day]
        if of * so_far >= part * by_day.total():
            return _begin(day + dt.timedelta(days=1))
    raise LookupError(by_day.total())


def _begin(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), CLINIC_ZONE).astimezone(dt.UTC)


def _train(
    db: DbSession,
    judged: Version,
    fitted: CurveProposal,
    tally: Tally,
    *,
    split_at: dt.datetime,
    borders: Borders,
) -> Plan:
    """Make a curve in the same way from the older courses alone."""
    older = tally.begun_before(split_at)
    general = (
        curves.of_id(db, org_id=fitted.org_id, curve_id=fitted.general_id)
        if fitted.general_id
        else None
    )
    try:
        check_stage(older.fitted.closed)
        made, shrunken = fit_towards(
            general.parameters if general else None, older.fitted.statistics()
        )
    except (GrowthDataError, NotConvergedError, TooFewCoursesError) as error:
        raise CannotCalibrateError(
            fitted.instrument, f"of the older two thirds of the courses: {error}"
        ) from error
    return Plan(
        Way.OLDER_COURSES,
        replace(
            judged.curve,
            parameters=shrunken.parameters,
            strata=tuple(one.stratum for one in strata(older, whole=shrunken.parameters)),
        ),
        borders,
        split_at=split_at,
        trained=shrunken.parameters,
        trained_courses=made.n_patients,
    )
