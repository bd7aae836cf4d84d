import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.evidence import Boundary
from app.clinical.instruments import Direction, Instrument
from app.clinical.reliable_change import (
    Category,
    Change,
    ReliabilityError,
    Side,
    SpreadError,
    better_by,
    classify_change,
    classify_end,
    cut_off_a,
    cut_off_b,
    cut_off_c,
    reaches,
    reliable_change,
    side_of,
)
from tests.clinical.made_up import four_lines

ORACLE = json.loads((Path(__file__).parents[1] / "oracles" / "reliable_change.json").read_text())
HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


def the_change(instrument: Instrument, first: int, last: int) -> Change:
    value = instrument.reliable_change
    assert value is not None
    return classify_change(first, last, value=value, direction=instrument.direction)


def test_the_worked_example_of_jacobson_and_truax() -> None:
    result = reliable_change(before=32.5, after=47.5, sd=7.5, reliability=0.8, direction=HIGHER)

    assert result.index == pytest.approx(3.1623, abs=5e-5)
    assert result.threshold == pytest.approx(9.2971, abs=5e-5)


def test_the_same_change_on_a_turned_scale_is_as_much_worse() -> None:
    result = reliable_change(before=32.5, after=47.5, sd=7.5, reliability=0.8, direction=LOWER)

    assert result.index == pytest.approx(-3.1623, abs=5e-5)


@pytest.mark.parametrize("row", ORACLE["differences"], ids=lambda row: row["source"])
def test_the_change_that_it_takes_agrees_with_others(row: dict[str, float]) -> None:
    result = reliable_change(
        before=0,
        after=row["difference_error"],
        sd=row["sd"],
        reliability=row["reliability"],
        direction=HIGHER,
    )

    assert result.index == pytest.approx(1, abs=1e-5)
    if "threshold" in row:
        assert result.threshold == pytest.approx(row["threshold"], abs=2e-5)


def test_the_cut_offs_of_jacobson_and_truax() -> None:
    assert cut_off_a(clinical_mean=40, clinical_sd=7.5, direction=HIGHER) == 55
    assert cut_off_b(functional_mean=60, functional_sd=7.5, direction=HIGHER) == 45
    assert cut_off_c(clinical_mean=40, clinical_sd=7.5, functional_mean=60, functional_sd=7.5) == 50


def test_cut_offs_on_a_scale_where_lower_is_better() -> None:
    assert cut_off_a(clinical_mean=20, clinical_sd=5, direction=LOWER) == 10
    assert cut_off_b(functional_mean=5, functional_sd=2, direction=LOWER) == 9


@pytest.mark.parametrize("row", ORACLE["cut_offs_c"], ids=lambda row: row["source"])
def test_cut_off_c_agrees_with_others(row: dict[str, list[float]]) -> None:
    clinical, functional = row["clinical"], row["functional"]

    found = cut_off_c(
        clinical_mean=clinical[0],
        clinical_sd=clinical[1],
        functional_mean=functional[0],
        functional_sd=functional[1],
    )

    assert found == pytest.approx(row["c"], abs=5e-3)


@pytest.mark.parametrize("reliability", [-0.01, 1.0, 1.2, float("nan")])
def test_a_reliability_that_is_no_share_below_one_is_refused(reliability: float) -> None:
    with pytest.raises(ReliabilityError, match="at least 0 and below 1") as refused:
        reliable_change(before=1, after=2, sd=1, reliability=reliability, direction=HIGHER)

    assert refused.value.reliability is reliability


@pytest.mark.parametrize("sd", [0.0, -1.0, float("nan")])
def test_a_spread_that_is_not_above_zero_is_refused(sd: float) -> None:
    with pytest.raises(SpreadError) as refused:
        reliable_change(before=1, after=2, sd=sd, reliability=0.8, direction=HIGHER)
    with pytest.raises(SpreadError):
        cut_off_a(clinical_mean=1, clinical_sd=sd, direction=HIGHER)
    with pytest.raises(SpreadError):
        cut_off_b(functional_mean=1, functional_sd=sd, direction=HIGHER)
    with pytest.raises(SpreadError):
        cut_off_c(clinical_mean=1, clinical_sd=1, functional_mean=1, functional_sd=sd)
    with pytest.raises(SpreadError):
        cut_off_c(clinical_mean=1, clinical_sd=sd, functional_mean=1, functional_sd=1)

    assert refused.value.sd is sd


def test_a_published_whole_number_counts_itself_as_reliable() -> None:
    published = four_lines(reliable=50, boundary=Boundary.INCLUSIVE)

    assert the_change(published, 150, 200) is Change.IMPROVED
    assert the_change(published, 150, 199) is Change.UNCHANGED
    assert the_change(published, 150, 101) is Change.UNCHANGED
    assert the_change(published, 150, 100) is Change.DETERIORATED


def test_a_computed_number_must_be_passed_to_be_reliable() -> None:
    computed = four_lines(reliable=50, boundary=Boundary.STRICT)

    assert the_change(computed, 150, 201) is Change.IMPROVED
    assert the_change(computed, 150, 200) is Change.UNCHANGED
    assert the_change(computed, 150, 100) is Change.UNCHANGED
    assert the_change(computed, 150, 99) is Change.DETERIORATED


def test_one_and_a_half_times_an_odd_value_is_compared_exactly() -> None:
    value = four_lines(reliable=57).reliable_change
    assert value is not None

    assert reaches(86, value, percent=150)
    assert not reaches(85, value, percent=150)


def test_all_351_changes_of_exactly_five_points_are_five_points() -> None:
    value = four_lines(reliable=50).reliable_change
    assert value is not None
    as_fractions = [(first + 50) / 10 - first / 10 >= 5 for first in range(351)]

    exact = [reaches(better_by(first, first + 50, direction=HIGHER), value) for first in range(351)]

    # The trap that the tenths are for: as decimal fractions, 30 of them fall short.
    assert as_fractions.count(False) == 30
    assert all(exact)


def test_a_published_cut_off_is_itself_clinical() -> None:
    cut_off = four_lines(cut_off=250, boundary=Boundary.INCLUSIVE).default_cut_off
    assert cut_off is not None

    assert side_of(249, cut_off=cut_off, direction=HIGHER) is Side.CLINICAL
    assert side_of(250, cut_off=cut_off, direction=HIGHER) is Side.CLINICAL
    assert side_of(251, cut_off=cut_off, direction=HIGHER) is Side.FUNCTIONAL
    assert side_of(250, cut_off=cut_off, direction=LOWER) is Side.CLINICAL
    assert side_of(249, cut_off=cut_off, direction=LOWER) is Side.FUNCTIONAL


def test_a_computed_cut_off_is_on_neither_side() -> None:
    cut_off = four_lines(cut_off=250, boundary=Boundary.STRICT).default_cut_off
    assert cut_off is not None

    assert side_of(249, cut_off=cut_off, direction=HIGHER) is Side.CLINICAL
    assert side_of(250, cut_off=cut_off, direction=HIGHER) is Side.BORDER
    assert side_of(251, cut_off=cut_off, direction=HIGHER) is Side.FUNCTIONAL


@pytest.mark.parametrize(
    ("first", "last", "category", "started"),
    [
        (200, 251, Category.RECOVERED, Side.CLINICAL),
        (200, 250, Category.IMPROVED, Side.CLINICAL),
        (260, 320, Category.IMPROVED, Side.FUNCTIONAL),
        (230, 260, Category.UNCHANGED, Side.CLINICAL),
        (260, 200, Category.DETERIORATED, Side.FUNCTIONAL),
    ],
)
def test_the_category_at_the_end(first: int, last: int, category: Category, started: Side) -> None:
    result = classify_end(first, last, instrument=four_lines(reliable=50, cut_off=250))

    assert result.category is category
    assert result.started is started


def test_from_the_border_nobody_recovers_and_to_the_border_neither() -> None:
    scale = four_lines(reliable=50, cut_off=250, boundary=Boundary.STRICT)

    assert classify_end(250, 320, instrument=scale).category is Category.IMPROVED
    assert classify_end(180, 250, instrument=scale).category is Category.IMPROVED
    assert classify_end(249, 320, instrument=scale).category is Category.RECOVERED


def test_without_a_reliable_change_value_there_is_no_category() -> None:
    result = classify_end(200, 300, instrument=four_lines(reliable=None, cut_off=250))

    assert result.category is None
    assert (result.started, result.ended) == (Side.CLINICAL, Side.FUNCTIONAL)


def test_without_a_cut_off_nobody_recovers_and_change_still_counts() -> None:
    result = classify_end(200, 300, instrument=four_lines(reliable=50))

    assert result.category is Category.IMPROVED
    assert (result.started, result.ended) == (None, None)


@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from(list(Boundary)))
def test_a_mirrored_scale_gives_mirrored_verdicts(
    first: int, last: int, boundary: Boundary
) -> None:
    upright = four_lines(reliable=57, cut_off=250, boundary=boundary)
    turned = four_lines(reliable=57, cut_off=150, boundary=boundary, direction=LOWER)

    assert classify_end(first, last, instrument=upright) == classify_end(
        400 - first, 400 - last, instrument=turned
    )
