"""Six methods for reliable change, each beside numbers worked out by hand.

Standard deviation 10 and reliability .75 make every standard error easy: SEM is 5,
that of a difference 5 * sqrt(2), of a prediction 10 * sqrt(.4375), and Nunnally and
Kotsch's 6.25. Before, the group's mean is 50, after, it is 42. Changes have a variance
of 100, half of it error, so their reliability is .5.
"""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.change_methods import (
    ChangeMethod,
    ChangeRule,
    GivenChange,
    NoTrueDifferenceError,
    Precision,
    change_rule,
    in_whole_numbers,
)
from app.clinical.instruments import Direction
from app.clinical.pair_sums import PairSums, TooFewPairsError
from app.clinical.reliable_change import Change, ReliabilityError, SpreadError

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER
JT, HA = ChangeMethod.JACOBSON_TRUAX, ChangeMethod.HAGEMAN_ARRINDELL
HALF, THREE_QUARTERS = Fraction(1, 2), Fraction(3, 4)

GROUP = PairSums(
    n=101,
    before=101 * 50,
    after=101 * 42,
    before_squared=101 * 50**2 + 100 * 100,
    after_squared=101 * 42**2 + 100 * 100,
    product=101 * 50 * 42 + 100 * 50,
)
"""Variances of 100 before and after, covariance 50."""


def rule(
    method: ChangeMethod,
    *,
    direction: Direction = LOWER,
    sd: int = 10,
    reliability: Fraction = THREE_QUARTERS,
    after: Fraction | None = None,
    group: PairSums = GROUP,
) -> ChangeRule:
    precision = Precision(Fraction(sd**2), reliability, reliability if after is None else after)
    return change_rule(method, precision=precision, sums=group, direction=direction)


@pytest.mark.parametrize(
    ("method", "index"),
    [
        ("JT", 20 / 7.0710678),  # 20 points
        ("EN", 17.5 / 5),  # expected 57.5, found 40
        ("GLN", 17.5 / 6.6143783),
        ("HLL", 9.5 / 6.6143783),  # expected 49.5
        ("NK", 17.5 / 6.25),
        ("HA", 14 / 5),  # half of 20 and half of the group's 8
    ],
)
def test_a_patient_who_fell_from_60_to_40_by_each_method(method: str, index: float) -> None:
    found = rule(ChangeMethod(method)).index(Fraction(60), Fraction(40))

    assert found == pytest.approx(index, abs=1e-7)


def test_the_worked_example_of_jacobson_and_truax() -> None:
    precision = Precision(Fraction("7.5") ** 2, Fraction("0.8"), Fraction("0.8"))

    found = change_rule(JT, precision=precision, sums=PairSums(), direction=HIGHER)

    assert found.index(Fraction("32.5"), Fraction("47.5")) == pytest.approx(3.1623, abs=5e-5)
    assert found.judge(Fraction("32.5"), Fraction("47.5")) is Change.IMPROVED


def test_standard_errors_agree_with_those_of_the_hamilton_scores() -> None:
    # Claus et al. 2020, 40 patients: sd 3.340121 before, reliability .8.
    precision = Precision(Fraction("3.340121") ** 2, Fraction("0.8"), Fraction("0.8"))

    found = change_rule(JT, precision=precision, sums=PairSums(), direction=LOWER)

    assert math.sqrt(precision.error_variance) == pytest.approx(1.493748, abs=5e-7)
    assert math.sqrt(found.variance) == pytest.approx(2.112478, abs=5e-7)


def test_the_reliability_after_treatment_has_its_own_place_in_one_method() -> None:
    # 100 * (.75**2 * .25 + .5) = 64.0625
    found = rule(ChangeMethod.NUNNALLY_KOTSCH, after=HALF)

    assert found.variance == Fraction("64.0625")


def test_an_index_of_exactly_the_critical_value_is_no_change() -> None:
    # sd 10 and reliability .5 make the standard error of a difference 10.
    found = rule(JT, reliability=HALF)

    assert found.judge(Fraction(30), Fraction("10.4")) is Change.UNCHANGED
    assert found.judge(Fraction(30), Fraction("10.39")) is Change.IMPROVED
    assert found.judge(Fraction(30), Fraction("49.6")) is Change.UNCHANGED
    assert found.judge(Fraction(30), Fraction("49.61")) is Change.DETERIORATED


def test_hageman_and_arrindell_ask_for_165() -> None:
    # index = (change / 2 + 4) / 5; 1.65 at a fall of 8.5 points.
    found = rule(HA)

    assert found.judge(Fraction(60), Fraction("51.5")) is Change.UNCHANGED
    assert found.judge(Fraction(60), Fraction("51.49")) is Change.IMPROVED


def test_hageman_and_arrindell_with_a_spread_from_elsewhere() -> None:
    # sd 20 for the group's 10: SEM**2 is 100, the variance of changes 400 + 100 - 2 * 100.
    found = rule(HA, sd=20)

    assert found.after_weight == 1 - Fraction(200, 300)
    assert found.variance == Fraction(200, 3)


def test_without_any_spread_of_their_own_first_scores_relate_to_nothing() -> None:
    # All began at 50; last scores have a variance of 200, and sd 10 is from elsewhere.
    group = PairSums.of([(50, 30), (50, 50)])

    assert rule(HA, group=group).after_weight == 1 - Fraction(50, 300)


def test_changes_that_vary_like_error_have_no_method_ha() -> None:
    group = PairSums.of([(40, 41), (50, 51), (60, 60)])

    with pytest.raises(NoTrueDifferenceError, match="method HA needs changes that vary more") as no:
        rule(HA, group=group)

    assert no.value.error_variance == 50
    assert no.value.variance_change == pytest.approx(1 / 3)


def test_a_given_value_counts_itself() -> None:
    given_change = GivenChange(points=Fraction(6), direction=LOWER)

    assert given_change.judge(Fraction("7.3"), Fraction("1.3")) is Change.IMPROVED
    assert given_change.judge(Fraction("7.3"), Fraction("1.4")) is Change.UNCHANGED
    assert given_change.judge(Fraction("1.3"), Fraction("7.3")) is Change.DETERIORATED
    assert given_change.index(Fraction("7.3"), Fraction("1.3")) == pytest.approx(1.96)


@pytest.mark.parametrize("reliability", ["-0.01", "1", "1.2"])
def test_a_reliability_that_is_no_share_below_one_is_refused(reliability: str) -> None:
    with pytest.raises(ReliabilityError):
        rule(JT, reliability=Fraction(reliability))
    with pytest.raises(ReliabilityError):
        rule(JT, after=Fraction(reliability))


def test_a_group_of_equal_scores_has_no_spread() -> None:
    with pytest.raises(SpreadError):
        rule(JT, sd=0)


def test_a_method_that_needs_the_groups_mean_says_so() -> None:
    with pytest.raises(TooFewPairsError):
        rule(ChangeMethod.EDWARDS_NUNNALLY, group=PairSums())


@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from(list(ChangeMethod)))
def test_a_mirrored_scale_gives_mirrored_verdicts(
    before: int, after: int, method: ChangeMethod
) -> None:
    turned = PairSums(
        n=101,
        before=101 * 350,
        after=101 * 358,
        before_squared=101 * 350**2 + 100 * 100,
        after_squared=101 * 358**2 + 100 * 100,
        product=101 * 350 * 358 + 100 * 50,
    )
    upright, mirrored = rule(method), rule(method, direction=HIGHER, group=turned)

    verdict = upright.judge(Fraction(before), Fraction(after))
    index = upright.index(Fraction(before), Fraction(after))

    assert mirrored.judge(Fraction(400 - before), Fraction(400 - after)) is verdict
    assert mirrored.index(Fraction(400 - before), Fraction(400 - after)) == pytest.approx(index)


@given(
    st.integers(0, 400),
    st.integers(0, 400),
    st.sampled_from(list(ChangeMethod)),
    st.sampled_from([HIGHER, LOWER]),
)
def test_in_whole_numbers_a_rule_says_the_same(
    before: int, after: int, method: ChangeMethod, direction: Direction
) -> None:
    exact = rule(method, direction=direction)
    whole = in_whole_numbers(exact)

    moved = whole.after * after - whole.before * before + whole.constant

    found = Change.UNCHANGED
    if abs(moved) >= whole.least:
        found = Change.IMPROVED if moved > 0 else Change.DETERIORATED
    assert found is exact.judge(Fraction(before, 10), Fraction(after, 10))
