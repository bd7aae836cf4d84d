"""Recount to a patient who has seen or changed what is kept about them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.records import audit, people
from app.records.audit import ActorKind
from app.records.base import DbSession
from app.records.visibility import Viewer
from app.workflow import access, find
from app.workflow.find import Person

__all__ = ["ActorKind", "Person"]

ENTRIES_AT_A_TIME = 100
"""Entries on one page."""


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody saw or changed something about a patient."""

    at: dt.datetime
    kind: ActorKind
    who: str | None
    """A member of staff; ``None`` for a tablet or the program."""
    action: str


@dataclass(frozen=True, slots=True)
class Looks:
    """A part of what was seen and changed, newest first."""

    person: Person
    entries: Sequence[Look]
    older: int | None
    """The number before which the next part starts; ``None`` when there is no more."""


def looks_at(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    before: int | None,
    now: dt.datetime,
) -> Looks:
    """Return who has seen or changed what about a patient, this look included."""
    patient = access.see_patient(db, viewer, patient_id=patient_id, action="saw_log", now=now)
    rows = audit.entries_about(
        db, org_id=viewer.org_id, patient_id=patient_id, before=before, most=ENTRIES_AT_A_TIME + 1
    )
    shown = rows[:ENTRIES_AT_A_TIME]
    names = people.staff_names(
        db, viewer, staff_ids={row.actor_id for row in shown if row.actor_id}
    )
    entries = [
        Look(
            at=row.at,
            kind=row.actor_kind,
            who=names.get(row.actor_id) if row.actor_id is not None else None,
            action=row.action,
        )
        for row in shown
    ]
    is_more = len(rows) > ENTRIES_AT_A_TIME
    return Looks(find.person(db, patient), entries, shown[-1].sequence if is_more else None)
