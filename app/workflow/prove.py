"""What proves who somebody is: a password, a code from a phone, a recovery code."""

import datetime as dt
import functools
import hashlib
import secrets
import threading
import unicodedata
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import pyotp.totp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from app.workflow.refusals import Refusal, TooMany

SHORTEST_PASSWORD = 12
"""Characters. A second factor is always asked for, so ASVS 6.2.1 would allow 8."""

LONGEST_PASSWORD = 128
"""Characters. ASVS 6.2.9 asks for at least 64."""

LOWEST_PASSWORD_SCORE = 3
"""Of 4, by zxcvbn: at least 10**8 guesses for somebody who knows the common passwords."""

SHORTEST_NAME_PART = 4
"""Characters. A shorter part of a name is in too many good passwords by chance."""

HASHES_AT_ONCE = 4
"""Each takes 64 MiB for some tenths of a second; more at once would starve the tablets."""

HASHES_WAITING = 16
"""Beyond these a sign-in is told to come back; nobody waits for ever."""

CODE_SECONDS = 30
"""How long one code on the phone lasts."""

CODE_STEPS_ASIDE = 1
"""A phone's clock may be one code before or behind ours."""

RECOVERY_CODES = 10
"""How many a member of staff gets at a time."""

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 signs, so 5 bits each, without those that look alike on paper: 0 and O, 1 and I."""

RECOVERY_GROUPS = 5
"""Of five signs: 125 bits, so that a plain hash is enough (ASVS 6.5.2 asks for 112)."""

ONE_TIME_GROUPS = 4
"""Of five signs: 100 bits, for the password that an administrator hands over."""

_GROUP = 5
_hasher = PasswordHasher()
_seats = threading.BoundedSemaphore(HASHES_AT_ONCE + HASHES_WAITING)
_running = threading.BoundedSemaphore(HASHES_AT_ONCE)


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    with _turn():
        return _hasher.hash(_plain(password))


def is_password(password: str, kept: str | None) -> bool:
    """Whether a password is the one that was kept.

    With nothing kept the same work is done for nothing, so that the time it takes does
    not tell whether an account exists.
    """
    with _turn():
        try:
            _hasher.verify(kept or _nobodys_hash(), _plain(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a password was hashed with weaker settings than today's."""
    return _hasher.check_needs_rehash(kept)


def check_password(password: str, *, not_in: Sequence[str]) -> None:
    """Raise ``Refusal`` unless this is a good new password for somebody with these names."""
    plain = _plain(password)
    if len(plain) < SHORTEST_PASSWORD:
        raise Refusal("password_short", n=SHORTEST_PASSWORD)
    if len(plain) > LONGEST_PASSWORD:
        raise Refusal("password_long", n=LONGEST_PASSWORD)
    names = _name_parts(not_in)
    if any(name in plain.casefold() for name in names):
        raise Refusal("password_has_name")
    judged = zxcvbn(plain, user_inputs=names, max_length=LONGEST_PASSWORD)
    if judged["score"] < LOWEST_PASSWORD_SCORE:
        raise Refusal("password_common")


def new_seed() -> str:
    """Return a fresh seed for the codes of a phone."""
    return pyotp.random_base32()


def seed_address(seed: str, *, sign_in_name: str, organization: str) -> str:
    """Return the address that a phone reads from a QR code."""
    return pyotp.totp.TOTP(seed, interval=CODE_SECONDS).provisioning_uri(
        name=sign_in_name, issuer_name=f"Samklang {organization}"
    )


def step_of_code(code: str, *, seed: str, after: int | None, now: dt.datetime) -> int | None:
    """Return the time step that a code belongs to, or ``None``.

    ``after`` is the step of the last code that was accepted: that one and older ones are
    used up, so a code seen over somebody's shoulder is worth nothing.
    """
    totp = pyotp.totp.TOTP(seed, interval=CODE_SECONDS)
    present = int(now.timestamp()) // CODE_SECONDS
    typed = "".join(code.split())
    found = None
    for step in range(present - CODE_STEPS_ASIDE, present + CODE_STEPS_ASIDE + 1):
        if pyotp.utils.strings_equal(typed, totp.generate_otp(step)):
            found = step
    if found is None or (after is not None and found <= after):
        return None
    return found


def new_recovery_codes() -> Sequence[str]:
    """Return fresh recovery codes."""
    return [_signs(RECOVERY_GROUPS) for _ in range(RECOVERY_CODES)]


def new_one_time_password() -> str:
    """Return a password that an administrator can hand over; it is changed at first use."""
    return _signs(ONE_TIME_GROUPS)


def recovery_hash(code: str) -> str:
    """Return what is kept of a recovery code, however it was typed."""
    return hashlib.sha256("".join(code.upper().replace("-", "").split()).encode()).hexdigest()


def _signs(groups: int) -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(_GROUP)) for _ in range(groups))


def _plain(password: str) -> str:
    # The same letter can be typed as one sign or as two, by keyboard.
    return unicodedata.normalize("NFKC", password)


def _name_parts(names: Sequence[str]) -> list[str]:
    parts = set()
    for name in names:
        folded = unicodedata.normalize("NFKC", name).casefold()
        spaced = "".join(sign if sign.isalnum() else " " for sign in folded)
        parts |= {folded, *spaced.split()}
    return sorted(part for part in parts if len(part) >= SHORTEST_NAME_PART)


@functools.cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe())


@contextmanager
def _turn() -> Generator[None]:
    if not _seats.acquire(blocking=False):
        raise TooMany("sign_in_busy")
    try:
        with _running:
            yield
    finally:
        _seats.release()
