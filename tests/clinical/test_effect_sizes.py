"""Effect sizes beside worked values, and their intervals beside invented patients."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.effect_sizes import (
    AlikeIntakeError,
    SeverityReference,
    d_av,
    d_change,
    d_pre,
    hedges_correction,
    severity_adjusted,
    severity_reference,
)
from app.clinical.figures import Figure, FigureName
from app.clinical.instruments import Direction
from app.clinical.pair_sums import PairSums, TooFewPairsError

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


def sums_of(n: int, before: tuple[float, float], after: tuple[float, float], r: float) -> PairSums:
    """Return sums with these means, spreads and correlation."""
    (m1, s1), (m2, s2) = before, after
    squares = [Fraction((n - 1) * one * other) for one, other in ((s1, s1), (s2, s2), (s1, r * s2))]
    first, last = Fraction(m1), Fraction(m2)
    return PairSums(
        n=n,
        before=n * first,
        after=n * last,
        before_squared=squares[0] + n * first**2,
        after_squared=squares[1] + n * last**2,
        product=squares[2] + n * first * last,
    )


HAMILTON = sums_of(40, (24.85, 3.340121), (14.975, 7.711089), 0.1631187)
"""Claus et al. 2020: 40 patients at time 1 and time 4; lower is better."""


def holds(figure: Figure, truth: float) -> bool:
    assert figure.low is not None
    assert figure.high is not None
    return figure.low <= truth <= figure.high


def test_the_effects_of_the_hamilton_scores() -> None:
    factor = hedges_correction(40)

    assert factor == pytest.approx(0.9806452, abs=5e-8)
    assert d_pre(HAMILTON, direction=LOWER).value == pytest.approx(2.899257, abs=2e-6)
    assert d_change(HAMILTON, direction=LOWER).value == pytest.approx(1.251960 * factor, abs=2e-6)
    assert d_av(HAMILTON, direction=LOWER).value == pytest.approx(1.661868 * factor, abs=2e-6)


def test_each_effect_has_its_name_its_count_and_an_interval_round_it() -> None:
    found = [effect(HAMILTON, direction=LOWER) for effect in (d_pre, d_change, d_av)]

    assert [one.name for one in found] == [
        *(FigureName.D_PRE, FigureName.D_CHANGE, FigureName.D_AV)
    ]
    for one in found:
        assert one.n == 40
        assert one.value is not None
        assert holds(one, one.value)


def test_a_patient_group_that_got_worse_has_an_effect_below_zero() -> None:
    assert d_pre(HAMILTON, direction=HIGHER).value == pytest.approx(-2.899257, abs=2e-6)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=3, max_size=20),
)
def test_a_turned_scale_has_the_same_effects(pairs: list[tuple[int, int]]) -> None:
    upright = PairSums.of(pairs)
    turned = PairSums.of([(400 - first, 400 - last) for first, last in pairs])

    for effect in (d_pre, d_change, d_av):
        found, mirrored = effect(upright, direction=LOWER), effect(turned, direction=HIGHER)
        assert found.value == pytest.approx(mirrored.value)
        assert found.low == pytest.approx(mirrored.low)


@pytest.mark.parametrize("pairs", [[(1, 2), (2, 4)], [(5, 5), (5, 5), (5, 5)]])
def test_groups_too_small_or_all_alike_have_no_effect(pairs: list[tuple[int, int]]) -> None:
    for effect in (d_pre, d_change, d_av):
        found = effect(PairSums.of(pairs), direction=LOWER)

        assert (found.n, found.value, found.low) == (len(pairs), None, None)


def test_95_of_100_intervals_hold_the_true_effect() -> None:
    # True means 20 and 14, spreads 6 and 8, correlation .5; so that of changes is sqrt(52).
    chance = np.random.default_rng(20261122)
    spread = [[36.0, 24.0], [24.0, 64.0]]
    truths = {d_pre: 1.0, d_change: 6 / 52**0.5, d_av: 6 / 50**0.5}
    held = dict.fromkeys(truths, 0)

    for _ in range(1500):
        scores = chance.multivariate_normal([20.0, 14.0], spread, size=40)
        sums = PairSums.of([(round(10 * first), round(10 * last)) for first, last in scores])
        for effect, truth in truths.items():
            held[effect] += holds(effect(sums, direction=LOWER), truth)

    for effect, count in held.items():
        assert 0.935 <= count / 1500 <= 0.97, effect.__name__


def a_reference() -> SeverityReference:
    """Everybody improves by a fifth of the first score and 2 points; lower is better."""
    pairs = [(Fraction(first), Fraction(4 * first, 5) - 2) for first in range(10, 30)] * 5
    return severity_reference(PairSums.of(pairs), direction=LOWER)


def test_the_reference_group_has_its_own_effect_after_adjustment() -> None:
    sums = sums_of(200, (20.0, 6.0), (14.0, 8.0), 0.5)

    reference = severity_reference(sums, direction=LOWER)

    assert reference.effect == pytest.approx(1)
    assert severity_adjusted(sums, reference=reference).value == pytest.approx(1)


def test_those_who_start_worse_are_not_praised_for_coming_back() -> None:
    reference = a_reference()
    worse = PairSums.of([(28, Fraction("20.4")), (30, 22), (26, Fraction("18.8"))])

    found = severity_adjusted(worse, reference=reference)

    # They did what was expected of them, so the effect is that of the reference.
    assert reference.slope == pytest.approx(0.2)
    assert reference.intercept == pytest.approx(2)
    assert found.value == pytest.approx(reference.effect)
    assert d_pre(worse, direction=LOWER).value != pytest.approx(reference.effect, rel=0.2)


def test_a_point_more_than_expected_is_a_point_over_the_spread() -> None:
    reference = a_reference()
    better = PairSums.of([(20, 13), (25, 17), (15, 9)])

    found = severity_adjusted(better, reference=reference)

    assert found.value == pytest.approx(reference.effect + 1 / reference.sd)
    assert found.low == pytest.approx(found.value)


def test_adjustment_on_a_turned_scale_is_the_same() -> None:
    sums = sums_of(200, (20.0, 6.0), (14.0, 8.0), 0.5)
    turned = sums_of(200, (20.0, 6.0), (26.0, 8.0), 0.5)
    group = PairSums.of([(20, 13), (25, 18), (15, 9)])
    turned_group = PairSums.of([(20, 27), (15, 22), (25, 31)])

    found = severity_adjusted(group, reference=severity_reference(sums, direction=LOWER))
    mirrored = severity_adjusted(
        turned_group, reference=severity_reference(turned, direction=HIGHER)
    )

    assert found.value == pytest.approx(mirrored.value)
    assert found.high == pytest.approx(mirrored.high)


def test_a_site_needs_a_hundred_episodes_of_its_own() -> None:
    with pytest.raises(TooFewPairsError):
        severity_reference(sums_of(99, (20.0, 6.0), (14.0, 8.0), 0.5), direction=LOWER)
    with pytest.raises(AlikeIntakeError, match="all 100 of the reference group") as refused:
        severity_reference(PairSums.of([(20, 10), (20, 15)] * 50), direction=LOWER)

    assert refused.value.n == 100


def test_two_patients_are_not_adjusted() -> None:
    assert severity_adjusted(PairSums.of([(1, 2)] * 2), reference=a_reference()).value is None
