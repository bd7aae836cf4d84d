"""Figures that are shown do not give away one that is not, nor a hidden count."""

import datetime as dt

from app.clinical.figures import FigureName
from app.clinical.report import EVERYBODY, Report, ReportedFigure
from app.workflow.release import Step
from tests.support.by_hand import come, courses, drafted, place_of, told
from tests.support.clinic import Clinic
from tests.support.service import Course, Place

JANUARY, FEBRUARY, MARCH = (dt.date(2025, month, 1) for month in (1, 2, 3))


def a_month(place: Place, first: dt.date, *, n: int) -> list[Course]:
    """Return courses of every kind that closed in a month, n times five of them with two scores."""
    ends = [(150, 60), (250, 150), (150, 150), (150, 250), (60, 60), (150,), ()]
    return [
        course
        for scores in ends
        for course in courses(place, n, closed=first.replace(day=20), scores=scores)
    ]


def figure(report: Report, name: FigureName, period: str = EVERYBODY) -> ReportedFigure:
    (one,) = (
        one
        for one in report.figures
        if (one.name, one.unit, one.period) == (name, EVERYBODY, period)
    )
    return one


def quarter_after_two_months(clinic: Clinic) -> ReportedFigure:
    """Return the first score of a quarter after those of January and February are out."""
    out = [drafted(clinic, first=first).report for first in (JANUARY, FEBRUARY)]
    assert [figure(one, FigureName.MEAN_FIRST).n for one in out] == [50, 50]
    after = drafted(clinic, whole=Step.QUARTER, earlier=out).report
    return figure(after, FigureName.MEAN_FIRST)


def test_a_third_month_of_many_is_told_with_the_quarter(clinic: Clinic) -> None:
    place = place_of(clinic)
    come(clinic, place, *(a_month(place, first, n=10) for first in (JANUARY, FEBRUARY, MARCH)))

    after = quarter_after_two_months(clinic)

    assert (after.n, after.value is None) == (150, False)


def test_sessions_without_an_alliance_score_do_not_tell_that_nobody_has_two(
    clinic: Clinic,
) -> None:
    """None of 154 sessions: then none of 77 patients, which is hidden."""
    place = place_of(clinic)
    come(clinic, place, a_month(place, JANUARY, n=11))

    report = drafted(clinic).report

    assert told(report)["alliance_scored"] is None
    assert figure(report, FigureName.MEASURED_ALLIANCE).value is None
