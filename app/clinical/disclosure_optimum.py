"""The fewest cells to hide, for tables small enough to find out.

An integer programme chooses the fewest cells that satisfy all that has been learnt so
far: at first, that the secret ones are hidden. For a cell that this choice hides badly,
the prices of the attacker's linear programme say by how much hiding any other cell
would widen it at most; that they must widen it enough together is learnt, and the
choice is made anew (Fischetti & Salazar-González).

References
----------
Fischetti & Salazar-González (2001), doi:10.1287/mnsc.47.7.1008.9805, for the programme.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from app.clinical.disclosure_cover import Problem
from app.clinical.disclosure_grid import Index, Mask
from app.clinical.disclosure_moves import NEVER, Moves

MOST_PROGRAMMES = 400
"""Linear programmes before the search is given up; some seconds at most."""

_REACH = 4
"""Innermost cells grow by at most so many times the room wanted."""

_TOLERANCE = 1e-6
_HALF = 0.5

Numbers = NDArray[np.float64]


class Chooser:
    """The choice of cells to hide in one table that no earlier release tells of."""

    def __init__(self, problem: Problem, *, moves: Moves) -> None:
        self._problem = problem
        self._moves = moves
        self._sums = sparse.csr_array(problem.grid.sums, dtype=np.float64)
        self._counts: Numbers = problem.grid.innermost(problem.cells).astype(np.float64).ravel()
        self._reach = _REACH * problem.room
        self._may_choose: Numbers = (problem.may_hide | problem.to_hide).astype(np.float64).ravel()
        self._learnt: list[Numbers] = []
        self._left = MOST_PROGRAMMES

    def fewest(self, *, below: int) -> Mask | None:
        """Return which cells to hide, or ``None`` if fewer than ``below`` will not do.

        The cells returned are the fewest for an attacker who also thinks of patients in
        parts, or, when the search was given up, a beginning.
        """
        while True:
            chosen = self._choice()
            if chosen.sum() >= below:
                return None
            learnt = [line for cell in self._unproved(chosen) for line in self._learn(chosen, cell)]
            if not learnt or self._left <= 0:
                return chosen
            self._learnt += learnt

    def _choice(self) -> Mask:
        to_hide = self._problem.to_hide.ravel().astype(np.float64)
        solved = optimize.milp(
            np.ones(len(to_hide)),
            integrality=np.ones(len(to_hide)),
            bounds=optimize.Bounds(to_hide, self._may_choose),
            constraints=[optimize.LinearConstraint(np.array(self._learnt), 0, np.inf)]
            if self._learnt
            else [],
        )
        if solved.x is None:
            return np.ones_like(self._problem.secret)
        return np.asarray(solved.x > _HALF).reshape(self._problem.secret.shape)

    def _unproved(self, chosen: Mask) -> list[Index]:
        """Return the cells that no move within the chosen ones proves."""
        weights = np.where(chosen, 0.0, NEVER)
        room = self._problem.room
        return [
            cell
            for cell in self._problem.targets(chosen)
            if self._moves.cheapest(cell, weights=weights, room=room) is None
        ]

    def _learn(self, chosen: Mask, cell: Index) -> list[Numbers]:
        """Return what has to hold for a cell that this choice hides badly."""
        place = int(np.ravel_multi_index(cell, chosen.shape))
        shown = np.flatnonzero(~chosen.ravel())
        rows = self._sums[shown]
        wanted = self._sums[[place]].toarray().ravel()
        width = 0.0
        gain: Numbers = np.zeros(chosen.size)
        for sign in (1, -1):
            self._left -= 1
            solved = optimize.linprog(
                -sign * wanted,
                A_eq=rows,
                b_eq=np.zeros(len(shown)),
                bounds=np.column_stack([-self._counts, np.full(len(wanted), self._reach)]),
            )
            if solved.fun is None:
                return []
            width -= solved.fun
            price = -solved.eqlin.marginals
            most = rows.sum(axis=1) * self._reach
            gain[shown] += np.where(price > 0, price * most, -price * (rows @ self._counts))
        missing = self._problem.room - width
        if missing < _TOLERANCE:
            return []
        line = np.minimum(gain, missing) / missing
        line[place] = -1
        return [line]
