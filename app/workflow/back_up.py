"""Take a backup while the program runs, and put one back, whole or not at all."""

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from app.records import audit, copies, organizations, schema
from app.records.audit import PROGRAM, BrokenChain, Event
from app.records.base import DbSession
from app.records.copies import DamagedCopyError, Note, UnreadableCopyError
from app.records.encryption import KeyRing, SealBrokenError
from app.records.engine import Database, WrongKeyError, enter_organization, open_database

SITE_FOLDERS = ("instruments", "texts")
"""The site's own definitions and item texts: without them old answers lose their words."""


class BackupRefusedError(RuntimeError):
    """A backup cannot be taken or put back as asked."""

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


class BrokenAuditError(RuntimeError):
    """The log of a backup does not fit together."""

    def __init__(self, name: str, broken: BrokenChain) -> None:
        super().__init__(
            f"the log in {name} is {broken.reason} at entry {broken.sequence} "
            f"of organization {broken.org_id}; keep the file and find out why, use another backup"
        )
        self.name = name
        self.broken = broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where an installation with the embedded database keeps what is backed up."""

    home: Path
    """The database file."""
    site_folder: Path
    file_key: bytes
    keys: KeyRing
    is_synthetic: bool
    """Whether it may hold invented people only."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was taken and checked."""

    path: Path
    entries: int
    """Entries of the log, all organizations together."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was put back."""

    taken_at: dt.datetime
    kept: Path | None
    """A backup of what was there before, if anything was."""


def take(installation: Installation, database: Database, target: Path, *, now: dt.datetime) -> Made:
    """Write an encrypted copy of everything but the keys, and check it."""
    if target.exists():
        raise BackupRefusedError(
            f"{target.name} exists already", remedy="choose another name; no backup is overwritten"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with _workplace(beside=target) as draft:
        copies.copy_online(installation.home, draft, file_key=installation.file_key)
        entries = _check(installation, draft)
        note = Note(
            about={
                "taken_at": now.isoformat(),
                "schema": schema.found_version(database.engine),
                "entries": {str(org_id): count for org_id, count in entries.items()},
            },
            files=_site_files(installation.site_folder),
        )
        copies.finish(draft, note, file_key=installation.file_key)
        draft.replace(target)
    copies.flush(target)
    _log(database, "took_backup", now=now, entries=entries)
    return Made(path=target, entries=sum(entries.values()))


def restore(
    installation: Installation, source: Path, *, replaces: bool, now: dt.datetime
) -> Restored:
    """Put a backup back: all checks are made on a copy, and the change is one step.

    A program that runs meanwhile sees the old content until that step and the new
    content after it.
    """
    home = installation.home
    if not source.is_file():
        raise BackupRefusedError(f"there is no file {source.name}", remedy="give a backup file")
    if home.exists() and not replaces:
        raise BackupRefusedError(
            f"{home.name} holds a database already",
            remedy="restore into an empty data folder, or say --replace",
        )
    home.parent.mkdir(parents=True, exist_ok=True)
    with _workplace(beside=home, name=source.name) as stage:
        note = _stage(installation, source, stage, now=now)
        kept = _keep_old(installation, now=now) if home.exists() else None
        if kept is None:
            copies.flush(stage)
            _drop_journals(home)
            stage.replace(home)
        else:
            copies.copy_online(stage, home, file_key=installation.file_key)
    _write_site_files(installation.site_folder, note.files)
    return Restored(taken_at=dt.datetime.fromisoformat(str(note.about["taken_at"])), kept=kept)


def verify_logs(
    database: Database, *, kept: Mapping[int, tuple[int, str]] = MappingProxyType({})
) -> Mapping[int, tuple[int, BrokenChain | None]]:
    """Read the log of every organization; return how many entries fit, and the first that fails.

    ``kept`` are the newest entries of an earlier day, which have to be there still.
    """
    with database.reading() as db:
        return {
            org_id: audit.verify(db, org_id=org_id, kept=kept.get(org_id))
            for org_id in _each_organization(db)
        }


def newest_entries(database: Database) -> Mapping[int, tuple[int, str]]:
    """Return number and hash of the newest entry of each log, to be kept somewhere else."""
    with database.reading() as db:
        return {org_id: audit.head(db, org_id=org_id) for org_id in _each_organization(db)}


def _stage(installation: Installation, source: Path, stage: Path, *, now: dt.datetime) -> Note:
    stage.touch(mode=0o600)
    shutil.copyfile(source, stage)
    file_key = installation.file_key
    copies.check_whole(stage, file_key=file_key)
    note = copies.take_note(stage, file_key=file_key)
    _check_names(note)
    copies.bring_up_to_date(stage, file_key=file_key)
    entries = _check(installation, stage)
    _check_nothing_cut(source, note, entries)
    opened = _open(installation, stage)
    try:
        _check_kind(opened, is_synthetic=installation.is_synthetic)
        with opened.writing() as db:
            copies.end_every_sign_in(db, now=now)
        _log(opened, "restored_backup", now=now, entries=entries)
    finally:
        opened.close()
    copies.settle(stage, file_key=file_key)
    return note


def _check(installation: Installation, path: Path) -> Mapping[int, int]:
    """Check a copy; return the number of log entries of each organization."""
    file_key = installation.file_key
    copies.check_whole(path, file_key=file_key)
    copies.check_seals(path, file_key=file_key, keys=installation.keys)
    opened = _open(installation, path)
    try:
        found = verify_logs(opened)
    finally:
        opened.close()
    for _, broken in found.values():
        if broken is not None:
            raise BrokenAuditError(path.name, broken)
    return {org_id: count for org_id, (count, _) in found.items()}


def _check_kind(database: Database, *, is_synthetic: bool) -> None:
    # Real people never enter a test installation, and invented ones no real one.
    with database.reading() as db:
        for organization in organizations.every_one(db):
            if organization.is_synthetic is not is_synthetic:
                kind = "invented" if organization.is_synthetic else "real"
                raise BackupRefusedError(
                    f"organization {organization.id} in it holds {kind} people",
                    remedy="set SAMKLANG_MODE to the mode of the installation that it came from",
                )


def _check_nothing_cut(source: Path, note: Note, entries: Mapping[int, int]) -> None:
    if note.about.get("entries") != {str(org_id): count for org_id, count in entries.items()}:
        raise BackupRefusedError(
            f"the log in {source.name} is shorter than when it was taken",
            remedy="keep the file and find out why, use another backup",
        )


def _check_names(note: Note) -> None:
    for name in note.files:
        path = PurePosixPath(name)
        if len(path.parts) != 2 or path.parts[0] not in SITE_FOLDERS or path.suffix != ".toml":  # noqa: PLR2004 - folder and file
            raise BackupRefusedError(
                "the backup holds a file that has no place in the data folder",
                remedy="use a backup that samklang has made",
            )


_UNKEEPABLE = (
    BrokenAuditError,
    DamagedCopyError,
    SealBrokenError,
    UnreadableCopyError,
    WrongKeyError,
)


def _keep_old(installation: Installation, *, now: dt.datetime) -> Path:
    kept = installation.home.with_name(f"before-restore-{now:%Y%m%dT%H%M%SZ}.backup")
    try:
        opened = _open(installation, installation.home)
        try:
            return take(installation, opened, kept, now=now).path
        finally:
            opened.close()
    except _UNKEEPABLE as error:
        raise BackupRefusedError(
            f"what is in the data folder now cannot be kept ({error})",
            remedy=f"stop the program, move {installation.home.name} away, and restore again",
        ) from error


def _log(database: Database, action: str, *, now: dt.datetime, entries: Mapping[int, int]) -> None:
    with database.writing() as db:
        for org_id, count in entries.items():
            enter_organization(db, org_id=org_id)
            event = Event(actor=PROGRAM, action=action, at=now, details={"entries": count})
            audit.append(db, event)


def _each_organization(db: DbSession) -> Iterator[int]:
    """Enter one organization after the other."""
    for organization in organizations.every_one(db):
        enter_organization(db, org_id=organization.id)
        yield organization.id


def _open(installation: Installation, path: Path) -> Database:
    return open_database(
        f"sqlite:///{path}", keys=installation.keys, file_key=installation.file_key
    )


def _site_files(site_folder: Path) -> Mapping[str, bytes]:
    return {
        f"{folder}/{path.name}": path.read_bytes()
        for folder in SITE_FOLDERS
        for path in sorted((site_folder / folder).glob("*.toml"))
    }


def _write_site_files(site_folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = site_folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.new")
        draft.write_bytes(content)
        copies.flush(draft)
        draft.replace(path)


@contextmanager
def _workplace(*, beside: Path, name: str | None = None) -> Iterator[Path]:
    """Give a place for a draft on the same disk; whatever happens, nothing of it stays."""
    folder = Path(tempfile.mkdtemp(prefix=".samklang-", dir=beside.parent))
    try:
        yield folder / (name or beside.name)
    finally:
        shutil.rmtree(folder)


def _drop_journals(path: Path) -> None:
    # A journal left behind by another database would be played into the new one.
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
