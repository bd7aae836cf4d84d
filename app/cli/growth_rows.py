"""Long tables of scores: one line for each client and session, as a growth model takes them."""

import math
from dataclasses import dataclass, field
from enum import Enum
from operator import attrgetter
from pathlib import Path

from app.cli.tables import Row, Sheet, read_sheet

NAMES = "client, session, score, intake"


class TimeScale(Enum):
    """How the number of a session becomes time."""

    LOG = "log"
    LINEAR = "linear"


@dataclass(frozen=True, slots=True)
class Rated:
    """One line of the file: a session, and its score if there is one."""

    line: int
    session: float
    time: float
    score: float | None


@dataclass(slots=True)
class Client:
    """A client's lines in the order of the file, and what the column ``intake`` says."""

    name: str
    lines: list[Rated] = field(default_factory=list)
    intake: float | None = None

    @property
    def first(self) -> Rated:
        """The line with the lowest session; of several, the one that comes first in the file."""
        return min(self.lines, key=attrgetter("session"))


@dataclass(frozen=True, slots=True)
class Course:
    """A client with the first score that the model needs.

    Attributes
    ----------
    name
        As in the file.
    intake
        First score; 0 for a model without it.
    lines
        Scored or not, without the line that is the first score.
    """

    name: str
    intake: float
    lines: tuple[Rated, ...]

    @property
    def seen(self) -> list[tuple[float, float]]:
        """Time and score of each scored line."""
        return [(line.time, line.score) for line in self.lines if line.score is not None]


@dataclass(frozen=True, slots=True)
class Courses:
    """What a file holds.

    Attributes
    ----------
    courses
        Clients in the order in which the file names them first.
    without_intake
        Number of clients left out since their first score is missing.
    repeats_intake
        Whether every client's first line has the score that the column ``intake`` has.
    """

    courses: tuple[Course, ...]
    without_intake: int
    repeats_intake: bool

    @property
    def without_scores(self) -> int:
        """Number of clients that have a first score and no other."""
        return sum(not course.seen for course in self.courses)


def read_courses(file: Path, *, scale: TimeScale, has_intake: bool) -> Courses:
    """Read a table with the columns client, session, score and perhaps intake.

    Without the column intake, the score at a client's lowest session is the first score, and
    this line is none of those to fit. Lines may come in any order.
    """
    sheet = read_sheet(file, names=NAMES)
    sheet.check_columns("client", "session", "score")
    has_column = has_intake and "intake" in sheet.columns
    clients = _clients(sheet, scale=scale, has_column=has_column)
    as_course = _without_intake if not has_intake else _by_column if has_column else _by_first_line
    courses = tuple(course for client in clients if (course := as_course(client)) is not None)
    return Courses(
        courses=courses,
        without_intake=len(clients) - len(courses),
        repeats_intake=has_column
        and bool(courses)
        and all(
            client.first.score == client.intake for client in clients if client.intake is not None
        ),
    )


def _clients(sheet: Sheet, *, scale: TimeScale, has_column: bool) -> list[Client]:
    clients: dict[str, Client] = {}
    for row in sheet.rows:
        name = row.text("client")
        client = clients.setdefault(name, Client(name))
        client.lines.append(_rated(row, scale))
        if has_column:
            _note_intake(client, row)
    return list(clients.values())


def _rated(row: Row, scale: TimeScale) -> Rated:
    session, score = row.number("session"), row.number("score")
    if session is None:
        raise row.error("session", problem="is missing", allowed="number every session")
    if scale is TimeScale.LOG and session <= 0:
        raise row.error(
            "session",
            problem="has no logarithm",
            allowed="number sessions from above 0, or use --time linear",
        )
    if session < 0:
        raise row.error("session", problem="is negative", allowed="number sessions from 0 on")
    place = float(session)
    return Rated(
        line=row.line,
        session=place,
        time=math.log(place) if scale is TimeScale.LOG else place,
        score=None if score is None else float(score),
    )


def _note_intake(client: Client, row: Row) -> None:
    said = row.number("intake")
    if said is None:
        return
    if client.intake is not None and client.intake != float(said):
        raise row.error(
            "intake",
            problem="is another first score than an earlier line of this client has",
            allowed="give one first score for each client",
        )
    client.intake = float(said)


def _without_intake(client: Client) -> Course | None:
    return Course(client.name, 0.0, tuple(client.lines))


def _by_column(client: Client) -> Course | None:
    if client.intake is None:
        return None
    return Course(client.name, client.intake, tuple(client.lines))


def _by_first_line(client: Client) -> Course | None:
    first = client.first
    if first.score is None:
        return None
    return Course(
        client.name, first.score, tuple(line for line in client.lines if line is not first)
    )
