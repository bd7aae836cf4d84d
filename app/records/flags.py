"""Raised flags with rule version, curve version and the numbers the rule saw."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field

from app.clinical.rules import Level, RuleId
from app.records.base import OrganizationRow, belongs, choice, moment


class Flag(OrganizationRow, table=True):
    """One flag, as it was raised. What became of it stands in the reviews."""

    __tablename__ = "flag"
    __table_args__ = (
        belongs("patient_id", "patient"),
        belongs("episode_id", "episode"),
        belongs("session_id", "therapy_session"),
        belongs("rating_id", "rating"),
        belongs("curve_id", "curve"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.CheckConstraint("(rule = 'critical_item') = (item IS NOT NULL)", name="item_by_rule"),
        sa.Index("ix_flag_episode", "org_id", "episode_id", "sequence"),
    )

    patient_id: uuid.UUID
    episode_id: uuid.UUID
    session_id: uuid.UUID | None = None
    rating_id: uuid.UUID | None = None
    rule: RuleId = choice(RuleId, "rule")
    rule_version: int
    level: Level = choice(Level, "level")
    item: str | None = Field(default=None, max_length=40)
    curve_id: uuid.UUID | None = None
    numbers: dict[str, int | float] = Field(sa_column=Column(JSON, nullable=False))
    """What the rule saw when it fired: scores, thresholds, band. It can be explained for ever."""
    raised_at: dt.datetime = moment()
    sequence: int
