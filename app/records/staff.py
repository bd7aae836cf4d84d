"""Staff, their roles, accounts and sign-ins."""

import datetime as dt
import uuid
from collections.abc import Sequence
from enum import Enum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select

from app.records.base import DbSession, OrganizationRow, belongs, choice, moment, new_id


class Role(Enum):
    """What a member of staff may do."""

    CLINICIAN = "clinician"
    SUPERVISOR = "supervisor"
    QUALITY_LEAD = "quality_lead"
    ADMINISTRATOR = "administrator"


class Staff(OrganizationRow, table=True):
    """A member of staff."""

    __tablename__ = "staff"

    name: str = Field(max_length=200)
    language: str = Field(max_length=3)
    created_at: dt.datetime = moment()
    disabled_at: dt.datetime | None = moment(nullable=True)


class StaffRole(OrganizationRow, table=True):
    """A role of a member of staff; clinicians and supervisors have it in a team."""

    __tablename__ = "staff_role"
    __table_args__ = (
        belongs("staff_id", "staff"),
        belongs("team_id", "team"),
        sa.CheckConstraint(
            "(role IN ('clinician', 'supervisor')) = (team_id IS NOT NULL)", name="team_by_role"
        ),
        sa.Index("ix_staff_role_staff", "org_id", "staff_id", "until"),
        sa.Index("ix_staff_role_team", "org_id", "team_id", "role"),
    )

    staff_id: uuid.UUID
    role: Role = choice(Role, "role")
    team_id: uuid.UUID | None = None
    since: dt.datetime = moment()
    until: dt.datetime | None = moment(nullable=True)
    given_by: uuid.UUID | None = None
    ended_by: uuid.UUID | None = None


class Account(SQLModel, table=True):
    """How a member of staff signs in. Found before the organization is known."""

    __tablename__ = "account"
    __table_args__ = (
        sa.ForeignKeyConstraint(["org_id", "staff_id"], ["staff.org_id", "staff.id"]),
        sa.UniqueConstraint("org_id", "staff_id"),
    )

    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    org_id: int
    staff_id: uuid.UUID
    sign_in_name: str = Field(max_length=200, unique=True)
    password_hash: str = Field(max_length=300)
    must_change_password: bool = False
    totp_seed_sealed: bytes | None = None
    totp_confirmed_at: dt.datetime | None = moment(nullable=True)
    totp_last_step: int | None = None
    may_skip_second_factor: bool = False
    """Only for the printed accounts of a synthetic municipality."""
    created_at: dt.datetime = moment()


class RecoveryCode(SQLModel, table=True):
    """A code that replaces the second factor once."""

    __tablename__ = "recovery_code"

    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    account_id: uuid.UUID = Field(foreign_key="account.id", index=True)
    code_hash: str = Field(max_length=64)
    created_at: dt.datetime = moment()
    used_at: dt.datetime | None = moment(nullable=True)


class SignIn(SQLModel, table=True):
    """A signed-in browser. Only the hash of its token is kept."""

    __tablename__ = "sign_in"

    token_hash: str = Field(primary_key=True, max_length=64)
    account_id: uuid.UUID = Field(foreign_key="account.id", index=True)
    org_id: int
    staff_id: uuid.UUID
    created_at: dt.datetime = moment()
    last_seen_at: dt.datetime = moment()
    expires_at: dt.datetime = moment()
    second_factor_at: dt.datetime | None = moment(nullable=True)
    ended_at: dt.datetime | None = moment(nullable=True)


class Attempt(SQLModel, table=True):
    """Failed tries of one kind from one place, shared by all processes."""

    __tablename__ = "attempt"

    kind: str = Field(primary_key=True, max_length=40)
    key_hash: str = Field(primary_key=True, max_length=64)
    failures: int
    last_at: dt.datetime = moment()
    blocked_until: dt.datetime | None = moment(nullable=True)


def staff_member(db: DbSession, *, org_id: int, staff_id: uuid.UUID) -> Staff | None:
    """Return a member of staff."""
    return db.execute(
        select(Staff).where(Staff.org_id == org_id).where(Staff.id == staff_id)
    ).scalar_one_or_none()


def current_roles(db: DbSession, *, org_id: int, staff_id: uuid.UUID) -> Sequence[StaffRole]:
    """Return the roles that a member of staff has now."""
    return (
        db.execute(
            select(StaffRole)
            .where(StaffRole.org_id == org_id)
            .where(StaffRole.staff_id == staff_id)
            .where(col(StaffRole.until).is_(None))
        )
        .scalars()
        .all()
    )


def sign_in_by_token(db: DbSession, *, token_hash: str) -> SignIn | None:
    """Return the sign-in that a token belongs to."""
    return db.execute(select(SignIn).where(SignIn.token_hash == token_hash)).scalar_one_or_none()
