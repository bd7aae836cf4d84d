"""Moves: what an attacker could shift between cells without changing a published number.

A move picks in each dimension either two leaves, patients going from one to the
other, or one leaf alone, patients being added to it. Multiplied over the dimensions
this adds to some innermost cells, takes from others, and leaves every cell alone
that it does not touch. Where all touched cells are hidden, every one of them can be
anything between "as much taken as there is" and "as much added as there is": that
distance is the room of the move, and it is exact, since counts stay whole.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from app.clinical.disclosure_grid import Counts, Grid, Index, Mask

Weights = NDArray[np.float64]

NEVER = 1e9
"""Weight of a cell that cannot be hidden because it is known already."""

_IMPOSSIBLE = NEVER / 2
"""A move of this weight touches such a cell, whatever it saves elsewhere."""

UNLIMITED = 1 << 40
"""More than any count: room of what nothing limits."""

_NOBODY = -1
_MOST_STEPS = 4_000
"""Steps of one dimension that are tried for one cell; beyond, every so-manieth."""


@dataclass(frozen=True, eq=False)
class _Steps:
    """What can be done in one dimension to change one node.

    Attributes
    ----------
    plus
        Leaf that gets patients: one per step.
    minus
        Leaf that gives them, or -1 where they come from nowhere: one per step.
    touched
        Nodes that change: one row per step, one column per node.
    """

    plus: NDArray[np.int64]
    minus: NDArray[np.int64]
    touched: Weights


@dataclass(frozen=True, slots=True)
class Move:
    """Leaves that get and give patients, by dimension; ``None`` for nobody."""

    plus: Index
    minus: tuple[int | None, ...]


class Moves:
    """All moves within a grid of true counts."""

    def __init__(self, grid: Grid, *, cells: Counts, floor: Counts) -> None:
        self.grid = grid
        self.slack = cells - floor
        """How much can be taken from each cell."""
        padding = [(0, 1)] * len(grid.axes)
        # The last place of each dimension stands for nobody, and -1 finds it.
        self._innermost = np.pad(
            grid.innermost(self.slack).astype(np.float64), padding, constant_values=UNLIMITED
        )
        self._has_floor = bool((floor > 0).any())
        self._steps: dict[tuple[int, int], _Steps] = {}

    def cheapest(self, cell: Index, *, weights: Weights, room: int) -> tuple[Move, float] | None:
        """Return the move of least weight that gives a cell its room.

        Parameters
        ----------
        cell
            The cell that has to move.
        weights
            What it costs to touch each cell; 0 for hidden ones, ``NEVER`` for known ones.
        room
            Distance wanted between the lowest and the highest value, in patients.
        """
        steps = [self._of(axis, node) for axis, node in enumerate(cell)]
        cost = weights
        for step in steps:
            cost = np.tensordot(cost, step.touched, axes=([0], [1]))
        cost = np.where(self._room(steps) >= room, cost, NEVER)
        while True:
            best = int(cost.argmin())
            price = float(cost.flat[best])
            if price >= _IMPOSSIBLE:
                return None
            at = np.unravel_index(best, cost.shape)
            move = _move(steps, tuple(int(place) for place in at))
            if not self._has_floor or self.room(move) >= room:
                return move, price
            cost.flat[best] = NEVER

    def touched(self, move: Move) -> tuple[NDArray[np.int64], ...]:
        """Return the places of all cells that a move changes, one array per dimension."""
        return np.nonzero(self.signs(move))

    def signs(self, move: Move) -> Counts:
        """Return +1, 0 or -1 for each cell: what a move by one patient does to it."""
        signs = np.ones((), dtype=np.int64)
        for axis, plus, minus in zip(self.grid.axes, move.plus, move.minus, strict=True):
            one = axis.members[:, plus].astype(np.int64)
            if minus is not None:
                one = one - axis.members[:, minus].astype(np.int64)
            signs = np.multiply.outer(signs, one)
        return signs

    def room(self, move: Move) -> int:
        """Return how far apart the ends of a move are, looking at every touched cell."""
        signs = self.signs(move)
        given = self.slack[signs < 0].min(initial=UNLIMITED)
        taken = self.slack[signs > 0].min(initial=UNLIMITED)
        return int(given + taken)

    def proves(self, move: Move, cell: Index, *, fixed: Mask, room: int) -> bool:
        """Return whether a move leaves all published cells alone and gives a cell its room."""
        signs = self.signs(move)
        return bool(signs[cell] != 0) and not fixed[signs != 0].any() and self.room(move) >= room

    def _of(self, axis: int, node: int) -> _Steps:
        if (axis, node) not in self._steps:
            self._steps[axis, node] = _steps(self.grid.axes[axis].members, node)
        return self._steps[axis, node]

    def _room(self, steps: list[_Steps]) -> Weights:
        """Return for each combination of steps the room that its innermost cells leave."""
        taken = given = np.asarray(float(UNLIMITED))
        for corner in product((False, True), repeat=len(steps)):
            leaves = [
                step.minus if is_minus else step.plus
                for is_minus, step in zip(corner, steps, strict=True)
            ]
            there = self._innermost[np.ix_(*leaves)]
            if sum(corner) % 2:
                given = np.minimum(given, there)
            else:
                taken = np.minimum(taken, there)
        return np.asarray(given + taken)


def _steps(members: Mask, node: int) -> _Steps:
    """Return the steps that change a node: one of its leaves, with another one or nobody."""
    inside = np.flatnonzero(members[node])
    outside = np.append(np.flatnonzero(~members[node]), _NOBODY)
    plus, minus = (pairs.ravel() for pairs in np.meshgrid(inside, outside, indexing="ij"))
    every = -(-len(plus) // _MOST_STEPS)
    plus, minus = plus[::every], minus[::every]
    columns = np.vstack([members.T, np.zeros(len(members), dtype=np.bool_)])
    return _Steps(plus, minus, (columns[plus] ^ columns[minus]).astype(np.float64))


def _move(steps: list[_Steps], at: Index) -> Move:
    plus = tuple(int(step.plus[place]) for step, place in zip(steps, at, strict=True))
    minus = tuple(
        None if step.minus[place] == _NOBODY else int(step.minus[place])
        for step, place in zip(steps, at, strict=True)
    )
    return Move(plus=plus, minus=minus)
