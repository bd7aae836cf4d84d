"""The slow twin of ``course_rows``: the database itself sorts out every course, one by one."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.records.base import DbSession, ask, table_of
from app.records.course_scores import COUNTED, Asked, Standing, course_standing, values_of
from app.records.episodes import Episode
from app.records.people import Patient

_EPISODE, _PATIENT = table_of(Episode), table_of(Patient)
_ORG = sa.bindparam("org", type_=sa.Integer)
_LINE = "\n"


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


def _course_question() -> sa.Select[*tuple[Any, ...]]:
    """Return the question for each of some courses: one line for a course, its scores in it."""
    as_text = sa.cast(COUNTED.c.session, sa.String) + ":" + sa.cast(COUNTED.c.total, sa.String)
    text_version = sa.func.coalesce(COUNTED.c.text_version, "")
    return (
        sa.select(
            COUNTED.c.patient_id,
            course_standing,
            COUNTED.c.closed_at.is_not(None),
            _EPISODE.c.opened_at,
            _PATIENT.c.birth_year,
            sa.func.min(COUNTED.c.rated_at),
            sa.func.max(COUNTED.c.rated_at),
            sa.func.aggregate_strings(as_text, " "),
            sa.func.aggregate_strings(text_version, _LINE),
        )
        .join(_EPISODE, sa.and_(_EPISODE.c.org_id == _ORG, _EPISODE.c.id == COUNTED.c.episode_id))
        .join(_PATIENT, sa.and_(_PATIENT.c.org_id == _ORG, _PATIENT.c.id == COUNTED.c.patient_id))
        # All scores of a course stand alike, so that any of them tells how.
        .group_by(
            COUNTED.c.patient_id,
            COUNTED.c.episode_id,
            COUNTED.c.closed_at,
            COUNTED.c.intake_at,
            COUNTED.c.oldest_edition,
            COUNTED.c.newest_edition,
            _EPISODE.c.opened_at,
            _PATIENT.c.birth_year,
        )
        .order_by(COUNTED.c.patient_id, COUNTED.c.episode_id)
    )


_COURSES = _course_question()


def courses(db: DbSession, asked: Asked) -> Iterator[CourseFound]:
    """Yield every course that has a first score, the courses of one patient together."""
    for patient_id, standing, is_closed, opened_at, birth_year, *seen in ask(
        db, _COURSES, **values_of(asked)
    ):
        first_at, last_at, scores, texts = seen
        told = tuple(sorted(_pair(one) for one in scores.split()))
        is_fitted = standing == Standing.FITTED.value
        yield CourseFound(
            standing=Standing.NO_FOLLOW_UP if is_fitted and len(told) == 1 else Standing(standing),
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
