"""Whether the database is the one this program was written for."""

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from app.records.engine import Database

_HOUSE = Path(__file__).parent.parent.parent


class OldSchemaError(RuntimeError):
    """The tables are not those of this version of the program."""

    def __init__(self, found: str | None, needed: str) -> None:
        super().__init__(
            f"the database has schema {found or 'none'}, this program needs {needed}: "
            "run samklang migrate (take a backup first)"
        )
        self.found = found
        self.needed = needed


class UnsafeRoleError(RuntimeError):
    """The running program may do more in PostgreSQL than it should."""

    def __init__(self, role: str, problem: str) -> None:
        super().__init__(
            f"database role '{role}' {problem}; "
            "give SAMKLANG_DATABASE_URL a role that owns nothing and set "
            "SAMKLANG_OWNER_DATABASE_URL for samklang migrate"
        )
        self.role = role


class SyntheticDataError(RuntimeError):
    """Invented and real people would be mixed."""

    def __init__(self) -> None:
        super().__init__(
            "this database holds a synthetic municipality and cannot be used in production; "
            "start with an empty data folder"
        )


@cache
def needed_version() -> str:
    """Return the newest schema version that this program knows."""
    head = ScriptDirectory.from_config(_alembic(None)).get_current_head()
    return head or "none"


def found_version(engine: Engine) -> str | None:
    """Return the schema version of a database."""
    with engine.connect() as connection:
        version = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
    return version


def migrate(engine: Engine, *, to: str = "head") -> None:
    """Bring the tables to a version. The engine must not enforce foreign keys on SQLite."""
    upgrade = _alembic(engine)
    if engine.dialect.name == "sqlite":
        upgrade.attributes["last"] = _tell_sizes
    command.upgrade(upgrade, to)


def check_in_step(engine: Engine) -> None:
    """Raise if tables in code and tables in the database differ."""
    command.check(_alembic(engine))


def check_ready(database: Database, *, is_production: bool) -> None:
    """Raise unless this program may run on this database."""
    if not database.is_sqlite:
        _check_role(database.engine)
    found, needed = found_version(database.engine), needed_version()
    if found != needed:
        raise OldSchemaError(found, needed)
    with database.engine.connect() as connection:
        if is_production and _has_synthetic(connection):
            raise SyntheticDataError
        connection.rollback()


def _check_role(engine: Engine) -> None:
    # The owner of a table, who is a member of the owner, a superuser and a role with
    # BYPASSRLS can all see every organization, whatever the policies say.
    with engine.connect() as connection:
        role, is_super, bypasses, owns = connection.execute(
            sa.text(
                "SELECT rolname, rolsuper, rolbypassrls, EXISTS (SELECT FROM pg_class "
                "WHERE relname = 'patient' AND pg_has_role(pg_roles.oid, relowner, 'MEMBER')) "
                "FROM pg_roles WHERE rolname = current_user"
            )
        ).one()
        connection.rollback()
    if is_super or bypasses:
        raise UnsafeRoleError(role, "is not bound by row-level security")
    if owns:
        raise UnsafeRoleError(role, "owns the tables")


def _has_synthetic(connection: Connection) -> bool:
    return (
        connection.execute(sa.text("SELECT 1 FROM organization WHERE is_synthetic LIMIT 1")).first()
        is not None
    )


def _alembic(engine: Engine | None) -> Config:
    settings = Config(toml_file=_HOUSE / "pyproject.toml")
    settings.attributes["engine"] = engine
    return settings


GROWING = (
    "audit_entry",
    "baseline",
    "episode",
    "flag",
    "item_answer",
    "participation",
    "patient",
    "rating",
    "respondent",
    "review",
    "therapy_session",
    "treats",
    "visit",
    "withdrawal",
)
"""What has rows for every patient, and grows for as long as the program is used."""

_ROWS, _OF_ONE, _OF_ONE_MORE = 1_000_000, 20, 5
"""Rows to expect: in all, and where one thing of a patient is given, or another one too."""

_OF_ONE_WIDE = {
    "org_id": 500_000,
    "team_id": 50_000,
    "tablet_id": 50_000,
    "actor_id": 50_000,
    "staff_id": 1_000,
}
"""Rows to expect where what has many patients is given."""


def _tell_sizes(connection: Connection) -> None:
    """Let SQLite know what will grow.

    Left alone it expects ten rows in an organization, however many there are, and would
    rather read through all of them than look up the twenty of one patient by an index.
    """
    connection.exec_driver_sql("ANALYZE")
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    rows = connection.exec_driver_sql(
        'SELECT tables.name, indexes.name, "unique", columns.name FROM sqlite_schema AS tables, '
        "pragma_index_list(tables.name) AS indexes, pragma_index_info(indexes.name) AS columns "
        "WHERE tables.type = 'table' ORDER BY tables.name, indexes.name, columns.seqno"
    ).all()
    found = [
        (table, index, _expected([row[3] for row in columns], is_unique=is_unique))
        for (table, index, is_unique), columns in groupby(rows, key=lambda row: row[:3])
        if table in GROWING
    ]
    if found:
        connection.exec_driver_sql(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", found
        )


def _expected(columns: Sequence[str], *, is_unique: bool) -> str:
    """Return the rows to expect in all, and for each further column that is given."""
    rows = [_ROWS]
    for column in columns:
        narrow = _OF_ONE if rows[-1] > _OF_ONE else _OF_ONE_MORE
        rows.append(min(rows[-1], _OF_ONE_WIDE.get(column, narrow)))
    return " ".join(map(str, [*rows[:-1], 1] if is_unique else rows))


APPENDED_ONLY = (
    "audit_entry",
    "baseline",
    "calibration",
    "curve",
    "curve_acceptance",
    "curve_choice",
    "curve_proposal",
    "curve_stratum",
    "early_alliance",
    "figure_release",
    "figure_release_step",
    "flag",
    "item_answer",
    "participation",
    "rating",
    "report_choice",
    "research_content",
    "research_request",
    "research_step",
    "review",
    "rule_bench",
    "rule_setting",
    "withdrawal",
)
"""Clinical history: rows are added and never changed or removed, by right and by trigger."""

ORGANIZATIONLESS = (
    "account",
    "attempt",
    "job",
    "organization",
    "pairing",
    "recovery_code",
    "sign_in",
    "tablet_key",
)
"""Found before an organization is known: who signs in, which tablet, how often it failed."""

DELETABLE = ("attempt", "changed_course", "pairing")
"""Nothing of a patient: counters, codes and notes that are cleaned away."""


def grant(owner: Engine, *, role: str) -> None:
    """Give the running program's role in PostgreSQL what it needs, and no more."""
    with owner.begin() as connection:
        name = connection.dialect.identifier_preparer.quote(role)
        tables = [
            table
            for table in sa.inspect(connection).get_table_names()
            if table != "alembic_version"
        ]
        connection.exec_driver_sql(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}")
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {name}")
        connection.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {name}")
        connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}")
        for table in tables:
            rights = "SELECT, INSERT" if table in APPENDED_ONLY else "SELECT, INSERT, UPDATE"
            rights += ", DELETE" if table in DELETABLE else ""
            connection.exec_driver_sql(f'GRANT {rights} ON "{table}" TO {name}')
