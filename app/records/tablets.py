"""Tablets in rooms, how they are paired, and the visits that wait on them."""

import datetime as dt
import uuid
from enum import Enum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.clinical.instruments import Variant
from app.records.base import OrganizationRow, belongs, choice, moment, new_id
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
