"""Where the lowest early alliance ratings of an organization end; worked out anew now and then."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from types import MappingProxyType

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field

from app.clinical.early_alliance import EarlyLimit
from app.clinical.instruments import Tenths
from app.records.base import DbSession, OrganizationRow, ask, moment, same, table_of
from app.records.episodes import Episode
from app.records.people import Respondent, RespondentKind
from app.records.ratings import Rating, Withdrawal
from app.records.sessions import PLACE_IN_COURSE, SessionStatus, TherapySession


class EarlyAlliance(OrganizationRow, table=True):
    """The limits of all alliance forms from a day on; the newest row counts."""

    __tablename__ = "early_alliance"
    __table_args__ = (sa.UniqueConstraint("org_id", "sequence"),)

    made_at: dt.datetime = moment()
    limits: dict[str, dict[str, int]] = Field(sa_column=Column(JSON, nullable=False))
    """By form; how many ratings are behind it, and nobody's."""
    sequence: int


Limits = Mapping[str, EarlyLimit]

_NONE: Limits = MappingProxyType({})
_EARLY, _SESSION, _EPISODE = table_of(EarlyAlliance), table_of(TherapySession), table_of(Episode)
_RATING, _RESPONDENT, _WITHDRAWAL = table_of(Rating), table_of(Respondent), table_of(Withdrawal)
_NEWER = _RATING.alias("newer")
_ORG = sa.bindparam("org", type_=sa.Integer)


def _early_totals() -> sa.Select[tuple[int, int]]:
    is_watched = sa.and_(
        _EPISODE.c.org_id == _ORG,
        _EPISODE.c.alliance_instrument == sa.bindparam("instrument", type_=sa.String),
    )
    came = (
        sa.select(
            _SESSION.c.id,
            PLACE_IN_COURSE.label("place"),
        )
        .join(_EPISODE, same(_EPISODE, _SESSION, id="episode_id"))
        .where(is_watched, _SESSION.c.status == SessionStatus.ATTENDED)
        .cte("came")
    )
    rated = (
        sa.select(
            _RATING.c.total,
            sa.func.row_number()
            .over(partition_by=_RATING.c.session_id, order_by=_RATING.c.sequence.desc())
            .label("age"),
        )
        .select_from(_RATING)
        .join(came, came.c.id == _RATING.c.session_id)
        .join(_RESPONDENT, same(_RESPONDENT, _RATING, id="respondent_id"))
        .outerjoin(_NEWER, same(_NEWER, _RATING, replaces_id="id"))
        .outerjoin(_WITHDRAWAL, same(_WITHDRAWAL, _RATING, rating_id="id"))
        .where(_RATING.c.org_id == _ORG)
        .where(_RATING.c.instrument == sa.bindparam("instrument", type_=sa.String))
        .where(_RATING.c.instrument_version == sa.bindparam("edition", type_=sa.Integer))
        .where(_RATING.c.total.is_not(None), _RESPONDENT.c.kind == RespondentKind.PATIENT)
        .where(_NEWER.c.id.is_(None), _WITHDRAWAL.c.id.is_(None))
        .where(came.c.place <= sa.bindparam("sessions", type_=sa.Integer))
        .cte("rated")
    )
    return sa.select(rated.c.total, sa.func.count()).where(rated.c.age == 1).group_by(rated.c.total)


_TOTALS = _early_totals()


def totals(db: DbSession, *, instrument: str, edition: int, sessions: int) -> Mapping[Tenths, int]:
    """Return how often patients gave each total in the first sessions that they came to.

    Of courses of the organization at hand that have the form as their alliance form. One
    rating for each session; none that was replaced or withdrawn.
    """
    rows = ask(
        db,
        _TOTALS,
        org=db.info["org_id"],
        instrument=instrument,
        edition=edition,
        sessions=sessions,
    )
    return {row[0]: row[1] for row in rows}


def limits(org_id: sa.ColumnElement[int] | int) -> sa.ScalarSelect[str]:
    """Return the question for the limits that hold in an organization, as a text."""
    return (
        sa.select(sa.cast(_EARLY.c.limits, sa.Text))
        .where(_EARLY.c.org_id == org_id)
        .order_by(_EARLY.c.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )


def held(db: DbSession, *, org_id: int) -> Limits:
    """Return the limits that hold in an organization, by form."""
    return read_limits(db.execute(sa.select(limits(org_id))).scalar_one())


@lru_cache(maxsize=64)
def read_limits(kept: str | None) -> Limits:
    """Return limits by form from the text that holds them; the same text is read once."""
    if kept is None:
        return _NONE
    return MappingProxyType({key: EarlyLimit(**one) for key, one in json.loads(kept).items()})


def as_kept(found: Limits) -> dict[str, dict[str, int]]:
    """Return limits as they are kept."""
    return {key: asdict(one) for key, one in found.items()}


def add(db: DbSession, row: EarlyAlliance) -> None:
    """Keep the limits that hold from now on."""
    db.add(row)
    db.flush()
