"""Second what somebody asked to share for research, or decline to: never the one who asked."""

import datetime as dt
import uuid
from dataclasses import asdict

from app.clinical import research_rows, written_report, written_research
from app.clinical.research_rows import ResearchDefinition
from app.instruments import Registry
from app.records import audit, research_exports
from app.records.base import DbSession
from app.records.encryption import seal
from app.records.research_exports import ResearchContent, ResearchRequest, ResearchState
from app.records.visibility import Viewer
from app.workflow import access, prove_anew, share
from app.workflow.access import Role
from app.workflow.de_identify import Made, de_identify
from app.workflow.refusals import Conflict, Refusal
from app.workflow.sign import QUALITY
from app.workflow.sign_in import OpenSignIn


def agree_to_share(
    db: DbSession,
    here: OpenSignIn,
    *,
    request_id: uuid.UUID,
    is_confirmed: bool,
    registry: Registry,
    now: dt.datetime,
) -> None:
    """Agree, as the second person: the content is made now, hashed, and stands.

    While it waited nobody could ask for the same courses, so that they leave once.
    """
    viewer = here.viewer
    access.check_role(viewer, Role.QUALITY_LEAD, Role.ADMINISTRATOR)
    audit.take_turn(db)
    row = _waiting(db, here, request_id, now=now)
    if not is_confirmed:
        raise Refusal("research_confirm")
    definition = _definition_now(db, viewer, row, registry=registry)
    made = de_identify(db, definition, org_id=viewer.org_id)
    share.check_may_leave(made, definition)
    written = written_research.text_of(research_rows.exported(definition, made.rows))
    sequence = _log_agreed(db, viewer, row, made, hash_=written_report.hash_of(written), now=now)
    research_exports.add(
        db,
        ResearchContent(
            org_id=viewer.org_id,
            id=row.id,
            written_sealed=seal(db, written, column=share.WRITTEN, row_id=row.id),
            hash=written_report.hash_of(written),
            k=definition.k,
            counts=asdict(made.counts),
            fixed_at=now,
        ),
    )
    share.add_step(db, viewer, row.id, ResearchState.APPROVED, sequence=sequence, now=now)


def decline_to_share(
    db: DbSession, here: OpenSignIn, *, request_id: uuid.UUID, reason: str, now: dt.datetime
) -> None:
    """Say no, as the second person, with the reason."""
    viewer = here.viewer
    access.check_role(viewer, Role.QUALITY_LEAD, Role.ADMINISTRATOR)
    audit.take_turn(db)
    row = _waiting(db, here, request_id, now=now)
    share.end(db, viewer, row, ResearchState.REJECTED, reason=reason, now=now)


def _waiting(
    db: DbSession, here: OpenSignIn, request_id: uuid.UUID, *, now: dt.datetime
) -> ResearchRequest:
    """Return a request that waits for this person's answer."""
    row = share.of_id(db, here.viewer, request_id)
    prove_anew.check_fresh(db, here, now=now)
    state = share.state_of(db, row)
    if state is not ResearchState.ASKED:
        raise Conflict("research_is_over")
    if share.has_expired(row, state, now=now):
        raise Conflict("research_expired", days=share.EXPIRES_AFTER.days)
    if here.viewer.staff_id == row.asked_by:
        raise Conflict("research_second_person")
    return row


def _definition_now(
    db: DbSession, viewer: Viewer, row: ResearchRequest, *, registry: Registry
) -> ResearchDefinition:
    """Return what was asked for, by the site's threshold of now if that is higher."""
    found = registry.instruments.get(row.instrument)
    if row.version != research_rows.VERSION or found is None or found.version != row.edition:
        raise Conflict("research_other_rules")
    return ResearchDefinition(
        version=row.version,
        instrument=row.instrument,
        edition=row.edition,
        first_year=row.first_year,
        last_year=row.last_year,
        k=max(row.k, share.least_alike(db, viewer)),
        has_teams=row.has_teams,
    )


def _log_agreed(
    db: DbSession,
    viewer: Viewer,
    row: ResearchRequest,
    made: Made,
    *,
    hash_: str,
    now: dt.datetime,
) -> int:
    """Write one entry that names all whose courses leave: each of them may ask for their log."""
    event = access.event_of(
        viewer,
        "agreed_to_research",
        now=now,
        ground=QUALITY,
        export=row.id.hex,
        hash=hash_,
        patients=sorted(one.hex for one in made.patient_ids),
    )
    return audit.append(db, event)
