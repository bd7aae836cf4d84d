"""The databases that tests get are what they say they are."""

from contextlib import closing

import sqlalchemy as sa

from app.records.engine import Database
from tests.support.databases import Kind, PostgresStores, Store, Stores
from tests.support.postgres import APP


def test_a_test_gets_a_database_with_tables_and_no_rows(database: Database) -> None:
    with database.reading() as db:
        rows = db.connection().exec_driver_sql("SELECT count(*) FROM patient").scalar_one()

    assert rows == 0


def test_a_test_leaves_nothing_to_the_next_one(stores: Stores | PostgresStores) -> None:
    with stores.ready() as first, closing(first.open()) as database, database.writing() as db:
        db.connection().exec_driver_sql(
            "INSERT INTO organization"
            " (name, language, is_synthetic, created_at, name_display, no_contact_days,"
            " help_texts, procedure_texts)"
            " VALUES ('North', 'nb', TRUE, '2026-01-01', 'full', 28, '{}', '{}')"
        )

    with stores.ready() as second, closing(second.open()) as database, database.reading() as db:
        rows = db.connection().exec_driver_sql("SELECT count(*) FROM organization").scalar_one()

    assert rows == 0


def test_an_empty_database_has_no_tables(empty_store: Store) -> None:
    with closing(empty_store.open()) as database, database.engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()

    assert tables == []


def test_the_program_is_not_above_row_level_security(store: Store) -> None:
    if store.kind is Kind.SQLITE:
        return
    with closing(store.open()) as database, database.engine.connect() as connection:
        role = connection.exec_driver_sql(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).one()
        owned = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_tables WHERE tableowner = current_user"
        ).scalar_one()

    assert tuple(role) == (APP, False, False)
    assert owned == 0
