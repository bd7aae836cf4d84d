"""Free text and names are sealed, bound to the place they stand in."""

import base64
import hmac
import json
import os
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.records.base import DbSession

KEY_BYTES = 32
_NONCE_BYTES = 12
_OWNER_ONLY = 0o600


class KeyFileError(RuntimeError):
    """A key file is missing, unreadable or open to others."""

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        super().__init__(f"key file {path.name}: {problem}; {remedy}")
        self.path = path


class SealBrokenError(RuntimeError):
    """A sealed text does not belong where it stands, or its key is gone."""

    def __init__(self, place: str) -> None:
        super().__init__(f"sealed text in {place} cannot be opened; check the key file")
        self.place = place


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed text stands; it opens nowhere else."""

    table: str
    column: str
    org_id: int
    row_id: uuid.UUID

    def as_bytes(self) -> bytes:
        """Return the place as data that the seal is bound to."""
        return f"{self.table}.{self.column}/{self.org_id}/{self.row_id.hex}".encode()


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """The keys that open sealed texts; new ones are sealed with the current key."""

    current: int
    keys: Mapping[int, bytes]

    def seal(self, text: str, place: Place) -> bytes:
        """Encrypt a text for one place."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        box = AESGCM(self.keys[self.current]).encrypt(nonce, text.encode(), place.as_bytes())
        return bytes([self.current]) + nonce + box

    def open(self, sealed: bytes, place: Place) -> str:
        """Decrypt a text, if it belongs in this place."""
        key = self.keys.get(sealed[0])
        if key is None:
            raise SealBrokenError(f"{place.table}.{place.column}")
        nonce, box = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, box, place.as_bytes()).decode()
        except InvalidTag as error:
            raise SealBrokenError(f"{place.table}.{place.column}") from error


def seal(db: DbSession, text: str, *, column: str, row_id: uuid.UUID) -> bytes:
    """Seal a text for ``column`` ("table.column") of one row in the organization at hand."""
    return _ring(db).seal(text, _place(db, column=column, row_id=row_id))


def unseal(db: DbSession, sealed: bytes | None, *, column: str, row_id: uuid.UUID) -> str | None:
    """Open the text in ``column`` ("table.column") of one row; nothing stays nothing."""
    if sealed is None:
        return None
    return _ring(db).open(sealed, _place(db, column=column, row_id=row_id))


def blind_index(db: DbSession, text: str, *, column: str) -> str:
    """Return a keyed hash by which the same text in ``column`` is found again.

    Made with the oldest key, which stays when a newer one is added. Without the key
    nobody can try out names and see which of them fits.
    """
    keys = _ring(db).keys
    key = hmac.digest(keys[min(keys)], b"blind index", "sha256")
    words = f"{column}/{db.info['org_id']}/{text}"
    return hmac.digest(key, words.encode(), "sha256").hex()


def _ring(db: DbSession) -> KeyRing:
    ring: KeyRing = db.info["keys"]
    return ring


def _place(db: DbSession, *, column: str, row_id: uuid.UUID) -> Place:
    table, _, name = column.partition(".")
    return Place(table=table, column=name, org_id=db.info["org_id"], row_id=row_id)


def read_or_make_key(path: Path) -> bytes:
    """Return the key of a database file; make it once, readable by the owner only."""
    if not path.exists():
        _write_owner_only(path, secrets.token_bytes(KEY_BYTES).hex())
    text = _read_owner_only(path).strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyFileError(path, "is not 64 hexadecimal digits", "put back the right file")
    return key


def read_or_make_key_ring(path: Path) -> KeyRing:
    """Return the keys of sealed columns; make the first one if there is none."""
    if not path.exists():
        first = {"current": 1, "keys": {"1": base64.b64encode(secrets.token_bytes(32)).decode()}}
        _write_owner_only(path, json.dumps(first))
    try:
        content = json.loads(_read_owner_only(path))
        keys = {int(number): base64.b64decode(key) for number, key in content["keys"].items()}
        ring = KeyRing(current=int(content["current"]), keys=keys)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyFileError(path, "is not a key ring", "put back the right file") from error
    if ring.current not in keys or any(len(key) != KEY_BYTES for key in keys.values()):
        raise KeyFileError(path, "lacks its current key", "put back the right file")
    return ring


def add_key(path: Path) -> KeyRing:
    """Make a new current key; texts sealed with older keys stay readable."""
    ring = read_or_make_key_ring(path)
    number = max(ring.keys) + 1
    keys = {**ring.keys, number: secrets.token_bytes(KEY_BYTES)}
    content = {
        "current": number,
        "keys": {str(n): base64.b64encode(key).decode() for n, key in keys.items()},
    }
    _write_owner_only(path, json.dumps(content))
    return KeyRing(current=number, keys=keys)


def _write_owner_only(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read_owner_only(path: Path) -> str:
    if path.stat().st_mode & 0o077:
        raise KeyFileError(path, "can be read by others", f"run chmod 600 on {path.name}")
    return path.read_text()
