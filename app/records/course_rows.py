"""Attended sessions of many courses with the scores given in them, as columns, to be summed.

What counts is what ``course_scores`` says. There the database sorts it out, course by course;
here it reads once through two indexes that hold all that is asked for, and what counts is
picked from the columns, a few thousand at a time, so that there may be millions.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.records.base import DbSession, UtcDateTime, ask, table_of
from app.records.course_scores import Asked, values_of
from app.records.episodes import Baseline, Episode
from app.records.people import Patient, Respondent, RespondentKind
from app.records.ratings import Rating, Withdrawal
from app.records.sessions import SessionStatus, TherapySession
from app.records.tablets import Slot

Moment = Any
"""A moment as the driver gives it: in the order of time, and not yet made into one."""

FIRST = 1 << 40
"""Added to the rank of a score from the start of a session: it goes before one from the end."""

_AT_A_TIME = 10_000
"""Rows that are given together: enough for columns to be quicker than rows."""

_READ_AT_A_TIME = 250
"""Rows that are objects at once. From 700 on Python looks for cycles among all that it holds, and
to do so again and again took half of the time."""


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """Courses of treatment, whether they have scores or not: one entry for each in every column."""

    place: Mapping[str, int]
    """Where a course stands in the columns."""
    patient: Sequence[int]
    """A number, to tell courses of one patient from those of two."""
    is_closed: Sequence[bool]
    opened_at: Sequence[dt.datetime]
    birth_year: Sequence[int | None]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Attended sessions of whole courses, those of a course together and in order.

    A session without a score has one row, and one with several has one for each.
    """

    course: Sequence[str]
    session: Sequence[str]
    score: Sequence[int | None]
    rank: Sequence[int]
    """Of the scores of a session the one of the highest rank counts; 0 is none that may."""
    edition: Sequence[int | None]
    rated_at: Sequence[Moment]
    text_version: Sequence[str | None]


_SESSION, _EPISODE, _PATIENT = table_of(TherapySession), table_of(Episode), table_of(Patient)
_RATING, _RESPONDENT = table_of(Rating), table_of(Respondent)
_WITHDRAWAL, _BASELINE = table_of(Withdrawal), table_of(Baseline)
_RATED_AT = UtcDateTime()
_ORG = sa.bindparam("org", type_=sa.Integer)
_INSTRUMENT = sa.bindparam("instrument", type_=sa.String)
_OF_INSTRUMENT = sa.and_(_EPISODE.c.org_id == _ORG, _EPISODE.c.main_instrument == _INSTRUMENT)


def _name(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    # An object for each of millions of identifiers costs more than all the rest.
    return sa.cast(column, sa.String(36))


_RANK = sa.cast(_RATING.c.sequence, sa.BigInteger) + sa.case(
    (_RATING.c.slot == Slot.START, sa.literal(FIRST, sa.BigInteger)), else_=0
)
_SCORE_HERE = sa.and_(
    _RATING.c.org_id == _SESSION.c.org_id,
    _RATING.c.episode_id == _SESSION.c.episode_id,
    _RATING.c.instrument == _INSTRUMENT,
    _RATING.c.session_id == _SESSION.c.id,
    _RATING.c.total.is_not(None),
)
_ROWS = (
    sa.select(
        _name(_SESSION.c.episode_id),
        _name(_SESSION.c.id),
        _name(_RATING.c.id),
        _name(_RATING.c.respondent_id),
        _RATING.c.total,
        _RANK,
        _RATING.c.instrument_version,
        # Only compared; the first and the last are made into moments at the very end.
        sa.type_coerce(_RATING.c.rated_at, sa.String),
        _RATING.c.text_version,
    )
    .select_from(_SESSION)
    .outerjoin(_RATING, _SCORE_HERE)
    .where(_SESSION.c.org_id == _ORG, _SESSION.c.status == SessionStatus.ATTENDED)
    .where(_SESSION.c.episode_id.in_(sa.select(_EPISODE.c.id).where(_OF_INSTRUMENT)))
    .order_by(_SESSION.c.episode_id, _SESSION.c.planned_at, _SESSION.c.id)
)
_OPENED = (
    sa.select(
        _name(_EPISODE.c.id),
        _name(_EPISODE.c.patient_id),
        _EPISODE.c.closed_at.is_not(None),
        sa.type_coerce(_EPISODE.c.opened_at, sa.String),
        _PATIENT.c.birth_year,
    )
    .join(_PATIENT, sa.and_(_PATIENT.c.org_id == _ORG, _PATIENT.c.id == _EPISODE.c.patient_id))
    .where(_OF_INSTRUMENT)
)
_OTHERS = sa.select(_name(_RESPONDENT.c.id)).where(
    _RESPONDENT.c.org_id == _ORG, _RESPONDENT.c.kind != RespondentKind.PATIENT
)
_GONE = sa.union_all(
    sa.select(_name(_RATING.c.replaces_id)).where(
        _RATING.c.org_id == _ORG, _RATING.c.replaces_id.is_not(None)
    ),
    sa.select(_name(_WITHDRAWAL.c.rating_id)).where(_WITHDRAWAL.c.org_id == _ORG),
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
        _name(_BASELINE.c.episode_id),
        _RATING.c.id == _NAMED.c.id,
        _name(_RATING.c.id),
        _name(_RATING.c.respondent_id),
        _RANK,
        _SESSION.c.status,
    )
    .select_from(_BASELINE)
    .join(_NAMED, sa.and_(_NAMED.c.org_id == _ORG, _NAMED.c.id == _BASELINE.c.rating_id))
    .join(_SESSION, sa.and_(_SESSION.c.org_id == _ORG, _SESSION.c.id == _NAMED.c.session_id))
    .join(_RATING, _SCORE_HERE)
    .where(_BASELINE.c.org_id == _ORG, _IS_NEWEST)
)
"""The scores of each session in which a rating was given that a clinician named as the start."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """What counts for nothing: replaced and withdrawn ratings, and what next of kin say."""

    ratings: frozenset[str]
    respondents: frozenset[str]

    def holds(self, rating: str, *, respondent: str) -> bool:
        """Return whether a rating does not count."""
        return rating in self.ratings or respondent in self.respondents


def set_aside(db: DbSession, asked: Asked) -> SetAside:
    """Return which ratings count for nothing."""
    return SetAside(
        ratings=frozenset(ask(db, _GONE, **values_of(asked)).scalars()),
        respondents=frozenset(ask(db, _OTHERS, **values_of(asked)).scalars()),
    )


def opened(db: DbSession, asked: Asked) -> Opened:
    """Return every course that has the instrument as its main one, with scores or without."""
    held: list[list[Any]] = [[] for _ in _OPENED.selected_columns]
    for columns in _columns(db, _OPENED, asked):
        _longer(held, columns)
    course, patient, is_closed, opened_at, birth_year = held
    numbers: dict[str, int] = {}
    return Opened(
        place={one: place for place, one in enumerate(course)},
        patient=[numbers.setdefault(one, len(numbers)) for one in patient],
        is_closed=is_closed,
        opened_at=moments_of(db, opened_at),
        birth_year=birth_year,
    )


def rows(db: DbSession, asked: Asked, *, aside: SetAside) -> Iterator[Rows]:
    """Yield the attended sessions of some courses after the other."""
    held: list[list[Any]] = [[] for _ in _ROWS.selected_columns]
    for columns in _columns(db, _ROWS, asked):
        _longer(held, columns)
        if len(held[0]) >= _AT_A_TIME and (end := _end_of_whole(held[0])):
            yield _rows([column[:end] for column in held], aside)
            for column in held:
                del column[:end]
    if held[0]:
        yield _rows(held, aside)


def starts(db: DbSession, asked: Asked, *, aside: SetAside) -> Mapping[str, int | None]:
    """Return the rank of the score that a clinician named as the start, by course.

    Of those where it counts and goes before others of its session; ``None`` where the session
    was not attended, so that the course has not begun.
    """
    best: dict[str, tuple[int, bool, bool]] = {}
    for course, is_named, rating, respondent, rank, status in ask(
        db, _BESIDE_NAMED, **values_of(asked)
    ):
        if not aside.holds(rating, respondent=respondent):
            found = (rank, is_named, status is SessionStatus.ATTENDED)
            best[course] = max(best.get(course, (0, False, False)), found)
    return {
        course: rank if was_attended else None
        for course, (rank, is_named, was_attended) in best.items()
        if is_named
    }


def moments_of(db: DbSession, told: Iterable[Moment]) -> list[dt.datetime]:
    """Return the moments that the driver has told."""
    dialect = db.get_bind().dialect
    translated: Any = _RATED_AT.dialect_impl(dialect).result_processor(dialect, None)
    return [translated(one) if translated else one for one in told]


def told_as(db: DbSession, moment: dt.datetime) -> Moment:
    """Return a moment as the driver tells it, to be compared with what it has told."""
    dialect = db.get_bind().dialect
    translated = _RATED_AT.dialect_impl(dialect).bind_processor(dialect)
    return translated(moment) if translated else moment


def _columns(
    db: DbSession, question: sa.Select[*tuple[Any, ...]], asked: Asked
) -> Iterator[Iterable[Sequence[Any]]]:
    """Yield the answer a few rows at a time, column by column."""
    streamed = question.execution_options(yield_per=_READ_AT_A_TIME)
    with closing(ask(db, streamed, **values_of(asked))) as found:
        for some in found.partitions():
            yield zip(*some, strict=True)


def _longer(held: Sequence[list[Any]], columns: Iterable[Sequence[Any]]) -> None:
    for column, more in zip(held, columns, strict=True):
        column.extend(more)


def _end_of_whole(courses: Sequence[str]) -> int:
    """Return how many rows come before those of the last course, which may go on."""
    last, end = courses[-1], len(courses)
    while end and courses[end - 1] == last:
        end -= 1
    return end


def _rows(columns: Sequence[Sequence[Any]], aside: SetAside) -> Rows:
    course, session, rating, respondent, score, rank, edition, rated_at, text = columns
    gone, others = aside.ratings, aside.respondents
    return Rows(
        course=course,
        session=session,
        score=score,
        rank=[
            0 if place is None or one in gone or who in others else place
            for place, one, who in zip(rank, rating, respondent, strict=True)
        ],
        edition=edition,
        rated_at=rated_at,
        text_version=text,
    )
