"""Staff, their roles, accounts and sign-ins."""

import datetime as dt
import uuid
from collections.abc import Sequence
from enum import Enum

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
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
    password_expires_at: dt.datetime | None = moment(nullable=True)
    """Only a password that an administrator handed over ends by itself."""
    totp_seed_sealed: bytes | None = None
    totp_pending_sealed: bytes | None = None
    """A seed that has been shown and not confirmed yet; the old one holds until it is."""
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


def sign_in_by_token(db: DbSession, *, token_hash: str) -> tuple[SignIn, Account] | None:
    """Return the sign-in that a token belongs to, with its account."""
    found = db.execute(
        select(SignIn, Account)
        .join(Account, col(Account.id) == col(SignIn.account_id))
        .where(SignIn.token_hash == token_hash)
    ).first()
    return (found[0], found[1]) if found else None


def end_sign_in(db: DbSession, *, token_hash: str, now: dt.datetime) -> None:
    """End one sign-in."""
    db.execute(
        sa.update(SignIn)
        .where(col(SignIn.token_hash) == token_hash)
        .where(col(SignIn.ended_at).is_(None))
        .values(ended_at=now)
    )


def everybody(db: DbSession, *, org_id: int) -> Sequence[Staff]:
    """Return all staff of an organization by name, also those who have left."""
    return (
        db.execute(select(Staff).where(Staff.org_id == org_id).order_by(col(Staff.name)))
        .scalars()
        .all()
    )


def everybodys_roles(db: DbSession, *, org_id: int) -> Sequence[StaffRole]:
    """Return the roles that everybody in an organization has now."""
    return (
        db.execute(
            select(StaffRole)
            .where(StaffRole.org_id == org_id)
            .where(col(StaffRole.until).is_(None))
        )
        .scalars()
        .all()
    )


def working_administrators(db: DbSession, *, org_id: int) -> int:
    """Return how many people can administer the organization now."""
    working: int = db.execute(
        select(sa.func.count(sa.distinct(col(StaffRole.staff_id))))
        .join(
            Staff,
            sa.and_(
                col(Staff.org_id) == col(StaffRole.org_id),
                col(Staff.id) == col(StaffRole.staff_id),
            ),
        )
        .where(StaffRole.org_id == org_id)
        .where(StaffRole.role == Role.ADMINISTRATOR)
        .where(col(StaffRole.until).is_(None))
        .where(col(Staff.disabled_at).is_(None))
    ).scalar_one()
    return working


def account_named(db: DbSession, *, sign_in_name: str) -> Account | None:
    """Return the account with a sign-in name, in whichever organization."""
    return db.execute(
        select(Account).where(Account.sign_in_name == sign_in_name)
    ).scalar_one_or_none()


def account_for_change(db: DbSession, *, account_id: uuid.UUID) -> Account:
    """Return an account that no other transaction can change until this one is done.

    Without it two requests on PostgreSQL could both find a code unused.
    """
    found: Account = db.execute(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    return found


def add_account(db: DbSession, account: Account) -> bool:
    """Store an account; return whether its sign-in name was free in all organizations."""
    row = account.model_dump()
    stored = db.execute(
        _insert_if_new(db, Account)
        .values(**row)
        .on_conflict_do_nothing(index_elements=["sign_in_name"])
        .returning(col(Account.id))
    ).first()
    return stored is not None


def account_of(db: DbSession, *, org_id: int, staff_id: uuid.UUID) -> Account:
    """Return the account of a member of staff, held as ``account_for_change`` does."""
    found: Account = db.execute(
        select(Account)
        .where(Account.org_id == org_id)
        .where(Account.staff_id == staff_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    return found


def everybodys_accounts(db: DbSession, *, org_id: int) -> Sequence[Account]:
    """Return all accounts of an organization."""
    return db.execute(select(Account).where(Account.org_id == org_id)).scalars().all()


def accounts_to_try(db: DbSession) -> Sequence[Account]:
    """Return the printed accounts of a synthetic municipality."""
    return (
        db.execute(
            select(Account)
            .where(col(Account.may_skip_second_factor).is_(True))
            .order_by(col(Account.org_id), col(Account.sign_in_name))
        )
        .scalars()
        .all()
    )


def open_sign_ins(db: DbSession, *, account_id: uuid.UUID) -> Sequence[SignIn]:
    """Return the sign-ins of an account that have not been ended, newest first."""
    return (
        db.execute(
            select(SignIn)
            .where(SignIn.account_id == account_id)
            .where(col(SignIn.ended_at).is_(None))
            .order_by(col(SignIn.created_at).desc())
        )
        .scalars()
        .all()
    )


def end_sign_ins(
    db: DbSession, *, account_id: uuid.UUID, now: dt.datetime, but: str | None = None
) -> None:
    """End all sign-ins of an account, except perhaps the one with this token hash."""
    statement = (
        sa.update(SignIn)
        .where(col(SignIn.account_id) == account_id)
        .where(col(SignIn.ended_at).is_(None))
    )
    if but is not None:
        statement = statement.where(col(SignIn.token_hash) != but)
    db.execute(statement.values(ended_at=now))


def spend_recovery_code(
    db: DbSession, *, account_id: uuid.UUID, code_hash: str, now: dt.datetime
) -> bool:
    """Use a recovery code up; return whether it was there to be used."""
    # Check and use in one statement, or two requests could both use it.
    spent = db.execute(
        sa.update(RecoveryCode)
        .where(col(RecoveryCode.account_id) == account_id)
        .where(col(RecoveryCode.code_hash) == code_hash)
        .where(col(RecoveryCode.used_at).is_(None))
        .values(used_at=now)
        .returning(col(RecoveryCode.id))
    ).all()
    return bool(spent)


def void_recovery_codes(db: DbSession, *, account_id: uuid.UUID, now: dt.datetime) -> None:
    """Use up all recovery codes of an account that are left."""
    db.execute(
        sa.update(RecoveryCode)
        .where(col(RecoveryCode.account_id) == account_id)
        .where(col(RecoveryCode.used_at).is_(None))
        .values(used_at=now)
    )


def unused_recovery_codes(db: DbSession, *, account_id: uuid.UUID) -> int:
    """Return how many recovery codes of an account are left."""
    left: int = db.execute(
        select(sa.func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.account_id == account_id)
        .where(col(RecoveryCode.used_at).is_(None))
    ).scalar_one()
    return left


def attempts_for_change(
    db: DbSession, keys: Sequence[tuple[str, str]], *, now: dt.datetime
) -> Sequence[Attempt]:
    """Return the counters of these kinds and keys, made where lacking, held until commit."""
    # The same order everywhere, or two sign-ins could each hold what the other waits for.
    found = []
    for kind, key_hash in sorted(keys):
        fresh = {"kind": kind, "key_hash": key_hash, "failures": 0, "last_at": now}
        db.execute(_insert_if_new(db, Attempt).values(**fresh).on_conflict_do_nothing())
        found.append(
            db.execute(
                select(Attempt)
                .where(Attempt.kind == kind)
                .where(Attempt.key_hash == key_hash)
                .with_for_update()
                .execution_options(populate_existing=True)
            ).scalar_one()
        )
    return found


def touch_attempts(db: DbSession, keys: Sequence[tuple[str, str]], *, now: dt.datetime) -> None:
    """Write down that the counters were last used now."""
    for kind, key_hash in sorted(keys):
        db.execute(
            sa.update(Attempt)
            .where(col(Attempt.kind) == kind)
            .where(col(Attempt.key_hash) == key_hash)
            .values(last_at=now)
        )


def is_counted(db: DbSession, *, kind: str, key_hash: str, since: dt.datetime) -> bool:
    """Whether there is a counter of this kind and key that was touched since then."""
    return (
        db.execute(
            select(Attempt.kind)
            .where(Attempt.kind == kind)
            .where(Attempt.key_hash == key_hash)
            .where(Attempt.last_at >= since)
        ).first()
        is not None
    )


def drop_old_attempts(db: DbSession, *, before: dt.datetime) -> None:
    """Forget counters that nobody has touched for long."""
    db.execute(sa.delete(Attempt).where(col(Attempt.last_at) < before))


def _insert_if_new(db: DbSession, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    if db.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
