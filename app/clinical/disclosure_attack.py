"""The attacker: what can be worked out about a hidden cell from all that is published.

The attacker knows every published number, of this release and of earlier ones, that
counts are whole and not negative, and which cells are sums of which. So each hidden
cell has a lowest and a highest possible value; they are found by integer programmes
over the differences from the true table. Every solution is checked in whole numbers
before it is believed, so that the room found is never larger than the real one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse
from scipy.sparse import csgraph

from app.clinical.disclosure_grid import Counts, Grid, Index, Mask

REACH = 4
"""Innermost cells are moved by at most so many times the room asked for, each way.

Keeps numbers small and programmes bounded. It makes the attacker's interval narrower
at most, and the control stricter.
"""

_NODES = 2_000
"""Branches of one programme; what is not solved by then counts as not protected."""


@dataclass(frozen=True, eq=False)
class Shift:
    """Two tables that agree with everything published, as changes of the true one.

    Attributes
    ----------
    up, down
        What is added to every cell, in patients; negative where it is taken away.
    """

    up: Counts
    down: Counts

    def room(self, cell: Index) -> int:
        """Return how far apart the two tables are in a cell."""
        return abs(int(self.up[cell] - self.down[cell]))

    def touched(self) -> tuple[NDArray[np.int64], ...]:
        """Return the places of the cells that differ from the true table."""
        return np.nonzero((self.up != 0) | (self.down != 0))


class Attacker:
    """Everything published about one set of linked tables.

    Attributes
    ----------
    cells
        The true count of every cell.
    fixed
        Which cells the attacker knows.
    floor
        What the attacker knows a cell to have at least.
    """

    def __init__(self, grid: Grid, *, cells: Counts, fixed: Mask, floor: Counts) -> None:
        self._grid = grid
        self._sums = grid.sums
        self._counts: Counts = grid.innermost(cells).astype(np.int64).ravel()
        known = self._sums[np.flatnonzero(fixed.ravel())]
        # What lies in a known zero is zero, and an innermost cell that is known is known.
        empty = known[np.flatnonzero(cells[fixed] == 0)]
        single = known[np.flatnonzero(np.diff(known.indptr) == 1)]
        self._is_free = np.ones(known.shape[1], dtype=np.bool_)
        self._is_free[np.concatenate([empty.indices, single.indices])] = False
        self._equal = _without_empty_rows(known[:, self._is_free])
        with_floor = (floor > 0) & ~fixed
        self._at_least = self._sums[np.flatnonzero(with_floor.ravel())][:, self._is_free]
        self._slack: Counts = (cells - floor)[with_floor]
        self._part = self._parts()

    def room(self, cell: Index, *, enough: int) -> Shift:
        """Return two tables with the lowest and the highest possible value of a cell.

        Parameters
        ----------
        cell
            A hidden cell.
        enough
            Above this many patients it need not be known how many more.
        """
        row = self._sums[[int(np.ravel_multi_index(cell, self._grid.shape))]][:, self._is_free]
        wanted: Counts = row.toarray().ravel()
        up = down = np.zeros(len(wanted), dtype=np.int64)
        columns = np.flatnonzero(np.isin(self._part, np.unique(self._part[wanted != 0])))
        if len(columns):
            programme = _Programme(
                wanted=wanted[columns],
                equal=_without_empty_rows(self._equal[:, columns]),
                at_least=self._at_least[:, columns],
                slack=self._slack,
                counts=self._counts[self._is_free][columns],
                reach=REACH * enough,
            )
            up = _spread(programme.furthest(+1), columns, len(wanted))
            if wanted @ up < enough:
                down = _spread(programme.furthest(-1), columns, len(wanted))
        return Shift(up=self._everywhere(up), down=self._everywhere(down))

    def nearest(self, cell: Index, *, enough: int) -> Shift | None:
        """Return two tables that are far enough apart in a cell, and change little else."""
        row = self._sums[[int(np.ravel_multi_index(cell, self._grid.shape))]][:, self._is_free]
        wanted: Counts = row.toarray().ravel()
        programme = _Programme(
            wanted=wanted,
            equal=self._equal,
            at_least=self._at_least,
            slack=self._slack,
            counts=self._counts[self._is_free],
            reach=REACH * enough,
        )
        found = programme.nearest(enough)
        if found is None:
            return None
        up, down = found
        return Shift(up=self._everywhere(up), down=self._everywhere(down))

    @property
    def size(self) -> int:
        """Number of innermost cells that the attacker does not know."""
        return int(self._is_free.sum())

    def _everywhere(self, change: Counts) -> Counts:
        innermost = np.zeros(len(self._is_free), dtype=np.int64)
        innermost[self._is_free] = change
        return self._grid.totals(innermost.reshape([len(a.leaves) for a in self._grid.axes]))

    def _parts(self) -> NDArray[np.int64]:
        """Return for each free innermost cell the part of the table it hangs together with."""
        rows = sparse.vstack([self._equal, self._at_least], format="csr")
        # A cell and each sum that it is part of are joined, not every two cells of a sum:
        # of those there are too many in a margin over thousands.
        joined = sparse.block_array([[None, rows.T], [rows, None]], format="csr")
        _, part = csgraph.connected_components(joined, directed=False)
        return np.asarray(part[: rows.shape[1]], dtype=np.int64)


class _Programme:
    """How far a sum of innermost cells can be moved, in one part of the table."""

    def __init__(
        self,
        *,
        wanted: Counts,
        equal: sparse.csr_array,
        at_least: sparse.csr_array,
        slack: Counts,
        counts: Counts,
        reach: int,
    ) -> None:
        self._wanted = wanted
        self._equal = equal
        self._at_least = at_least
        self._slack = slack
        self._lowest = -np.minimum(counts, reach)
        self._reach = reach

    def furthest(self, sign: int) -> Counts:
        """Return the change that moves the sum furthest up (+1) or down (-1)."""
        rows, lower, upper = self._published()
        change = _solved(
            -sign * self._wanted.astype(np.float64),
            bounds=optimize.Bounds(self._lowest, self._reach),
            constraints=[optimize.LinearConstraint(rows, lower, upper)] if rows.shape[0] else [],
        )
        if change is None or not self._holds(change):
            return np.zeros(len(self._wanted), dtype=np.int64)
        return change

    def nearest(self, enough: int) -> tuple[Counts, Counts] | None:
        """Return the two changes that part the sum by enough and move fewest patients."""
        rows, lower, upper = self._published()
        count = len(self._wanted)
        # Added and taken away in the one table, then in the other: four blocks of columns.
        twice = sparse.block_diag([sparse.hstack([rows, -rows])] * 2, format="csr")
        apart = np.concatenate([self._wanted, -self._wanted, -self._wanted, self._wanted])
        highest = np.concatenate([np.full(count, self._reach), -self._lowest])
        change = _solved(
            np.ones(4 * count),
            bounds=optimize.Bounds(0, np.concatenate([highest, highest])),
            constraints=[
                optimize.LinearConstraint(twice, np.tile(lower, 2), np.tile(upper, 2)),
                optimize.LinearConstraint(apart, enough, np.inf),
            ],
        )
        if change is None:
            return None
        up, down = (half[:count] - half[count:] for half in np.split(change, 2))
        return (up, down) if self._holds(up) and self._holds(down) else None

    def _published(self) -> tuple[sparse.csr_array, NDArray[np.float64], NDArray[np.float64]]:
        """Return the sums that are known, and how far each may change down and up."""
        rows = sparse.vstack([self._equal, self._at_least], format="csr")
        known = np.zeros(self._equal.shape[0])
        lower = np.concatenate([known, -self._slack])
        upper = np.concatenate([known, np.full(len(self._slack), np.inf)])
        return rows, lower, upper

    def _holds(self, change: Counts) -> bool:
        """Return whether a changed table agrees with everything published, in whole numbers."""
        return (
            not (self._equal @ change).any()
            and bool((self._at_least @ change >= -self._slack).all())
            and bool((change >= self._lowest).all())
        )


def _solved(
    cost: NDArray[np.float64],
    *,
    bounds: optimize.Bounds,
    constraints: list[optimize.LinearConstraint],
) -> Counts | None:
    """Return the best whole numbers that were found, or ``None``."""
    found = optimize.milp(
        cost,
        integrality=np.ones(len(cost)),
        bounds=bounds,
        constraints=constraints,
        options={"node_limit": _NODES, "mip_rel_gap": 0.0},
    )
    return None if found.x is None else np.rint(found.x).astype(np.int64)


def _spread(change: Counts, columns: NDArray[np.int64], length: int) -> Counts:
    wide: Counts = np.zeros(length, dtype=np.int64)
    wide[columns] = change
    return wide


def _without_empty_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    return matrix[np.flatnonzero(np.diff(matrix.indptr) > 0)]
