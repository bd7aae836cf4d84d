"""Intervals of shares and means, beside published ones."""

from fractions import Fraction

import pytest

from app.clinical.figures import FigureName, Interval, ShareError, mean, share, t_quantile

IMPROVED = FigureName.IMPROVED


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_intervals_of_shares_that_newcombe_published(
    count: int, n: int, low: float, high: float
) -> None:
    # Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E
    found = share(IMPROVED, count, n)

    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)
    assert (found.value, found.n, found.interval) == (count / n, n, Interval.WILSON)


def test_a_share_of_all_ends_at_one() -> None:
    assert share(IMPROVED, 20, 20).high == 1
    assert share(IMPROVED, 20, 20).low == pytest.approx(1 - 0.1611, abs=5e-5)


def test_a_share_of_nobody_is_no_share() -> None:
    assert share(IMPROVED, 0, 0).value is None


@pytest.mark.parametrize("count", [-1, 6])
def test_a_share_of_more_than_all_is_refused(count: int) -> None:
    with pytest.raises(ShareError, match="it must be from 0 to 5") as refused:
        share(IMPROVED, count, 5)

    assert (refused.value.name, refused.value.count, refused.value.n) == (IMPROVED, count, 5)


@pytest.mark.parametrize(
    ("degrees", "quantile", "off"),
    [
        (3, 3.182446, 4e-3),
        (5, 2.570582, 4e-4),
        (8, 2.306004, 1e-4),
        (10, 2.228139, 1e-4),
        (30, 2.042272, 1e-5),
        (100, 1.983972, 1e-6),
    ],
)
def test_the_quantiles_that_tables_of_student_print(
    degrees: int, quantile: float, off: float
) -> None:
    assert t_quantile(degrees) == pytest.approx(quantile, abs=off)


def test_a_mean_of_scores_in_tenths() -> None:
    # 11 scores, mean 12.5, sd 3.0: 12.5 +- 2.228139 * 3 / sqrt(11)
    found = mean(
        FigureName.MEAN_FIRST,
        n=11,
        value=lambda: Fraction(125),
        variance=lambda: Fraction(900),
        unit=10,
    )

    assert found.value == 12.5
    assert found.low == pytest.approx(12.5 - 2.015424, abs=1e-4)
    assert found.high == pytest.approx(12.5 + 2.015424, abs=1e-4)


def test_few_scores_have_a_mean_without_an_interval_and_none_have_none() -> None:
    few = mean(FigureName.MEAN_FIRST, n=3, value=lambda: Fraction(7), variance=lambda: Fraction(1))
    none = mean(FigureName.MEAN_FIRST, n=0, value=lambda: Fraction(7), variance=lambda: Fraction(1))

    assert (few.value, few.low, few.high) == (7, None, None)
    assert none.value is None
