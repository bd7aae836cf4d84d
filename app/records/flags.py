"""Raised flags with rule version, curve version and the numbers the rule saw."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col

from app.clinical.follow_up import FlagState, ReviewStep
from app.clinical.rules import Level, RuleId
from app.records.base import DbSession, OrganizationRow, belongs, choice, moment
from app.records.episodes import Episode
from app.records.ratings import Rating
from app.records.reviews import Review, is_over
from app.records.staff import Staff
from app.records.visibility import Viewer, is_visible, seen_by


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


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the review of a flag, and the name of whoever took it."""

    review: Review
    by: str | None
    """Missing when a rule did it."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A flag, its episode, where its review stands, and every step so far."""

    standing: Standing
    episode: Episode
    instrument: str | None
    """Of the rating that raised it, if one did."""
    steps: tuple[Step, ...]

    @property
    def flag(self) -> Flag:
        """The flag as it was raised."""
        return self.standing.flag

    @property
    def state(self) -> FlagState:
        """Where its review stands."""
        return self.standing.state

    @property
    def last_step(self) -> Step | None:
        """The step that brought it where it stands; a note moves nothing."""
        moves = [step for step in self.steps if step.review.step is not ReviewStep.NOTE]
        return moves[-1] if moves else None


_OF_EPISODES = (
    sa.select(Flag, Review)
    .outerjoin(
        Review,
        sa.and_(col(Review.org_id) == col(Flag.org_id), col(Review.flag_id) == col(Flag.id)),
    )
    .where(col(Flag.org_id) == sa.bindparam("org"))
    .where(col(Flag.episode_id).in_(sa.bindparam("episode_ids", expanding=True)))
    .order_by(col(Flag.sequence), col(Review.sequence))
)


def of_episodes(
    db: DbSession, viewer: Viewer, *, episode_ids: Collection[uuid.UUID]
) -> Sequence[Standing]:
    """Return all flags of these episodes in the order they were raised, each with its state."""
    question = seen_by(viewer, _OF_EPISODES, col(Flag.patient_id))
    rows = db.execute(question, {"org": viewer.org_id, "episode_ids": list(episode_ids)})
    standing: dict[uuid.UUID, Standing] = {}
    for flag, review in rows:
        before = standing.get(flag.id) or _as_raised(flag)
        standing[flag.id] = before if review is None else _after(before, review)
    return list(standing.values())


def traced(db: DbSession, viewer: Viewer, *, flag_id: uuid.UUID) -> Traced | None:
    """Return one flag of a patient whom the viewer may see, with its steps, or ``None``."""
    return next(iter(_traced(db, viewer, col(Flag.id) == flag_id)), None)


def traced_of_episodes(
    db: DbSession, viewer: Viewer, *, episode_ids: Collection[uuid.UUID]
) -> Sequence[Traced]:
    """Return all flags of these episodes in the order they were raised, with their steps."""
    return _traced(db, viewer, col(Flag.episode_id).in_(episode_ids))


def traced_of_supervised(db: DbSession, viewer: Viewer, *, since: dt.datetime) -> Sequence[Traced]:
    """Return the flags of the viewer's supervised teams that stand, or were raised lately."""
    stands_or_new = sa.or_(
        col(Flag.raised_at) >= since, ~is_over(org_id=viewer.org_id, flag_id=col(Flag.id))
    )
    in_team = col(Episode.team_id).in_(viewer.supervised_teams)
    return _traced(db, viewer, sa.and_(in_team, stands_or_new))


def add(db: DbSession, flag: Flag) -> None:
    """Store a flag."""
    db.add(flag)
    db.flush()


def _traced(db: DbSession, viewer: Viewer, condition: sa.ColumnElement[bool]) -> Sequence[Traced]:
    rows = db.execute(
        sa.select(Flag, Episode, col(Rating.instrument), Review, col(Staff.name))
        .join(
            Episode,
            sa.and_(
                col(Episode.org_id) == col(Flag.org_id), col(Episode.id) == col(Flag.episode_id)
            ),
        )
        .outerjoin(
            Rating,
            sa.and_(col(Rating.org_id) == col(Flag.org_id), col(Rating.id) == col(Flag.rating_id)),
        )
        .outerjoin(
            Review,
            sa.and_(col(Review.org_id) == col(Flag.org_id), col(Review.flag_id) == col(Flag.id)),
        )
        .outerjoin(
            Staff,
            sa.and_(
                col(Staff.org_id) == col(Review.org_id), col(Staff.id) == col(Review.reviewed_by)
            ),
        )
        .where(col(Flag.org_id) == viewer.org_id)
        .where(condition)
        .where(is_visible(viewer, col(Flag.patient_id)))
        .order_by(col(Flag.sequence), col(Review.sequence))
    )
    found: dict[uuid.UUID, Traced] = {}
    for flag, episode, instrument, review, by in rows:
        before = found.get(flag.id) or Traced(_as_raised(flag), episode, instrument, ())
        if review is not None:
            before = replace(
                before,
                standing=_after(before.standing, review),
                steps=(*before.steps, Step(review, by)),
            )
        found[flag.id] = before
    return list(found.values())


def _as_raised(flag: Flag) -> Standing:
    return Standing(flag, FlagState.OPEN, flag.numbers, flag.rating_id)


def _after(before: Standing, review: Review) -> Standing:
    after = replace(before, state=review.state)
    if review.step is ReviewStep.REOPENED and review.numbers is not None:
        return replace(after, numbers=review.numbers, rating_id=review.rating_id)
    return after
