"""The log is checked and read: who did what and when, never about whom."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.records import audit, people
from app.records.audit import ActorKind
from app.records.base import DbSession
from app.records.visibility import Viewer
from app.workflow import access
from app.workflow.administer import ADMINISTERS, check_may_administer

__all__ = ["ActorKind"]

ENTRIES_AT_A_TIME = 100
"""Entries on one page of the log."""


@dataclass(frozen=True, slots=True)
class EntrySeen:
    """An entry of the log as an administrator sees it. It names no patient."""

    sequence: int
    at: dt.datetime
    kind: ActorKind
    who: str | None
    action: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """A part of the log, newest first."""

    entries: Sequence[EntrySeen]
    older: int | None
    """The number before which the next part starts; ``None`` at the beginning of the log."""


@dataclass(frozen=True, slots=True)
class LogCheck:
    """Whether every entry still fits the one before it."""

    entries: int
    head: str
    """The hash of the newest entry, to be kept somewhere else."""
    broken_at: int | None


def read_log(db: DbSession, viewer: Viewer, *, before: int | None) -> LogPage:
    """Return a part of the log of the organization."""
    check_may_administer(viewer)
    rows = audit.newest(db, org_id=viewer.org_id, before=before, most=ENTRIES_AT_A_TIME)
    ids = {row.actor_id for row in rows if row.actor_id is not None}
    names = people.staff_names(db, viewer, staff_ids=ids)
    entries = [
        EntrySeen(
            sequence=row.sequence,
            at=row.at,
            kind=row.actor_kind,
            who=names.get(row.actor_id) if row.actor_id is not None else None,
            action=row.action,
        )
        for row in rows
    ]
    is_more = bool(entries) and entries[-1].sequence > 1
    return LogPage(entries=entries, older=entries[-1].sequence if is_more else None)


def check_log(db: DbSession, viewer: Viewer, *, now: dt.datetime) -> LogCheck:
    """Read the whole log and check that nothing was changed or taken out."""
    check_may_administer(viewer)
    count, broken = audit.verify(db, org_id=viewer.org_id)
    _, head = audit.head(db, org_id=viewer.org_id)
    audit.append(db, access.event_of(viewer, "log_checked", now=now, ground=ADMINISTERS))
    return LogCheck(
        entries=count, head=head, broken_at=broken.sequence if broken is not None else None
    )
