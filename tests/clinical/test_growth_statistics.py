"""Sums hold all that the fit needs, add up, and say nothing about a patient."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clinical.growth_model import GrowthFit, fit
from app.clinical.growth_statistics import (
    GrowthDataError,
    GrowthStatistics,
    NotFiniteError,
    Origin,
    SizesDifferError,
    from_scores,
    from_sums,
    merge,
)
from tests.clinical.grown import Floats, Scores, some_scores


def close(one: GrowthStatistics, other: GrowthStatistics) -> bool:
    """Whether two sums say the same, to rounding."""
    moved = other.moved(one.origin)
    pairs = (
        (one.patterns, moved.patterns),
        (one.patients, moved.patients),
        (one.levels, moved.levels),
        (one.products, moved.products),
    )
    return one.within == pytest.approx(moved.within, rel=1e-9, abs=1e-9) and all(
        np.allclose(mine, theirs, rtol=1e-9, atol=1e-7) for mine, theirs in pairs
    )


def own_sums(scores: Scores) -> tuple[Floats, Floats, Floats, Floats, float]:
    """What a database keeps for each patient: n, sums of L, L L, y, L y, and of y y."""
    columns = []
    for patient in range(len(scores.intake)):
        seen = np.array(scores.of(patient))
        time, score, x = seen[:, 0], seen[:, 1], scores.intake[patient]
        t0, t1 = score.sum(), (time * score).sum()
        columns.append(
            [
                *(len(seen), time.sum(), (time * time).sum()),
                *(1, x, x * x),
                *(t0, t1, x * t0, x * t1),
                *(t0 * t0, t0 * t1, t1 * t1),
            ]
        )
    table = np.array(columns).T
    return table[:3], table[3:6], table[6:10], table[10:], float((scores.score**2).sum())


def from_own_sums(scores: Scores) -> GrowthStatistics:
    patterns, patients, levels, products, squares = own_sums(scores)
    return from_sums(
        patterns, patients=patients, levels=levels, products=products, scores_squared=squares
    )


def told(ours: GrowthFit) -> list[float]:
    """The numbers of a fit."""
    known = ours.parameters
    return [
        *(known.intercept, known.intake, known.time, known.intake_time, known.center),
        *(known.sd_intercept**2, known.covariance, known.sd_slope**2, known.sigma),
        *ours.standard_errors,
        ours.log_likelihood,
    ]


@given(seed=st.integers(0, 10_000), cut=st.integers(1, 11))
@settings(max_examples=8, deadline=None)
def test_sums_of_two_groups_add_up_to_those_of_all(seed: int, cut: int) -> None:
    every = some_scores(seed)
    is_first = every.patient < cut
    first = replace(
        every,
        patient=every.patient[is_first],
        time=every.time[is_first],
        score=every.score[is_first],
    )
    second = replace(
        every,
        patient=every.patient[~is_first],
        time=every.time[~is_first],
        score=every.score[~is_first],
    )

    together = merge(first.statistics, second.statistics)

    assert (together.n_patients, together.n_scores) == (12, len(every.score))
    assert told(fit(together)) == pytest.approx(told(fit(every.statistics)), rel=1e-7, abs=1e-7)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_sums_that_a_database_keeps_give_the_same_fit(seed: int) -> None:
    scores = some_scores(seed)

    kept = from_own_sums(scores)

    assert told(fit(kept)) == pytest.approx(told(fit(scores.statistics)), rel=1e-6, abs=1e-6)


def test_patients_with_the_same_sessions_are_one_row() -> None:
    sessions = np.log([2, 3, 4])
    scores = Scores(
        patient=np.repeat(np.arange(50), 3),
        time=np.tile(sessions, 50),
        score=np.random.default_rng(1).normal(18, 5, 150),
        intake=np.random.default_rng(2).normal(18, 5, 50),
    )

    assert scores.statistics.patterns.shape == (3, 1)
    assert scores.statistics.n_patients == 50
    assert merge(scores.statistics, scores.statistics).patterns.shape == (3, 1)


def test_rows_may_come_in_any_order() -> None:
    scores = some_scores(3)
    order = np.random.default_rng(4).permutation(len(scores.time))

    shuffled = from_scores(
        scores.patient[order],
        time=scores.time[order],
        score=scores.score[order],
        intake=scores.intake,
    )

    assert close(scores.statistics, shuffled)


def test_many_patients_are_summed_in_several_goes() -> None:
    many = some_scores(5, patients=5000)
    is_first = many.patient < 1500
    parts = [
        from_scores(
            many.patient[some], time=many.time[some], score=many.score[some], intake=many.intake
        )
        for some in (is_first, ~is_first)
    ]

    assert told(fit(many.statistics)) == pytest.approx(told(fit(merge(*parts))), rel=1e-7)


def test_patients_without_a_score_do_not_count() -> None:
    sums = from_scores([0, 0, 2], time=[1.0, 2.0, 1.0], score=[3.0, 4.0, 5.0], intake=[1, 2, 3])

    assert (sums.n_patients, sums.n_scores) == (2, 3)


def test_nobody_is_nobody() -> None:
    nobody = from_scores([], time=[], score=[], intake=[])

    assert (nobody.n_patients, nobody.n_scores) == (0, 0)
    assert merge().n_patients == 0
    assert merge(nobody, nobody).n_patients == 0
    assert merge(nobody, some_scores(1).statistics).n_patients == 12


def test_another_origin_says_the_same() -> None:
    sums = some_scores(6).statistics
    there = Origin(time=-3.0, intake=100.0, score=7.0)

    moved = sums.moved(there)

    assert moved.origin == there
    assert close(sums, moved)
    assert told(fit(moved)) == pytest.approx(told(fit(sums)), rel=1e-7)


def test_two_scores_at_one_time_have_no_slope_of_their_own() -> None:
    # 0.1 three times has a mean that is not 0.1: the difference must not become a slope.
    sums = from_scores([0, 0, 0], time=[0.1] * 3, score=[1.0, 2.0, 6.0], intake=[0.0])

    assert sums.patterns[2].tolist() == [0.0]
    assert sums.within == pytest.approx(14.0)
    kept = from_own_sums(
        Scores(np.zeros(3, int), np.full(3, 0.1), np.array([1.0, 2.0, 6.0]), np.zeros(1))
    )
    assert kept.patterns[2].tolist() == [0.0]
    assert kept.within == pytest.approx(14.0)


@pytest.mark.parametrize("what", ["time", "score", "intake"])
@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(what: str, number: float) -> None:
    columns = {"time": [1.0, 2.0], "score": [3.0, 4.0], "intake": [5.0, 6.0]}
    columns[what][0] = number

    with pytest.raises(NotFiniteError, match="must be finite numbers"):
        from_scores([0, 1], **columns)


def test_columns_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(SizesDifferError, match="patients, times and scores"):
        from_scores([0, 1], time=[1.0], score=[3.0, 4.0], intake=[5.0, 6.0])
    with pytest.raises(SizesDifferError, match="scores and first scores"):
        from_scores([0, 2], time=[1.0, 2.0], score=[3.0, 4.0], intake=[5.0, 6.0])
    with pytest.raises(SizesDifferError, match="scores and first scores"):
        from_scores([0, -1], time=[1.0, 2.0], score=[3.0, 4.0], intake=[5.0, 6.0])


def test_sums_of_a_database_that_cannot_be_are_refused() -> None:
    patterns, patients, levels, products, squares = own_sums(some_scores(7))

    with pytest.raises(SizesDifferError, match="sums of patients"):
        from_sums(
            patterns[:, 1:],
            patients=patients,
            levels=levels,
            products=products,
            scores_squared=squares,
        )
    with pytest.raises(NotFiniteError, match="sums of patients"):
        from_sums(
            patterns,
            patients=patients,
            levels=levels,
            products=products,
            scores_squared=float("nan"),
        )
    with pytest.raises(GrowthDataError, match="a sum is over no score"):
        from_sums(
            patterns * 0,
            patients=patients,
            levels=levels,
            products=products,
            scores_squared=squares,
        )
