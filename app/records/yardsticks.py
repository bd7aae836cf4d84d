"""What a course is measured by: the curve in use for its patient, and what the site has set."""

import uuid
from dataclasses import dataclass, replace

import sqlalchemy as sa

from app.clinical.curves import CurveKind, for_age
from app.records import early_alliances, rule_settings
from app.records.base import DbSession, ask, table_of
from app.records.curves import (
    Curve,
    CurveAcceptance,
    CurveInUse,
    CurveStratum,
    as_reference,
    stratum_of,
)
from app.records.people import Organization, Patient


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a course is measured by: the curve in use, and what the organization has set."""

    curve: CurveInUse | None
    no_contact_days: int
    """After so many days without a session the organization wants to be told."""
    own_rules: str | None
    """The editions of rules that it has set, as they are kept."""
    early_limits: str | None
    """Where the lowest early alliance ratings end here, as it is kept."""


_CURVE, _ACCEPTANCE = table_of(Curve), table_of(CurveAcceptance)
_STRATUM, _PATIENT = table_of(CurveStratum), table_of(Patient)
_YEARS = (
    sa.bindparam("year", type_=sa.Integer)
    - sa.select(_PATIENT.c.birth_year)
    .where(_PATIENT.c.org_id == sa.bindparam("org"), _PATIENT.c.id == sa.bindparam("patient"))
    .scalar_subquery()
)
_ORGANIZATION, _VERSION = table_of(Organization), _CURVE.alias("version")
_LAST_WORD = (
    sa.select(_ACCEPTANCE.c.is_accepted)
    .where(_ACCEPTANCE.c.org_id == _VERSION.c.org_id, _ACCEPTANCE.c.curve_id == _VERSION.c.id)
    .order_by(_ACCEPTANCE.c.sequence.desc())
    .limit(1)
    .scalar_subquery()
)
_IS_STILL_USED = sa.or_(_VERSION.c.kind != CurveKind.LOCAL, sa.func.coalesce(_LAST_WORD, sa.true()))
_YARDSTICK = (
    sa.select(
        _ORGANIZATION.c.no_contact_days,
        rule_settings.own_rules(sa.bindparam("org", type_=sa.Integer)).label("own_rules"),
        early_alliances.limits(sa.bindparam("org", type_=sa.Integer)).label("early_limits"),
        _CURVE,
        sa.select(_ACCEPTANCE.c.is_accepted)
        .where(_ACCEPTANCE.c.org_id == _CURVE.c.org_id, _ACCEPTANCE.c.curve_id == _CURVE.c.id)
        .order_by(_ACCEPTANCE.c.sequence.desc())
        .limit(1)
        .scalar_subquery()
        .label("is_accepted"),
        *(column.label(f"stratum_{column.name}") for column in _STRATUM.columns),
    )
    .select_from(_ORGANIZATION)
    .outerjoin(
        _CURVE,
        sa.and_(
            _CURVE.c.org_id == _ORGANIZATION.c.id,
            _CURVE.c.id
            == sa.select(_VERSION.c.id)
            .where(_VERSION.c.org_id == sa.bindparam("org"))
            .where(_VERSION.c.instrument == sa.bindparam("instrument"))
            .where(_IS_STILL_USED)
            .order_by(_VERSION.c.created_at.desc(), _VERSION.c.version.desc())
            .limit(1)
            .scalar_subquery(),
        ),
    )
    .outerjoin(
        _STRATUM,
        sa.and_(
            _STRATUM.c.org_id == _CURVE.c.org_id,
            _STRATUM.c.instrument == _CURVE.c.instrument,
            _STRATUM.c.version == _CURVE.c.version,
            _STRATUM.c.youngest <= _YEARS,
            sa.or_(_STRATUM.c.oldest.is_(None), _STRATUM.c.oldest >= _YEARS),
        ),
    )
    .where(_ORGANIZATION.c.id == sa.bindparam("org"))
)


def yardstick(
    db: DbSession, *, org_id: int, instrument: str, patient_id: uuid.UUID, year: int
) -> Yardstick:
    """Return what a patient's course that began in a year is measured by."""
    row = ask(
        db, _YARDSTICK, org=org_id, instrument=instrument, patient=patient_id, year=year
    ).one()
    if row.id is None:
        return Yardstick(None, row.no_contact_days, row.own_rules, row.early_limits)
    curve = CurveInUse(row.id, as_reference(row), is_accepted=bool(row.is_accepted))
    if row.stratum_id is not None:
        kept = {name: getattr(row, f"stratum_{name}") for name in CurveStratum.model_fields}
        own = stratum_of(CurveStratum(**kept))
        curve = replace(curve, curve=for_age(replace(curve.curve, strata=(own,)), own.ages))
    return Yardstick(curve, row.no_contact_days, row.own_rules, row.early_limits)
