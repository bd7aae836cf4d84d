"""What is read of each course for a curve, kept until something in the course changes.

Worked out from the ratings and never entered: a row can be marked as no longer true at any
time and is made again. The database itself notes which courses change, whoever changes them.
"""

import uuid
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel

from app.records import audit
from app.records.base import DbSession, ask, belongs, new_id, table_of
from app.records.episodes import Episode


class KeptCourse(SQLModel, table=True):
    """One course on its main instrument: the scores that count, from the first one on."""

    __tablename__ = "kept_course"
    __table_args__ = (belongs("episode_id", "episode"),)

    org_id: int = Field(primary_key=True, foreign_key="organization.id")
    episode_id: uuid.UUID = Field(primary_key=True)
    instrument: str | None = Field(default=None, max_length=40)
    """Missing once the row no longer holds."""
    sessions: bytes
    scores: bytes
    """Session number k and tenths of a point of each score, as ``begun_courses`` writes them."""
    first_at: int | None = Field(default=None, sa_type=sa.BigInteger)
    earliest: int | None = Field(default=None, sa_type=sa.BigInteger)
    latest: int | None = Field(default=None, sa_type=sa.BigInteger)
    """Microseconds since 1970: when the first score was given, the earliest and the latest."""
    oldest: int | None = None
    newest: int | None = None
    """Editions of the form."""
    text_versions: str
    """Editions of the item text, with blanks between them."""


class ChangedCourse(SQLModel, table=True):
    """A note of the database: something in a course has changed since it was last looked at."""

    __tablename__ = "changed_course"
    __table_args__ = (belongs("episode_id", "episode"),)

    org_id: int = Field(primary_key=True, foreign_key="organization.id")
    episode_id: uuid.UUID = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)


_KEPT, _CHANGED, _EPISODE = table_of(KeptCourse), table_of(ChangedCourse), table_of(Episode)
_ORG = sa.bindparam("org", type_=sa.Integer)
_AT_A_TIME = 5000
"""Notes that are taken up in one go: fewer than either database takes values."""

HOLDS = sa.and_(
    _KEPT.c.org_id == _EPISODE.c.org_id,
    _KEPT.c.episode_id == _EPISODE.c.id,
    _KEPT.c.instrument == _EPISODE.c.main_instrument,
    ~sa.exists()
    .where(_CHANGED.c.org_id == _KEPT.c.org_id, _CHANGED.c.episode_id == _KEPT.c.episode_id)
    .correlate(_KEPT),
)
"""The condition that what is kept of an episode is still true."""

_NOTES = (
    sa.select(_CHANGED.c.episode_id, _CHANGED.c.id)
    .where(_CHANGED.c.org_id == _ORG)
    .limit(sa.bindparam("at_most", type_=sa.Integer))
)
_FORGET = (
    sa.update(_KEPT)
    .where(_KEPT.c.org_id == _ORG)
    .where(_KEPT.c.episode_id.in_(sa.bindparam("courses", expanding=True)))
    .values(instrument=None)
)
_DONE = (
    sa.delete(_CHANGED)
    .where(_CHANGED.c.org_id == _ORG)
    .where(_CHANGED.c.episode_id.in_(sa.bindparam("courses", expanding=True)))
    .where(_CHANGED.c.id.in_(sa.bindparam("notes", expanding=True)))
)
_NAMES = [column.name for column in _KEPT.columns]
_KEY = [column.name for column in _KEPT.primary_key.columns]


def _kept_by(insert: sqlite.Insert | postgresql.Insert) -> sa.Executable:
    values = {name: insert.excluded[name] for name in _NAMES if name not in _KEY}
    return insert.on_conflict_do_update(index_elements=_KEY, set_=values)


_KEEP = {
    "sqlite": _kept_by(sqlite.insert(_KEPT)),
    "postgresql": _kept_by(postgresql.insert(_KEPT)),
}


def forget_changed(db: DbSession, *, org_id: int) -> bool:
    """Mark what is kept of courses that have changed as no longer true.

    Returns whether there may be more of them. A note that another transaction has not committed
    yet stays, and counts from then on.
    """
    audit.take_turn(db)
    found = ask(db, _NOTES, org=org_id, at_most=_AT_A_TIME).all()
    if found:
        courses = list({row.episode_id for row in found})
        ask(db, _FORGET, org=org_id, courses=courses)
        ask(db, _DONE, org=org_id, courses=courses, notes=[row.id for row in found])
    return len(found) == _AT_A_TIME


def keep(db: DbSession, rows: Sequence[Mapping[str, object]]) -> None:
    """Keep what was read of some courses, in this transaction and after ``take_turn``.

    What is kept without a note stays true: a change that was not seen here leaves its note
    after this, and nobody takes notes up before this transaction has ended.
    """
    if rows:
        db.flush()
        db.connection().execute(_KEEP[db.get_bind().dialect.name], list(rows))
