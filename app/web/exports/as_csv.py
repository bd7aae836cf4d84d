"""One table for any program: UTF-8 with its mark, one row a number, ISO dates.

Where the reader's language writes a comma in a number, cells are parted by semicolons:
that is what a spreadsheet in that language expects.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from app.web.exports.plain_text import harmless, harmless_in_line
from app.web.exports.signed import Signed
from app.web.report_tables import ALL_COLUMNS, Cell, count_rows, figure_rows

BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it some spreadsheets take the file for another encoding and spoil å, ø and æ."""

REMARK: Final = "# "
"""Begins the first line, which is about the file and not a row of it."""


def write(signed: Signed) -> bytes:
    """Return a release as CSV."""
    rows = [
        *figure_rows(signed.said, release=signed.id),
        *count_rows(signed.said, release=signed.id),
    ]
    return table(
        ALL_COLUMNS,
        (row.of(ALL_COLUMNS) for row in rows),
        remark=signed.watermark,
        language=signed.said.words.language,
    )


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, remark: str, language: str
) -> bytes:
    """Return a table as CSV for readers of a language, with a first line about the file."""
    has_comma = language != "en"
    text = io.StringIO(newline="")
    text.write(f"{BYTE_ORDER_MARK}{REMARK}{harmless(remark)}\r\n")
    lines = csv.writer(text, delimiter=";" if has_comma else ",", lineterminator="\r\n")
    lines.writerow(columns)
    for row in rows:
        lines.writerow([_written(cell, has_comma=has_comma) for cell in row])
    return text.getvalue().encode()


def _written(cell: Cell, *, has_comma: bool) -> str:
    match cell:
        case None:
            return ""
        case str():
            return harmless_in_line(cell)
        case dt.date():
            return cell.isoformat()
        case int():
            return str(cell)
        case float():
            exact = format(Decimal(repr(cell)), "f")
            return exact.replace(".", ",") if has_comma else exact
