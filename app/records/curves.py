"""Expected-change curves by instrument and version; never changed, only followed by a newer one."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlmodel import Field

from app.clinical.expected_change import CurveKind
from app.clinical.instruments import Boundary
from app.records.base import OrganizationRow, belongs, choice, moment


class Curve(OrganizationRow, table=True):
    """The parameters of one curve. Scores in points, borders in tenths."""

    __tablename__ = "curve"
    __table_args__ = (
        sa.UniqueConstraint("org_id", "instrument", "version"),
        sa.CheckConstraint(
            "sd_intercept >= 0 AND sd_slope >= 0 AND sigma > 0 AND correlation BETWEEN -1 AND 1",
            name="variances",
        ),
        sa.CheckConstraint(
            "lowest_intake <= highest_intake AND first_session <= last_session", name="reach"
        ),
        sa.CheckConstraint(
            "(reliable_change IS NULL) = (reliable_change_boundary IS NULL)", name="reliable_change"
        ),
    )

    instrument: str = Field(max_length=40)
    version: str = Field(max_length=40)
    kind: CurveKind = choice(CurveKind, "kind")
    intercept: float
    intake: float
    time: float
    intake_time: float
    center: float
    sd_intercept: float
    sd_slope: float
    correlation: float
    sigma: float
    lowest_intake: int
    highest_intake: int
    first_session: int
    last_session: int
    reliable_change: int | None = None
    reliable_change_boundary: Boundary | None = choice(
        Boundary, "reliable_change_boundary", nullable=True
    )
    patients: int | None = None
    source: str = Field(max_length=1000)
    created_at: dt.datetime = moment()


class CurveAcceptance(OrganizationRow, table=True):
    """A site's decision that a curve may raise flags, or may no longer; the newest counts."""

    __tablename__ = "curve_acceptance"
    __table_args__ = (
        belongs("curve_id", "curve"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.Index("ix_curve_acceptance_curve", "org_id", "curve_id", "sequence"),
    )

    curve_id: uuid.UUID
    is_accepted: bool
    decided_at: dt.datetime = moment()
    decided_by: uuid.UUID
    sequence: int
