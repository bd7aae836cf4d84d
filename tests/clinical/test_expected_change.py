import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.curves import GrowthParameters, SessionNumberError, session_time
from app.clinical.expected_change import (
    Expected,
    Prediction,
    band,
    expected,
    horizon,
    own_difference,
    predict,
    predict_at,
    probability_of_reliable_improvement,
    quantile,
    to_tenths,
)
from app.clinical.instruments import Direction
from tests.clinical.made_up import a_curve

ORACLE = json.loads(
    (Path(__file__).parents[1] / "oracles" / "conditional_prediction.json").read_text()
)
HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER

models = st.builds(
    GrowthParameters,
    intercept=st.floats(0, 40),
    intake=st.floats(0.2, 1.2),
    time=st.floats(-6, 6),
    intake_time=st.floats(-0.5, 0.5),
    center=st.floats(5, 30),
    sd_intercept=st.floats(0, 6),
    sd_slope=st.floats(0, 6),
    correlation=st.floats(-1, 1),
    sigma=st.floats(0.5, 8),
)
histories = st.lists(st.tuples(st.floats(0, 3), st.floats(0, 40)), max_size=12)


def oracle_parameters() -> GrowthParameters:
    """The growth model of the oracle: no first score in it, time in weeks."""
    given_numbers = ORACLE["parameters"]
    sd_intercept = math.sqrt(given_numbers["variance_intercept"])
    sd_slope = math.sqrt(given_numbers["variance_slope"])
    return GrowthParameters(
        intercept=given_numbers["intercept"],
        intake=0.0,
        time=given_numbers["slope"],
        intake_time=0.0,
        center=0.0,
        sd_intercept=sd_intercept,
        sd_slope=sd_slope,
        correlation=given_numbers["covariance"] / (sd_intercept * sd_slope),
        sigma=math.sqrt(given_numbers["variance_residual"]),
    )


def slow_twin(
    parameters: GrowthParameters, *, intake: float, seen: Sequence[tuple[float, float]], time: float
) -> tuple[float, float]:
    """Mean and variance of the level, with whole matrices as in the textbook."""
    covariance = np.array(
        [
            [parameters.sd_intercept**2, parameters.covariance],
            [parameters.covariance, parameters.sd_slope**2],
        ]
    )
    design = np.array([[1.0, at] for at, _ in seen]).reshape(-1, 2)
    residuals = np.array([y - parameters.mean(intake=intake, time=at) for at, y in seen])
    total = design @ covariance @ design.T + parameters.sigma**2 * np.eye(len(seen))
    gain = covariance @ design.T @ np.linalg.inv(total)
    own = gain @ residuals
    left = covariance - gain @ design @ covariance
    at = np.array([1.0, time])
    mean = parameters.mean(intake=intake, time=time) + float(at @ own)
    return mean, float(at @ left @ at)


@pytest.mark.parametrize("row", ORACLE["rows"], ids=lambda row: f"{row['n']} scores")
def test_the_prediction_agrees_with_lme4(row: dict[str, float]) -> None:
    parameters = oracle_parameters()
    seen = list(enumerate(ORACLE["scores"][: int(row["n"])]))

    own = own_difference(parameters, intake=0, seen=seen)
    prediction = predict_at(parameters, intake=0, seen=seen, time=ORACLE["week"])

    close = {"abs": ORACLE["tolerance"]}
    assert own.level == pytest.approx(row["b0"], **close)
    assert own.slope == pytest.approx(row["b1"], **close)
    assert prediction.mean == pytest.approx(row["mean"], **close)
    assert prediction.se_true == pytest.approx(row["se_true"], **close)
    assert prediction.sd_obs == pytest.approx(row["sd_obs"], **close)


@given(models, histories, st.floats(3, 35), st.floats(0, 3))
def test_the_fast_prediction_equals_the_textbook_matrices(
    parameters: GrowthParameters, seen: list[tuple[float, float]], intake: float, time: float
) -> None:
    mean, variance = slow_twin(parameters, intake=intake, seen=seen, time=time)

    prediction = predict_at(parameters, intake=intake, seen=seen, time=time)

    assert prediction.mean == pytest.approx(mean, abs=1e-6)
    assert prediction.se_true**2 == pytest.approx(variance, abs=1e-6)
    assert prediction.sd_obs**2 == pytest.approx(variance + parameters.sigma**2, abs=1e-6)


@given(models, st.floats(3, 35), st.floats(0, 3))
def test_a_patient_without_a_follow_up_is_expected_to_go_as_others_do(
    parameters: GrowthParameters, intake: float, time: float
) -> None:
    prediction = predict_at(parameters, intake=intake, seen=[], time=time)

    assert prediction.mean == parameters.mean(intake=intake, time=time)
    assert prediction.se_true**2 == pytest.approx(parameters.level_variance(time), abs=1e-9)


@given(models, histories, st.tuples(st.floats(0, 3), st.floats(0, 40)), st.floats(0, 3))
def test_one_more_score_never_makes_the_prediction_less_certain(
    parameters: GrowthParameters,
    seen: list[tuple[float, float]],
    one_more: tuple[float, float],
    time: float,
) -> None:
    before = predict_at(parameters, intake=18, seen=seen, time=time)
    after = predict_at(parameters, intake=18, seen=[*seen, one_more], time=time)

    assert after.se_true <= before.se_true + 1e-7


@given(models, histories)
def test_the_order_in_which_scores_arrive_does_not_matter(
    parameters: GrowthParameters, seen: list[tuple[float, float]]
) -> None:
    one = predict_at(parameters, intake=18, seen=seen, time=2.0)
    other = predict_at(parameters, intake=18, seen=sorted(seen, reverse=True), time=2.0)

    assert one.mean == pytest.approx(other.mean, abs=1e-7)
    assert one.se_true == pytest.approx(other.se_true, abs=1e-7)


@given(st.floats(5, 35), st.floats(-5, 5))
def test_without_noise_the_prediction_follows_the_line_through_the_scores(
    level: float, slope: float
) -> None:
    parameters = replace(a_curve().parameters, sigma=1e-4)
    seen = [(time, level + slope * time) for time in (0.7, 1.1, 1.4)]

    prediction = predict_at(parameters, intake=20, seen=seen, time=2.3)

    assert prediction.mean == pytest.approx(level + slope * 2.3, abs=1e-4)
    assert prediction.se_true == pytest.approx(0, abs=1e-3)


def test_the_expected_score_of_a_new_patient() -> None:
    at_start = expected(a_curve(), intake=150, session=1)
    at_eight = expected(a_curve(), intake=150, session=8)

    # Slope 4 + .2 for each of the 5 points below 20; spread from 2, 2.5 ln 8 and 4.
    assert at_start.mean == pytest.approx(15.0)
    assert at_start.sd == pytest.approx(4.4721, abs=5e-5)
    assert at_eight.mean == pytest.approx(25.3972, abs=5e-5)
    assert at_eight.sd == pytest.approx(6.8575, abs=5e-5)


def test_the_band_leaves_a_tenth_outside_on_each_side() -> None:
    limits = band(a_curve(), intake=150, session=8, lowest=0, highest=400)

    # 25.3972 less and plus 1.2816 times 6.8575.
    assert limits == (166, 342)


def test_the_band_that_holds_half_of_the_patients_is_narrower() -> None:
    limits = band(a_curve(), intake=150, session=8, lowest=0, highest=400, share=0.5)

    # 25.3972 less and plus 0.6745 times 6.8575.
    assert limits == (208, 300)


def test_the_band_ends_where_the_scale_ends() -> None:
    assert band(a_curve(), intake=150, session=8, lowest=200, highest=300) == (200, 300)


def test_the_middle_of_the_patients_is_their_mean() -> None:
    assert quantile(Expected(mean=18.64, sd=5.0), 0.5, lowest=0, highest=400) == 186


@pytest.mark.parametrize(("points", "tenths"), [(18.64, 186), (18.66, 187), (-1.0, 0), (41.0, 400)])
def test_points_become_whole_tenths_on_the_scale(points: float, tenths: int) -> None:
    assert to_tenths(points, lowest=0, highest=400) == tenths


def test_scores_in_tenths_and_sessions_reach_the_model_as_points_and_logarithms() -> None:
    curve = a_curve()
    in_points = predict_at(
        curve.parameters,
        intake=15.0,
        seen=[(math.log(2), 16.0), (math.log(4), 12.5)],
        time=math.log(10),
    )

    in_tenths = predict(curve, intake=150, observations=[(2, 160), (4, 125)], session=10)

    assert in_tenths == in_points


@pytest.mark.parametrize("session", [0, 1])
def test_the_first_score_is_never_an_outcome_as_well(session: int) -> None:
    with pytest.raises(SessionNumberError) as refused:
        predict(a_curve(), intake=150, observations=[(session, 150)], session=10)

    assert (refused.value.session, refused.value.lowest) == (session, 2)


@pytest.mark.parametrize(
    ("session", "ahead"), [(1, 10), (2, 10), (7, 10), (8, 11), (9, 12), (10, 13), (30, 33)]
)
def test_predictions_look_to_session_10_and_from_session_8_on_three_ahead(
    session: int, ahead: int
) -> None:
    assert horizon(session) == ahead


def test_the_probability_of_a_reliable_improvement() -> None:
    # One standard error above the line that is to be passed: .8413.
    prediction = Prediction(mean=24.0, se_true=3.0, sd_obs=5.0)

    better_is_up = probability_of_reliable_improvement(
        prediction, intake=150, threshold=60, direction=HIGHER
    )
    better_is_down = probability_of_reliable_improvement(
        prediction, intake=330, threshold=60, direction=LOWER
    )

    assert better_is_up == pytest.approx(0.8413, abs=5e-5)
    assert better_is_down == pytest.approx(0.8413, abs=5e-5)


def test_a_prediction_in_the_wrong_direction_is_improbable() -> None:
    prediction = Prediction(mean=24.0, se_true=3.0, sd_obs=5.0)

    chance = probability_of_reliable_improvement(
        prediction, intake=150, threshold=60, direction=LOWER
    )

    assert chance < 0.001


@pytest.mark.parametrize(("mean", "probability"), [(21.0, 1.0), (20.9, 0.0)])
def test_a_level_that_is_known_for_certain_is_reached_or_not(
    mean: float, probability: float
) -> None:
    prediction = Prediction(mean=mean, se_true=0.0, sd_obs=4.0)

    assert (
        probability_of_reliable_improvement(prediction, intake=150, threshold=60, direction=HIGHER)
        == probability
    )


@given(
    st.integers(100, 300),
    st.lists(st.integers(0, 400), min_size=1, max_size=8),
)
def test_a_mirrored_scale_gives_the_same_probability(intake: int, scores: list[int]) -> None:
    upright, turned = a_curve(direction=HIGHER), a_curve(direction=LOWER)
    seen = list(enumerate(scores, start=2))
    seen_turned = [(k, 400 - score) for k, score in seen]

    one = predict(upright, intake=intake, observations=seen, session=10)
    other = predict(turned, intake=400 - intake, observations=seen_turned, session=10)

    assert one.mean == pytest.approx(40 - other.mean, abs=1e-7)
    assert probability_of_reliable_improvement(
        one, intake=intake, threshold=60, direction=HIGHER
    ) == pytest.approx(
        probability_of_reliable_improvement(
            other, intake=400 - intake, threshold=60, direction=LOWER
        ),
        abs=1e-9,
    )


def test_the_time_scale_is_the_one_that_sessions_have() -> None:
    assert session_time(10) == pytest.approx(2.302585, abs=1e-6)
