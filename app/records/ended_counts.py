"""Ended courses by what happened in them: change, flags, who treated; and courses begun."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.clinical.follow_up import ReviewStep
from app.clinical.rules import Level
from app.records.base import DbSession, same, table_of
from app.records.cohorts import (
    EARLIER,
    EPISODE,
    Cell,
    Span,
    asked_instrument,
    came_before,
    cohort,
    month_of,
)
from app.records.endings import Asked, CourseEnd, values_of
from app.records.flags import Flag
from app.records.people import Treats
from app.records.reviews import Review

_TO_REVIEW = (Level.IMMEDIATE, Level.REVIEW, Level.DISCUSS)


@dataclass(frozen=True, slots=True)
class Flagged:
    """Ended courses with flags that asked for a review, and those flags."""

    cell: Cell
    patients: int
    patients_reviewed: int
    """Of these, with every flag decided about before the course closed."""
    raised: int
    reviewed: int


_END, _TREATS = table_of(CourseEnd), table_of(Treats)
_FLAG, _REVIEW = table_of(Flag), table_of(Review)


def times_to_change(
    db: DbSession, asked: Asked, *, span: Span
) -> list[tuple[Cell, int, bool, int]]:
    """Return how many courses were better, or ended without being so, at each session.

    Each entry is a cell, the number of the session, whether it was reliable change for
    the better that came there, and how many courses.
    """
    of = cohort(span)
    is_better = _END.c.better_at.is_not(None)
    at = sa.case((is_better, _END.c.better_at), else_=_END.c.last_at)
    question = (
        sa.select(of.c.team_id, of.c.month, at, is_better, sa.func.count())
        .select_from(of)
        .join(
            _END, sa.and_(same(_END, of, episode_id="id"), _END.c.instrument == asked_instrument())
        )
        .where(_END.c.first.is_not(None))
        .group_by(of.c.team_id, of.c.month, at, is_better)
    )
    rows = db.execute(question, dict(values_of(asked))).all()
    return [(Cell(team, month), k, bool(better), n) for team, month, k, better, n in rows]


def flagged(db: DbSession, asked: Asked, *, span: Span, of: sa.CTE | None = None) -> list[Flagged]:
    """Return the flags of ended courses that asked for a review.

    ``of`` are other courses than those of a cohort.
    """
    of = cohort(span) if of is None else of
    decided = (
        sa.exists()
        .where(same(_REVIEW, _FLAG, flag_id="id"))
        .where(_REVIEW.c.step == ReviewStep.DECIDED)
        .where(_REVIEW.c.reviewed_at <= of.c.closed_at)
    )
    each = (
        sa.select(
            of.c.team_id,
            of.c.month,
            of.c.id,
            sa.func.count().label("raised"),
            sa.func.sum(sa.case((decided, 1), else_=0)).label("reviewed"),
        )
        .select_from(of)
        .join(_FLAG, same(_FLAG, of, episode_id="id"))
        .where(_FLAG.c.level.in_(_TO_REVIEW), _FLAG.c.raised_at <= of.c.closed_at)
        .group_by(of.c.team_id, of.c.month, of.c.id)
        .cte("each_course")
    )
    all_done = sa.case((each.c.reviewed == each.c.raised, 1), else_=0)
    question = sa.select(
        each.c.team_id,
        each.c.month,
        sa.func.count(),
        _summed(all_done),
        _summed(each.c.raised),
        _summed(each.c.reviewed),
    ).group_by(each.c.team_id, each.c.month)
    rows = db.execute(question, dict(values_of(asked))).all()
    return [Flagged(Cell(team, month), *map(int, numbers)) for team, month, *numbers in rows]


def by_therapist(db: DbSession, asked: Asked, *, span: Span) -> list[tuple[Cell, uuid.UUID, int]]:
    """Return how many patients of each cell each clinician treated when the course closed."""
    of = cohort(span)
    until = _TREATS.c.until
    question = (
        sa.select(
            of.c.team_id,
            of.c.month,
            _TREATS.c.staff_id,
            sa.func.count(sa.distinct(of.c.patient_id)),
        )
        .select_from(of)
        .join(_TREATS, same(_TREATS, of, patient_id="patient_id"))
        .where(_TREATS.c.since <= of.c.closed_at)
        .where(sa.or_(until.is_(None), until >= of.c.closed_at))
        .group_by(of.c.team_id, of.c.month, _TREATS.c.staff_id)
    )
    rows = db.execute(question, dict(values_of(asked))).all()
    return [(Cell(team, month), staff, n) for team, month, staff, n in rows]


def started(db: DbSession, asked: Asked, *, span: Span) -> Mapping[Cell, int]:
    """Return how many patients began a course, the first one of the year, in each cell."""
    opened = EPISODE.c.opened_at
    begun = (
        sa.select(EPISODE.c.team_id, month_of(opened, span).label("month"))
        .where(EPISODE.c.org_id == asked.org_id)
        .where(EPISODE.c.main_instrument == asked.instrument)
        .where(opened >= asked.since, opened < asked.until)
        .where(~came_before(EARLIER.c.opened_at, opened, span))
        .cte("begun")
    )
    question = sa.select(begun.c.team_id, begun.c.month, sa.func.count()).group_by(
        begun.c.team_id, begun.c.month
    )
    return {Cell(team, month): n for team, month, n in db.execute(question)}


def _summed(what: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(what), 0)
