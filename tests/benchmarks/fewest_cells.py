"""The fewest cells that can be hidden, exactly, for small tables.

Cells to hide are chosen by an integer programme. For each cell that is hidden badly,
the duals of the attacker's linear programme say how much hiding any other cell could
widen it at most: one more inequality, and the choice is made anew. When nothing is
hidden badly any more, the choice is an optimum for the attacker without whole
numbers, and so a lower bound for the one with.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from app.clinical.disclosure import Controlled, Why
from tests.support.attacker import below, leaves
from tests.support.disclosed import Counts

Numbers = NDArray[np.float64]
ROUNDS = 60
"""More are not tried."""

REACH = 4
"""Innermost cells grow by at most so many times the threshold."""

TOLERANCE = 1e-6
HALF = 0.5


def fewest(controlled: Controlled, counts: Counts, *, threshold: int) -> int | None:
    """Return the fewest hidden cells; ``None`` if the search was given up.

    Takes from the control only which cells there are, and which are too small.
    """
    sums, corners = _sums(controlled)
    table = np.array([counts.get(corner, 0) for corner in corners], dtype=np.float64)
    must = np.array([cell.why is Why.PRIMARY for cell in controlled.cells])
    lines: list[Numbers] = []
    for _ in range(ROUNDS):
        chosen = _choice(must, lines)
        cuts = [
            cut
            for cell in np.flatnonzero(chosen)
            if (cut := _cut(sums, table, chosen, int(cell), threshold=threshold)) is not None
        ]
        if not cuts:
            return int(chosen.sum())
        lines += cuts
    return None


def _sums(controlled: Controlled) -> tuple[Numbers, list[tuple[str, ...]]]:
    """Return which innermost cells each cell is the sum of."""
    names = list(controlled.cells[0].dims)
    every = {name: leaves({cell.dims[name] for cell in controlled.cells}) for name in names}
    corners = {
        corner: place for place, corner in enumerate(product(*(every[name] for name in names)))
    }
    sums = np.zeros((len(controlled.cells), len(corners)))
    for line, cell in enumerate(controlled.cells):
        for corner in product(*(below(cell.dims[name], every[name]) for name in names)):
            sums[line, corners[corner]] = 1
    return sums, list(corners)


def _choice(must: NDArray[np.bool_], lines: list[Numbers]) -> NDArray[np.bool_]:
    solved = optimize.milp(
        np.ones(len(must)),
        integrality=np.ones(len(must)),
        bounds=optimize.Bounds(must.astype(np.float64), 1),
        constraints=[optimize.LinearConstraint(np.array(lines), 0, np.inf)] if lines else [],
    )
    return np.asarray(solved.x > HALF)


def _cut(
    sums: Numbers,
    table: Numbers,
    chosen: NDArray[np.bool_],
    cell: int,
    *,
    threshold: int,
) -> Numbers | None:
    """Return an inequality that this choice breaks; ``None`` if the cell is hidden well."""
    shown = np.flatnonzero(~chosen)
    reach = REACH * threshold
    width, gain = 0.0, np.zeros(len(sums))
    for sign in (1, -1):
        solved = optimize.linprog(
            -sign * sums[cell],
            A_eq=sums[shown] if len(shown) else None,
            b_eq=np.zeros(len(shown)) if len(shown) else None,
            bounds=np.column_stack([-table, np.full(len(table), reach)]),
        )
        width -= solved.fun
        if len(shown):
            price = -solved.eqlin.marginals
            up = sums[shown].sum(axis=1) * reach
            gain[shown] += np.where(price > 0, price * up, -price * (sums[shown] @ table))
    missing = threshold - width
    if missing < TOLERANCE:
        return None
    cut = np.minimum(gain, missing) / missing
    cut[cell] = -1
    return np.where(chosen & (np.arange(len(sums)) != cell), 0, cut)
