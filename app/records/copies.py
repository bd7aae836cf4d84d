"""One encrypted file that holds all of the embedded database, taken and put back while it runs."""

import datetime as dt
import json
import os
import uuid
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.util.exc import CommandError
from sqlcipher3 import dbapi2 as sqlcipher
from sqlmodel import col

from app.records import schema
from app.records.base import DbSession
from app.records.encryption import KeyRing, Place
from app.records.engine import open_engine
from app.records.staff import SignIn

_OWNER_ONLY = 0o600
_BUSY_TIMEOUT_MS = 10_000
_NOTE = "samklang_backup"
_ABOUT = "about"
_SEALED = "_sealed"


class UnreadableCopyError(RuntimeError):
    """A file is no database of ours, or another key made it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} cannot be opened: it is no Samklang database, it is damaged, or another key "
            "made it; put back the key file that was in use then"
        )
        self.name = name


class NotABackupError(RuntimeError):
    """A file is a database, and no backup."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is no backup; give a file that samklang backup has made")
        self.name = name


class NewerSchemaError(RuntimeError):
    """A copy comes from a newer version of the program."""

    def __init__(self, name: str, found: str) -> None:
        super().__init__(
            f"{name} has schema {found}, which this program does not know; "
            "install the version that made it, or a newer one"
        )
        self.name = name
        self.found = found


class DamagedCopyError(RuntimeError):
    """A copy of the database is not whole."""

    def __init__(self, name: str, found: str) -> None:
        super().__init__(f"{name} is damaged ({found}); take another backup")
        self.name = name
        self.found = found


@dataclass(frozen=True, slots=True)
class Note:
    """What stands in a backup beside the database itself."""

    about: Mapping[str, object]
    files: Mapping[str, bytes]
    """The site's own instruments and texts, by their place in the data folder."""


def copy_online(source: Path, target: Path, *, file_key: bytes) -> None:
    """Copy a database that others read and write meanwhile; the copy is of one moment.

    All pages go over in one step. In write-ahead mode that step reads one snapshot
    and keeps no writer waiting; in several steps it would begin anew at each write.
    """
    if not target.exists():
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))
    with _opened(source, file_key=file_key) as here, _opened(target, file_key=file_key) as there:
        here.backup(there, pages=-1)


def finish(path: Path, note: Note, *, file_key: bytes) -> None:
    """Make a copy one file without a journal beside it, with its note inside."""
    settle(path, file_key=file_key)
    with _opened(path, file_key=file_key) as copy:
        copy.execute(f"CREATE TABLE {_NOTE} (name TEXT PRIMARY KEY, content BLOB NOT NULL)")
        rows = [(_ABOUT, json.dumps(dict(note.about)).encode()), *note.files.items()]
        copy.executemany(f"INSERT INTO {_NOTE} VALUES (?, ?)", rows)  # noqa: S608 - a constant
        copy.commit()
    flush(path)


def settle(path: Path, *, file_key: bytes) -> None:
    """Bring all of a copy into the one file, with no journal beside it."""
    with _opened(path, file_key=file_key) as copy:
        copy.execute("PRAGMA journal_mode = DELETE").fetchall()


def take_note(path: Path, *, file_key: bytes) -> Note:
    """Return the note of a backup and take it out, so that the tables are the program's own."""
    with _opened(path, file_key=file_key) as copy:
        try:
            rows = dict(copy.execute(f"SELECT name, content FROM {_NOTE}").fetchall())  # noqa: S608 - a constant
            about = json.loads(rows.pop(_ABOUT))
        except (sqlcipher.DatabaseError, KeyError, ValueError) as error:
            raise NotABackupError(path.name) from error
        copy.execute(f"DROP TABLE {_NOTE}")
        copy.commit()
    return Note(about=about, files={name: bytes(content) for name, content in rows.items()})


def check_whole(path: Path, *, file_key: bytes) -> None:
    """Raise ``DamagedCopyError`` unless every page, index and reference is as it was written."""
    with _opened(path, file_key=file_key) as copy:
        try:
            for check in ("cipher_integrity_check", "integrity_check", "foreign_key_check"):
                found = [str(row[0]) for row in copy.execute(f"PRAGMA {check}").fetchall()]
                if found not in ([], ["ok"]):
                    raise DamagedCopyError(path.name, f"{check}: {found[0]}")
        except sqlcipher.DatabaseError as error:
            raise DamagedCopyError(path.name, str(error)) from error


def check_seals(path: Path, *, file_key: bytes, keys: KeyRing) -> int:
    """Open one sealed text for each column and key; return how many were tried.

    Raises ``SealBrokenError`` when the keys of names and free text are not those
    that this database was written with.
    """
    with _opened(path, file_key=file_key) as copy:
        tried = 0
        for table, column in _sealed_columns(copy):
            rows = copy.execute(
                f"SELECT org_id, id, {column} FROM {table} WHERE {column} IS NOT NULL "  # noqa: S608 - names from the schema
                f"GROUP BY substr({column}, 1, 1)"
            ).fetchall()
            for org_id, row_id, sealed in rows:
                name = column.removesuffix(_SEALED)
                keys.open(sealed, Place(table, name, org_id, uuid.UUID(row_id)))
                tried += 1
    return tried


def bring_up_to_date(path: Path, *, file_key: bytes) -> None:
    """Give a copy from an earlier version of the program the tables of this one."""
    engine = open_engine(f"sqlite:///{path}", file_key=file_key, enforce_foreign_keys=False)
    found = schema.found_version(engine)
    try:
        schema.migrate(engine)
    except CommandError as error:
        raise NewerSchemaError(path.name, found or "none") from error
    finally:
        engine.dispose()


def end_every_sign_in(db: DbSession, *, now: dt.datetime) -> None:
    """End all sign-ins: some of a copy's were ended after it was taken."""
    db.execute(sa.update(SignIn).where(col(SignIn.ended_at).is_(None)).values(ended_at=now))


def flush(path: Path) -> None:
    """Wait until a file and its name have reached the disk."""
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sealed_columns(copy: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - sqlcipher3 has no type hints
    tables = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [
        (table, row[1])
        for (table,) in tables
        for row in copy.execute(f'PRAGMA table_info("{table}")').fetchall()
        if row[1].endswith(_SEALED)
    ]


@contextmanager
def _opened(path: Path, *, file_key: bytes) -> Generator[Any]:
    with closing(sqlcipher.connect(str(path))) as connection:
        # A wrong key is said by us, in one sentence; SQLCipher would fill the screen.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{file_key.hex()}'\"")
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlcipher.DatabaseError as error:
            raise UnreadableCopyError(path.name) from error
        yield connection
