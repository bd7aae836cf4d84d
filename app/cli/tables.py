"""Tables that a statistician gives to a command: CSV as spreadsheets and R write it.

A trouble names the file, the line and the column. What is in the cell is repeated only
where it holds no letters and few digits: anything else may be a name or a number of
birth in the wrong place.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from app.workflow.read_table import HistoryFileError, Limits, read_table

MISSING = frozenset({"", ".", "na", "n/a", "nan", "null"})
"""What stands for no value: nothing, or the marks of SAS, R, Python and databases."""

LARGEST = Decimal(10) ** 9
"""No score, week or count of people is larger; a longer number is an identifier."""

_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2})?"
)
_LONGEST_SHOWN = 24
_NUMBER_OF_BIRTH = 11
"""Digits of a Norwegian number of birth; as many or more are not repeated."""


class TableError(ValueError):
    """A table cannot be used: where, what is there, and what is allowed."""

    def __init__(
        self,
        file: str,
        *,
        problem: str,
        allowed: str,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
    ) -> None:
        self.file = file
        self.line = line
        self.column = column
        self.value = value
        self.problem = problem
        self.allowed = allowed
        where = file
        if line is not None:
            where += f", line {line}"
        if column is not None:
            where += f", column '{column[:40]}'"
        super().__init__(f"{where}: {problem}; {allowed}")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, its cells by the name of the column."""

    file: str
    line: int
    cells: Mapping[str, str]
    has_decimal_comma: bool
    """Whether 7,3 is a number; not where a comma stands between the cells."""

    def text(self, column: str) -> str:
        """Return a cell that must hold something."""
        cell = self.cells[column]
        if not cell:
            raise self.error(column, problem="is empty", allowed="give it a value")
        return cell

    def number(self, column: str) -> Decimal | None:
        """Return a number exactly as it is written, or ``None`` where it is missing."""
        cell = self.cells[column].replace("−", "-")
        if cell.casefold() in MISSING:
            return None
        plain = cell.replace(",", ".") if self.has_decimal_comma else cell
        if not _NUMBER.fullmatch(plain):
            allowed = "7.3 or 7,3" if self.has_decimal_comma else "7.3"
            raise self.error(
                column,
                problem="is no number",
                allowed=f"write it like 12 or {allowed}, or leave it empty if it is missing",
            )
        value = Decimal(plain)
        if abs(value) > LARGEST:
            raise self.error(
                column, problem="is too large", allowed=f"at most {LARGEST:,} is allowed"
            )
        return value

    def whole(self, column: str, *, lowest: int = 0) -> int:
        """Return a whole number that must be there."""
        value = self.number(column)
        if value is None or value != value.to_integral_value() or value < lowest:
            problem = "is missing" if value is None else "is no such whole number"
            raise self.error(
                column, problem=problem, allowed=f"write a whole number of {lowest} or more"
            )
        return int(value)

    def error(self, column: str, *, problem: str, allowed: str) -> TableError:
        """Return the trouble with one cell."""
        cell = self.cells[column]
        has_name = any(sign.isalpha() for sign in cell)
        has_number_of_birth = sum(sign.isdigit() for sign in cell) >= _NUMBER_OF_BIRTH
        is_shown = cell and not has_name and not has_number_of_birth
        shown = f"'{cell[:_LONGEST_SHOWN]}' " if is_shown else ""
        return TableError(
            self.file,
            line=self.line,
            column=column,
            value=cell,
            problem=shown + problem,
            allowed=allowed,
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: the names of its columns, small and in order, and its rows, read once."""

    file: str
    columns: tuple[str, ...]
    rows: Iterator[Row]
    written: tuple[str, ...] = ()
    """The names as they are written in the file."""

    def check_columns(self, *names: str) -> None:
        """Refuse a table that lacks one of these columns."""
        for name in names:
            if name not in self.columns:
                there = ", ".join(column[:40] for column in self.columns if column)
                raise TableError(
                    self.file,
                    line=1,
                    column=name,
                    problem="is not there",
                    allowed=f"name it in the first line, which holds: {there}",
                )


def read_sheet(path: Path, *, names: str) -> Sheet:
    """Open a CSV file in UTF-8 or cp1252 with ``,``, ``;`` or tabs between the cells.

    ``names`` is an example of a first line, for whoever gave another file. Rows are
    checked as they are read: each has as many cells as the first line.
    """
    limits = Limits(
        bytes=256 * 1024 * 1024,
        lines=5_000_000,
        columns=200,
        delimiters=(";", ",", "\t"),
        names=names,
        smaller="give a smaller table",
    )
    size = path.stat().st_size
    if size > limits.bytes:
        problem = f"has {size} bytes, and {limits.bytes} are allowed"
        raise TableError(path.name, problem=problem, allowed=limits.smaller)
    content = path.read_bytes()
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise TableError(
            path.name, problem="is empty", allowed=f"give a first line such as {names}, and rows"
        )
    try:
        table = read_table(content, limits=limits)
    except HistoryFileError as error:
        raise TableError(path.name, problem=error.problem, allowed=error.remedy) from error
    columns = tuple(name.casefold() for name in table.header)
    _check_names(path.name, columns)
    has_comma = table.delimiter != ","
    rows = _rows(path.name, columns, table.rows, has_comma=has_comma)
    return Sheet(path.name, columns, rows, written=tuple(table.header))


def _check_names(file: str, columns: tuple[str, ...]) -> None:
    for name in columns:
        if not name.isprintable():
            raise TableError(
                file, line=1, problem="holds control characters", allowed="write plain names"
            )
        if name and columns.count(name) > 1:
            raise TableError(
                file, line=1, column=name, problem="is there twice", allowed="keep one of them"
            )


def _rows(
    file: str,
    columns: tuple[str, ...],
    rows: Iterator[tuple[int, list[str]]],
    *,
    has_comma: bool,
) -> Iterator[Row]:
    try:
        for line, cells in rows:
            if len(cells) != len(columns):
                raise TableError(
                    file,
                    line=line,
                    problem=f"has {len(cells)} cells, and the first line names {len(columns)}",
                    allowed="put text that holds the delimiter in quotation marks",
                )
            yield Row(file, line, dict(zip(columns, cells, strict=True)), has_comma)
    except HistoryFileError as error:
        raise TableError(file, problem=error.problem, allowed=error.remedy) from error
