"""Sums of pairs say what the scores themselves say, and add up."""

import statistics
from fractions import Fraction
from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.pair_sums import PairSums, TooFewPairsError

PAIRS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=2, max_size=30)


def test_means_and_spreads_of_four_patients() -> None:
    sums = PairSums.of([(10, 20), (20, 20), (30, 50), (40, 30)])

    assert sums.n == 4
    assert sums.mean_before == 25
    assert sums.mean_after == 30
    assert sums.mean_change == 5
    assert sums.variance_before == Fraction(500, 3)
    assert sums.variance_after == 200
    assert sums.covariance == 100
    assert sums.variance_change == Fraction(500, 3)


@given(PAIRS)
def test_sums_agree_with_the_scores_themselves(pairs: list[tuple[int, int]]) -> None:
    before, after = zip(*pairs, strict=True)

    sums = PairSums.of(pairs)

    assert float(sums.mean_after) == pytest.approx(statistics.fmean(after))
    assert float(sums.variance_before) == pytest.approx(statistics.variance(before))
    assert float(sums.covariance) == pytest.approx(statistics.covariance(before, after))
    changes = [last - first for first, last in pairs]
    assert float(sums.variance_change) == pytest.approx(statistics.variance(changes))


@given(PAIRS, st.integers(1, 7))
def test_a_whole_is_the_sum_of_its_parts(pairs: list[tuple[int, int]], parts: int) -> None:
    groups = [PairSums.of(pairs[place::parts]) for place in range(parts)]

    assert reduce(add, groups, PairSums()) == PairSums.of(pairs)


def test_too_few_patients_give_no_figure() -> None:
    with pytest.raises(TooFewPairsError, match="0 with both scores; at least 1 are needed"):
        _ = PairSums().mean_before
    with pytest.raises(TooFewPairsError) as refused:
        _ = PairSums.of([(1, 2)]).variance_after

    assert (refused.value.n, refused.value.needed) == (1, 2)
