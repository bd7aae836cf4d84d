"""Fresh databases with our tables in them, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from pathlib import Path

from sqlalchemy.engine import Engine

from app.records import schema
from app.records.encryption import KEY_BYTES, KeyRing
from app.records.engine import Database, open_database, open_engine
from tests.support.postgres import APP, Addresses, PostgresServer

FILE_KEY = b"f" * KEY_BYTES
KEYS = KeyRing(current=1, keys={1: b"c" * KEY_BYTES})


class Kind(Enum):
    """The two databases that Samklang runs on."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Store:
    """A database that one test has to itself, and how to reach it."""

    kind: Kind
    url: str
    """What the running program uses. On PostgreSQL: a role that owns nothing."""
    owner_url: str
    """What migrations use."""
    file_key: bytes | None

    def open(self) -> Database:
        """Open it as the running program does."""
        opened = open_database(self.url, keys=KEYS, file_key=self.file_key)
        _share_statements(opened, kind=self.kind)
        return opened

    def migrate(self, *, to: str = "head") -> None:
        """Bring the tables to a version, as the owner, and let the program use them."""
        engine = open_engine(self.owner_url, file_key=self.file_key, enforce_foreign_keys=False)
        try:
            schema.migrate(engine, to=to)
            if self.kind is Kind.POSTGRESQL:
                schema.grant(engine, role=APP)
        finally:
            engine.dispose()


_FIRST: dict[Kind, Engine] = {}
"""The first database of each kind that was opened."""


def _share_statements(opened: Database, *, kind: Kind) -> None:
    """Let a database use the statements that the first one of its kind has compiled.

    An engine compiles each statement once. A program has one engine; a run of tests has
    thousands, and half of the time of a test went into compiling the same again.
    """
    first = _FIRST.setdefault(kind, opened.engine)
    for engine in (opened.engine, opened._writer):  # noqa: SLF001 - no way in but this
        engine.dialect = first.dialect
        engine._compiled_cache = first._compiled_cache  # noqa: SLF001 - SQLAlchemy 2.1 has no name for it


class Stores:
    """Makes stores. The tables are made once and copied after that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._template: Path | None = None

    @contextmanager
    def empty(self) -> Iterator[Store]:
        """Give a file that does not exist yet."""
        path = self._folder / f"samklang-{next(self._numbers)}.db"
        try:
            yield _sqlite_store(path)
        finally:
            for leftover in self._folder.glob(f"{path.name}*"):
                leftover.unlink()

    @contextmanager
    def ready(self) -> Iterator[Store]:
        """Give a database with all tables."""
        if self._template is None:
            self._template = self._folder / "template.db"
            _sqlite_store(self._template).migrate()
        with self.empty() as store:
            shutil.copyfile(self._template, Path(store.url.removeprefix("sqlite:///")))
            yield store


@dataclass(slots=True)
class PostgresStores:
    """As ``Stores``, on a server."""

    server: PostgresServer
    _template: Addresses | None = field(default=None)

    @contextmanager
    def empty(self, *, copy_of: Addresses | None = None) -> Iterator[Store]:
        """Give a database without tables, or a copy."""
        addresses = self.server.create(copy_of=copy_of)
        try:
            yield _postgres_store(addresses)
        finally:
            self.server.drop(addresses)

    @contextmanager
    def ready(self) -> Iterator[Store]:
        """Give a database with all tables."""
        if self._template is None:
            self._template = self.server.create()
            _postgres_store(self._template).migrate()
        with self.empty(copy_of=self._template) as store:
            yield store


def _sqlite_store(path: Path) -> Store:
    url = f"sqlite:///{path}"
    return Store(kind=Kind.SQLITE, url=url, owner_url=url, file_key=FILE_KEY)


def _postgres_store(addresses: Addresses) -> Store:
    return Store(kind=Kind.POSTGRESQL, url=addresses.app, owner_url=addresses.owner, file_key=None)
