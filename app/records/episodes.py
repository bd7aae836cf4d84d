"""Courses of treatment: opened, instruments chosen, consent, closed and how."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import Enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import Field, col, select

from app.clinical.instruments import Variant
from app.records.base import DbSession, OrganizationRow, ask, belongs, choice, moment, table_of
from app.records.encryption import unseal
from app.records.people import Patient, Respondent, RespondentKind, Treats
from app.records.visibility import Viewer, is_visible, seen_by


class Ending(Enum):
    """How a course of treatment ended."""

    PLANNED = "planned"
    UNPLANNED = "unplanned"


class Agreement(Enum):
    """Whether patient and clinician agreed to end."""

    AGREED = "agreed"
    NOT_AGREED = "not_agreed"


class Answer(Enum):
    """What the patient said to being asked to rate. A no changes nothing in the help."""

    ACCEPTED = "accepted"
    NOT_TODAY = "not_today"
    NOT_FOR_ME = "not_for_me"
    WITHDRAWN = "withdrawn"


class OtherChannel(Enum):
    """Another way to give feedback, offered to those who say no."""

    NONE = "none"
    TALK = "talk"
    LETTER = "letter"
    INTERVIEW = "interview"


class Episode(OrganizationRow, table=True):
    """One course of treatment of one patient in one team."""

    __tablename__ = "episode"
    __table_args__ = (
        belongs("patient_id", "patient"),
        belongs("team_id", "team"),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (ending IS NULL) AND (closed_at IS NULL) = (agreement IS NULL)",
            name="closed_with_reason",
        ),
        sa.Index("ix_episode_patient", "org_id", "patient_id", "opened_at", "closed_at"),
        sa.Index("ix_episode_team", "org_id", "team_id", "closed_at", "patient_id"),
        sa.Index("ix_episode_closed", "org_id", "main_instrument", "closed_at"),
        sa.Index("ix_episode_opened", "org_id", "main_instrument", "opened_at"),
    )

    patient_id: uuid.UUID
    team_id: uuid.UUID
    variant: Variant = choice(Variant, "variant")
    main_instrument: str = Field(max_length=40)
    alliance_instrument: str | None = Field(default=None, max_length=40)
    opened_at: dt.datetime = moment()
    opened_by: uuid.UUID
    closed_at: dt.datetime | None = moment(nullable=True)
    closed_by: uuid.UUID | None = None
    ending: Ending | None = choice(Ending, "ending", nullable=True)
    agreement: Agreement | None = choice(Agreement, "agreement", nullable=True)
    closing_note_sealed: bytes | None = None


class EpisodeInstrument(OrganizationRow, table=True):
    """A further instrument used in an episode."""

    __tablename__ = "episode_instrument"
    __table_args__ = (
        belongs("episode_id", "episode"),
        sa.Index("ix_episode_instrument_episode", "org_id", "episode_id"),
    )

    episode_id: uuid.UUID
    instrument: str = Field(max_length=40)
    since: dt.datetime = moment()
    until: dt.datetime | None = moment(nullable=True)


class Goal(OrganizationRow, table=True):
    """A patient's own goal in their own words."""

    __tablename__ = "goal"
    __table_args__ = (
        belongs("episode_id", "episode"),
        sa.Index("ix_goal_episode", "org_id", "episode_id"),
    )

    episode_id: uuid.UUID
    item: str = Field(max_length=40)
    words_sealed: bytes
    since: dt.datetime = moment()
    until: dt.datetime | None = moment(nullable=True)


class Baseline(OrganizationRow, table=True):
    """The rating that a clinician named as the start, with the reason; the newest counts."""

    __tablename__ = "baseline"
    __table_args__ = (
        belongs("episode_id", "episode"),
        belongs("rating_id", "rating"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.Index("ix_baseline_episode", "org_id", "episode_id", "sequence"),
    )

    episode_id: uuid.UUID
    rating_id: uuid.UUID
    reason_sealed: bytes
    chosen_at: dt.datetime = moment()
    chosen_by: uuid.UUID
    sequence: int


class Participation(OrganizationRow, table=True):
    """A patient's yes or no to being asked, and the other channel offered."""

    __tablename__ = "participation"
    __table_args__ = (
        belongs("patient_id", "patient"),
        belongs("episode_id", "episode"),
        belongs("session_id", "therapy_session"),
        sa.Index("ix_participation_episode", "org_id", "episode_id", "sequence"),
    )

    patient_id: uuid.UUID
    episode_id: uuid.UUID
    session_id: uuid.UUID | None = None
    answer: Answer = choice(Answer, "answer")
    other_channel: OtherChannel = choice(OtherChannel, "other_channel")
    reason_sealed: bytes | None = None
    recorded_at: dt.datetime = moment()
    recorded_by: uuid.UUID | None = None
    """Missing when the patient said it on the tablet."""
    sequence: int


def episode(db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID) -> Episode | None:
    """Return an episode of a patient whom the viewer may see, or ``None``."""
    return db.execute(
        select(Episode)
        .where(Episode.org_id == viewer.org_id)
        .where(Episode.id == episode_id)
        .where(is_visible(viewer, col(Episode.patient_id)))
    ).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """A course of treatment as far as its rules are concerned, to read only."""

    org_id: int
    id: uuid.UUID
    patient_id: uuid.UUID
    main_instrument: str
    alliance_instrument: str | None
    opened_at: dt.datetime
    closed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rating goes: a course, the start that a clinician named, and who answers."""

    episode: EpisodeRow
    baseline_id: uuid.UUID | None
    respondent_kind: RespondentKind


_EPISODE, _BASELINE = table_of(Episode), table_of(Baseline)
_RESPONDENT = table_of(Respondent)
_PLACE = (
    sa.select(
        sa.select(_BASELINE.c.rating_id)
        .where(_BASELINE.c.org_id == _EPISODE.c.org_id)
        .where(_BASELINE.c.episode_id == _EPISODE.c.id)
        .order_by(_BASELINE.c.sequence.desc())
        .limit(1)
        .scalar_subquery(),
        _RESPONDENT.c.kind,
        *(_EPISODE.c[one.name] for one in fields(EpisodeRow)),
    )
    .join_from(
        _EPISODE,
        _RESPONDENT,
        sa.and_(
            _RESPONDENT.c.org_id == _EPISODE.c.org_id,
            _RESPONDENT.c.patient_id == _EPISODE.c.patient_id,
        ),
    )
    .where(_EPISODE.c.org_id == sa.bindparam("org"))
    .where(_EPISODE.c.id == sa.bindparam("episode_id"))
    .where(_RESPONDENT.c.id == sa.bindparam("respondent_id"))
)


def place(
    db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID, respondent_id: uuid.UUID
) -> Place | None:
    """Return where a respondent's rating goes, if they are one of the episode's patient."""
    question = seen_by(viewer, _PLACE, _EPISODE.c.patient_id)
    row = ask(
        db, question, org=viewer.org_id, episode_id=episode_id, respondent_id=respondent_id
    ).first()
    if row is None:
        return None
    baseline_id, kind, *columns = row
    return Place(EpisodeRow(*columns), baseline_id, kind)


def of_patient(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> Sequence[Episode]:
    """Return a patient's courses of treatment, oldest first."""
    return (
        db.execute(
            select(Episode)
            .where(Episode.org_id == viewer.org_id)
            .where(Episode.patient_id == patient_id)
            .where(is_visible(viewer, col(Episode.patient_id)))
            .order_by(col(Episode.opened_at), col(Episode.id))
        )
        .scalars()
        .all()
    )


def baseline_of(db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID) -> Baseline | None:
    """Return the rating that was last named as the start, if one was."""
    return db.execute(
        select(Baseline)
        .join(
            Episode,
            sa.and_(col(Episode.org_id) == Baseline.org_id, col(Episode.id) == Baseline.episode_id),
        )
        .where(Baseline.org_id == viewer.org_id)
        .where(Baseline.episode_id == episode_id)
        .where(is_visible(viewer, col(Episode.patient_id)))
        .order_by(col(Baseline.sequence).desc())
        .limit(1)
    ).scalar_one_or_none()


def add(db: DbSession, row: Episode | EpisodeInstrument | Goal | Baseline | Participation) -> None:
    """Store an episode, or something that belongs to one."""
    db.add(row)
    db.flush()


@dataclass(frozen=True, slots=True)
class Case:
    """A course of treatment on a clinician's list, with its patient."""

    episode: Episode
    patient: Patient
    baseline_id: uuid.UUID | None
    """The rating that a clinician named as the start."""


def caseload(db: DbSession, viewer: Viewer, *, is_open: bool) -> Sequence[Case]:
    """Return the open, or the closed, courses of the patients whom the viewer treats now."""
    baseline = (
        select(Baseline.rating_id)
        .where(Baseline.org_id == Episode.org_id)
        .where(Baseline.episode_id == Episode.id)
        .order_by(col(Baseline.sequence).desc())
        .limit(1)
        .correlate(Episode)
        .scalar_subquery()
    )
    # Started from the patients of one clinician; the organization has many more.
    own = (
        sa.select(col(Treats.patient_id))
        .where(col(Treats.org_id) == viewer.org_id)
        .where(col(Treats.staff_id) == viewer.staff_id)
        .where(col(Treats.until).is_(None))
    )
    closed_at = col(Episode.closed_at)
    rows = db.execute(
        sa.select(Episode, Patient, baseline)
        .join(
            Patient,
            sa.and_(
                col(Patient.org_id) == col(Episode.org_id),
                col(Patient.id) == col(Episode.patient_id),
            ),
        )
        .where(col(Episode.org_id) == viewer.org_id)
        .where(closed_at.is_(None) if is_open else closed_at.is_not(None))
        .where(col(Episode.patient_id).in_(own))
        .where(is_visible(viewer, col(Patient.id)))
        .order_by(col(Patient.number), col(Episode.opened_at))
    )
    return [Case(*row) for row in rows]


def supervised_patients(db: DbSession, viewer: Viewer) -> int:
    """Return how many patients have an open course in a team that the viewer supervises."""
    found: int = db.execute(
        select(sa.func.count(sa.distinct(col(Episode.patient_id))))
        .where(Episode.org_id == viewer.org_id)
        .where(col(Episode.closed_at).is_(None))
        .where(col(Episode.team_id).in_(viewer.supervised_teams))
    ).scalar_one()
    return found


def open_ones(db: DbSession, viewer: Viewer) -> Sequence[Episode]:
    """Return all open courses of treatment of patients whom the viewer may see."""
    return (
        db.execute(
            select(Episode)
            .where(Episode.org_id == viewer.org_id)
            .where(col(Episode.closed_at).is_(None))
            .where(is_visible(viewer, col(Episode.patient_id)))
            .order_by(col(Episode.opened_at), col(Episode.id))
        )
        .scalars()
        .all()
    )


def further_instruments(
    db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID
) -> Sequence[EpisodeInstrument]:
    """Return the instruments in use beside the main one and the alliance one."""
    return (
        db.execute(
            select(EpisodeInstrument)
            .where(EpisodeInstrument.org_id == viewer.org_id)
            .where(EpisodeInstrument.episode_id == episode_id)
            .where(col(EpisodeInstrument.until).is_(None))
            .where(_is_in_sight(viewer, col(EpisodeInstrument.episode_id)))
            .order_by(col(EpisodeInstrument.since), col(EpisodeInstrument.instrument))
        )
        .scalars()
        .all()
    )


def goals(
    db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID, since: dt.datetime | None = None
) -> Sequence[Goal]:
    """Return the goals in use, or in use at any time since a moment, in the order of the form."""
    until = col(Goal.until)
    question = (
        select(Goal)
        .where(Goal.org_id == viewer.org_id)
        .where(Goal.episode_id == episode_id)
        .where(until.is_(None) if since is None else sa.or_(until.is_(None), until >= since))
        .where(_is_in_sight(viewer, col(Goal.episode_id)))
    )
    return db.execute(question.order_by(col(Goal.item), col(Goal.since))).scalars().all()


def goal_words(db: DbSession, goal: Goal) -> str:
    """Return a goal in the patient's own words."""
    return unseal(db, goal.words_sealed, column="goal.words", row_id=goal.id) or ""


def participation(
    db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID
) -> Sequence[Participation]:
    """Return what the patient said to being asked, newest first."""
    return (
        db.execute(
            select(Participation)
            .where(Participation.org_id == viewer.org_id)
            .where(Participation.episode_id == episode_id)
            .where(is_visible(viewer, col(Participation.patient_id)))
            .order_by(col(Participation.sequence).desc())
        )
        .scalars()
        .all()
    )


def _is_in_sight(viewer: Viewer, episode_id: Mapped[uuid.UUID]) -> sa.ColumnElement[bool]:
    return (
        sa.exists()
        .where(col(Episode.org_id) == viewer.org_id)
        .where(col(Episode.id) == episode_id)
        .where(is_visible(viewer, col(Episode.patient_id)))
    )
