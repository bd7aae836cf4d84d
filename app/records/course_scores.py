"""The scores of all courses on an instrument that count, sorted out by the database.

What counts is what counts on a patient's page: the patient's own ratings, none that was
replaced or withdrawn, one score for each attended session, the one from its start first.
Session 1 is the first of them with a score, or the one that a clinician named.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from app.records.base import DbSession, UtcDateTime, ask, same, table_of
from app.records.episodes import Baseline, Episode
from app.records.people import Respondent, RespondentKind
from app.records.ratings import Rating, Withdrawal
from app.records.sessions import PLACE_IN_COURSE, SessionStatus, TherapySession
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


_SESSION, _EPISODE, _BASELINE = table_of(TherapySession), table_of(Episode), table_of(Baseline)
_RATING, _RESPONDENT, _WITHDRAWAL = table_of(Rating), table_of(Respondent), table_of(Withdrawal)
_NEWER = _RATING.alias("newer")
_ORG, _EDITION = sa.bindparam("org", type_=sa.Integer), sa.bindparam("edition", type_=sa.Integer)
_SINCE = sa.bindparam("since", type_=UtcDateTime)


_OF_INSTRUMENT = sa.and_(
    _EPISODE.c.org_id == _ORG, _EPISODE.c.main_instrument == sa.bindparam("instrument")
)


def _counted() -> sa.CTE:
    """Return scores from the first one on, with their session number k."""
    # Attended sessions, numbered within their course.
    came = (
        sa.select(
            _SESSION.c.id,
            PLACE_IN_COURSE.label("place"),
        )
        .join(_EPISODE, same(_EPISODE, _SESSION, id="episode_id"))
        .where(_OF_INSTRUMENT, _SESSION.c.org_id == _ORG)
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
        .where(_BASELINE.c.org_id == _ORG)
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
        .join(_EPISODE, same(_EPISODE, _RATING, id="episode_id"))
        .join(_RESPONDENT, same(_RESPONDENT, _RATING, id="respondent_id"))
        .outerjoin(_NEWER, same(_NEWER, _RATING, replaces_id="id"))
        .outerjoin(_WITHDRAWAL, same(_WITHDRAWAL, _RATING, rating_id="id"))
        .where(_OF_INSTRUMENT, _RATING.c.org_id == _ORG)
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


COUNTED = _counted()
"""Scores of all courses from the first one on, with their session number k."""


course_standing = sa.case(
    (COUNTED.c.intake_at < _SINCE, Standing.BEFORE_PERIOD.value),
    (
        sa.or_(COUNTED.c.oldest_edition != _EDITION, COUNTED.c.newest_edition != _EDITION),
        Standing.OTHER_EDITION.value,
    ),
    else_=Standing.FITTED.value,
)
"""Whether the course of a score is fitted; one without a later score has none that is."""

_N_COURSES = sa.select(sa.func.count()).select_from(_EPISODE).where(_OF_INSTRUMENT)
_GOT_SCORE = sa.exists().where(
    same(_RATING, _EPISODE, episode_id="id"),
    _RATING.c.instrument == sa.bindparam("instrument"),
    _RATING.c.sequence > sa.bindparam("sequence"),
)
_CLOSED_ANEW = _N_COURSES.where(
    _EPISODE.c.closed_at.is_not(None),
    sa.or_(_EPISODE.c.closed_at > sa.bindparam("at", type_=UtcDateTime), _GOT_SCORE),
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


def values_of(asked: Asked) -> Mapping[str, object]:
    """Return what was asked for, as a question to the database takes it."""
    return {
        "org": asked.org_id,
        "instrument": asked.instrument,
        "edition": asked.edition,
        "since": asked.since,
    }
