"""Organizations and their settings; teams and staff by the names that whoever runs them types."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col, select

from app.records.base import DbSession, ask, table_of
from app.records.episodes import Episode, EpisodeInstrument
from app.records.people import Organization, Patient, Team
from app.records.ratings import Rating
from app.records.schema import found_version
from app.records.staff import Account, Role, StaffRole
from app.records.visibility import Viewer, is_visible

_ORGANIZATION = table_of(Organization)
_NO_CONTACT_DAYS = sa.select(_ORGANIZATION.c.no_contact_days).where(
    _ORGANIZATION.c.id == sa.bindparam("org")
)


@dataclass(frozen=True, slots=True)
class Known:
    """An organization of this installation."""

    id: int
    name: str
    language: str
    is_synthetic: bool


def every_one(db: DbSession) -> Sequence[Known]:
    """Return all organizations of this installation."""
    names = [column.name for column in fields(Known)]
    statement = sa.select(*[getattr(Organization, name) for name in names])
    rows = db.execute(statement.order_by(col(Organization.id))).mappings()
    return [Known(**row) for row in rows]


def is_any(engine: Engine) -> bool:
    """Whether a database, perhaps one without tables yet, holds an organization."""
    if found_version(engine) is None:
        return False
    with engine.connect() as connection:
        return connection.execute(select(Organization.id).limit(1)).first() is not None


def instruments_in_use(db: DbSession, *, org_id: int) -> frozenset[str]:
    """Return the instruments that any course or rating of an organization names."""
    named = (
        (Episode.org_id, Episode.main_instrument),
        (Episode.org_id, Episode.alliance_instrument),
        (EpisodeInstrument.org_id, EpisodeInstrument.instrument),
        (Rating.org_id, Rating.instrument),
    )
    each = [sa.select(col(key)).where(col(org) == org_id) for org, key in named]
    return frozenset(row[0] for row in db.execute(sa.union(*each)) if row[0] is not None)


def no_contact_days(db: DbSession, *, org_id: int) -> int:
    """Return after how many days without a session an organization wants to be told."""
    days: int = ask(db, _NO_CONTACT_DAYS, org=org_id).scalar_one()
    return days


def team_names(db: DbSession, *, org_id: int) -> Sequence[tuple[uuid.UUID, str]]:
    """Return the teams of an organization."""
    rows = db.execute(
        select(Team.id, Team.name).where(Team.org_id == org_id).order_by(col(Team.name))
    )
    return [(row[0], row[1]) for row in rows]


def clinician_names(
    db: DbSession, *, org_id: int, team_id: uuid.UUID
) -> Sequence[tuple[uuid.UUID, str]]:
    """Return who treats patients in a team now, by their sign-in names."""
    rows = db.execute(
        select(Account.staff_id, Account.sign_in_name)
        .join(
            StaffRole,
            (col(StaffRole.org_id) == col(Account.org_id))
            & (col(StaffRole.staff_id) == col(Account.staff_id)),
        )
        .where(Account.org_id == org_id)
        .where(StaffRole.team_id == team_id)
        .where(StaffRole.role == Role.CLINICIAN)
        .where(col(StaffRole.until).is_(None))
        .order_by(col(Account.sign_in_name))
    )
    return [(row[0], row[1]) for row in rows]


def known_clients(db: DbSession, viewer: Viewer) -> Mapping[str, uuid.UUID]:
    """Return the patients who came with an imported file, by the keyed hash of their name there."""
    rows = db.execute(
        select(Patient.external_key, Patient.id)
        .where(Patient.org_id == viewer.org_id)
        .where(col(Patient.external_key).is_not(None))
        .where(is_visible(viewer, col(Patient.id)))
    )
    return {row[0]: row[1] for row in rows if row[0] is not None}
