"""What counts in rows for research is what counts on a patient's page; each patient once."""

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from typing import Any, Final

from app.clinical.research_rows import End, ResearchDefinition, ResearchPerson
from app.records.engine import enter_organization
from app.records.episodes import Answer, Ending
from app.records.people import RespondentKind
from app.records.tablets import Slot
from app.workflow.de_identify import Counts, Made, de_identify
from tests.support import service
from tests.support.clinic import Clinic
from tests.support.service import Course, Form, Place, Visit

KEY: Final = "outcome-4"
DAY: Final = dt.timedelta(days=1)
MAY: Final = dt.datetime(2025, 5, 5, 10, tzinfo=dt.UTC)
ALL_OF_2025: Final = ResearchDefinition(
    version=1, instrument=KEY, edition=1, first_year=2025, last_year=2025, k=5, has_teams=False
)


def a_place(clinic: Clinic) -> Place:
    org_id, now = clinic.clinician.org_id, clinic.clock.now
    return service.found(clinic.database, org_id=org_id, teams=(4,), at=now)


def course_of(
    place: Place,
    visits: Sequence[Visit],
    *,
    closed_at: dt.datetime = MAY + 90 * DAY,
    **changed: Any,  # noqa: ANN401 - any field of a course
) -> Course:
    (team,) = place.teams
    usual: dict[str, Any] = {
        "patient": uuid.uuid4(),
        "team": team,
        "therapists": place.teams[team][:1],
        "opened_at": MAY - DAY,
        "closed_at": closed_at,
        "instrument": KEY,
        "birth_year": 1990,
        "visits": list(visits),
    }
    return Course(**(usual | changed))


def came(day: int, *forms: Form, has_come: bool = True) -> Visit:
    return Visit(MAY + day * DAY, has_come=has_come, forms=list(forms))


def ordinary(place: Place, first: int, **changed: Any) -> Course:  # noqa: ANN401 - as above
    """Return a course of three sessions, of which the second has no score."""
    visits = [came(0, Form(KEY, first)), came(7), came(17, Form(KEY, first + first % 7 + 30))]
    return course_of(place, visits, **changed)


def made(clinic: Clinic, place: Place, courses: Sequence[Course]) -> Made:
    service.store(clinic.database, place, courses)
    with clinic.database.writing() as db:
        enter_organization(db, org_id=place.org_id)
        return de_identify(db, ALL_OF_2025, org_id=place.org_id)


def told(one: ResearchPerson) -> tuple[str | None, int | None, End, list[tuple[int, int, int]]]:
    return one.age, one.year, one.end, [(s.session, s.week, s.score) for s in one.scores]


def test_what_counts_is_told_in_sessions_and_weeks(clinic: Clinic) -> None:
    place = a_place(clinic)
    visits = [
        came(0, Form(KEY, 11, is_withdrawn=True)),
        came(
            3,
            Form(KEY, 100),
            Form(KEY, 250, slot=Slot.END),
            Form(KEY, 77, by=RespondentKind.PARTNER),
        ),
        came(9, Form(KEY, 90), has_come=False),
        came(16, Form(KEY, None)),
        came(24, Form(KEY, 130, replaced_by=140)),
    ]
    courses = [course_of(place, visits), *(ordinary(place, 200 + one) for one in range(4))]

    found = made(clinic, place, courses)

    adult = ("30 to 49", 2025, End.PLANNED)
    assert sorted(map(told, found.rows.people), key=lambda row: row[3]) == [
        # The first score that counts is session 1; one was typed over, one came at the end.
        (*adult, [(1, 0, 100), (3, 3, 140)]),
        (*adult, [(1, 0, 200), (3, 2, 234)]),
        (*adult, [(1, 0, 201), (3, 2, 236)]),
        (*adult, [(1, 0, 202), (3, 2, 238)]),
        (*adult, [(1, 0, 203), (3, 2, 233)]),
    ]
    assert sorted(found.patient_ids) == sorted(one.patient for one in courses)


def test_who_is_not_in_it_is_counted_by_reason(clinic: Clinic) -> None:
    place = a_place(clinic)
    again = uuid.uuid4()
    included = [ordinary(place, 200 + one) for one in range(5)]
    said_no = (Answer.ACCEPTED, Answer.WITHDRAWN, Answer.NOT_TODAY)
    courses = [
        *included,
        ordinary(place, 250, patient=again),
        # The same patient comes back in the autumn: one of the two is told.
        ordinary(place, 90, patient=again, closed_at=MAY + 200 * DAY),
        ordinary(place, 260, answers=said_no),
        ordinary(place, 270, answers=(Answer.NOT_FOR_ME, Answer.ACCEPTED)),
        course_of(place, [came(0, Form(KEY, 100)), came(7, Form(KEY, 120, edition=2))]),
        course_of(place, [came(0), came(7)]),
        ordinary(place, 280, ending=Ending.UNPLANNED),
        ordinary(place, 290, closed_at=None),
        # On New Year's night in Oslo, which is the old year in UTC.
        ordinary(place, 295, closed_at=dt.datetime(2025, 12, 31, 23, 30, tzinfo=dt.UTC)),
        ordinary(place, 296, closed_at=dt.datetime(2024, 12, 31, 23, 30, tzinfo=dt.UTC)),
    ]

    found = made(clinic, place, courses)

    assert found.counts == Counts(
        ended=12,
        declined=1,
        other_edition=1,
        unscored=1,
        included=8,
        as_group=0,
        without_team=0,
        told_least=0,
        left_out=1,
    )
    firsts = {one.scores[0].score for one in found.rows.people}
    assert firsts == {200, 201, 202, 203, 204, 250, 270, 296}


def test_names_are_drawn_anew_each_time(clinic: Clinic) -> None:
    place = a_place(clinic)
    courses = [ordinary(place, 200 + one) for one in range(9)]

    first = made(clinic, place, courses)
    with clinic.database.writing() as db:
        enter_organization(db, org_id=place.org_id)
        other = de_identify(db, ALL_OF_2025, org_id=place.org_id)

    one, two = ({row.person for row in each.rows.people} for each in (first, other))
    assert len(one) == len(two) == 9
    assert not one & two
    assert not {name[1:] for name in one} & {course.patient.hex[:16] for course in courses}
    # No spreadsheet takes one for a number.
    assert all(re.fullmatch("r[0-9a-f]{16}", name) for name in one | two)
