"""Adopt a curve that was fitted to the site's own patients.

A person puts it in force. Where the quality lead has chosen so, the program does when the curve
passes the checks.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.clinical.curve_checks import (
    FEWEST_PATIENTS,
    HIGHEST_INSIDE,
    LOWEST_INSIDE,
    Failing,
    Findings,
    failing,
)
from app.clinical.curves import ReferenceCurve
from app.clinical.instruments import Instrument
from app.records import audit, curves, proposals
from app.records.base import DbSession
from app.records.curves import CurveAcceptance, CurveInUse
from app.records.proposals import CurveChoice, CurveProposal
from app.records.visibility import Viewer
from app.workflow import access, appraise
from app.workflow.access import NotThereError, Role
from app.workflow.refusals import Conflict

__all__ = ["FEWEST_PATIENTS", "HIGHEST_INSIDE", "LOWEST_INSIDE", "Failing"]


@dataclass(frozen=True, slots=True)
class Held:
    """How a curve held on the scores that were compared."""

    inside_share: float
    """Of scores inside its 80 % band, 0 to 1."""
    mean_error: float
    """Mean distance of a score from what was expected, in points."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The curve that was in force and the proposed one, beside the same scores."""

    patients: int
    scores: int
    version_now: str | None
    now: Held | None
    proposed: Held


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalSeen:
    """What was proposed last, and what it stands on."""

    curve: ReferenceCurve
    is_in_force: bool
    is_taken_out: bool
    """Whether it was in force until somebody took it out of use."""
    made_at: dt.datetime
    edition: int
    text_versions: Sequence[str]
    since: dt.datetime | None
    first_at: dt.datetime
    last_at: dt.datetime
    courses: int
    closed_courses: int
    scores: int
    left_out: Mapping[str, int | None]
    """Courses that were not fitted, by reason; missing where it would be about too few."""
    fitted: Mapping[str, float]
    log_likelihood: float
    is_boundary: bool
    general_version: str | None
    own_weight: float
    beside: Beside | None
    """Missing where too few patients could be compared."""
    failing: Sequence[Failing]
    """The checks that it does not pass, by which it could go live by itself."""
    goes_live_alone: bool
    """Whether the site has chosen that curves which pass them do."""
    fewest: int
    """What is about fewer is not told."""


def proposal(db: DbSession, viewer: Viewer, *, instrument: str) -> ProposalSeen | None:
    """Return what was proposed last for an instrument; only a quality lead is shown it."""
    if not db.info["has_flags"] or not viewer.has(Role.QUALITY_LEAD):
        return None
    row = proposals.newest(db, org_id=viewer.org_id, instrument=instrument)
    if row is None:
        return None
    adopted = _adopted(db, viewer, row)
    return ProposalSeen(
        curve=curves.with_strata(db, curves.as_reference(row), org_id=viewer.org_id),
        is_in_force=adopted is not None and not adopted.is_taken_out,
        is_taken_out=adopted is not None and adopted.is_taken_out,
        made_at=row.created_at,
        edition=row.edition,
        text_versions=row.text_versions,
        since=row.since,
        first_at=row.first_at,
        last_at=row.last_at,
        courses=row.courses,
        closed_courses=row.closed_courses,
        scores=row.scores,
        left_out={
            reason: n if n == 0 or appraise.may_show(n) else None
            for reason, n in row.left_out.items()
        },
        fitted=row.fitted,
        log_likelihood=row.log_likelihood,
        is_boundary=row.is_boundary,
        general_version=_version(db, viewer, row.general_id),
        own_weight=row.own_weight,
        beside=_beside(db, viewer, row),
        failing=_failing(db, row),
        goes_live_alone=goes_live_alone(db, viewer),
        fewest=appraise.FEWEST_PATIENTS,
    )


def adopt(
    db: DbSession, viewer: Viewer, *, instrument: Instrument, version: str, now: dt.datetime
) -> None:
    """Put a proposed curve in force from now on; flags that were raised keep their own.

    ``version`` is the one that was read about: a newer one wants a decision of its own.
    """
    access.check_role(viewer, Role.QUALITY_LEAD)
    if not db.info["has_flags"]:
        raise NotThereError
    audit.take_turn(db)
    found = proposals.newest(db, org_id=viewer.org_id, instrument=instrument.key)
    if found is None:
        raise Conflict("nothing_proposed")
    if not instrument.licence.allows_local_curves:
        raise Conflict("no_own_curves")
    if found.version != version:
        raise Conflict("proposal_changed", value=version[:40], allowed=found.version)
    if _adopted(db, viewer, found) is not None:
        raise Conflict("curve_decided_already")
    _put_in_force(db, viewer, found, ground="quality", now=now)


def adopt_alone(db: DbSession, *, instrument: Instrument, now: dt.datetime) -> str | None:
    """Put the newest proposal in force if the site chose so and it passes; return its version.

    The log tells that the program did it, and the figures on which it did.
    """
    audit.take_turn(db)
    program = access.the_program(db)
    found = proposals.newest(db, org_id=program.org_id, instrument=instrument.key)
    may_be = db.info["has_flags"] and instrument.licence.allows_local_curves
    if found is None or not may_be or not goes_live_alone(db, program):
        return None
    if _adopted(db, program, found) is not None or _failing(db, found):
        return None
    _put_in_force(
        db,
        program,
        found,
        ground="program",
        now=now,
        patients=found.compared_patients,
        scores=found.compared_scores,
        inside=found.inside_proposed,
    )
    return found.version


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the site has chosen about curves that pass the checks."""

    goes_live_alone: bool
    at: dt.datetime
    by: str


def chosen(db: DbSession, viewer: Viewer) -> Chosen | None:
    """Return the site's choice; where there is none, every curve waits for a person."""
    found = proposals.choice(db, org_id=viewer.org_id)
    return found and Chosen(found[0].goes_live, found[0].decided_at, found[1])


def goes_live_alone(db: DbSession, viewer: Viewer) -> bool:
    """Return whether a proposed curve goes live by itself here when it passes the checks."""
    choice = chosen(db, viewer)
    return choice is not None and choice.goes_live_alone


def choose(db: DbSession, viewer: Viewer, *, goes_live_alone: bool, now: dt.datetime) -> None:
    """Decide whether curves that pass the checks go live by themselves, or wait for a person."""
    access.check_role(viewer, Role.QUALITY_LEAD)
    if not db.info["has_flags"]:
        raise NotThereError
    audit.take_turn(db)
    before = chosen(db, viewer)
    if (before is not None and before.goes_live_alone) is goes_live_alone:
        return
    action = "let_curves_go_live" if goes_live_alone else "let_curves_wait"
    sequence = audit.append(db, access.event_of(viewer, action, now=now, ground="quality"))
    proposals.add(
        db,
        CurveChoice(
            org_id=viewer.org_id,
            goes_live=goes_live_alone,
            decided_at=now,
            decided_by=viewer.staff_id,
            sequence=sequence,
        ),
    )


def _put_in_force(
    db: DbSession,
    viewer: Viewer,
    found: CurveProposal,
    *,
    ground: str,
    now: dt.datetime,
    **figures: object,
) -> None:
    event = access.event_of(
        viewer,
        "adopted_curve",
        now=now,
        ground=ground,
        proposal=found.id.hex,
        instrument=found.instrument,
        version=found.version,
    )
    sequence = audit.append(db, replace(event, details={**event.details, **figures}))
    curve_id = curves.add(db, curves.as_reference(found), org_id=viewer.org_id, now=now)
    curves.add_decision(
        db,
        CurveAcceptance(
            org_id=viewer.org_id,
            curve_id=curve_id,
            is_accepted=True,
            decided_at=now,
            decided_by=viewer.staff_id,
            sequence=sequence,
        ),
    )


def _failing(db: DbSession, row: CurveProposal) -> Sequence[Failing]:
    in_force = curves.in_use(db, org_id=row.org_id).get(row.instrument)
    return failing(
        Findings(
            is_converged=row.is_converged,
            patients=row.compared_patients,
            scores=row.compared_scores,
            is_beside_the_one_in_force=row.compared_with == (in_force.id if in_force else None),
            inside=row.inside_proposed,
            error=row.error_proposed,
            error_now=row.error_now,
        )
    )


def _adopted(db: DbSession, viewer: Viewer, found: CurveProposal) -> CurveInUse | None:
    """Return the curve that a proposal became, also when it has been taken out of use since."""
    return next(
        (
            kept
            for kept in curves.versions(db, org_id=viewer.org_id)
            if kept.curve.instrument_key == found.instrument and kept.curve.version == found.version
        ),
        None,
    )


def _version(db: DbSession, viewer: Viewer, curve_id: uuid.UUID | None) -> str | None:
    if curve_id is None:
        return None
    found = curves.of_id(db, org_id=viewer.org_id, curve_id=curve_id)
    return found.version if found else None


def _beside(db: DbSession, viewer: Viewer, row: CurveProposal) -> Beside | None:
    proposed = _held(row.inside_proposed, row.error_proposed, scores=row.compared_scores)
    if proposed is None or not appraise.may_show(row.compared_patients):
        return None
    return Beside(
        patients=row.compared_patients,
        scores=row.compared_scores,
        version_now=_version(db, viewer, row.compared_with),
        now=_held(row.inside_now, row.error_now, scores=row.compared_scores),
        proposed=proposed,
    )


def _held(inside: int | None, error: float | None, *, scores: int) -> Held | None:
    if inside is None or error is None:
        return None
    return Held(inside_share=inside / scores, mean_error=error)
