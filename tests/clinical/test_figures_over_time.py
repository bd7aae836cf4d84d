"""A figure over time from several reports: no patient twice, nothing hidden, other rules apart."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.clinical.change_methods import ChangeMethod
from app.clinical.figures import Figure, FigureName, Interval
from app.clinical.figures_over_time import OverTime, names_of, over_time, steps_of
from app.clinical.report import EVERYBODY, Report, Step
from app.clinical.reported import shown
from app.clinical.run_charts import Signal
from tests.support.told_reports import Counted, by_periods, of_a_year

IMPROVED = FigureName.IMPROVED
FOUR: Sequence[Counted] = ((20, 40), (22, 44), (18, 50), (25, 45))


def by_quarter(*reports: Report) -> OverTime:
    return over_time(reports, name=IMPROVED, step=Step.QUARTER)


def of_a_quarter(first: dt.date, counted: Counted) -> Report:
    """Return a report on one quarter, whose months are hidden."""
    none: Counted = (None, None)
    return by_periods(
        first, whole=Step.QUARTER, step=Step.MONTH, counts=[none] * 3, together=counted
    )


def told(found: OverTime) -> list[tuple[str, int | None, int | None]]:
    return [(one.path, one.hits, one.figure.n) for one in found.told]


def test_values_come_in_order_of_time_from_all_reports() -> None:
    found = by_quarter(of_a_year(2025, counts=FOUR), of_a_year(2024, counts=FOUR[::-1]))

    assert told(found) == [
        ("2024-Q1", 25, 45),
        ("2024-Q2", 18, 50),
        ("2024-Q3", 22, 44),
        ("2024-Q4", 20, 40),
        ("2025-Q1", 20, 40),
        ("2025-Q2", 22, 44),
        ("2025-Q3", 18, 50),
        ("2025-Q4", 25, 45),
    ]
    assert [one.value for one in found.chart.drawn][:2] == [0.556, 0.36]


def test_few_values_are_drawn_without_limits_and_not_judged() -> None:
    found = by_quarter(of_a_year(2025, counts=FOUR), of_a_year(2024, counts=FOUR))

    assert not found.is_judged
    assert found.chart.signals == frozenset()
    assert {one.low for one in found.chart.drawn} == {None}


def test_limits_of_twelve_quarters_by_hand() -> None:
    # 20 of 50 and 30 of 50 in turn, and at last 45 of 50: 315 of 600 in all.
    level: Sequence[Counted] = ((20, 50), (30, 50)) * 2
    last: Sequence[Counted] = (*level[:3], (45, 50))
    years = [of_a_year(2025, counts=last), of_a_year(2024, counts=level)]

    found = by_quarter(*years, of_a_year(2023, counts=level))

    assert found.is_judged
    assert found.chart.center == pytest.approx(315 / 600)
    # sqrt(0.525 * 0.475 / 50) = 0.07062; three of them are 0.2119.
    assert found.chart.drawn[0].low == pytest.approx(0.525 - 0.2119, abs=5e-5)
    assert found.chart.drawn[-1].high == pytest.approx(0.525 + 0.2119, abs=5e-5)
    assert [one.is_outside for one in found.chart.drawn] == [*[False] * 11, True]
    assert found.chart.signals == {Signal.OUTSIDE}


def test_no_patient_is_in_two_values() -> None:
    first_quarter = of_a_quarter(dt.date(2025, 1, 1), (30, 60))
    year = of_a_year(2025, counts=FOUR)

    assert told(by_quarter(first_quarter, year))[0] == ("2025-Q1", 30, 60)
    assert told(by_quarter(year, first_quarter))[0] == ("2025-Q1", 20, 40)
    assert len(by_quarter(year, first_quarter).told) == 4


def test_an_older_report_stands_where_the_newest_hides() -> None:
    year = of_a_year(2025, counts=((None, None), *FOUR[1:]))
    first_quarter = of_a_quarter(dt.date(2025, 1, 1), (30, 60))

    assert told(by_quarter(year, first_quarter))[0] == ("2025-Q1", 30, 60)


def test_a_period_that_is_shown_with_another_is_not_told_again() -> None:
    year = of_a_year(2025, counts=(FOUR[0], FOUR[1], (43, 95)), joined={"2025-Q3": "2025-Q4"})
    third = of_a_quarter(dt.date(2025, 7, 1), (12, 40))

    found = by_quarter(year, third)

    assert told(found) == [("2025-Q1", 20, 40), ("2025-Q2", 22, 44), ("2025-Q4", 43, 95)]
    assert [period.path for period in found.told[-1].periods] == ["2025-Q3", "2025-Q4"]
    # Asked the other way round, the third is known and the two together are not.
    assert told(by_quarter(third, year)) == [
        ("2025-Q1", 20, 40),
        ("2025-Q2", 22, 44),
        ("2025-Q3", 12, 40),
    ]


def test_what_is_hidden_is_in_no_value() -> None:
    found = by_quarter(of_a_year(2025, counts=((None, None), (20, None), (None, 44), (25, 45))))

    assert told(found) == [("2025-Q4", 25, 45)]


def test_a_share_whose_count_is_hidden_is_left_out() -> None:
    year = of_a_year(2025, counts=FOUR)
    hides = [
        replace(one, n=None) if (one.period, one.category) == ("2025-Q1", "improved") else one
        for one in year.counts
    ]

    found = by_quarter(replace(year, counts=tuple(hides)))

    assert [one.path for one in found.told] == ["2025-Q2", "2025-Q3", "2025-Q4"]


@pytest.mark.parametrize(
    "changed",
    [
        {"edition": 2},
        {"version": 2},
        {"reliable_change": 46},
        {"rounding": 3},
        {"method": ChangeMethod.HAGEMAN_ARRINDELL},
    ],
)
def test_reports_by_other_rules_than_the_newest_are_left_out(changed: dict[str, object]) -> None:
    older = of_a_year(2024, counts=FOUR, **changed)

    found = by_quarter(of_a_year(2025, counts=FOUR), older, of_a_year(2023, counts=FOUR))

    assert found.by_other_rules == 1
    assert {one.path[:4] for one in found.told} == {"2025", "2023"}


def test_what_can_be_chosen_is_what_is_told() -> None:
    year = of_a_year(2025, counts=FOUR, together=(85, 179))
    month = by_periods(
        dt.date(2026, 1, 1), whole=Step.MONTH, step=Step.MONTH, counts=(), together=(None, None)
    )

    assert steps_of([month, year]) == {Step.MONTH: 1, Step.QUARTER: 4, Step.YEAR: 1}
    assert names_of([month, year], Step.QUARTER) == (IMPROVED,)
    assert names_of([month, year], Step.MONTH) == ()
    assert told(over_time([month, year], name=IMPROVED, step=Step.YEAR)) == [("2025", 85, 179)]


def test_means_have_no_limits_also_when_they_are_judged() -> None:
    values = [1.0, 3.0] * 6
    reports = [
        _with_means(of_a_year(year, counts=FOUR), values[4 * at : 4 * at + 4])
        for at, year in enumerate((2025, 2024, 2023))
    ]

    found = over_time(reports, name=FigureName.MEAN_CHANGE, step=Step.QUARTER)

    assert found.is_judged
    assert {one.hits for one in found.told} == {None}
    assert {one.low for one in found.chart.drawn} == {None}
    assert found.chart.center == 2.0
    assert found.chart.signals == frozenset()


def _with_means(report: Report, values: Sequence[float]) -> Report:
    name = FigureName.MEAN_CHANGE
    more = [
        shown(
            (EVERYBODY, period.path),
            Figure(name, 40, value, value - 1, value + 1, Interval.STUDENT),
            n=40,
        )
        for period, value in zip(report.periods[1:], values, strict=True)
    ]
    return replace(report, figures=(*report.figures, *more))
