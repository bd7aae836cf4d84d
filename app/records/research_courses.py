"""Ended courses with their scores, as an export for research reads them.

What counts, and from where a course is counted, is what ``course_scores`` says.
"""

import datetime as dt
import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.clinical.instruments import Tenths
from app.records.base import DbSession, UtcDateTime, ask, table_of
from app.records.course_histories import without_loops
from app.records.course_scores import COUNTED, Asked, values_of
from app.records.episodes import Answer, Ending, Episode, Participation
from app.records.people import Patient, Treats

_EPISODE, _PATIENT, _TREATS = table_of(Episode), table_of(Patient), table_of(Treats)
_SAID = table_of(Participation)
_ORG = sa.bindparam("org", type_=sa.Integer)


@dataclass(frozen=True, slots=True)
class ScoredCourse:
    """An ended course with at least one score."""

    patient_id: uuid.UUID
    episode_id: uuid.UUID
    team_id: uuid.UUID
    birth_year: int | None
    opened_at: dt.datetime
    closed_at: dt.datetime
    ending: Ending
    has_other_edition: bool
    """Some of its scores were given on another edition of the form."""
    scores: Sequence[tuple[int, dt.datetime, Tenths]]
    """Session k, when it was rated, and the score, in order; k of the first is 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From when until when courses have ended."""

    since: dt.datetime
    until: dt.datetime


def _is_in(stretch: Stretch) -> sa.ColumnElement[bool]:
    at = _EPISODE.c.closed_at
    return sa.and_(at >= stretch.since, at < stretch.until)


def ended_patients(db: DbSession, asked: Asked, *, stretch: Stretch) -> int:
    """Return how many patients ended a course with the instrument as its main one."""
    question = sa.select(sa.func.count(sa.distinct(_EPISODE.c.patient_id))).where(
        _EPISODE.c.org_id == asked.org_id,
        _EPISODE.c.main_instrument == asked.instrument,
        _is_in(stretch),
    )
    n: int = ask(db, question).scalar_one()
    return n


def said_no(db: DbSession, *, org_id: int) -> frozenset[uuid.UUID]:
    """Return the patients who do not want to be asked; a no for one day is no such no."""
    question = (
        sa.select(_SAID.c.patient_id, _SAID.c.answer)
        .where(_SAID.c.org_id == org_id, _SAID.c.answer != Answer.NOT_TODAY)
        .order_by(_SAID.c.sequence)
    )
    # The newest by patient: joined to itself the table took minutes where there are many.
    last = {row.patient_id: row.answer for row in ask(db, question)}
    return frozenset(
        patient_id
        for patient_id, answer in last.items()
        if answer in {Answer.NOT_FOR_ME, Answer.WITHDRAWN}
    )


def treating(
    db: DbSession, asked: Asked, *, stretch: Stretch
) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """Return who treated the patient of each course when it closed, by course."""
    at, until = _EPISODE.c.closed_at, _TREATS.c.until
    question = (
        sa.select(_EPISODE.c.id, _TREATS.c.staff_id)
        .join(
            _TREATS,
            sa.and_(
                _TREATS.c.org_id == _EPISODE.c.org_id,
                _TREATS.c.patient_id == _EPISODE.c.patient_id,
            ),
        )
        .where(_EPISODE.c.org_id == asked.org_id)
        .where(_EPISODE.c.main_instrument == asked.instrument, _is_in(stretch))
        .where(_TREATS.c.since <= at, sa.or_(until.is_(None), until >= at))
    )
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for course, staff in ask(db, question):
        found[course].add(staff)
    return {course: frozenset(staff) for course, staff in found.items()}


_COURSES = (
    sa.select(
        COUNTED.c.patient_id,
        COUNTED.c.episode_id,
        COUNTED.c.session,
        COUNTED.c.rated_at,
        COUNTED.c.total,
        COUNTED.c.oldest_edition,
        COUNTED.c.newest_edition,
        _EPISODE.c.team_id,
        _EPISODE.c.opened_at,
        _EPISODE.c.closed_at,
        _EPISODE.c.ending,
        _PATIENT.c.birth_year,
    )
    .join(_EPISODE, sa.and_(_EPISODE.c.org_id == _ORG, _EPISODE.c.id == COUNTED.c.episode_id))
    .join(_PATIENT, sa.and_(_PATIENT.c.org_id == _ORG, _PATIENT.c.id == COUNTED.c.patient_id))
    .where(
        _EPISODE.c.closed_at >= sa.bindparam("from", type_=UtcDateTime),
        _EPISODE.c.closed_at < sa.bindparam("to", type_=UtcDateTime),
    )
    .order_by(COUNTED.c.patient_id, _EPISODE.c.closed_at, COUNTED.c.episode_id, COUNTED.c.session)
)


def scored_courses(db: DbSession, asked: Asked, *, stretch: Stretch) -> Iterator[ScoredCourse]:
    """Yield ended courses with at least one score, those of a patient in the order of their end."""
    without_loops(db)
    values = {**values_of(asked), "from": stretch.since, "to": stretch.until}
    with closing(ask(db, _COURSES, **values)) as rows:
        for _, held in itertools.groupby(rows, key=lambda row: row.episode_id):
            yield _course(list(held), edition=asked.edition)


def _course(rows: Sequence[sa.Row[*tuple[Any, ...]]], *, edition: int) -> ScoredCourse:
    first = rows[0]
    return ScoredCourse(
        patient_id=first.patient_id,
        episode_id=first.episode_id,
        team_id=first.team_id,
        birth_year=first.birth_year,
        opened_at=first.opened_at,
        closed_at=first.closed_at,
        ending=first.ending,
        has_other_edition={first.oldest_edition, first.newest_edition} != {edition},
        scores=[(row.session, row.rated_at, row.total) for row in rows],
    )
