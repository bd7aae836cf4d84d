"""Courses of an organization one after the other, to be gone through again by the program."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import sqlalchemy as sa

from app.records.base import DbSession, UtcDateTime, ask, table_of
from app.records.episodes import Baseline, Episode, EpisodeRow
from app.records.people import Patient, Treats
from app.records.ratings import Rating
from app.records.sessions import SessionStatus, TherapySession
from app.records.visibility import Viewer, seen_by

AT_A_TIME = 200
"""Courses that are held in memory together."""


@dataclass(frozen=True, slots=True)
class CourseToReplay:
    """A course, the rating that a clinician named as its start, and the year of birth."""

    episode: EpisodeRow
    baseline_id: uuid.UUID | None
    birth_year: int | None


@dataclass(frozen=True, slots=True)
class Treated:
    """For how long somebody treated a patient."""

    staff_id: uuid.UUID
    since: dt.datetime
    until: dt.datetime | None


_EPISODE, _BASELINE, _TREATS = table_of(Episode), table_of(Baseline), table_of(Treats)
_RATING, _EARLIER = table_of(Rating), table_of(Rating).alias("earlier")
_SESSION, _PERSON = table_of(TherapySession), table_of(Patient)
_NAMES = tuple(one.name for one in fields(EpisodeRow))
_PATIENT, _LAST = sa.bindparam("patient", type_=sa.Uuid), sa.bindparam("last", type_=sa.Uuid)
_COURSES = (
    sa.select(
        *(_EPISODE.c[name] for name in _NAMES),
        sa.select(_BASELINE.c.rating_id)
        .where(_BASELINE.c.org_id == _EPISODE.c.org_id)
        .where(_BASELINE.c.episode_id == _EPISODE.c.id)
        .order_by(_BASELINE.c.sequence.desc())
        .limit(1)
        .scalar_subquery(),
        sa.select(_PERSON.c.birth_year)
        .where(_PERSON.c.org_id == _EPISODE.c.org_id, _PERSON.c.id == _EPISODE.c.patient_id)
        .scalar_subquery(),
    )
    .where(_EPISODE.c.org_id == sa.bindparam("org"))
    .order_by(_EPISODE.c.patient_id, _EPISODE.c.id)
    .limit(AT_A_TIME)
)
_FURTHER = _COURSES.where(
    sa.or_(
        _EPISODE.c.patient_id > _PATIENT,
        sa.and_(_EPISODE.c.patient_id == _PATIENT, _EPISODE.c.id > _LAST),
    )
)
_TREATING = (
    sa.select(_TREATS.c.patient_id, *(_TREATS.c[one.name] for one in fields(Treated)))
    .where(_TREATS.c.org_id == sa.bindparam("org"))
    .where(_TREATS.c.patient_id.in_(sa.bindparam("patient_ids", expanding=True)))
)
_NEW_PATIENTS = (
    sa.select(sa.func.count(_RATING.c.patient_id.distinct()))
    .where(_RATING.c.org_id == sa.bindparam("org"))
    .where(_RATING.c.sequence > sa.bindparam("sequence"))
    .where(
        ~sa.exists()
        .where(_EARLIER.c.org_id == _RATING.c.org_id)
        .where(_EARLIER.c.patient_id == _RATING.c.patient_id)
        .where(_EARLIER.c.sequence <= sa.bindparam("sequence"))
    )
)
_ENDED = (
    sa.select(sa.func.count())
    .select_from(_EPISODE)
    .where(_EPISODE.c.org_id == sa.bindparam("org"), _EPISODE.c.closed_at.is_not(None))
    .where(
        sa.or_(
            _EPISODE.c.closed_at > sa.bindparam("at", type_=UtcDateTime),
            sa.exists()
            .where(_RATING.c.org_id == _EPISODE.c.org_id)
            .where(_RATING.c.episode_id == _EPISODE.c.id)
            .where(_RATING.c.sequence > sa.bindparam("sequence")),
        )
    )
)
_N_COURSES = (
    sa.select(sa.func.count()).select_from(_EPISODE).where(_EPISODE.c.org_id == sa.bindparam("org"))
)
_HELD = (
    sa.select(sa.func.count())
    .select_from(_SESSION)
    .where(_SESSION.c.org_id == sa.bindparam("org"))
    .where(_SESSION.c.status == SessionStatus.ATTENDED)
)


def courses(db: DbSession, viewer: Viewer) -> Iterator[Sequence[CourseToReplay]]:
    """Yield all courses, some at a time; those of one patient one after the other."""
    rows = list(ask(db, seen_by(viewer, _COURSES, _EPISODE.c.patient_id), org=viewer.org_id))
    while rows:
        part = [CourseToReplay(EpisodeRow(*row[:-2]), *row[-2:]) for row in rows]
        yield part
        last = part[-1].episode
        question = seen_by(viewer, _FURTHER, _EPISODE.c.patient_id)
        rows = list(ask(db, question, org=viewer.org_id, patient=last.patient_id, last=last.id))


def treating(
    db: DbSession, viewer: Viewer, *, patient_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, Sequence[Treated]]:
    """Return who has treated these patients, and when."""
    found: dict[uuid.UUID, list[Treated]] = {}
    question = seen_by(viewer, _TREATING, _TREATS.c.patient_id)
    for patient_id, *columns in ask(db, question, org=viewer.org_id, patient_ids=list(patient_ids)):
        found.setdefault(patient_id, []).append(Treated(*columns))
    return found


def sessions_held(db: DbSession, *, org_id: int) -> int:
    """Return how many therapy sessions have been held in an organization."""
    n: int = ask(db, _HELD, org=org_id).scalar_one()
    return n


def n_courses(db: DbSession, *, org_id: int) -> int:
    """Return how many courses an organization has."""
    n: int = ask(db, _N_COURSES, org=org_id).scalar_one()
    return n


def came_since(db: DbSession, *, org_id: int, at: dt.datetime, sequence: int) -> int:
    """Return how many patients rated first, or courses ended, after a moment: the more of them.

    A course that was read in from a file was closed long ago, and its scores are new.
    """
    patients: int = ask(db, _NEW_PATIENTS, org=org_id, sequence=sequence).scalar_one()
    ended: int = ask(db, _ENDED, org=org_id, at=at, sequence=sequence).scalar_one()
    return max(patients, ended)
