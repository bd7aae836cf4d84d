"""A site's curve lies between its own fit and a general curve, and holds where its patients are."""

from dataclasses import replace

import pytest

from app.clinical.curves import GrowthParameters
from app.clinical.growth_model import GrowthFit, Method
from app.clinical.own_curve import (
    NoReachError,
    NotConvergedError,
    Reach,
    TooFewCoursesError,
    check_stage,
    reach_of,
    shrink,
)

Matrix = tuple[tuple[float, ...], ...]

GENERAL = GrowthParameters(
    intercept=15.0,
    intake=1.0,
    time=-2.9,
    intake_time=-0.2,
    center=15.0,
    sd_intercept=1.5,
    sd_slope=2.0,
    correlation=0.0,
    sigma=3.0,
)
OWN = GrowthParameters(
    intercept=16.0,
    intake=0.8,
    time=-2.0,
    intake_time=-0.1,
    center=15.0,
    sd_intercept=2.5,
    sd_slope=1.0,
    correlation=0.4,
    sigma=4.0,
)
APART: Matrix = ((1, 0, 0, 0), (0, 0.04, 0, 0), (0, 0, 3, 0), (0, 0, 0, 0.03))
EXACT: Matrix = ((0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0))


def a_fit(
    *, parameters: GrowthParameters = OWN, covariance: Matrix = APART, n_courses: int = 200
) -> GrowthFit:
    return GrowthFit(
        parameters=parameters,
        has_intake=True,
        covariance=covariance,
        log_likelihood=-1234.5,
        method=Method.REML,
        n_patients=n_courses,
        n_scores=6 * n_courses,
        is_boundary=False,
        is_converged=True,
        time_origin=0.0,
        at_origin=parameters,
    )


def effects(found: GrowthParameters) -> tuple[float, float, float, float]:
    return found.intercept, found.intake, found.time, found.intake_time


def test_each_effect_moves_by_how_sure_it_is() -> None:
    # Halfway where the standard error is as wide as T, a quarter of the way where the
    # variance is three times as wide.
    found = shrink(a_fit(), general=GENERAL).parameters

    assert effects(found) == pytest.approx((15.5, 0.9, -2.675, -0.175))


def test_effects_that_were_estimated_together_move_together() -> None:
    # (S + T) is [[2, 1], [1, 3]] for intercept and time, its inverse [[3, -1], [-1, 2]] / 5;
    # the intercept is 1 away and the time 0.
    covariance: Matrix = ((1, 0, 1, 0), (0, 0.04, 0, 0), (1, 0, 2, 0), (0, 0, 0, 0.03))
    own = replace(OWN, time=-2.9)

    found = shrink(a_fit(parameters=own, covariance=covariance), general=GENERAL).parameters

    assert found.intercept == pytest.approx(15.6)
    assert found.time == pytest.approx(-3.1)


def test_variances_are_weighted_by_the_number_of_courses() -> None:
    # 200 courses weigh half: 6.25 and 2.25, 1 and 4, covariance 1 and 0, 16 and 9.
    found = shrink(a_fit(), general=GENERAL)

    assert found.weight == 0.5
    assert found.parameters.sd_intercept**2 == pytest.approx(4.25)
    assert found.parameters.sd_slope**2 == pytest.approx(2.5)
    assert found.parameters.covariance == pytest.approx(0.5)
    assert found.parameters.sigma**2 == pytest.approx(12.5)


def test_a_hundred_courses_weigh_a_third() -> None:
    found = shrink(a_fit(n_courses=100), general=GENERAL)

    assert found.weight == pytest.approx(1 / 3)
    assert found.parameters.sigma**2 == pytest.approx(34 / 3)


def test_the_general_curve_is_read_at_the_centre_of_the_fit() -> None:
    # Two points above its centre: 15 + 2 * 1.0, and -2.9 - 2 * 0.2; halfway and a quarter.
    own = replace(OWN, center=17.0)

    found = shrink(a_fit(parameters=own), general=GENERAL).parameters

    assert found.center == 17.0
    assert found.intercept == pytest.approx(16.5)
    assert found.time == pytest.approx(-3.3 + 1.3 / 4)


def test_what_is_known_exactly_stays_as_it_is() -> None:
    found = shrink(a_fit(covariance=EXACT), general=GENERAL).parameters

    assert effects(found) == pytest.approx(effects(OWN))


def test_without_a_general_curve_the_own_fit_stands() -> None:
    found = shrink(a_fit(), general=None)

    assert found.parameters == OWN
    assert found.weight == 1.0


def test_spreads_of_zero_are_legal() -> None:
    flat = replace(GENERAL, sd_slope=0.0)
    own = replace(OWN, sd_slope=0.0, correlation=0.0)

    found = shrink(a_fit(parameters=own), general=flat).parameters

    assert found.sd_slope == 0
    assert found.correlation == 0


def test_a_fit_that_did_not_converge_gives_no_curve() -> None:
    with pytest.raises(NotConvergedError, match="not reached its optimum"):
        shrink(replace(a_fit(), is_converged=False), general=None)


def test_a_curve_of_ones_own_begins_at_a_hundred_closed_courses() -> None:
    check_stage(100)

    with pytest.raises(TooFewCoursesError, match="99 closed courses") as refused:
        check_stage(99)
    assert refused.value.n_closed == 99


def test_a_curve_holds_for_all_but_the_outermost_first_scores() -> None:
    # 400 courses: 10 of them are 2.5 in 100.
    intakes = {50: 9, 60: 1, 100: 380, 200: 1, 210: 9}

    found = reach_of(intakes=intakes, patients_at={2: 300, 3: 20, 4: 19})

    assert found == Reach(lowest_intake=60, highest_intake=100, first_session=2, last_session=3)


def test_a_tenth_more_at_the_edge_moves_the_edge() -> None:
    intakes = {50: 10, 100: 379, 200: 2, 210: 9}

    found = reach_of(intakes=intakes, patients_at={2: 20})

    assert (found.lowest_intake, found.highest_intake) == (50, 200)


def test_a_curve_that_holds_nowhere_is_none() -> None:
    with pytest.raises(NoReachError, match="scores of 20 patients"):
        reach_of(intakes={100: 60}, patients_at={2: 19, 3: 5})
