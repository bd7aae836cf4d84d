"""How many patients each cell of a release had at least, as far as its numbers tell.

Where patients have only come, a later release has no fewer. The bounds are handed to and
fro between each sum and its parts until nothing changes: quick, and never too high.

References
----------
Buzzigoli & Giusti (1999), "An algorithm to calculate the lower and upper bounds of the
elements of an array given its marginals", for the shuttle.
"""

from collections.abc import Mapping

import numpy as np

from app.clinical.disclosure_grid import Axis, Counts, Grid, Index

_ROUNDS = 20
"""Bounds that have not settled by then are true too, only wider."""

_UNLIMITED = 1 << 40
"""More than any count; a sum of as many as there are cells is still a whole number."""


def least_of(grid: Grid, shown: Mapping[Index, int]) -> Counts:
    """Return the least count of every cell that agrees with the numbers shown.

    Parameters
    ----------
    grid
        The linked tables.
    shown
        Numbers of one release, in patients.
    """
    lowest: Counts = np.zeros(grid.shape, dtype=np.int64)
    highest: Counts = np.full(grid.shape, _UNLIMITED, dtype=np.int64)
    for place, n in shown.items():
        lowest[place] = highest[place] = n
    for _ in range(_ROUNDS):
        before = lowest.copy(), highest.copy()
        for number, axis in enumerate(grid.axes):
            _exchange(axis, np.moveaxis(lowest, number, 0), np.moveaxis(highest, number, 0))
        if (before[0] == lowest).all() and (before[1] == highest).all():
            break
    return lowest


def _exchange(axis: Axis, lowest: Counts, highest: Counts) -> None:
    """Narrow, in place, each node by its leaves, and the leaves by the node."""
    leaves = np.array([axis.node(frozenset([leaf])) for leaf in range(len(axis.leaves))])
    for node, row in enumerate(axis.members):
        parts = leaves[np.flatnonzero(row)]
        low, high = lowest[parts], highest[parts]
        lowest[node] = np.maximum(lowest[node], low.sum(axis=0))
        highest[node] = np.minimum(highest[node], high.sum(axis=0))
        lowest[parts] = np.maximum(low, lowest[node] - (high.sum(axis=0) - high))
        highest[parts] = np.minimum(high, highest[node] - (low.sum(axis=0) - low))
