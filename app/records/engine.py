"""Open a database; reading and writing transactions."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2 as sqlcipher

from app.records.base import DbSession, ask
from app.records.encryption import KeyRing

__all__ = [
    "OLDEST_SQLITE",
    "Database",
    "DbSession",
    "OldSqliteError",
    "WrongKeyError",
    "check_sqlite_version",
    "enter_organization",
    "open_database",
    "open_engine",
]

OLDEST_SQLITE = (3, 51, 3)
"""Older libraries may corrupt a database that two connections use in write-ahead mode."""

_BUSY_TIMEOUT_MS = 10_000
_WRITES = "samklang_writes"
_ENTER = sa.text("SELECT set_config('app.org', :org, true)")


class OldSqliteError(RuntimeError):
    """The SQLite library is one that may corrupt a database."""

    def __init__(self, found: str) -> None:
        needed = ".".join(map(str, OLDEST_SQLITE))
        super().__init__(
            f"SQLite library {found} is too old; Samklang needs {needed} or newer: "
            "install the locked requirements again"
        )
        self.found = found


class WrongKeyError(RuntimeError):
    """The database file cannot be read with this key."""

    def __init__(self) -> None:
        super().__init__(
            "the database file cannot be opened with this key; "
            "put back the key file that belongs to it"
        )


@dataclass(frozen=True, slots=True)
class Database:
    """One database and the two ways to use it."""

    engine: Engine
    keys: KeyRing
    has_flags: bool
    """Whether courses are compared and flags raised in this installation."""
    _writer: Engine
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Generator[DbSession]:
        """Give a transaction that is always rolled back."""
        with DbSession(self.engine, expire_on_commit=False) as db:
            self._inform(db)
            try:
                yield db
            finally:
                # What was read stays readable; a rollback would expire it.
                db.expunge_all()
                db.rollback()

    @contextmanager
    def writing(self) -> Generator[DbSession]:
        """Give a transaction that is committed at the end, or leaves nothing behind."""
        # SQLite lets one connection write at a time and makes the others poll.
        # Taking turns here keeps waiting short and fair when the tablets are busy.
        if self.is_sqlite:
            with self._turn, self._committing() as db:
                yield db
        else:
            with self._committing() as db:
                yield db

    @contextmanager
    def _committing(self) -> Generator[DbSession]:
        with DbSession(self._writer, expire_on_commit=False) as db:
            self._inform(db)
            try:
                yield db
                db.commit()
            except BaseException:
                db.rollback()
                raise

    def _inform(self, db: DbSession) -> None:
        db.info["keys"] = self.keys
        db.info["has_flags"] = self.has_flags

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(
    url: str, *, keys: KeyRing, file_key: bytes | None = None, has_flags: bool = True
) -> Database:
    """Open a database. ``keys`` seal columns; ``file_key`` (32 bytes) encrypts an SQLite file."""
    engine = open_engine(url, file_key=file_key)
    return Database(
        engine=engine,
        keys=keys,
        has_flags=has_flags,
        _writer=engine.execution_options(**{_WRITES: True}),
    )


def open_engine(
    url: str, *, file_key: bytes | None = None, enforce_foreign_keys: bool = True
) -> Engine:
    """Return an engine for the embedded database or for PostgreSQL."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address, file_key=file_key, enforce_foreign_keys=enforce_foreign_keys)
    return sa.create_engine(
        address, pool_size=10, max_overflow=30, pool_pre_ping=True, hide_parameters=True
    )


def check_sqlite_version(found: str = sqlcipher.sqlite_version) -> None:
    """Raise ``OldSqliteError`` if the library may corrupt a database."""
    if tuple(int(part) for part in found.split(".")[:3]) < OLDEST_SQLITE:
        raise OldSqliteError(found)


def enter_organization(db: DbSession, *, org_id: int) -> None:
    """Let this transaction see one organization; PostgreSQL hides the rest itself."""
    db.info["org_id"] = org_id
    if db.get_bind().dialect.name == "postgresql":
        ask(db, _ENTER, org=str(org_id))


def _open_sqlite(address: URL, *, file_key: bytes | None, enforce_foreign_keys: bool) -> Engine:
    check_sqlite_version()

    def connect() -> Any:  # noqa: ANN401 - sqlcipher3 has no type hints
        connection = sqlcipher.connect(
            address.database or ":memory:", check_same_thread=False, isolation_level=None
        )
        _prepare(connection, file_key=file_key, enforce_foreign_keys=enforce_foreign_keys)
        return connection

    engine = sa.create_engine(
        "sqlite://",
        module=sqlcipher,
        creator=connect,
        poolclass=QueuePool,
        pool_size=45,
        max_overflow=0,
        hide_parameters=True,
    )
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(
    connection: Any,  # noqa: ANN401 - sqlcipher3 has no type hints
    *,
    file_key: bytes | None,
    enforce_foreign_keys: bool,
) -> None:
    if file_key is not None:
        # A wrong key is said by us, in one sentence; SQLCipher would fill the screen.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{file_key.hex()}'\"")
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
    except sqlcipher.DatabaseError as error:
        connection.close()
        raise WrongKeyError from error
    # FULL: "stored" is said after the commit has reached the disk, not before.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    connection.execute(f"PRAGMA foreign_keys = {'ON' if enforce_foreign_keys else 'OFF'}")
    connection.execute("PRAGMA cache_size = -65536")


def _begin(connection: Connection) -> None:
    # A transaction that starts by reading and then writes can fail half-way when
    # another one wrote in between; one that will write says so at once.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
