"""A backup is whole, comes back whole, and is of no use without the key."""

import datetime as dt
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from app.records import audit, copies, organizations, schema
from app.records.copies import (
    DamagedCopyError,
    NewerSchemaError,
    NotABackupError,
    UnreadableCopyError,
)
from app.records.encryption import KeyRing, SealBrokenError
from app.records.engine import Database, enter_organization, open_database
from app.records.people import name_of, patient
from app.workflow import back_up
from app.workflow.back_up import BackupRefusedError, BrokenAuditError, Installation
from tests.support.clinic import Clinic, Enrolled, open_clinic
from tests.support.databases import FILE_KEY, KEYS, Stores

SUNDAY = dt.datetime(2026, 11, 15, 3, 0, tzinfo=dt.UTC)
OTHER_KEY = b"x" * 32


@pytest.fixture(scope="module")
def sqlite_stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    """Backup is for the embedded database; PostgreSQL has tools of its own."""
    return Stores(tmp_path_factory.mktemp("stores-to-back-up"))


@pytest.fixture
def house(tmp_path: Path, sqlite_stores: Stores) -> Installation:
    """An installation of its own folder, with its database file and a definition of the site."""
    home = tmp_path / "here" / "samklang.db"
    home.parent.mkdir()
    with sqlite_stores.ready() as store:
        shutil.copyfile(store.url.removeprefix("sqlite:///"), home)
    definition = tmp_path / "here" / "instruments" / "hamilton.toml"
    definition.parent.mkdir()
    shutil.copyfile(Path(__file__).parent / "site" / "instruments" / "hamilton.toml", definition)
    return at(home)


@pytest.fixture
def running(house: Installation) -> Iterator[Database]:
    """The database as the running program has it open."""
    opened = opened_at(house)
    yield opened
    opened.close()


@pytest.fixture
def clinic(running: Database, house: Installation) -> Iterator[Clinic]:
    """A clinic with people in that installation."""
    opened = open_clinic(running, house.site_folder)
    yield opened
    opened.close()


def at(
    home: Path, *, file_key: bytes = FILE_KEY, keys: KeyRing = KEYS, is_synthetic: bool = True
) -> Installation:
    return Installation(
        home=home,
        site_folder=home.parent,
        file_key=file_key,
        keys=keys,
        is_synthetic=is_synthetic,
    )


def opened_at(house: Installation) -> Database:
    return open_database(f"sqlite:///{house.home}", keys=house.keys, file_key=house.file_key)


def has_patient(database: Database, clinic: Clinic, enrolled: Enrolled) -> bool:
    with database.reading() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        found = patient(db, viewer, patient_id=enrolled.patient_id)
        return found is not None and name_of(db, found) == "Aksel Berg"


def taken(house: Installation, clinic: Clinic, tmp_path: Path, name: str = "sunday.backup") -> Path:
    return back_up.take(house, clinic.database, tmp_path / name, now=SUNDAY).path


def edit(path: Path, statement: str) -> None:
    """Change a backup behind the program's back, with the right key."""
    connection = sqlcipher.connect(str(path))
    connection.execute(f"PRAGMA key = \"x'{FILE_KEY.hex()}'\"")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_backup_comes_back_in_an_empty_folder(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    aksel = clinic.enrol(name="Aksel Berg")
    clinic.course(aksel, [120, 150])
    path = taken(house, clinic, tmp_path)
    there = at(tmp_path / "there" / "samklang.db")

    done = back_up.restore(there, path, replaces=False, now=clinic.clock.now)

    opened = opened_at(there)
    assert has_patient(opened, clinic, aksel)
    assert [broken for _, broken in back_up.verify_logs(opened).values()] == [None, None]
    opened.close()
    assert done.taken_at == SUNDAY
    assert done.kept is None
    assert (there.site_folder / "instruments" / "hamilton.toml").is_file()


def test_a_backup_is_one_encrypted_file_for_its_owner(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    clinic.enrol(name="Aksel Berg")

    path = taken(house, clinic, tmp_path)

    content = path.read_bytes()
    assert b"SQLite format" not in content
    assert b"Solvik" not in content
    assert b"hamilton" not in content
    assert path.stat().st_mode & 0o077 == 0
    assert sorted(found.name for found in tmp_path.iterdir()) == ["here", "sunday.backup"]


def test_a_backup_taken_while_others_write_is_of_one_moment(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    is_over = threading.Event()
    enrolled: list[Enrolled] = []

    def write() -> None:
        while not is_over.is_set():
            enrolled.append(clinic.enrol())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        paths = [taken(house, clinic, tmp_path, f"{number}.backup") for number in range(5)]
    finally:
        is_over.set()
        writer.join()

    sizes = []
    for number, path in enumerate(paths):
        there = at(tmp_path / f"there-{number}" / "samklang.db")
        back_up.restore(there, path, replaces=False, now=clinic.clock.now)
        opened = opened_at(there)
        sizes.append(sum(has_patient(opened, clinic, one) for one in enrolled))
        opened.close()
    assert sizes == sorted(sizes)
    assert 0 < sizes[-1] <= len(enrolled)


def test_a_running_program_sees_what_was_put_back(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    before = clinic.enrol()
    path = taken(house, clinic, tmp_path)
    after = clinic.enrol()

    done = back_up.restore(house, path, replaces=True, now=clinic.clock.now)

    assert has_patient(clinic.database, clinic, before)
    assert not has_patient(clinic.database, clinic, after)
    assert clinic.enrol().number == after.number
    assert done.kept is not None
    there = at(tmp_path / "there" / "samklang.db")
    back_up.restore(there, done.kept, replaces=False, now=clinic.clock.now)
    kept = opened_at(there)
    assert has_patient(kept, clinic, after)
    kept.close()


def test_nobody_is_signed_in_after_a_restore(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    browser = clinic.client(clinic.administrator)
    path = taken(house, clinic, tmp_path)

    back_up.restore(house, path, replaces=True, now=clinic.clock.now)

    assert browser.get("/admin").headers.get("location", "").startswith("/sign-in")


def test_both_are_in_the_log_of_every_organization(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    path = taken(house, clinic, tmp_path)
    after_taking = newest_actions(clinic)

    back_up.restore(house, path, replaces=True, now=clinic.clock.now)

    assert after_taking == ["took_backup", "took_backup"]
    assert newest_actions(clinic) == ["restored_backup", "restored_backup"]


def newest_actions(clinic: Clinic) -> list[str]:
    actions = []
    with clinic.database.reading() as db:
        for org_id in (clinic.clinician.org_id, clinic.elsewhere.org_id):
            enter_organization(db, org_id=org_id)
            actions.append(audit.newest(db, org_id=org_id, before=None, most=1)[0].action)
    return actions


def test_a_database_that_is_there_is_not_replaced_unasked(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    path = taken(house, clinic, tmp_path)

    with pytest.raises(BackupRefusedError, match="holds a database already"):
        back_up.restore(house, path, replaces=False, now=clinic.clock.now)


def test_a_backup_does_not_overwrite_another(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    path = taken(house, clinic, tmp_path)
    content = path.read_bytes()

    with pytest.raises(BackupRefusedError, match=r"sunday\.backup exists already"):
        taken(house, clinic, tmp_path)

    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda path: path.write_bytes(b"not a database at all" * 400), UnreadableCopyError),
        (lambda path: path.write_bytes(path.read_bytes()[:-4096]), UnreadableCopyError),
        (lambda path: path.write_bytes(_flipped(path.read_bytes(), at=20_000)), DamagedCopyError),
        (lambda path: edit(path, "DROP TABLE samklang_backup"), NotABackupError),
        (
            lambda path: edit(path, "UPDATE alembic_version SET version_num = '9999'"),
            NewerSchemaError,
        ),
        (
            lambda path: edit(
                path,
                "UPDATE samklang_backup SET name = '../keys/database.key' WHERE name <> 'about'",
            ),
            BackupRefusedError,
        ),
    ],
    ids=["other file", "cut off", "one bit", "no note", "newer", "place outside"],
)
def test_a_file_that_is_not_a_whole_backup_changes_nothing(
    clinic: Clinic,
    house: Installation,
    tmp_path: Path,
    spoil: Callable[[Path], object],
    expected: type[Exception],
) -> None:
    path = taken(house, clinic, tmp_path)
    spoil(path)
    there = at(tmp_path / "there" / "samklang.db")

    with pytest.raises(expected):
        back_up.restore(there, path, replaces=False, now=clinic.clock.now)

    assert list(there.home.parent.iterdir()) == []


def _flipped(content: bytes, *, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit_entry SET action = 'x' WHERE sequence = 2", "changed at entry 2"),
        ("DELETE FROM audit_entry WHERE sequence = 2", "missing at entry 2"),
        (
            "DELETE FROM audit_entry WHERE sequence = (SELECT max(sequence) FROM audit_entry)",
            "shorter than when it was taken",
        ),
    ],
)
def test_a_backup_whose_log_was_changed_is_refused(
    clinic: Clinic, house: Installation, tmp_path: Path, statement: str, said: str
) -> None:
    clinic.enrol()
    clinic.enrol()
    path = taken(house, clinic, tmp_path)
    for trigger in ("audit_entry_no_update", "audit_entry_no_delete"):
        edit(path, f"DROP TRIGGER {trigger}")
    edit(path, statement)
    there = at(tmp_path / "there" / "samklang.db")

    with pytest.raises((BrokenAuditError, BackupRefusedError), match=said):
        back_up.restore(there, path, replaces=False, now=clinic.clock.now)


def test_a_backup_from_before_is_brought_to_the_tables_of_today(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    with sqlite_stores.empty() as store:
        store.migrate(to="0001")
        before = at(Path(store.url.removeprefix("sqlite:///")))
        opened = store.open()
        path = back_up.take(before, opened, tmp_path / "old.backup", now=SUNDAY).path
        opened.close()
    there = at(tmp_path / "there" / "samklang.db")

    back_up.restore(there, path, replaces=False, now=SUNDAY)

    now_open = opened_at(there)
    schema.check_ready(now_open, is_production=False)
    now_open.close()


def test_another_database_key_does_not_open_a_backup(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    path = taken(house, clinic, tmp_path)

    with pytest.raises(UnreadableCopyError, match="another key made it"):
        back_up.restore(
            at(tmp_path / "there" / "samklang.db", file_key=OTHER_KEY),
            path,
            replaces=False,
            now=clinic.clock.now,
        )


def test_other_keys_of_names_do_not_open_a_backup(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    clinic.enrol(name="Aksel Berg")
    path = taken(house, clinic, tmp_path)
    others = KeyRing(current=1, keys={1: OTHER_KEY})

    with pytest.raises(SealBrokenError, match=r"patient\.name"):
        back_up.restore(
            at(tmp_path / "there" / "samklang.db", keys=others),
            path,
            replaces=False,
            now=clinic.clock.now,
        )


def test_invented_people_do_not_enter_an_installation_for_real_ones(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    path = taken(house, clinic, tmp_path)

    with pytest.raises(BackupRefusedError, match="holds invented people"):
        back_up.restore(
            at(tmp_path / "there" / "samklang.db", is_synthetic=False),
            path,
            replaces=False,
            now=clinic.clock.now,
        )


def test_a_damaged_database_is_not_written_over(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    path = taken(house, clinic, tmp_path)
    clinic.database.close()
    house.home.write_bytes(b"damaged" * 4000)

    with pytest.raises(BackupRefusedError, match=r"move samklang\.db away"):
        back_up.restore(house, path, replaces=True, now=clinic.clock.now)

    assert house.home.read_bytes().startswith(b"damaged")


def test_organizations_are_all_in_the_backup(
    clinic: Clinic, house: Installation, tmp_path: Path
) -> None:
    path = taken(house, clinic, tmp_path)
    there = at(tmp_path / "there" / "samklang.db")

    back_up.restore(there, path, replaces=False, now=clinic.clock.now)

    opened = opened_at(there)
    with opened.reading() as db:
        assert [one.name for one in organizations.every_one(db)] == [
            "Solvik kommune",
            "Nordfjell kommune",
        ]
    opened.close()
    assert copies.check_seals(there.home, file_key=FILE_KEY, keys=KEYS) == 0
