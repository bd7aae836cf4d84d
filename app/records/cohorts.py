"""Which courses figures are about: ended in whole months, one of each patient in a year."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.records.base import same, table_of
from app.records.endings import IS_ASKED_FOR
from app.records.episodes import Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Whole months one after the other, and the calendar year that they lie in."""

    begins: Sequence[dt.datetime]
    """The first moment of each month."""
    until: dt.datetime
    new_years: Sequence[tuple[dt.datetime, int]]
    """The first moment of each calendar year, the year of the span first, and its number."""

    @property
    def year_begins(self) -> dt.datetime:
        """The first moment of the calendar year."""
        return self.new_years[0][0]


@dataclass(frozen=True, slots=True)
class Cell:
    """One team in one month: ``month`` counts from the first of the span."""

    team_id: uuid.UUID
    month: int


EPISODE = table_of(Episode)
EARLIER = EPISODE.alias("earlier")
"""Another course of the same patient."""


def cohort(span: Span) -> sa.CTE:
    """Return the ended courses that count."""
    closed = EPISODE.c.closed_at
    return (
        sa.select(
            EPISODE.c.org_id,
            EPISODE.c.id,
            EPISODE.c.patient_id,
            EPISODE.c.team_id,
            EPISODE.c.alliance_instrument,
            EPISODE.c.opened_at,
            closed,
            EPISODE.c.ending,
            EPISODE.c.agreement,
            month_of(closed, span).label("month"),
        )
        .where(IS_ASKED_FOR)
        .where(~came_before(EARLIER.c.closed_at, closed, span))
        .cte("cohort")
    )


def came_before(
    then: sa.ColumnElement[Any], at: sa.ColumnElement[Any], span: Span
) -> sa.ColumnElement[bool]:
    """Return the condition that the same patient has an earlier one in the year."""
    is_earlier = sa.or_(then < at, sa.and_(then == at, EARLIER.c.id < EPISODE.c.id))
    # Not compared as it is: SQLite would go through all courses of the year with the form,
    # again for each course, and not through the few of the patient.
    form = sa.func.coalesce(EARLIER.c.main_instrument, "")
    return (
        sa.exists()
        .where(same(EARLIER, EPISODE, patient_id="patient_id"))
        .where(form == EPISODE.c.main_instrument)
        .where(then >= span.year_begins, is_earlier)
    )


def month_of(moment: sa.ColumnElement[Any], span: Span) -> sa.ColumnElement[int]:
    """Return the number of the month that a moment lies in."""
    later = [(moment < begins, number) for number, begins in enumerate(span.begins[1:])]
    last = sa.literal(len(span.begins) - 1)
    return sa.case(*later, else_=last) if later else last


def year_of(moment: sa.ColumnElement[Any], span: Span) -> sa.ColumnElement[int]:
    """Return the calendar year that a moment lies in; nothing before the first that is known."""
    return sa.case(*((moment >= begins, year) for begins, year in span.new_years))


def asked_instrument() -> sa.ColumnElement[str]:
    """Return the instrument that ``Asked`` names."""
    return sa.bindparam("instrument", type_=sa.String)
