"""Courses summed up together beside the same courses told one by one."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.clinical.curve_comparison import ScoreCount
from app.clinical.fitted_courses import FittedCourses
from app.clinical.own_curve import LEAST_SCORES, Reach
from app.records.course_histories import without_loops
from app.records.course_scores import Asked, Standing, courses_in_all
from app.records.engine import enter_organization
from app.workflow.sum_up import Tally, sum_up
from tests.support.clinic import Clinic
from tests.support.told_courses import CourseFound, courses

REACHES = [
    Reach(lowest_intake=0, highest_intake=270, first_session=2, last_session=12),
    Reach(lowest_intake=120, highest_intake=180, first_session=4, last_session=5),
    Reach(lowest_intake=0, highest_intake=90, first_session=3, last_session=3),
]


@dataclass(frozen=True, slots=True)
class Both:
    """The same courses, summed up together and told one by one."""

    tally: Tally
    told: Sequence[CourseFound]
    in_all: int

    @property
    def fitted(self) -> Sequence[CourseFound]:
        return [one for one in self.told if one.standing is Standing.FITTED]


def asked_of(clinic: Clinic, *, since: dt.datetime | None = None) -> Asked:
    """Return the question for the courses on one form."""
    return Asked(org_id=clinic.clinician.org_id, instrument="phq-9", edition=1, since=since)


def summed(clinic: Clinic, *, since: dt.datetime | None = None) -> Both:
    """Return the courses of a clinic, both ways."""
    asked = asked_of(clinic, since=since)
    with clinic.database.reading() as db:
        enter_organization(db, org_id=asked.org_id)
        tally = sum_up(db, asked)
        without_loops(db)
        return Both(
            tally=tally,
            told=list(courses(db, asked)),
            in_all=courses_in_all(db, asked),
        )


def check_counts(summed: FittedCourses, told: Sequence[CourseFound]) -> None:
    """Compare what is counted about some courses with what counting them one by one gives."""
    later = [(one, k, score) for one in told for k, score in one.scores[1:]]
    assert summed.courses == len(told)
    assert summed.scores == len(later)
    assert summed.patients == len({one.patient for one in told})
    assert summed.closed == sum(one.is_closed and len(one.scores) >= LEAST_SCORES for one in told)
    assert summed.intakes == Counter(one.scores[0][1] for one in told)
    at = Counter(k for _, k in {(one.patient, k) for one, k, _ in later})
    assert summed.patients_at() == at
    counts = Counter((one.scores[0][1], k, score) for one, k, score in later)
    assert sorted(summed.score_counts(), key=repr) == sorted(
        (ScoreCount(*which, n=n) for which, n in counts.items()), key=repr
    )
    for reach in REACHES:
        assert summed.patients_within(reach) == len(
            {
                one.patient
                for one, k, _ in later
                if reach.lowest_intake <= one.scores[0][1] <= reach.highest_intake
                and reach.first_session <= k <= reach.last_session
            }
        )


def check_all(both: Both) -> None:
    """Compare all that is told of courses that were summed up with the courses one by one."""
    standings = Counter(one.standing for one in both.told)
    assert both.tally.in_all == both.in_all
    assert both.tally.standings == standings
    assert both.tally.left_out()["no_intake"] == both.in_all - len(both.told)
    check_counts(both.tally.fitted, both.fitted)
    assert both.tally.first_at == min((one.first_at for one in both.fitted), default=None)
    assert both.tally.last_at == max((one.last_at for one in both.fitted), default=None)
    assert both.tally.text_versions == frozenset().union(
        *(one.text_versions for one in both.fitted)
    )
