"""Linked tables as one grid: every dimension with all its levels, every margin.

A *leaf* is a value of a dimension that is divided no further, a *node* any set of
leaves that a table has a row or column for: a leaf, an inner value such as a unit
with its teams, or ``*`` for all. A *cell* is one node of each dimension. The
*innermost* cells are those made of leaves; every other cell is a sum of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]
Index = tuple[int, ...]

ALL = "*"
"""The node that holds every leaf of its dimension."""

SEPARATOR = "/"
"""Stands between the levels of a path."""


@dataclass(frozen=True, eq=False)
class Axis:
    """One dimension.

    Attributes
    ----------
    name
        Name of the dimension.
    leaves
        Labels of the leaves, in order.
    labels
        Labels of the nodes that this release publishes, leaves first, ``*`` last.
    members
        Which leaves a node holds: one row per node, one column per leaf. The first
        rows belong to ``labels``; further rows are nodes that this release does not
        publish: leaves that are too fine for it, and what only earlier releases had,
        for example a year that was not yet over.
    """

    name: str
    leaves: tuple[str, ...]
    labels: tuple[str, ...]
    members: Mask

    def node(self, leaves: frozenset[int]) -> int | None:
        """Return the node with exactly these leaves."""
        return self._by_leaves.get(leaves)

    @cached_property
    def twins(self) -> list[int]:
        """For each node the first one with the same leaves, mostly itself."""
        return [self._by_leaves[frozenset(np.flatnonzero(row).tolist())] for row in self.members]

    @cached_property
    def _by_leaves(self) -> dict[frozenset[int], int]:
        # The first one wins: a unit with one team is that team.
        found: dict[frozenset[int], int] = {}
        for number, row in enumerate(self.members):
            found.setdefault(frozenset(np.flatnonzero(row).tolist()), number)
        return found


@dataclass(frozen=True, eq=False)
class Grid:
    """The dimensions of linked tables, in order.

    Attributes
    ----------
    axes
        The dimensions.
    apart
        Dimensions of which one at most is divided in a cell that is published: a table
        by unit and one by period, and none by both.
    """

    axes: tuple[Axis, ...]
    apart: frozenset[str] = frozenset()

    @cached_property
    def shape(self) -> Index:
        """Number of nodes, by dimension."""
        return tuple(len(axis.members) for axis in self.axes)

    @cached_property
    def published(self) -> Mask:
        """Return which cells belong to this release, and not only to earlier ones."""
        mask = np.zeros(self.shape, dtype=np.bool_)
        labelled = tuple(slice(len(axis.labels)) for axis in self.axes)
        divided = np.zeros(mask[labelled].shape, dtype=np.int64)
        for place, axis in enumerate(self.axes):
            if axis.name in self.apart:
                np.moveaxis(divided, place, -1)[...] += [label != ALL for label in axis.labels]
        mask[labelled] = divided <= 1
        return mask

    @cached_property
    def sums(self) -> sparse.csr_array:
        """Which innermost cells a cell is the sum of: one row per cell, one column each."""
        matrix = sparse.csr_array(np.ones((1, 1), dtype=np.int64))
        for axis in self.axes:
            members = sparse.csr_array(axis.members.astype(np.int64))
            matrix = sparse.csr_array(sparse.kron(matrix, members, format="csr"))
        return matrix

    def innermost(self, cells: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return the innermost ones of all cells, one axis per dimension."""
        leaves = [
            [axis.node(frozenset([leaf])) or 0 for leaf in range(len(axis.leaves))]
            for axis in self.axes
        ]
        return cells[np.ix_(*leaves)]

    def totals(self, innermost: Counts) -> Counts:
        """Return every cell from the innermost ones."""
        cells = innermost
        for axis in self.axes:
            # The first dimension goes and comes back as the last one, so that after
            # one round all are in their place again.
            cells = np.tensordot(cells, axis.members.astype(np.int64), axes=([0], [1]))
        return cells


def axis_of(name: str, values: frozenset[str]) -> Axis:
    """Return the dimension with these innermost values, which may be paths.

    Parameters
    ----------
    name
        Name of the dimension.
    values
        Innermost values; ``north/team-2`` lies in ``north``.

    Raises
    ------
    LevelError
        If a value is innermost and also holds others.
    """
    leaves = tuple(sorted(values))
    inner = {above for leaf in leaves for above in _above(leaf)}
    both = sorted(inner & values)
    if both:
        raise LevelError(name, value=both[0])
    labels = (*leaves, *sorted(inner), ALL)
    members = [
        [label in (leaf, ALL) or leaf.startswith(label + SEPARATOR) for leaf in leaves]
        for label in labels
    ]
    return Axis(name=name, leaves=leaves, labels=labels, members=np.array(members, dtype=np.bool_))


def axis_with(name: str, values: frozenset[str], *, shown: Mapping[str, frozenset[str]]) -> Axis:
    """Return the dimension that publishes these labels, each holding any innermost values.

    Parameters
    ----------
    name
        Name of the dimension.
    values
        Innermost values; they are published only where a label says so.
    shown
        By label, what it holds; ``*`` is among the labels.
    """
    leaves = tuple(sorted(values.union(*shown.values())))
    rows = [[leaf in held for leaf in leaves] for held in shown.values()]
    single = [[leaf == one for leaf in leaves] for one in leaves]
    members = [*rows, *(row for row in single if row not in rows)]
    return Axis(
        name=name, leaves=leaves, labels=tuple(shown), members=np.array(members, dtype=np.bool_)
    )


def _above(path: str) -> list[str]:
    parts = path.split(SEPARATOR)
    return [SEPARATOR.join(parts[:depth]) for depth in range(1, len(parts))]


class LevelError(ValueError):
    """A value stands for itself and for those below it."""

    def __init__(self, dimension: str, *, value: str) -> None:
        self.dimension = dimension
        self.value = value
        super().__init__(
            f"'{value}' in {dimension} is both an innermost value and the beginning of "
            f"others; give only the innermost ones, for example '{value}/other' for the rest"
        )
