"""Cover, audit, and cover again until the attacker finds nothing.

The audit believes no part of the search: it looks at each proof anew, in whole
numbers, against everything published in the end, and asks the exact attacker where
there is none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from app.clinical.disclosure_attack import Attacker, Shift
from app.clinical.disclosure_cover import EFFORT, SMALL, Cover, Coverer, Problem
from app.clinical.disclosure_grid import Index, Mask
from app.clinical.disclosure_moves import NEVER, Move, Moves
from app.clinical.disclosure_optimum import Chooser

_MOST_ROUNDS = 200
"""Each round hides at least one more cell or ends; more rounds mean that something is wrong."""

_MOST_SHOWN = 30_000
"""Cells of the table for each one that it is tried to show again: the attacker takes longer in
larger ones."""

_BONUS = 0.5
"""In cells: a move may hide so much more for each cell that it proves besides."""


class CannotProtectError(RuntimeError):
    """A hidden cell could be worked out, whatever else is hidden."""

    def __init__(self, cell: Index) -> None:
        self.cell = cell
        super().__init__(
            "a hidden cell could be worked out from this release and the earlier ones together, "
            "whatever else is hidden; choose other units or periods"
        )


def protect(problem: Problem, *, effort: float = EFFORT) -> Mask:
    """Return which cells to hide, those that a rule hides among them.

    Parameters
    ----------
    problem
        What has to be protected.
    effort
        How much is tried to hide fewer cells; the audit is whole in any case.

    Raises
    ------
    CannotProtectError
        If the attacker still works out a cell, or the attack could not be finished.
    """
    cover = _sparing_the_dearest(problem, effort=effort)
    if problem.dear is not None:
        _show_more(problem, cover)
    return cover.hidden


def _sparing_the_dearest(problem: Problem, *, effort: float) -> Cover:
    """Return a cover that hides as few of the dearest cells as can be, the last ones first."""
    may_be_shown = [cell for cell in problem.dearest if problem.may_hide[cell]]
    may_be_shown = [cell for cell in may_be_shown if not problem.to_hide[cell]]
    for size in range(len(may_be_shown), 0, -1):
        for cells in combinations(may_be_shown, size):
            kept = np.zeros_like(problem.secret)
            kept[tuple(np.array(cells).T)] = True
            try:
                return _cheapest(replace(problem, kept=kept), effort=effort)
            except CannotProtectError:
                continue
    return _cheapest(problem, effort=effort)


def _show_more(problem: Problem, cover: Cover) -> None:
    """Show dear cells again that were hidden for others, the largest first, if all still holds.

    The attacker is asked, who sees more than moves do. What a cell gives away is shown with
    it, unless a rule hides that.
    """
    moves = Moves(problem.grid, cells=problem.cells, floor=problem.floor)
    prices = problem.prices
    tried = cover.hidden & ~problem.to_hide & (prices > 1)
    largest_first = sorted(
        map(tuple, np.argwhere(tried).tolist()), key=lambda cell: -problem.cells[cell]
    )
    for cell in largest_first[: _MOST_SHOWN // problem.cells.size]:
        if cover.hidden[cell]:
            hidden, proofs = cover.hidden.copy(), dict(cover.proofs)
            if not _is_shown_with_what_it_tells(problem, cover, cell, moves=moves):
                cover.hidden, cover.proofs = hidden, proofs


def _is_shown_with_what_it_tells(
    problem: Problem, cover: Cover, cell: Index, *, moves: Moves
) -> bool:
    told: Index | None = cell
    while told is not None:
        if problem.to_hide[told] or not cover.hidden[told]:
            return False
        cover.hidden[told] = False
        cover.proofs.pop(told, None)
        told = next(_exposed(problem, cover, moves=moves, near=told), None)
    return True


def _cheapest(problem: Problem, *, effort: float) -> Cover:
    prices = problem.prices
    covers = _covers(Coverer(problem, effort=effort))
    return min(covers, key=lambda cover: float(prices[cover.hidden].sum()))


def _covers(coverer: Coverer) -> Iterator[Cover]:
    """Yield covers made in different orders, more of them for a small table."""
    problem = coverer.problem
    cells = problem.targets(problem.to_hide)
    by_count = sorted(cells, key=lambda cell: int(problem.cells[cell]))
    orders = [cells, cells[::-1], by_count, by_count[::-1]]
    fewest = problem.cells.size
    for order in orders[: 1 if problem.cells.size > SMALL else None]:
        cover = coverer.cover(order, bonus=_BONUS)
        coverer.show_again(cover)
        _complete(coverer, cover)
        fewest = min(fewest, int(cover.hidden.sum()))
        yield cover
    if coverer.may_search:
        chosen = Chooser(problem, moves=coverer.moves).fewest(below=fewest)
        if chosen is not None:
            cover = coverer.cover(problem.targets(chosen), bonus=_BONUS, start=chosen)
            coverer.show_again(cover)
            _complete(coverer, cover)
            yield cover


def _complete(coverer: Coverer, cover: Cover) -> None:
    """Hide further cells until the attacker finds nothing."""
    problem = coverer.problem
    everything = problem.attacker(np.ones_like(cover.hidden))
    widest = everything if problem.kept is None else problem.attacker(problem.may_hide)
    sparing = widest if problem.dear is None else problem.attacker(problem.may_hide & ~problem.dear)
    for _ in range(_MOST_ROUNDS):
        exposed = list(_exposed(problem, cover, moves=coverer.moves))
        if not exposed:
            _give_up(problem, cover)
            return
        for cell in exposed:
            # The cells hidden for one may have done for others.
            if cell not in cover.proofs:
                _hide_for(
                    problem,
                    cover,
                    cell,
                    everything=everything,
                    searched=(sparing, widest),
                )
    raise CannotProtectError(exposed[0])


def _give_up(problem: Problem, cover: Cover) -> None:
    """Show what earlier releases have given away to the last patient, and no rule hides."""
    for cell, room in cover.rooms.items():
        if room == 0 and not problem.secret[cell]:
            cover.hidden[cell] = False


def _exposed(
    problem: Problem, cover: Cover, *, moves: Moves, near: Index | None = None
) -> Iterator[Index]:
    """Yield the hidden or watched cells that are not shown to have the room they need.

    Parameters
    ----------
    problem
        What has to be protected.
    cover
        What is hidden, with proofs; proofs that are found are added, others removed.
    moves
        The moves of the problem's grid.
    near
        A cell; those that share most with it come first.
    """
    fixed = problem.fixed(cover.hidden)
    attacker = problem.attacker(cover.hidden)
    targets = [cell for cell in problem.targets(cover.hidden) if cover.rooms.get(cell) != 0]
    _drop_what_fails(problem, cover, targets=targets, moves=moves)
    if near is not None:
        targets.sort(key=lambda cell: sum(a != b for a, b in zip(cell, near, strict=True)))
        _prove_by_moves(problem, cover, targets=targets, moves=moves)
    for cell in targets:
        if cell in cover.proofs:
            continue
        shift = attacker.room(cell, enough=cover.rooms.get(cell, problem.room))
        if _agrees(problem, shift, fixed=fixed):
            _take(cover, shift, targets=targets, room=problem.room)
        if cell not in cover.proofs:
            yield cell


def _drop_what_fails(
    problem: Problem, cover: Cover, *, targets: Sequence[Index], moves: Moves
) -> None:
    """Look at each proof anew, against everything that is shown now."""
    fixed = problem.fixed(cover.hidden)
    for cell in targets:
        room = cover.rooms.get(cell, problem.room)
        match cover.proofs.get(cell):
            case Move() as move:
                holds = moves.proves(move, cell, fixed=fixed, room=room)
            case Shift() as shift:
                holds = _agrees(problem, shift, fixed=fixed) and shift.room(cell) >= room
            case None:
                holds = True
        if not holds:
            del cover.proofs[cell]


def _prove_by_moves(
    problem: Problem, cover: Cover, *, targets: Sequence[Index], moves: Moves
) -> None:
    """Prove what moves within the hidden cells prove; they are found sooner than two tables."""
    weights = np.where(problem.fixed(cover.hidden), NEVER, 0.0)
    for cell in targets:
        if cell not in cover.proofs:
            room = cover.rooms.get(cell, problem.room)
            found = moves.cheapest(cell, weights=weights, room=room)
            if found is not None:
                cover.proofs[cell] = found[0]


def _take(cover: Cover, shift: Shift, *, targets: list[Index], room: int) -> None:
    """Take two tables as proof for every cell that has none and in which they are far apart."""
    for cell in targets:
        if cell not in cover.proofs and shift.room(cell) >= cover.rooms.get(cell, room):
            cover.proofs[cell] = shift


def _agrees(problem: Problem, shift: Shift, *, fixed: Mask) -> bool:
    """Return whether both tables show what is published, and nothing less than nobody."""
    return all(
        not change[fixed].any() and bool((problem.cells + change >= problem.floor).all())
        for change in (shift.up, shift.down)
    )


def _hide_for(
    problem: Problem,
    cover: Cover,
    cell: Index,
    *,
    everything: Attacker,
    searched: Sequence[Attacker],
) -> None:
    """Hide what it takes to protect a cell, as far as earlier releases leave it unknown.

    ``everything`` is the attacker who sees nothing of this release; of ``searched`` the first
    one sees the cells that are dear, and each sees those that are to be kept.
    """
    room = min(problem.room, everything.room(cell, enough=problem.room).room(cell))
    if room < problem.room:
        # This release is not the one that gives it away, and it must not make it worse.
        cover.rooms[cell] = room
    if room == 0:
        return
    found = (attacker.nearest(cell, enough=room) for attacker in searched)
    shift = next((one for one in found if one is not None), None)
    if shift is None:
        raise CannotProtectError(cell)
    places = shift.touched()
    cover.hidden[places] |= problem.may_hide[places]
    if _agrees(problem, shift, fixed=problem.fixed(cover.hidden)):
        targets = problem.targets(cover.hidden)
        _take(cover, shift, targets=targets, room=problem.room)
