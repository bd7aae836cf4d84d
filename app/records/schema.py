"""Whether the database is the one this program was written for."""

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
    command.upgrade(_alembic(engine), to)


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


APPENDED_ONLY = (
    "audit_entry",
    "baseline",
    "curve",
    "curve_acceptance",
    "flag",
    "item_answer",
    "participation",
    "rating",
    "review",
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

DELETABLE = ("attempt", "pairing")
"""Nothing of a patient: counters and codes that are cleaned away."""


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
