"""How well a version of a curve held, as it was counted; never changed, followed by a newer one."""

import datetime as dt
import uuid
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from app.records.base import DbSession, OrganizationRow, belongs, choice, moment


class Way(Enum):
    """By what courses a version was tested that it had not seen.

    ``ALL_COURSES``: it was not made from courses of this site. ``SINCE_FITTED``: those that
    began after it was fitted. ``OLDER_COURSES``: a curve was made in the same way from the
    older courses, and tested by the newer ones.
    """

    ALL_COURSES = "all_courses"
    SINCE_FITTED = "since_fitted"
    OLDER_COURSES = "older_courses"


class Calibration(OrganizationRow, table=True):
    """One calibration of one version of a curve, in force or proposed."""

    __tablename__ = "calibration"
    __table_args__ = (
        belongs("curve_id", "curve"),
        belongs("proposal_id", "curve_proposal"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.CheckConstraint("(curve_id IS NULL) <> (proposal_id IS NULL)", name="of_one"),
        sa.Index("ix_calibration_version", "org_id", "instrument", "version", "sequence"),
    )

    instrument: str = Field(max_length=40)
    version: str = Field(max_length=40)
    """Of the curve that is judged."""
    curve_id: uuid.UUID | None = None
    proposal_id: uuid.UUID | None = None
    """One of the two: a curve that is or was in force, or a proposed one."""
    made_at: dt.datetime = moment()
    way: Way = choice(Way, "way")
    split_at: dt.datetime | None = moment(nullable=True)
    """Courses that began from then on were tested; missing where all were."""
    first_at: dt.datetime = moment()
    last_at: dt.datetime = moment()
    """When the first scores of the tested courses were given, from and to."""
    trained: dict[str, float] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
    """Parameters of the curve that was made from the older courses, where one was."""
    trained_courses: int | None = None
    thirds: list[int] = Field(sa_column=Column(JSON, nullable=False))
    tenths: list[int] = Field(sa_column=Column(JSON, nullable=False))
    """First scores, in tenths, that part the groups by first score."""
    patients: int
    courses: int
    closed_courses: int
    coverage: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    line: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    ended: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
    left_early: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
    """Missing without a reliable-change value."""
    recent_patients: int
    recent_scores: int
    recent_inside: int
    recent_known: int
    sequence: int


def add(db: DbSession, calibration: Calibration) -> None:
    """Store a calibration."""
    db.add(calibration)
    db.flush()


def newest(db: DbSession, *, org_id: int, instrument: str, version: str) -> Calibration | None:
    """Return the newest calibration of a version."""
    return db.execute(
        select(Calibration)
        .where(Calibration.org_id == org_id)
        .where(Calibration.instrument == instrument)
        .where(Calibration.version == version)
        .order_by(col(Calibration.sequence).desc())
        .limit(1)
    ).scalar_one_or_none()
