"""Therapy sessions: when, how, and whether the patient came."""

import datetime as dt
import uuid
from enum import Enum

import sqlalchemy as sa
from sqlmodel import Field

from app.records.base import OrganizationRow, belongs, choice, moment


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
        sa.Index("ix_therapy_session_episode", "org_id", "episode_id", "planned_at"),
    )

    episode_id: uuid.UUID
    patient_id: uuid.UUID
    planned_at: dt.datetime = moment()
    status: SessionStatus = choice(SessionStatus, "status")
    channel: Channel = choice(Channel, "channel")
    ended_at: dt.datetime | None = moment(nullable=True)
    created_at: dt.datetime = moment()
    created_by: uuid.UUID
