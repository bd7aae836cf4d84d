"""Courses made by hand, whose figures can be worked out on paper."""

import datetime as dt
import uuid
from collections.abc import Sequence

from app.clinical.report import EVERYBODY, Report
from app.records.episodes import Answer
from app.workflow import release
from app.workflow.release import Asked, Drafted, Step
from app.workflow.settle import HOUSE_WISHES, Wishes
from tests.support.clinic import Clinic
from tests.support.service import HOUR, WEEK, Course, Form, Place, Visit, found, store

NOW = dt.datetime(2026, 11, 16, 9, 0, tzinfo=dt.UTC)


def place_of(clinic: Clinic, *, therapists: int = 4, teams: int = 1) -> Place:
    """Add teams with so many therapists each."""
    org_id = clinic.clinician.org_id
    return found(clinic.database, org_id=org_id, teams=[therapists] * teams, at=clinic.clock.now)


def courses(
    place: Place,
    n: int,
    *,
    closed: dt.date = dt.date(2025, 1, 20),
    scores: Sequence[int] = (150, 60),
    alliance: Sequence[int] = (),
    answers: Sequence[Answer] = (Answer.ACCEPTED,),
    sessions: int = 2,
    therapists: int | None = None,
    team: int = 0,
) -> list[Course]:
    """Return so many courses that are alike, by therapists in turn."""
    team_id = list(place.teams)[team]
    staff = list(place.teams[team_id])[:therapists]
    ends = dt.datetime.combine(closed, dt.time(12), dt.UTC)
    opened = ends - (sessions + 1) * WEEK
    made = []
    for number in range(n):
        visits = [Visit(opened + (week + 1) * WEEK + HOUR) for week in range(sessions)]
        for visit, score in zip(visits, scores, strict=False):
            visit.forms.append(Form("phq-9", score))
        for visit, score in zip(visits, alliance, strict=False):
            visit.forms.append(Form("alliance-4", score))
        made.append(
            Course(
                patient=uuid.uuid4(),
                team=team_id,
                therapists=[staff[number % len(staff)]],
                opened_at=opened,
                closed_at=ends,
                instrument="phq-9",
                alliance="alliance-4",
                answers=answers,
                visits=visits,
            )
        )
    return made


def come(clinic: Clinic, place: Place, *groups: list[Course], first: int = 1) -> None:
    """Store courses; ``first`` is the number from which sequences count."""
    store(clinic.database, place, [one for group in groups for one in group], first=first)


def drafted(
    clinic: Clinic,
    *,
    whole: Step = Step.MONTH,
    first: dt.date = dt.date(2025, 1, 1),
    earlier: Sequence[Report] = (),
    wishes: Wishes = HOUSE_WISHES,
) -> Drafted:
    """Draw up a report on PHQ-9 beside those that are out."""
    with clinic.database.writing() as db:
        gathered = release.gather(
            db,
            clinic.viewer(db, clinic.quality_lead),
            asked=Asked(instrument="phq-9", first=first, whole=whole),
            registry=clinic.registry,
            earlier=earlier,
            wishes=wishes,
            now=NOW,
        )
    return release.draft(gathered)


def told(report: Report, period: str = EVERYBODY) -> dict[str, int | None]:
    """Return the counts of everybody in a period, by category."""
    return {
        one.category: one.n
        for one in report.counts
        if (one.unit, one.period, one.age) == (EVERYBODY, period, EVERYBODY)
    }
