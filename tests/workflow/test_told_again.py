"""Figures that are shown do not give away one that is not, nor a hidden count."""

import datetime as dt

import pytest

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


@pytest.mark.parametrize(("others", "n"), [((400, 400), None), ((360, 380), 72)])
def test_where_all_gave_the_same_alliance_score_no_mean_of_it_is_told(
    clinic: Clinic, others: tuple[int, int], n: int | None
) -> None:
    """A mean with a range of nothing is the score of each."""
    place = place_of(clinic)
    ends = [(150, 60), (250, 150), (150, 150), (150, 250), (60, 60)]
    rated = [courses(place, 12, scores=scores, alliance=(400, 400)) for scores in ends]
    rated.append(courses(place, 12, scores=(150, 60), alliance=others))
    come(clinic, place, *rated, *(courses(place, 12, scores=scores) for scores in ends))

    report = drafted(clinic).report

    mean = figure(report, FigureName.ALLIANCE_FIRST)
    assert told(report)["alliance_scored"] == 72
    assert (mean.n, mean.value is None) == (n, n is None)


def test_a_rest_that_is_alike_is_not_told_by_the_whole_and_its_other_parts(
    clinic: Clinic,
) -> None:
    place = place_of(clinic)
    ends = [(150, 60), (250, 150), (150, 150), (150, 250), (60, 60)]
    alliances = {JANUARY: (360, 380), FEBRUARY: (350, 390), MARCH: (400, 400)}
    for number, (first, alliance) in enumerate(alliances.items(), start=1):
        closed = first.replace(day=20)
        rated = [courses(place, 10, closed=closed, scores=one, alliance=alliance) for one in ends]
        more = courses(place, 10, closed=closed, scores=(150, 60), alliance=(300, 340))
        if first == MARCH:
            more = courses(place, 10, closed=closed, scores=(150, 60), alliance=alliance)
        others = [courses(place, 10, closed=closed, scores=one) for one in ends]
        come(clinic, place, *rated, more, *others, first=number)

    report = drafted(clinic, whole=Step.QUARTER).report

    months = [figure(report, FigureName.ALLIANCE_FIRST, f"2025-0{n}") for n in (1, 2, 3)]
    whole = figure(report, FigureName.ALLIANCE_FIRST)
    assert (whole.n, whole.value is None) == (180, False)
    assert [one.n for one in months].count(60) == 1
    assert months[2].value is None
