"""The scores of all courses on an instrument, as sums and counts in which nobody can be found.

What counts is what counts on a patient's page: the patient's own ratings, none that was
replaced or withdrawn, one score for each attended session, the one from its start first.
Session 1 is the first of them with a score, or the one that a clinician named.
"""

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from app.clinical.course_sums import CourseSums
from app.clinical.curve_comparison import ScoreCount
from app.clinical.own_curve import Reach
from app.records.base import DbSession, UtcDateTime, ask, table_of
from app.records.episodes import Baseline, Episode
from app.records.people import Respondent, RespondentKind
from app.records.ratings import Rating, Withdrawal
from app.records.sessions import SessionStatus, TherapySession
from app.records.tablets import Slot


class Standing(Enum):
    """Whether a course is fitted, or why not."""

    FITTED = "fitted"
    NO_INTAKE = "no_intake"
    BEFORE_PERIOD = "before_period"
    OTHER_EDITION = "other_edition"
    NO_FOLLOW_UP = "no_follow_up"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which courses are looked at: of an organization, on one edition of an instrument."""

    org_id: int
    instrument: str
    edition: int
    """Scores from another edition of the form are not comparable."""
    since: dt.datetime | None
    """Courses whose first score is from then on."""


@dataclass(frozen=True, slots=True)
class CourseFound:
    """One course with a first score; nothing tells whose."""

    standing: Standing
    sums: CourseSums
    """With no score after the first in them for a course that has none."""
    is_closed: bool
    is_patients_first: bool
    """Of the courses of one patient with this standing, one is the first."""
    first_at: dt.datetime
    last_at: dt.datetime


_SESSION, _EPISODE, _BASELINE = table_of(TherapySession), table_of(Episode), table_of(Baseline)
_RATING, _RESPONDENT, _WITHDRAWAL = table_of(Rating), table_of(Respondent), table_of(Withdrawal)
_NEWER = _RATING.alias("newer")
_ORG, _EDITION = sa.bindparam("org", type_=sa.Integer), sa.bindparam("edition", type_=sa.Integer)
_SINCE = sa.bindparam("since", type_=UtcDateTime)


def _same(one: sa.FromClause, other: sa.FromClause, **columns: str) -> sa.ColumnElement[bool]:
    pairs = [one.c.org_id == other.c.org_id]
    return sa.and_(*pairs, *(one.c[mine] == other.c[theirs] for mine, theirs in columns.items()))


_OF_INSTRUMENT = sa.and_(
    _EPISODE.c.org_id == _ORG, _EPISODE.c.main_instrument == sa.bindparam("instrument")
)

_CAME = (
    sa.select(
        _SESSION.c.id,
        sa.func.row_number()
        .over(partition_by=_SESSION.c.episode_id, order_by=[_SESSION.c.planned_at, _SESSION.c.id])
        .label("place"),
    )
    .join(_EPISODE, _same(_EPISODE, _SESSION, id="episode_id"))
    .where(_OF_INSTRUMENT, _SESSION.c.org_id == _ORG)
    .where(_SESSION.c.status == SessionStatus.ATTENDED)
    .cte("came")
)
"""Attended sessions, numbered within their course."""

_NAMED = (
    sa.select(
        _BASELINE.c.rating_id,
        sa.func.row_number()
        .over(partition_by=_BASELINE.c.episode_id, order_by=_BASELINE.c.sequence.desc())
        .label("age"),
    )
    .where(_BASELINE.c.org_id == _ORG)
    .cte("named")
)
"""Ratings that a clinician named as the start, the newest of each course first."""

_SCORED = (
    sa.select(
        _RATING.c.id,
        _RATING.c.episode_id,
        _RATING.c.patient_id,
        _RATING.c.session_id,
        _RATING.c.instrument_version,
        _RATING.c.text_version,
        _RATING.c.total,
        _RATING.c.rated_at,
        _EPISODE.c.closed_at,
        sa.func.row_number()
        .over(
            partition_by=[_RATING.c.episode_id, _RATING.c.session_id],
            order_by=[
                sa.case((_RATING.c.slot == Slot.START, 0), else_=1),
                _RATING.c.sequence.desc(),
            ],
        )
        .label("preference"),
    )
    .select_from(_RATING)
    .join(_EPISODE, _same(_EPISODE, _RATING, id="episode_id"))
    .join(_RESPONDENT, _same(_RESPONDENT, _RATING, id="respondent_id"))
    .outerjoin(_NEWER, _same(_NEWER, _RATING, replaces_id="id"))
    .outerjoin(_WITHDRAWAL, _same(_WITHDRAWAL, _RATING, rating_id="id"))
    .where(_OF_INSTRUMENT, _RATING.c.org_id == _ORG)
    .where(_RATING.c.instrument == sa.bindparam("instrument"))
    .where(_RATING.c.total.is_not(None), _RESPONDENT.c.kind == RespondentKind.PATIENT)
    .where(_NEWER.c.id.is_(None), _WITHDRAWAL.c.id.is_(None))
    .cte("scored")
)
"""Scores that count; of those of one session the preferred one first."""

_IS_NAMED = sa.case((_NAMED.c.rating_id.is_not(None), 1), else_=0)
_PLACED = (
    sa.select(
        _SCORED,
        _CAME.c.place,
        sa.func.max(_IS_NAMED).over(partition_by=_SCORED.c.episode_id).label("has_named"),
        sa.func.max(sa.case((_IS_NAMED == 1, _CAME.c.place)))
        .over(partition_by=_SCORED.c.episode_id)
        .label("named_place"),
        sa.func.min(_CAME.c.place).over(partition_by=_SCORED.c.episode_id).label("first_place"),
    )
    .select_from(_SCORED)
    .outerjoin(_CAME, _CAME.c.id == _SCORED.c.session_id)
    .outerjoin(_NAMED, sa.and_(_NAMED.c.rating_id == _SCORED.c.id, _NAMED.c.age == 1))
    .where(_SCORED.c.preference == 1)
    .cte("placed")
)
"""One score for each session, with where the course begins."""

_START = sa.case((_PLACED.c.has_named == 1, _PLACED.c.named_place), else_=_PLACED.c.first_place)
_IS_INTAKE = _PLACED.c.place == _START


def _over_course(value: sa.sql.functions.FunctionElement[Any]) -> sa.ColumnElement[Any]:
    return value.over(partition_by=_PLACED.c.episode_id)


COUNTED = (
    sa.select(
        _PLACED.c.episode_id,
        _PLACED.c.patient_id,
        _PLACED.c.closed_at,
        _PLACED.c.total,
        _PLACED.c.rated_at,
        _PLACED.c.text_version,
        (_PLACED.c.place - _START + 1).label("session"),
        _over_course(sa.func.max(sa.case((_IS_INTAKE, _PLACED.c.total)))).label("intake"),
        _over_course(sa.func.max(sa.case((_IS_INTAKE, _PLACED.c.rated_at)))).label("intake_at"),
        _over_course(sa.func.min(_PLACED.c.instrument_version)).label("oldest_edition"),
        _over_course(sa.func.max(_PLACED.c.instrument_version)).label("newest_edition"),
    )
    .where(_PLACED.c.place >= _START)
    .cte("counted")
)
"""Scores from the first one on, with their session number k."""

_IS_OUTCOME = COUNTED.c.session > 1
course_standing = sa.case(
    (COUNTED.c.intake_at < _SINCE, Standing.BEFORE_PERIOD.value),
    (
        sa.or_(COUNTED.c.oldest_edition != _EDITION, COUNTED.c.newest_edition != _EDITION),
        Standing.OTHER_EDITION.value,
    ),
    else_=Standing.FITTED.value,
)
"""Whether the course of a score is fitted; one without a later score has none that is."""

_OUTCOMES = (
    sa.select(
        COUNTED.c.patient_id,
        COUNTED.c.text_version,
        COUNTED.c.intake,
        COUNTED.c.session,
        COUNTED.c.total,
    )
    .where(_IS_OUTCOME, course_standing == Standing.FITTED.value)
    .cte("outcome")
)
"""Scores after the first one, of courses that are fitted."""

_LONGEST = sa.select(sa.func.max(_CAME.c.place))
_N_COURSES = sa.select(sa.func.count()).select_from(_EPISODE).where(_OF_INSTRUMENT)
_GOT_SCORE = sa.exists().where(
    _same(_RATING, _EPISODE, episode_id="id"),
    _RATING.c.instrument == sa.bindparam("instrument"),
    _RATING.c.sequence > sa.bindparam("sequence"),
)
_CLOSED_ANEW = _N_COURSES.where(
    _EPISODE.c.closed_at.is_not(None),
    sa.or_(_EPISODE.c.closed_at > sa.bindparam("at", type_=UtcDateTime), _GOT_SCORE),
)
_COUNTS = (
    sa.select(
        _OUTCOMES.c.intake, _OUTCOMES.c.session, _OUTCOMES.c.total, sa.func.count().label("n")
    )
    .group_by(_OUTCOMES.c.intake, _OUTCOMES.c.session, _OUTCOMES.c.total)
    .order_by(_OUTCOMES.c.intake, _OUTCOMES.c.session, _OUTCOMES.c.total)
)
_PATIENTS = sa.func.count(sa.distinct(_OUTCOMES.c.patient_id))
_PATIENTS_AT = sa.select(_OUTCOMES.c.session, _PATIENTS).group_by(_OUTCOMES.c.session)
_PATIENTS_WITHIN = sa.select(_PATIENTS).where(
    _OUTCOMES.c.intake.between(sa.bindparam("lowest"), sa.bindparam("highest")),
    _OUTCOMES.c.session.between(sa.bindparam("first"), sa.bindparam("last")),
)
_TEXTS = (
    sa.select(_OUTCOMES.c.text_version)
    .where(_OUTCOMES.c.text_version.is_not(None))
    .distinct()
    .order_by(_OUTCOMES.c.text_version)
)


def courses(db: DbSession, asked: Asked) -> Iterator[CourseFound]:
    """Yield the sums of every course that has a first score, as the database makes them."""
    longest: int | None = ask(db, _LONGEST, **values_of(asked)).scalar_one()
    question = _course_question(longest or 1).execution_options(yield_per=5000)
    with closing(ask(db, question, **values_of(asked))) as rows:
        for standing, is_closed, is_first, first_at, last_at, *sums in rows:
            yield CourseFound(
                standing=Standing(standing),
                sums=CourseSums(*sums),
                is_closed=is_closed,
                is_patients_first=is_first == 1,
                first_at=first_at,
                last_at=last_at,
            )


def courses_in_all(db: DbSession, asked: Asked) -> int:
    """Return how many courses have the instrument as their main one, with scores or without."""
    n: int = ask(db, _N_COURSES, **values_of(asked)).scalar_one()
    return n


def closed_anew(db: DbSession, asked: Asked, *, at: dt.datetime, sequence: int) -> int:
    """Return how many closed courses were closed after a moment, or got a score after a number.

    A course that was read in from a file was closed long ago, and its scores are new.
    """
    n: int = ask(db, _CLOSED_ANEW, **values_of(asked), at=at, sequence=sequence).scalar_one()
    return n


def counts(db: DbSession, asked: Asked) -> Iterator[ScoreCount]:
    """Yield how many fitted courses have each score at each session after each first score."""
    with closing(ask(db, _COUNTS, **values_of(asked))) as rows:
        for row in rows:
            yield ScoreCount(intake=row[0], session=row[1], score=row[2], n=row[3])


def patients_at(db: DbSession, asked: Asked) -> Mapping[int, int]:
    """Return how many patients have a fitted score at each session after the first."""
    return {row[0]: row[1] for row in ask(db, _PATIENTS_AT, **values_of(asked))}


def patients_within(db: DbSession, asked: Asked, reach: Reach) -> int:
    """Return how many patients have a fitted score where a curve holds."""
    n: int = ask(
        db,
        _PATIENTS_WITHIN,
        **values_of(asked),
        lowest=reach.lowest_intake,
        highest=reach.highest_intake,
        first=reach.first_session,
        last=reach.last_session,
    ).scalar_one()
    return n


def text_versions(db: DbSession, asked: Asked) -> list[str]:
    """Return the editions of the item text that the fitted scores were given to."""
    return [row[0] for row in ask(db, _TEXTS, **values_of(asked))]


def values_of(asked: Asked) -> Mapping[str, object]:
    """Return what the statements of this module ask for by name."""
    return {
        "org": asked.org_id,
        "instrument": asked.instrument,
        "edition": asked.edition,
        "since": asked.since,
    }


def _course_question(longest: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the question for the sums of each course."""
    # SQLite has no logarithm of its own, so that of every session number comes along.
    log = (
        sa.values(sa.column("session", sa.Integer), sa.column("time", sa.Float), name="log")
        .data([(session, math.log(session)) for session in range(1, longest + 1)])
        .cte("log")
    )
    later, score, time = _IS_OUTCOME, COUNTED.c.total, log.c.time
    n = sa.func.sum(sa.case((later, 1), else_=0))
    standing = sa.case(
        (sa.and_(course_standing == Standing.FITTED.value, n == 0), Standing.NO_FOLLOW_UP.value),
        else_=course_standing,
    )
    # All scores of a course stand alike, so that any of them tells how.
    each = (
        sa.select(
            COUNTED.c.patient_id,
            COUNTED.c.episode_id,
            standing.label("standing"),
            COUNTED.c.closed_at.is_not(None).label("is_closed"),
            sa.func.min(COUNTED.c.rated_at).label("first_at"),
            sa.func.max(COUNTED.c.rated_at).label("last_at"),
            COUNTED.c.intake,
            n.label("n"),
            # The logarithm of 1, the first session, is 0.
            sa.func.sum(time).label("times"),
            sa.func.sum(time * time).label("times_squared"),
            sa.func.sum(sa.case((later, score), else_=0)).label("total"),
            sa.func.sum(sa.case((later, score * score), else_=0)).label("total_squared"),
            sa.func.sum(time * score).label("total_by_time"),
        )
        .join(log, log.c.session == COUNTED.c.session)
        .group_by(
            COUNTED.c.patient_id,
            COUNTED.c.episode_id,
            COUNTED.c.closed_at,
            COUNTED.c.intake,
            COUNTED.c.intake_at,
            COUNTED.c.oldest_edition,
            COUNTED.c.newest_edition,
        )
        .cte("each")
    )
    is_first = sa.func.row_number().over(
        partition_by=[each.c.patient_id, each.c.standing], order_by=each.c.episode_id
    )
    return sa.select(
        each.c.standing,
        each.c.is_closed,
        is_first,
        each.c.first_at,
        each.c.last_at,
        each.c.intake,
        each.c.n,
        each.c.times,
        each.c.times_squared,
        each.c.total,
        each.c.total_squared,
        each.c.total_by_time,
    )
