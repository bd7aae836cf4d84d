"""Invented municipalities, attacked with every release they have made.

Fifty here; a thousand with eight quarters each by ``make attack``.
"""

import random
from itertools import product
from typing import Any

import pytest

from app.clinical.disclosure import Rules, control
from app.clinical.disclosure_shape import Shape
from tests.support.attacked import attacked
from tests.support.attacker import Attacker
from tests.support.disclosed import Counts, around, numbers, printed, released


@pytest.mark.parametrize("seed", range(50))
def test_no_hidden_cell_of_a_municipality_can_be_worked_out(seed: int) -> None:
    result = attacked(seed, quarters=2)

    assert result.found == []
    assert result.cells > 0


@pytest.mark.parametrize("seed", range(8))
def test_thin_tables_of_four_dimensions_hold_too(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- invented, and the same again
    values = [["g/a", "g/b", "c"], ["x", "y"], ["p", "q"], ["h/i/j", "k"]]
    counts: Counts = {place: around(chance, 1.5) for place in product(*values)}
    dimensions = ["unit", "sex", "age", "change"]

    first = released(dimensions, counts, threshold=8, sensitive="change", effort=0)
    later: Counts = counts | {("d", *place[1:]): 9 for place in counts if place[0] == "c"}
    second = released(dimensions, later, threshold=8, earlier=[first], effort=0)

    assert list(Attacker([first], sensitive="change").found(threshold=8)) == []
    assert list(Attacker([second]).found(threshold=8)) == []


@pytest.mark.parametrize("seed", range(4))
def test_stricter_rules_later_leave_what_was_hidden_before_hidden(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- invented, and the same again
    values = [["g/a", "g/b", "c"], ["x", "y", "z"], ["p", "q"]]
    counts: Counts = {place: around(chance, 4) for place in product(*values)}
    dimensions = ["unit", "change", "age"]

    first = released(dimensions, counts, effort=0)
    second = released(dimensions, counts, sensitive="change", earlier=[first], effort=0)

    found = Attacker([first, second]).found(threshold=5)
    assert [one for one in found if numbers(first)[tuple(one.dims.values())] is None] == []
    assert list(Attacker([second]).found(threshold=5)) == []


def test_the_attacker_finds_what_is_hidden_badly() -> None:
    counts: Counts = {("a", "x"): 3, ("a", "y"): 14, ("b", "x"): 8, ("b", "y"): 9}
    release = released(["team", "category"], counts)
    careless = {
        "cells": [
            {"dims": cell["dims"], "n": None if n < 5 else n}
            for cell in release["cells"]
            for n in [
                sum(
                    count
                    for (team, category), count in counts.items()
                    if cell["dims"]["team"] in ("*", team)
                    and cell["dims"]["category"] in ("*", category)
                )
            ]
        ]
    }

    (found,) = Attacker([careless]).found(threshold=5)

    assert found.dims == {"team": "a", "category": "x"}
    assert (found.lowest, found.highest) == (3, 3)
    assert list(Attacker([release]).found(threshold=5)) == []


def test_years_that_roll_on_do_not_give_away_the_quarters_they_do_not_share() -> None:
    quarters: list[Counts] = [{("a", f"Q{n}"): a, ("b", f"Q{n}"): b} for n, a, b in ROLLING]
    releases: list[dict[str, Any]] = []

    for start in range(3):
        counts: Counts = {}
        for quarter in quarters[start : start + 4]:
            counts |= quarter
        releases.append(released(["team", "quarter"], counts, earlier=releases))

    assert all(release["refused"] is None for release in releases)
    assert numbers(releases[1])["a", "Q5"] is None
    assert list(Attacker(releases).found(threshold=5)) == []


ROLLING = [(1, 14, 20), (2, 9, 22), (3, 3, 30), (4, 12, 25), (5, 4, 41), (6, 17, 28)]
"""Number of a quarter, patients in team a, patients in team b."""


@pytest.mark.parametrize("seed", range(6))
def test_what_the_whole_service_came_to_is_hidden_last_and_tells_nothing(seed: int) -> None:
    counts = _a_year(seed)
    total, scored = sum(counts.values()), _scored(counts)

    release = _reported(counts)
    whole = numbers(release)

    assert release["refused"] is None
    assert list(Attacker([release], sensitive="category").found(threshold=5)) == []
    assert whole["*", "*", "scored"] == scored
    # Beside it everybody may be shown only where the rest are none that have to be hidden.
    assert whole["*", "*", "*"] == (total if total - scored >= 5 else None)


def test_without_being_dear_the_whole_is_hidden_like_any_other() -> None:
    """A control of the one above: these are tables in which something has to give way."""
    given_way = 0
    for seed in range(6):
        whole = numbers(_reported(_a_year(seed), dearest=()))
        given_way += whole["*", "*", "scored"] is None

    assert given_way > 0


def _a_year(seed: int) -> Counts:
    """Return two teams in four quarters: few have one score only, in odd years fewer than five."""
    chance = random.Random(seed)  # noqa: S311 -- invented, and the same again
    means = {"scored/improved": 9, "scored/unchanged": 4.5, "scored/deteriorated": 0.8}
    counts: Counts = {
        (team, quarter, category): around(chance, mean)
        for team, quarter, (category, mean) in product("ab", QUARTERS, means.items())
    }
    once = chance.randint(1, 4) if seed % 2 else chance.randint(10, 14)
    for number in range(once):
        place = ("ab"[number % 2], QUARTERS[number % 3], "once")
        counts[place] = counts.get(place, 0) + 1
    return counts


def _scored(counts: Counts) -> int:
    return sum(n for (_, _, category), n in counts.items() if category != "once")


def _reported(counts: Counts, *, dearest: tuple[str, ...] = ("scored", "*")) -> dict[str, Any]:
    shape = Shape(
        apart=frozenset(("team", "quarter")), dear=frozenset(("scored", "*")), dearest=dearest
    )
    rules = Rules(threshold=5, sensitive="category")
    return printed(control(("team", "quarter", "category"), counts, rules=rules, shape=shape))


QUARTERS = ("Q1", "Q2", "Q3", "Q4")
