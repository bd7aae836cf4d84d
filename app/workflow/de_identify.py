"""De-identify ended courses: from the database to rows in which nobody stands alone."""

import datetime as dt
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.clinical import research_rows
from app.clinical.ages import age_band
from app.clinical.research_rows import (
    Deidentified,
    End,
    EndedCourse,
    GivenScore,
    ResearchDefinition,
    Told,
)
from app.records import research_courses
from app.records.base import DbSession
from app.records.course_scores import Asked
from app.records.episodes import Ending
from app.records.research_courses import ScoredCourse, Stretch
from app.workflow.agree import CLINIC_ZONE, local_day

NAME_BYTES = 8
"""Of a random name: with a million patients, two alike are less likely than one in ten million."""

NAME_BEGINS = "r"
"""Before the digits: a spreadsheet takes 12e4567890123456 for a number, and two such for one."""

_ENDS = {Ending.PLANNED: End.PLANNED, Ending.UNPLANNED: End.UNPLANNED}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many patients an export is about, and how many not. Only who releases sees it.

    Attributes
    ----------
    ended
        Patients who ended a course on the form in these years.
    declined
        Of these, with a score, who do not want to be asked.
    other_edition
        Of the others, whose courses all have scores on another edition of the form.
    unscored
        Without any score.
    included
        Who are in it; of these ``as_group``, ``without_team`` and ``told_least`` are told less.
    left_out
        Who would stand with too few.
    """

    ended: int
    declined: int
    other_edition: int
    unscored: int
    included: int
    as_group: int
    without_team: int
    told_least: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Made:
    """An export, how many it is about, and who they are: for the log, and nothing else."""

    rows: Deidentified
    counts: Counts
    patient_ids: Sequence[uuid.UUID]


def de_identify(db: DbSession, definition: ResearchDefinition, *, org_id: int) -> Made:
    """Return the rows of an export under new random names, drawn now and kept nowhere else.

    A patient is in it once, with the first course that ended in these years and has scores on
    this edition of the form only.
    """
    asked = Asked(
        org_id=org_id,
        instrument=definition.instrument,
        edition=definition.edition,
        since=None,
    )
    stretch = Stretch(since=_begin(definition.first_year), until=_begin(definition.last_year + 1))
    declined = research_courses.said_no(db, org_id=org_id)
    picked: dict[uuid.UUID, ScoredCourse] = {}
    scored: set[uuid.UUID] = set()
    for course in research_courses.scored_courses(db, asked, stretch=stretch):
        scored.add(course.patient_id)
        if course.patient_id not in declined and not course.has_other_edition:
            picked.setdefault(course.patient_id, course)
    treated = research_courses.treating(db, asked, stretch=stretch)
    courses = [_course(course, treated) for course in picked.values()]
    names = _names(research_rows.names_needed(courses))
    rows = research_rows.deidentify(
        courses, k=definition.k, has_teams=definition.has_teams, names=names
    )
    included = {one.person for one in rows.people}
    ended = research_courses.ended_patients(db, asked, stretch=stretch)
    counts = Counts(
        ended=ended,
        declined=len(scored & declined),
        other_edition=len(scored - declined) - len(picked),
        unscored=ended - len(scored),
        included=len(rows.people),
        as_group=rows.told[Told.AGE_GROUP],
        without_team=rows.told[Told.NO_TEAM],
        told_least=rows.told[Told.LEAST],
        left_out=rows.left_out,
    )
    patient_ids = [
        # The names of patients come first, in the order of their courses.
        patient_id
        for patient_id, name in zip(picked, names, strict=False)
        if name in included
    ]
    return Made(rows, counts, patient_ids)


def _names(needed: int) -> Sequence[str]:
    found: set[str] = set()
    while len(found) < needed:
        found.add(f"{NAME_BEGINS}{secrets.token_hex(NAME_BYTES)}")
    return list(found)


def _course(course: ScoredCourse, treated: Mapping[uuid.UUID, frozenset[uuid.UUID]]) -> EndedCourse:
    year = course.opened_at.astimezone(CLINIC_ZONE).year
    first = local_day(course.scores[0][1])
    return EndedCourse(
        team=course.team_id.hex,
        therapists=frozenset(one.hex for one in treated.get(course.episode_id, frozenset())),
        age=None if course.birth_year is None else age_band(year - course.birth_year),
        year=local_day(course.closed_at).year,
        end=_ENDS[course.ending],
        scores=tuple(
            # What was typed in from paper later may bear an earlier moment.
            GivenScore(session, max((local_day(at) - first).days, 0), score)
            for session, at, score in course.scores
        ),
    )


def _begin(year: int) -> dt.datetime:
    return dt.datetime(year, 1, 1, tzinfo=CLINIC_ZONE).astimezone(dt.UTC)
