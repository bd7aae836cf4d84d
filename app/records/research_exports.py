"""What left the house for research: who asked, who agreed, what it was, who took it out."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from enum import Enum

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from app.records.base import DbSession, OrganizationRow, belongs, choice, moment


class ResearchState(Enum):
    """What has been done with an export."""

    ASKED = "asked"
    APPROVED = "approved"
    """A second person has agreed: from then on its content stands."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    TAKEN_OUT = "taken_out"
    """As a file. The only one that can be there more than once."""


class ResearchRequest(OrganizationRow, table=True):
    """What somebody asked for; never changed."""

    __tablename__ = "research_request"
    __table_args__ = (
        belongs("asked_by", "staff"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.CheckConstraint("first_year <= last_year", name="years"),
        sa.CheckConstraint("k BETWEEN 5 AND 10", name="k"),
    )

    version: int
    """Of the rules by which rows are made."""
    instrument: str = Field(max_length=40)
    edition: int
    first_year: int
    last_year: int
    k: int
    """Fewest patients who share what is told of them, when it was asked for."""
    has_teams: bool
    project_sealed: bytes
    ground_sealed: bytes
    """On what legal ground, in the words of who asked."""
    counts: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    """How many patients it would have been about when it was asked for. It never leaves."""
    asked_at: dt.datetime = moment()
    asked_by: uuid.UUID
    expires_at: dt.datetime = moment()
    sequence: int


class ResearchStep(OrganizationRow, table=True):
    """Something that was done with an export."""

    __tablename__ = "research_step"
    __table_args__ = (
        belongs("request_id", "research_request"),
        belongs("done_by", "staff"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.Index("ix_research_step_request", "org_id", "request_id", "sequence"),
    )

    request_id: uuid.UUID
    state: ResearchState = choice(ResearchState, "state")
    form: str | None = Field(default=None, max_length=20)
    """Which file was taken out."""
    done_at: dt.datetime = moment()
    done_by: uuid.UUID
    reason_sealed: bytes | None = None
    sequence: int


class ResearchContent(OrganizationRow, table=True):
    """What an export holds, as it was when the second person agreed; its id is the export's.

    There is no way back from it to a patient: which random name is whose is kept nowhere.
    """

    __tablename__ = "research_content"
    __table_args__ = (
        belongs("id", "research_request"),
        sa.CheckConstraint("k BETWEEN 5 AND 10", name="k"),
    )

    written_sealed: bytes
    """As ``clinical.written_research`` writes it: what the hash is of."""
    hash: str = Field(max_length=64)
    k: int
    counts: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    """How many patients are in it, are told less, and are left out. It never leaves."""
    fixed_at: dt.datetime = moment()


def add(db: DbSession, row: ResearchRequest | ResearchStep | ResearchContent) -> None:
    """Store what was asked for, what was done with it, or what it holds."""
    db.add(row)
    db.flush()


def of_id(db: DbSession, *, org_id: int, request_id: uuid.UUID) -> ResearchRequest | None:
    """Return one export."""
    return db.execute(
        select(ResearchRequest)
        .where(ResearchRequest.org_id == org_id)
        .where(ResearchRequest.id == request_id)
    ).scalar_one_or_none()


def content_of(db: DbSession, *, org_id: int, request_id: uuid.UUID) -> ResearchContent | None:
    """Return what an export holds; nothing before a second person has agreed."""
    return db.execute(
        select(ResearchContent)
        .where(ResearchContent.org_id == org_id)
        .where(ResearchContent.id == request_id)
    ).scalar_one_or_none()


def newest(db: DbSession, *, org_id: int, most: int) -> Sequence[ResearchRequest]:
    """Return the newest exports."""
    question = select(ResearchRequest).where(ResearchRequest.org_id == org_id)
    return (
        db.execute(question.order_by(col(ResearchRequest.sequence).desc()).limit(most))
        .scalars()
        .all()
    )


def overlapping(
    db: DbSession, *, org_id: int, instrument: str, first_year: int, last_year: int
) -> Sequence[ResearchRequest]:
    """Return all that was asked for about a form in any of some years, the oldest first."""
    question = (
        select(ResearchRequest)
        .where(ResearchRequest.org_id == org_id)
        .where(ResearchRequest.instrument == instrument)
        .where(ResearchRequest.first_year <= last_year)
        .where(ResearchRequest.last_year >= first_year)
        .order_by(col(ResearchRequest.sequence))
    )
    return db.execute(question).scalars().all()


def steps_of(
    db: DbSession, *, org_id: int, request_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, Sequence[ResearchStep]]:
    """Return what was done with some exports, the oldest first, by export."""
    question = (
        select(ResearchStep)
        .where(ResearchStep.org_id == org_id)
        .where(col(ResearchStep.request_id).in_(request_ids))
        .order_by(col(ResearchStep.sequence))
    )
    found: dict[uuid.UUID, list[ResearchStep]] = {request_id: [] for request_id in request_ids}
    for step in db.execute(question).scalars():
        found[step.request_id].append(step)
    return found
