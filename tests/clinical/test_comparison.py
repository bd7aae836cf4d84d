"""Teams beside each other: published limits, and teams that chance alone has made."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from app.clinical.comparison import (
    LIMITS,
    Funnel,
    OddsError,
    Unit,
    between_variance,
    binomial_limit,
    funnel,
    lines_at,
    observed_to_expected,
    share_units,
    winsorized,
)
from app.clinical.figures import FigureName

IMPROVED = FigureName.IMPROVED

EIGHT = tuple(
    Unit(key=f"team {place}", n=n, value=y, standard_error=math.sqrt(0.494792 * 0.505208 / n))
    for place, (y, n) in enumerate(
        zip(
            (0.42, 0.55, 0.61, 0.48, 0.38, 0.66, 0.52, 0.47),
            (60, 85, 40, 120, 75, 50, 90, 200),
            strict=True,
        )
    )
)


def by_chance(chance: np.random.Generator, *, truths: Sequence[float]) -> Funnel:
    sizes = chance.integers(30, 200, size=len(truths))
    counts = [
        (str(place), int(chance.binomial(n, truth)), int(n))
        for place, (n, truth) in enumerate(zip(sizes, truths, strict=True))
    ]
    return funnel(IMPROVED, share_units(counts))


@pytest.mark.parametrize(
    ("n", "limits"),
    [
        (10, (0.0002, 0.1324, 0.7676, 0.8998)),
        (20, (0.1367, 0.2558, 0.6942, 0.8133)),
        (50, (0.2728, 0.3507, 0.6293, 0.7072)),
        (100, (0.3412, 0.3968, 0.5932, 0.6488)),
        (500, (0.4300, 0.4552, 0.5428, 0.5680)),
    ],
)
def test_the_limits_of_a_funnel_round_one_half(n: int, limits: tuple[float, ...]) -> None:
    found = [binomial_limit(0.5, n, probability=probability) for probability in LIMITS]

    assert found == pytest.approx(limits, abs=5e-5)


def test_the_limits_of_a_very_large_unit_are_those_of_the_normal_curve() -> None:
    spread = math.sqrt(0.3 * 0.7 / 100_000)

    assert binomial_limit(0.3, 100_000, probability=0.975) == pytest.approx(
        0.3 + 1.959964 * spread, abs=1e-5
    )


def test_a_limit_never_leaves_the_shares_that_there_are() -> None:
    assert binomial_limit(0.01, 5, probability=0.001) == 0
    assert binomial_limit(0.99, 5, probability=0.999) == pytest.approx(1, abs=0.01)
    assert binomial_limit(0.99, 5, probability=1 - 1e-16) <= 1


@pytest.mark.parametrize(("target", "probability"), [(0, 0.5), (1, 0.5), (0.5, 0), (0.5, 1)])
def test_a_certainty_has_no_limits(target: float, probability: float) -> None:
    with pytest.raises(OddsError, match="it must be above 0 and below 1") as refused:
        binomial_limit(target, 10, probability=probability)

    assert refused.value.value in {target, probability}
    assert refused.value.what in {"the target", "the probability"}


def test_eight_teams_whose_results_vary_more_than_chance() -> None:
    found = funnel(IMPROVED, EIGHT)

    assert found.target == pytest.approx(0.494792, abs=5e-7)
    assert found.dispersion == pytest.approx(1.28402, abs=1e-5)
    assert found.tau == pytest.approx(0.03678, abs=5e-6)
    assert [dot.z for dot in found.dots] == pytest.approx(
        (-1.0068, 0.8425, 1.3213, -0.2523, -1.6770, 2.0729, 0.3922, -0.4860), abs=1e-4
    )


def test_the_raw_scatter_of_the_eight_teams() -> None:
    scores = [(unit.value - 0.494792) / unit.standard_error for unit in EIGHT]

    assert sum(score**2 for score in scores) / 8 == pytest.approx(1.84268, abs=1e-5)
    assert max(winsorized(scores)) < max(scores)
    assert winsorized([1.0]) == [1.0]


def test_the_lines_of_a_funnel_hold_a_dot_as_its_z_score_says() -> None:
    for dot in funnel(IMPROVED, EIGHT).dots:
        assert (dot.low <= dot.value <= dot.high) == (abs(dot.z) <= 1.96)


def test_a_small_team_is_drawn_further_to_the_middle_than_a_large_one() -> None:
    dots = {dot.n: dot for dot in funnel(IMPROVED, EIGHT).dots}
    middle = 0.505

    small, large = dots[40], dots[120]

    assert small.shrunken.value is not None
    assert large.shrunken.value is not None
    assert abs(small.shrunken.value - middle) / abs(small.value - middle) < 0.5
    assert abs(large.shrunken.value - middle) / abs(large.value - middle) > 0.5


def test_a_team_under_thirty_has_no_dot_and_does_not_move_the_others() -> None:
    small = Unit(key="small", n=29, value=0.99, standard_error=0.09)

    found = funnel(IMPROVED, (small, *EIGHT))

    assert found.too_small == ("small",)
    assert found.dots == funnel(IMPROVED, EIGHT).dots


def test_two_teams_are_not_compared() -> None:
    found = funnel(IMPROVED, EIGHT[:2])

    assert found.dots == ()
    assert found.target is None
    assert found.too_small == ("team 0", "team 1")


def test_teams_stay_in_the_order_they_were_given() -> None:
    found = funnel(IMPROVED, EIGHT[::-1])

    assert [dot.key for dot in found.dots] == [unit.key for unit in EIGHT[::-1]]


def test_shares_are_measured_against_what_all_reach_together() -> None:
    units = share_units([("a", 20, 40), ("b", 30, 60), ("c", 10, 100), ("d", 20, 20), ("e", 0, 0)])

    # 60 of 200 in the three that are large enough.
    assert [unit.key for unit in units] == ["a", "b", "c", "d"]
    assert units[0].value == 0.5
    assert units[0].standard_error == pytest.approx(math.sqrt(0.3 * 0.7 / 40))


@pytest.mark.parametrize("hits", [0, 40])
def test_where_all_or_none_improved_there_is_nothing_to_compare(hits: int) -> None:
    with pytest.raises(OddsError, match="the share of all units together"):
        share_units([("a", hits, 40), ("b", hits, 40)])
    with pytest.raises(OddsError):
        share_units([("a", 5, 10)])


def test_differences_begin_where_scatter_exceeds_its_degrees_of_freedom() -> None:
    assert between_variance(1.0, [100.0] * 10) == pytest.approx(1 / 900)
    assert between_variance(0.9, [100.0] * 10) == 0
    assert between_variance(0.5, [100.0] * 10) == 0


def test_teams_that_differ_by_chance_alone_are_seldom_outside() -> None:
    chance = np.random.default_rng(4)

    outside = total = 0
    for _ in range(200):
        found = by_chance(chance, truths=[0.5] * 20)
        outside += sum(abs(dot.z) > 1.96 for dot in found.dots)
        total += len(found.dots)

    assert 0.02 < outside / total < 0.055


def test_shrunken_effects_hold_the_true_ones_and_lie_nearer_to_them() -> None:
    chance = np.random.default_rng(5)
    held = total = 0
    raw = drawn = 0.0

    for _ in range(100):
        truths = [float(one) for one in chance.normal(0.5, 0.07, size=40)]
        for dot in by_chance(chance, truths=truths).dots:
            truth = truths[int(dot.key)]
            effect = dot.shrunken
            assert effect.value is not None
            assert effect.low is not None
            assert effect.high is not None
            held += effect.low <= truth <= effect.high
            raw += (dot.value - truth) ** 2
            drawn += (effect.value - truth) ** 2
            total += 1

    assert 0.93 < held / total < 0.97
    assert drawn < 0.8 * raw


def test_observed_over_expected_with_the_interval_of_a_count() -> None:
    # Exact limits of a Poisson count of 20: 12.2165 and 30.8884.
    ratio, z = observed_to_expected(20, expected=10, variance=6.25, n=50)

    assert (ratio.value, ratio.n, z) == (2, 50, 4)
    assert ratio.low == pytest.approx(1.22165, abs=5e-3)
    assert ratio.high == pytest.approx(3.08884, abs=5e-3)


def test_none_observed_has_a_lower_limit_of_zero() -> None:
    ratio, z = observed_to_expected(0, expected=4, variance=4, n=50)

    assert (ratio.low, z) == (0, -2)
    assert ratio.high == pytest.approx(3.6889 / 4, abs=0.02)


def test_where_nothing_was_expected_there_is_no_ratio() -> None:
    ratio, z = observed_to_expected(0, expected=0, variance=0, n=0)

    assert (ratio.value, z) == (None, None)


def test_the_lines_of_a_funnel_allow_for_what_differs_between_teams() -> None:
    # sqrt(0.03 ** 2 + 0.04 ** 2) = 0.05, times 3.0902 and 1.95996.
    lines = lines_at(0.5, tau=0.04, standard_error=0.03)

    assert lines == pytest.approx((0.34549, 0.40200, 0.59800, 0.65451), abs=5e-6)
