"""A year that grows while its numbers are out: what was told early must not tell on the rest."""

import numpy as np
import pytest

from app.clinical.disclosure_earlier import Published, remember
from app.clinical.disclosure_grid import Grid, axis_of
from app.clinical.disclosure_growth import least_of
from tests.support.disclosed import Counts, numbers, released

TABLE = Grid((axis_of("team", frozenset("ab")), axis_of("change", frozenset("xy"))))
A, B, X, Y, ALL = 0, 1, 0, 1, 2


def test_margins_tell_the_least_that_a_hidden_cell_had() -> None:
    # 10 in a, 3 of all in x: at least 7 of a are in y; with 2 of b there, y has 9.
    least = least_of(TABLE, {(A, ALL): 10, (ALL, X): 3, (B, Y): 2})

    assert least.tolist() == [[0, 7, 10], [0, 2, 2], [3, 9, 12]]


def out(shown: dict[tuple[str, str], int]) -> Published:
    """A release that shows these and hides the rest."""
    every = [(team, change) for team in "ab*" for change in "xy*"]
    return Published(
        {
            frozenset({("team", team), ("change", change)}): shown.get((team, change))
            for team, change in every
        }
    )


@pytest.mark.parametrize(
    ("innermost", "floor_of_a_y", "is_watched"),
    [([[8, 9], [1, 60]], 7, True), ([[8, 5], [1, 60]], 0, False)],
)
def test_the_least_of_before_counts_unless_somebody_must_have_been_removed(
    innermost: list[list[int]], floor_of_a_y: int, *, is_watched: bool
) -> None:
    earlier = out({("a", "*"): 10, ("*", "x"): 3})

    memory = remember(TABLE, np.array(innermost), earlier=[earlier])

    assert memory.floor[A, ALL] == 10
    assert memory.floor[A, Y] == floor_of_a_y
    assert memory.watched[A, Y] == is_watched


def test_what_was_hidden_stays_hidden_while_patients_only_come() -> None:
    # In the first release c-y is anything up to 31. Four have come in y, and c-y has 32 now:
    # shown, it would tell that c-y had 28 to 31, and c-x 0 to 3.
    first_rows = {"a": (3, 1), "c": (1, 30), "d": (30, 60), "e": (30, 5), "f": (4, 4)}
    second_rows = first_rows | {"a": (5, 2), "c": (1, 32), "f": (5, 5)}

    first = released(["team", "change"], by_cell(first_rows), threshold=4)
    second = released(["team", "change"], by_cell(second_rows), threshold=4, earlier=[first])

    assert second["refused"] is None
    assert numbers(first)["c", "y"] is None
    assert numbers(second)["c", "y"] is None


def by_cell(rows: dict[str, tuple[int, int]]) -> Counts:
    return {
        (team, change): n
        for team, pair in rows.items()
        for change, n in zip("xy", pair, strict=True)
    }
