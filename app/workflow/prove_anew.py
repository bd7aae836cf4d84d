"""Prove anew who one is, before something that must not happen at an unwatched desk."""

import datetime as dt

from app.records import audit, staff
from app.records.base import DbSession
from app.workflow import access, limit, prove
from app.workflow.limit import Counter, Place
from app.workflow.refusals import Conflict
from app.workflow.sign_in import OWN_ACCOUNT, Begun, Denied, OpenSignIn, complete, judge_code

FRESH_FOR = dt.timedelta(minutes=5)
"""So long a second factor counts for what is signed or taken out of the house (ASVS 7.5.3)."""


def is_fresh(db: DbSession, here: OpenSignIn, *, now: dt.datetime) -> bool:
    """Whether somebody has proved just now who they are."""
    found = staff.sign_in_by_token(db, token_hash=here.token_hash)
    proved_at = found[0].second_factor_at if found else None
    return proved_at is not None and now - proved_at < FRESH_FOR


def check_fresh(db: DbSession, here: OpenSignIn, *, now: dt.datetime) -> None:
    """Raise ``Conflict`` unless somebody has proved just now who they are."""
    if not is_fresh(db, here, now=now):
        raise Conflict("not_vouched", minutes=FRESH_FOR // dt.timedelta(minutes=1))


def asks_for_code(db: DbSession, here: OpenSignIn) -> bool:
    """Whether the code of a phone is asked for.

    Only in a demonstration has somebody no phone; then the password is asked once more.
    """
    account = staff.account_for_change(db, account_id=here.account_id)
    return account.totp_confirmed_at is not None


def prove_anew(
    db: DbSession, here: OpenSignIn, *, proof: str, place: Place, now: dt.datetime
) -> Begun | Denied:
    """Judge a code or, where there is no phone, the password; the sign-in gets a new token."""
    denied = _judge(db, here, proof=proof, place=place, now=now)
    if denied is not None:
        event = access.event_of(here.viewer, "vouching_refused", now=now, ground=OWN_ACCOUNT)
        audit.append(db, event)
        return denied
    audit.append(db, access.event_of(here.viewer, "vouched", now=now, ground=OWN_ACCOUNT))
    return complete(db, here, place=place, now=now)


def _judge(
    db: DbSession, here: OpenSignIn, *, proof: str, place: Place, now: dt.datetime
) -> Denied | None:
    account = staff.account_for_change(db, account_id=here.account_id)
    if account.totp_confirmed_at is not None:
        return judge_code(db, account, code=proof, place=place, now=now)
    tries = limit.take_try(db, [limit.key_of(Counter.OWN_PASSWORD, account.id.hex)], now=now)
    if tries.wait is not None:
        return Denied(tries.minutes)
    if not prove.is_password(proof, account.password_hash):
        return Denied()
    limit.forgive(db, tries, now=now)
    return None
