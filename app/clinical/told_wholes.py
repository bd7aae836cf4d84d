"""Which groups are left over when wholes that are told are taken from each other.

From the mean of a quarter and those of January and February the mean of March can be
worked out, also if it was hidden everywhere. What can be left over has to be nobody, or a
group whose mean might be shown by itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST_STEPS = 20_000
"""Steps of the search for what can be left over; if they do not suffice, it is hidden."""

Cell = tuple[str, str]
"""Path of a team, and a month."""

Cells = frozenset[Cell]


@dataclass(frozen=True, slots=True)
class Whole:
    """A group of which a figure is told.

    Attributes
    ----------
    cells
        Teams and months whose patients are in it.
    n
        How many patients it was told of; of an earlier one those that it had then.
    """

    cells: Cells
    n: int


def leaves_groups(
    new: Whole,
    told: Sequence[Whole],
    *,
    sizes: Mapping[Cell, int],
    least: int,
    is_weak: Callable[[Cells], bool],
) -> bool:
    """Return whether nothing too small can be worked out from a figure beside those told.

    From each whole those inside it are taken that do not overlap, in every way that leaves
    a few patients or that leaves no other whole inside.

    Parameters
    ----------
    new
        What is to be told.
    told
        What is out, or goes out together with it.
    sizes
        Patients of each cell.
    least
        Fewest patients of a group whose figure may be known.
    is_weak
        Whether the patients of some cells are really one therapist's.
    """
    peopled = frozenset(cell for cell, n in sizes.items() if n)
    ours = Whole(new.cells & peopled, new.n)
    others = [Whole(one.cells & peopled, one.n) for one in told]
    pairs = [(ours, others), *((one, [*others, ours]) for one in others if ours.cells <= one.cells)]
    for whole, every in pairs:
        inside = [
            one for one in every if one is not whole and one.cells and one.cells <= whole.cells
        ]
        search = _Search(inside, sizes=sizes, least=least, is_weak=is_weak)
        if not search.leaves_groups(whole):
            return False
    return True


class _Search:
    """What can be left of one whole."""

    def __init__(
        self,
        inside: Iterable[Whole],
        *,
        sizes: Mapping[Cell, int],
        least: int,
        is_weak: Callable[[Cells], bool],
    ) -> None:
        self._inside = list(inside)
        self._sizes = sizes
        self._least = least
        self._is_weak = is_weak
        self._seen: set[tuple[Cells, Cells, int]] = set()

    def leaves_groups(self, whole: Whole) -> bool:
        """Return whether whatever is left is nobody or a group."""
        alone = ((whole.n - one.n, whole.cells - one.cells) for one in self._inside)
        if not all(self._is_group(n, rest) for n, rest in alone):
            return False
        waiting = [(whole.cells, frozenset[Cell](), whole.n)]
        while waiting:
            if len(self._seen) > MOST_STEPS:
                return False
            left, rest, n = waiting.pop()
            if (left, rest, n) in self._seen:
                continue
            self._seen.add((left, rest, n))
            if not left:
                if rest != whole.cells and not self._is_group(n, rest):
                    return False
                continue
            waiting += self._next(left, rest, n)
        return True

    def _next(self, left: Cells, rest: Cells, n: int) -> list[tuple[Cells, Cells, int]]:
        """Return what comes of taking one whole away, or of leaving one cell over."""
        cell = min(left)
        fitting = [one for one in self._inside if cell in one.cells and one.cells <= left]
        found = [(left - one.cells, rest, n - one.n) for one in fitting]
        # What no whole divides stays together.
        alike = {c for c in left if all((cell in o.cells) == (c in o.cells) for o in self._inside)}
        over = rest | alike
        if not fitting or sum(self._sizes[one] for one in over) < self._least:
            found.append((left - alike, over, n))
        return found

    def _is_group(self, n: int, rest: Cells) -> bool:
        """Return whether a figure of these patients may be known."""
        if n == 0 and not rest:
            return True
        return abs(n) >= self._least and not (rest and self._is_weak(rest))
