"""The installation that a command works on: settings, keys, database."""

import datetime as dt
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from app.cli.troubles import CommandRefusedError
from app.config import Settings, read_settings
from app.main import open_records, read_clock
from app.records import organizations, schema
from app.records.encryption import (
    KeyFileError,
    read_or_make_key,
    read_or_make_key_ring,
)
from app.records.engine import Database, open_engine
from app.records.organizations import Known
from app.workflow.back_up import Installation

_PUT_BACK = "put back the one that belongs to this database; it is in no backup"


def now() -> dt.datetime:
    """Return the time."""
    return read_clock()


def settings() -> Settings:
    """Return the settings, or stop with a sentence for each that is wrong."""
    return read_settings()


def database_file(here: Settings) -> Path | None:
    """Return the file of the embedded database, or ``None`` when PostgreSQL is used."""
    url = make_url(here.url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database)


def migrate(here: Settings) -> None:
    """Make the tables, or bring them to this version of the program."""
    home = database_file(here)
    file_key = None
    if home is not None:
        _check_keys(here, is_new=not home.exists())
        home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file_key = read_or_make_key(here.database_key_file)
        read_or_make_key_ring(here.column_key_file)
    engine = open_engine(here.owner_url, file_key=file_key, enforce_foreign_keys=False)
    try:
        schema.migrate(engine)
        role, owner = make_url(here.url).username, make_url(here.owner_url).username
        if home is None and role and role != owner:
            schema.grant(engine, role=role)
    finally:
        engine.dispose()


def check_in_step(here: Settings) -> None:
    """Raise unless the tables of the database are those of the program."""
    file_key = read_or_make_key(here.database_key_file) if database_file(here) else None
    engine = open_engine(here.owner_url, file_key=file_key, enforce_foreign_keys=False)
    try:
        schema.check_in_step(engine)
    finally:
        engine.dispose()


@contextmanager
def opened(here: Settings) -> Generator[Database]:
    """Open the database that is there; nothing is made that is missing."""
    home = database_file(here)
    if home is not None:
        if not home.exists():
            raise CommandRefusedError(
                f"there is no database in {here.data_dir}",
                remedy="run samklang up for a demonstration, or samklang init for a site",
            )
        _check_keys(here, is_new=False)
    elif not here.column_key_file.exists():
        _check_nothing_sealed(here)
    records = open_records(here)
    try:
        schema.check_ready(records, is_production=not here.is_demo)
        yield records
    finally:
        records.close()


def every_organization(database: Database) -> Sequence[Known]:
    """Return the organizations of the installation."""
    with database.reading() as db:
        return organizations.every_one(db)


def organization_of(database: Database, name: str | None) -> int:
    """Return the organization of that name, or the only one, or refuse with those there are."""
    every = {one.name: one.id for one in every_organization(database)}
    if name is None and len(every) == 1:
        return next(iter(every.values()))
    if name not in every:
        problem = "no --organization is given" if name is None else f"organization is '{name[:80]}'"
        raise CommandRefusedError(
            problem, remedy=f"choose one of: {', '.join(every) or 'none yet'}"
        )
    return every[name]


def to_back_up(here: Settings) -> Installation:
    """Return what backup and restore need; keys must be there and are never made here."""
    home = database_file(here)
    if home is None:
        raise CommandRefusedError(
            "the database is PostgreSQL, which has tools of its own for this",
            remedy=_POSTGRES,
        )
    _check_keys(here, is_new=False)
    return Installation(
        home=home,
        site_folder=here.data_dir,
        file_key=read_or_make_key(here.database_key_file),
        keys=read_or_make_key_ring(here.column_key_file),
        is_synthetic=here.is_demo,
    )


def _check_keys(here: Settings, *, is_new: bool) -> None:
    # A new key beside an old database would open nothing, and hide that the right one is lost.
    for path in (here.database_key_file, here.column_key_file):
        if not is_new and not path.exists():
            raise KeyFileError(path, "is missing", _PUT_BACK)


def _check_nothing_sealed(here: Settings) -> None:
    engine = open_engine(here.url)
    try:
        if organizations.is_any(engine):
            raise KeyFileError(here.column_key_file, "is missing", _PUT_BACK)
    finally:
        engine.dispose()


_POSTGRES = """take a backup with the tools of PostgreSQL, as a role that row-level security \
does not bind (a superuser, or one with BYPASSRLS), and encrypt the file:
  pg_dump --format=custom --file=samklang.dump --dbname=samklang
  pg_restore --clean --if-exists --single-transaction --dbname=samklang samklang.dump
Keep the folders instruments and texts of the data folder with it, the key file columns.json \
apart from it, and run samklang migrate and samklang audit verify after a restore"""
