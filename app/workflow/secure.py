"""Staff look after their own account: language, password, phone, recovery codes, sign-ins."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.records import audit, people, staff
from app.records.base import DbSession
from app.records.encryption import seal
from app.records.staff import Account, RecoveryCode
from app.records.visibility import Viewer
from app.workflow import access, limit, prove
from app.workflow.limit import Counter, Place
from app.workflow.prove import SHORTEST_PASSWORD
from app.workflow.refusals import Conflict, Refusal
from app.workflow.sign_in import (
    OWN_ACCOUNT,
    Begun,
    Denied,
    OpenSignIn,
    Step,
    complete,
    judge_code,
    offer_seed,
    pending_seed,
)

__all__ = ["SHORTEST_PASSWORD"]

_HANDLE = 16
"""Hexadecimal digits of a token's hash that name a sign-in on its owner's own page."""


@dataclass(frozen=True, slots=True)
class SignInSeen:
    """A browser in which somebody is signed in, as its owner sees it."""

    handle: str
    began_at: dt.datetime
    seen_at: dt.datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """An account as its owner sees it."""

    sign_in_name: str
    has_phone: bool
    codes_left: int
    sign_ins: Sequence[SignInSeen]


@dataclass(frozen=True, slots=True, repr=False)
class SeedShown:
    """A seed on its way to a phone."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True, repr=False)
class PhoneConnected:
    """A phone is connected. The recovery codes are told once."""

    begun: Begun
    recovery_codes: Sequence[str]


def own_account(db: DbSession, here: OpenSignIn, *, now: dt.datetime) -> AccountSeen:
    """Return the account of whoever is signed in."""
    account = staff.account_for_change(db, account_id=here.account_id)
    open_now = [
        one
        for one in staff.open_sign_ins(db, account_id=account.id)
        if access.is_live(one, now=now)
    ]
    return AccountSeen(
        sign_in_name=account.sign_in_name,
        has_phone=account.totp_confirmed_at is not None,
        codes_left=staff.unused_recovery_codes(db, account_id=account.id),
        sign_ins=[
            SignInSeen(
                handle=one.token_hash[:_HANDLE],
                began_at=one.created_at,
                seen_at=one.last_seen_at,
                is_this=one.token_hash == here.token_hash,
            )
            for one in open_now
        ],
    )


def choose_language(db: DbSession, viewer: Viewer, *, language: str, now: dt.datetime) -> None:
    """Write down in which language somebody reads."""
    member = staff.staff_member(db, org_id=viewer.org_id, staff_id=viewer.staff_id)
    if member is None or member.language == language:
        return
    member.language = language
    event = access.event_of(
        viewer, "language_chosen", now=now, ground=OWN_ACCOUNT, language=language
    )
    audit.append(db, event)


def change_password(
    db: DbSession, here: OpenSignIn, *, present: str, new: str, now: dt.datetime
) -> Denied | None:
    """Change the password of whoever is signed in, and end their other sign-ins."""
    account = staff.account_for_change(db, account_id=here.account_id)
    tries = limit.take_try(db, [limit.key_of(Counter.OWN_PASSWORD, account.id.hex)], now=now)
    if tries.wait is not None:
        return Denied(tries.minutes)
    if not prove.is_password(present, account.password_hash):
        event = access.event_of(here.viewer, "password_refused", now=now, ground=OWN_ACCOUNT)
        audit.append(db, event)
        return Denied()
    limit.forgive(db, tries, now=now)
    _set_password(db, here, account, new=new, now=now)
    return None


def replace_handed_over_password(
    db: DbSession, here: OpenSignIn, *, new: str, now: dt.datetime
) -> None:
    """Put a password of one's own in place of the one that was handed over."""
    if here.step is not Step.PASSWORD:
        raise Conflict("password_not_due")
    account = staff.account_for_change(db, account_id=here.account_id)
    _set_password(db, here, account, new=new, now=now)


def seed_shown(db: DbSession, here: OpenSignIn) -> SeedShown | None:
    """Return the seed that waits for its first code, to be shown to its owner."""
    account = staff.account_for_change(db, account_id=here.account_id)
    seed = pending_seed(db, account)
    if seed is None:
        return None
    organization = people.organization(db, org_id=account.org_id)
    address = prove.seed_address(
        seed, sign_in_name=account.sign_in_name, organization=organization.name
    )
    return SeedShown(secret=seed, address=address)


def confirm_phone(
    db: DbSession, here: OpenSignIn, *, code: str, place: Place, now: dt.datetime
) -> PhoneConnected | Denied:
    """Take the first code of a phone: from now on its codes count, and only they."""
    if here.step not in {Step.SET_UP, Step.DONE}:
        raise Conflict("phone_not_due")
    account = staff.account_for_change(db, account_id=here.account_id)
    seed = pending_seed(db, account)
    if seed is None:
        raise Conflict("phone_not_due")
    tries = limit.take_try(db, [limit.key_of(Counter.SECOND_FACTOR, account.id.hex)], now=now)
    if tries.wait is not None:
        return Denied(tries.minutes)
    step = prove.step_of_code(code, seed=seed, after=None, now=now)
    if step is None:
        return Denied()
    limit.forgive(db, tries, now=now)
    account.totp_seed_sealed = seal(db, seed, column="account.totp_seed", row_id=account.id)
    account.totp_pending_sealed = None
    account.totp_confirmed_at = now
    account.totp_last_step = step
    staff.end_sign_ins(db, account_id=account.id, now=now, but=here.token_hash)
    audit.append(db, access.event_of(here.viewer, "phone_connected", now=now, ground=OWN_ACCOUNT))
    codes = _replace_recovery_codes(db, here, account, now=now)
    return PhoneConnected(begun=complete(db, here, place=place, now=now), recovery_codes=codes)


def change_phone(
    db: DbSession, here: OpenSignIn, *, code: str, place: Place, now: dt.datetime
) -> Denied | None:
    """Offer a seed for another phone to somebody who proves the present one."""
    account = staff.account_for_change(db, account_id=here.account_id)
    # Only in a demonstration has somebody who is signed in no phone to prove it with.
    if account.totp_confirmed_at is not None:
        denied = judge_code(db, account, code=code, place=place, now=now)
        if denied is not None:
            return denied
    offer_seed(db, account)
    return None


def renew_recovery_codes(
    db: DbSession, here: OpenSignIn, *, code: str, place: Place, now: dt.datetime
) -> Sequence[str] | Denied:
    """Give new recovery codes in place of the old ones."""
    account = staff.account_for_change(db, account_id=here.account_id)
    if account.totp_confirmed_at is None:
        raise Conflict("phone_not_connected")
    denied = judge_code(db, account, code=code, place=place, now=now)
    if denied is not None:
        return denied
    return _replace_recovery_codes(db, here, account, now=now)


def end_sign_in(db: DbSession, here: OpenSignIn, *, handle: str, now: dt.datetime) -> None:
    """End one of the sign-ins of whoever is signed in."""
    for one in staff.open_sign_ins(db, account_id=here.account_id):
        if len(handle) == _HANDLE and one.token_hash.startswith(handle):
            staff.end_sign_in(db, token_hash=one.token_hash, now=now)
            event = access.event_of(here.viewer, "sign_in_ended", now=now, ground=OWN_ACCOUNT)
            audit.append(db, event)
            return
    raise Refusal("sign_in_unknown")


def end_other_sign_ins(db: DbSession, here: OpenSignIn, *, now: dt.datetime) -> None:
    """End all sign-ins of whoever is signed in, except this one."""
    staff.end_sign_ins(db, account_id=here.account_id, now=now, but=here.token_hash)
    audit.append(db, access.event_of(here.viewer, "sign_ins_ended", now=now, ground=OWN_ACCOUNT))


def _set_password(
    db: DbSession, here: OpenSignIn, account: Account, *, new: str, now: dt.datetime
) -> None:
    organization = people.organization(db, org_id=account.org_id)
    prove.check_password(
        new, not_in=[account.sign_in_name, here.viewer.name, organization.name, "samklang"]
    )
    if prove.is_password(new, account.password_hash):
        raise Refusal("password_same")
    account.password_hash = prove.hash_password(new)
    account.must_change_password = False
    account.password_expires_at = None
    staff.end_sign_ins(db, account_id=account.id, now=now, but=here.token_hash)
    audit.append(db, access.event_of(here.viewer, "password_changed", now=now, ground=OWN_ACCOUNT))
    db.flush()


def _replace_recovery_codes(
    db: DbSession, here: OpenSignIn, account: Account, *, now: dt.datetime
) -> Sequence[str]:
    staff.void_recovery_codes(db, account_id=account.id, now=now)
    codes = prove.new_recovery_codes()
    for code in codes:
        db.add(
            RecoveryCode(account_id=account.id, code_hash=prove.recovery_hash(code), created_at=now)
        )
    db.flush()
    event = access.event_of(here.viewer, "recovery_codes_made", now=now, ground=OWN_ACCOUNT)
    audit.append(db, event)
    return codes
