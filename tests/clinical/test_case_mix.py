"""What is expected of those who came, beside least squares done another way."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.case_mix import (
    Expectation,
    MixSums,
    TooFewEpisodesError,
    UnknownStratumError,
    adjusted_unit,
    beyond_expected,
    expectation,
    expected_score,
)
from app.clinical.comparison import funnel
from app.clinical.figures import FigureName
from app.clinical.instruments import Direction
from app.clinical.pair_sums import PairSums

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER
PAIRS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=20)

Scores = list[tuple[int, int]]


def invented(seed: int, n: int = 300) -> dict[str, Scores]:
    """Two age bands; the older end three points (30 tenths) higher."""
    chance = np.random.default_rng(seed)
    found: dict[str, Scores] = {"18-29": [], "30-49": []}
    for place in range(n):
        band, extra = ("18-29", 0) if place % 3 else ("30-49", 30)
        first = int(chance.integers(50, 270))
        last = 20 + extra + 0.3 * first + 0.0008 * first**2 + chance.normal(0, 40)
        found[band].append((first, round(last)))
    return found


def sums_of(scores: dict[str, Scores]) -> dict[str, MixSums]:
    return {band: MixSums.of(pairs) for band, pairs in scores.items()}


def least_squares(scores: dict[str, Scores]) -> tuple[list[float], float]:
    """Return a for each band, b and c, and the residual variance, by NumPy."""
    rows, last = [], []
    for place, pairs in enumerate(scores.values()):
        for x, y in pairs:
            bands = [float(place == other) for other in range(len(scores))]
            rows.append([*bands, x, x**2])
            last.append(y)
    found, squares, _, _ = np.linalg.lstsq(np.array(rows), np.array(last), rcond=None)
    return [float(one) for one in found], float(squares[0]) / (len(last) - len(scores) - 2)


def test_expectations_are_those_of_plain_least_squares() -> None:
    scores = invented(1)
    other, variance = least_squares(scores)

    found = expectation(sums_of(scores), direction=LOWER)

    assert [float(a) for a in found.intercepts.values()] == pytest.approx(other[:2], rel=1e-6)
    assert float(found.linear) == pytest.approx(other[2], rel=1e-6)
    assert float(found.quadratic) == pytest.approx(other[3], rel=1e-6)
    assert float(found.variance) == pytest.approx(variance, rel=1e-9)
    assert found.n == 300


def test_one_episode_is_expected_to_end_as_its_band_and_intake_say() -> None:
    scores = invented(1)
    other, _ = least_squares(scores)
    found = expectation(sums_of(scores), direction=LOWER)

    last = expected_score("30-49", 200, expected=found)

    assert last == pytest.approx(other[1] + 200 * other[2] + 200**2 * other[3])


@pytest.mark.parametrize(("direction", "sign"), [(HIGHER, 1), (LOWER, -1)])
def test_a_group_is_as_far_from_expected_as_its_scores_are(direction: Direction, sign: int) -> None:
    expected = expectation(sums_of(invented(1)), direction=direction)
    group = {band: pairs[:20] for band, pairs in invented(2).items()}
    residuals = [
        sign * (last - expected_score(band, first, expected=expected))
        for band, pairs in group.items()
        for first, last in pairs
    ]

    found = beyond_expected(sums_of(group), expected=expected, unit=10)

    middle, spread = np.mean(residuals) / 10, np.std(residuals, ddof=1) / 10
    assert found.n == 40
    assert found.value == pytest.approx(middle)
    assert found.high == pytest.approx(middle + 2.0227 * spread / 40**0.5, abs=1e-3)


def test_everybody_together_is_as_expected() -> None:
    sums = sums_of(invented(3))

    assert beyond_expected(sums, expected=expectation(sums, direction=LOWER)).value == 0


def test_teams_with_heavier_patients_are_not_worse_for_it() -> None:
    scores = invented(4, n=600)
    heavy = {band: [p for p in pairs if p[0] >= 180] for band, pairs in scores.items()}
    middle = {band: [p for p in pairs if 110 <= p[0] < 180] for band, pairs in scores.items()}
    light = {band: [p for p in pairs if p[0] < 110] for band, pairs in scores.items()}
    expected = expectation(sums_of(scores), direction=LOWER)

    units = [
        adjusted_unit(key, sums_of(team), expected=expected)
        for key, team in (("heavy", heavy), ("middle", middle), ("light", light))
    ]

    assert None not in units
    found = funnel(FigureName.BEYOND_EXPECTED, [unit for unit in units if unit])
    assert all(abs(dot.z) < 1.96 for dot in found.dots)


def test_a_unit_without_episodes_is_not_compared() -> None:
    expected = expectation(sums_of(invented(1)), direction=LOWER)

    assert adjusted_unit("empty", {"18-29": MixSums()}, expected=expected) is None
    assert beyond_expected({}, expected=expected).value is None


def test_first_scores_that_hardly_differ_leave_terms_out() -> None:
    two = MixSums.of([(100, 90), (100, 110), (200, 140), (200, 160)] * 30)
    one = MixSums.of([(100, 90), (100, 110)] * 50)

    sloped = expectation({"all": two}, direction=LOWER)
    flat = expectation({"all": one}, direction=LOWER)

    assert sloped.linear == Fraction(1, 2)
    assert sloped.quadratic == 0
    assert sloped.variance == Fraction(120 * 100, 118)
    assert flat.linear == 0
    assert flat.intercepts["all"] == 100


def test_where_all_ends_are_as_expected_units_do_not_differ() -> None:
    exact = MixSums.of([(first, 2 * first) for first in range(100)])
    expected: Expectation = expectation({"all": exact}, direction=LOWER)

    assert expected.variance == 0
    assert adjusted_unit("all", {"all": exact}, expected=expected) is None


def test_too_few_episodes_and_unknown_bands_are_refused() -> None:
    few = MixSums.of([(1, 2)] * 99)
    expected = expectation(sums_of(invented(1)), direction=LOWER)

    with pytest.raises(TooFewEpisodesError, match="99 episodes") as too_few:
        expectation({"all": few}, direction=LOWER)
    with pytest.raises(UnknownStratumError, match=r"'67\+' was not in .* it has: 18-29") as unknown:
        expected_score("67+", 100, expected=expected)

    assert too_few.value.n == 99
    assert (unknown.value.stratum, unknown.value.known) == ("67+", ("18-29", "30-49"))


@given(PAIRS, PAIRS)
def test_sums_of_parts_are_the_sums_of_the_whole(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    assert MixSums.of(one) + MixSums.of(other) == MixSums.of(one + other)
    assert MixSums.of(one).pairs == PairSums.of(one)
