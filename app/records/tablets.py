"""Tablets in rooms, how they are paired, and the visits that wait on them."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from enum import Enum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select

from app.clinical.instruments import Variant
from app.records.base import DbSession, OrganizationRow, belongs, choice, moment, new_id
from app.records.people import FormLayout, FormMode
from app.records.visibility import Viewer, is_visible


class VisitState(Enum):
    """How far a form has come on a tablet."""

    WAITING = "waiting"
    OPENED = "opened"
    STARTED = "started"
    DONE = "done"
    UNFINISHED = "unfinished"
    DECLINED = "declined"
    CANCELLED = "cancelled"


ON_SCREEN = frozenset({VisitState.WAITING, VisitState.OPENED, VisitState.STARTED})
"""States in which a tablet shows the form, or will when it next asks."""


class Slot(Enum):
    """The place of a form in a therapy session."""

    START = "start"
    END = "end"


class Tablet(OrganizationRow, table=True):
    """A shared tablet in a room. It holds no sign-in of staff."""

    __tablename__ = "tablet"

    room: str = Field(max_length=80)
    language: str = Field(max_length=3)
    """Of the waiting page; a form comes in the respondent's own."""
    pin_hash: str = Field(max_length=300)
    corner_open_until: dt.datetime | None = moment(nullable=True)
    """Until when the corner for staff stays open after the right PIN."""
    paired_at: dt.datetime = moment()
    paired_by: uuid.UUID
    revoked_at: dt.datetime | None = moment(nullable=True)
    revoked_by: uuid.UUID | None = None
    last_seen_at: dt.datetime | None = moment(nullable=True)


class TabletKey(SQLModel, table=True):
    """Which tablet a device token belongs to. Found before the organization is known."""

    __tablename__ = "tablet_key"
    __table_args__ = (
        sa.ForeignKeyConstraint(["org_id", "tablet_id"], ["tablet.org_id", "tablet.id"]),
    )

    token_hash: str = Field(primary_key=True, max_length=64)
    org_id: int
    tablet_id: uuid.UUID
    created_at: dt.datetime = moment()
    revoked_at: dt.datetime | None = moment(nullable=True)


class Pairing(SQLModel, table=True):
    """A tablet that asks to be let in: it shows a code that staff approve."""

    __tablename__ = "pairing"

    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    code: str = Field(max_length=9, unique=True)
    token_hash: str = Field(max_length=64, unique=True)
    created_at: dt.datetime = moment()
    expires_at: dt.datetime = moment()
    approved_at: dt.datetime | None = moment(nullable=True)


class Visit(OrganizationRow, table=True):
    """One form handed to one respondent at one place in a therapy session."""

    __tablename__ = "visit"
    __table_args__ = (
        belongs("tablet_id", "tablet"),
        belongs("episode_id", "episode"),
        belongs("session_id", "therapy_session"),
        belongs("respondent_id", "respondent"),
        sa.CheckConstraint("set_count BETWEEN 0 AND item_count", name="set_count"),
        sa.Index("ix_visit_tablet", "org_id", "tablet_id", "state"),
        sa.Index("ix_visit_episode", "org_id", "episode_id", "created_at"),
        sa.UniqueConstraint("org_id", "code_hash"),
    )

    tablet_id: uuid.UUID | None = None
    patient_id: uuid.UUID
    episode_id: uuid.UUID
    session_id: uuid.UUID
    respondent_id: uuid.UUID
    instrument: str = Field(max_length=40)
    slot: Slot = choice(Slot, "slot")
    variant: Variant = choice(Variant, "variant")
    language: str = Field(max_length=3)
    form_mode: FormMode = choice(FormMode, "form_mode")
    form_layout: FormLayout = choice(FormLayout, "form_layout")
    has_large_text: bool = False
    state: VisitState = choice(VisitState, "state")
    set_count: int = 0
    item_count: int
    code_hash: str | None = Field(default=None, max_length=64)
    """What a tablet is asked for; it stays when the code is used, so that it is used once."""
    code_sealed: bytes | None = None
    """The code itself, for the page of whoever started the visit; gone when it is used."""
    rating_id: uuid.UUID | None = None
    created_at: dt.datetime = moment()
    created_by: uuid.UUID
    expires_at: dt.datetime = moment()
    changed_at: dt.datetime = moment()


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


def tablet_of_token(db: DbSession, *, token_hash: str) -> TabletKey | None:
    """Return which tablet a device token belongs to, in whichever organization."""
    return db.execute(
        select(TabletKey)
        .where(TabletKey.token_hash == token_hash)
        .where(col(TabletKey.revoked_at).is_(None))
    ).scalar_one_or_none()


def tablet(db: DbSession, *, org_id: int, tablet_id: uuid.UUID) -> Tablet | None:
    """Return a tablet that is connected now."""
    return db.execute(
        select(Tablet)
        .where(Tablet.org_id == org_id)
        .where(Tablet.id == tablet_id)
        .where(col(Tablet.revoked_at).is_(None))
    ).scalar_one_or_none()


def tablets_of(db: DbSession, *, org_id: int) -> Sequence[Tablet]:
    """Return the tablets that are connected now, by room."""
    return (
        db.execute(
            select(Tablet)
            .where(Tablet.org_id == org_id)
            .where(col(Tablet.revoked_at).is_(None))
            .order_by(col(Tablet.room), col(Tablet.paired_at))
        )
        .scalars()
        .all()
    )


def revoke_keys(db: DbSession, *, org_id: int, tablet_id: uuid.UUID, now: dt.datetime) -> None:
    """Let no token open this tablet's pages any more."""
    db.execute(
        sa.update(TabletKey)
        .where(col(TabletKey.org_id) == org_id)
        .where(col(TabletKey.tablet_id) == tablet_id)
        .where(col(TabletKey.revoked_at).is_(None))
        .values(revoked_at=now)
    )


def note_seen(db: DbSession, *, org_id: int, tablet_id: uuid.UUID, now: dt.datetime) -> None:
    """Write down that a tablet has asked for something."""
    db.execute(
        sa.update(Tablet)
        .where(col(Tablet.org_id) == org_id)
        .where(col(Tablet.id) == tablet_id)
        .values(last_seen_at=now)
    )


def pairing_of_token(db: DbSession, *, token_hash: str, now: dt.datetime) -> Pairing | None:
    """Return the pairing that a tablet waits for, if its code still holds."""
    return db.execute(
        select(Pairing)
        .where(Pairing.token_hash == token_hash)
        .where(col(Pairing.approved_at).is_(None))
        .where(col(Pairing.expires_at) > now)
    ).scalar_one_or_none()


def pairing_of_code(db: DbSession, *, code: str, now: dt.datetime) -> Pairing | None:
    """Return the pairing that shows a code, held until commit: it is approved once."""
    return db.execute(
        select(Pairing)
        .where(Pairing.code == code)
        .where(col(Pairing.approved_at).is_(None))
        .where(col(Pairing.expires_at) > now)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def drop_old_pairings(db: DbSession, *, now: dt.datetime) -> None:
    """Forget the codes that hold no longer."""
    db.execute(sa.delete(Pairing).where(col(Pairing.expires_at) <= now))


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
        select(Visit, Tablet.room)
        .outerjoin(
            Tablet,
            sa.and_(
                col(Tablet.org_id) == col(Visit.org_id), col(Tablet.id) == col(Visit.tablet_id)
            ),
        )
        .where(Visit.org_id == viewer.org_id)
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
    episodes = sa.select(_EPISODE.c.id).where(
        _EPISODE.c.org_id == viewer.org_id, _EPISODE.c.patient_id == patient_id
    )
    newest = [
        sa.func.coalesce(
            sa.select(sa.func.max(table.c.sequence))
            .where(table.c.org_id == viewer.org_id, table.c.episode_id.in_(episodes))
            .scalar_subquery(),
            0,
        )
        for table in _NUMBERED
    ]
    row = db.execute(
        sa.select(*newest)
        .select_from(_PATIENT)
        .where(_PATIENT.c.org_id == viewer.org_id)
        .where(_PATIENT.c.id == patient_id)
        .where(is_visible(viewer, _PATIENT.c.id))
    ).first()
    return tuple(row) if row else None


def visit_on(
    db: DbSession, *, org_id: int, tablet_id: uuid.UUID, visit_id: uuid.UUID
) -> Visit | None:
    """Return a visit that was placed on this tablet, held until commit.

    Two submissions of one visit that meet are taken one after the other.
    """
    return db.execute(
        select(Visit)
        .where(Visit.org_id == org_id)
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


def states_of_tablets(
    db: DbSession, *, org_id: int, now: dt.datetime
) -> Mapping[uuid.UUID, tuple[VisitState, dt.datetime]]:
    """Return what each tablet is doing and since when; one without an entry is free."""
    rows = db.execute(
        select(Visit.tablet_id, Visit.state, Visit.changed_at)
        .where(Visit.org_id == org_id)
        .where(col(Visit.tablet_id).is_not(None))
        .where(col(Visit.state).in_(ON_SCREEN))
        .where(col(Visit.expires_at) > now)
        .order_by(col(Visit.created_at))
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def last_used_for(db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID) -> uuid.UUID | None:
    """Return the tablet on which this episode last had a form."""
    found: uuid.UUID | None = db.execute(
        select(Visit.tablet_id)
        .where(Visit.org_id == viewer.org_id)
        .where(Visit.episode_id == episode_id)
        .where(col(Visit.tablet_id).is_not(None))
        .where(is_visible(viewer, col(Visit.patient_id)))
        .order_by(col(Visit.created_at).desc())
        .limit(1)
    ).scalar_one_or_none()
    return found
