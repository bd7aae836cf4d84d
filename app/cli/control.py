"""Counts of patients that may leave the house, from a table and what is out already."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.cli.releases import read_release
from app.cli.tables import LARGEST, Row, TableError, read_sheet
from app.clinical.disclosure import Cell, Controlled, Rules, control
from app.clinical.disclosure_grid import ALL, SEPARATOR

_COUNT = "n"
_NAMES = "unit, period, category, n"
_MOST_DIGITS = 10
_LONGEST = 60
"""Signs of a value that are repeated in a sentence about it."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="control")(control_file)


def control_file(
    file: Annotated[
        Path, typer.Argument(help="CSV with a column for each dimension and a last column n.")
    ],
    *,
    threshold: Annotated[
        int, typer.Option(help="Fewest distinct patients in a cell that is shown, 3 to 10.")
    ] = 5,
    sensitive: Annotated[
        str | None,
        typer.Option(help="Dimension whose cells with none or all of a group are hidden."),
    ] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(help="A release that is out, as this command printed it; repeatable."),
    ] = None,
    rounding: Annotated[
        int | None,
        typer.Option("--round", help="Round each number to multiples of 3 or 5, hide none."),
    ] = None,
    as_data: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say which numbers of a table may leave the house, with all margins and levels."""
    rules = Rules(threshold=threshold, sensitive=sensitive, rounding=rounding)
    dimensions, counts = _read(file)
    releases = [read_release(path) for path in earlier or ()]
    controlled = control(dimensions, counts, rules=rules, earlier=releases)
    typer.echo(_as_json(controlled) if as_data else _as_text(dimensions, controlled))


def _read(file: Path) -> tuple[tuple[str, ...], dict[tuple[str, ...], int]]:
    """Return the dimensions and the count of each innermost cell."""
    sheet = read_sheet(file, names=_NAMES)
    _check_columns(sheet.file, sheet.written)
    *columns, _ = sheet.columns
    counts: dict[tuple[str, ...], int] = {}
    lines: dict[tuple[str, ...], int] = {}
    for row in sheet.rows:
        values = tuple(_value(row, column) for column in columns)
        if values in counts:
            raise TableError(
                row.file,
                line=row.line,
                problem=f"is the same cell as line {lines[values]}: {_shown(', '.join(values))}",
                allowed="give each cell once; distinct patients cannot be added up here",
            )
        counts[values] = _whole(row)
        lines[values] = row.line
    if not counts:
        raise TableError(
            sheet.file, problem="has no rows", allowed="give at least one cell below the names"
        )
    return sheet.written[:-1], counts


def _check_columns(file: str, names: Sequence[str]) -> None:
    if names[-1].casefold() != _COUNT or len(names) == 1:
        there = _shown(", ".join(names))
        raise TableError(
            file,
            line=1,
            problem=f"holds {there}",
            allowed=f"name at least one dimension, and last the number of patients: {_NAMES}",
        )
    if not all(names):
        raise TableError(
            file, line=1, problem="has a column without a name", allowed="name every dimension"
        )


def _value(row: Row, column: str) -> str:
    """Return a value, which may be a path."""
    value = row.text(column)
    is_path = all(part and part == part.strip() for part in value.split(SEPARATOR))
    if is_path and ALL not in value.split(SEPARATOR) and value.isprintable():
        return value
    raise TableError(
        row.file,
        line=row.line,
        column=column,
        value=value,
        problem=f"'{_shown(value)}' is no value",
        allowed=f"write it like team-2 or north{SEPARATOR}team-2; '{ALL}' stands for all "
        "and is worked out",
    )


def _whole(row: Row) -> int:
    """Return the number of patients."""
    written = row.cells[_COUNT]
    digits = written.lstrip("0") or written[-1:]
    if digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS:
        n = int(digits)
        if n <= LARGEST:
            return n
    raise TableError(
        row.file,
        line=row.line,
        column=_COUNT,
        value=written,
        problem=f"'{_shown(written)}' is no number of patients",
        allowed=f"write a whole number from 0 to {LARGEST:,}, without signs or points",
    )


def _shown(value: str) -> str:
    plain = "".join(sign if sign.isprintable() else "?" for sign in value)
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def _as_json(controlled: Controlled) -> str:
    cells = ",\n".join(json.dumps(_told(cell), ensure_ascii=False) for cell in controlled.cells)
    refused = json.dumps(controlled.refused, ensure_ascii=False)
    return f'{{"cells": [\n{cells}\n],\n"refused": {refused}}}'


def _told(cell: Cell) -> dict[str, object]:
    return {
        "dims": dict(cell.dims),
        "n": cell.n,
        "why": None if cell.why is None else cell.why.value,
    }


def _as_text(dimensions: Sequence[str], controlled: Controlled) -> str:
    lines = ["\t".join((*dimensions, _COUNT, "why"))]
    for cell in controlled.cells:
        n = "hidden" if cell.n is None else str(cell.n)
        why = "" if cell.why is None else cell.why.value
        lines.append("\t".join((*cell.dims.values(), n, why)))
    if controlled.refused is not None:
        lines.append(f"Nothing may leave: {controlled.refused}.")
    return "\n".join(lines)
