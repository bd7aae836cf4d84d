"""Therapy sessions: when, how, and whether the patient came."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from enum import Enum

import sqlalchemy as sa
from sqlmodel import col, select

from app.records.base import DbSession, OrganizationRow, ask, belongs, choice, moment, table_of
from app.records.visibility import Viewer, is_visible, seen_by


class SessionStatus(Enum):
    """What became of a therapy session."""

    PLANNED = "planned"
    ATTENDED = "attended"
    NOT_ATTENDED = "not_attended"
    CANCELLED = "cancelled"


class Channel(Enum):
    """Where a therapy session takes place."""

    ROOM = "room"
    PHONE = "phone"
    VIDEO = "video"


class TherapySession(OrganizationRow, table=True):
    """One therapy session of an episode."""

    __tablename__ = "therapy_session"
    __table_args__ = (
        belongs("episode_id", "episode"),
        sa.CheckConstraint(
            "ended_at IS NULL OR status = 'attended'", name="only_attended_sessions_end"
        ),
        sa.Index("ix_therapy_session_course", "org_id", "episode_id", "planned_at", "id", "status"),
    )

    episode_id: uuid.UUID
    patient_id: uuid.UUID
    planned_at: dt.datetime = moment()
    status: SessionStatus = choice(SessionStatus, "status")
    channel: Channel = choice(Channel, "channel")
    ended_at: dt.datetime | None = moment(nullable=True)
    created_at: dt.datetime = moment()
    created_by: uuid.UUID


@dataclass(frozen=True, slots=True)
class SessionKept:
    """A therapy session as it is kept, to read only."""

    id: uuid.UUID
    episode_id: uuid.UUID
    planned_at: dt.datetime
    status: SessionStatus
    channel: Channel
    ended_at: dt.datetime | None


_SESSION = table_of(TherapySession)
_KEPT = (
    sa.select(*(_SESSION.c[one.name] for one in fields(SessionKept)))
    .where(_SESSION.c.org_id == sa.bindparam("org"))
    .where(_SESSION.c.episode_id.in_(sa.bindparam("episode_ids", expanding=True)))
    .order_by(_SESSION.c.planned_at, _SESSION.c.id)
)
_ATTENDED = (
    sa.update(_SESSION)
    .where(_SESSION.c.org_id == sa.bindparam("org"), _SESSION.c.id == sa.bindparam("session_id"))
    .values(status=SessionStatus.ATTENDED)
)


PLACE_IN_COURSE = sa.func.row_number().over(
    partition_by=_SESSION.c.episode_id, order_by=[_SESSION.c.planned_at, _SESSION.c.id]
)
"""The number of a session among those of its course that are looked at, the earliest first."""


def kept(
    db: DbSession, viewer: Viewer, *, episode_ids: Collection[uuid.UUID]
) -> Sequence[SessionKept]:
    """Return the therapy sessions of these episodes to read, earliest first."""
    question = seen_by(viewer, _KEPT, _SESSION.c.patient_id)
    rows = ask(db, question, org=viewer.org_id, episode_ids=list(episode_ids))
    return [SessionKept(*row) for row in rows]


def of_episodes(
    db: DbSession, viewer: Viewer, *, episode_ids: Collection[uuid.UUID]
) -> Sequence[TherapySession]:
    """Return the therapy sessions of these episodes to change, earliest first."""
    return (
        db.execute(
            select(TherapySession)
            .where(TherapySession.org_id == viewer.org_id)
            .where(col(TherapySession.episode_id).in_(episode_ids))
            .where(is_visible(viewer, col(TherapySession.patient_id)))
            .order_by(col(TherapySession.planned_at), col(TherapySession.id))
        )
        .scalars()
        .all()
    )


def session(db: DbSession, viewer: Viewer, *, session_id: uuid.UUID) -> TherapySession | None:
    """Return a therapy session of a patient whom the viewer may see, or ``None``."""
    return db.execute(
        select(TherapySession)
        .where(TherapySession.org_id == viewer.org_id)
        .where(TherapySession.id == session_id)
        .where(is_visible(viewer, col(TherapySession.patient_id)))
    ).scalar_one_or_none()


def add(db: DbSession, row: TherapySession) -> None:
    """Store a therapy session."""
    db.add(row)
    db.flush()


def mark_attended(db: DbSession, *, session_id: uuid.UUID) -> None:
    """Note that the patient came: a rating was given in a session that was only planned."""
    ask(db, _ATTENDED, org=db.info["org_id"], session_id=session_id)
