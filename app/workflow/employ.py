"""Staff come, change roles and leave; what they may do changes at once."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from app.records import audit, people, staff
from app.records.base import DbSession, new_id
from app.records.staff import Account, Role, Staff, StaffRole
from app.records.visibility import Viewer
from app.workflow import access, prove
from app.workflow.administer import ADMINISTERS, check_may_administer, plain_text
from app.workflow.refusals import Conflict, Refusal
from app.workflow.sign_in import plain_name

__all__ = ["Role"]

ONE_TIME_LASTS = dt.timedelta(days=7)
"""How long a password that was handed over can be used for the first time."""

IN_A_TEAM = frozenset({Role.CLINICIAN, Role.SUPERVISOR})
"""Roles that somebody has in a team; the others hold for the organization."""


@dataclass(frozen=True, slots=True)
class RoleGiven:
    """A role, and in which team."""

    role: Role
    team_id: uuid.UUID | None = None


class MemberState(Enum):
    """How far a member of staff has come."""

    READY = "ready"
    WAITING = "waiting"
    """Has a password that was handed over and has not used it."""
    NO_PHONE = "no_phone"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """A member of staff as an administrator sees them."""

    id: uuid.UUID
    name: str
    sign_in_name: str
    language: str
    roles: frozenset[RoleGiven]
    state: MemberState

    @property
    def is_disabled(self) -> bool:
        """Whether the account is closed."""
        return self.state is MemberState.DISABLED

    @property
    def sorted_roles(self) -> Sequence[RoleGiven]:
        """The roles in the order in which they are listed everywhere."""
        order = list(Role)
        return sorted(
            self.roles, key=lambda given: (order.index(given.role), str(given.team_id or ""))
        )


@dataclass(frozen=True, slots=True, repr=False)
class HandedOver:
    """A new account. The password is told once, to whoever hands it over."""

    staff_id: uuid.UUID
    sign_in_name: str
    one_time_password: str


@dataclass(frozen=True, slots=True, repr=False)
class AccountToPrint:
    """The password of an account that is printed for everybody, in a demonstration."""

    password: str


def members(db: DbSession, viewer: Viewer) -> Sequence[MemberSeen]:
    """Return all staff of the organization by name."""
    check_may_administer(viewer)
    accounts = {
        account.staff_id: account for account in staff.everybodys_accounts(db, org_id=viewer.org_id)
    }
    given: dict[uuid.UUID, set[RoleGiven]] = {}
    for role in staff.everybodys_roles(db, org_id=viewer.org_id):
        given.setdefault(role.staff_id, set()).add(RoleGiven(role.role, role.team_id))
    return [
        _seen(member, account=accounts[member.id], roles=given.get(member.id, set()))
        for member in staff.everybody(db, org_id=viewer.org_id)
        if member.id in accounts
    ]


def member(db: DbSession, viewer: Viewer, *, staff_id: uuid.UUID) -> MemberSeen:
    """Return one member of staff."""
    found = next((one for one in members(db, viewer) if one.id == staff_id), None)
    if found is None:
        raise access.NotThereError
    return found


def add_member(
    db: DbSession,
    viewer: Viewer,
    *,
    name: str,
    sign_in_name: str,
    language: str,
    roles: Collection[RoleGiven],
    now: dt.datetime,
    printed: AccountToPrint | None = None,
) -> HandedOver:
    """Add a member of staff, with a password that must be changed at first use.

    ``printed`` is for the accounts of a synthetic municipality, whose password is on
    paper and stays.
    """
    check_may_administer(viewer)
    _check_roles(db, viewer, roles)
    person = Staff(
        org_id=viewer.org_id,
        id=new_id(),
        name=plain_text(name, what="name_needed"),
        language=language,
        created_at=now,
    )
    db.add(person)
    db.flush()
    password = printed.password if printed else prove.new_one_time_password()
    account = _account(
        person, sign_in_name=sign_in_name, password=password, is_printed=printed is not None
    )
    if not staff.add_account(db, account):
        raise Conflict("sign_in_name_taken")
    _give(db, viewer, staff_id=person.id, roles=roles, now=now)
    _log(db, viewer, "staff_added", staff_id=person.id, now=now)
    return HandedOver(
        staff_id=person.id, sign_in_name=account.sign_in_name, one_time_password=password
    )


def change_member(
    db: DbSession,
    viewer: Viewer,
    *,
    staff_id: uuid.UUID,
    name: str,
    roles: Collection[RoleGiven],
    now: dt.datetime,
) -> None:
    """Change the name and roles of a member of staff. New roles end their sign-ins."""
    before = member(db, viewer, staff_id=staff_id)
    _check_roles(db, viewer, roles)
    person = _person(db, viewer, staff_id=staff_id)
    person.name = plain_text(name, what="name_needed")
    wanted = frozenset(roles)
    if wanted == before.roles:
        _log(db, viewer, "staff_renamed", staff_id=staff_id, now=now)
        return
    for role in staff.current_roles(db, org_id=viewer.org_id, staff_id=staff_id):
        if RoleGiven(role.role, role.team_id) not in wanted:
            role.until = now
            role.ended_by = viewer.staff_id
    _give(db, viewer, staff_id=staff_id, roles=wanted - before.roles, now=now)
    _end_sign_ins(db, viewer, staff_id=staff_id, now=now)
    _log(db, viewer, "roles_changed", staff_id=staff_id, now=now, roles=_words(wanted))
    _check_somebody_administers(db, viewer)


def disable_member(db: DbSession, viewer: Viewer, *, staff_id: uuid.UUID, now: dt.datetime) -> None:
    """Close the account of somebody who leaves; what they have open ends at once."""
    check_may_administer(viewer)
    person = _person(db, viewer, staff_id=staff_id)
    if person.disabled_at is not None:
        return
    person.disabled_at = now
    _end_sign_ins(db, viewer, staff_id=staff_id, now=now)
    _log(db, viewer, "staff_disabled", staff_id=staff_id, now=now)
    _check_somebody_administers(db, viewer)


def enable_member(
    db: DbSession, viewer: Viewer, *, staff_id: uuid.UUID, now: dt.datetime
) -> HandedOver:
    """Open a closed account again. It begins anew, with a password that is handed over."""
    check_may_administer(viewer)
    person = _person(db, viewer, staff_id=staff_id)
    person.disabled_at = None
    _log(db, viewer, "staff_enabled", staff_id=staff_id, now=now)
    return reset_access(db, viewer, staff_id=staff_id, now=now)


def reset_access(
    db: DbSession, viewer: Viewer, *, staff_id: uuid.UUID, now: dt.datetime
) -> HandedOver:
    """Let somebody who lost their phone or password begin anew.

    Both at a time: with the phone alone taken away, whoever knows the old password
    could connect a phone of theirs.
    """
    check_may_administer(viewer)
    _person(db, viewer, staff_id=staff_id)
    if staff_id == viewer.staff_id:
        raise Conflict("own_access")
    account = staff.account_of(db, org_id=viewer.org_id, staff_id=staff_id)
    password = prove.new_one_time_password()
    account.password_hash = prove.hash_password(password)
    account.must_change_password = True
    account.password_expires_at = now + ONE_TIME_LASTS
    account.totp_seed_sealed = None
    account.totp_pending_sealed = None
    account.totp_confirmed_at = None
    account.may_skip_second_factor = False
    staff.void_recovery_codes(db, account_id=account.id, now=now)
    _end_sign_ins(db, viewer, staff_id=staff_id, now=now)
    _log(db, viewer, "access_reset", staff_id=staff_id, now=now)
    return HandedOver(
        staff_id=staff_id, sign_in_name=account.sign_in_name, one_time_password=password
    )


def _account(person: Staff, *, sign_in_name: str, password: str, is_printed: bool) -> Account:
    return Account(
        id=new_id(),
        org_id=person.org_id,
        staff_id=person.id,
        sign_in_name=plain_name(plain_text(sign_in_name, what="sign_in_name_needed")),
        password_hash=prove.hash_password(password),
        must_change_password=not is_printed,
        password_expires_at=None if is_printed else person.created_at + ONE_TIME_LASTS,
        may_skip_second_factor=is_printed,
        created_at=person.created_at,
    )


def _seen(person: Staff, *, account: Account, roles: Collection[RoleGiven]) -> MemberSeen:
    return MemberSeen(
        id=person.id,
        name=person.name,
        sign_in_name=account.sign_in_name,
        language=person.language,
        roles=frozenset(roles),
        state=_state(person, account),
    )


def _state(person: Staff, account: Account) -> MemberState:
    if person.disabled_at is not None:
        return MemberState.DISABLED
    if account.must_change_password:
        return MemberState.WAITING
    return MemberState.READY if account.totp_confirmed_at else MemberState.NO_PHONE


def _person(db: DbSession, viewer: Viewer, *, staff_id: uuid.UUID) -> Staff:
    found = staff.staff_member(db, org_id=viewer.org_id, staff_id=staff_id)
    if found is None:
        raise access.NotThereError
    return found


def _check_roles(db: DbSession, viewer: Viewer, roles: Collection[RoleGiven]) -> None:
    team_ids = {team.id for team in people.all_teams(db, viewer)}
    for given in roles:
        if (given.role in IN_A_TEAM) != (given.team_id is not None):
            raise Refusal("role_needs_team", value=given.role.value)
        if given.team_id is not None and given.team_id not in team_ids:
            raise access.NotThereError


def _give(
    db: DbSession,
    viewer: Viewer,
    *,
    staff_id: uuid.UUID,
    roles: Collection[RoleGiven],
    now: dt.datetime,
) -> None:
    for given in roles:
        db.add(
            StaffRole(
                org_id=viewer.org_id,
                staff_id=staff_id,
                role=given.role,
                team_id=given.team_id,
                since=now,
                given_by=None if viewer.is_program else viewer.staff_id,
            )
        )
    db.flush()


def _end_sign_ins(db: DbSession, viewer: Viewer, *, staff_id: uuid.UUID, now: dt.datetime) -> None:
    account = staff.account_of(db, org_id=viewer.org_id, staff_id=staff_id)
    staff.end_sign_ins(db, account_id=account.id, now=now)


def _check_somebody_administers(db: DbSession, viewer: Viewer) -> None:
    # Asked after the log entry: that waits for other administrators, so that two of them
    # cannot take the last two roles away at the same moment.
    if staff.working_administrators(db, org_id=viewer.org_id) == 0:
        raise Conflict("last_administrator")


def _words(roles: Collection[RoleGiven]) -> list[str]:
    return sorted(
        given.role.value if given.team_id is None else f"{given.role.value}:{given.team_id.hex}"
        for given in roles
    )


def _log(
    db: DbSession,
    viewer: Viewer,
    action: str,
    *,
    staff_id: uuid.UUID,
    now: dt.datetime,
    **details: object,
) -> None:
    db.flush()
    event = access.event_of(viewer, action, now=now, ground=ADMINISTERS)
    audit.append(db, replace(event, details={"staff": staff_id.hex, **details}))
