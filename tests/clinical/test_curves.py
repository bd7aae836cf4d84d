import math
from dataclasses import replace

import pytest

from app.clinical.curves import (
    GENERAL_CURVES,
    CurveKind,
    GrowthParametersError,
    ReferenceCurve,
    SessionNumberError,
    covers,
    covers_intake,
    session_time,
)
from app.clinical.evidence import Evidence
from tests.clinical.made_up import a_curve


def general(key: str) -> ReferenceCurve:
    return next(curve for curve in GENERAL_CURVES if curve.instrument_key == key)


@pytest.mark.parametrize(
    ("key", "first_score", "after_eight", "residual"),
    [("phq-9", 15.0, 8.97, 3.0), ("gad-7", 14.0, 8.49, 2.7), ("core-10", 20.0, 12.31, 4.0)],
)
def test_general_curves_end_where_their_sources_do(
    key: str, first_score: float, after_eight: float, residual: float
) -> None:
    parameters = general(key).parameters

    assert parameters.mean(intake=first_score, time=0) == first_score
    assert parameters.mean(intake=first_score, time=math.log(8)) == pytest.approx(
        after_eight, abs=0.01
    )
    assert parameters.sigma == residual


@pytest.mark.parametrize(("key", "before", "after"), [("phq-9", 5.5, 6.4), ("gad-7", 4.5, 5.7)])
def test_general_curves_give_the_spread_after_treatment_that_was_seen(
    key: str, before: float, after: float
) -> None:
    # Spread of first scores, carried on by the slope, and the spread around the curve.
    parameters = general(key).parameters
    time = math.log(8)
    carried = before * (1 + parameters.intake_time * time)
    around = parameters.level_variance(time) + parameters.sigma**2

    assert math.sqrt(carried**2 + around) == pytest.approx(after, abs=0.25)


def test_those_who_start_higher_are_expected_to_fall_more() -> None:
    parameters = general("phq-9").parameters

    fall_from_20 = 20 - parameters.mean(intake=20, time=1)
    fall_from_12 = 12 - parameters.mean(intake=12, time=1)

    assert fall_from_20 == pytest.approx(3.9)
    assert fall_from_12 == pytest.approx(2.3)


def test_general_curves_are_marked_as_assumptions_without_a_reliable_change_of_their_own() -> None:
    assert {curve.instrument_key for curve in GENERAL_CURVES} == {"phq-9", "gad-7", "core-10"}
    for curve in GENERAL_CURVES:
        assert curve.kind is CurveKind.GENERAL
        assert curve.evidence is Evidence.ASSUMPTION
        assert curve.reliable_change is None
        assert curve.n_patients is None


@pytest.mark.parametrize(("key", "lowest"), [("phq-9", 100), ("gad-7", 80), ("core-10", 110)])
def test_general_curves_hold_from_the_clinical_range_and_for_sessions_2_to_12(
    key: str, lowest: int
) -> None:
    curve = general(key)

    assert covers(curve, intake=lowest, session=2)
    assert covers(curve, intake=curve.highest_intake, session=12)
    assert not covers(curve, intake=lowest - 10, session=2)
    assert not covers(curve, intake=lowest, session=1)
    assert not covers(curve, intake=lowest, session=13)


def test_a_curve_holds_at_both_ends_of_its_first_scores() -> None:
    curve = a_curve(intakes=(100, 300))

    assert [covers_intake(curve, intake) for intake in (99, 100, 300, 301)] == [
        False,
        True,
        True,
        False,
    ]


def test_time_is_the_logarithm_of_the_session_and_starts_at_zero() -> None:
    assert session_time(1) == 0
    assert session_time(8) == pytest.approx(2.0794, abs=5e-5)


def test_there_is_no_session_before_the_first() -> None:
    with pytest.raises(SessionNumberError, match="at least 1") as refused:
        session_time(0)

    assert (refused.value.session, refused.value.lowest) == (0, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sd_intercept", -0.1),
        ("sd_slope", -0.1),
        ("sigma", 0.0),
        ("correlation", 1.01),
        ("correlation", -1.01),
        ("time", math.inf),
        ("center", math.nan),
    ],
)
def test_parameters_that_no_model_can_have_are_refused(name: str, value: float) -> None:
    with pytest.raises(GrowthParametersError, match=name) as refused:
        replace(a_curve().parameters, **{name: value})

    assert refused.value.parameter == name
    assert refused.value.value is value


def test_a_fit_that_ended_at_a_slope_variance_of_zero_is_legal() -> None:
    parameters = replace(a_curve().parameters, sd_slope=0.0, correlation=1.0)

    assert parameters.covariance == 0
    assert parameters.level_variance(2.0) == pytest.approx(4.0)
