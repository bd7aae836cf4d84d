"""Column types, names of constraints and identifiers that all tables share."""

import datetime as dt
import uuid
from enum import Enum
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlmodel import Field, Session, SQLModel
from typing_extensions import override

DbSession = Session
"""A database transaction; `session` alone always means a therapy session."""

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.types.TypeDecorator[dt.datetime]):
    """A moment: refused without a zone, kept in UTC, returned aware on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveTimeError(value)
        return value.astimezone(dt.UTC)

    @override
    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class NaiveTimeError(ValueError):
    """A time without a zone reached the database."""

    def __init__(self, value: dt.datetime) -> None:
        super().__init__(f"time {value.isoformat()} has no zone; give it one, for example +00:00")
        self.value = value


def table_of(row: type[SQLModel]) -> sa.Table:
    """Return the table of a row class, for statements that are built once."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


def same(one: sa.FromClause, other: sa.FromClause, **columns: str) -> sa.ColumnElement[bool]:
    """Return the condition that rows belong together, within one organization."""
    pairs = [one.c.org_id == other.c.org_id]
    return sa.and_(*pairs, *(one.c[mine] == other.c[theirs] for mine, theirs in columns.items()))


def ask(
    db: DbSession, question: sa.Executable, **values: object
) -> sa.CursorResult[*tuple[Any, ...]]:
    """Run a statement that was built once; what was changed before is written first.

    Building a statement and finding its translation costs several times what the
    database needs for the answer, so what every rating asks is built at the start.
    """
    db.flush()
    return db.connection().execute(question, values)


def new_id() -> uuid.UUID:
    """Return an identifier that tells nothing and cannot be guessed."""
    return uuid.uuid4()


def one_of(kind: type[Enum], name: str) -> sa.Enum:
    """Return the column type for an enumeration, kept by value and checked by the database."""
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [str(member.value) for member in members],
    )


def moment(*, nullable: bool = False) -> Any:  # noqa: ANN401 - SQLModel types its fields as Any
    """Return a column for a moment in UTC."""
    return Field(
        sa_type=cast("Any", UtcDateTime), nullable=nullable, default=None if nullable else ...
    )


def choice(kind: type[Enum], name: str, *, nullable: bool = False) -> Any:  # noqa: ANN401 - as above
    """Return a column for an enumeration."""
    return Field(
        sa_type=cast("Any", one_of(kind, name)),
        nullable=nullable,
        default=None if nullable else ...,
    )


class OrganizationRow(SQLModel):
    """A row that belongs to one organization; its key starts with the organization's."""

    org_id: int = Field(primary_key=True, foreign_key="organization.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)


def belongs(column: str, table: str, *, to: str = "id") -> sa.ForeignKeyConstraint:
    """Return a reference that cannot point into another organization."""
    return sa.ForeignKeyConstraint(["org_id", column], [f"{table}.org_id", f"{table}.{to}"])
