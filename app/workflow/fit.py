"""Fit a curve to the site's own courses, and propose it; a person accepts it, or leaves it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.clinical.curve_comparison import Comparison, compare_curves, together
from app.clinical.curves import CurveKind, GrowthParameters, ReferenceCurve, for_age
from app.clinical.evidence import Evidence
from app.clinical.growth_model import GrowthFit, fit
from app.clinical.growth_statistics import GrowthDataError, GrowthStatistics
from app.clinical.instruments import Instrument, Purpose
from app.clinical.own_curve import (
    NoReachError,
    NotConvergedError,
    Reach,
    Shrunken,
    TooFewCoursesError,
    check_stage,
    reach_of,
    shrink,
)
from app.instruments import Registry
from app.records import audit, curves, organizations, proposals
from app.records.base import DbSession
from app.records.course_scores import Asked
from app.records.curves import CurveInUse
from app.records.engine import Database, enter_organization
from app.records.proposals import CurveProposal
from app.workflow import access
from app.workflow.agree import CLINIC_ZONE
from app.workflow.keep_up import Heard, keep_up
from app.workflow.stratify import Fitted, row_of, strata
from app.workflow.sum_up import Tally


class CannotFitError(RuntimeError):
    """No curve can be proposed for an instrument: why, and what to do."""

    def __init__(self, instrument: str, problem: str) -> None:
        self.instrument = instrument
        self.problem = problem
        super().__init__(f"no curve for {instrument}: {problem}")


@dataclass(frozen=True, slots=True)
class Proposed:
    """What was proposed, for whoever asked for it."""

    curve: ReferenceCurve
    courses: int
    scores: int
    left_out: Mapping[str, int]
    """Courses that were not fitted, by reason."""
    fitted: GrowthFit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A fit that is done, and what it stands on."""

    asked: Asked
    curve: ReferenceCurve
    tally: Tally
    fitted: GrowthFit
    shrunken: Shrunken
    general: CurveInUse | None
    in_force: CurveInUse | None
    bands: Sequence[Fitted]
    """Age bands that have parameters of their own."""
    comparison: Comparison | None
    """Each score beside the curves as they hold for its age band."""
    compared_patients: int
    """One with courses in two age bands counts in both."""


def candidates(database: Database, *, org_id: int, registry: Registry) -> list[Instrument]:
    """Return the outcome forms in use here whose licence allows curves of one's own."""
    with database.reading() as db:
        enter_organization(db, org_id=org_id)
        used = organizations.instruments_in_use(db, org_id=org_id)
    known = (registry.instruments.get(key) for key in sorted(used))
    return [
        one
        for one in known
        if one and one.purpose is Purpose.OUTCOME and one.licence.allows_local_curves
    ]


def propose(
    database: Database,
    *,
    org_id: int,
    instrument: Instrument,
    since: dt.date | None,
    now: dt.datetime,
    heard: Heard = lambda _, __: None,
) -> Proposed:
    """Fit the stored courses on an instrument and keep the result as a proposal."""
    if not instrument.licence.allows_local_curves:
        raise CannotFitError(
            instrument.key,
            "its licence may forbid curves from a site's own patients, and the program makes none",
        )
    asked = Asked(
        org_id=org_id, instrument=instrument.key, edition=instrument.version, since=_begin(since)
    )
    if not database.has_flags:
        raise CannotFitError(
            instrument.key, "this installation compares nobody with a curve (SAMKLANG_FLAGS)"
        )
    tally = keep_up(database, asked, heard=heard)
    with database.reading() as db:
        enter_organization(db, org_id=org_id)
        work = _work_out(db, asked, tally, instrument)
    with database.writing() as db:
        enter_organization(db, org_id=org_id)
        curve = _store(db, work, now=now)
    return Proposed(
        curve=curve,
        courses=work.fitted.n_patients,
        scores=work.fitted.n_scores,
        left_out=work.tally.left_out(),
        fitted=work.fitted,
    )


def _begin(day: dt.date | None) -> dt.datetime | None:
    if day is None:
        return None
    return dt.datetime.combine(day, dt.time(), CLINIC_ZONE).astimezone(dt.UTC)


def _work_out(db: DbSession, asked: Asked, tally: Tally, instrument: Instrument) -> _Work:
    kept = [one for one in curves.versions(db, org_id=asked.org_id) if not one.is_taken_out]
    own = [one for one in kept if one.curve.instrument_key == instrument.key]
    general = [one for one in own if one.curve.kind is CurveKind.GENERAL]
    try:
        check_stage(tally.fitted.closed)
        fitted, shrunken = fit_towards(
            general[-1].curve.parameters if general else None, tally.fitted.statistics()
        )
        reach = reach_of(intakes=tally.fitted.intakes, patients_at=tally.fitted.patients_at())
    except (GrowthDataError, NoReachError, NotConvergedError, TooFewCoursesError) as error:
        raise CannotFitError(instrument.key, str(error)) from error
    in_force = own[-1] if own else None
    bands = list(strata(tally, whole=shrunken.parameters))
    curve = _curve(
        db,
        asked,
        tally,
        shrunken=shrunken,
        reach=reach,
        in_force=in_force.curve if in_force else None,
    )
    curve = replace(curve, strata=tuple(one.stratum for one in bands))
    comparison, compared_patients = _compared(
        tally,
        curve,
        in_force.curve if in_force else None,
        scale=(instrument.scoring.lowest, instrument.scoring.highest),
    )
    return _Work(
        asked=asked,
        curve=curve,
        tally=tally,
        fitted=fitted,
        shrunken=shrunken,
        general=general[-1] if general else None,
        in_force=in_force,
        bands=bands,
        comparison=comparison,
        compared_patients=compared_patients,
    )


def _compared(
    tally: Tally, curve: ReferenceCurve, now: ReferenceCurve | None, *, scale: tuple[int, int]
) -> tuple[Comparison | None, int]:
    """Return how both curves do on the same patients, and on how many."""
    by_band = tally.bands()
    comparison = together(
        compare_curves(
            part.score_counts(),
            now=for_age(now, band) if now else None,
            proposed=for_age(curve, band),
            scale=scale,
        )
        for band, part in by_band.items()
    )
    patients = sum(
        part.patients_within(_common(for_age(curve, band), for_age(now, band) if now else None))
        for band, part in by_band.items()
    )
    return comparison, patients


def fit_towards(
    general: GrowthParameters | None, statistics: GrowthStatistics
) -> tuple[GrowthFit, Shrunken]:
    """Return the fit of some courses, and what it is once drawn towards the general curve."""
    fitted = fit(statistics, center=general.center if general else None)
    return fitted, shrink(fitted, general=general)


def _curve(
    db: DbSession,
    asked: Asked,
    tally: Tally,
    *,
    shrunken: Shrunken,
    reach: Reach,
    in_force: ReferenceCurve | None,
) -> ReferenceCurve:
    (here,) = (one for one in organizations.every_one(db) if one.id == asked.org_id)
    source = "Fitted by restricted maximum likelihood to the courses of this service's own patients"
    if shrunken.weight < 1:
        source += ", and drawn towards the general curve"
    change = in_force.reliable_change if in_force else None
    if change is not None and in_force is not None:
        source += f"; the reliable-change value is that of curve {in_force.version}"
    return ReferenceCurve(
        instrument_key=asked.instrument,
        kind=CurveKind.LOCAL,
        version="proposed",
        parameters=shrunken.parameters,
        lowest_intake=reach.lowest_intake,
        highest_intake=reach.highest_intake,
        first_session=reach.first_session,
        last_session=reach.last_session,
        reliable_change=change,
        source=f"{source}.",
        evidence=Evidence.SYNTHETIC if here.is_synthetic else Evidence.COMPUTED,
        n_patients=tally.fitted.patients,
    )


def _common(curve: ReferenceCurve, other: ReferenceCurve | None) -> Reach:
    """Return where both curves hold."""
    other = other or curve
    return Reach(
        lowest_intake=max(curve.lowest_intake, other.lowest_intake),
        highest_intake=min(curve.highest_intake, other.highest_intake),
        first_session=max(curve.first_session, other.first_session),
        last_session=min(curve.last_session, other.last_session),
    )


def _store(db: DbSession, work: _Work, *, now: dt.datetime) -> ReferenceCurve:
    audit.take_turn(db)
    before = proposals.made(db, org_id=work.asked.org_id).get(work.asked.instrument, 0)
    curve = replace(work.curve, version=f"own-{before + 1}")
    sequence = audit.append(
        db,
        access.event_of(
            access.the_program(db),
            "proposed_curve",
            now=now,
            ground="program",
            instrument=curve.instrument_key,
            version=curve.version,
            patients=work.tally.fitted.patients,
        ),
    )
    proposals.add(db, _row(work, curve, sequence=sequence, now=now))
    for one in work.bands:
        proposals.add(
            db,
            row_of(
                one,
                org_id=work.asked.org_id,
                instrument=curve.instrument_key,
                version=curve.version,
            ),
        )
    return curve


def _row(work: _Work, curve: ReferenceCurve, *, sequence: int, now: dt.datetime) -> CurveProposal:
    fitted, tally, compared = work.fitted, work.tally, work.comparison
    current = compared.now if compared else None
    return CurveProposal(
        **curves.numbers_of(curve),
        org_id=work.asked.org_id,
        created_at=now,
        edition=work.asked.edition,
        text_versions=sorted(tally.text_versions),
        since=work.asked.since,
        first_at=tally.first_at or now,
        last_at=tally.last_at or now,
        courses=fitted.n_patients,
        closed_courses=tally.fitted.closed,
        scores=fitted.n_scores,
        left_out=work.tally.left_out(),
        fitted={name: getattr(fitted.parameters, name) for name in fitted.parameters.__slots__},
        covariance=[list(row) for row in fitted.covariance],
        log_likelihood=fitted.log_likelihood,
        is_boundary=fitted.is_boundary,
        is_converged=fitted.is_converged,
        general_id=work.general.id if work.general else None,
        own_weight=work.shrunken.weight,
        compared_with=work.in_force.id if work.in_force else None,
        compared_patients=work.compared_patients,
        compared_scores=compared.n_scores if compared else 0,
        inside_now=current.n_inside if current else None,
        inside_proposed=compared.proposed.n_inside if compared else None,
        error_now=current.mean_error if current else None,
        error_proposed=compared.proposed.mean_error if compared else None,
        sequence=sequence,
    )
