"""Weigh the rules: what a bench counted, as far as it may be told to who sees no person."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from app.clinical.bench_figures import Asked, BenchFigures, Count, Grid, Side
from app.clinical.rules import RuleId
from app.workflow.appraise import FEWEST_PATIENTS

Number = int | float

SPANS = ((1, 3), (4, 6), (7, 10), (11, None))
"""Sessions k, from and to, in which flags are counted: early, and then coarser."""

_HUNDRED = 100
_NEVER = 1 << 60
"""More patients than there are: nothing about so few is told."""


@dataclass(frozen=True, slots=True)
class Part:
    """So many of so many; the number is missing where it would be about too few."""

    number: int | None
    of: int


@dataclass(frozen=True, slots=True)
class Told:
    """What one edition did, as far as it may be told.

    ``per_clinician_week`` is missing where no clinician had weeks with the courses, too.
    """

    value: Number
    is_in_force: bool
    flagged: Part
    per_100: float
    """Flags per 100 sessions."""
    per_clinician_week: float | None
    ended: Part
    """Flagged courses with a known end."""
    not_improved: Part
    worse: Part
    off_path: Part
    late: Part
    """First flagged at the last session."""
    found: Part
    """Of all courses that ended without reliable improvement, those that were flagged."""
    first_at: Sequence[tuple[tuple[int, int | None], int | None]]
    """Courses by the span of sessions of their first flag."""


@dataclass(frozen=True, slots=True)
class GridTold:
    """The editions of one rule beside each other.

    ``hidden`` are values of which nothing may be told: too few patients are flagged or not
    flagged, or the difference to another value that is shown would be about too few.
    """

    rule: RuleId
    parameter: str | None
    shown: Sequence[Told]
    hidden: Sequence[Number]
    in_force: Number
    ended: Part
    """Courses with a known end, of all."""
    not_improved: Part
    """Of those, the ones that ended without reliable improvement."""

    def at(self, value: Number) -> Told | None:
        """Return what is told of a value."""
        return next((one for one in self.shown if one.value == value), None)

    @property
    def now(self) -> Told | None:
        """What is told of the edition in force."""
        return self.at(self.in_force)


@dataclass(frozen=True, slots=True)
class QuestionTold:
    """One of the two questions: whom it marked, and how often what it asks came true."""

    marked: Part
    ended_off_path: Part
    ended_worse: Part


@dataclass(frozen=True, slots=True)
class Quote:
    """What a flag says of its rule at this site."""

    version: int
    per_100: float
    flagged: int
    ended: int
    not_improved: int


def weigh(figures: BenchFigures, *, fewest: int = FEWEST_PATIENTS) -> Sequence[GridTold]:
    """Return what may be told of each grid.

    Values are taken from the one in force outwards, and one is left out if by it and another
    that is shown something could be worked out about fewer than ``fewest`` patients. Of
    invented courses, with ``fewest`` 0, everything is told.
    """
    return [_grid(figures, grid, fewest=fewest) for grid in figures.grids]


def band_question(figures: BenchFigures, *, fewest: int = FEWEST_PATIENTS) -> QuestionTold:
    """Return what the band found of being off the expected path.

    The rule about the band flags much the same courses, and those that go on as well: where
    its figures and these are apart by few patients, these are not told.
    """
    grid = figures.grid(RuleId.OFF_TRACK_BAND)
    flagged = [grid.side(place).flagged for place in range(len(grid.values))] if grid else []
    marked = figures.asked(lambda asked: asked.is_marked_off_path)
    apart = [abs(one.patients - marked.patients) for one in flagged]
    may = all(one == marked or by >= fewest for one, by in zip(flagged, apart, strict=True))
    return _question(figures, "is_marked_off_path", fewest=fewest if may else _NEVER)


def prediction_question(figures: BenchFigures, *, fewest: int = FEWEST_PATIENTS) -> QuestionTold:
    """Return what the prediction found of ending worse than at the start."""
    return _question(figures, "is_foreseen_worse", fewest=fewest)


def quote(kept: str | None, *, rule: RuleId, version: int) -> Quote | None:
    """Return what the newest bench says of the edition that raised a flag, if it may be told.

    What cannot be read is not known: a sentence beside a flag never stops its page.
    """
    try:
        found = json.loads(kept or "{}").get(rule.value)
        if found is None or found["version"] != version or found["sessions"] < 1:
            return None
        every, flagged = Count(*found["courses"]), Count(*found["flagged"])
        ended, not_improved = Count(*found["ended"]), Count(*found["not_improved"])
        per_100 = _HUNDRED * found["flags"] / found["sessions"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    parts = (
        _part(flagged, every, fewest=FEWEST_PATIENTS),
        _part_or_all(ended, flagged, fewest=FEWEST_PATIENTS),
        _part(not_improved, ended, fewest=FEWEST_PATIENTS),
    )
    if any(part.number is None for part in parts):
        return None
    return Quote(version, per_100, flagged.courses, ended.courses, not_improved.courses)


def _grid(figures: BenchFigures, grid: Grid, *, fewest: int) -> GridTold:
    base = grid.base
    shown: list[int] = []
    outwards = sorted(range(len(grid.values)), key=lambda place: abs(place - grid.in_force))
    for place in outwards:
        flagged = grid.side(place).flagged
        is_told = _part(flagged, base.courses, fewest=fewest).number is not None
        if is_told and all(_are_apart(grid, place, other, fewest=fewest) for other in shown):
            shown.append(place)
    return GridTold(
        rule=grid.rule,
        parameter=grid.parameter,
        shown=[_told(figures, grid, place, fewest=fewest) for place in sorted(shown)],
        hidden=[value for place, value in enumerate(grid.values) if place not in shown],
        in_force=grid.values[grid.in_force],
        ended=_part_or_all(base.ended, base.courses, fewest=fewest),
        not_improved=_part(base.not_improved, base.ended, fewest=fewest),
    )


def _are_apart(grid: Grid, one: int, other: int, *, fewest: int) -> bool:
    """Whether two editions flag the same courses, or differ by enough patients each way."""
    differences = (grid.only(one, other), grid.only(other, one))
    return all(n.courses == 0 or n.patients >= fewest for n in differences)


def _told(figures: BenchFigures, grid: Grid, place: int, *, fewest: int) -> Told:
    side, base = grid.side(place), grid.base
    weeks = figures.clinician_weeks
    ended = _part_or_all(side.ended, side.flagged, fewest=fewest)
    # What is told of those that ended would tell of the few that did not, by subtraction.
    of_ended = fewest if ended.number is not None else _NEVER
    not_improved = _part(side.not_improved, side.ended, fewest=of_ended)
    worse = _part_or_all(side.worse, side.not_improved, fewest=of_ended)
    return Told(
        value=side.value,
        is_in_force=place == grid.in_force,
        flagged=_part(side.flagged, base.courses, fewest=fewest),
        per_100=_HUNDRED * side.flags / figures.sessions if figures.sessions else 0.0,
        per_clinician_week=side.flags / weeks if weeks else None,
        ended=ended,
        not_improved=not_improved,
        worse=Part(worse.number, side.ended.courses),
        off_path=_part(side.off_path, side.ended, fewest=of_ended),
        late=_part(side.late, side.ended, fewest=of_ended),
        found=_part(side.not_improved, base.not_improved, fewest=of_ended),
        first_at=_spans(side, fewest=fewest),
    )


def _spans(side: Side, *, fewest: int) -> Sequence[tuple[tuple[int, int | None], int | None]]:
    """Return the counts by span, all or none: one that is missing could be worked out."""
    counts = [
        sum(
            (n for k, n in side.first_at.items() if k >= first and (last is None or k <= last)),
            start=Count(),
        )
        for first, last in SPANS
    ]
    may = all(n.courses == 0 or n.patients >= fewest for n in counts)
    return [(span, n.courses if may else None) for span, n in zip(SPANS, counts, strict=True)]


def _part(part: Count, whole: Count, *, fewest: int) -> Part:
    # Who is not in the part is known from the two, so that group counts as well.
    may = part.patients >= fewest and whole.patients - part.patients >= fewest
    return Part(part.courses if may else None, whole.courses)


def _part_or_all(part: Count, whole: Count, *, fewest: int) -> Part:
    """Return a part that may also be the whole: then there is nobody outside it to tell of."""
    if part == whole and part.patients >= fewest:
        return Part(part.courses, whole.courses)
    return _part(part, whole, fewest=fewest)


def _question(figures: BenchFigures, name: str, *, fewest: int) -> QuestionTold:
    def marked(asked: Asked) -> bool:
        return bool(getattr(asked, name))

    every, those = figures.asked(lambda _: True), figures.asked(marked)
    return QuestionTold(
        marked=_part(those, every, fewest=fewest),
        ended_off_path=_part(
            figures.asked(lambda asked: marked(asked) and asked.ended_off_path),
            those,
            fewest=fewest,
        ),
        ended_worse=_part(
            figures.asked(lambda asked: marked(asked) and asked.ended_worse), those, fewest=fewest
        ),
    )
