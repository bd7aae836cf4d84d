"""Answers and scores; once per submission key, never changed, corrected by new rows."""

import datetime as dt
import uuid
from enum import Enum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.clinical.instruments import Variant
from app.records.base import OrganizationRow, belongs, choice, moment
from app.records.people import FormLayout, FormMode
from app.records.tablets import Slot


class Source(Enum):
    """How a rating came in."""

    TABLET = "tablet"
    PAPER = "paper"
    IMPORT = "import"


class Correction(Enum):
    """Why a row takes the place of another one."""

    CHANGED_BY_RESPONDENT = "changed_by_respondent"
    SECOND_SET = "second_set"
    REDONE_TOGETHER = "redone_together"
    TYPING_ERROR = "typing_error"
    WRONG_PATIENT = "wrong_patient"


class InputKind(Enum):
    """What the marks were set with."""

    TOUCH = "touch"
    MOUSE = "mouse"
    KEYBOARD = "keyboard"
    MIXED = "mixed"


class Rating(OrganizationRow, table=True):
    """One filled-in form, as it was given."""

    __tablename__ = "rating"
    __table_args__ = (
        belongs("patient_id", "patient"),
        belongs("episode_id", "episode"),
        belongs("session_id", "therapy_session"),
        belongs("respondent_id", "respondent"),
        belongs("replaces_id", "rating"),
        belongs("moved_from_id", "rating"),
        sa.UniqueConstraint("org_id", "submission_key"),
        sa.UniqueConstraint("org_id", "replaces_id"),
        sa.UniqueConstraint("org_id", "moved_from_id"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.CheckConstraint("total BETWEEN total_lowest AND total_highest", name="total_in_range"),
        sa.CheckConstraint("is_finished OR total IS NULL", name="unfinished_has_no_total"),
        sa.CheckConstraint("device_width BETWEEN 1 AND 20000", name="device_width"),
        sa.CheckConstraint("duration_ms >= 0", name="duration"),
        sa.CheckConstraint(
            "(replaces_id IS NULL AND moved_from_id IS NULL) = (correction IS NULL)",
            name="correction_has_reason",
        ),
        sa.CheckConstraint("source = 'tablet' OR recorded_by IS NOT NULL", name="typed_by"),
        sa.Index("ix_rating_episode", "org_id", "episode_id", "instrument", "rated_at"),
        sa.Index("ix_rating_session", "org_id", "session_id"),
        sa.Index("ix_rating_patient", "org_id", "patient_id", "rated_at"),
    )

    patient_id: uuid.UUID
    episode_id: uuid.UUID
    session_id: uuid.UUID
    respondent_id: uuid.UUID
    visit_id: uuid.UUID | None = None
    tablet_id: uuid.UUID | None = None
    instrument: str = Field(max_length=40)
    instrument_version: int
    text_version: str | None = Field(default=None, max_length=40)
    language: str | None = Field(default=None, max_length=3)
    variant: Variant = choice(Variant, "variant")
    slot: Slot = choice(Slot, "slot")
    source: Source = choice(Source, "source")
    form_mode: FormMode | None = choice(FormMode, "form_mode", nullable=True)
    form_layout: FormLayout | None = choice(FormLayout, "form_layout", nullable=True)
    input_kind: InputKind | None = choice(InputKind, "input_kind", nullable=True)
    device_width: int | None = None
    device_time: dt.datetime | None = moment(nullable=True)
    duration_ms: int | None = None
    rated_at: dt.datetime = moment()
    """When the respondent answered, by the service's clock or as typed from paper."""
    recorded_at: dt.datetime = moment()
    recorded_by: uuid.UUID | None = None
    submission_key: uuid.UUID
    body_hash: str = Field(max_length=64)
    is_finished: bool
    total: int | None = None
    """In tenths of a point; missing when the instrument's rule gives no score."""
    total_lowest: int
    total_highest: int
    is_prorated: bool = False
    replaces_id: uuid.UUID | None = None
    moved_from_id: uuid.UUID | None = None
    correction: Correction | None = choice(Correction, "correction", nullable=True)
    correction_note_sealed: bytes | None = None
    sequence: int
    """The number of the audit entry that was written with it: the order of arrival."""


class ItemAnswer(SQLModel, table=True):
    """One answered item. A missing answer has no row."""

    __tablename__ = "item_answer"
    __table_args__ = (
        sa.ForeignKeyConstraint(["org_id", "rating_id"], ["rating.org_id", "rating.id"]),
        sa.CheckConstraint("value BETWEEN lowest AND highest", name="value_in_range"),
    )

    org_id: int = Field(primary_key=True)
    rating_id: uuid.UUID = Field(primary_key=True)
    item: str = Field(primary_key=True, max_length=40)
    value: int
    lowest: int
    highest: int


class Withdrawal(OrganizationRow, table=True):
    """A rating that no longer counts here: filed on the wrong patient. The row itself stays."""

    __tablename__ = "withdrawal"
    __table_args__ = (
        belongs("rating_id", "rating"),
        sa.UniqueConstraint("org_id", "rating_id"),
    )

    rating_id: uuid.UUID
    reason_sealed: bytes
    withdrawn_at: dt.datetime = moment()
    withdrawn_by: uuid.UUID
    sequence: int
