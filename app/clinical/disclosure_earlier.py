"""What earlier releases have told about the table that is to leave now.

An earlier release may have had other values: a year that was not over, a team that
has closed since. Each of its cells is the sum of its own innermost cells, so a cell
``*`` of three quarters becomes a node of its own beside ``*`` of four. A number
that still holds is known. One that does not hold has been overtaken; where all such
numbers have grown, the attacker is taken to know that nobody has been removed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import optimize

from app.clinical.disclosure_grid import ALL, SEPARATOR, Axis, Counts, Grid, Index, Mask

Nodes = list[dict[str, frozenset[int] | None]]
"""For each dimension, the leaves of each label; ``None`` for what cannot be compared."""


@dataclass(frozen=True, eq=False)
class Published:
    """A release that is out.

    Attributes
    ----------
    numbers
        What it showed, ``None`` for hidden, by pairs of dimension and label.
    members
        By dimension, the innermost values that each label held. In a dimension that is
        not named here labels are paths.
    wholes
        By dimension, the label that was all of it then, where that is not ``*`` now.
    """

    numbers: Mapping[frozenset[tuple[str, str]], int | None]
    members: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    wholes: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def labels(self) -> dict[str, frozenset[str]]:
        """Labels by dimension."""
        found: dict[str, set[str]] = {}
        for dims in self.numbers:
            for name, label in dims:
                found.setdefault(name, set()).add(label)
        return {name: frozenset(labels) for name, labels in found.items()}

    def by_labels(self, grid: Grid) -> Iterator[tuple[tuple[str, ...], int | None]]:
        """Yield labels in the order of a grid; a dimension that it lacks counts as all."""
        names = {axis.name for axis in grid.axes}
        for dims, n in self.numbers.items():
            if any(name not in names and label != ALL for name, label in dims):
                continue
            label_of = dict(dims)
            yield tuple(label_of.get(axis.name, ALL) for axis in grid.axes), n

    def numbers_at(
        self, grid: Grid, nodes: Sequence[Mapping[str, int]]
    ) -> Iterator[tuple[Index, int | None]]:
        """Yield the cells that have the same labels in a grid."""
        for labels, n in self.by_labels(grid):
            place = [at.get(label) for at, label in zip(nodes, labels, strict=True)]
            if None not in place:
                yield tuple(node for node in place if node is not None), n

    def wholes_at(
        self, grid: Grid, nodes: Sequence[Mapping[str, int]]
    ) -> Iterator[tuple[Index, int | None]]:
        """Yield the cells of the whole that it had then, in the place of the whole of a grid."""
        for labels, n in self.by_labels(grid):
            named = zip(grid.axes, labels, strict=True)
            now = [ALL if self.wholes.get(axis.name) == label else label for axis, label in named]
            place = [at.get(label) for at, label in zip(nodes, now, strict=True)]
            if tuple(now) != labels and None not in place:
                yield tuple(node for node in place if node is not None), n


@dataclass(eq=False)
class Remembered:
    """A table, and what is known of it.

    Attributes
    ----------
    grid
        The table's dimensions, with the nodes of earlier releases.
    cells
        True count of every cell; of values that only earlier releases had, counts that
        agree with what those have shown.
    known
        Cells whose count is out and still holds.
    floor
        Least count of cells that have grown since; 0 for nothing.
    watched
        Cells that were hidden and could now be given away.
    """

    grid: Grid
    cells: Counts
    known: Mask = field(init=False)
    floor: Counts = field(init=False)
    watched: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.known = np.zeros(self.grid.shape, dtype=np.bool_)
        self.watched = np.zeros(self.grid.shape, dtype=np.bool_)
        self.floor = np.zeros(self.grid.shape, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Compared:
    """One earlier release, cell by cell in the wider grid."""

    shown: dict[Index, int]
    hidden: tuple[Index, ...]


def remember(grid: Grid, innermost: Counts, *, earlier: Sequence[Published]) -> Remembered:
    """Return a table with all that earlier releases have told about it.

    Parameters
    ----------
    grid
        The table's own dimensions.
    innermost
        True counts, one axis per dimension.
    earlier
        What is out.
    """
    wide, nodes = _widened(grid, earlier)
    releases = [
        _compared(wide, release, nodes=of) for release, of in zip(earlier, nodes, strict=True)
    ]
    padding = [
        (0, len(new.leaves) - len(old.leaves))
        for new, old in zip(wide.axes, grid.axes, strict=True)
    ]
    counts = np.pad(innermost, padding)
    is_ours = np.pad(np.ones_like(innermost), padding)
    strange = wide.totals(1 - is_ours) > 0
    guess = _guessed(wide, counts, strange=strange, releases=releases)
    memory = Remembered(grid=wide, cells=wide.totals(counts if guess is None else guess))
    for release in releases:
        _learn(memory, release, ignored=strange if guess is None else None)
    # What is known of a unit is known of its only team.
    twins = np.ix_(*(axis.twins for axis in wide.axes))
    memory.known = memory.known[twins]
    memory.watched = memory.watched[twins]
    memory.floor = memory.floor[twins]
    return memory


def _widened(grid: Grid, earlier: Sequence[Published]) -> tuple[Grid, list[Nodes]]:
    """Return the grid with the nodes of earlier releases, and which leaves those hold."""
    nodes: list[Nodes] = [[] for _ in earlier]
    axes = []
    for axis in grid.axes:
        leaves = {leaf: place for place, leaf in enumerate(axis.leaves)}
        for release, of in zip(earlier, nodes, strict=True):
            held = release.members.get(axis.name)
            if held is None:
                of.append(_leaves_of(axis, release.labels.get(axis.name), leaves=leaves))
            else:
                of.append({label: _places(held[label], leaves=leaves) for label in held})
        axes.append(_with_nodes(axis, leaves, [of[-1] for of in nodes]))
    return Grid(tuple(axes), apart=grid.apart), nodes


def _places(values: frozenset[str], *, leaves: dict[str, int]) -> frozenset[int]:
    """Return the leaves with these names; new ones get the next places."""
    return frozenset(leaves.setdefault(value, len(leaves)) for value in sorted(values))


def _leaves_of(
    axis: Axis, labels: frozenset[str] | None, *, leaves: dict[str, int]
) -> dict[str, frozenset[int] | None]:
    """Return the leaves of each label of an earlier release; new ones get the next places."""
    ours = {
        label: frozenset(np.flatnonzero(row).tolist())
        for label, row in zip(axis.labels, axis.members, strict=False)
    }
    if labels is None:
        return {ALL: ours[ALL]}
    inner = {above for label in labels for above in _all_above(label)} | {ALL}
    found: dict[str, frozenset[int]] = {}
    partial = set()
    for label in sorted(labels - inner):
        coarser = next((above for above in _all_above(label) if above in axis.leaves), None)
        if coarser is not None:
            # We have it less divided: only the undivided value can be compared.
            partial.add(label)
            found[label] = ours[coarser]
        elif label in ours:
            found[label] = ours[label]
        else:
            found[label] = frozenset([leaves.setdefault(label, len(leaves))])
    below = {
        label: frozenset().union(*(held for leaf, held in found.items() if _is_in(leaf, label)))
        for label in sorted(labels & inner)
    }
    divided = {label for label in below if any(a in axis.leaves for a in _all_above(label))}
    unusable = dict.fromkeys([*partial, *divided])
    return {**found, **below, **unusable}


def _all_above(path: str) -> list[str]:
    parts = path.split(SEPARATOR)
    return [SEPARATOR.join(parts[:depth]) for depth in range(1, len(parts))]


def _is_in(leaf: str, label: str) -> bool:
    return label == ALL or leaf.startswith(label + SEPARATOR)


def _with_nodes(
    axis: Axis, leaves: dict[str, int], nodes: Sequence[Mapping[str, frozenset[int] | None]]
) -> Axis:
    members = np.pad(axis.members, [(0, 0), (0, len(leaves) - len(axis.leaves))])
    sets = {frozenset(np.flatnonzero(row).tolist()) for row in members}
    rows = []
    for of in nodes:
        for held in of.values():
            if held is not None and held not in sets:
                sets.add(held)
                rows.append([place in held for place in range(len(leaves))])
    if rows:
        members = np.vstack([members, np.array(rows, dtype=np.bool_)])
    return Axis(name=axis.name, leaves=tuple(leaves), labels=axis.labels, members=members)


def _compared(grid: Grid, release: Published, *, nodes: Nodes) -> _Compared:
    shown: dict[Index, int] = {}
    hidden = []
    for labels, n in release.by_labels(grid):
        place = []
        for axis, of, label in zip(grid.axes, nodes, labels, strict=True):
            held = of.get(label)
            node = None if held is None else axis.node(held)
            if node is not None:
                place.append(node)
        if len(place) < len(grid.axes):
            continue
        if n is None:
            hidden.append(tuple(place))
        else:
            shown[tuple(place)] = n
    return _Compared(shown=shown, hidden=tuple(hidden))


def _guessed(
    grid: Grid, counts: Counts, *, strange: Mask, releases: Sequence[_Compared]
) -> Counts | None:
    """Return counts that also agree with what was shown of values we do not have.

    ``None`` if there are no such counts: then those numbers have been overtaken.
    """
    shown = {
        place: n for release in releases for place, n in release.shown.items() if strange[place]
    }
    if not shown:
        return counts
    rows = grid.sums[[int(np.ravel_multi_index(place, grid.shape)) for place in shown]]
    is_open = np.flatnonzero(grid.innermost(strange).ravel())
    wanted = np.array(list(shown.values())) - rows @ counts.ravel()
    part = rows[:, is_open]
    found = optimize.milp(
        np.ones(len(is_open)),
        integrality=np.ones(len(is_open)),
        constraints=[optimize.LinearConstraint(part, wanted, wanted)],
    )
    if found.x is None:
        return None
    values = np.rint(found.x).astype(np.int64)
    if (part @ values != wanted).any():
        return None
    guess = counts.copy().ravel()
    guess[is_open] = values
    return guess.reshape(counts.shape)


def _learn(memory: Remembered, release: _Compared, *, ignored: Mask | None) -> None:
    """Add what one release has told."""
    told = {place: n for place, n in release.shown.items() if ignored is None or not ignored[place]}
    holds = [place for place, n in told.items() if int(memory.cells[place]) == n]
    overtaken = {place: n for place, n in told.items() if int(memory.cells[place]) != n}
    for place in holds:
        memory.known[place] = True
    if all(n < int(memory.cells[place]) for place, n in overtaken.items()):
        for place, n in overtaken.items():
            memory.floor[place] = max(int(memory.floor[place]), n)
    still = np.zeros(memory.grid.shape, dtype=np.bool_)
    for place in holds:
        still[place] = True
    hidden = [place for place in release.hidden if ignored is None or not ignored[place]]
    for place in _unchanged(memory.grid, still, hidden) if overtaken else hidden:
        memory.watched[place] = True


def _unchanged(grid: Grid, still: Mask, hidden: Sequence[Index]) -> list[Index]:
    """Return the hidden cells that lie wholly in numbers that still hold.

    Of others nobody can tell from outside whether they are what they were.
    """
    sums = grid.sums
    is_still = (still.ravel().astype(np.int64) @ sums) > 0
    moving = sums @ (~is_still).astype(np.int64)
    return [place for place in hidden if moving[int(np.ravel_multi_index(place, grid.shape))] == 0]
