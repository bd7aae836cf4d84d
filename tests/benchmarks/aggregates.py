"""Figures for the service: what they take, what control takes, and what it hides too much.

.venv/bin/python -m tests.benchmarks.aggregates
.venv/bin/python -m tests.benchmarks.aggregates quality_page --sessions 100000
"""

import argparse
import random
import time
from collections.abc import Callable
from itertools import product

from app.clinical.disclosure import Controlled, Rules, Why, control
from tests.benchmarks import quality_page
from tests.benchmarks.fewest_cells import fewest
from tests.support.disclosed import Counts, around

YEAR = ("team", "quarter", "category")
SMALL = (
    ("unit", "category", 4, 4, 0),
    ("unit/team", "category", 4, 3, 0),
    ("unit", "category", 6, 4, 0),
    ("unit", "category", 3, 3, 2),
    ("unit/team", "category", 4, 3, 2),
)
"""First and last dimension, rows, columns, and quarters (0: no such dimension)."""


def a_year(*, mean: float, seed: int) -> Counts:
    """Return 100 teams in 10 units, 4 quarters and 6 categories."""
    chance = random.Random(seed)
    weights = [chance.gammavariate(2, 0.5) for _ in range(6)]
    counts: Counts = {}
    for unit, team in product(range(10), range(10)):
        size = chance.gammavariate(2, 0.5)
        for quarter, (category, weight) in product(range(4), enumerate(weights)):
            place = (f"unit-{unit}/team-{team}", f"Q{quarter}", f"category-{category}")
            counts[place] = around(chance, mean * size * weight)
    return counts


def hidden(controlled: Controlled) -> int:
    """Return how many cells are hidden."""
    return sum(cell.n is None for cell in controlled.cells)


def time_of_a_year() -> None:
    """Print how long one instrument's year takes, audit included, for services of any size."""
    for mean in (1, 2, 5, 10, 20):
        counts = a_year(mean=mean, seed=mean)
        started = time.perf_counter()
        controlled = control(YEAR, counts, rules=Rules())
        seconds = time.perf_counter() - started
        primary = sum(cell.why is Why.PRIMARY for cell in controlled.cells)
        print(
            f"a year of 100 teams, {mean} patients a cell: {len(controlled.cells)} cells, "
            f"{primary} too small, {hidden(controlled)} hidden, {seconds:.1f} s"
        )


def small_table(number: int) -> tuple[tuple[str, ...], Counts]:
    """Invent a small table."""
    chance = random.Random(number)
    rows_of, _, rows, columns, quarters = SMALL[number % len(SMALL)]
    units = [
        f"unit-{row // 2}/team-{row}" if "/" in rows_of else f"unit-{row}" for row in range(rows)
    ]
    values = [units, *([["Q1", "Q2"][:quarters]] if quarters else [])]
    values.append([f"category-{column}" for column in range(columns)])
    mean = chance.choice([5, 10, 15])
    size = {unit: chance.gammavariate(2, 0.5) for unit in units}
    weight = {column: chance.gammavariate(2, 0.5) for column in values[-1]}
    counts = {
        place: around(chance, mean * size[place[0]] * weight[place[-1]])
        for place in product(*values)
    }
    return tuple(f"dimension-{place}" for place in range(len(values))), counts


def beside_the_optimum(*, tables: int = 40) -> None:
    """Print how many cells are hidden beside the fewest that would do."""
    ours = best = 0
    worst = 1.0
    unsolved = 0
    for number in range(tables):
        dimensions, counts = small_table(number)
        controlled = control(dimensions, counts, rules=Rules())
        fewest_cells = fewest(controlled, counts, threshold=5)
        if fewest_cells is None:
            unsolved += 1
        elif fewest_cells:
            ours += hidden(controlled)
            best += fewest_cells
            worst = max(worst, hidden(controlled) / fewest_cells)
    print(
        f"{tables - unsolved} small tables: {ours} cells hidden, {best} at the optimum, "
        f"ratio {ours / best:.3f}, worst {worst:.2f}; {unsolved} optima not found"
    )


def main() -> None:
    """Print the figures that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=quality_page.SESSIONS)
    known: dict[str, Callable[[], None]] = {
        "disclosure_time": time_of_a_year,
        "disclosure_optimum": beside_the_optimum,
        "quality_page": lambda: quality_page.main(chosen.sessions),
    }
    parser.add_argument("figures", nargs="*", metavar="|".join(known))
    chosen = parser.parse_args()
    for name in chosen.figures or known:
        if name not in known:
            parser.error(f"no figure {name!r}; there are {', '.join(known)}")
        known[name]()


if __name__ == "__main__":
    main()
