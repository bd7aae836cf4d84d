"""Watch how far a form has come on a tablet: counts, never marks."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.records import tablets, visits
from app.records.base import DbSession
from app.records.encryption import unseal
from app.records.tablets import Slot, Visit, VisitState
from app.records.visibility import Viewer
from app.workflow import access, find
from app.workflow.access import NotThereError

__all__ = ["Slot", "VisitState"]

SHOWN_FOR = dt.timedelta(hours=3)
"""How long the clinician's page tells what became of a form."""


@dataclass(frozen=True, slots=True)
class VisitNow:
    """How far a form has come: a count, never a mark."""

    visit_id: uuid.UUID
    patient_id: uuid.UUID
    state: VisitState
    is_expired: bool
    slot: Slot
    instrument: str
    room: str | None
    code: str | None = field(repr=False)
    set_count: int
    item_count: int
    created_at: dt.datetime
    changed_at: dt.datetime
    expires_at: dt.datetime

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or is being filled in, so that it can still be cancelled."""
        return self.state in tablets.ON_SCREEN and not self.is_expired


@dataclass(frozen=True, slots=True)
class News:
    """Whether a page about a patient is up to date, and how far its forms have come."""

    tag: str
    """Changes when something is stored about the patient or a form comes further."""
    visits: Sequence[VisitNow]


def visit_now(
    db: DbSession, viewer: Viewer, *, visit_id: uuid.UUID, now: dt.datetime
) -> tuple[find.Person, VisitNow]:
    """Return one visit with its patient, and write down that it was seen."""
    visit = visits.visit(db, viewer, visit_id=visit_id)
    if visit is None:
        raise NotThereError(
            access.event_of(viewer, "refused", now=now, ground="none", asked_for=visit_id.hex)
        )
    patient = access.see_patient(
        db, viewer, patient_id=visit.patient_id, action="saw_visit", now=now
    )
    rows = visits.visits_since(db, viewer, patient_id=patient.id, since=visit.changed_at)
    room = next((room for row, room in rows if row.id == visit.id), None)
    return find.person(db, patient), as_now(db, visit, room=room, now=now)


def visits_now(
    db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID, now: dt.datetime
) -> Sequence[VisitNow]:
    """Return the forms of a patient that were handed over lately, newest first."""
    rows = visits.visits_since(db, viewer, patient_id=patient_id, since=now - SHOWN_FOR)
    return [as_now(db, visit, room=room, now=now) for visit, room in rows]


def news(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID, now: dt.datetime) -> News:
    """Return whether a page about a patient is up to date. Tells nothing about the person."""
    numbers = visits.last_change(db, viewer, patient_id=patient_id)
    if numbers is None:
        raise NotThereError
    return news_of(numbers, visits_now(db, viewer, patient_id=patient_id, now=now))


def news_of(numbers: tuple[int, ...], shown: Sequence[VisitNow]) -> News:
    """Return the news for a page that has read the numbers and the forms itself."""
    seen = [
        (visit.visit_id.hex, visit.state.value, visit.is_expired, visit.set_count)
        for visit in shown
    ]
    return News(tag=hashlib.sha256(repr((numbers, seen)).encode()).hexdigest()[:20], visits=shown)


def as_now(db: DbSession, visit: Visit, *, room: str | None, now: dt.datetime) -> VisitNow:
    """Return how far a visit has come, with its code while that can be typed."""
    is_waiting_code = visit.code_sealed is not None and now < visit.expires_at
    return VisitNow(
        visit_id=visit.id,
        patient_id=visit.patient_id,
        state=visit.state,
        is_expired=visit.state in tablets.ON_SCREEN and now >= visit.expires_at,
        slot=visit.slot,
        instrument=visit.instrument,
        room=room,
        code=unseal(db, visit.code_sealed, column="visit.code", row_id=visit.id)
        if is_waiting_code
        else None,
        set_count=visit.set_count,
        item_count=visit.item_count,
        created_at=visit.created_at,
        changed_at=visit.changed_at,
        expires_at=visit.expires_at,
    )
