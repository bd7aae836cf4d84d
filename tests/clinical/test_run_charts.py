"""A figure over time: noise is left alone, and a change is seen."""

import math

import numpy as np
import pytest

from app.clinical.run_charts import (
    Signal,
    Value,
    control_chart,
    fewest_by_chance,
    longest_by_chance,
    run_chart,
    share_values,
)


def series(*values: float) -> list[Value]:
    return [Value(f"{place}", 50, value, 0.1) for place, value in enumerate(values)]


@pytest.mark.parametrize(
    ("useful", "longest", "fewest"),
    [(10, 6, 2), (12, 7, 3), (16, 7, 4), (20, 7, 6), (24, 8, 8), (30, 8, 10), (60, 9, 23)],
)
def test_how_long_a_run_and_how_few_crossings_chance_explains(
    useful: int, longest: int, fewest: int
) -> None:
    # The tables of Anhøj and Olesen.
    assert longest_by_chance(useful) == longest
    assert fewest_by_chance(useful) == fewest


def test_a_series_that_goes_up_and_down_says_nothing() -> None:
    found = run_chart(series(*[3, 5] * 6))

    assert found.center == 4
    assert (found.useful, found.longest_run, found.crossings) == (12, 1, 11)
    assert found.signals == frozenset()


def test_a_shift_is_seen_in_runs_and_in_crossings() -> None:
    found = run_chart(series(*[3] * 8, *[5] * 8))

    assert (found.longest_run, found.longest_by_chance) == (8, 7)
    assert (found.crossings, found.fewest_by_chance) == (1, 4)
    assert found.signals == frozenset({Signal.LONG_RUN, Signal.FEW_CROSSINGS})


def test_values_on_the_line_do_not_break_a_run() -> None:
    found = run_chart(series(1, 1, 2, 1, 1, 2, 3, 3, 2, 3, 3))

    assert found.center == 2
    assert (found.useful, found.longest_run, found.crossings) == (8, 4, 1)


def test_nine_values_are_drawn_and_their_runs_not_judged() -> None:
    found = run_chart(series(1, 1, 1, 1, 9, 9, 9, 9, 8))

    assert found.signals == frozenset()
    assert found.fewest_by_chance is None
    assert found.longest_by_chance is None
    assert len(found.drawn) == 9


def test_no_values_make_an_empty_chart() -> None:
    assert run_chart([]).center is None
    assert control_chart([]).drawn == ()


def test_one_quarter_far_off_is_outside_the_limits() -> None:
    found = control_chart(series(*[0.5, 0.52, 0.54] * 4, 0.95))

    # The mean of 0.54 lies above all but one; runs are counted round the median.
    assert found.center == pytest.approx(0.553077, abs=1e-6)
    assert found.median == 0.52
    assert found.signals == frozenset({Signal.OUTSIDE})
    assert [one.period for one in found.drawn if one.is_outside] == ["12"]


def test_the_limits_are_wide_where_a_quarter_is_small() -> None:
    shares = share_values([("q1", 50, 100), ("q2", 5, 10), ("q3", 0, 0), ("q4", 40, 90)])

    found = control_chart(shares)

    assert [one.period for one in found.drawn] == ["q1", "q2", "q4"]
    assert found.center == pytest.approx(0.475)
    widths = [one.high - 0.475 for one in found.drawn if one.high is not None]
    assert widths == pytest.approx([3 * math.sqrt(0.475 * 0.525 / n) for n in (100, 10, 90)])


def test_periods_without_a_standard_error_have_no_limits() -> None:
    found = control_chart([Value("q1", 10, 3.0), Value("q2", 30, 5.0)])

    assert found.center == 4.5
    assert [one.low for one in found.drawn] == [None, None]


def test_no_episodes_make_no_shares() -> None:
    assert share_values([("q1", 0, 0)]) == ()


def test_noise_is_seldom_taken_for_a_change() -> None:
    chance = np.random.default_rng(7)

    alarms = sum(
        bool(run_chart(series(*(float(one) for one in chance.normal(size=24)))).signals)
        for _ in range(1000)
    )

    assert alarms < 100
