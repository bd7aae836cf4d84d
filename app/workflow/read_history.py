"""A file with earlier scores, read line by line; what cannot be used is refused with its reason.

Nothing here knows the database. A refusal names the line and the column, and repeats
a value only where it is a number: the rest of a cell may be a name in the wrong place.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from app.clinical.instruments import Instrument, Tenths
from app.clinical.scoring import (
    AnswerNotOfferedError,
    TotalNotPossibleError,
    check_total,
    score,
)
from app.records.people import RespondentKind
from app.workflow.agree import LONGEST_HISTORY
from app.workflow.read_table import HistoryFileError, read_table

MAX_CLIENT_LENGTH = 64
MAX_SESSION = 1000
_FORMULA_STARTS = ("=", "+", "-", "@")
_NUMBER = re.compile(r"-?\d{1,7}(?:[.,]\d+)?")
_NORWEGIAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


class LineRefusedError(ValueError):
    """One line cannot be used."""


class TimeColumn(Enum):
    """What the file says of when a rating was given."""

    DATE = "date"
    SESSION = "session"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Moment:
    """The day of a therapy session, and its number where the file counts."""

    day: dt.date
    session: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line that can be used: a client was there, and perhaps rated."""

    line: int
    client: str
    moment: Moment
    respondent: RespondentKind
    answers: Mapping[str, Tenths]
    total: Tenths | None
    """The score as the file gives it, when it gives no answers by item."""

    @property
    def is_rated(self) -> bool:
        """Whether the line holds a rating; an empty score is none."""
        return bool(self.answers) or self.total is not None


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that cannot be used, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class History:
    """All that a file says."""

    instrument: Instrument
    time: TimeColumn
    encoding: str
    delimiter: str
    ignored: Sequence[str]
    entries: Sequence[Entry]
    refused: Sequence[Refused]


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for the whole file beside its text."""

    instrument: Instrument
    start: dt.date | None
    """The day of week 0, or of session 1."""
    today: dt.date


@dataclass(frozen=True, slots=True)
class _Columns:
    client: int
    time: TimeColumn
    time_at: int
    score: int | None
    items: Mapping[str, int]
    respondent: int | None
    count: int
    ignored: Sequence[str]


@dataclass(slots=True)
class _Seen:
    """Where each rating of the file was first found."""

    lines: dict[tuple[str, Moment, RespondentKind], int] = field(default_factory=dict)


def read_history(content: bytes, frame: Frame) -> History:
    """Read a file in long format: one line for each client and therapy session."""
    table = read_table(content)
    columns = _columns(table.header, frame)
    entries: list[Entry] = []
    refused: list[Refused] = []
    seen = _Seen()
    for line, row in table.rows:
        try:
            entry = _entry(line, row, columns, frame)
            _check_first(entry, seen)
        except LineRefusedError as refusal:
            refused.append(Refused(line=line, why=str(refusal)))
        else:
            entries.append(entry)
    return History(
        instrument=frame.instrument,
        time=columns.time,
        encoding=table.encoding,
        delimiter=table.delimiter,
        ignored=columns.ignored,
        entries=entries,
        refused=refused,
    )


def _columns(header: Sequence[str], frame: Frame) -> _Columns:
    names = [name.casefold() for name in header]
    _check_names(names)
    at = {name: place for place, name in enumerate(names) if name}
    items = {item.key: at[item.key] for item in frame.instrument.items if item.key in at}
    time = _time_column(at, frame)
    used = {"client", time.value, "score", "respondent", *items}
    columns = _Columns(
        client=at.get("client", -1),
        time=time,
        time_at=at[time.value],
        score=at.get("score"),
        items=items,
        respondent=at.get("respondent"),
        count=len(header),
        ignored=[name for name in header if name and name.casefold() not in used],
    )
    _check_columns(columns, frame.instrument)
    return columns


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if name and names.count(name) > 1:
            raise HistoryFileError(
                f"two columns are called '{name[:40]}'", remedy="keep one of them"
            )
        if not name.isprintable():
            raise HistoryFileError(
                "the first line holds control characters", remedy="write plain names of columns"
            )


def _time_column(at: Mapping[str, int], frame: Frame) -> TimeColumn:
    found = [column for column in TimeColumn if column.value in at]
    if len(found) != 1:
        named = " and ".join(column.value for column in found) or "none of them"
        raise HistoryFileError(
            f"the file names {named}; exactly one of date, session, week is allowed",
            remedy="keep the column that says when the rating was given",
        )
    if found[0] is not TimeColumn.DATE and frame.start is None:
        raise HistoryFileError(
            f"the file counts by {found[0].value}, and no day is given to count from",
            remedy="give --start with the day of week 0, which is session 1",
        )
    return found[0]


def _check_columns(columns: _Columns, instrument: Instrument) -> None:
    if instrument.item_texts_from_episode:
        raise HistoryFileError(
            f"the items of {instrument.key} are each patient's own words",
            remedy="write them on the client's page",
        )
    if columns.client < 0:
        raise HistoryFileError(
            "there is no column 'client'", remedy="name the column that tells clients apart"
        )
    counted = [item.key for item in instrument.items if item.is_counted]
    missing = [key for key in counted if key not in columns.items]
    if columns.items and missing:
        raise HistoryFileError(
            f"the items {', '.join(missing)} of {instrument.key} have no column",
            remedy="give a column for each item, or only 'score'",
        )
    if not columns.items and columns.score is None:
        raise HistoryFileError(
            "there is neither a column 'score' nor one for each item",
            remedy=f"name a column score, or {', '.join(counted[:12])}",
        )


def _entry(line: int, row: Sequence[str], columns: _Columns, frame: Frame) -> Entry:
    if len(row) != columns.count:
        raise LineRefusedError(
            f"has {len(row)} fields, and the first line names {columns.count}; "
            "put text with the delimiter, or a decimal comma, in quotation marks"
        )
    answers = _answers(row, columns, frame.instrument)
    return Entry(
        line=line,
        client=_client(row[columns.client]),
        moment=_moment(row[columns.time_at], columns.time, frame),
        respondent=_respondent(row, columns),
        answers=answers,
        total=_total(row, columns, frame.instrument, answers),
    )


def _client(cell: str) -> str:
    client = unicodedata.normalize("NFC", cell)
    if not client:
        raise LineRefusedError("client is empty; it must tell clients apart")
    if len(client) > MAX_CLIENT_LENGTH:
        raise LineRefusedError(
            f"client has {len(client)} characters, and {MAX_CLIENT_LENGTH} are allowed"
        )
    if client.startswith(_FORMULA_STARTS):
        raise LineRefusedError("client reads like a formula; it may not begin with =, +, - or @")
    if not client.isprintable():
        raise LineRefusedError("client holds control characters")
    return client


def _moment(cell: str, time: TimeColumn, frame: Frame) -> Moment:
    match time:
        case TimeColumn.DATE:
            moment = Moment(day=_day(cell), session=None)
        case TimeColumn.SESSION:
            moment = _counted(_whole(cell, column="session", lowest=1), frame)
        case TimeColumn.WEEK:
            moment = _counted(_whole(cell, column="week", lowest=0) + 1, frame)
    if moment.day > frame.today:
        raise LineRefusedError(
            f"{time.value} falls on {moment.day}, which is in the future; "
            "correct it, or give an earlier --start"
        )
    oldest = frame.today - LONGEST_HISTORY
    if moment.day <= oldest:
        raise LineRefusedError(
            f"{time.value} falls on {moment.day}; a history goes back to {oldest} at the most"
        )
    return moment


def _counted(session: int, frame: Frame) -> Moment:
    start = frame.start or frame.today
    try:
        return Moment(day=start + dt.timedelta(weeks=session - 1), session=session)
    except OverflowError as error:
        raise LineRefusedError("falls after the last day that there is") from error


def _day(cell: str) -> dt.date:
    norwegian = _NORWEGIAN_DAY.fullmatch(cell)
    try:
        if norwegian:
            day, month, year = (int(part) for part in norwegian.groups())
            return dt.date(year, month, day)
        return dt.date.fromisoformat(cell)
    except ValueError as error:
        raise LineRefusedError("date is no day; write it like 2026-01-31 or 31.01.2026") from error


def _whole(cell: str, *, column: str, lowest: int) -> int:
    value = _tenths(cell, column=column)
    if value % 10 or not lowest <= value // 10 < MAX_SESSION + lowest:
        raise LineRefusedError(
            f"{column} is {value / 10:g}; it must be a whole number "
            f"from {lowest} to {MAX_SESSION + lowest - 1}"
        )
    return value // 10


def _respondent(row: Sequence[str], columns: _Columns) -> RespondentKind:
    cell = row[columns.respondent].casefold() if columns.respondent is not None else ""
    if not cell:
        return RespondentKind.PATIENT
    kinds = {kind.value: kind for kind in RespondentKind}
    if cell not in kinds:
        raise LineRefusedError(
            f"respondent is not one that there is; allowed are {', '.join(kinds)}, or nothing"
        )
    return kinds[cell]


def _answers(row: Sequence[str], columns: _Columns, instrument: Instrument) -> Mapping[str, Tenths]:
    """Return the answers by item; the file holds what the paper form prints."""
    answers = {
        item.key: item.from_paper(_tenths(row[columns.items[item.key]], column=item.key))
        for item in instrument.items
        if item.key in columns.items and row[columns.items[item.key]]
    }
    try:
        score(instrument, answers)
    except AnswerNotOfferedError as error:
        raise LineRefusedError(str(error)) from error
    return answers


def _total(
    row: Sequence[str],
    columns: _Columns,
    instrument: Instrument,
    answers: Mapping[str, Tenths],
) -> Tenths | None:
    if columns.score is None or not row[columns.score]:
        return None
    total = _tenths(row[columns.score], column="score")
    if not answers:
        return _possible(instrument, total)
    counted = score(instrument, answers).total
    if counted != total:
        given = "none" if counted is None else f"{counted / 10:g}"
        raise LineRefusedError(
            f"score is {total / 10:g}, and the items give {given}; correct one of them"
        )
    return None


def _possible(instrument: Instrument, total: Tenths) -> Tenths:
    try:
        check_total(instrument, total)
    except TotalNotPossibleError as error:
        raise LineRefusedError(str(error)) from error
    return total


def _tenths(cell: str, *, column: str) -> Tenths:
    if not _NUMBER.fullmatch(cell):
        raise LineRefusedError(
            f"{column} is not a number; write it like 12 or 7,3, or leave it empty if it is missing"
        )
    whole, _, decimals = cell.lstrip("-").replace(",", ".").partition(".")
    decimals = decimals.rstrip("0")
    if len(decimals) > 1:
        raise LineRefusedError(f"{column} has more than one decimal; scores are kept in tenths")
    value = int(whole) * 10 + int(decimals or "0")
    return -value if cell.startswith("-") else value


def _check_first(entry: Entry, seen: _Seen) -> None:
    key = (entry.client, entry.moment, entry.respondent)
    first = seen.lines.setdefault(key, entry.line)
    if first != entry.line:
        same = "day" if entry.moment.session is None else "session"
        raise LineRefusedError(
            f"gives the same client, respondent and {same} as line {first}; keep one of them"
        )
