"""The fit finds lme4's optimum, on the boundary too, and its bands hold what they promise."""

import csv
import math
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clinical.growth_model import Method, effects_of, fit, predict
from app.clinical.growth_statistics import from_scores
from app.clinical.simulate import SYNTHETIC_CURVE, draw_courses
from tests.architecture.house import HOUSE
from tests.clinical.grown import (
    CASES,
    Scores,
    fitted,
    in_matrix_form,
    scores_of,
    some_scores,
)

REISBY = HOUSE.parent / "shared" / "data" / "reisby.csv"
NAMES = ("intercept", "intake", "time", "intake:time")

EVERY_FIT = [
    pytest.param(name, method, id=f"{name}-{method.value}")
    for name in CASES
    for method in (Method.REML, Method.ML)
]


@pytest.mark.parametrize(("name", "method"), EVERY_FIT)
def test_the_optimum_is_that_of_lme4s_criterion(name: str, method: Method) -> None:
    case = CASES[name]
    (theirs,) = (one for one in case["fits"] if one["method"] == method.value)
    scores, clients = scores_of(case)

    ours = fitted(scores, has_intake=case["intake"], method=method)

    known = ours.parameters
    effects = dict(
        zip(NAMES, (known.intercept, known.intake, known.time, known.intake_time), strict=True)
    )
    errors = dict(zip(NAMES, ours.standard_errors, strict=True))
    shown = tuple(theirs["fixed"])
    assert {key: effects[key] for key in shown} == pytest.approx(theirs["fixed"], rel=1e-6)
    assert {key: errors[key] for key in shown} == pytest.approx(theirs["se"], rel=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs["loglik"], abs=1e-6)
    assert known.sd_intercept == pytest.approx(theirs["random"]["sd_intercept"], rel=1e-6)
    assert known.sd_slope == pytest.approx(theirs["random"]["sd_slope"], rel=1e-6)
    assert known.covariance == pytest.approx(theirs["random"]["covariance"], rel=1e-6)
    assert known.sigma == pytest.approx(theirs["random"]["sigma"], rel=1e-6)
    assert ours.is_boundary is theirs["boundary"]
    assert ours.is_converged
    for one in theirs["predictions"]:
        place = clients.index(one["client"])
        intake, seen = float(scores.intake[place]), scores.of(place)
        said = predict(ours, intake=intake, seen=seen, time=theirs["at"])
        own = effects_of(ours, intake=intake, seen=seen)
        assert said.mean == pytest.approx(one["mean"], rel=1e-9, abs=1e-6)
        assert said.se_true == pytest.approx(one["se_true"], rel=1e-9, abs=1e-6)
        assert (own.level, own.slope) == pytest.approx(one["effects"], rel=1e-9, abs=1e-6)


def reisby() -> Scores:
    """The trial of Reisby and others: 66 patients, 375 scores, time in weeks."""
    if not REISBY.is_file():
        pytest.skip("the shared data with Reisby's trial are not on this machine")
    with REISBY.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["score"]]
    names = list(dict.fromkeys(row["client"] for row in rows))
    firsts = {row["client"]: float(row["score"]) for row in rows if row["week"] == "0"}
    return Scores(
        patient=np.array([names.index(row["client"]) for row in rows]),
        time=np.array([float(row["week"]) for row in rows]),
        score=np.array([float(row["score"]) for row in rows]),
        intake=np.array([firsts.get(name, np.nan) for name in names]),
    )


def test_reisbys_trial_gives_the_textbooks_numbers() -> None:
    # Hedeker and Gibbons print 23.58, -2.38, 12.63, 2.08, -1.42, 12.22 and 2219.04.
    trial = reisby()

    ours = fitted(replace(trial, intake=0 * trial.time[:66]), has_intake=False, method=Method.ML)

    known = ours.parameters
    assert (ours.n_patients, ours.n_scores) == (66, 375)
    assert (known.intercept, known.time) == pytest.approx((23.57695, -2.37707), abs=6e-6)
    assert ours.standard_errors[::2] == pytest.approx((0.54557, 0.20865), abs=3e-5)
    assert known.sd_intercept**2 == pytest.approx(12.629293, abs=2e-6)
    assert known.sd_slope**2 == pytest.approx(2.078989, abs=2e-6)
    assert known.covariance == pytest.approx(-1.420930, abs=2e-6)
    assert known.sigma**2 == pytest.approx(12.216633, abs=2e-6)
    assert -2 * ours.log_likelihood == pytest.approx(2219.037, abs=6e-4)


def test_reisbys_trial_given_the_first_score() -> None:
    trial = reisby()
    is_fitted = (trial.time > 0) & np.isfinite(trial.intake[trial.patient])
    has_intake = np.isfinite(trial.intake)

    ours = fit(
        from_scores(
            (np.cumsum(has_intake) - 1)[trial.patient[is_fitted]],
            time=np.log(trial.time[is_fitted] + 1),
            score=trial.score[is_fitted],
            intake=trial.intake[has_intake],
        )
    )

    known = ours.parameters
    effects = (known.intercept, known.intake, known.time, known.intake_time)
    assert (ours.n_patients, ours.n_scores) == (61, 289)
    assert known.center == pytest.approx(23.44262, abs=6e-6)
    assert effects == pytest.approx((28.30252, 0.71974, -8.85426, -0.21262), abs=6e-6)
    assert -2 * ours.log_likelihood == pytest.approx(1711.376, abs=6e-4)
    # To five digits: the printed ones are where one run of lmer stopped.
    assert known.sd_intercept**2 == pytest.approx(28.56905, rel=1e-5)
    assert known.sd_slope**2 == pytest.approx(36.37051, rel=1e-5)
    assert known.covariance == pytest.approx(-26.64232, rel=1e-5)
    assert known.sigma**2 == pytest.approx(11.83144, rel=1e-5)


def test_the_sleep_study_has_the_criterion_that_every_manual_prints() -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("R is not on this machine")
    told = subprocess.run(
        ["Rscript", "-e", "write.csv(lme4::sleepstudy, stdout(), row.names = FALSE)"],
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode != 0:
        pytest.skip("R is here without lme4")
    rows = [line.split(",") for line in told.stdout.splitlines()[1:]]
    subjects = list(dict.fromkeys(subject for _, _, subject in rows))

    ours = fit(
        from_scores(
            [subjects.index(subject) for _, _, subject in rows],
            time=[float(days) for _, days, _ in rows],
            score=[float(reaction) for reaction, _, _ in rows],
            intake=np.zeros(len(subjects)),
        ),
        has_intake=False,
    )

    assert (ours.n_patients, ours.n_scores) == (18, 180)
    assert -2 * ours.log_likelihood == pytest.approx(1743.628, abs=6e-4)
    assert ours.parameters.intercept == pytest.approx(251.405, abs=6e-4)
    assert ours.parameters.time == pytest.approx(10.467, abs=6e-4)
    assert ours.standard_errors[::2] == pytest.approx((6.825, 1.546), abs=6e-4)


@given(
    seed=st.integers(0, 10_000),
    has_intake=st.booleans(),
    method=st.sampled_from(Method),
    spread=st.tuples(st.floats(0, 6), st.floats(0, 4), st.floats(0.5, 6)),
)
@settings(max_examples=12, deadline=None)
def test_no_model_near_or_far_is_more_likely_in_plain_matrix_form(
    *, seed: int, has_intake: bool, method: Method, spread: tuple[float, float, float]
) -> None:
    scores = some_scores(seed, spread=spread)

    ours = fitted(scores, has_intake=has_intake, method=method)

    known = ours.parameters
    best = in_matrix_form(scores, known, has_intake=has_intake, method=method)
    assert best == pytest.approx(-2 * ours.log_likelihood, abs=1e-6)
    rng = np.random.default_rng(seed)
    for size in (0.001, 0.01, 0.1, 1.0):
        other = replace(
            known,
            sd_intercept=abs(known.sd_intercept + size * rng.normal()),
            sd_slope=abs(known.sd_slope + size * rng.normal()),
            correlation=min(max(known.correlation + size * rng.normal(), -1), 1),
            sigma=known.sigma * math.exp(size * rng.normal() / 4),
        )
        rival = in_matrix_form(scores, other, has_intake=has_intake, method=method)
        assert rival > best - 1e-7


def simulated(patients: int, *, sessions: list[int], seed: int = 5) -> Scores:
    """Courses drawn from the synthetic curve."""
    rng = np.random.default_rng(seed)
    intake = np.round(rng.normal(18, 6.5, patients), 1)
    drawn = draw_courses(
        SYNTHETIC_CURVE.parameters, intakes=intake, sessions=sessions, generator=rng
    )
    return Scores(
        patient=np.repeat(np.arange(patients), len(sessions)),
        time=np.tile(np.log(sessions), patients),
        score=drawn.ravel(),
        intake=intake,
    )


def covered(scores: Scores, *, band_of: Scores, time: float) -> float:
    """The share of scores at one time that lie inside the band fitted to other patients."""
    ours = fitted(band_of)
    at = np.flatnonzero(np.isclose(scores.time, time))
    limits = [
        predict(ours, intake=float(scores.intake[scores.patient[row]]), seen=[], time=time)
        for row in at
    ]
    inside = [
        one.low <= score <= one.high for one, score in zip(limits, scores.score[at], strict=True)
    ]
    return float(np.mean(inside))


@pytest.mark.parametrize("session", [2, 8])
def test_the_band_of_a_fit_holds_eight_of_ten_new_patients(session: int) -> None:
    old = simulated(20_000, sessions=[2, 4, 8], seed=6)
    new = simulated(20_000, sessions=[session], seed=7)

    share = covered(new, band_of=old, time=math.log(session))

    assert share == pytest.approx(0.8, abs=0.01)


def test_a_first_score_that_is_fitted_as_well_spoils_the_band() -> None:
    # What the model must be kept from: at session 1 the score is the first score itself.
    old = simulated(4000, sessions=[2, 4, 8], seed=8)
    patients = np.arange(len(old.intake))
    spoiled = replace(
        old,
        patient=np.concatenate([patients, old.patient]),
        time=np.concatenate([np.zeros(len(patients)), old.time]),
        score=np.concatenate([old.intake, old.score]),
    )
    new = simulated(4000, sessions=[2], seed=9)

    assert covered(new, band_of=old, time=math.log(2)) > 0.78
    assert covered(new, band_of=spoiled, time=math.log(2)) < 0.75
