"""Visits: one form handed to one respondent, and whether anything new was stored since."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields

import sqlalchemy as sa
from sqlmodel import col, select

from app.clinical.instruments import Variant
from app.records.base import DbSession, ask, table_of
from app.records.tablets import ON_SCREEN, Slot, Tablet, Visit, VisitState
from app.records.visibility import Viewer, is_visible

# Named here by their columns only: the modules of these tables ask this one.
_PATIENT = sa.table("patient", sa.column("org_id", sa.Integer), sa.column("id", sa.Uuid))
_EPISODE = sa.table(
    "episode",
    sa.column("org_id", sa.Integer),
    sa.column("id", sa.Uuid),
    sa.column("patient_id", sa.Uuid),
)
_NUMBERED = tuple(
    sa.table(
        name,
        sa.column("org_id", sa.Integer),
        sa.column("episode_id", sa.Uuid),
        sa.column("sequence", sa.Integer),
    )
    for name in ("rating", "flag", "review", "participation", "baseline")
)


def visit(db: DbSession, viewer: Viewer, *, visit_id: uuid.UUID) -> Visit | None:
    """Return a visit of a patient whom the viewer may see, held until commit."""
    return db.execute(
        select(Visit)
        .where(Visit.org_id == viewer.org_id)
        .where(Visit.id == visit_id)
        .where(is_visible(viewer, col(Visit.patient_id)))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def visits_since(
    db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID, since: dt.datetime
) -> Sequence[tuple[Visit, str | None]]:
    """Return a patient's visits that changed since then, newest first, each with its room."""
    episodes = sa.select(_EPISODE.c.id).where(
        _EPISODE.c.org_id == viewer.org_id, _EPISODE.c.patient_id == patient_id
    )
    rows = db.execute(
        sa.select(Visit, col(Tablet.room))
        .outerjoin(
            Tablet,
            sa.and_(
                col(Tablet.org_id) == col(Visit.org_id), col(Tablet.id) == col(Visit.tablet_id)
            ),
        )
        .where(col(Visit.org_id) == viewer.org_id)
        .where(col(Visit.episode_id).in_(episodes))
        .where(col(Visit.changed_at) >= since)
        .where(is_visible(viewer, col(Visit.patient_id)))
        .order_by(col(Visit.created_at).desc(), col(Visit.id))
    )
    return [(row[0], row[1]) for row in rows]


def last_change(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> tuple[int, ...] | None:
    """Return numbers that grow when something is stored about a patient, or ``None``.

    One statement, and nothing about the person: a page asks for it every other second.
    """
    row = db.execute(
        sa.select(*change_numbers(viewer, patient_id=patient_id))
        .select_from(_PATIENT)
        .where(_PATIENT.c.org_id == viewer.org_id)
        .where(_PATIENT.c.id == patient_id)
        .where(is_visible(viewer, _PATIENT.c.id))
    ).first()
    return tuple(row) if row else None


def change_numbers(viewer: Viewer, *, patient_id: uuid.UUID) -> Sequence[sa.ColumnElement[int]]:
    """Return the columns that grow when something is stored about a patient."""
    episodes = sa.select(_EPISODE.c.id).where(
        _EPISODE.c.org_id == viewer.org_id, _EPISODE.c.patient_id == patient_id
    )
    return [
        sa.func.coalesce(
            sa.select(sa.func.max(table.c.sequence))
            .where(table.c.org_id == viewer.org_id, table.c.episode_id.in_(episodes))
            .scalar_subquery(),
            0,
        )
        for table in _NUMBERED
    ]


@dataclass(frozen=True, slots=True)
class Handed:
    """A form in a respondent's hands, as far as its answers are concerned."""

    id: uuid.UUID
    tablet_id: uuid.UUID
    patient_id: uuid.UUID
    episode_id: uuid.UUID
    session_id: uuid.UUID
    respondent_id: uuid.UUID
    instrument: str
    slot: Slot
    variant: Variant
    state: VisitState
    rating_id: uuid.UUID | None
    created_at: dt.datetime
    expires_at: dt.datetime
    changed_at: dt.datetime


_VISIT = table_of(Visit)
_HANDED = (
    sa.select(*(_VISIT.c[one.name] for one in fields(Handed)))
    .where(_VISIT.c.org_id == sa.bindparam("org"))
    .where(_VISIT.c.tablet_id == sa.bindparam("tablet_id"))
    .where(_VISIT.c.id == sa.bindparam("visit_id"))
    .with_for_update()
)
_FILLED_IN = (
    sa.update(_VISIT)
    .where(_VISIT.c.org_id == sa.bindparam("org"), _VISIT.c.id == sa.bindparam("visit_id"))
    .values(code_sealed=sa.null())
)


def handed(
    db: DbSession, *, org_id: int, tablet_id: uuid.UUID, visit_id: uuid.UUID
) -> Handed | None:
    """Return a visit that was placed on this tablet, held until commit, to take its answers.

    Two submissions of one visit that meet are taken one after the other.
    """
    row = ask(db, _HANDED, org=org_id, tablet_id=tablet_id, visit_id=visit_id).first()
    return Handed(*row) if row else None


def note_filled_in(
    db: DbSession,
    visit: Handed,
    *,
    state: VisitState,
    rating_id: uuid.UUID,
    set_count: int,
    now: dt.datetime,
) -> None:
    """Note that the answers of a form were stored."""
    ask(
        db,
        _FILLED_IN,
        org=db.info["org_id"],
        visit_id=visit.id,
        state=state,
        rating_id=rating_id,
        set_count=set_count,
        changed_at=now,
    )


def visit_on(
    db: DbSession, *, org_id: int, tablet_id: uuid.UUID, visit_id: uuid.UUID
) -> Visit | None:
    """Return a visit that was placed on this tablet, held until commit, to change it."""
    return db.execute(
        select(Visit)
        .where(col(Visit.org_id) == org_id)
        .where(Visit.tablet_id == tablet_id)
        .where(Visit.id == visit_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def on_screen(db: DbSession, *, org_id: int, tablet_id: uuid.UUID) -> Sequence[Visit]:
    """Return the visits that a tablet shows or waits to show, held until commit."""
    return (
        db.execute(
            select(Visit)
            .where(Visit.org_id == org_id)
            .where(Visit.tablet_id == tablet_id)
            .where(col(Visit.state).in_(ON_SCREEN))
            .order_by(col(Visit.created_at).desc(), col(Visit.id))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .scalars()
        .all()
    )


def open_ones(
    db: DbSession, *, org_id: int, episode_id: uuid.UUID, session_id: uuid.UUID | None
) -> Sequence[Visit]:
    """Return the forms of a course, or of one session, that may still be answered, held."""
    question = (
        select(Visit)
        .where(Visit.org_id == org_id)
        .where(Visit.episode_id == episode_id)
        .where(col(Visit.state).in_(ON_SCREEN))
    )
    if session_id is not None:
        question = question.where(Visit.session_id == session_id)
    held = question.with_for_update().execution_options(populate_existing=True)
    return db.execute(held).scalars().all()


def shown_now(
    db: DbSession, *, org_id: int, tablet_id: uuid.UUID, now: dt.datetime
) -> Sequence[Visit]:
    """Return what a tablet shows or waits to show, to look at only."""
    return (
        db.execute(
            select(Visit)
            .where(Visit.org_id == org_id)
            .where(Visit.tablet_id == tablet_id)
            .where(col(Visit.state).in_(ON_SCREEN))
            .where(col(Visit.expires_at) > now)
            .order_by(col(Visit.created_at).desc(), col(Visit.id))
        )
        .scalars()
        .all()
    )


def visit_of_code(db: DbSession, *, org_id: int, code_hash: str) -> Visit | None:
    """Return the visit that a typed code was made for, used or not, held until commit."""
    return db.execute(
        select(Visit)
        .where(Visit.org_id == org_id)
        .where(Visit.code_hash == code_hash)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def last_used_for(db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID) -> uuid.UUID | None:
    """Return the tablet on which this episode last had a form."""
    found: uuid.UUID | None = db.execute(
        sa.select(col(Visit.tablet_id))
        .where(col(Visit.org_id) == viewer.org_id)
        .where(col(Visit.episode_id) == episode_id)
        .where(col(Visit.tablet_id).is_not(None))
        .where(is_visible(viewer, col(Visit.patient_id)))
        .order_by(col(Visit.created_at).desc())
        .limit(1)
    ).scalar_one_or_none()
    return found
