"""Take a signed release out of the house as a file; each time is in the log."""

import datetime as dt
import uuid
from enum import Enum

from app.records import audit
from app.records.base import DbSession
from app.records.releases import ReleaseState
from app.workflow import access, present, prove_anew, sign
from app.workflow.access import Role
from app.workflow.present import ReleaseSeen
from app.workflow.refusals import Conflict
from app.workflow.sign_in import OpenSignIn


class FileKind(Enum):
    """A way out, by the ending of its file."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    FHIR = "fhir"


def take_out(
    db: DbSession, here: OpenSignIn, *, release_id: uuid.UUID, kind: FileKind, now: dt.datetime
) -> ReleaseSeen:
    """Return a release in force, to be written to a file, and log who took it."""
    viewer = here.viewer
    access.check_role(viewer, Role.QUALITY_LEAD)
    seen = present.see_release(db, viewer, release_id=release_id)
    prove_anew.check_fresh(db, here, now=now)
    if seen.state is not ReleaseState.SIGNED:
        raise Conflict("release_not_in_force")
    event = access.event_of(
        viewer,
        "downloaded_release",
        now=now,
        ground=sign.QUALITY,
        release=seen.id.hex,
        hash=seen.hash,
        form=kind.value,
    )
    audit.append(db, event)
    return seen
