"""Which further cells to hide so that nobody can work out the hidden ones.

First the cells that a rule hides are covered one after the other by the cheapest
moves (:mod:`app.clinical.disclosure_moves`); then every cell that was hidden only as
a cover is shown again if the others hold without it. What no move proves is proved
by the exact attacker (:mod:`app.clinical.disclosure_attack`), or not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.clinical.disclosure_attack import Attacker, Shift
from app.clinical.disclosure_grid import Counts, Grid, Index, Mask
from app.clinical.disclosure_moves import NEVER, Move, Moves, Weights

EFFORT = 80_000.0
"""How much may be asked of the attacker to save cells, see :meth:`Coverer._ask`.

For small tables, which come near the optimum by it; in large ones moves prove nearly
everything. Counted and not timed, so that the same table is always covered in the
same way.
"""

SMALL = 200
"""Cells of a table that is small enough for that.

Beside earlier releases it saves nothing: which cells to hide is mostly settled by then.
"""

MOST_TRIES = 10_000
"""How many moves are looked for, at most, to show cells again."""

DEAR = 6.0
"""Cells that may be hidden rather than one that is dear, such as the number of all patients."""

_FREE = 0.5
"""A move that costs less hides no further cell."""

_VALUE = 0.02
"""How much a cell's value may add to its weight of 1: of equals, the smallest is hidden."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What has to be protected, and what is known.

    Attributes
    ----------
    grid
        The linked tables.
    cells
        True count of every cell, in patients.
    secret
        Cells of this release that a rule hides.
    watched
        Cells that earlier releases hid, as far as this one could give them away.
    known
        Cells whose count earlier releases have shown, or the rule tells to be 0.
    floor
        What earlier releases or the rule tell a cell to have at least; 0 for nothing.
    room
        Distance wanted between the lowest and highest possible value, in patients.
    dear
        Cells that readers miss more than others; ``None`` where all are alike. Hiding
        one costs as much as hiding ``DEAR`` others.
    dearest
        Those of them that are hidden only where no other cells would do, the last ones
        first.
    kept
        Cells that are shown, whatever that costs; ``None`` for none. Unlike what is known
        already they are this release's to answer for.
    """

    grid: Grid
    cells: Counts
    secret: Mask
    watched: Mask
    known: Mask
    floor: Counts
    room: int
    dear: Mask | None = None
    dearest: tuple[Index, ...] = ()
    kept: Mask | None = None

    @property
    def prices(self) -> Weights:
        """What hiding each cell costs, in ordinary cells."""
        if self.dear is None:
            return np.ones(self.grid.shape)
        return np.where(self.dear, DEAR, 1.0)

    @property
    def to_hide(self) -> Mask:
        """Cells that are hidden in any case: by a rule, or to keep what has been hidden before."""
        return self.secret | (self.watched & self.may_hide)

    @property
    def may_hide(self) -> Mask:
        """Cells that may be hidden, which keeps them from the attacker."""
        may = self.grid.published & ~self.known
        return may if self.kept is None else may & ~self.kept

    def targets(self, hidden: Mask) -> list[Index]:
        """Return the cells that must not be worked out, apart from those known already."""
        places = np.argwhere((hidden | self.watched) & ~self.known)
        return [tuple(place) for place in places.tolist()]

    def fixed(self, hidden: Mask) -> Mask:
        """Return what an attacker knows when these cells are hidden."""
        return self.known | (self.grid.published & ~hidden)

    def attacker(self, hidden: Mask) -> Attacker:
        """Return the attacker who sees everything but these cells."""
        return Attacker(self.grid, cells=self.cells, fixed=self.fixed(hidden), floor=self.floor)


Proof = Move | Shift


@dataclass(eq=False)
class Cover:
    """Hidden cells, the proof for each of them, and whom each proof leans on.

    Attributes
    ----------
    hidden
        Which cells are hidden.
    proofs
        Why a hidden or watched cell cannot be worked out; absent: not proved.
    leaning
        For each cell, the cells whose proof changes it.
    rooms
        Cells that need less room than the others, since earlier releases left no more.
    """

    hidden: Mask
    proofs: dict[Index, Proof] = field(default_factory=dict)
    leaning: dict[Index, set[Index]] = field(default_factory=dict)
    rooms: dict[Index, int] = field(default_factory=dict)


class Coverer:
    """Finds a cover for one problem."""

    def __init__(self, problem: Problem, *, effort: float = EFFORT) -> None:
        self.problem = problem
        self.moves = Moves(problem.grid, cells=problem.cells, floor=problem.floor)
        is_small = problem.cells.size <= SMALL and not problem.cells[problem.known].any()
        is_small = is_small and problem.dear is None
        self._effort = effort if is_small else 0.0
        self.may_search = is_small and effort > 0
        self._tries = 0
        self._asked: tuple[bytes, Attacker] | None = None
        largest = np.log1p(float(problem.cells.max(initial=0))) or 1.0
        worth = problem.prices + _VALUE * np.log1p(problem.cells.astype(np.float64)) / largest
        self._worth: Weights = np.where(problem.may_hide, worth, 0.0)
        self._worth[problem.known] = NEVER
        if problem.kept is not None:
            self._worth[problem.kept] = NEVER
        if problem.dear is not None:
            # A move sees less than the attacker: whether such a cell has to go is not
            # for a move to say.
            self._worth[problem.dear] = NEVER

    def cover(self, order: Sequence[Index], *, bonus: float, start: Mask | None = None) -> Cover:
        """Return a cover, made in the given order of the cells that have to be protected.

        Cells that no move protects are left without a proof.

        Parameters
        ----------
        order
            The cells to protect.
        bonus
            How much cheaper a move is, in cells, for each cell that it proves besides.
        start
            Which cells are hidden from the beginning; ``None``: those to hide in any case.
        """
        self._tries = MOST_TRIES
        found = Cover(hidden=(self.problem.to_hide if start is None else start).copy())
        weights = self._weights(found.hidden)
        left = [cell for cell in order if not self._prove(found, cell, weights=weights, most=_FREE)]
        for cell in left:
            weights[cell] = -bonus
        for cell in left:
            if not self._is_proved_by_attacker(found, cell, weights=weights):
                self._prove(found, cell, weights=weights, most=NEVER)
        return found

    def show_again(self, cover: Cover) -> None:
        """Show cells again that were hidden only as a cover, and that the others can spare."""
        only = np.argwhere(cover.hidden & ~self.problem.to_hide)
        counts = self.problem.cells[tuple(only.T)]
        for place in only[np.argsort(-counts, kind="stable")].tolist():
            if self._tries <= 0:
                return
            self._try_without(cover, tuple(place))

    def _weights(self, hidden: Mask) -> Weights:
        return np.where(hidden & self.problem.may_hide, 0.0, self._worth)

    def _prove(self, found: Cover, cell: Index, *, weights: Weights, most: float) -> bool:
        """Prove a cell by a move that costs less than ``most``; return whether there is one."""
        if cell in found.proofs:
            return True
        best = self.moves.cheapest(cell, weights=weights, room=self.problem.room)
        if best is None or best[1] >= most:
            return False
        places = self.moves.touched(best[0])
        found.hidden[places] |= self.problem.may_hide[places]
        weights[places] = 0.0
        self._note(found, _listed(places), best[0], places)
        return True

    def _is_proved_by_attacker(self, found: Cover, cell: Index, *, weights: Weights) -> bool:
        if cell in found.proofs or self._effort <= 0:
            return cell in found.proofs
        shift = self._ask(found.hidden, cell)
        if shift.room(cell) < self.problem.room:
            return False
        self._keep(found, shift)
        weights[shift.touched()] = 0.0
        return True

    def _ask(self, hidden: Mask, cell: Index) -> Shift:
        mark = hidden.tobytes()
        if self._asked is None or self._asked[0] != mark:
            self._asked = (mark, self.problem.attacker(hidden))
        attacker = self._asked[1]
        # A programme takes far more than in proportion to its size.
        self._effort -= attacker.size**2
        return attacker.room(cell, enough=self.problem.room)

    def _keep(self, found: Cover, shift: Shift) -> None:
        """Take two tables as proof for every cell in which they are far enough apart."""
        far = np.abs(shift.up - shift.down) >= self.problem.room
        self._note(found, _listed(np.nonzero(far)), shift, shift.touched())

    def _note(
        self,
        found: Cover,
        cells: Iterable[Index],
        proof: Proof,
        places: tuple[NDArray[np.int64], ...],
    ) -> None:
        touched = _listed(places)
        for cell in cells:
            if cell in found.proofs or not (found.hidden[cell] or self.problem.watched[cell]):
                continue
            found.proofs[cell] = proof
            for place in touched:
                found.leaning.setdefault(place, set()).add(cell)

    def _try_without(self, cover: Cover, cell: Index) -> None:
        leaning = [
            other
            for other in sorted(cover.leaning.get(cell, ()))
            if other != cell and self._leans(cover.proofs.get(other), cell)
        ]
        kept = {other: cover.proofs.pop(other) for other in (cell, *leaning)}
        cover.hidden[cell] = False
        weights = np.where(self._weights(cover.hidden) > 0, NEVER, 0.0)
        for other in leaning:
            self._tries -= 1
            if not (
                self._prove(cover, other, weights=weights, most=NEVER)
                or self._is_proved_by_attacker(cover, other, weights=weights.copy())
            ):
                cover.hidden[cell] = True
                cover.proofs.update(kept)
                return

    def _leans(self, proof: Proof | None, cell: Index) -> bool:
        match proof:
            case Move():
                return bool(self.moves.signs(proof)[cell] != 0)
            case Shift():
                return bool(proof.up[cell] != 0 or proof.down[cell] != 0)
            case None:
                return False


def _listed(places: tuple[NDArray[np.int64], ...]) -> list[Index]:
    return list(zip(*(axis.tolist() for axis in places), strict=True))
