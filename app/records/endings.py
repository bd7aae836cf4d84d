"""What a closed course came to on each instrument: first and last score, kept once it is known.

Worked out from the ratings and never entered: a row can be marked as no longer true at any
time and is made again when figures are asked for. What counts is what counts on a patient's page,
as in ``course_scores``.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel

from app.records import audit
from app.records.base import DbSession, UtcDateTime, ask, belongs, same, table_of
from app.records.episodes import Baseline, Episode
from app.records.people import Respondent, RespondentKind, Treats
from app.records.ratings import Rating, Withdrawal
from app.records.sessions import PLACE_IN_COURSE, SessionStatus, TherapySession
from app.records.tablets import Slot


class CourseEnd(SQLModel, table=True):
    """One closed course on one instrument, in sessions and tenths of a point."""

    __tablename__ = "course_end"
    __table_args__ = (belongs("episode_id", "episode"),)

    org_id: int = Field(primary_key=True, foreign_key="organization.id")
    episode_id: uuid.UUID = Field(primary_key=True)
    instrument: str = Field(primary_key=True, max_length=40)
    attended: int
    """Sessions that the patient came to."""
    measured: int
    """Of these, with a score on the instrument."""
    scores: int
    """Of these, from the start of the course on: the intake and what follows."""
    intake: int | None = None
    """The score that the course starts at, also if no other follows."""
    first: int | None = None
    last: int | None = None
    """The first and the last score; missing with fewer than two."""
    last_at: int | None = None
    """Number of the session of the last score; the intake is session 1."""
    better_at: int | None = None
    """Number of the first session with a reliable change for the better."""
    other_edition: int
    """Scores on another edition of the form, which are not compared with these."""
    edition: int | None = None
    least: int | None = None
    """Edition and least reliable change that this was worked out with, on the main instrument.

    Without an edition a row of the main instrument no longer holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which courses: of an organization, closed in a stretch of time, by main instrument."""

    org_id: int
    instrument: str
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """What first and last scores are worked out with.

    ``least`` is the least difference in tenths that is a reliable change, ``None`` where the
    instrument has none; ``sign`` is +1 where higher is better, else -1.
    """

    edition: int
    least: int | None
    sign: int


_END, _EPISODE, _BASELINE = table_of(CourseEnd), table_of(Episode), table_of(Baseline)
_SESSION, _RATING = table_of(TherapySession), table_of(Rating)
_RESPONDENT, _WITHDRAWAL = table_of(Respondent), table_of(Withdrawal)
_TREATS = table_of(Treats)
_NEWER = _RATING.alias("newer")
_ORG = sa.bindparam("org", type_=sa.Integer)
_MAIN = sa.bindparam("instrument", type_=sa.String)
_EDITION = sa.bindparam("edition", type_=sa.Integer)
_LEAST = sa.bindparam("least", type_=sa.Integer)
_SIGN = sa.bindparam("sign", type_=sa.Integer)
_STAFF = sa.bindparam("treated_by", type_=sa.Uuid)


IS_ASKED_FOR = sa.and_(
    _EPISODE.c.org_id == _ORG,
    _EPISODE.c.main_instrument == _MAIN,
    _EPISODE.c.closed_at >= sa.bindparam("since", type_=UtcDateTime),
    _EPISODE.c.closed_at < sa.bindparam("until", type_=UtcDateTime),
)
"""The condition that an episode is among those that ``Asked`` names."""

WAS_TREATED = sa.and_(
    _TREATS.c.org_id == _EPISODE.c.org_id,
    _TREATS.c.patient_id == _EPISODE.c.patient_id,
    _TREATS.c.since <= _EPISODE.c.closed_at,
    sa.or_(_TREATS.c.until.is_(None), _TREATS.c.until >= _EPISODE.c.closed_at),
)
"""The condition that somebody treated a patient when the course closed."""

_IS_THEIRS = sa.or_(_STAFF.is_(None), sa.exists().where(WAS_TREATED, _TREATS.c.staff_id == _STAFF))
_KEPT = (
    sa.exists()
    .where(same(_END, _EPISODE, episode_id="id"))
    .where(_END.c.instrument == _EPISODE.c.main_instrument)
    .where(_END.c.edition == _EDITION)
    .where(sa.func.coalesce(_END.c.least, -1) == sa.func.coalesce(_LEAST, -1))
)
_MISSING = (
    sa.select(_EPISODE.c.id, _EPISODE.c.alliance_instrument)
    .where(IS_ASKED_FOR, _IS_THEIRS, ~_KEPT)
    .cte("missing")
)
"""Closed courses of which nothing is kept, or what no longer holds."""

_IS_ANY_MISSING = sa.select(sa.select(_MISSING.c.id).exists())

_CAME = (
    sa.select(
        _SESSION.c.id,
        _SESSION.c.episode_id,
        PLACE_IN_COURSE.label("place"),
    )
    .join(_MISSING, _MISSING.c.id == _SESSION.c.episode_id)
    .where(_SESSION.c.org_id == _ORG, _SESSION.c.status == SessionStatus.ATTENDED)
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
    .join(_MISSING, _MISSING.c.id == _BASELINE.c.episode_id)
    .where(_BASELINE.c.org_id == _ORG)
    .cte("named")
)
"""Ratings that a clinician named as the start, the newest of each course first."""

_IS_OTHER_EDITION = sa.and_(_RATING.c.instrument == _MAIN, _RATING.c.instrument_version != _EDITION)
_SCORED = (
    sa.select(
        _RATING.c.id,
        _RATING.c.episode_id,
        _RATING.c.instrument,
        _RATING.c.session_id,
        _RATING.c.total,
        sa.case((_IS_OTHER_EDITION, 1), else_=0).label("is_other"),
        sa.func.row_number()
        .over(
            partition_by=[_RATING.c.episode_id, _RATING.c.instrument, _RATING.c.session_id],
            order_by=[
                sa.case((_IS_OTHER_EDITION, 1), else_=0),
                sa.case((_RATING.c.slot == Slot.START, 0), else_=1),
                _RATING.c.sequence.desc(),
            ],
        )
        .label("preference"),
    )
    .select_from(_MISSING)
    .join(_RATING, sa.and_(_RATING.c.org_id == _ORG, _RATING.c.episode_id == _MISSING.c.id))
    .join(_RESPONDENT, same(_RESPONDENT, _RATING, id="respondent_id"))
    .outerjoin(_NEWER, same(_NEWER, _RATING, replaces_id="id"))
    .outerjoin(_WITHDRAWAL, same(_WITHDRAWAL, _RATING, rating_id="id"))
    .where(_RATING.c.total.is_not(None), _RESPONDENT.c.kind == RespondentKind.PATIENT)
    .where(_NEWER.c.id.is_(None), _WITHDRAWAL.c.id.is_(None))
    .cte("scored")
)
"""The patient's own scores that count; of those of one session the preferred one first."""

_OF_ONE = [_SCORED.c.episode_id, _SCORED.c.instrument]
_NAMED_PLACE = sa.case((_NAMED.c.rating_id.is_not(None), _CAME.c.place))
_PLACED = (
    sa.select(
        _SCORED.c.episode_id,
        _SCORED.c.instrument,
        _SCORED.c.total,
        _SCORED.c.is_other,
        _CAME.c.place,
        sa.func.coalesce(
            sa.func.max(_NAMED_PLACE).over(partition_by=_OF_ONE),
            sa.func.min(sa.case((_SCORED.c.is_other == 0, _CAME.c.place))).over(
                partition_by=_OF_ONE
            ),
        ).label("start"),
        sa.func.max(sa.case((_SCORED.c.is_other == 0, _CAME.c.place)))
        .over(partition_by=_OF_ONE)
        .label("end"),
    )
    .select_from(_SCORED)
    .join(_CAME, _CAME.c.id == _SCORED.c.session_id)
    .outerjoin(_NAMED, sa.and_(_NAMED.c.rating_id == _SCORED.c.id, _NAMED.c.age == 1))
    .where(_SCORED.c.preference == 1)
    .cte("placed")
)
"""One score for each session, with where the course begins and ends."""

_COUNTED = (
    sa.select(
        _PLACED,
        sa.func.max(sa.case((_PLACED.c.place == _PLACED.c.start, _PLACED.c.total)))
        .over(partition_by=[_PLACED.c.episode_id, _PLACED.c.instrument])
        .label("intake"),
        sa.and_(_PLACED.c.is_other == 0, _PLACED.c.place >= _PLACED.c.start).label("is_counted"),
    )
    .select_from(_PLACED)
    .cte("counted")
)

_IS_BETTER = sa.and_(
    _COUNTED.c.is_counted,
    _COUNTED.c.instrument == _MAIN,
    _SIGN * (_COUNTED.c.total - _COUNTED.c.intake) >= _LEAST,
)
_SCORES = sa.func.sum(sa.case((_COUNTED.c.is_counted, 1), else_=0))
_ENDS = (
    sa.select(
        _COUNTED.c.episode_id,
        _COUNTED.c.instrument,
        sa.func.sum(1 - _COUNTED.c.is_other).label("measured"),
        _SCORES.label("scores"),
        sa.func.max(_COUNTED.c.intake).label("intake"),
        sa.case((_SCORES >= 2, sa.func.max(_COUNTED.c.intake))).label("first"),  # noqa: PLR2004 - a first and a last
        sa.case(
            (
                _SCORES >= 2,  # noqa: PLR2004 - as above
                sa.func.max(sa.case((_COUNTED.c.place == _COUNTED.c.end, _COUNTED.c.total))),
            )
        ).label("last"),
        (sa.func.max(_COUNTED.c.end) - sa.func.max(_COUNTED.c.start) + 1).label("last_at"),
        sa.func.min(sa.case((_IS_BETTER, _COUNTED.c.place - _COUNTED.c.start + 1))).label(
            "better_at"
        ),
        sa.func.sum(_COUNTED.c.is_other).label("other_edition"),
    )
    .group_by(_COUNTED.c.episode_id, _COUNTED.c.instrument)
    .cte("ends")
)

_WANTED = sa.union(
    sa.select(_MISSING.c.id.label("episode_id"), _MAIN.label("instrument")),
    sa.select(_MISSING.c.id, _MISSING.c.alliance_instrument).where(
        _MISSING.c.alliance_instrument.is_not(None)
    ),
    sa.select(_ENDS.c.episode_id, _ENDS.c.instrument),
    sa.select(_END.c.episode_id, _END.c.instrument)
    .join(_MISSING, _MISSING.c.id == _END.c.episode_id)
    .where(_END.c.org_id == _ORG),
).cte("wanted")
_VISITS = (
    sa.select(_CAME.c.episode_id, sa.func.count().label("attended"))
    .group_by(_CAME.c.episode_id)
    .cte("visits")
)
_IS_MAIN = _WANTED.c.instrument == _MAIN


def _count(column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(column, 0)


_WORKED_OUT = (
    sa.select(
        _ORG,
        _WANTED.c.episode_id,
        _WANTED.c.instrument,
        _count(_VISITS.c.attended),
        _count(_ENDS.c.measured),
        _count(_ENDS.c.scores),
        _ENDS.c.intake,
        _ENDS.c.first,
        _ENDS.c.last,
        _ENDS.c.last_at,
        _ENDS.c.better_at,
        _count(_ENDS.c.other_edition),
        sa.case((_IS_MAIN, _EDITION)),
        sa.case((_IS_MAIN, _LEAST)),
    )
    .select_from(_WANTED)
    .outerjoin(_VISITS, _VISITS.c.episode_id == _WANTED.c.episode_id)
    .outerjoin(
        _ENDS,
        sa.and_(
            _ENDS.c.episode_id == _WANTED.c.episode_id,
            _ENDS.c.instrument == _WANTED.c.instrument,
        ),
    )
    # Without a condition SQLite takes what to do about a row that is there for a join's.
    .where(sa.true())
)
_NAMES = [column.name for column in _END.columns]
_KEY = [column.name for column in _END.primary_key.columns]


def _kept_by(insert: sqlite.Insert | postgresql.Insert) -> sa.Executable:
    """Return the statement that keeps rows; one that is there is replaced, never taken away."""
    rows = insert.from_select(_NAMES, _WORKED_OUT)
    values = {name: rows.excluded[name] for name in _NAMES if name not in _KEY}
    return rows.on_conflict_do_update(index_elements=_KEY, set_=values)


_KEEP = {
    "sqlite": _kept_by(sqlite.insert(_END)),
    "postgresql": _kept_by(postgresql.insert(_END)),
}
_FORGET = (
    sa.update(_END)
    .where(_END.c.org_id == _ORG, _END.c.episode_id == sa.bindparam("of_episode"))
    .values(edition=None)
)


def keep(
    db: DbSession, asked: Asked, *, yardstick: Yardstick, treated_by: uuid.UUID | None = None
) -> int:
    """Work out what is not kept yet of the courses asked for; return how many rows that made.

    What was worked out with another edition or reliable change is worked out anew. Only the
    courses of one clinician are, if ``treated_by`` names one: nobody waits for the others.
    """
    # A rating that is withdrawn meanwhile must not leave behind what it came to.
    audit.take_turn(db)
    values = {**values_of(asked), "edition": yardstick.edition, "least": yardstick.least}
    if not ask(db, _IS_ANY_MISSING, **values, treated_by=treated_by).scalar():
        return 0
    statement = _KEEP[db.get_bind().dialect.name]
    return ask(db, statement, **values, sign=yardstick.sign, treated_by=treated_by).rowcount


def forget(db: DbSession, *, episode_id: uuid.UUID) -> None:
    """Mark what is kept of a course as no longer true, because a rating of it does not count."""
    audit.take_turn(db)
    ask(db, _FORGET, org=db.info["org_id"], of_episode=episode_id)


def values_of(asked: Asked) -> Mapping[str, object]:
    """Return what ``IS_ASKED_FOR`` is asked with."""
    return {
        "org": asked.org_id,
        "instrument": asked.instrument,
        "since": asked.since,
        "until": asked.until,
    }
