"""Fits on the edge: nothing to find, too little to say, and numbers of any size."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clinical import growth_optimum
from app.clinical.growth_likelihood import Likelihood
from app.clinical.growth_model import GrowthFit, Method, effects_of, fit, predict
from app.clinical.growth_optimum import minimise, start_of
from app.clinical.growth_statistics import GrowthDataError, from_scores
from app.clinical.growth_units import (
    CollinearError,
    NoResidualError,
    NotSeparableError,
    NoVariationError,
    SingleTimeError,
    TooFewPatientsError,
    TooFewScoresError,
    in_units,
)
from tests.clinical.grown import Floats, Scores, fitted, in_matrix_form, some_scores


def likelihood_of(scores: Scores, *, method: Method = Method.REML) -> Likelihood:
    """The likelihood in the units of the search."""
    _, scaled = in_units(scores.statistics, has_intake=True)
    return Likelihood(scaled, has_intake=True, is_restricted=method is Method.REML)


def clinic(patients: int, sessions: list[float], seed: int = 1) -> Scores:
    """Every patient is seen at the same times."""
    rng = np.random.default_rng(seed)
    level = rng.normal(18, 4, patients)
    scores = level[:, None] + np.array(sessions) + rng.normal(0, 2, (patients, len(sessions)))
    return Scores(
        patient=np.repeat(np.arange(patients), len(sessions)),
        time=np.tile(np.array(sessions, float), patients),
        score=scores.ravel(),
        intake=np.round(rng.normal(18, 5, patients), 1),
    )


@given(seed=st.integers(0, 10_000), method=st.sampled_from(Method))
@settings(max_examples=10, deadline=None)
def test_the_slope_is_that_of_the_deviance(seed: int, method: Method) -> None:
    likelihood = likelihood_of(some_scores(seed), method=method)
    place = np.random.default_rng(seed).normal(0, 1, 3)

    slope = likelihood.at(place).slope

    for direction in range(3):
        step = 1e-5 * np.eye(3)[direction]
        ahead, behind = likelihood.at(place + step).deviance, likelihood.at(place - step).deviance
        assert slope[direction] == pytest.approx((ahead - behind) / 2e-5, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(
    "start", [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (3.0, 2.0, 0.0)]
)
def test_a_search_that_starts_on_the_boundary_does_not_stay_there(
    start: tuple[float, float, float],
) -> None:
    # The deviance is level across a slope variance of 0, whatever the data say.
    likelihood = likelihood_of(some_scores(1, patients=60, spread=(2.0, 3.0, 1.5)))

    found = minimise(likelihood, start=np.array(start), rank=2)

    best = minimise(likelihood, start=start_of(likelihood), rank=2)
    assert found.deviance == pytest.approx(best.deviance, abs=1e-9)
    assert np.abs(found.t) == pytest.approx(np.abs(best.t), rel=1e-7)
    assert abs(found.t[2]) > 0.1


def test_no_spread_of_slopes_is_reported_as_a_result() -> None:
    # Slopes differ less than noise alone would make them differ: a line per patient, mirrored.
    time = np.tile(np.log([2.0, 4.0, 8.0, 16.0]), 6)
    level = np.repeat([4.0, -4.0, 2.0, -2.0, 3.0, -3.0], 4)
    noise = np.tile([1.0, -1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0], 3)
    scores = Scores(
        np.repeat(np.arange(6), 4), time, 20 + level + noise, np.array([3.0, 9, 5, 1, 7, 4])
    )

    ours = fitted(scores, has_intake=False)

    assert ours.is_boundary
    assert ours.is_converged
    # All that is left is a random intercept: sigma and spread of an analysis of variance.
    table = scores.score.reshape(6, 4)
    plain = np.polynomial.polynomial.polyfit(time, (table - table.mean(1)[:, None]).ravel(), 1)
    assert ours.parameters.time == pytest.approx(plain[1], abs=1e-9)
    assert ours.parameters.sd_slope == pytest.approx(0, abs=1e-6)


def test_no_spread_at_all_is_reported_as_a_result() -> None:
    # Every patient has the same mean and the same slope; only noise is left.
    noise = np.array([[1.0, -2.0, 1.0], [-1.0, 2.0, -1.0], [2.0, -4.0, 2.0], [-2.0, 4.0, -2.0]])
    scores = Scores(
        np.repeat(np.arange(4), 3),
        np.tile([0.0, 1.0, 2.0], 4),
        (10 + noise).ravel(),
        np.array([3.0, 9.0, 5.0, 1.0]),
    )

    ours = fitted(scores, has_intake=False)

    known = ours.parameters
    assert (known.sd_intercept, known.sd_slope, known.correlation) == (0, 0, 0)
    assert ours.is_boundary
    # Twelve scores, two coefficients.
    assert known.sigma**2 == pytest.approx((noise**2).sum() / 10)
    assert known.intercept == pytest.approx(10)


def parameters(ours: GrowthFit) -> Floats:
    """Parameters that a change of scale changes in a known way, and the log-likelihood."""
    known = ours.parameters
    return np.array(
        [
            *(known.intercept, known.intake, known.time, known.intake_time),
            *(known.sd_intercept, known.sd_slope, known.sigma, known.correlation),
            *ours.standard_errors,
        ]
    )


@pytest.mark.parametrize("factor", [1e-6, 1e-3, 1e6])
def test_scores_of_any_size_are_fitted_alike(factor: float) -> None:
    scores = some_scores(2, patients=40)

    small = fitted(scores)
    large = fitted(replace(scores, score=factor * scores.score, intake=factor * scores.intake))

    sizes = np.array(
        [factor, 1, factor, 1, factor, factor, factor, 1, factor, 1, factor, 1], dtype=float
    )
    assert parameters(large) == pytest.approx(parameters(small) * sizes, rel=1e-8)


@pytest.mark.parametrize(("factor", "since"), [(1e-4, 0.0), (365.25, 0.0), (1.0, 2019.0)])
def test_time_of_any_size_is_fitted_alike(factor: float, since: float) -> None:
    scores = some_scores(2, patients=40)
    intake, seen = 21.0, [(1.0, 15.0), (1.5, 14.0)]

    ours = fitted(scores)
    elsewhere = fitted(replace(scores, time=factor * scores.time + since))

    change = (2 * 2) * math.log(factor) / 2
    assert elsewhere.log_likelihood + change == pytest.approx(ours.log_likelihood, abs=1e-7)
    assert elsewhere.parameters.sigma == pytest.approx(ours.parameters.sigma, rel=1e-9)
    assert elsewhere.parameters.time * factor == pytest.approx(ours.parameters.time, rel=1e-9)
    there = [(factor * time + since, score) for time, score in seen]
    said = predict(elsewhere, intake=intake, seen=there, time=factor * 2.3 + since)
    assert said.mean == pytest.approx(predict(ours, intake=intake, seen=seen, time=2.3).mean)
    own = predict(ours, intake=intake, seen=seen, time=2.3)
    assert said.se_true == pytest.approx(own.se_true, rel=1e-8)
    assert (said.low, said.high) == pytest.approx((own.low, own.high), rel=1e-8)


def test_a_mirrored_scale_gives_the_mirrored_model() -> None:
    scores = some_scores(4, patients=40)

    ours = fitted(scores)
    turned = fitted(replace(scores, score=40 - scores.score, intake=40 - scores.intake))

    known, mirror = ours.parameters, turned.parameters
    assert mirror.center == pytest.approx(40 - known.center)
    assert mirror.intercept == pytest.approx(40 - known.intercept)
    assert (mirror.intake, mirror.time) == pytest.approx((known.intake, -known.time))
    assert mirror.intake_time == pytest.approx(known.intake_time)
    assert mirror.sd_slope == pytest.approx(known.sd_slope)
    assert turned.log_likelihood == pytest.approx(ours.log_likelihood)
    seen = [(0.7, 14.0), (1.4, 17.0)]
    one = predict(ours, intake=20, seen=seen, time=2)
    other = predict(turned, intake=20, seen=[(time, 40 - score) for time, score in seen], time=2)
    assert other.mean == pytest.approx(40 - one.mean)
    assert (other.low, other.high) == pytest.approx((40 - one.high, 40 - one.low))


def test_without_a_score_the_prior_is_all_there_is() -> None:
    ours = fitted(some_scores(5, patients=40))
    known = ours.parameters

    own = effects_of(ours, intake=15, seen=[])
    said = predict(ours, intake=15, seen=[], time=1.2)

    assert (own.level, own.slope) == pytest.approx((0, 0))
    assert own.level_variance == pytest.approx(known.sd_intercept**2)
    assert own.covariance == pytest.approx(known.covariance)
    assert own.slope_variance == pytest.approx(known.sd_slope**2)
    assert said.mean == pytest.approx(said.expected)
    assert said.high - said.low == pytest.approx(2 * 1.2815515655446 * said.sd_obs)


@given(
    seed=st.integers(0, 30),
    seen=st.lists(st.tuples(st.floats(0.5, 3), st.floats(0, 40)), min_size=1, max_size=8),
    time=st.floats(0, 3),
)
@settings(max_examples=10, deadline=None)
def test_another_score_never_makes_the_level_less_sure(
    seed: int, seen: list[tuple[float, float]], time: float
) -> None:
    ours = fitted(some_scores(seed, patients=25))

    before = predict(ours, intake=15, seen=seen[:-1], time=time)
    after = predict(ours, intake=15, seen=seen, time=time)

    assert after.se_true <= before.se_true * (1 + 1e-9) + 1e-9


def test_of_two_optima_the_higher_one_is_found() -> None:
    # lmer, from its usual start, ends at the lower one: correlation 1, log-likelihood -27.3856.
    scores = Scores(
        patient=np.array([0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 5, 5, 5]),
        time=np.array([0, 1, 0, 1, 2, 0, 1, 2, 3, 0, 1, 0, 0, 1, 2, 3], dtype=float),
        score=np.array([20, 20, 18, 19, 20, 19, 20, 21, 22, 26, 27, 1, 26, 27, 29, 30], float),
        intake=np.array([15.6, 8.3, 25.2, 23.2, 15.7, 18.7]),
    )

    ours = fitted(scores)

    assert ours.log_likelihood == pytest.approx(-26.941773, abs=1e-6)
    assert not ours.is_boundary
    assert in_matrix_form(
        scores, ours.parameters, has_intake=True, method=Method.REML
    ) == pytest.approx(2 * 26.941773, abs=2e-6)


def test_two_patients_with_first_scores_have_no_spread_to_report() -> None:
    ours = fitted(clinic(2, [1, 2, 3, 4, 5]))

    assert (ours.parameters.sd_intercept, ours.parameters.sd_slope) == (0, 0)
    assert ours.is_boundary
    assert ours.is_converged


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_search_cut_short_says_so(monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    monkeypatch.setattr(growth_optimum, "MOST_STEPS", rounds)
    monkeypatch.setattr(growth_optimum, "FEW_PATIENTS", 0)

    ours = fitted(some_scores(1, patients=60, spread=(20.0, 30.0, 0.3)))

    assert not ours.is_converged


def test_one_patient_is_too_few() -> None:
    with pytest.raises(TooFewPatientsError, match="of 1 patients") as refused:
        fitted(clinic(1, [1, 2, 3, 4]))

    assert refused.value.n_patients == 1


def test_as_many_coefficients_as_scores_are_too_many() -> None:
    with pytest.raises(TooFewScoresError, match="4 scores for 4 coefficients") as refused:
        fitted(clinic(2, [1, 2]))

    assert (refused.value.n_scores, refused.value.n_effects) == (4, 4)


def test_one_session_shows_no_change() -> None:
    with pytest.raises(SingleTimeError, match="one and the same session"):
        fitted(clinic(8, [math.log(3)]))


@pytest.mark.parametrize("value", [0.0, 0.1, 12.3])
def test_equal_scores_have_no_spread(value: float) -> None:
    scores = clinic(8, [1, 2, 3])

    with pytest.raises(NoVariationError, match="all scores to fit are equal"):
        fitted(replace(scores, score=np.full(24, value)))


def test_equal_first_scores_explain_nothing() -> None:
    scores = clinic(8, [1, 2, 3])

    with pytest.raises(CollinearError, match="the same first score"):
        fitted(replace(scores, intake=np.full(8, 12.3)))


def test_first_scores_that_go_with_the_sessions_cannot_be_told_apart() -> None:
    # One kind of patient comes once, the other twice: a slope for the first cannot be known.
    patient = np.array([0, 1, 2, 2, 3, 3])
    scores = Scores(
        patient,
        np.array([1.0, 1.0, 1.0, 2.0, 1.0, 2.0]),
        np.array([5.0, 6.0, 9.0, 7.0, 8.0, 4.0]),
        np.array([10.0, 10.0, 20.0, 20.0]),
    )

    with pytest.raises(CollinearError, match="go together"):
        fitted(scores)


def test_one_score_each_does_not_tell_patients_from_noise() -> None:
    rng = np.random.default_rng(1)

    with pytest.raises(NotSeparableError, match="more than one score"):
        fit(
            from_scores(
                np.arange(30),
                time=rng.integers(1, 6, 30).astype(float),
                score=rng.normal(18, 4, 30),
                intake=rng.normal(18, 4, 30),
            )
        )


def test_the_same_two_sessions_for_all_do_not_tell_patients_from_noise() -> None:
    with pytest.raises(NotSeparableError, match="the same two sessions"):
        fitted(clinic(30, [1, 2]))


def test_scores_without_noise_have_no_likelihood() -> None:
    scores = clinic(8, [1, 2, 3])
    line = scores.intake[scores.patient] * (1 + scores.time)

    with pytest.raises(NoResidualError, match="without any noise"):
        fitted(replace(scores, score=line), has_intake=False)


def test_scores_that_the_first_score_tells_wholly_have_no_likelihood() -> None:
    patient = np.repeat(np.arange(8), 2)
    time = np.array([1, 2, 1, 3, 2, 3, 1, 4, 2, 5, 1, 2, 4, 5, 1, 3], dtype=float)
    intake = np.array([10.0, 14.0, 21.0, 17.0, 12.0, 30.0, 9.0, 16.0])
    score = 3 + 0.5 * intake[patient] + time

    with pytest.raises(NoResidualError, match="without any noise"):
        fitted(Scores(patient, time, score, intake))


def test_lines_can_be_laid_through_a_few_pairs_of_scores() -> None:
    patient = np.array([0, 0, 1, 2, 2, 3])
    time = np.array([1.0, 2.0, 3.0, 1.0, 4.0, 2.0])
    score = np.array([12.0, 15.0, 9.0, 20.0, 11.0, 16.0])

    with pytest.raises(NotSeparableError, match="all together have 6"):
        fitted(Scores(patient, time, score, np.zeros(4)), has_intake=False)


def pairs(seed: int) -> Scores:
    """Invented patients with one or two scores each."""
    rng = np.random.default_rng(seed)
    patients = int(rng.integers(6, 40))
    patient = np.repeat(np.arange(patients), rng.integers(1, 3, patients))
    time = rng.integers(1, 6, len(patient)).astype(float)
    score = np.round(rng.normal(18, 5, len(patient)), 1)
    return Scores(patient, time, score, np.round(rng.normal(18, 5, patients), 1))


def test_pairs_of_scores_whose_likelihood_rises_for_ever_are_refused() -> None:
    # The less noise, the likelier: the search runs after a sigma of 0.
    with pytest.raises(NoResidualError, match="has no maximum"):
        fitted(pairs(365), method=Method.ML)


def test_patients_with_one_or_two_scores_are_fitted_where_they_can_be() -> None:
    scores = pairs(0)

    ours = fitted(scores)

    assert np.bincount(scores.patient).max() == 2
    assert ours.is_converged
    assert ours.log_likelihood == pytest.approx(
        -in_matrix_form(scores, ours.parameters, has_intake=True, method=Method.REML) / 2, abs=1e-6
    )


def test_sessions_rated_twice_tell_noise_without_any_line() -> None:
    # Everybody at one time only, twice: levels at five times tell how patients differ.
    rng = np.random.default_rng(3)
    level = rng.normal(18, 5, 30)
    scores = Scores(
        patient=np.repeat(np.arange(30), 2),
        time=np.repeat(np.arange(30) % 5 + 1.0, 2),
        score=np.repeat(level, 2) + rng.normal(0, 1, 60),
        intake=np.round(rng.normal(18, 5, 30), 1),
    )

    ours = fitted(scores)

    assert ours.is_converged
    assert ours.parameters.sigma == pytest.approx(1, abs=0.2)
    assert ours.log_likelihood == pytest.approx(
        -in_matrix_form(scores, ours.parameters, has_intake=True, method=Method.REML) / 2, abs=1e-6
    )


def test_every_refusal_says_what_to_do() -> None:
    with pytest.raises(GrowthDataError) as refused:
        fitted(clinic(1, [1, 2, 3, 4]))

    assert str(refused.value) == f"{refused.value.problem}; {refused.value.remedy}"
