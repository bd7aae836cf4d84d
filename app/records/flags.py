"""Raised flags with rule version, curve version and the numbers the rule saw."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col

from app.clinical.follow_up import FlagState, ReviewStep
from app.clinical.rules import Level, RuleId
from app.records.base import DbSession, OrganizationRow, ask, belongs, choice, moment, table_of
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
class FlagRow:
    """A flag as it is kept, to read only."""

    org_id: int
    id: uuid.UUID
    patient_id: uuid.UUID
    episode_id: uuid.UUID
    session_id: uuid.UUID | None
    rating_id: uuid.UUID | None
    rule: RuleId
    rule_version: int
    level: Level
    item: str | None
    curve_id: uuid.UUID | None
    numbers: Mapping[str, int | float]
    raised_at: dt.datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A flag and where its review stands."""

    flag: Flag | FlagRow
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
    def flag(self) -> Flag | FlagRow:
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


@dataclass(frozen=True, slots=True)
class _Move:
    """What a step of a review does to a flag."""

    step: ReviewStep
    state: FlagState
    numbers: Mapping[str, int | float] | None
    rating_id: uuid.UUID | None


_FLAG, _REVIEW = table_of(Flag), table_of(Review)
_INSERT = sa.insert(_FLAG)
_OF_EPISODES = (
    sa.select(
        *(_REVIEW.c[one.name] for one in fields(_Move)),
        *(_FLAG.c[one.name] for one in fields(FlagRow)),
    )
    .select_from(_FLAG)
    .outerjoin(
        _REVIEW, sa.and_(_REVIEW.c.org_id == _FLAG.c.org_id, _REVIEW.c.flag_id == _FLAG.c.id)
    )
    .where(_FLAG.c.org_id == sa.bindparam("org"))
    .where(_FLAG.c.episode_id.in_(sa.bindparam("episode_ids", expanding=True)))
    .order_by(_FLAG.c.sequence, _REVIEW.c.sequence)
)


def of_episodes(
    db: DbSession, viewer: Viewer, *, episode_ids: Collection[uuid.UUID]
) -> Sequence[Standing]:
    """Return all flags of these episodes in the order they were raised, each with its state."""
    question = seen_by(viewer, _OF_EPISODES, _FLAG.c.patient_id)
    rows = ask(db, question, org=viewer.org_id, episode_ids=list(episode_ids))
    standing: dict[uuid.UUID, Standing] = {}
    for step, state, numbers, rating_id, *columns in rows:
        flag = FlagRow(*columns)
        before = standing.get(flag.id) or _as_raised(flag)
        move = None if step is None else _Move(step, state, numbers, rating_id)
        standing[flag.id] = before if move is None else _after(before, move)
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


def add(db: DbSession, flag: FlagRow) -> None:
    """Store a flag."""
    ask(db, _INSERT, **{one.name: getattr(flag, one.name) for one in fields(FlagRow)})


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


def _as_raised(flag: Flag | FlagRow) -> Standing:
    return Standing(flag, FlagState.OPEN, flag.numbers, flag.rating_id)


def _after(before: Standing, review: Review | _Move) -> Standing:
    after = replace(before, state=review.state)
    if review.step is ReviewStep.REOPENED and review.numbers is not None:
        return replace(after, numbers=review.numbers, rating_id=review.rating_id)
    return after
