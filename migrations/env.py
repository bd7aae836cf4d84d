"""Runs migrations on the database that the caller opened."""

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel

from app.records import (
    audit,
    calibrations,
    curves,
    early_alliances,
    endings,
    episodes,
    flags,
    jobs,
    kept_courses,
    people,
    proposals,
    ratings,
    releases,
    research_exports,
    reviews,
    rule_settings,
    sessions,
    staff,
    tablets,
)

# Named one by one: a module that gathered the tables would let everything see everything.
TABLES = (
    audit,
    calibrations,
    curves,
    early_alliances,
    endings,
    episodes,
    flags,
    jobs,
    kept_courses,
    people,
    proposals,
    ratings,
    releases,
    research_exports,
    reviews,
    rule_settings,
    sessions,
    staff,
    tablets,
)


class NoDatabaseError(RuntimeError):
    """Migrations were started without a database."""

    def __init__(self) -> None:
        super().__init__("no database was given; run samklang migrate")


def run() -> None:
    """Run the migrations in one transaction."""
    engine: sa.Engine | None = context.config.attributes.get("engine")
    if engine is None:
        raise NoDatabaseError
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=is_sqlite,
            compare_server_default=True,
            # Alembic takes SQLite for a database that commits each table at once. Ours begins
            # its transactions itself, so that a migration is whole or has not happened.
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
            if is_sqlite:
                _check_orphans(connection)
            if (last := context.config.attributes.get("last")) is not None:
                last(connection)


def _check_orphans(connection: sa.Connection) -> None:
    # Batch mode drops and rebuilds a table, so it runs with foreign keys off. With them
    # on, SQLite would delete, or unlink, every row that points at the dropped one.
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if orphans:
        tables = ", ".join(sorted({row[0] for row in orphans}))
        message = f"the migration leaves rows without their parent in {tables}; nothing is changed"
        raise RuntimeError(message)


run()
