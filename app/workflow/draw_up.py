"""Draw up a report: figures after control, checked against all that is out, kept as a draft."""

import datetime as dt
import uuid
from dataclasses import dataclass

from app.clinical.report import Step
from app.clinical.report_layout import PeriodError, parts_of
from app.instruments import Registry
from app.records import audit
from app.records.base import DbSession
from app.records.visibility import Viewer
from app.workflow import access, release, settle, sign
from app.workflow.access import Role
from app.workflow.refusals import Conflict, Refusal
from app.workflow.release import Asked

__all__ = ["Asked", "Step"]


@dataclass(frozen=True, slots=True)
class DrawnUp:
    """The draft, or the draft or release that answered the same question before."""

    release_id: uuid.UUID
    is_new: bool


def draw_up(
    db: DbSession,
    viewer: Viewer,
    *,
    asked: Asked,
    registry: Registry,
    is_anew: bool = False,
    now: dt.datetime,
) -> DrawnUp:
    """Return a draft of a report, or the one in force that is about the same.

    With ``is_anew`` a draft is drawn up that takes the place of the one in force. A draft
    that lies open, and has been checked against all that is out, is the answer again: two
    of them, some days apart, could tell on whoever ended between. A report that was made by
    other choices than hold now is about something else.
    """
    access.check_role(viewer, Role.QUALITY_LEAD)
    # Nothing may be signed between the look at what is out and the draft.
    audit.take_turn(db)
    first, last = _days(asked)
    out = sign.reports_out(db, viewer)
    linked = release.linked(out, instrument=asked.instrument, year=asked.first.year)
    wishes = settle.beside(settle.wishes_of(db, viewer), [one.definition for one in linked])
    before = sign.in_force(db, viewer, instrument=asked.instrument, first=first, last=last)
    if before is not None and not is_anew:
        if sign.wishes_of(db, viewer, before) != wishes:
            raise Conflict("release_other_choices")
        return DrawnUp(before, is_new=False)
    lies_open = sign.open_draft(
        db,
        viewer,
        instrument=asked.instrument,
        days=(first, last),
        wishes=wishes,
        supersedes=before,
    )
    if lies_open is not None:
        return DrawnUp(lies_open, is_new=False)
    drafted = release.draft(
        db, viewer, asked=asked, registry=registry, earlier=out, wishes=wishes, now=now
    )
    found = sign.keep_draft(db, viewer, drafted=drafted, supersedes=before, now=now)
    return DrawnUp(found, is_new=True)


def _days(asked: Asked) -> tuple[dt.date, dt.date]:
    try:
        parts = parts_of(asked.first, whole=asked.whole, step=asked.whole)
    except PeriodError as error:
        raise Refusal("report_first_day", value=asked.first.isoformat()) from error
    return parts[0].first, parts[-1].last
