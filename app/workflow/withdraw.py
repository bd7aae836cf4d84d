"""Withdraw a release openly: it stays to be read, says why, and counts as out for ever."""

import datetime as dt
import uuid

from app.records import audit, releases
from app.records.base import DbSession, new_id
from app.records.encryption import seal
from app.records.releases import ReleaseState, ReleaseStep
from app.workflow import access, prove_anew, sign
from app.workflow.access import Role
from app.workflow.refusals import Conflict, Refusal
from app.workflow.sign_in import OpenSignIn

LONGEST_REASON = 1000
"""Characters."""

REASON = "figure_release_step.reason"
"""Where the reason stands, for its seal."""


def withdraw(
    db: DbSession, here: OpenSignIn, *, release_id: uuid.UUID, reason: str, now: dt.datetime
) -> None:
    """Withdraw a release, or give up a draft, with the reason."""
    viewer = here.viewer
    access.check_role(viewer, Role.QUALITY_LEAD)
    audit.take_turn(db)
    row = sign.of_id(db, viewer, release_id)
    prove_anew.check_fresh(db, here, now=now)
    why = reason.strip()
    if not why:
        raise Refusal("reason_missing")
    if len(why) > LONGEST_REASON:
        raise Refusal("reason_too_long", value=str(len(why)), allowed=str(LONGEST_REASON))
    if sign.state_of(db, viewer, row.id) is ReleaseState.WITHDRAWN:
        raise Conflict("release_withdrawn_already")
    event = access.event_of(
        viewer, "withdrew_release", now=now, ground=sign.QUALITY, release=row.id.hex, hash=row.hash
    )
    sequence, step_id = audit.append(db, event), new_id()
    releases.add_step(
        db,
        ReleaseStep(
            org_id=viewer.org_id,
            id=step_id,
            release_id=row.id,
            state=ReleaseState.WITHDRAWN,
            done_at=now,
            done_by=viewer.staff_id,
            reason_sealed=seal(db, why, column=REASON, row_id=step_id),
            sequence=sequence,
        ),
    )
