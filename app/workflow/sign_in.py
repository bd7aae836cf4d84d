"""Staff sign in: a password, then a second factor; what is open ends at once when it must."""

import datetime as dt
import secrets
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from app.records import audit, people, staff
from app.records.audit import PROGRAM, Event
from app.records.base import DbSession
from app.records.encryption import seal, unseal
from app.records.engine import Database, enter_organization
from app.records.staff import Account, Role, SignIn
from app.records.visibility import Viewer
from app.workflow import access, limit, prove
from app.workflow.limit import Place, Tries

__all__ = ["Place", "Role"]

TOKEN_BYTES = 32
"""Random bytes in the token of a sign-in; ASVS 7.2.3 asks for 16."""

SEEN_EVERY = dt.timedelta(minutes=1)
"""A page view within this time of the last one is not written down; most pages write nothing."""

PASSWORD_TO_TRY = "liten-fjord-stort-fjell"  # noqa: S105 - printed on purpose, invented people only
"""The password of the accounts of a synthetic municipality."""

OWN_ACCOUNT = "own_account"
"""The ground on which somebody acts on their own account."""


class Step(Enum):
    """What a sign-in still needs before any page opens."""

    CODE = "code"
    """The code of the phone, or a recovery code."""
    PASSWORD = "password"  # noqa: S105 - a step, not a password
    """A password of their own in place of the one that was handed over."""
    SET_UP = "set_up"
    """A phone that makes codes."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class OpenSignIn:
    """A browser in which somebody has given at least their password."""

    viewer: Viewer
    step: Step
    account_id: uuid.UUID
    token_hash: str

    @property
    def is_complete(self) -> bool:
        """Whether pages open."""
        return self.step is Step.DONE


@dataclass(frozen=True, slots=True, repr=False)
class Begun:
    """A new sign-in. The token is told once, to the browser."""

    token: str
    language: str


@dataclass(frozen=True, slots=True)
class Denied:
    """A try that was wrong, or that came too early.

    It is a value and no error, since an error would undo the counting of tries.
    """

    minutes: int = 0
    """How long to wait; 0 when the try was judged and wrong."""


@dataclass(frozen=True, slots=True)
class AccountToTry:
    """One of the printed accounts of a synthetic municipality."""

    sign_in_name: str
    name: str
    organization: str
    roles: Sequence[Role]


def begin(
    records: Database,
    *,
    sign_in_name: str,
    password: str,
    place: Place,
    allows_one_factor: bool,
    now: dt.datetime,
) -> Begun | Denied:
    """Judge a password and, if it is right, open a sign-in.

    Takes the database and not a transaction: a password takes some tenths of a second
    to judge, and no tablet should wait for that. The try is counted and committed first.
    ``allows_one_factor`` is true in a demonstration only.
    """
    name = plain_name(sign_in_name)
    with records.writing() as db:
        keys = limit.sign_in_counters(db, sign_in_name=name, place=place, now=now)
        tries = limit.take_try(db, keys, now=now)
        account = staff.account_named(db, sign_in_name=name)
    if tries.wait is not None:
        return Denied(tries.minutes)
    kept = account.password_hash if account is not None else None
    if not prove.is_password(password, kept) or account is None:
        with records.writing() as db:
            _note_failure(db, account, tries=tries, place=place, now=now)
        return Denied()
    fresh_hash = prove.hash_password(password) if prove.is_outdated(account.password_hash) else None
    with records.writing() as db:
        return _open(
            db,
            staff.account_for_change(db, account_id=account.id),
            tries=tries,
            place=place,
            fresh_hash=fresh_hash,
            allows_one_factor=allows_one_factor,
            now=now,
        )


def second_factor(
    db: DbSession, half: OpenSignIn, *, code: str, place: Place, now: dt.datetime
) -> Begun | Denied:
    """Judge the code of a phone or a recovery code; the sign-in gets a new token."""
    account = staff.account_for_change(db, account_id=half.account_id)
    denied = judge_code(db, account, code=code, place=place, now=now)
    if denied is not None:
        audit.append(db, access.event_of(half.viewer, "code_refused", now=now, ground=OWN_ACCOUNT))
        return denied
    return complete(db, half, place=place, now=now)


def judge_code(
    db: DbSession, account: Account, *, code: str, place: Place, now: dt.datetime
) -> Denied | None:
    """Count and judge a code of the phone or a recovery code; ``None`` when it is right.

    The account must be held (``account_for_change``), or a code could be used twice.
    """
    keys = limit.second_factor_counters(
        db, account_id=account.id, sign_in_name=account.sign_in_name, place=place, now=now
    )
    tries = limit.take_try(db, keys, now=now)
    if tries.wait is not None:
        return Denied(tries.minutes)
    by_phone = _takes_phone_code(db, account, code=code, now=now)
    if not by_phone and not _takes_recovery_code(db, account, code=code, now=now):
        return Denied()
    limit.forgive(db, tries, now=now)
    return None


def complete(db: DbSession, half: OpenSignIn, *, place: Place, now: dt.datetime) -> Begun:
    """Give a sign-in its second factor and, with it, a new token; the old one ends."""
    account = staff.account_for_change(db, account_id=half.account_id)
    staff.end_sign_in(db, token_hash=half.token_hash, now=now)
    limit.make_familiar(db, sign_in_name=account.sign_in_name, place=place, now=now)
    audit.append(
        db,
        access.event_of(
            half.viewer, "signed_in", now=now, ground=OWN_ACCOUNT, address=place.address
        ),
    )
    return _new_sign_in(db, account, language=half.viewer.language, second_factor_at=now, now=now)


def resume(
    db: DbSession, *, token: str, now: dt.datetime, touches: bool = True
) -> OpenSignIn | None:
    """Return the sign-in that a browser's token belongs to, if it still counts.

    Roles are read afresh for each page, so a role that was taken away is gone at once.
    ``touches`` is false for what a page asks by itself: a screen that nobody sits at
    must not stay signed in.
    """
    found = staff.sign_in_by_token(db, token_hash=access.token_hash(token))
    if found is None or not access.is_live(found[0], now=now):
        return None
    sign_in, account = found
    viewer = access.viewer_of(db, org_id=sign_in.org_id, staff_id=sign_in.staff_id)
    if viewer is None:
        return None
    if touches and now - sign_in.last_seen_at >= SEEN_EVERY:
        sign_in.last_seen_at = now
        db.flush()
    return OpenSignIn(
        viewer=viewer,
        step=_step(sign_in, account),
        account_id=account.id,
        token_hash=sign_in.token_hash,
    )


def end(db: DbSession, *, token: str, now: dt.datetime) -> None:
    """End a sign-in; a token that has ended already changes nothing."""
    found = resume(db, token=token, now=now, touches=False)
    if found is None:
        return
    staff.end_sign_in(db, token_hash=found.token_hash, now=now)
    audit.append(db, access.event_of(found.viewer, "signed_out", now=now, ground=OWN_ACCOUNT))


def accounts_to_try(db: DbSession) -> Sequence[AccountToTry]:
    """Return the printed accounts of a synthetic municipality."""
    found = []
    for account in staff.accounts_to_try(db):
        viewer = access.viewer_of(db, org_id=account.org_id, staff_id=account.staff_id)
        if viewer is None:
            continue
        organization = people.organization(db, org_id=account.org_id)
        if organization.is_synthetic:
            found.append(
                AccountToTry(
                    sign_in_name=account.sign_in_name,
                    name=viewer.name,
                    organization=organization.name,
                    roles=[role for role in Role if viewer.has(role)],
                )
            )
    return found


def plain_name(sign_in_name: str) -> str:
    """Return a sign-in name in the one form in which it is kept."""
    folded = unicodedata.normalize("NFKC", sign_in_name).casefold()
    return "".join(sign for sign in folded if sign.isprintable()).strip()


def new_browser() -> str:
    """Return a token by which a browser is known again. It opens nothing."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def offer_seed(db: DbSession, account: Account) -> None:
    """Make a seed for a phone. It counts when a code made from it has come back."""
    account.totp_pending_sealed = seal(
        db, prove.new_seed(), column="account.totp_pending", row_id=account.id
    )
    db.flush()


def pending_seed(db: DbSession, account: Account) -> str | None:
    """Return the seed that waits for its first code."""
    return unseal(db, account.totp_pending_sealed, column="account.totp_pending", row_id=account.id)


def _open(
    db: DbSession,
    account: Account,
    *,
    tries: Tries,
    place: Place,
    fresh_hash: str | None,
    allows_one_factor: bool,
    now: dt.datetime,
) -> Begun | Denied:
    viewer = access.viewer_of(db, org_id=account.org_id, staff_id=account.staff_id)
    if viewer is None or _has_ended(account, now=now):
        # The same answer as to a wrong password: it does not tell that the account exists.
        _note_failure(db, account, tries=tries, place=place, now=now)
        return Denied()
    limit.forgive(db, tries, now=now)
    if fresh_hash is not None:
        account.password_hash = fresh_hash
    is_enough = allows_one_factor and _may_skip_second_factor(db, account)
    if account.totp_confirmed_at is None and not is_enough:
        offer_seed(db, account)
    if is_enough:
        limit.make_familiar(db, sign_in_name=account.sign_in_name, place=place, now=now)
    action = "signed_in_with_one_factor" if is_enough else "password_accepted"
    audit.append(
        db, access.event_of(viewer, action, now=now, ground=OWN_ACCOUNT, address=place.address)
    )
    return _new_sign_in(
        db,
        account,
        language=viewer.language,
        second_factor_at=now if is_enough else None,
        now=now,
    )


def _new_sign_in(
    db: DbSession,
    account: Account,
    *,
    language: str,
    second_factor_at: dt.datetime | None,
    now: dt.datetime,
) -> Begun:
    # Never the token that the browser came with: somebody else may have put it there.
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.add(
        SignIn(
            token_hash=access.token_hash(token),
            account_id=account.id,
            org_id=account.org_id,
            staff_id=account.staff_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + access.SIGN_IN_LIMIT,
            second_factor_at=second_factor_at,
        )
    )
    db.flush()
    return Begun(token=token, language=language)


def _step(sign_in: SignIn, account: Account) -> Step:
    if account.totp_confirmed_at is not None and sign_in.second_factor_at is None:
        return Step.CODE
    if account.must_change_password:
        return Step.PASSWORD
    if sign_in.second_factor_at is None:
        return Step.SET_UP
    return Step.DONE


def _may_skip_second_factor(db: DbSession, account: Account) -> bool:
    return (
        account.may_skip_second_factor
        and account.totp_confirmed_at is None
        and people.organization(db, org_id=account.org_id).is_synthetic
    )


def _has_ended(account: Account, *, now: dt.datetime) -> bool:
    return account.password_expires_at is not None and account.password_expires_at <= now


def _note_failure(
    db: DbSession, account: Account | None, *, tries: Tries, place: Place, now: dt.datetime
) -> None:
    # A name that nobody has costs the same write, so that time does not tell the two apart.
    limit.note_failure(db, tries, now=now)
    if account is None:
        return
    enter_organization(db, org_id=account.org_id)
    details: dict[str, object] = {"staff": account.staff_id.hex, "address": place.address}
    audit.append(db, Event(actor=PROGRAM, action="sign_in_refused", at=now, details=details))


def _takes_phone_code(db: DbSession, account: Account, *, code: str, now: dt.datetime) -> bool:
    seed = unseal(db, account.totp_seed_sealed, column="account.totp_seed", row_id=account.id)
    if seed is None:
        return False
    step = prove.step_of_code(code, seed=seed, after=account.totp_last_step, now=now)
    if step is None:
        return False
    account.totp_last_step = step
    db.flush()
    return True


def _takes_recovery_code(db: DbSession, account: Account, *, code: str, now: dt.datetime) -> bool:
    return staff.spend_recovery_code(
        db, account_id=account.id, code_hash=prove.recovery_hash(code), now=now
    )
