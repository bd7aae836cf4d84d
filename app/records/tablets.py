"""Tablets in rooms, how they are paired, and the visits that wait on them."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select

from app.clinical.instruments import Variant
from app.records.base import (
    DbSession,
    OrganizationRow,
    ask,
    belongs,
    choice,
    moment,
    new_id,
    table_of,
)
from app.records.people import FormLayout, FormMode


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


@dataclass(frozen=True, slots=True)
class Connected:
    """What a tablet's pages need to know of it."""

    id: uuid.UUID
    room: str
    language: str
    corner_open_until: dt.datetime | None
    last_seen_at: dt.datetime | None


_TABLET, _KEY = table_of(Tablet), table_of(TabletKey)
_OF_TOKEN = (
    sa.select(_KEY.c.org_id, _KEY.c.tablet_id)
    .where(_KEY.c.token_hash == sa.bindparam("token_hash"))
    .where(_KEY.c.revoked_at.is_(None))
)
_CONNECTED = (
    sa.select(*(_TABLET.c[one.name] for one in fields(Connected)))
    .where(_TABLET.c.org_id == sa.bindparam("org"))
    .where(_TABLET.c.id == sa.bindparam("tablet_id"))
    .where(_TABLET.c.revoked_at.is_(None))
)


def tablet_of_token(db: DbSession, *, token_hash: str) -> tuple[int, uuid.UUID] | None:
    """Return the organization and the tablet that a device token belongs to."""
    row = ask(db, _OF_TOKEN, token_hash=token_hash).first()
    return (row[0], row[1]) if row else None


def connected(db: DbSession, *, org_id: int, tablet_id: uuid.UUID) -> Connected | None:
    """Return what is to be known of a tablet that is connected now."""
    row = ask(db, _CONNECTED, org=org_id, tablet_id=tablet_id).first()
    return Connected(*row) if row else None


def tablet(db: DbSession, *, org_id: int, tablet_id: uuid.UUID) -> Tablet | None:
    """Return a tablet that is connected now."""
    return db.execute(
        select(Tablet)
        .where(Tablet.org_id == org_id)
        .where(Tablet.id == tablet_id)
        .where(col(Tablet.revoked_at).is_(None))
    ).scalar_one_or_none()


def hold_tablet(db: DbSession, *, org_id: int, tablet_id: uuid.UUID) -> Tablet | None:
    """Return a connected tablet, held until commit: two forms are not placed on it at once."""
    return db.execute(
        select(Tablet)
        .where(Tablet.org_id == org_id)
        .where(Tablet.id == tablet_id)
        .where(col(Tablet.revoked_at).is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
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


def states_of_tablets(
    db: DbSession, *, org_id: int, now: dt.datetime
) -> Mapping[uuid.UUID, tuple[VisitState, dt.datetime]]:
    """Return what each tablet is doing and since when; one without an entry is free."""
    rows = db.execute(
        sa.select(col(Visit.tablet_id), col(Visit.state), col(Visit.changed_at))
        .where(col(Visit.org_id) == org_id)
        .where(col(Visit.tablet_id).is_not(None))
        .where(col(Visit.state).in_(ON_SCREEN))
        .where(col(Visit.expires_at) > now)
        .order_by(col(Visit.created_at))
    )
    return {row[0]: (row[1], row[2]) for row in rows}
