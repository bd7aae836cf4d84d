"""Where the lowest part of a site's early alliance ratings ends, worked by hand and by its word."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.early_alliance import lowest_part
from app.clinical.instruments import Direction

UP, DOWN = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


@pytest.mark.parametrize(
    ("counts", "limit"),
    [
        pytest.param({300: 5, 310: 5, 320: 1, 400: 89}, 310, id="ten of a hundred"),
        pytest.param({300: 5, 310: 6, 400: 89}, 300, id="equal ratings stay together"),
        pytest.param({300: 11, 400: 89}, None, id="the lowest is too common"),
        pytest.param({100: 1, 390: 19}, 100, id="one of twenty"),
        pytest.param({}, None, id="none"),
    ],
)
def test_worked_by_hand(counts: dict[int, int], limit: int | None) -> None:
    assert lowest_part(counts, percent=10, direction=UP) == limit


def test_where_less_is_better_the_lowest_are_the_large_numbers() -> None:
    assert lowest_part({0: 90, 300: 4, 400: 6}, percent=10, direction=DOWN) == 300


@given(
    ratings=st.lists(st.integers(0, 400), min_size=1, max_size=60),
    percent=st.integers(1, 99),
)
def test_no_more_than_the_percent_are_in_it_and_one_step_further_more_would_be(
    ratings: list[int], percent: int
) -> None:
    limit = lowest_part(Counter(ratings), percent=percent, direction=UP)

    fits = [
        rating
        for rating in ratings
        if 100 * len([one for one in ratings if one <= rating]) <= percent * len(ratings)
    ]
    assert limit == max(fits, default=None)


@given(ratings=st.lists(st.integers(0, 400), max_size=60), percent=st.integers(1, 99))
def test_the_other_way_round_it_is_mirrored(ratings: list[int], percent: int) -> None:
    limit = lowest_part(Counter(ratings), percent=percent, direction=UP)
    mirrored = lowest_part(
        Counter(400 - rating for rating in ratings), percent=percent, direction=DOWN
    )

    assert mirrored == (None if limit is None else 400 - limit)
