"""Somebody who has every release in hand and wants to know what was hidden.

Shares nothing with the program: reads what was printed, writes one unknown for each
innermost cell of all releases together, one equation for each number shown, and asks
for the lowest and the highest whole number that each hidden cell can be.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

Release = Mapping[str, Any]
Corner = tuple[str, ...]
Numbers = NDArray[np.float64]

FAR = 60
"""No count is followed further up than this above the threshold; wide enough is wide enough."""


@dataclass(frozen=True, slots=True)
class Found:
    """A hidden cell that is known too well."""

    release: int
    dims: Mapping[str, str]
    lowest: int
    highest: int


def leaves(labels: set[str]) -> list[str]:
    """Return the values that are divided no further."""
    return sorted(
        label
        for label in labels
        if label != "*" and not any(other.startswith(label + "/") for other in labels)
    )


def below(label: str, every: Sequence[str]) -> list[str]:
    """Return the innermost values that a label holds."""
    return [leaf for leaf in every if label in ("*", leaf) or leaf.startswith(label + "/")]


class Attacker:
    """All releases, as one set of equations in whole numbers.

    With the sensitive dimension, also what the rule tells: a cell that is shown is not all
    of its group, and one that is shown as 0 is in a group without anybody.
    """

    def __init__(self, releases: Sequence[Release], *, sensitive: str | None = None) -> None:
        self._sensitive = sensitive
        self._place: dict[Corner, int] = {}
        self._rows: list[list[int]] = []
        self._shown: list[int] = []
        self._larger: list[tuple[list[int], int]] = []
        self._hidden: list[tuple[int, Mapping[str, str], list[int]]] = []
        for number, release in enumerate(releases):
            self._read(number, release)
        self._equations = self._matrix(self._rows)
        self._groups = self._matrix([row for row, _ in self._larger])
        self._least = np.array([least for _, least in self._larger], dtype=np.float64)

    def _read(self, number: int, release: Release) -> None:
        names = list(release["cells"][0]["dims"])
        every = {name: leaves({cell["dims"][name] for cell in release["cells"]}) for name in names}
        for cell in release["cells"]:
            corners = product(*(below(cell["dims"][name], every[name]) for name in names))
            row = [self._place.setdefault(corner, len(self._place)) for corner in corners]
            if cell["n"] is None:
                self._hidden.append((number, cell["dims"], row))
            else:
                self._rows.append(row)
                self._shown.append(cell["n"])
        if self._sensitive in names:
            self._conclude(release, names=names, every=every)

    def _conclude(
        self, release: Release, *, names: Sequence[str], every: Mapping[str, Sequence[str]]
    ) -> None:
        hidden = [cell["dims"] for cell in release["cells"] if cell["n"] is None]
        for cell in release["cells"]:
            group = {**cell["dims"], self._sensitive: "*"}
            if cell["n"] is None or group not in hidden:
                continue
            corners = product(*(below(group[name], every[name]) for name in names))
            row = [self._place[corner] for corner in corners]
            if cell["n"] == 0:
                self._rows.append(row)
                self._shown.append(0)
            else:
                self._larger.append((row, cell["n"] + 1))

    def _matrix(self, rows: Sequence[Sequence[int]]) -> sparse.csr_array:
        columns = [column for row in rows for column in row]
        lines = [line for line, row in enumerate(rows) for _ in row]
        shape = (len(rows), len(self._place))
        return sparse.csr_array((np.ones(len(columns)), (lines, columns)), shape=shape)

    def found(self, *, threshold: int) -> Iterator[Found]:
        """Yield every hidden cell whose possible values are closer than the threshold."""
        wanted = self._matrix([row for _, _, row in self._hidden])
        low = np.full(len(self._hidden), np.inf)
        high = np.full(len(self._hidden), -np.inf)
        for line, (number, dims, _) in enumerate(self._hidden):
            for sign in (1, -1):
                if high[line] - low[line] >= threshold:
                    break
                table = self._extreme(sign * wanted[[line]].toarray().ravel())
                values = wanted @ table
                low, high = np.minimum(low, values), np.maximum(high, values)
            if high[line] - low[line] < threshold:
                yield Found(number, dims, int(low[line]), int(high[line]))

    def _extreme(self, direction: Numbers) -> Numbers:
        """Return a whole table that agrees with everything and goes far in a direction."""
        shown = np.array(self._shown, dtype=np.float64)
        far = float(shown.max(initial=0) + FAR)
        solved = optimize.milp(
            -direction,
            integrality=np.ones(len(self._place)),
            bounds=optimize.Bounds(0, far),
            constraints=[
                *([optimize.LinearConstraint(self._equations, shown, shown)] if len(shown) else []),
                *(
                    [optimize.LinearConstraint(self._groups, self._least, np.inf)]
                    if self._larger
                    else []
                ),
            ],
        )
        if solved.x is None:
            raise UnsolvedError(solved.message)
        table: Numbers = np.rint(solved.x)
        if len(shown) and np.abs(self._equations @ table - shown).max() > 0:
            raise UnsolvedError("the table found disagrees with what is shown")
        return table


class UnsolvedError(RuntimeError):
    """The attacker could not finish, so that nothing was shown either way."""
