"""Municipalities to release figures about, and releases as they are printed."""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from app.clinical.disclosure import Controlled, Rules, control
from app.clinical.disclosure_cover import EFFORT
from app.clinical.disclosure_earlier import Published

Counts = dict[tuple[str, ...], int]


def printed(controlled: Controlled) -> dict[str, Any]:
    """Return a release as the command prints it."""
    cells = [
        {"dims": dict(cell.dims), "n": cell.n, "why": cell.why and cell.why.value}
        for cell in controlled.cells
    ]
    return {"cells": cells, "refused": controlled.refused}


def out(release: Mapping[str, Any]) -> Published:
    """Return a printed release as one that has left."""
    return Published({frozenset(cell["dims"].items()): cell["n"] for cell in release["cells"]})


def released(
    dimensions: Sequence[str],
    counts: Counts,
    *,
    earlier: Sequence[Mapping[str, Any]] = (),
    threshold: int = 5,
    sensitive: str | None = None,
    effort: float = EFFORT,
) -> dict[str, Any]:
    """Control a table and print it."""
    rules = Rules(threshold=threshold, sensitive=sensitive)
    before = [out(release) for release in earlier]
    return printed(control(dimensions, counts, rules=rules, earlier=before, effort=effort))


def numbers(release: Mapping[str, Any]) -> dict[tuple[str, ...], int | None]:
    """Return the numbers of a release by their labels."""
    return {tuple(cell["dims"].values()): cell["n"] for cell in release["cells"]}


def reasons(release: Mapping[str, Any]) -> dict[tuple[str, ...], str | None]:
    """Return why cells of a release are hidden, by their labels."""
    return {tuple(cell["dims"].values()): cell["why"] for cell in release["cells"]}


def municipality(seed: int) -> Callable[[int], Counts]:
    """Invent a municipality; the function returns the counts of one quarter."""
    chance = random.Random(seed)  # noqa: S311 -- invented, and the same again
    teams = [
        f"unit-{unit}/team-{team}"
        for unit in range(chance.randint(1, 3))
        for team in range(chance.randint(1, 4))
    ]
    categories = ["recovered", "improved", "unchanged", "worse"][: chance.randint(2, 4)]
    typical = chance.choice([1, 4, 9])
    size = {team: chance.gammavariate(2, typical) for team in teams}
    weight = {category: chance.gammavariate(3, 0.33) for category in categories}

    def quarter(number: int) -> Counts:
        return {
            (team, f"Q{number}", category): around(chance, size[team] * weight[category])
            for team, category in product(teams, categories)
        }

    return quarter


def around(chance: random.Random, mean: float) -> int:
    """Return a count that varies as counts of patients do."""
    waited, count = chance.expovariate(1), 0
    while waited < mean:
        waited += chance.expovariate(1)
        count += 1
    return count
