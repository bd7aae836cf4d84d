"""Counts in which no person is: how many patients and how many flags, at a time of the past."""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import col

from app.clinical.follow_up import ReviewStep
from app.clinical.rules import Level
from app.records.base import DbSession
from app.records.episodes import Episode
from app.records.flags import Flag
from app.records.reviews import Review, is_over

_PRESSING = (Level.IMMEDIATE, Level.REVIEW)
_TO_REVIEW = (*_PRESSING, Level.DISCUSS)


def patients_in_treatment(db: DbSession, *, org_id: int, at: dt.datetime) -> int:
    """Return how many patients had an open course of treatment at a time."""
    return _count(
        db, sa.select(_patients(col(Episode.patient_id))).where(_is_open(org_id=org_id, at=at))
    )


def patients_to_look_at(db: DbSession, *, org_id: int, at: dt.datetime) -> int:
    """Return how many patients were in the top group of the worklist at a time."""
    question = (
        sa.select(_patients(col(Flag.patient_id)))
        .join(
            Episode,
            sa.and_(
                col(Episode.org_id) == col(Flag.org_id), col(Episode.id) == col(Flag.episode_id)
            ),
        )
        .where(_is_open(org_id=org_id, at=at))
        .where(col(Flag.level).in_(_PRESSING))
        .where(col(Flag.raised_at) < at)
        .where(~is_over(org_id=org_id, flag_id=col(Flag.id), before=at))
    )
    return _count(db, question)


def flags_raised(
    db: DbSession, *, org_id: int, since: dt.datetime, until: dt.datetime
) -> tuple[int, int]:
    """Return how many flags that ask for a review were raised, and about how many patients."""
    return _flags_and_patients(db, _was_raised(org_id=org_id, since=since, until=until))


def flags_reviewed(
    db: DbSession, *, org_id: int, since: dt.datetime, until: dt.datetime
) -> tuple[int, int]:
    """Return how many of those were decided about before its end, and of how many patients."""
    raised = _was_raised(org_id=org_id, since=since, until=until)
    return _flags_and_patients(db, sa.and_(raised, _was_decided(until=until)))


def patients_not_reviewed(
    db: DbSession, *, org_id: int, since: dt.datetime, until: dt.datetime
) -> int:
    """Return how many patients had one of those flags that nobody had decided about."""
    raised = _was_raised(org_id=org_id, since=since, until=until)
    return _flags_and_patients(db, sa.and_(raised, ~_was_decided(until=until)))[1]


def _flags_and_patients(db: DbSession, condition: sa.ColumnElement[bool]) -> tuple[int, int]:
    row = db.execute(
        sa.select(sa.func.count(), _patients(col(Flag.patient_id)))
        .select_from(Flag)
        .where(condition)
    ).one()
    return row[0], row[1]


def _count(db: DbSession, question: sa.Select[Any]) -> int:
    found: int = db.execute(question).scalar_one()
    return found


def _patients(column: Mapped[uuid.UUID]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.distinct(column))


def _is_open(*, org_id: int, at: dt.datetime) -> sa.ColumnElement[bool]:
    closed_at = col(Episode.closed_at)
    return sa.and_(
        col(Episode.org_id) == org_id,
        col(Episode.opened_at) < at,
        sa.or_(closed_at.is_(None), closed_at >= at),
    )


def _was_raised(*, org_id: int, since: dt.datetime, until: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        col(Flag.org_id) == org_id,
        col(Flag.level).in_(_TO_REVIEW),
        col(Flag.raised_at) >= since,
        col(Flag.raised_at) < until,
    )


def _was_decided(*, until: dt.datetime) -> sa.ColumnElement[bool]:
    return (
        sa.exists()
        .where(col(Review.org_id) == col(Flag.org_id))
        .where(col(Review.flag_id) == col(Flag.id))
        .where(col(Review.step) == ReviewStep.DECIDED)
        .where(col(Review.reviewed_at) < until)
    )
