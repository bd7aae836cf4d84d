"""Bytes of a CSV file to a header and rows, within limits that hold before anything is split."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_BYTES = 50 * 1024 * 1024
"""A larger file is no history of a team; it is refused before it is read."""

MAX_COLUMNS = 200
"""The longest instrument has 45 items; the rest is room for columns that are ignored."""

MAX_LINES = 200_000
"""So many lines are stored in one transaction at the most; longer histories are split."""

_FIRST_LINE = re.compile(rb"[^\r\n]+")


class HistoryFileError(ValueError):
    """The file as a whole cannot be read as a history."""

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold, and what is said when it is another one."""

    bytes: int
    lines: int
    columns: int
    delimiters: Sequence[str]
    names: str
    """An example of a first line."""
    smaller: str
    """What to do with a file that is too large."""


HISTORY = Limits(
    bytes=MAX_BYTES,
    lines=MAX_LINES,
    columns=MAX_COLUMNS,
    delimiters=(";", ","),
    names="client, week, score",
    smaller="split it by client",
)


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows of cells, each row with the number of its first line."""

    encoding: str
    delimiter: str
    header: Sequence[str]
    rows: Iterator[tuple[int, list[str]]]


def read_table(content: bytes, *, limits: Limits | None = None) -> Table:
    """Read UTF-8 or cp1252 with one of the allowed delimiters between the cells."""
    limits = limits or HISTORY
    _check_size(content, limits)
    encoding = _encoding(content)
    delimiter = _delimiter(content, limits)
    # Decoded piece by piece: as one text, a file near the limit takes four times its size.
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    rows = _rows(text, delimiter)
    _, header = next(rows, (0, []))
    _check_width(len(header), limits)
    return Table(
        encoding=encoding.removesuffix("-sig"), delimiter=delimiter, header=header, rows=rows
    )


def _check_size(content: bytes, limits: Limits) -> None:
    if len(content) > limits.bytes:
        raise HistoryFileError(
            f"the file has {len(content)} bytes, and {limits.bytes} are allowed",
            remedy=limits.smaller,
        )
    lines = max(content.count(b"\n"), content.count(b"\r"))
    if lines > limits.lines:
        raise HistoryFileError(
            f"the file has {lines} lines, and {limits.lines} are allowed", remedy=limits.smaller
        )
    if b"\0" in content:
        raise HistoryFileError(
            "the file holds NUL bytes, so it is no text in UTF-8 or cp1252",
            remedy="open it in a spreadsheet and save it as CSV in UTF-8",
        )


def _encoding(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise HistoryFileError("the file is neither UTF-8 nor cp1252", remedy="save it as CSV in UTF-8")


def _delimiter(content: bytes, limits: Limits) -> str:
    first = _FIRST_LINE.search(content)
    header = first[0] if first else b""
    counts = {delimiter: header.count(delimiter.encode()) for delimiter in limits.delimiters}
    best = max(limits.delimiters, key=lambda delimiter: counts[delimiter])
    if counts[best] == 0:
        raise HistoryFileError(
            f"the first line holds neither {' nor '.join(map(repr, limits.delimiters))}",
            remedy=f"give a first line with the names of the columns: {limits.names}",
        )
    # Counted before anything is split: a line of a million columns costs nothing.
    _check_width(counts[best] + 1, limits)
    return best


def _check_width(columns: int, limits: Limits) -> None:
    if columns > limits.columns:
        raise HistoryFileError(
            f"the first line names {columns} columns, and {limits.columns} are allowed",
            remedy="leave out the columns that are not read",
        )


def _rows(text: io.TextIOBase, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that holds something, with the number of its first line."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    before = 0
    try:
        for row in reader:
            line, before = before + 1, reader.line_num
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield line, cells
    except csv.Error as error:
        raise HistoryFileError(
            f"line {reader.line_num} is not CSV ({error})", remedy="correct its quotation marks"
        ) from error
