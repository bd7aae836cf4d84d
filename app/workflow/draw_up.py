"""Draw up a report: figures after control, checked against all that is out, kept as a draft."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.clinical.report import Report, Step
from app.clinical.report_layout import PeriodError, parts_of
from app.instruments import Registry
from app.records import audit, releases
from app.records.base import DbSession
from app.records.engine import Database, enter_organization
from app.records.visibility import Viewer
from app.workflow import access, release, settle, sign
from app.workflow.access import Role
from app.workflow.refusals import Conflict, Refusal
from app.workflow.release import Asked
from app.workflow.settle import Wishes

__all__ = ["Asked", "Step"]


@dataclass(frozen=True, slots=True)
class DrawnUp:
    """The draft, or the draft or release that answered the same question before."""

    release_id: uuid.UUID
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What a report is drawn up beside."""

    answer: uuid.UUID | None
    """What answers the question already; nothing is drawn up then."""
    before: uuid.UUID | None
    """The report in force that the new one would take the place of."""
    wishes: Wishes
    out: Sequence[Report]
    checked_to: int
    """The last signature of which the report is out; of a later one it knows nothing."""


def draw_up(
    database: Database,
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

    To find out what may be shown takes long in a large service. So it is done while others
    write: a draft beside which something was signed meanwhile is overtaken, and cannot be.
    """
    access.check_role(viewer, Role.QUALITY_LEAD)
    with database.writing() as db:
        enter_organization(db, org_id=viewer.org_id)
        look = _look(db, viewer, asked=asked, is_anew=is_anew)
        if look.answer is not None:
            return DrawnUp(look.answer, is_new=False)
        gathered = release.gather(
            db,
            viewer,
            asked=asked,
            registry=registry,
            earlier=look.out,
            wishes=look.wishes,
            now=now,
        )
    drafted = release.draft(gathered)
    with database.writing() as db:
        enter_organization(db, org_id=viewer.org_id)
        # Whoever asks the same at the same time gets the same draft.
        audit.take_turn(db)
        answer = _look(db, viewer, asked=asked, is_anew=is_anew).answer
        if answer is not None:
            return DrawnUp(answer, is_new=False)
        found = sign.keep_draft(
            db,
            viewer,
            drafted=drafted,
            supersedes=look.before,
            checked_to=look.checked_to,
            now=now,
        )
    return DrawnUp(found, is_new=True)


def _look(db: DbSession, viewer: Viewer, *, asked: Asked, is_anew: bool) -> _Look:
    # Before the reports themselves: what is signed in between has then overtaken the draft.
    checked_to = releases.last_signature(db, org_id=viewer.org_id)
    first, last = _days(asked)
    out = sign.reports_out(db, viewer)
    linked = release.linked(out, instrument=asked.instrument, year=asked.first.year)
    wishes = settle.beside(settle.wishes_of(db, viewer), [one.definition for one in linked])
    before = sign.in_force(db, viewer, instrument=asked.instrument, first=first, last=last)
    answer = None if is_anew else before
    if answer is not None and sign.wishes_of(db, viewer, answer) != wishes:
        raise Conflict("release_other_choices")
    if answer is None:
        answer = sign.open_draft(
            db,
            viewer,
            instrument=asked.instrument,
            days=(first, last),
            wishes=wishes,
            supersedes=before,
        )
    return _Look(answer=answer, before=before, wishes=wishes, out=out, checked_to=checked_to)


def _days(asked: Asked) -> tuple[dt.date, dt.date]:
    try:
        parts = parts_of(asked.first, whole=asked.whole, step=asked.whole)
    except PeriodError as error:
        raise Refusal("report_first_day", value=asked.first.isoformat()) from error
    return parts[0].first, parts[-1].last
