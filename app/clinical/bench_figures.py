"""What a rule bench counts: how often each edition of a rule flags, whom, and how it ended.

Everything is counts of courses; nothing tells whose. Of each count it is also kept how many
courses are their patient's first, which is never more than the patients that it is about:
so whoever hides what is about few patients hides enough.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from app.clinical.rules import RuleId

Number = int | float


class CourseEnd(Enum):
    """How a course ended, by its last score beside its first.

    ``OPEN`` has not ended. ``UNKNOWN`` has fewer than two scores, or no reliable-change
    value. The last three follow the instrument's direction.
    """

    OPEN = "open"
    UNKNOWN = "unknown"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    WORSE = "worse"

    @property
    def is_known(self) -> bool:
        """Whether something can be said of the end."""
        return self not in {CourseEnd.OPEN, CourseEnd.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Count:
    """So many courses.

    Attributes
    ----------
    courses
        All of them.
    patients
        Those that are their patient's first: never more than the patients.
    """

    courses: int = 0
    patients: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.courses + other.courses, self.patients + other.patients)


@dataclass(frozen=True, slots=True)
class Cell:
    """Courses that are alike in everything that is counted.

    Attributes
    ----------
    flagged
        The editions that ever flagged them: bit 0 for the first edition, and so on.
    late
        Of those, the editions whose first flag came at the last session of a course with a
        known end.
    end
        How they ended.
    is_off_path
        Whether the last score lay beyond nine in ten on the bad side.
    """

    flagged: int
    late: int
    end: CourseEnd
    is_off_path: bool


@dataclass(slots=True)
class Grid:
    """Editions of one rule on the same courses.

    Attributes
    ----------
    rule
        Which rule.
    parameter
        The number in which the editions differ; ``None`` if in more than one, or for one
        edition alone.
    values
        That number in each edition, or the place of the edition from 0 on.
    in_force
        The place of the edition that is in force.
    cells
        How many courses are in each cell.
    flags
        How many flags each edition raised.
    first_at
        How many courses each edition flagged for the first time at each session k.
    """

    rule: RuleId
    parameter: str | None
    values: tuple[Number, ...]
    in_force: int
    cells: dict[Cell, Count] = field(default_factory=dict)
    flags: list[int] = field(default_factory=list)
    first_at: list[dict[int, Count]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.flags = self.flags or [0] * len(self.values)
        self.first_at = self.first_at or [{} for _ in self.values]

    def count(self, belongs: Callable[[Cell], bool]) -> Count:
        """Return how many courses belong to the cells that are asked for."""
        return sum((n for cell, n in self.cells.items() if belongs(cell)), start=Count())

    def side(self, place: int) -> "Side":
        """Return the figures of one edition."""
        bit = 1 << place

        def flagged(cell: Cell) -> bool:
            return bool(cell.flagged & bit)

        def ended(cell: Cell) -> bool:
            return flagged(cell) and cell.end.is_known

        return Side(
            value=self.values[place],
            flags=self.flags[place],
            flagged=self.count(flagged),
            ended=self.count(ended),
            not_improved=self.count(lambda cell: ended(cell) and _not_improved(cell)),
            worse=self.count(lambda cell: ended(cell) and cell.end is CourseEnd.WORSE),
            off_path=self.count(lambda cell: ended(cell) and cell.is_off_path),
            late=self.count(lambda cell: bool(cell.late & bit)),
            first_at=self.first_at[place],
        )

    def only(
        self, place: int, other: int, belongs: Callable[[Cell], bool] = lambda _: True
    ) -> Count:
        """Return the courses, of those that belong, that one edition flags and another not."""
        one, two = 1 << place, 1 << other
        return self.count(
            lambda cell: bool(cell.flagged & one) and not cell.flagged & two and belongs(cell)
        )

    def later(self, place: int, other: int) -> Count:
        """Return the courses that both flag, and only one of them as late as the last session."""
        one, two = 1 << place, 1 << other
        return self.count(
            lambda cell: bool(cell.flagged & two and cell.late & one) and not cell.late & two
        )

    @property
    def base(self) -> "Base":
        """All courses that were gone through, and how they ended."""
        return Base(
            courses=self.count(lambda _: True),
            ended=self.count(lambda cell: cell.end.is_known),
            not_improved=self.count(_not_improved),
            worse=self.count(lambda cell: cell.end is CourseEnd.WORSE),
        )


def _not_improved(cell: Cell) -> bool:
    return cell.end in {CourseEnd.UNCHANGED, CourseEnd.WORSE}


@dataclass(frozen=True, slots=True)
class Base:
    """All courses, those with a known end, and how these ended."""

    courses: Count
    ended: Count
    not_improved: Count
    worse: Count


@dataclass(frozen=True, slots=True)
class Side:
    """What one edition did.

    Attributes
    ----------
    value
        The number that was tried.
    flags
        Flags raised; a course may have several, one after the other.
    flagged
        Courses with any.
    ended
        Of these, the ones with a known end.
    not_improved
        Of those, without reliable improvement at the end.
    worse
        Of those, reliably worse at the end than at the start.
    off_path
        Of those, with a last score beyond nine in ten on the bad side.
    late
        Of those with a known end, the ones first flagged at the last session: too late to
        act on.
    first_at
        Courses by the session k of the first flag.
    """

    value: Number
    flags: int
    flagged: Count
    ended: Count
    not_improved: Count
    worse: Count
    off_path: Count
    late: Count
    first_at: Mapping[int, Count]


@dataclass(frozen=True, slots=True)
class Asked:
    """What both questions say of a course with a known end and an expectation at it.

    What was said on the way never rests on the last score: that is what it is held against.

    Attributes
    ----------
    is_marked_off_path
        The band: before the last score, two in a row lay beyond nine in ten on the bad side.
    is_foreseen_worse
        The conditional prediction: at some session from 3 on, before the one with the last
        score, it had the score at the horizon on the worse side of the first one.
    ended_off_path
        The last score lay beyond nine in ten on the bad side.
    ended_worse
        The last score was worse than the first, by however little.
    """

    is_marked_off_path: bool
    is_foreseen_worse: bool
    ended_off_path: bool
    ended_worse: bool


@dataclass(slots=True)
class BenchFigures:
    """All that a bench has counted.

    Attributes
    ----------
    sessions
        Attended or scored sessions that were gone through.
    clinician_weeks
        Weeks of clinicians in which anybody came to them; ``None`` where not known.
    grids
        One for each number that may be moved, and one for each rule that has none.
    questions
        Courses by what the two questions say of them.
    """

    sessions: int = 0
    clinician_weeks: int | None = None
    grids: tuple[Grid, ...] = ()
    questions: dict[Asked, Count] = field(default_factory=dict)

    def grid(self, rule: RuleId, parameter: str | None = None) -> Grid | None:
        """Return the grid of a number, or any grid of a rule for what is in force."""
        return next(
            (one for one in self.grids if one.rule is rule and parameter in {None, one.parameter}),
            None,
        )

    def asked(self, belongs: Callable[[Asked], bool]) -> Count:
        """Return how many courses the questions say something of."""
        return sum((n for one, n in self.questions.items() if belongs(one)), start=Count())


class UnreadableFiguresError(ValueError):
    """Stored figures of a bench are not what a bench stores."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"stored figures of a rule bench cannot be read: {problem}; run samklang bench again"
        )


def to_plain(figures: BenchFigures) -> dict[str, object]:
    """Return figures as numbers, texts and lists, for keeping."""
    return {
        "sessions": figures.sessions,
        "clinician_weeks": figures.clinician_weeks,
        "grids": [_grid_to_plain(grid) for grid in figures.grids],
        "questions": [
            [
                *(int(getattr(asked, name)) for name in Asked.__slots__),
                count.courses,
                count.patients,
            ]
            for asked, count in figures.questions.items()
        ],
    }


def _grid_to_plain(grid: Grid) -> dict[str, object]:
    return {
        "rule": grid.rule.value,
        "parameter": grid.parameter,
        "values": list(grid.values),
        "in_force": grid.in_force,
        "flags": list(grid.flags),
        "cells": [
            [cell.flagged, cell.late, cell.end.value, int(cell.is_off_path), n.courses, n.patients]
            for cell, n in grid.cells.items()
        ],
        "first_at": [
            [[k, n.courses, n.patients] for k, n in sorted(found.items())]
            for found in grid.first_at
        ],
    }


def from_plain(kept: Mapping[str, object]) -> BenchFigures:
    """Return figures that were kept by :func:`to_plain`.

    Raises
    ------
    UnreadableFiguresError
        If they are anything else.
    """
    try:
        return BenchFigures(
            sessions=_whole(kept["sessions"]),
            clinician_weeks=None
            if kept["clinician_weeks"] is None
            else _whole(kept["clinician_weeks"]),
            grids=tuple(_grid_from_plain(one) for one in _items(kept["grids"])),
            questions=dict(_question(row) for row in _items(kept["questions"])),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UnreadableFiguresError(f"{type(error).__name__} {error}") from error


def _grid_from_plain(kept: object) -> Grid:
    if not isinstance(kept, Mapping):
        raise TypeError(kept)
    values = tuple(_number(one) for one in _items(kept["values"]))
    cells = {
        Cell(_whole(row[0]), _whole(row[1]), CourseEnd(row[2]), bool(_whole(row[3]))): Count(
            _whole(row[4]), _whole(row[5])
        )
        for row in map(_items, _items(kept["cells"]))
    }
    first_at = [
        {_whole(row[0]): Count(_whole(row[1]), _whole(row[2])) for row in map(_items, _items(one))}
        for one in _items(kept["first_at"])
    ]
    flags = [_whole(one) for one in _items(kept["flags"])]
    in_force, parameter = _whole(kept["in_force"]), kept["parameter"]
    if not (len(values) == len(flags) == len(first_at) > in_force):
        raise ValueError(values, in_force)
    if parameter is not None and not isinstance(parameter, str):
        raise TypeError(parameter)
    return Grid(RuleId(kept["rule"]), parameter, values, in_force, cells, flags, first_at)


def _question(row: object) -> tuple[Asked, Count]:
    *told, courses, patients = _items(row)
    return Asked(*(bool(_whole(one)) for one in told)), Count(_whole(courses), _whole(patients))


def _items(kept: object) -> Sequence[object]:
    if not isinstance(kept, list):
        raise TypeError(kept)
    return kept


def _whole(kept: object) -> int:
    if not isinstance(kept, int) or isinstance(kept, bool) or kept < 0:
        raise TypeError(kept)
    return kept


def _number(kept: object) -> Number:
    if not isinstance(kept, int | float) or isinstance(kept, bool):
        raise TypeError(kept)
    return kept
