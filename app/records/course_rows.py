"""Courses with the scores given in them, to be summed: a text for each, or what is kept of it.

What counts is what ``course_scores`` says. There the database sorts it out, course by course;
here it reads through two indexes that hold all that is asked for and strings together what
belongs to a course. What counts is picked from that, and kept, so that there may be millions.
"""

import uuid
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.clinical.begun_courses import BegunCourses, read_again
from app.clinical.told_courses import NUMBER_ABOVE, RANK_ABOVE, TEXT_WIDTH
from app.records.base import DbSession, ask, table_of
from app.records.course_scores import Asked, values_of
from app.records.episodes import Baseline, Episode
from app.records.kept_courses import HOLDS, KeptCourse
from app.records.people import Patient, Respondent, RespondentKind
from app.records.ratings import Rating, Withdrawal
from app.records.sessions import SessionStatus, TherapySession
from app.records.tablets import Slot

FIRST = 1 << 40
"""Added to the rank of a score from the start of a session: it goes before one from the end."""

_NAME_WIDTHS = {"sqlite": 32, "postgresql": 36}
"""Of an identifier as text, without lines in it and with."""

_READ_AT_A_TIME = 250
"""Rows that are objects at once. From 700 on Python looks for cycles among all that it holds, and
to do so again and again took half of the time."""


@dataclass(slots=True, eq=False)
class Opened:
    """Courses of treatment, whether they have scores or not: one entry for each in every column."""

    patient: list[int] = field(default_factory=list)
    """A number, to tell courses of one patient from those of two."""
    is_closed: list[bool] = field(default_factory=list)
    year: list[int] = field(default_factory=list)
    """In which it was opened, in UTC."""
    birth_year: list[int | None] = field(default_factory=list)
    kept: list[BegunCourses] = field(default_factory=list)
    """Those that have begun and of which what is kept is true, by their places in the columns."""
    others: dict[uuid.UUID, int] = field(default_factory=dict)
    """The places of those of which nothing true is kept: they are to be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Courses as they are told: one entry for each in the first three columns."""

    course: Sequence[uuid.UUID]
    sessions: Sequence[str]
    """The names of the attended sessions in order, strung together."""
    scores: Sequence[str]
    """The scores, strung together as ``told_scores`` takes them apart."""
    aside: Sequence[int]
    """Ranks of scores that count for nothing, in rising order."""
    named: Mapping[int, int | None]
    """The rank of the score that a clinician named as the start, by place of the course.

    Of those where it counts and goes before others of its session; ``None`` where the session
    was not attended, so that the course has not begun."""
    name_width: int
    """How many characters the name of a session has."""


class _Told(FunctionElement[str]):
    """A moment as text, in UTC and in the order of time: as SQLite keeps it."""

    type = sa.String()
    inherit_cache = True


@compiles(_Told)
def _told(element: _Told, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - as SQLAlchemy has it
    return compiler.process(element.clauses, **options)


@compiles(_Told, "postgresql")
def _told_anew(element: _Told, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - as above
    moment = compiler.process(element.clauses, **options)
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"


_SESSION, _EPISODE, _PATIENT = table_of(TherapySession), table_of(Episode), table_of(Patient)
_RATING, _RESPONDENT = table_of(Rating), table_of(Respondent)
_WITHDRAWAL, _BASELINE, _KEPT = table_of(Withdrawal), table_of(Baseline), table_of(KeptCourse)
_ORG = sa.bindparam("org", type_=sa.Integer)
_INSTRUMENT = sa.bindparam("instrument", type_=sa.String)
_COURSES = sa.bindparam("courses", type_=sa.Uuid(), expanding=True)


def _name(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    # An object for each of millions of identifiers costs more than all the rest.
    return sa.cast(column, sa.String(36))


def _strung(number: sa.ColumnElement[int], *, above: int) -> sa.ColumnElement[str]:
    return sa.cast(sa.cast(number, sa.BigInteger) + sa.literal(above, sa.BigInteger), sa.String)


_RANK = sa.cast(_RATING.c.sequence, sa.BigInteger) + sa.case(
    (_RATING.c.slot == Slot.START, sa.literal(FIRST, sa.BigInteger)), else_=0
)
_IS_SCORE = sa.and_(
    _RATING.c.org_id == _ORG,
    _RATING.c.instrument == _INSTRUMENT,
    _RATING.c.total.is_not(None),
)
_SESSIONS = (
    sa.select(
        _SESSION.c.episode_id,
        sa.func.aggregate_strings(_name(_SESSION.c.id), "").aggregate_order_by(
            _SESSION.c.planned_at, _SESSION.c.id
        ),
    )
    .where(_SESSION.c.org_id == _ORG, _SESSION.c.episode_id.in_(_COURSES))
    .where(_SESSION.c.status == SessionStatus.ATTENDED)
    .group_by(_SESSION.c.episode_id)
)
_SCORE = (
    _name(_RATING.c.session_id)
    + _strung(_RANK, above=RANK_ABOVE)
    + _strung(_RATING.c.total, above=NUMBER_ABOVE)
    + _strung(_RATING.c.instrument_version, above=NUMBER_ABOVE)
    + _Told(_RATING.c.rated_at)
    + sa.func.substr(
        sa.func.coalesce(_RATING.c.text_version, "") + sa.literal(" " * TEXT_WIDTH), 1, TEXT_WIDTH
    )
)
_SCORES = (
    sa.select(_RATING.c.episode_id, sa.func.aggregate_strings(_SCORE, ""))
    .where(_IS_SCORE, _RATING.c.episode_id.in_(_COURSES))
    .group_by(_RATING.c.episode_id)
)
_NEWER = _RATING.alias("newer")
_ASIDE = (
    sa.select(_RANK)
    .select_from(_RATING)
    .join(
        _RESPONDENT,
        sa.and_(_RESPONDENT.c.org_id == _ORG, _RESPONDENT.c.id == _RATING.c.respondent_id),
    )
    .where(_IS_SCORE, _RATING.c.episode_id.in_(_COURSES))
    .where(
        sa.or_(
            _RESPONDENT.c.kind != RespondentKind.PATIENT,
            sa.exists().where(_NEWER.c.org_id == _ORG, _NEWER.c.replaces_id == _RATING.c.id),
            sa.exists().where(
                _WITHDRAWAL.c.org_id == _ORG, _WITHDRAWAL.c.rating_id == _RATING.c.id
            ),
        )
    )
)
_LATER = _BASELINE.alias("later")
_IS_NEWEST = ~sa.exists().where(
    _LATER.c.org_id == _ORG,
    _LATER.c.episode_id == _BASELINE.c.episode_id,
    _LATER.c.sequence > _BASELINE.c.sequence,
)
_NAMED = _RATING.alias("named")
_BESIDE_NAMED = (
    sa.select(
        _BASELINE.c.episode_id,
        _RATING.c.id == _NAMED.c.id,
        _RANK,
        _SESSION.c.status,
    )
    .select_from(_BASELINE)
    .join(_NAMED, sa.and_(_NAMED.c.org_id == _ORG, _NAMED.c.id == _BASELINE.c.rating_id))
    .join(_SESSION, sa.and_(_SESSION.c.org_id == _ORG, _SESSION.c.id == _NAMED.c.session_id))
    .join(
        _RATING,
        sa.and_(
            _IS_SCORE,
            _RATING.c.episode_id == _SESSION.c.episode_id,
            _RATING.c.session_id == _SESSION.c.id,
        ),
    )
    .where(_BASELINE.c.org_id == _ORG, _BASELINE.c.episode_id.in_(_COURSES), _IS_NEWEST)
)
"""The scores of each session in which a rating was given that a clinician named as the start."""
_WRITTEN = (
    *(_KEPT.c.sessions, _KEPT.c.scores, _KEPT.c.first_at, _KEPT.c.earliest, _KEPT.c.latest),
    *(_KEPT.c.oldest, _KEPT.c.newest, _KEPT.c.text_versions),
)
_OPENED = (
    sa.select(
        _name(_EPISODE.c.id),
        _name(_EPISODE.c.patient_id),
        _EPISODE.c.closed_at.is_not(None),
        sa.func.substr(_Told(_EPISODE.c.opened_at), 1, 4),
        *_WRITTEN,
    )
    .select_from(_EPISODE)
    .outerjoin(_KEPT, HOLDS)
    .where(_EPISODE.c.org_id == _ORG, _EPISODE.c.main_instrument == _INSTRUMENT)
)
_BORN = sa.select(_name(_PATIENT.c.id), _PATIENT.c.birth_year).where(_PATIENT.c.org_id == _ORG)


def opened(db: DbSession, asked: Asked) -> Opened:
    """Return every course that has the instrument as its main one, with scores or without."""
    found, numbers = Opened(), dict[str, int]()
    for course, patient, is_closed, year, *kept in _columns(db, _OPENED, asked):
        first = len(found.patient)
        found.patient += [numbers.setdefault(one, len(numbers)) for one in patient]
        found.is_closed += map(bool, is_closed)
        found.year += map(int, year)
        _sort_out(found, course, kept, first=first)
    born: list[int | None] = [None] * len(numbers)
    for patient, birth_year in _columns(db, _BORN, asked):
        for one, year_of_birth in zip(patient, birth_year, strict=True):
            if one in numbers:
                born[numbers[one]] = year_of_birth
    found.birth_year = [born[number] for number in found.patient]
    return found


def _sort_out(
    found: Opened, course: Sequence[str], kept: Sequence[Sequence[Any]], *, first: int
) -> None:
    """Sort courses that are kept and have begun to ``kept``, those not kept to ``others``."""
    sessions = kept[0]
    begun = [place for place, one in enumerate(sessions) if one]
    if len(begun) < len(course):
        kept = [[column[place] for place in begun] for column in kept]
        found.others.update(
            (uuid.UUID(course[place]), first + place)
            for place, one in enumerate(sessions)
            if one is None
        )
    if begun:
        found.kept.append(read_again([first + place for place in begun], kept))


def rows(db: DbSession, asked: Asked, *, courses: Sequence[uuid.UUID]) -> Rows:
    """Return what there is in some courses, a few hundred at the most."""
    values = {**values_of(asked), "courses": courses}
    sessions: dict[uuid.UUID, str] = dict(map(tuple, ask(db, _SESSIONS, **values)))
    scores: dict[uuid.UUID, str] = dict(map(tuple, ask(db, _SCORES, **values)))
    aside = sorted(ask(db, _ASIDE, **values).scalars())
    named = _starts(ask(db, _BESIDE_NAMED, **values), aside=frozenset(aside))
    return Rows(
        course=courses,
        sessions=[sessions.get(one, "") for one in courses],
        scores=[scores.get(one, "") for one in courses],
        aside=aside,
        named={place: named[one] for place, one in enumerate(courses) if one in named},
        name_width=_NAME_WIDTHS[db.get_bind().dialect.name],
    )


def _starts(
    told: Iterable[sa.Row[*tuple[Any, ...]]], *, aside: Container[int]
) -> Mapping[uuid.UUID, int | None]:
    best: dict[uuid.UUID, tuple[int, bool, bool]] = {}
    for course, is_named, rank, status in told:
        if rank not in aside:
            found = (rank, is_named, status is SessionStatus.ATTENDED)
            best[course] = max(best.get(course, (0, False, False)), found)
    return {
        course: rank if was_attended else None
        for course, (rank, is_named, was_attended) in best.items()
        if is_named
    }


def _columns(
    db: DbSession, question: sa.Select[*tuple[Any, ...]], asked: Asked
) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield the answer a few rows at a time, column by column."""
    streamed = question.execution_options(yield_per=_READ_AT_A_TIME)
    with closing(ask(db, streamed, **values_of(asked))) as found:
        for some in found.partitions():
            yield list(zip(*some, strict=True))
