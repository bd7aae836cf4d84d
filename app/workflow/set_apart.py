"""Set courses apart that a version of a curve has not seen, so that it can be tested by them."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.clinical.ages import AgeBand
from app.clinical.calibration import Borders, borders_of
from app.clinical.course_sums import CourseSums, statistics_by_group
from app.clinical.curves import GrowthParameters, ReferenceCurve
from app.clinical.growth_statistics import GrowthDataError, merge
from app.clinical.instruments import Instrument, Tenths
from app.clinical.own_curve import (
    NotConvergedError,
    TooFewCoursesError,
    check_stage,
)
from app.records import course_scores, curves, proposals
from app.records.base import DbSession
from app.records.calibrations import Way
from app.records.course_scores import Asked, Standing
from app.records.proposals import CurveProposal
from app.workflow.agree import CLINIC_ZONE
from app.workflow.fit import fit_towards
from app.workflow.stratify import strata
from app.workflow.sum_up import Tally

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


@dataclass(frozen=True, slots=True)
class _Before:
    """The courses there are, before any is tested."""

    by_day: Counter[dt.date]
    intakes: Counter[Tenths]

    @property
    def courses(self) -> int:
        return self.by_day.total()


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
    before = _look_before(db, asked)
    if not before.courses:
        raise CannotCalibrateError(
            instrument.key, "no course has a score after the first; wait for more sessions"
        )
    borders = borders_of(before.intakes)
    fitted = judged.proposal
    if fitted is None:
        return Plan(Way.ALL_COURSES, judged.curve, borders, split_at=None)
    since = sum(n for day, n in before.by_day.items() if _begin(day) >= fitted.created_at)
    if since >= FEWEST_SINCE:
        return Plan(Way.SINCE_FITTED, judged.curve, borders, split_at=fitted.created_at)
    return _train(db, judged, fitted, asked, split_at=_split(before), borders=borders)


def _look_before(db: DbSession, asked: Asked) -> _Before:
    by_day: Counter[dt.date] = Counter()
    intakes: Counter[Tenths] = Counter()
    for course in course_scores.courses(db, asked):
        if course.standing is Standing.FITTED:
            by_day[course.first_at.astimezone(CLINIC_ZONE).date()] += 1
            intakes[course.scores[0][1]] += 1
    return _Before(by_day=by_day, intakes=intakes)


def _split(before: _Before) -> dt.datetime:
    """Return the midnight before which at least two thirds of the courses began."""
    part, of = TRAINED_SHARE
    so_far = 0
    for day in sorted(before.by_day):
        so_far += before.by_day[day]
        if of * so_far >= part * before.courses:
            return _begin(day + dt.timedelta(days=1))
    raise LookupError(before.courses)


def _begin(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), CLINIC_ZONE).astimezone(dt.UTC)


def _train(
    db: DbSession,
    judged: Version,
    fitted: CurveProposal,
    asked: Asked,
    *,
    split_at: dt.datetime,
    borders: Borders,
) -> Plan:
    """Make a curve in the same way from the older courses alone."""
    tally = Tally(in_all=0)
    statistics = statistics_by_group(_older(db, asked, tally, until=split_at))
    general = (
        curves.of_id(db, org_id=asked.org_id, curve_id=fitted.general_id)
        if fitted.general_id
        else None
    )
    try:
        check_stage(tally.closed)
        made, shrunken = fit_towards(
            general.parameters if general else None, merge(*statistics.values())
        )
    except (GrowthDataError, NotConvergedError, TooFewCoursesError) as error:
        raise CannotCalibrateError(
            asked.instrument, f"of the older two thirds of the courses: {error}"
        ) from error
    return Plan(
        Way.OLDER_COURSES,
        replace(
            judged.curve,
            parameters=shrunken.parameters,
            strata=tuple(
                one.stratum for one in strata(statistics, tally, whole=shrunken.parameters)
            ),
        ),
        borders,
        split_at=split_at,
        trained=shrunken.parameters,
        trained_courses=made.n_patients,
    )


def _older(
    db: DbSession, asked: Asked, tally: Tally, *, until: dt.datetime
) -> Iterator[tuple[AgeBand | None, CourseSums]]:
    for course in course_scores.courses(db, asked):
        if course.standing is Standing.FITTED and course.first_at < until:
            sums = tally.add(course)
            if sums is not None:
                yield sums
