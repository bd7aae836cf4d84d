"""The scores of all courses on an instrument, as sums and counts in which nobody can be found.

What counts is what counts on a patient's page: the patient's own ratings, none that was
replaced or withdrawn, one score for each attended session, the one from its start first.
Session 1 is the first of them with a score, or the one that a clinician named.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from app.records.base import DbSession, UtcDateTime, ask, table_of
from app.records.episodes import Baseline, Episode
from app.records.people import Patient, Respondent, RespondentKind
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
    """One course with a first score."""

    standing: Standing
    patient: uuid.UUID
    """To tell courses of one patient from those of two; no name, and nothing to look one up."""
    scores: Sequence[tuple[int, int]]
    """Pairs of session k and score (tenths), in order; k of the first is 1."""
    is_closed: bool
    opened_at: dt.datetime
    birth_year: int | None
    first_at: dt.datetime
    last_at: dt.datetime
    text_versions: frozenset[str]
    """Editions of the item text that these scores were given to."""


_LINE = "\n"
_AT_A_TIME = 1000
"""Courses that are asked for together: a few thousand scores."""

_SESSION, _EPISODE, _BASELINE = table_of(TherapySession), table_of(Episode), table_of(Baseline)
_PATIENT = table_of(Patient)
_RATING, _RESPONDENT, _WITHDRAWAL = table_of(Rating), table_of(Respondent), table_of(Withdrawal)
_NEWER = _RATING.alias("newer")
_ORG, _EDITION = sa.bindparam("org", type_=sa.Integer), sa.bindparam("edition", type_=sa.Integer)
_SINCE = sa.bindparam("since", type_=UtcDateTime)
_SOME = sa.bindparam("some", expanding=True, type_=_EPISODE.c.id.type)


def _same(one: sa.FromClause, other: sa.FromClause, **columns: str) -> sa.ColumnElement[bool]:
    pairs = [one.c.org_id == other.c.org_id]
    return sa.and_(*pairs, *(one.c[mine] == other.c[theirs] for mine, theirs in columns.items()))


_OF_INSTRUMENT = sa.and_(
    _EPISODE.c.org_id == _ORG, _EPISODE.c.main_instrument == sa.bindparam("instrument")
)


def _counted(*, of_some: bool) -> sa.CTE:
    """Return scores from the first one on, with their session number k: of all, or some courses."""

    def asked_for(episode_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        return episode_id.in_(_SOME) if of_some else sa.true()

    # Attended sessions, numbered within their course.
    came = (
        sa.select(
            _SESSION.c.id,
            sa.func.row_number()
            .over(
                partition_by=_SESSION.c.episode_id, order_by=[_SESSION.c.planned_at, _SESSION.c.id]
            )
            .label("place"),
        )
        .join(_EPISODE, _same(_EPISODE, _SESSION, id="episode_id"))
        .where(_OF_INSTRUMENT, _SESSION.c.org_id == _ORG, asked_for(_SESSION.c.episode_id))
        .where(_SESSION.c.status == SessionStatus.ATTENDED)
        .cte("came")
    )
    # Ratings that a clinician named as the start, the newest of each course first.
    named = (
        sa.select(
            _BASELINE.c.rating_id,
            sa.func.row_number()
            .over(partition_by=_BASELINE.c.episode_id, order_by=_BASELINE.c.sequence.desc())
            .label("age"),
        )
        .where(_BASELINE.c.org_id == _ORG, asked_for(_BASELINE.c.episode_id))
        .cte("named")
    )
    # Scores that count; of those of one session the preferred one first.
    scored = (
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
        .where(_OF_INSTRUMENT, _RATING.c.org_id == _ORG, asked_for(_RATING.c.episode_id))
        .where(_RATING.c.instrument == sa.bindparam("instrument"))
        .where(_RATING.c.total.is_not(None), _RESPONDENT.c.kind == RespondentKind.PATIENT)
        .where(_NEWER.c.id.is_(None), _WITHDRAWAL.c.id.is_(None))
        .cte("scored")
    )
    # One score for each session, with where the course begins.
    is_named = sa.case((named.c.rating_id.is_not(None), 1), else_=0)
    placed = (
        sa.select(
            scored,
            came.c.place,
            sa.func.max(is_named).over(partition_by=scored.c.episode_id).label("has_named"),
            sa.func.max(sa.case((is_named == 1, came.c.place)))
            .over(partition_by=scored.c.episode_id)
            .label("named_place"),
            sa.func.min(came.c.place).over(partition_by=scored.c.episode_id).label("first_place"),
        )
        .select_from(scored)
        .outerjoin(came, came.c.id == scored.c.session_id)
        .outerjoin(named, sa.and_(named.c.rating_id == scored.c.id, named.c.age == 1))
        .where(scored.c.preference == 1)
        .cte("placed")
    )
    start = sa.case((placed.c.has_named == 1, placed.c.named_place), else_=placed.c.first_place)
    is_intake = placed.c.place == start

    def over_course(value: sa.sql.functions.FunctionElement[Any]) -> sa.ColumnElement[Any]:
        return value.over(partition_by=placed.c.episode_id)

    return (
        sa.select(
            placed.c.episode_id,
            placed.c.patient_id,
            placed.c.closed_at,
            placed.c.total,
            placed.c.rated_at,
            placed.c.text_version,
            (placed.c.place - start + 1).label("session"),
            over_course(sa.func.max(sa.case((is_intake, placed.c.total)))).label("intake"),
            over_course(sa.func.max(sa.case((is_intake, placed.c.rated_at)))).label("intake_at"),
            over_course(sa.func.min(placed.c.instrument_version)).label("oldest_edition"),
            over_course(sa.func.max(placed.c.instrument_version)).label("newest_edition"),
        )
        .where(placed.c.place >= start)
        .cte("counted")
    )


COUNTED = _counted(of_some=False)
"""Scores of all courses from the first one on, with their session number k."""


def standing_of(counted: sa.CTE) -> sa.ColumnElement[Any]:
    """Return whether the course of a score is fitted; one without a later score has none."""
    return sa.case(
        (counted.c.intake_at < _SINCE, Standing.BEFORE_PERIOD.value),
        (
            sa.or_(counted.c.oldest_edition != _EDITION, counted.c.newest_edition != _EDITION),
            Standing.OTHER_EDITION.value,
        ),
        else_=Standing.FITTED.value,
    )


course_standing = standing_of(COUNTED)
"""Whether the course of a score is fitted; one without a later score has none that is."""

_N_COURSES = sa.select(sa.func.count()).select_from(_EPISODE).where(_OF_INSTRUMENT)
_EPISODES = (
    sa.select(_EPISODE.c.id).where(_OF_INSTRUMENT).order_by(_EPISODE.c.patient_id, _EPISODE.c.id)
)
_GOT_SCORE = sa.exists().where(
    _same(_RATING, _EPISODE, episode_id="id"),
    _RATING.c.instrument == sa.bindparam("instrument"),
    _RATING.c.sequence > sa.bindparam("sequence"),
)
_CLOSED_ANEW = _N_COURSES.where(
    _EPISODE.c.closed_at.is_not(None),
    sa.or_(_EPISODE.c.closed_at > sa.bindparam("at", type_=UtcDateTime), _GOT_SCORE),
)


def _course_question() -> sa.Select[*tuple[Any, ...]]:
    """Return the question for each of some courses: one line for a course, its scores in it."""
    counted = _counted(of_some=True)
    as_text = sa.cast(counted.c.session, sa.String) + ":" + sa.cast(counted.c.total, sa.String)
    text_version = sa.func.coalesce(counted.c.text_version, "")
    return (
        sa.select(
            counted.c.patient_id,
            standing_of(counted),
            counted.c.closed_at.is_not(None),
            _EPISODE.c.opened_at,
            _PATIENT.c.birth_year,
            sa.func.min(counted.c.rated_at),
            sa.func.max(counted.c.rated_at),
            sa.func.aggregate_strings(as_text, " "),
            sa.func.aggregate_strings(text_version, _LINE),
        )
        .join(_EPISODE, sa.and_(_EPISODE.c.org_id == _ORG, _EPISODE.c.id == counted.c.episode_id))
        .join(_PATIENT, sa.and_(_PATIENT.c.org_id == _ORG, _PATIENT.c.id == counted.c.patient_id))
        # All scores of a course stand alike, so that any of them tells how.
        .group_by(
            counted.c.patient_id,
            counted.c.episode_id,
            counted.c.closed_at,
            counted.c.intake_at,
            counted.c.oldest_edition,
            counted.c.newest_edition,
            _EPISODE.c.opened_at,
            _PATIENT.c.birth_year,
        )
        .order_by(counted.c.patient_id, counted.c.episode_id)
    )


_COURSES = _course_question()


def courses(db: DbSession, asked: Asked) -> Iterator[CourseFound]:
    """Yield every course that has a first score, the courses of one patient together.

    Some at a time, so that the database sorts little at once and memory stays small.
    """
    ids = [row[0] for row in ask(db, _EPISODES, **values_of(asked))]
    for first in range(0, len(ids), _AT_A_TIME):
        some = ids[first : first + _AT_A_TIME]
        for patient_id, standing, is_closed, opened_at, birth_year, *seen in ask(
            db, _COURSES, **values_of(asked), some=some
        ):
            first_at, last_at, scores, texts = seen
            told = tuple(sorted(_pair(one) for one in scores.split()))
            has_later = len(told) > 1
            is_fitted = standing == Standing.FITTED.value
            yield CourseFound(
                standing=Standing.NO_FOLLOW_UP
                if is_fitted and not has_later
                else Standing(standing),
                patient=patient_id,
                scores=told,
                is_closed=is_closed,
                opened_at=opened_at,
                birth_year=birth_year,
                first_at=first_at,
                last_at=last_at,
                text_versions=frozenset(one for one in texts.split(_LINE) if one),
            )


def _pair(told: str) -> tuple[int, int]:
    session, _, score = told.partition(":")
    return int(session), int(score)


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


def values_of(asked: Asked) -> Mapping[str, object]:
    """Return what was asked for, as a question to the database takes it."""
    return {
        "org": asked.org_id,
        "instrument": asked.instrument,
        "edition": asked.edition,
        "since": asked.since,
    }
