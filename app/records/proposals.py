"""Curves that a fit proposes: what was fitted, how, and how it compares; never changed."""

import datetime as dt
import uuid
from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from app.records.base import DbSession, OrganizationRow, belongs, moment
from app.records.curves import CurveNumbers, CurveStratum, number_checks
from app.records.staff import Staff


class CurveProposal(CurveNumbers, table=True):
    """A curve fitted to a site's own courses, that waits for a person to accept it."""

    __tablename__ = "curve_proposal"
    __table_args__ = (
        belongs("compared_with", "curve"),
        belongs("general_id", "curve"),
        sa.UniqueConstraint("org_id", "sequence"),
        *number_checks(),
    )

    edition: int
    """The version of the instrument's definition."""
    text_versions: list[str] = Field(sa_column=Column(JSON, nullable=False))
    since: dt.datetime | None = moment(nullable=True)
    """The first moment that was asked for."""
    first_at: dt.datetime = moment()
    last_at: dt.datetime = moment()
    courses: int
    closed_courses: int
    """Closed ones with at least three scores, which decide whether there may be a curve."""
    scores: int
    """Scores after the first of each course."""
    left_out: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    """Courses that were not fitted, by reason."""
    fitted: dict[str, float] = Field(sa_column=Column(JSON, nullable=False))
    """The parameters of the site's own fit, before a general curve drew them towards itself."""
    covariance: list[list[float]] = Field(sa_column=Column(JSON, nullable=False))
    """Of the fixed effects of that fit: intercept, intake, time, intake_time."""
    log_likelihood: float
    is_boundary: bool
    is_converged: bool
    general_id: uuid.UUID | None = None
    """The general curve that the fit was drawn towards, and how much the site's own weighs."""
    own_weight: float
    compared_with: uuid.UUID | None = None
    """The curve that was in force then."""
    compared_patients: int
    compared_scores: int
    inside_now: int | None = None
    inside_proposed: int | None = None
    error_now: float | None = None
    error_proposed: float | None = None
    proposed_by: uuid.UUID | None = None
    """A member of staff; missing when the program did it, by command or at night."""
    sequence: int


class CurveChoice(OrganizationRow, table=True):
    """A site's decision whether curves that pass the checks go live alone; the newest counts."""

    __tablename__ = "curve_choice"
    __table_args__ = (sa.UniqueConstraint("org_id", "sequence"),)

    goes_live: bool
    decided_at: dt.datetime = moment()
    decided_by: uuid.UUID
    sequence: int


def add(db: DbSession, row: CurveProposal | CurveStratum | CurveChoice) -> None:
    """Store a proposal, an age band of one, or a choice."""
    db.add(row)
    db.flush()


def choice(db: DbSession, *, org_id: int) -> tuple[CurveChoice, str] | None:
    """Return what was last chosen, with who did; nothing where nobody has ever chosen."""
    row = db.execute(
        select(CurveChoice, Staff.name)
        .join(
            Staff,
            sa.and_(
                col(Staff.org_id) == col(CurveChoice.org_id),
                col(Staff.id) == col(CurveChoice.decided_by),
            ),
        )
        .where(CurveChoice.org_id == org_id)
        .order_by(col(CurveChoice.sequence).desc())
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1])


def newest(db: DbSession, *, org_id: int, instrument: str) -> CurveProposal | None:
    """Return what was proposed last for an instrument."""
    return db.execute(
        select(CurveProposal)
        .where(CurveProposal.org_id == org_id)
        .where(CurveProposal.instrument == instrument)
        .order_by(col(CurveProposal.sequence).desc())
        .limit(1)
    ).scalar_one_or_none()


def of_version(
    db: DbSession, *, org_id: int, instrument: str, version: str
) -> CurveProposal | None:
    """Return what was proposed under this name, whether it is in force or not."""
    return db.execute(
        select(CurveProposal)
        .where(CurveProposal.org_id == org_id)
        .where(CurveProposal.instrument == instrument)
        .where(CurveProposal.version == version)
    ).scalar_one_or_none()


def made(db: DbSession, *, org_id: int) -> Mapping[str, int]:
    """Return how many curves have been proposed for each instrument."""
    rows = db.execute(
        sa.select(col(CurveProposal.instrument), sa.func.count())
        .where(col(CurveProposal.org_id) == org_id)
        .group_by(col(CurveProposal.instrument))
    )
    return {row[0]: row[1] for row in rows}
