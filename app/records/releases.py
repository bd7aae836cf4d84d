"""What left the house: figures after control as they were, who signed, what became of it."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from enum import Enum

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from app.clinical.change_methods import ChangeMethod
from app.clinical.report import Step
from app.records.base import DbSession, OrganizationRow, belongs, choice, moment
from app.records.staff import Staff


class ReleaseState(Enum):
    """What has been done with a release; the newest counts."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    """A second person has agreed to an exception."""
    SIGNED = "signed"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class Release(OrganizationRow, table=True):
    """One snapshot of figures after control; never changed."""

    __tablename__ = "figure_release"
    __table_args__ = (
        belongs("drafted_by", "staff"),
        belongs("supersedes", "figure_release"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.CheckConstraint("first_day <= last_day", name="period"),
        sa.CheckConstraint("threshold BETWEEN 3 AND 10", name="threshold"),
    )

    definition: str = Field(max_length=60)
    definition_version: int
    instrument: str = Field(max_length=40)
    edition: int
    first_day: dt.date
    last_day: dt.date
    whole: Step = choice(Step, "whole")
    step: Step = choice(Step, "step")
    method: ChangeMethod = choice(ChangeMethod, "method")
    threshold: int
    rounding: int | None = None
    written: str = Field(sa_column=Column(sa.Text, nullable=False))
    """The report as ``clinical.written_report`` writes it: what the hash is of."""
    hash: str = Field(max_length=64)
    hidden: list[list[str]] = Field(sa_column=Column(JSON, nullable=False))
    """Unit, period, age, category and reason of hidden cells. It never leaves the house."""
    checked_to: int
    """Number of the last signature that it was checked against; 0 for none."""
    is_exception: bool
    """Its threshold is lower than the house's own, so a second person must agree."""
    supersedes: uuid.UUID | None = None
    drafted_at: dt.datetime = moment()
    drafted_by: uuid.UUID
    sequence: int


class ReleaseStep(OrganizationRow, table=True):
    """Something that was done with a release."""

    __tablename__ = "figure_release_step"
    __table_args__ = (
        belongs("release_id", "figure_release"),
        belongs("done_by", "staff"),
        sa.UniqueConstraint("org_id", "release_id", "state"),
        sa.Index("ix_figure_release_step_release", "org_id", "release_id", "sequence"),
    )

    release_id: uuid.UUID
    state: ReleaseState = choice(ReleaseState, "state")
    done_at: dt.datetime = moment()
    done_by: uuid.UUID
    reason_sealed: bytes | None = None
    sequence: int


class ReportChoice(OrganizationRow, table=True):
    """How a site makes its reports from now on; the newest counts."""

    __tablename__ = "report_choice"
    __table_args__ = (
        belongs("decided_by", "staff"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.CheckConstraint("threshold BETWEEN 3 AND 10", name="threshold"),
        sa.CheckConstraint("rounding IN (3, 5)", name="rounding"),
    )

    threshold: int
    rounding: int | None = None
    """Multiples that counts are rounded to; missing where they are hidden."""
    method: ChangeMethod = choice(ChangeMethod, "method")
    decided_at: dt.datetime = moment()
    decided_by: uuid.UUID
    sequence: int


def add(db: DbSession, release: Release) -> None:
    """Store a draft."""
    db.add(release)
    db.flush()


def add_step(db: DbSession, step: ReleaseStep) -> None:
    """Store what was done with a release."""
    db.add(step)
    db.flush()


def add_choice(db: DbSession, row: ReportChoice) -> None:
    """Store how reports are made from now on."""
    db.add(row)
    db.flush()


def chosen(db: DbSession, *, org_id: int) -> tuple[ReportChoice, str] | None:
    """Return what was last chosen, with who did; nothing where nobody has ever chosen."""
    row = db.execute(
        select(ReportChoice, Staff.name)
        .join(
            Staff,
            sa.and_(
                col(Staff.org_id) == col(ReportChoice.org_id),
                col(Staff.id) == col(ReportChoice.decided_by),
            ),
        )
        .where(ReportChoice.org_id == org_id)
        .order_by(col(ReportChoice.sequence).desc())
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1])


def of_id(db: DbSession, *, org_id: int, release_id: uuid.UUID) -> Release | None:
    """Return one release."""
    return db.execute(
        select(Release).where(Release.org_id == org_id).where(Release.id == release_id)
    ).scalar_one_or_none()


def newest(db: DbSession, *, org_id: int, most: int) -> Sequence[Release]:
    """Return the newest releases, drafts too."""
    question = select(Release).where(Release.org_id == org_id)
    return db.execute(question.order_by(col(Release.sequence).desc()).limit(most)).scalars().all()


def checked(db: DbSession, *, org_id: int, instrument: str, to: int) -> Sequence[Release]:
    """Return what was checked against all up to one signature about a form, the newest first."""
    question = (
        select(Release)
        .where(Release.org_id == org_id)
        .where(Release.instrument == instrument)
        .where(Release.checked_to == to)
        .order_by(col(Release.sequence).desc())
    )
    return db.execute(question).scalars().all()


def steps_of(
    db: DbSession, *, org_id: int, release_ids: Collection[uuid.UUID]
) -> Sequence[ReleaseStep]:
    """Return what was done with some releases, the oldest first."""
    question = (
        select(ReleaseStep)
        .where(ReleaseStep.org_id == org_id)
        .where(col(ReleaseStep.release_id).in_(release_ids))
        .order_by(col(ReleaseStep.sequence))
    )
    return db.execute(question).scalars().all()


def ever_signed(db: DbSession, *, org_id: int) -> Sequence[Release]:
    """Return all that is out, in the order in which it was signed.

    What was withdrawn or superseded is among it: somebody may have kept it.
    """
    question = (
        select(Release)
        .join(
            ReleaseStep,
            sa.and_(
                col(ReleaseStep.org_id) == col(Release.org_id),
                col(ReleaseStep.release_id) == col(Release.id),
            ),
        )
        .where(Release.org_id == org_id)
        .where(ReleaseStep.state == ReleaseState.SIGNED)
        .order_by(col(ReleaseStep.sequence))
    )
    return db.execute(question).scalars().all()


def last_signature(db: DbSession, *, org_id: int) -> int:
    """Return the number of the last signature of an organization, or 0."""
    question = (
        sa.select(sa.func.max(col(ReleaseStep.sequence)))
        .where(col(ReleaseStep.org_id) == org_id)
        .where(col(ReleaseStep.state) == ReleaseState.SIGNED)
    )
    found: int | None = db.execute(question).scalar_one()
    return found or 0


def successor_of(db: DbSession, *, org_id: int, release_id: uuid.UUID) -> uuid.UUID | None:
    """Return the signed release that took the place of another one."""
    question = (
        select(Release.id)
        .join(
            ReleaseStep,
            sa.and_(
                col(ReleaseStep.org_id) == col(Release.org_id),
                col(ReleaseStep.release_id) == col(Release.id),
            ),
        )
        .where(Release.org_id == org_id)
        .where(Release.supersedes == release_id)
        .where(ReleaseStep.state == ReleaseState.SIGNED)
        .limit(1)
    )
    return db.execute(question).scalar_one_or_none()
