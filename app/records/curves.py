"""Expected-change curves by instrument and version; never changed, only followed by a newer one."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, col, select

from app.clinical.ages import AgeBand
from app.clinical.curves import CurveKind, GrowthParameters, ReferenceCurve, Stratum, for_age
from app.clinical.instruments import Boundary, Evidence, Provenance, ReliableChangeValue
from app.records.base import DbSession, OrganizationRow, belongs, choice, moment
from app.records.staff import Staff


class CurveNumbers(OrganizationRow):
    """The numbers of a curve, in force or proposed. Scores in points, borders in tenths."""

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
    evidence: Evidence = choice(Evidence, "evidence")
    created_at: dt.datetime = moment()


def _variance_checks() -> Sequence[sa.Constraint]:
    return (
        sa.CheckConstraint(
            "sd_intercept >= 0 AND sd_slope >= 0 AND sigma > 0 AND correlation BETWEEN -1 AND 1",
            name="variances",
        ),
        sa.CheckConstraint(
            "lowest_intake <= highest_intake AND first_session <= last_session", name="reach"
        ),
    )


def number_checks() -> Sequence[sa.Constraint]:
    """Return what must hold for the numbers of a curve."""
    return (
        sa.UniqueConstraint("org_id", "instrument", "version"),
        *_variance_checks(),
        sa.CheckConstraint(
            "(reliable_change IS NULL) = (reliable_change_boundary IS NULL)", name="reliable_change"
        ),
    )


class Curve(CurveNumbers, table=True):
    """The parameters of one curve."""

    __tablename__ = "curve"
    __table_args__ = (*number_checks(),)


class CurveStratum(OrganizationRow, table=True):
    """Parameters of one age band within a curve that was proposed; they go live with it."""

    __tablename__ = "curve_stratum"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["org_id", "instrument", "version"],
            ["curve_proposal.org_id", "curve_proposal.instrument", "curve_proposal.version"],
        ),
        sa.UniqueConstraint("org_id", "instrument", "version", "youngest"),
        *_variance_checks(),
    )

    instrument: str = Field(max_length=40)
    version: str = Field(max_length=40)
    youngest: int
    """Age in years at the beginning of the course, both ends included."""
    oldest: int | None = None
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
    patients: int
    courses: int
    closed_courses: int
    own_weight: float
    """How much the spreads of the band weigh beside those of the whole curve."""


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
    """A member of staff, or the program where the site has chosen so (an identifier
    of zeros, as its viewer has)."""
    sequence: int


@dataclass(frozen=True, slots=True)
class CurveInUse:
    """The newest curve of an instrument, and whether the site lets it raise flags."""

    id: uuid.UUID
    curve: ReferenceCurve
    is_accepted: bool
    is_taken_out: bool = False
    """Whether it is the site's own and somebody took it out of use."""

    def for_age(self, band: AgeBand | None) -> "CurveInUse":
        """Return it as it holds for patients of an age band."""
        return replace(self, curve=for_age(self.curve, band))


_REACH = ("lowest_intake", "highest_intake", "first_session", "last_session")
Kept = CurveNumbers | sa.Row[*tuple[Any, ...]]
"""A curve as it is kept: an object, or a row that was asked for by its columns."""


def in_use(db: DbSession, *, org_id: int) -> Mapping[str, CurveInUse]:
    """Return the curve in use for each instrument that has one."""
    return newest(versions(db, org_id=org_id))


def newest(kept: Sequence[CurveInUse]) -> Mapping[str, CurveInUse]:
    """Return the newest of these versions for each instrument: that is the one in use.

    One of the site's own that was taken out of use leaves its place to the one before it.
    """
    return {one.curve.instrument_key: one for one in kept if not one.is_taken_out}


def versions(db: DbSession, *, org_id: int) -> Sequence[CurveInUse]:
    """Return every version of every curve, oldest first."""
    latest = (
        select(CurveAcceptance.curve_id, sa.func.max(CurveAcceptance.sequence).label("sequence"))
        .where(CurveAcceptance.org_id == org_id)
        .group_by(col(CurveAcceptance.curve_id))
        .subquery()
    )
    rows = db.execute(
        select(Curve, CurveAcceptance.is_accepted, CurveStratum)
        .outerjoin(latest, latest.c.curve_id == Curve.id)
        .outerjoin(
            CurveAcceptance,
            sa.and_(
                col(CurveAcceptance.org_id) == org_id,
                col(CurveAcceptance.sequence) == latest.c.sequence,
            ),
        )
        .outerjoin(
            CurveStratum,
            sa.and_(
                col(CurveStratum.org_id) == col(Curve.org_id),
                col(CurveStratum.instrument) == col(Curve.instrument),
                col(CurveStratum.version) == col(Curve.version),
            ),
        )
        .where(Curve.org_id == org_id)
        .order_by(col(Curve.created_at), col(Curve.version), col(CurveStratum.youngest))
    )
    found: dict[uuid.UUID, CurveInUse] = {}
    for curve, is_accepted, stratum in rows:
        fresh = CurveInUse(
            curve.id,
            as_reference(curve),
            is_accepted=bool(is_accepted),
            is_taken_out=curve.kind is CurveKind.LOCAL and is_accepted is False,
        )
        before = found.get(curve.id, fresh)
        strata = (*before.curve.strata, *([stratum_of(stratum)] if stratum else []))
        found[curve.id] = replace(before, curve=replace(before.curve, strata=strata))
    return list(found.values())


def with_strata(db: DbSession, curve: ReferenceCurve, *, org_id: int) -> ReferenceCurve:
    """Return a proposed curve with the age bands that have parameters of their own in it."""
    rows = db.execute(
        select(CurveStratum)
        .where(CurveStratum.org_id == org_id)
        .where(CurveStratum.instrument == curve.instrument_key)
        .where(CurveStratum.version == curve.version)
        .order_by(col(CurveStratum.youngest))
    ).scalars()
    return replace(curve, strata=tuple(stratum_of(row) for row in rows))


def of_id(db: DbSession, *, org_id: int, curve_id: uuid.UUID) -> ReferenceCurve | None:
    """Return one version of a curve: old flags keep the version that raised them."""
    curve = db.execute(
        select(Curve).where(Curve.org_id == org_id).where(Curve.id == curve_id)
    ).scalar_one_or_none()
    return None if curve is None else as_reference(curve)


def decisions(db: DbSession, *, org_id: int) -> Sequence[tuple[CurveAcceptance, str | None]]:
    """Return every decision that a curve may raise flags or may not, with who, oldest first.

    Nobody's name stands beside what the program decided.
    """
    rows = db.execute(
        select(CurveAcceptance, Staff.name)
        .outerjoin(
            Staff,
            sa.and_(
                col(Staff.org_id) == col(CurveAcceptance.org_id),
                col(Staff.id) == col(CurveAcceptance.decided_by),
            ),
        )
        .where(CurveAcceptance.org_id == org_id)
        .order_by(col(CurveAcceptance.sequence))
    )
    return [(row[0], row[1]) for row in rows]


def add_decision(db: DbSession, decision: CurveAcceptance) -> None:
    """Store a decision about a curve."""
    db.add(decision)
    db.flush()


def add(db: DbSession, reference: ReferenceCurve, *, org_id: int, now: dt.datetime) -> uuid.UUID:
    """Store a new version of a curve; return its id."""
    curve = Curve(org_id=org_id, created_at=now, **numbers_of(reference))
    db.add(curve)
    db.flush()
    return curve.id


def numbers_of(reference: ReferenceCurve) -> Mapping[str, Any]:
    """Return a curve as it is kept, by the names of its columns."""
    numbers, reliable = reference.parameters, reference.reliable_change
    return {
        "instrument": reference.instrument_key,
        "version": reference.version,
        "kind": reference.kind,
        **parameters_of(numbers),
        "lowest_intake": reference.lowest_intake,
        "highest_intake": reference.highest_intake,
        "first_session": reference.first_session,
        "last_session": reference.last_session,
        "reliable_change": reliable.value if reliable else None,
        "reliable_change_boundary": reliable.boundary if reliable else None,
        "patients": reference.n_patients,
        "source": reference.source,
        "evidence": reference.evidence,
    }


def parameters_of(numbers: GrowthParameters) -> Mapping[str, Any]:
    """Return parameters as they are kept, by the names of their columns."""
    return {name: getattr(numbers, name) for name in numbers.__slots__}


def stratum_of(row: CurveStratum) -> Stratum:
    """Return the parameters of an age band as they are reckoned with."""
    return Stratum(
        ages=(row.youngest, row.oldest),
        parameters=_parameters(row),
        n_patients=row.patients,
        **{name: getattr(row, name) for name in _REACH},
    )


def _parameters(row: Kept | CurveStratum) -> GrowthParameters:
    return GrowthParameters(**{name: getattr(row, name) for name in GrowthParameters.__slots__})


def as_reference(row: Kept) -> ReferenceCurve:
    """Return a curve as the clinical core knows it."""
    return ReferenceCurve(
        instrument_key=row.instrument,
        kind=row.kind,
        version=row.version,
        parameters=_parameters(row),
        lowest_intake=row.lowest_intake,
        highest_intake=row.highest_intake,
        first_session=row.first_session,
        last_session=row.last_session,
        reliable_change=_reliable_change(row),
        source=row.source,
        evidence=row.evidence,
        n_patients=row.patients,
    )


def _reliable_change(row: Kept) -> ReliableChangeValue | None:
    if row.reliable_change is None or row.reliable_change_boundary is None:
        return None
    return ReliableChangeValue(
        value=row.reliable_change,
        boundary=row.reliable_change_boundary,
        provenance=Provenance(
            source=row.source, evidence=row.evidence, checked=row.created_at.date()
        ),
    )
