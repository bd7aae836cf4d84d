"""Decide about the curve in use: may a general one raise flags, does an own one hold."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.clinical.curves import CurveKind, ReferenceCurve
from app.clinical.rules import Rule
from app.records import audit, curves
from app.records.base import DbSession
from app.records.curves import CurveAcceptance, CurveInUse
from app.records.visibility import Viewer
from app.workflow import access, adopt, track
from app.workflow.access import NotThereError, Role
from app.workflow.refusals import Conflict

__all__ = ["CurveKind", "Rule"]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was last decided about a curve, by whom and when."""

    is_accepted: bool
    at: dt.datetime
    by: str | None
    """Nobody where the program did it, as the site had chosen."""


@dataclass(frozen=True, slots=True)
class CurveStanding:
    """The curve in use for an instrument, and whether it may raise flags."""

    curve: ReferenceCurve
    is_accepted: bool
    decided: Decided | None

    @property
    def needs_acceptance(self) -> bool:
        """Whether somebody has to answer for it: the site's own curves speak for themselves."""
        return self.curve.kind is CurveKind.GENERAL


def curves_in_use(db: DbSession, viewer: Viewer) -> Mapping[str, CurveStanding]:
    """Return the curve in use for each instrument that has one; none where flags are off."""
    if not db.info["has_flags"]:
        return {}
    decisions = {
        row.curve_id: Decided(is_accepted=row.is_accepted, at=row.decided_at, by=name)
        for row, name in curves.decisions(db, org_id=viewer.org_id)
    }
    return {
        key: CurveStanding(found.curve, found.is_accepted, decisions.get(found.id))
        for key, found in curves.in_use(db, org_id=viewer.org_id).items()
    }


def rules_in_force(db: DbSession, viewer: Viewer) -> Sequence[Rule]:
    """Return the rules that raise flags here; none where flags are off."""
    return track.rules_in_force(db, org_id=viewer.org_id) if db.info["has_flags"] else ()


def decide(
    db: DbSession,
    viewer: Viewer,
    *,
    instrument: str,
    version: str,
    is_accepted: bool,
    now: dt.datetime,
) -> None:
    """Write down that a general curve may raise flags from now on, or may no longer.

    ``version`` is the one that was read about: a newer one wants a decision of its own.
    """
    access.check_role(viewer, Role.QUALITY_LEAD)
    audit.take_turn(db)
    found = _in_use(db, viewer, instrument=instrument)
    if found.curve.kind is not CurveKind.GENERAL:
        raise Conflict("curve_needs_no_decision")
    _check_version(found, version)
    if found.is_accepted is is_accepted:
        raise Conflict("curve_decided_already")
    action = "accepted_curve" if is_accepted else "withdrew_curve"
    _write_down(db, viewer, found, action=action, is_accepted=is_accepted, now=now)


def take_out(
    db: DbSession, viewer: Viewer, *, instrument: str, version: str, now: dt.datetime
) -> None:
    """Take a curve of the site's own out of use: the one before it holds again, if there is one.

    What was raised keeps the curve that raised it. New curves wait for a person from now on,
    or the next night could put nearly the same one in force again.
    """
    access.check_role(viewer, Role.QUALITY_LEAD)
    audit.take_turn(db)
    found = _in_use(db, viewer, instrument=instrument)
    if found.curve.kind is not CurveKind.LOCAL:
        raise Conflict("curve_not_own")
    _check_version(found, version)
    _write_down(db, viewer, found, action="took_curve_out", is_accepted=False, now=now)
    adopt.choose(db, viewer, goes_live_alone=False, now=now)


def _in_use(db: DbSession, viewer: Viewer, *, instrument: str) -> CurveInUse:
    found = curves.in_use(db, org_id=viewer.org_id).get(instrument)
    if found is None or not db.info["has_flags"]:
        raise NotThereError
    return found


def _check_version(found: CurveInUse, version: str) -> None:
    if found.curve.version != version:
        raise Conflict("curve_changed", value=version[:40], allowed=found.curve.version)


def _write_down(
    db: DbSession,
    viewer: Viewer,
    found: CurveInUse,
    *,
    action: str,
    is_accepted: bool,
    now: dt.datetime,
) -> None:
    event = access.event_of(
        viewer,
        action,
        now=now,
        ground="quality",
        curve=found.id.hex,
        instrument=found.curve.instrument_key,
        version=found.curve.version,
    )
    sequence = audit.append(db, event)
    curves.add_decision(
        db,
        CurveAcceptance(
            org_id=viewer.org_id,
            curve_id=found.id,
            is_accepted=is_accepted,
            decided_at=now,
            decided_by=viewer.staff_id,
            sequence=sequence,
        ),
    )
