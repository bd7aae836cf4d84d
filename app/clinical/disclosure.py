"""Counts of patients to counts that may leave the house.

A table is released for a whole hierarchy at once: every dimension with all its levels
and every margin. Hidden are

* small cells: 1 to threshold - 1 patients;
* in the sensitive dimension, cells that none or all of a group are in: "everybody in
  this team got worse" tells of each of them, and so does "nobody got better";
* cells that differ from an earlier release by 1 to threshold - 1 patients, which would
  be the size of a group that has come or gone;
* cells that the caller withholds: those of a unit that is really one therapist, and of a
  unit or period that is shown together with others;
* further cells, so that no hidden one can be worked out: an attacker who knows every
  number of this and of all earlier releases, the hierarchy, the rules, and that counts
  are whole and not negative, finds for each hidden cell a lowest and a highest possible
  value that are at least the threshold apart.

Or each number is rounded by itself, and nothing is hidden.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import chain

import numpy as np

from app.clinical.disclosure_cover import EFFORT, Problem
from app.clinical.disclosure_earlier import Published, Remembered, remember
from app.clinical.disclosure_grid import ALL, Counts, Grid, Index, Mask, axis_of, axis_with
from app.clinical.disclosure_protect import CannotProtectError, protect
from app.clinical.disclosure_sensitive import by_the_rule, tells_of_all
from app.clinical.disclosure_shape import EVERYTHING, Shape, dear_cells, dearest_cells, withheld

THRESHOLDS = range(3, 11)
"""Patients. Below 3 a group is one couple; above 10 little of a small service is left."""

DEFAULT_THRESHOLD = 5
"""Patients; stricter than the 3 that is usual for Norwegian health statistics."""

ROUNDINGS = (3, 5)
"""Bases of rounding: 3 is the custom in Norwegian health statistics, 5 in British."""

MOST_CELLS = 200_000
"""Cells of one release, all margins counted. A larger table is split by instrument or year."""


class Why(Enum):
    """Why a cell is hidden. For the one who releases; it never leaves the house."""

    PRIMARY = "primary"
    THERAPIST = "therapist"
    MERGED = "merged"
    DIFFERENCING = "differencing"
    COMPLEMENTARY = "complementary"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a release.

    Attributes
    ----------
    dims
        Value of each dimension, ``*`` for all; a shorter path for the levels between.
    n
        Number of patients; ``None`` for hidden.
    why
        Why it is hidden; ``None`` if it is shown.
    """

    dims: Mapping[str, str]
    n: int | None
    why: Why | None


@dataclass(frozen=True, slots=True)
class Controlled:
    """A table after control.

    Attributes
    ----------
    cells
        Every cell, also the hidden ones.
    refused
        Why nothing of it may leave, as a sentence; ``None`` if it may.
    """

    cells: tuple[Cell, ...]
    refused: str | None


@dataclass(frozen=True, slots=True)
class Rules:
    """By which rules a table is controlled.

    Attributes
    ----------
    threshold
        Fewest distinct patients in a cell that is shown, and the least distance between
        the lowest and the highest possible value of one that is not.
    sensitive
        Dimension in which cells with none or all of a group are hidden too.
    rounding
        Round to multiples of this instead of hiding.

    Raises
    ------
    ThresholdError
        If the threshold is not one of ``THRESHOLDS``.
    RoundingError
        If the rounding is not one of ``ROUNDINGS``.
    """

    threshold: int = DEFAULT_THRESHOLD
    sensitive: str | None = None
    rounding: int | None = None

    def __post_init__(self) -> None:
        if self.threshold not in THRESHOLDS:
            raise ThresholdError(self.threshold)
        if self.rounding is not None and self.rounding not in ROUNDINGS:
            raise RoundingError(self.rounding)


def control(
    dimensions: Sequence[str],
    counts: Mapping[tuple[str, ...], int],
    *,
    rules: Rules,
    earlier: Sequence[Published] = (),
    shape: Shape = EVERYTHING,
    effort: float = EFFORT,
) -> Controlled:
    """Return the table that may leave the house.

    Parameters
    ----------
    dimensions
        Names of the dimensions, in order.
    counts
        Distinct patients in each innermost cell, by its values in that order; absent
        cells are 0. A value with ``/`` is a path in a hierarchy.
    rules
        By which it is controlled.
    earlier
        What has left already, the oldest first.
    shape
        Which tables are published.
    effort
        How much is tried to hide fewer cells; what is hidden is audited in any case.

    Raises
    ------
    DimensionError
        If the sensitive dimension is none of the dimensions.
    LevelError
        If a value is innermost and also holds others.
    TableTooLargeError
        If there are more than ``MOST_CELLS`` cells.
    """
    if rules.sensitive is not None and rules.sensitive not in dimensions:
        raise DimensionError(rules.sensitive, allowed=tuple(dimensions))
    grid = _grid(dimensions, counts, shape=shape)
    innermost = _innermost(grid, counts)
    if rules.rounding is not None:
        return _rounded(grid, innermost, rules=rules, earlier=earlier, shape=shape)
    memory = remember(grid, innermost, earlier=earlier)
    return _hidden(memory, rules=rules, earlier=earlier, shape=shape, effort=effort)


def _grid(
    dimensions: Sequence[str], counts: Mapping[tuple[str, ...], int], *, shape: Shape
) -> Grid:
    columns = zip(*counts, strict=True) if counts else [()] * len(dimensions)
    values = {name: frozenset(column) for name, column in zip(dimensions, columns, strict=True)}
    grid = Grid(
        tuple(
            axis_with(name, held, shown=shape.shown[name])
            if name in shape.shown
            else axis_of(name, held)
            for name, held in values.items()
        ),
        apart=shape.apart,
    )
    size = 1
    for axis in grid.axes:
        size *= len(axis.members)
    if size > MOST_CELLS:
        raise TableTooLargeError(size)
    return grid


def _innermost(grid: Grid, counts: Mapping[tuple[str, ...], int]) -> Counts:
    places = [{leaf: place for place, leaf in enumerate(axis.leaves)} for axis in grid.axes]
    innermost: Counts = np.zeros([len(axis.leaves) for axis in grid.axes], dtype=np.int64)
    for values, n in counts.items():
        innermost[tuple(at[value] for at, value in zip(places, values, strict=True))] = n
    return innermost


def _hidden(
    memory: Remembered,
    *,
    rules: Rules,
    earlier: Sequence[Published],
    shape: Shape,
    effort: float,
) -> Controlled:
    """Return the table with cells hidden."""
    published = memory.grid.published
    sensitive = _place(memory.grid, rules.sensitive)
    small = published & _small(memory.cells, threshold=rules.threshold)
    if sensitive is not None:
        small |= published & tells_of_all(memory, sensitive=sensitive, harmless=shape.harmless)
    apart = _withheld(memory.grid, rules=rules, shape=shape)
    primary = small | apart[Why.MERGED] | apart[Why.THERAPIST]
    changed = _differing(memory.grid, memory.cells, rules=rules, earlier=earlier)
    why = {**apart, Why.DIFFERENCING: changed & ~primary, Why.PRIMARY: small}
    if changed[_everything(memory.grid)]:
        return _refused(memory.grid, why, sentence=_TOO_CLOSE.format(rules.threshold - 1))
    problem = Problem(
        grid=memory.grid,
        cells=memory.cells,
        secret=primary | changed,
        watched=memory.watched,
        known=memory.known,
        floor=memory.floor,
        room=rules.threshold,
        dear=dear_cells(memory.grid, shape.dear, of_all=shape.dear_of_all, of=rules.sensitive),
        dearest=dearest_cells(memory.grid, shape.dearest, of=rules.sensitive),
    )
    try:
        hidden = _protected(problem, sensitive=sensitive, effort=effort)
    except CannotProtectError as error:
        return _refused(memory.grid, why, sentence=str(error))
    why[Why.COMPLEMENTARY] = hidden & ~primary & ~changed
    return Controlled(cells=_cells(memory.grid, memory.cells, why=why), refused=None)


def _place(grid: Grid, dimension: str | None) -> int | None:
    return None if dimension is None else [axis.name for axis in grid.axes].index(dimension)


def _protected(problem: Problem, *, sensitive: int | None, effort: float) -> Mask:
    """Return which cells to hide, so that each release also stands by itself.

    A number that is out may be hidden by rule this time, because the rules are stricter
    or its group has changed. Then it has to be hidden as if nobody remembered it.
    """
    forgetful = replace(
        problem,
        watched=np.zeros_like(problem.watched),
        known=np.zeros_like(problem.known),
        floor=np.zeros_like(problem.floor),
    )
    hidden = protect(by_the_rule(problem, sensitive=sensitive), effort=effort)
    while (hidden & problem.known).any():
        alone = protect(
            by_the_rule(replace(forgetful, secret=hidden), sensitive=sensitive), effort=0
        )
        if (alone == hidden).all():
            break
        hidden = protect(by_the_rule(replace(problem, secret=alone), sensitive=sensitive), effort=0)
    return hidden


def _withheld(grid: Grid, *, rules: Rules, shape: Shape) -> dict[Why, Mask]:
    return {
        Why.THERAPIST: withheld(grid, shape.therapists, but=rules.sensitive),
        Why.MERGED: withheld(grid, shape.merged),
    }


def _small(cells: Counts, *, threshold: int) -> Mask:
    return (cells > 0) & (cells < threshold)


def _differing(grid: Grid, cells: Counts, *, rules: Rules, earlier: Sequence[Published]) -> Mask:
    """Return the cells whose number differs a little from one that is out."""
    differing = np.zeros(grid.shape, dtype=np.bool_)
    labels = [{label: node for node, label in enumerate(axis.labels)} for axis in grid.axes]
    for release in earlier:
        told = (release.numbers_at(grid, labels), release.wholes_at(grid, labels))
        for place, n in chain.from_iterable(told):
            if n is not None and 0 < abs(int(cells[place]) - n) < rules.threshold:
                differing[place] = True
    return differing & grid.published


def _everything(grid: Grid) -> Index:
    return tuple(axis.labels.index(ALL) for axis in grid.axes)


def _rounded(
    grid: Grid,
    innermost: Counts,
    *,
    rules: Rules,
    earlier: Sequence[Published],
    shape: Shape,
) -> Controlled:
    """Return the table with each number rounded by itself."""
    base = rules.rounding or 1
    # The bases are odd, so that no number lies in the middle between two multiples.
    cells = (grid.totals(innermost) + base // 2) // base * base
    differing = _differing(grid, cells, rules=rules, earlier=earlier)
    why = {**_withheld(grid, rules=rules, shape=shape), Why.DIFFERENCING: differing}
    if why[Why.DIFFERENCING][_everything(grid)]:
        return _refused(grid, why, sentence=_TOO_CLOSE.format(rules.threshold - 1))
    return Controlled(cells=_cells(grid, cells, why=why), refused=None)


def _refused(grid: Grid, why: Mapping[Why, Mask], *, sentence: str) -> Controlled:
    nothing: Counts = np.zeros(grid.shape, dtype=np.int64)
    rest = {Why.REFUSED: grid.published, **why}
    return Controlled(cells=_cells(grid, nothing, why=rest), refused=sentence)


def _cells(grid: Grid, cells: Counts, *, why: Mapping[Why, Mask]) -> tuple[Cell, ...]:
    reasons: dict[Index, Why] = {}
    for reason, where in why.items():
        reasons |= dict.fromkeys(map(tuple, np.argwhere(where).tolist()), reason)
    return tuple(
        Cell(
            dims={
                axis.name: axis.labels[node] for axis, node in zip(grid.axes, place, strict=True)
            },
            n=None if place in reasons else int(cells[place]),
            why=reasons.get(place),
        )
        for place in np.ndindex(*(len(axis.labels) for axis in grid.axes))
        if grid.published[place]
    )


_TOO_CLOSE = (
    "the grand total differs from an earlier release by 1 to {} patients, so that the "
    "difference would show them; release it when more have come"
)


class ThresholdError(ValueError):
    """A threshold is not allowed."""

    def __init__(self, threshold: int) -> None:
        self.threshold = threshold
        super().__init__(
            f"the threshold is {threshold}; choose {THRESHOLDS.start} to {THRESHOLDS.stop - 1} "
            "patients"
        )


class RoundingError(ValueError):
    """A base of rounding is not allowed."""

    def __init__(self, rounding: int) -> None:
        self.rounding = rounding
        allowed = " or ".join(map(str, ROUNDINGS))
        super().__init__(f"rounding is to multiples of {rounding}; choose {allowed}")


class DimensionError(ValueError):
    """A dimension is not there."""

    def __init__(self, dimension: str, *, allowed: tuple[str, ...]) -> None:
        self.dimension = dimension
        self.allowed = allowed
        super().__init__(
            f"the sensitive dimension is '{dimension}'; choose one of: {', '.join(allowed)}"
        )


class TableTooLargeError(ValueError):
    """A table has too many cells."""

    def __init__(self, cells: int) -> None:
        self.cells = cells
        super().__init__(
            f"with all levels and margins the table has {cells:,} cells; at most "
            f"{MOST_CELLS:,} are allowed, so split it, for example by instrument or year"
        )
