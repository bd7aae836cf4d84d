"""Organizations, teams and staff by their names: what whoever runs the program types."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy.engine import Engine
from sqlmodel import col, select

from app.records.base import DbSession
from app.records.people import Organization, Patient, Team
from app.records.schema import found_version
from app.records.staff import Account, Role, StaffRole
from app.records.visibility import Viewer, is_visible


def every_one(db: DbSession) -> Sequence[Organization]:
    """Return all organizations of this installation."""
    return db.execute(select(Organization).order_by(col(Organization.id))).scalars().all()


def is_any(engine: Engine) -> bool:
    """Whether a database, perhaps one without tables yet, holds an organization."""
    if found_version(engine) is None:
        return False
    with engine.connect() as connection:
        return connection.execute(select(Organization.id).limit(1)).first() is not None


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
