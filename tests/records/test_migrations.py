"""Tables are brought to a new version with rows in them, and nothing of a patient is lost."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.engine import Engine, make_url

from app.records import schema
from app.records.engine import open_engine
from app.workflow import keep_watch
from tests.support import many_courses
from tests.support.accounts import add_recovery_code
from tests.support.changed_courses import Change, change
from tests.support.clinic import open_clinic
from tests.support.databases import Kind, PostgresStores, Store, Stores
from tests.support.everything import Everything, fill_clinic
from tests.support.flagged import keep_early_limit
from tests.support.forms import address_of
from tests.support.many_courses import add_age_band, count_how_curves_hold, propose_curve

HOUSE: Final = Path(__file__).parent.parent.parent
FIRST: Final = "0001"
"""The oldest version that can hold rows."""

Rows = Mapping[str, list[Mapping[str, Any]]]

STOP: Final = """
import os, signal, sys
import sqlalchemy as sa
from app.records import schema
from app.records.engine import open_engine

url, file_key, at = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine = open_engine(
    url, file_key=bytes.fromhex(file_key) or None, enforce_foreign_keys=False
)
done = 0

@sa.event.listens_for(engine, "before_cursor_execute")
def stop(*_):
    global done
    done += 1
    if done == at:
        os.kill(os.getpid(), signal.SIGKILL)

schema.migrate(engine)
"""
"""A migration that is killed before one of its statements."""


class StoppedError(RuntimeError):
    """The migration was broken off on purpose."""


@pytest.fixture(scope="session")
def rows(stores: Stores | PostgresStores, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """At least one row of every table, as people have made them through the pages."""
    with stores.ready() as store, closing(store.open()) as database:
        clinic = open_clinic(database, tmp_path_factory.mktemp("clinic"))
        fill_rest(fill_clinic(clinic))
        clinic.close()
        return rows_of(store)


@pytest.fixture
def older(stores: Stores | PostgresStores) -> Iterator[Store]:
    """A database with the tables of the first version."""
    with stores.empty() as store:
        with owner(store) as engine:
            schema.migrate(engine, to=FIRST)
        yield store


def versions() -> list[str]:
    """Return all versions, oldest first."""
    scripts = ScriptDirectory.from_config(Config(toml_file=HOUSE / "pyproject.toml"))
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def test_versions_are_numbered_one_after_the_other() -> None:
    assert versions() == [f"{number:04}" for number in range(1, len(versions()) + 1)]


def test_there_is_a_row_of_everything(rows: Rows) -> None:
    assert [table for table, held in rows.items() if not held] == []


def test_rows_of_the_first_version_are_all_there_in_the_newest(rows: Rows, older: Store) -> None:
    with owner(older) as engine:
        put(older, rows)
        before = rows_of(older)

        schema.migrate(engine)
        after = rows_of(older)

    assert held(after) == held(before)


def test_rows_survive_a_step_down_and_up_again(rows: Rows, older: Store) -> None:
    with owner(older) as engine:
        put(older, rows)
        before = rows_of(older)
        seen = []

        for back_to in reversed(versions()[:-1]):
            schema.migrate(engine)
            command.downgrade(settings(engine), back_to)
            seen.append(rows_of(older))
            schema.migrate(engine)
            seen.append(rows_of(older))

    assert seen
    assert all(held(one) == held(before) for one in seen)


def test_the_tables_can_be_taken_away_and_made_again(empty_store: Store) -> None:
    with owner(empty_store) as engine:
        schema.migrate(engine)
        command.downgrade(settings(engine), "base")
        left = set(sa.inspect(engine).get_table_names())
        schema.migrate(engine)
        schema.check_in_step(engine)

    assert left == {"alembic_version"}


def test_the_newest_tables_are_those_of_the_program(store: Store) -> None:
    with owner(store) as engine:
        schema.check_in_step(engine)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE job ADD COLUMN extra INTEGER",
        "DROP TABLE job",
        "ALTER TABLE job RENAME COLUMN finished_at TO ended_at",
        "DROP INDEX ix_audit_entry_patient",
    ],
)
def test_a_table_that_differs_is_noticed(store: Store, change: str) -> None:
    with owner(store) as engine:
        with engine.begin() as connection:
            connection.exec_driver_sql(change)

        with pytest.raises(CommandError, match="New upgrade operations detected"):
            schema.check_in_step(engine)


@pytest.mark.parametrize(
    "table", ["curve_proposal", "curve_choice", "calibration", "curve_stratum", "report_choice"]
)
def test_what_was_found_and_chosen_is_kept_and_goes_only_with_its_table(
    rows: Rows, older: Store, table: str
) -> None:
    with owner(older) as engine:
        schema.migrate(engine)
        put(older, rows)
        full = rows_of(older)

        with all_seeing(older) as other, other.connect() as connection:
            rows_in = sa.table(table, sa.column("org_id"))
            for change in (sa.update(rows_in).values(org_id=0), sa.delete(rows_in)):
                with pytest.raises(sa.exc.DBAPIError, match="appended only"):
                    connection.execute(change)
                connection.rollback()
        command.downgrade(settings(engine), "0002")
        without = rows_of(older)

    assert len(full[table]) == 1
    assert table not in without
    assert without == {kept: full[kept] for kept in without}


def test_history_is_kept_again_after_a_step_down_and_up(rows: Rows, older: Store) -> None:
    with owner(older) as engine:
        put(older, rows)
        schema.migrate(engine)
        command.downgrade(settings(engine), FIRST)
        is_open = may_change(older)
        schema.migrate(engine)

        assert is_open
        assert not may_change(older)


def test_a_migration_that_breaks_off_anywhere_leaves_what_was_there(
    rows: Rows, older: Store
) -> None:
    with owner(older) as engine:
        put(older, rows)
        before, at = rows_of(older), 1

        while not migrates(engine, stopped_at=at):
            assert schema.found_version(engine) == FIRST
            at += 1

        assert schema.found_version(engine) == schema.needed_version()
        assert held(rows_of(older)) == held(before)
    assert at > len(schema.APPENDED_ONLY)


@pytest.mark.parametrize("at", [3, 12, 20])
def test_a_migration_that_is_killed_is_run_once_more(rows: Rows, older: Store, at: int) -> None:
    with owner(older) as engine:
        put(older, rows)
        before = rows_of(older)

    killed = subprocess.run(
        [sys.executable, "-c", STOP, older.owner_url, (older.file_key or b"").hex(), str(at)],
        cwd=HOUSE,
        env=os.environ | {"PYTHONPATH": str(HOUSE)},
        capture_output=True,
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with owner(older) as engine:
        assert schema.found_version(engine) == FIRST
        schema.migrate(engine)
        schema.check_in_step(engine)
        assert held(rows_of(older)) == held(before)


def test_a_first_migration_that_breaks_off_leaves_no_tables(empty_store: Store) -> None:
    with owner(empty_store) as engine:
        for at in (2, 9, 30, 60):
            assert not migrates(engine, stopped_at=at)
            assert schema.found_version(engine) is None
            assert set(sa.inspect(engine).get_table_names()) <= {"alembic_version"}

        schema.migrate(engine)
        schema.check_in_step(engine)


def test_a_migration_that_orphans_a_row_is_refused(rows: Rows, older: Store) -> None:
    if older.kind is not Kind.SQLITE:
        pytest.skip("PostgreSQL enforces its keys in every transaction")
    patients: list[Mapping[str, Any]] = [{**row, "org_id": 9999} for row in rows["patient"]]
    with owner(older) as engine:
        put(older, {**rows, "patient": patients})

        with pytest.raises(RuntimeError, match="leaves rows without their parent in"):
            schema.migrate(engine)

        assert schema.found_version(engine) == FIRST


@contextmanager
def owner(store: Store) -> Iterator[Engine]:
    """Give the engine of migrations."""
    engine = open_engine(store.owner_url, file_key=store.file_key, enforce_foreign_keys=False)
    with closing(_Disposed(engine)):
        yield engine


@contextmanager
def all_seeing(store: Store) -> Iterator[Engine]:
    """Give an engine that no wall between organizations stops."""
    url = make_url(store.owner_url)
    if store.kind is Kind.POSTGRESQL:
        url = url.set(username="postgres")
    address = url.render_as_string(hide_password=False)
    engine = open_engine(address, file_key=store.file_key, enforce_foreign_keys=False)
    with closing(_Disposed(engine)):
        yield engine


class _Disposed:
    """Closes an engine at the end of a block."""

    def __init__(self, engine: Engine) -> None:
        self.close = engine.dispose


def settings(engine: Engine) -> Config:
    """Return what Alembic needs to step down, which the program itself never does."""
    config = Config(toml_file=HOUSE / "pyproject.toml")
    config.attributes["engine"] = engine
    return config


def rows_of(store: Store) -> Rows:
    """Return everything that is stored, by table, in an order of its own."""
    with all_seeing(store) as engine, engine.connect() as connection:
        return {
            table.name: sorted(
                (dict(row) for row in connection.execute(sa.select(table)).mappings()), key=repr
            )
            for table in tables_of(engine)
        }


def held(rows: Rows) -> Rows:
    """Return the tables that hold something: newer versions have more of them, empty at first."""
    return {table: those for table, those in rows.items() if those}


def put(store: Store, rows: Rows) -> None:
    """Store rows as they are, whatever points at what."""
    with all_seeing(store) as engine, engine.begin() as connection:
        if store.kind is Kind.POSTGRESQL:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in tables_of(engine):
            if rows[table.name]:
                connection.execute(sa.insert(table), [dict(row) for row in rows[table.name]])


def tables_of(engine: Engine) -> list[sa.Table]:
    """Return the tables as they are in the database now."""
    found = sa.MetaData()
    found.reflect(engine)
    return [table for name, table in found.tables.items() if name != "alembic_version"]


def migrates(engine: Engine, *, stopped_at: int) -> bool:
    """Run a migration that is broken off before one of its statements; whether it got through."""
    done = 0

    def stop(*_: object) -> None:
        nonlocal done
        done += 1
        if done == stopped_at:
            raise StoppedError

    sa.event.listen(engine, "before_cursor_execute", stop)
    try:
        schema.migrate(engine)
    except StoppedError:
        return False
    finally:
        sa.event.remove(engine, "before_cursor_execute", stop)
    return True


def may_change(store: Store) -> bool:
    """Whether an entry of the log can be changed behind the program's back."""
    with all_seeing(store) as engine, engine.connect() as connection:
        try:
            connection.exec_driver_sql("UPDATE audit_entry SET action = 'nothing'")
        except sa.exc.DBAPIError:
            return False
        finally:
            connection.rollback()
    return True


def fill_rest(everything: Everything) -> None:
    """Let people do what makes a row in the tables that are still empty."""
    clinic, ids = everything.clinic, everything.ids
    clinician = clinic.client(clinic.clinician)
    course, rating = f"/episodes/{ids['episode_id']}", f"/ratings/{ids['rating_id']}"
    forms = {"main": "outcome-4", "alliance": "alliance-4", "variant": "adult"}
    address_of(clinician, f"{course}/change", {**forms, "further": "personal-goals"})
    address_of(clinician, f"{course}/goals", {"goal_g1": "Sove bedre"})
    address_of(
        clinician, f"{course}/participation", {"answer": "accepted", "other_channel": "none"}
    )
    address_of(clinician, f"{rating}/baseline", {"reason": "Den første var en prøve"})
    address_of(clinician, f"/flags/{ids['flag_id']}/note", {"note": "Ringt"})
    quality = clinic.client(clinic.quality_lead)
    address_of(quality, "/numbers/phq-9/accept", {"version": "general-1"})
    address_of(quality, "/quality/curves", {"choice": "live"})
    other = clinic.enrol(name="Cato Eik")
    address_of(
        clinician,
        f"{rating}/move",
        {
            "submission_key": str(uuid.uuid4()),
            "to": str(other.patient_id),
            "session": str(clinic.session(other)),
            "reason": "Feil nettbrett",
        },
    )
    keep_watch.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)
    add_recovery_code(clinic)
    keep_early_limit(clinic)
    add_age_band(clinic, propose_curve(clinic, instrument="gad-7", courses=100))
    change(clinic, Change.moved, random=Random(1), times=40)  # noqa: S311 - invented changes
    count_how_curves_hold(clinic)
    many_courses.draft_figures(clinic, instrument="gad-7")
