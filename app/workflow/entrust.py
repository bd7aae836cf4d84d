"""Who treats a patient: a colleague of the same team joins in, or somebody leaves."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.records import episodes, people
from app.records.base import DbSession
from app.records.people import Colleague, Treats
from app.records.visibility import Viewer
from app.workflow import find
from app.workflow.refusals import Conflict, Refusal

__all__ = [
    "Colleague",
    "TeamChoice",
    "check_clinician",
    "give",
    "store",
    "take_back",
    "teams_to_choose",
    "who_could_treat",
]


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """A team in which the viewer may open a course, and who can treat there."""

    team_id: uuid.UUID
    name: str
    clinicians: Sequence[Colleague]


def teams_to_choose(db: DbSession, viewer: Viewer) -> Sequence[TeamChoice]:
    """Return the teams in which the viewer may open a course."""
    teams = people.teams_of(db, viewer)
    clinicians = people.colleagues(db, viewer, team_ids=[team.id for team in teams])
    return [TeamChoice(team.id, team.name, clinicians[team.id]) for team in teams]


def who_could_treat(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> Sequence[Colleague]:
    """Return the clinicians of the patient's teams who do not treat the patient now."""
    carers = people.carers(db, viewer, patient_id=patient_id)
    treating = {carer.staff_id for carer in carers if carer.until is None}
    found = people.colleagues(db, viewer, team_ids=_teams(db, viewer, patient_id=patient_id))
    everyone = {colleague.staff_id: colleague for team in found.values() for colleague in team}
    return [colleague for staff_id, colleague in everyone.items() if staff_id not in treating]


def give(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    staff_id: uuid.UUID,
    now: dt.datetime,
) -> None:
    """Let a colleague of the same team treat a patient too."""
    find.patient(db, viewer, patient_id=patient_id, now=now)
    carers = people.carers(db, viewer, patient_id=patient_id)
    if any(carer.staff_id == staff_id and carer.until is None for carer in carers):
        raise Conflict("treats_already")
    check_clinician(db, viewer, staff_id, team_ids=_teams(db, viewer, patient_id=patient_id))
    find.log(db, viewer, "gave_access", patient_id=patient_id, now=now, clinician=staff_id.hex)
    store(db, viewer, patient_id=patient_id, staff_id=staff_id, now=now)


def take_back(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    staff_id: uuid.UUID,
    now: dt.datetime,
) -> bool:
    """End that somebody treats a patient; return whether the viewer still sees the patient."""
    find.patient(db, viewer, patient_id=patient_id, now=now)
    carers = people.carers(db, viewer, patient_id=patient_id)
    current = [carer for carer in carers if carer.until is None]
    leaving = next((carer for carer in current if carer.staff_id == staff_id), None)
    if leaving is None:
        raise Conflict("treats_no_longer")
    courses = episodes.of_patient(db, viewer, patient_id=patient_id)
    if len(current) == 1 and any(course.closed_at is None for course in courses):
        raise Conflict("last_clinician")
    find.log(db, viewer, "ended_access", patient_id=patient_id, now=now, clinician=staff_id.hex)
    people.end_treating(db, viewer, treats_id=leaving.id, now=now)
    return people.patient(db, viewer, patient_id=patient_id) is not None


def check_clinician(
    db: DbSession, viewer: Viewer, staff_id: uuid.UUID, *, team_ids: Collection[uuid.UUID]
) -> None:
    """Refuse somebody who is not a clinician in one of these teams."""
    found = people.colleagues(db, viewer, team_ids=team_ids)
    if not any(staff_id == colleague.staff_id for team in found.values() for colleague in team):
        raise Refusal("clinician_not_on_team")


def store(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    staff_id: uuid.UUID,
    now: dt.datetime,
) -> None:
    """Keep who treats whom, when all questions have been asked."""
    people.add(
        db,
        Treats(
            org_id=viewer.org_id,
            patient_id=patient_id,
            staff_id=staff_id,
            since=now,
            given_by=viewer.staff_id,
        ),
    )


def _teams(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Return the teams of the patient's open courses; of all courses when none is open."""
    courses = episodes.of_patient(db, viewer, patient_id=patient_id)
    now_open = frozenset(course.team_id for course in courses if course.closed_at is None)
    return now_open or frozenset(course.team_id for course in courses)
