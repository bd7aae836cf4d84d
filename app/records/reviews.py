"""What a clinician did and decided about a flag, when, and what comes next."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import JSON, Column, Field, col

from app.clinical.follow_up import Decision, FlagState, ReviewStep
from app.records.base import DbSession, OrganizationRow, belongs, choice, moment


class Review(OrganizationRow, table=True):
    """One step in the review of a flag; the newest tells the flag's state."""

    __tablename__ = "review"
    __table_args__ = (
        belongs("flag_id", "flag"),
        belongs("episode_id", "episode"),
        belongs("rating_id", "rating"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.CheckConstraint("(step = 'decided') = (decision IS NOT NULL)", name="decision_by_step"),
        sa.Index("ix_review_flag", "org_id", "flag_id", "sequence"),
        sa.Index("ix_review_episode", "org_id", "episode_id", "sequence"),
    )

    flag_id: uuid.UUID
    patient_id: uuid.UUID
    episode_id: uuid.UUID
    step: ReviewStep = choice(ReviewStep, "step")
    state: FlagState = choice(FlagState, "state")
    """The flag's state after this step."""
    decision: Decision | None = choice(Decision, "decision", nullable=True)
    note_sealed: bytes | None = None
    rating_id: uuid.UUID | None = None
    numbers: dict[str, int | float] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
    """What a rule saw when it opened the flag again or ended it."""
    due_on: dt.date | None = Field(default=None)
    reviewed_at: dt.datetime = moment()
    reviewed_by: uuid.UUID | None = None
    """Missing when a rule did it."""
    sequence: int


def add(db: DbSession, review: Review) -> None:
    """Store a step of a review."""
    db.add(review)
    db.flush()


def is_over(
    *, org_id: int, flag_id: Mapped[uuid.UUID], before: dt.datetime | None = None
) -> sa.ColumnElement[bool]:
    """Return the condition that a flag's newest step, or the newest before a time, ended it."""
    newest, newer = aliased(Review), aliased(Review)
    has_newer = (
        sa.exists()
        .where(col(newer.org_id) == org_id)
        .where(col(newer.flag_id) == col(newest.flag_id))
        .where(col(newer.sequence) > col(newest.sequence))
    )
    ended = (
        sa.exists()
        .where(col(newest.org_id) == org_id)
        .where(col(newest.flag_id) == flag_id)
        .where(col(newest.state).in_([FlagState.FOLLOWED_UP, FlagState.CLEARED]))
    )
    if before is not None:
        has_newer = has_newer.where(col(newer.reviewed_at) < before)
        ended = ended.where(col(newest.reviewed_at) < before)
    return ended.where(~has_newer)
