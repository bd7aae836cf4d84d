"""Every course with its scores, patient by patient, as a calibration reads them.

What counts, and from where a course is counted, is what ``course_scores`` says.
"""

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.clinical.instruments import Tenths
from app.records.base import DbSession, ask, table_of
from app.records.course_scores import COUNTED, Asked, Standing, course_standing, values_of
from app.records.episodes import Ending, Episode
from app.records.people import Patient

_EPISODE, _PATIENT = table_of(Episode), table_of(Patient)

_AT_ONCE = 5000
"""Scores that are read from the database together."""


@dataclass(frozen=True, slots=True)
class CourseHistory:
    """The scores of one course from its first one on; nothing in it names the patient."""

    scores: Sequence[tuple[int, Tenths]]
    """Pairs of session k and score, in order; k of the first is 1."""
    began_at: dt.datetime
    """When the first score was given."""
    opened_at: dt.datetime
    """When the course was opened: from then the age of the patient counts."""
    is_closed: bool
    has_left: bool
    """Whether it ended unplanned."""
    birth_year: int | None
    language: str


_HISTORIES = (
    sa.select(
        COUNTED.c.patient_id,
        COUNTED.c.episode_id,
        COUNTED.c.session,
        COUNTED.c.total,
        COUNTED.c.intake_at,
        COUNTED.c.closed_at,
        _EPISODE.c.opened_at,
        _EPISODE.c.ending,
        _PATIENT.c.birth_year,
        _PATIENT.c.language,
    )
    .join(
        _EPISODE,
        sa.and_(_EPISODE.c.org_id == sa.bindparam("org"), _EPISODE.c.id == COUNTED.c.episode_id),
    )
    .join(
        _PATIENT,
        sa.and_(_PATIENT.c.org_id == sa.bindparam("org"), _PATIENT.c.id == COUNTED.c.patient_id),
    )
    .where(course_standing == Standing.FITTED.value)
    .order_by(COUNTED.c.patient_id, COUNTED.c.episode_id, COUNTED.c.session)
)


_NO_LOOPS = sa.select(sa.func.set_config("enable_nestloop", "off", sa.true()))
"""Until the transaction ends."""


def without_loops(db: DbSession) -> None:
    """Let PostgreSQL read courses once also before it has counted its tables.

    Right after a large import it takes each part of the question for one row, and would go
    through all sessions again for every score: minutes for some hundred courses.
    """
    if db.get_bind().dialect.name == "postgresql":
        ask(db, _NO_LOOPS)


def patients(db: DbSession, asked: Asked) -> Iterator[Sequence[CourseHistory]]:
    """Yield the courses of each patient that would be fitted, and those with one score."""
    without_loops(db)
    question = _HISTORIES.execution_options(yield_per=_AT_ONCE)
    with closing(ask(db, question, **values_of(asked))) as rows:
        for _, of_patient in itertools.groupby(rows, key=lambda row: row.patient_id):
            yield [
                _history(list(of_course))
                for _, of_course in itertools.groupby(of_patient, key=lambda row: row.episode_id)
            ]


def _history(rows: Sequence[sa.Row[*tuple[Any, ...]]]) -> CourseHistory:
    first = rows[0]
    return CourseHistory(
        scores=[(row.session, row.total) for row in rows],
        began_at=first.intake_at,
        opened_at=first.opened_at,
        is_closed=first.closed_at is not None,
        has_left=first.ending is Ending.UNPLANNED,
        birth_year=first.birth_year,
        language=first.language,
    )
