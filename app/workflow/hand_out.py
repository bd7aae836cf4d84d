"""Hand out an export for research as a file; each time is in the log."""

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import Enum

from app.clinical.research_rows import ResearchExport
from app.records import audit, people, research_exports
from app.records.base import DbSession
from app.records.research_exports import ResearchState
from app.workflow import access, prove_anew, share, show_shared
from app.workflow.access import Role
from app.workflow.refusals import Conflict
from app.workflow.sign import QUALITY
from app.workflow.sign_in import OpenSignIn


class ResearchFile(Enum):
    """A file of an export, by what stands for it in an address."""

    CSV = "csv"
    PARQUET = "parquet"
    CODEBOOK = "codebook"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOut:
    """An export, to be written to a file."""

    id: uuid.UUID
    hash: str
    organization: str
    project: str
    export: ResearchExport


def hand_out(
    db: DbSession,
    here: OpenSignIn,
    *,
    request_id: uuid.UUID,
    kind: ResearchFile,
    now: dt.datetime,
) -> HandedOut:
    """Return what was agreed to, and log who took it out."""
    viewer = here.viewer
    access.check_role(viewer, Role.QUALITY_LEAD)
    audit.take_turn(db)
    row = share.of_id(db, viewer, request_id)
    prove_anew.check_fresh(db, here, now=now)
    content = research_exports.content_of(db, org_id=viewer.org_id, request_id=row.id)
    if content is None or share.state_of(db, row) is not ResearchState.APPROVED:
        raise Conflict("research_not_agreed")
    found = show_shared.export_in(db, content)
    event = access.event_of(
        viewer,
        "took_out_research",
        now=now,
        ground=QUALITY,
        export=row.id.hex,
        hash=content.hash,
        form=kind.value,
    )
    sequence = audit.append(db, event)
    share.add_step(
        db,
        viewer,
        row.id,
        ResearchState.TAKEN_OUT,
        sequence=sequence,
        now=now,
        form=kind.value,
    )
    return HandedOut(
        id=row.id,
        hash=content.hash,
        organization=people.organization(db, org_id=viewer.org_id).name,
        project=show_shared.project_of(db, row),
        export=found,
    )
