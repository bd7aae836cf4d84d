"""A workbook without a single formula: figures, counts, what the columns are, what it all means."""

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

import xlsxwriter

from app.web.exports.plain_text import harmless
from app.web.exports.signed import Signed
from app.web.report_tables import (
    ALL_COLUMNS,
    COUNT_COLUMNS,
    FIGURE_COLUMNS,
    Cell,
    codebook,
    count_rows,
    figure_rows,
)

_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_WIDTHS: Final = {"unit_name": 28, "label": 38, "note": 44, "release": 34, "first": 12, "last": 12}
_WIDTH: Final = 14
_TEXT_WIDTHS: Final = (34, 100)
_HEAD_ROW: Final = 1
"""Above it stands the line that says where the sheet comes from."""


class _Book:
    """A workbook while it is written."""

    def __init__(self, signed: Signed) -> None:
        self._signed = signed
        self._bytes = io.BytesIO()
        self._book = xlsxwriter.Workbook(self._bytes, _OPTIONS)
        self._bold = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._date = self._book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._book.set_properties(
            {
                "title": signed.said.title,
                "company": harmless(signed.organization),
                "comments": signed.watermark,
                # The same release gives the same file.
                "created": signed.signed_at.astimezone(dt.UTC).replace(tzinfo=None),
            }
        )

    def table(self, word: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Add a sheet with one row for each number."""
        sheet = self._sheet(word, columns, widths=[_WIDTHS.get(name, _WIDTH) for name in columns])
        last = _HEAD_ROW
        for last, row in enumerate(rows, start=_HEAD_ROW + 1):
            for place, cell in enumerate(row):
                self._write(sheet, last, place, cell)
        sheet.autofilter(_HEAD_ROW, 0, last, len(columns) - 1)

    def text(self, word: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Add a sheet of words and what they mean."""
        sheet = self._sheet(word, heads, widths=_TEXT_WIDTHS)
        for line, row in enumerate(rows, start=_HEAD_ROW + 1):
            for place, cell in enumerate(row):
                sheet.write_string(line, place, harmless(cell), self._wrapped)

    def content(self) -> bytes:
        """Close the workbook and return it."""
        self._book.close()
        return self._bytes.getvalue()

    def _sheet(self, word: str, heads: Sequence[str], *, widths: Sequence[int]) -> Any:  # noqa: ANN401 - xlsxwriter has no type hints
        sheet = self._book.add_worksheet(self._signed.said.words(word))
        sheet.write_string(0, 0, self._signed.watermark)
        for place, (head, width) in enumerate(zip(heads, widths, strict=True)):
            sheet.write_string(_HEAD_ROW, place, head, self._bold)
            sheet.set_column(place, place, width)
        sheet.freeze_panes(_HEAD_ROW + 1, 0)
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.repeat_rows(_HEAD_ROW)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L&8{self._signed.id}&R&8&P / &N")
        return sheet

    def _write(self, sheet: Any, line: int, place: int, cell: Cell) -> None:  # noqa: ANN401 - as above
        match cell:
            case None:
                sheet.write_blank(line, place, None)
            case str():
                sheet.write_string(line, place, harmless(cell))
            case dt.date():
                sheet.write_datetime(line, place, cell, self._date)
            case int() | float():
                sheet.write_number(line, place, cell)


def write(signed: Signed) -> bytes:
    """Return a release as a workbook."""
    said, book = signed.said, _Book(signed)
    figures = figure_rows(said, release=signed.id)
    counts = count_rows(said, release=signed.id)
    book.table("report.sheet_figures", FIGURE_COLUMNS, (one.of(FIGURE_COLUMNS) for one in figures))
    book.table("report.sheet_counts", COUNT_COLUMNS, (one.of(COUNT_COLUMNS) for one in counts))
    column, meaning = said.words("report.head_column"), said.words("report.head_meaning")
    book.text("report.sheet_codebook", (column, meaning), codebook(said, ALL_COLUMNS))
    term = said.words("report.head_term")
    book.text("report.sheet_definitions", (term, meaning), said.definitions())
    return book.content()
