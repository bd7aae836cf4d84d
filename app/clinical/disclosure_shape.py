"""Which tables of a cube are published, and which of their cells the caller withholds.

A whole cube of units, periods and ages has mostly cells of one or two patients, and
hiding those takes the sums with it. Its faces, one dimension at a time, can be read.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.clinical.disclosure_grid import ALL, Grid, Index, Mask


@dataclass(frozen=True, slots=True)
class Shape:
    """Which tables are published, where it is not every value crossed with every other.

    Attributes
    ----------
    shown
        By dimension, its labels in order, ``*`` among them, and the innermost values
        that each holds; they may overlap. In other dimensions values are paths.
    apart
        Dimensions of which one at most is divided in a cell.
    dear
        Labels of the sensitive dimension whose cells readers miss most; others are
        rather hidden.
    dear_of_all
        Labels of which only the number of everybody together is missed so much.
    dearest
        Labels of which that number is hidden only where nothing else would do, the last
        ones first.
    harmless
        Labels of the sensitive dimension that nobody may be in without anything being
        told of anybody, such as a reason for which scores are missing.
    merged
        Pairs of dimension and label that are shown together with others only.
    therapists
        Pairs of dimension and label that are really one therapist's. Their cells in the
        sensitive dimension are withheld; how many patients there are is not.
    """

    shown: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    dear: frozenset[str] = frozenset()
    dear_of_all: frozenset[str] = frozenset()
    dearest: tuple[str, ...] = ()
    harmless: frozenset[str] = frozenset()
    merged: frozenset[tuple[str, str]] = frozenset()
    therapists: frozenset[tuple[str, str]] = frozenset()


EVERYTHING = Shape()
"""Every value crossed with every other, all margins, and nothing withheld."""


def withheld(grid: Grid, pairs: Collection[tuple[str, str]], *, but: str | None = None) -> Mask:
    """Return the published cells of these labels.

    Parameters
    ----------
    grid
        The tables.
    pairs
        Dimension and label.
    but
        Dimension whose ``*`` is left out; ``None`` to leave nothing out.
    """
    cells = np.zeros(grid.shape, dtype=np.bool_)
    names = [axis.name for axis in grid.axes]
    for name, label in pairs:
        place = names.index(name)
        np.moveaxis(cells, place, 0)[grid.axes[place].labels.index(label)] = True
    if but is not None:
        place = names.index(but)
        np.moveaxis(cells, place, 0)[grid.axes[place].labels.index(ALL)] = False
    return np.asarray(cells & grid.published)


def dear_cells(
    grid: Grid, labels: Collection[str], *, of_all: Collection[str], of: str | None
) -> Mask | None:
    """Return the cells of labels of a dimension, and of others those of everybody together.

    ``None`` if there are no labels.
    """
    if of is None or not labels:
        return None
    cells = np.zeros(grid.shape, dtype=np.bool_)
    place = [axis.name for axis in grid.axes].index(of)
    for label in labels:
        np.moveaxis(cells, place, 0)[grid.axes[place].labels.index(label)] = True
    whole = tuple(
        axis.labels.index(ALL) if axis.name in grid.apart else slice(None) for axis in grid.axes
    )
    among = np.zeros(grid.shape, dtype=np.bool_)
    for label in of_all:
        np.moveaxis(among, place, 0)[grid.axes[place].labels.index(label)] = True
    cells[whole] |= among[whole]
    return np.asarray(cells & grid.published)


def dearest_cells(grid: Grid, labels: Sequence[str], *, of: str | None) -> tuple[Index, ...]:
    """Return the cells of everybody together of labels of a dimension, in their order."""
    if of is None:
        return ()
    axis = next(axis for axis in grid.axes if axis.name == of)
    wholes = [
        tuple(a.labels.index(label if a is axis else ALL) for a in grid.axes) for label in labels
    ]
    return tuple(cell for cell in wholes if grid.published[cell])
