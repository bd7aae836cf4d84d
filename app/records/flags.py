"""Raised flags with rule version, curve version and the numbers the rule saw."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from app.clinical.follow_up import FlagState, ReviewStep
from app.clinical.rules import Level, RuleId
from app.records.base import DbSession, OrganizationRow, belongs, choice, moment
from app.records.visibility import Viewer, is_visible
from app.records.reviews import Review


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


@dataclass(frozen=True, slots=True)
class Standing:
    """A flag and where its review stands."""

    flag: Flag
    state: FlagState
    numbers: Mapping[str, int | float]
    """What the rule saw when it raised the flag, or last opened it again."""
    rating_id: uuid.UUID | None
    """The rating that raised it, or last opened it again."""


def of_episodes(
    db: DbSession, viewer: Viewer, *, episode_ids: Collection[uuid.UUID]
) -> Sequence[Standing]:
    """Return all flags of these episodes in the order they were raised, each with its state."""
    rows = db.execute(
        select(Flag, Review.state, Review.step, Review.numbers, Review.rating_id)
        .outerjoin(
            Review,
            sa.and_(col(Review.org_id) == col(Flag.org_id), col(Review.flag_id) == col(Flag.id)),
        )
        .where(Flag.org_id == viewer.org_id)
        .where(col(Flag.episode_id).in_(episode_ids))
        .where(is_visible(viewer, col(Flag.patient_id)))
        .order_by(col(Flag.sequence), col(Review.sequence))
    )
    standing: dict[uuid.UUID, Standing] = {}
    for flag, state, step, numbers, rating_id in rows:
        before = standing.get(flag.id) or Standing(
            flag, FlagState.OPEN, flag.numbers, flag.rating_id
        )
        after = before if state is None else replace(before, state=state)
        if step is ReviewStep.REOPENED:
            after = replace(after, numbers=numbers, rating_id=rating_id)
        standing[flag.id] = after
    return list(standing.values())


def add(db: DbSession, flag: Flag) -> None:
    """Store a flag."""
    db.add(flag)
    db.flush()
