"""What imports do not show: which rows point at which."""

import importlib

import sqlalchemy as sa
from sqlmodel import SQLModel

from tests.architecture.house import HOUSE

ANONYMOUS = "survey"
"""Tables of the anonymous lane begin so."""


def crossings(tables: sa.MetaData) -> list[str]:
    """Return the references that would tie an anonymous answer to a person."""
    return [
        f"{table.name} points at {key.column.table.name}"
        for table in tables.sorted_tables
        for key in table.foreign_keys
        if table.name.startswith(ANONYMOUS) != key.column.table.name.startswith(ANONYMOUS)
    ]


def test_no_row_ties_an_anonymous_answer_to_a_person() -> None:
    for path in sorted((HOUSE / "app" / "records").glob("*.py")):
        importlib.import_module(f"app.records.{path.stem}".removesuffix(".__init__"))

    assert crossings(SQLModel.metadata) == []


def test_a_row_that_would_tie_them_is_noticed() -> None:
    tables = sa.MetaData()
    sa.Table("patient", tables, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table("survey_answer", tables, sa.Column("patient_id", sa.ForeignKey("patient.id")))

    assert crossings(tables) == ["survey_answer points at patient"]
