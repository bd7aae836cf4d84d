"""How often somebody may try, so that guessing fails and no colleague is locked out."""

import datetime as dt
import hashlib
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from app.records import staff
from app.records.base import DbSession
from app.records.staff import Attempt

LONGEST_WAIT = dt.timedelta(minutes=15)
"""A wait doubles up to this. Whoever is right gets in within it."""

FORGOTTEN_AFTER = dt.timedelta(hours=1)
"""Tries are forgotten when there has been none for so long."""

FAMILIAR_FOR = dt.timedelta(days=180)
"""How long a browser or address counts as familiar after a sign-in from it."""


class Counter(Enum):
    """What tries are counted by."""

    BROWSER = "browser"
    """One account from a browser in which its owner has signed in before."""
    ACCOUNT_ADDRESS = "account_address"
    """One account from one address."""
    ACCOUNT = "account"
    """One account from everywhere else."""
    ADDRESS = "address"
    """All accounts from one address."""
    SECOND_FACTOR = "second_factor"
    """Codes for one account, after the right password."""
    OWN_PASSWORD = "own_password"  # noqa: S105 - a kind of counter, not a password
    """The present password, asked for once more on the account page."""
    PAIRING = "pairing"
    """Codes of new tablets, typed by one member of staff."""
    NEW_PAIRING = "new_pairing"
    """Codes that new tablets at one address have asked to be shown."""
    TABLET_CODE = "tablet_code"
    """Codes of visits, typed on one tablet."""
    TABLET_PIN = "tablet_pin"
    """The code of the staff corner, typed on one tablet."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries without a wait; then a wait that doubles with each try."""

    free: int
    first_wait: dt.timedelta


LIMITS: Final[Mapping[Counter, Limit]] = {
    Counter.BROWSER: Limit(free=5, first_wait=dt.timedelta(minutes=1)),
    Counter.ACCOUNT_ADDRESS: Limit(free=4, first_wait=dt.timedelta(minutes=2)),
    Counter.ACCOUNT: Limit(free=4, first_wait=dt.timedelta(minutes=2)),
    Counter.ADDRESS: Limit(free=30, first_wait=dt.timedelta(minutes=1)),
    Counter.SECOND_FACTOR: Limit(free=5, first_wait=dt.timedelta(minutes=1)),
    Counter.OWN_PASSWORD: Limit(free=5, first_wait=dt.timedelta(minutes=1)),
    Counter.PAIRING: Limit(free=10, first_wait=dt.timedelta(minutes=1)),
    Counter.NEW_PAIRING: Limit(free=30, first_wait=dt.timedelta(minutes=1)),
    Counter.TABLET_CODE: Limit(free=5, first_wait=dt.timedelta(minutes=1)),
    Counter.TABLET_PIN: Limit(free=5, first_wait=dt.timedelta(minutes=1)),
}
"""The table of limits. With 4 free tries and waits of 2, 4, 8, 15, 15 minutes an account is
tried at most 10 times in an hour from places that it does not know."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a try comes from."""

    address: str
    browser: str | None
    """The token that a browser keeps after somebody signed in with it."""


@dataclass(frozen=True, slots=True)
class Tries:
    """A try that was let in and counted before it was judged, or a wait."""

    keys: Sequence[tuple[str, str]]
    wait: dt.timedelta | None
    """How long to wait before the next try; ``None`` when this one is let in."""

    @property
    def minutes(self) -> int:
        """The wait in whole minutes, rounded up."""
        return 0 if self.wait is None else math.ceil(self.wait / dt.timedelta(minutes=1))


def sign_in_counters(
    db: DbSession, *, sign_in_name: str, place: Place, now: dt.datetime
) -> Sequence[tuple[str, str]]:
    """Return what a try of a password is counted by.

    An attacker elsewhere can use up the counter of the account, but not the one of the
    browser or address that the owner has signed in from before. So a wait that somebody
    else has caused never meets the owner at their own desk.
    """
    since = now - FAMILIAR_FOR
    here = key_of(Counter.ACCOUNT_ADDRESS, sign_in_name, place.address)
    everybody_here = key_of(Counter.ADDRESS, place.address)
    if place.browser is not None:
        mine = _familiar(Counter.BROWSER, sign_in_name, place.browser)
        if staff.is_counted(db, kind=mine[0], key_hash=mine[1], since=since):
            return [key_of(Counter.BROWSER, sign_in_name, place.browser)]
    known = _familiar(Counter.ACCOUNT_ADDRESS, sign_in_name, place.address)
    if staff.is_counted(db, kind=known[0], key_hash=known[1], since=since):
        return [here, everybody_here]
    return [here, everybody_here, key_of(Counter.ACCOUNT, sign_in_name)]


def second_factor_counters(
    db: DbSession, *, account_id: uuid.UUID, sign_in_name: str, place: Place, now: dt.datetime
) -> Sequence[tuple[str, str]]:
    """Return what a try of a code is counted by.

    Somebody who has found out a password must not be able to keep its owner waiting.
    """
    if place.browser is not None:
        mine = _familiar(Counter.BROWSER, sign_in_name, place.browser)
        if staff.is_counted(db, kind=mine[0], key_hash=mine[1], since=now - FAMILIAR_FOR):
            return [key_of(Counter.SECOND_FACTOR, account_id.hex, place.browser)]
    return [key_of(Counter.SECOND_FACTOR, account_id.hex)]


def key_of(counter: Counter, *parts: str) -> tuple[str, str]:
    """Return the key of a counter. What it is about is kept as a hash only."""
    return counter.value, hashlib.sha256("\0".join(parts).encode()).hexdigest()


def take_try(db: DbSession, keys: Sequence[tuple[str, str]], *, now: dt.datetime) -> Tries:
    """Let a try in and count it, or say how long to wait.

    It is counted before it is judged: two hundred tries at once must not all be judged
    because none of them has failed yet. ``forgive`` takes the count back.
    """
    counters = staff.attempts_for_change(db, keys, now=now)
    waits = [
        one.blocked_until - now
        for one in counters
        if one.blocked_until is not None and one.blocked_until > now
    ]
    if waits:
        return Tries(keys=keys, wait=max(waits))
    for one in counters:
        _count(one, now=now)
    db.flush()
    return Tries(keys=keys, wait=None)


def forgive(db: DbSession, tries: Tries, *, now: dt.datetime) -> None:
    """Forget the tries, since the last one was right.

    Not those of an address as a whole: one account of the attacker's own would then be
    enough to guess at all others for ever. That one only gets its last try back.
    """
    for one in staff.attempts_for_change(db, tries.keys, now=now):
        if one.kind == Counter.ADDRESS.value:
            one.failures = max(0, one.failures - 1)
        else:
            one.failures = 0
        one.blocked_until = None
    db.flush()


def take_back(db: DbSession, tries: Tries, *, now: dt.datetime) -> None:
    """Take one counted try back and no more: it was not right, but it was no guess either."""
    for one in staff.attempts_for_change(db, tries.keys, now=now):
        one.failures = max(0, one.failures - 1)
        one.blocked_until = None
    db.flush()


def note_failure(db: DbSession, tries: Tries, *, now: dt.datetime) -> None:
    """Let a counted try stand, with the time at which it was judged."""
    staff.touch_attempts(db, tries.keys, now=now)


def make_familiar(db: DbSession, *, sign_in_name: str, place: Place, now: dt.datetime) -> None:
    """Remember that somebody has signed in, with both factors, from this place."""
    keys = [_familiar(Counter.ACCOUNT_ADDRESS, sign_in_name, place.address)]
    if place.browser is not None:
        keys.append(_familiar(Counter.BROWSER, sign_in_name, place.browser))
    for one in staff.attempts_for_change(db, keys, now=now):
        one.last_at = now
    staff.drop_old_attempts(db, before=now - FAMILIAR_FOR)
    db.flush()


def _familiar(counter: Counter, *parts: str) -> tuple[str, str]:
    _, key_hash = key_of(counter, *parts)
    return f"familiar_{counter.value}", key_hash


def _count(one: Attempt, *, now: dt.datetime) -> None:
    limit = LIMITS[Counter(one.kind)]
    if now - one.last_at >= FORGOTTEN_AFTER:
        one.failures = 0
    one.failures += 1
    one.last_at = now
    beyond = one.failures - limit.free
    one.blocked_until = None if beyond < 0 else now + _wait(limit, beyond=beyond)


def _wait(limit: Limit, *, beyond: int) -> dt.timedelta:
    # Doubling more often than this has long reached the longest wait.
    doublings = min(beyond, 10)
    factor: int = 2**doublings
    return min(LONGEST_WAIT, limit.first_wait * factor)
