"""Weigh the rules: what a bench counted, as far as it may be told to who sees no person."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.clinical.bench_figures import Asked, BenchFigures, Cell, Count, CourseEnd, Grid, Side
from app.clinical.rules import RuleId
from app.workflow.appraise import FEWEST_PATIENTS

Number = int | float

SPANS = ((1, 3), (4, 6), (7, 10), (11, None))
"""Sessions k, from and to, in which flags are counted: early, and then coarser."""

_ENDS: Sequence[Callable[[Cell], bool]] = (
    lambda _: True,
    lambda cell: not cell.end.is_known,
    lambda cell: cell.end is CourseEnd.IMPROVED,
    lambda cell: cell.end is CourseEnd.UNCHANGED,
    lambda cell: cell.end is CourseEnd.WORSE,
    lambda cell: cell.end.is_known and cell.is_off_path,
    lambda cell: cell.end.is_known and not cell.is_off_path,
)
"""How courses ended, as far as it is told: whether that is known, which end, where it lay."""

_HUNDRED = 100
_NEVER = 1 << 60
"""More patients than there are: nothing about so few is told."""


@dataclass(frozen=True, slots=True)
class Part:
    """So many of so many; neither is told where the number would be about too few.

    Of how many is a figure as well: beside others it can tell what was hidden.
    """

    number: int | None
    of: int | None


_HIDDEN = Part(None, None)


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
    """First flagged at the last session; missing too where editions differ in it by few."""
    found: Part
    """Of all courses that ended without reliable improvement, those that were flagged."""
    first_at: Sequence[tuple[tuple[int, int | None], int | None]]
    """Courses by the span of sessions of their first flag; missing too where editions differ in
    it by few."""


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


def sessions(figures: BenchFigures, *, fewest: int = FEWEST_PATIENTS) -> int | None:
    """Return how many sessions were gone through; nothing where too few patients had them."""
    gone_through = max((grid.base.courses.patients for grid in figures.grids), default=0)
    return figures.sessions if gone_through >= fewest else None


def came_between(before: BenchFigures, after: BenchFigures) -> int:
    """Return how many patients, or courses with a known end, one bench has and another has not.

    The more of the two: a course that ends is counted with its patient and as an end.
    """
    return max(
        (
            max(
                abs(now.base.courses.patients - then.base.courses.patients),
                abs(now.base.ended.courses - then.base.ended.courses),
            )
            for then, now in zip(before.grids, after.grids, strict=True)
        ),
        default=0,
    )


def weigh(figures: BenchFigures, *, fewest: int = FEWEST_PATIENTS) -> Sequence[GridTold]:
    """Return what may be told of each grid.

    Values are taken from the one in force outwards, and one is left out if by it and another
    that is shown something could be worked out about fewer than ``fewest`` patients: that so
    few are flagged by one of them alone, or how those few ended. Of invented courses, with
    ``fewest`` 0, everything is told.
    """
    return [_grid(figures, grid, fewest=fewest) for grid in figures.grids]


def band_question(figures: BenchFigures, *, fewest: int = FEWEST_PATIENTS) -> QuestionTold:
    """Return what the band found of being off the expected path.

    The rule about the band flags much the same courses, those that go on and those that the
    last score put off the path as well: where its figures and these are apart by few
    patients, these are not told.
    """
    grid = figures.grid(RuleId.OFF_TRACK_BAND)
    sides = [grid.side(place) for place in range(len(grid.values))] if grid else []

    def marked(asked: Asked) -> bool:
        return asked.is_marked_off_path

    every = figures.asked(marked)
    off_path = figures.asked(lambda asked: marked(asked) and asked.ended_off_path)
    worse = figures.asked(lambda asked: marked(asked) and asked.ended_worse)
    pairs = [
        pair
        for side in sides
        for pair in (
            (side.flagged, every),
            (side.ended, every),
            (side.ended, every + side.late),
            (side.off_path, off_path),
            (side.not_improved, worse),
            (side.worse, worse),
        )
    ]
    # Of two of which one is about too few, that one is hidden anyhow.
    may = all(
        min(one.patients, other.patients) < fewest or _is_apart(one, other, fewest=fewest)
        for one, other in pairs
    )
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
    told: dict[int, Told] = {}
    late: list[int] = []
    spans: list[int] = []
    outwards = sorted(range(len(grid.values)), key=lambda place: abs(place - grid.in_force))
    for place in outwards:
        side = grid.side(place)
        is_told = _part(side.flagged, base.courses, fewest=fewest).number is not None
        if not is_told or not all(_are_apart(grid, place, one, fewest=fewest) for one in told):
            continue
        found = _told(figures, grid, place, fewest=fewest)
        if all(_are_late_apart(grid, place, one, fewest=fewest) for one in late):
            late.append(place)
        else:
            found = replace(found, late=_HIDDEN)
        if all(_are_spans_apart(side, grid.side(one), fewest=fewest) for one in spans):
            spans.append(place)
        else:
            found = replace(found, first_at=[(span, None) for span in SPANS])
        told[place] = found
    return GridTold(
        rule=grid.rule,
        parameter=grid.parameter,
        shown=[told[place] for place in sorted(told)],
        hidden=[value for place, value in enumerate(grid.values) if place not in told],
        in_force=grid.values[grid.in_force],
        ended=_part_or_all(base.ended, base.courses, fewest=fewest),
        not_improved=_part(base.not_improved, base.ended, fewest=fewest),
    )


def _are_apart(grid: Grid, one: int, other: int, *, fewest: int) -> bool:
    """Whether two editions flag the same courses, or differ by enough patients each way.

    Of every end that is told there must be enough, or none: else the figures of one, taken
    from those of the other, tell how few ended.
    """
    differences = [
        grid.only(*way, belongs) for way in ((one, other), (other, one)) for belongs in _ENDS
    ]
    return all(_is_none_or_enough(n, fewest=fewest) for n in differences)


def _are_late_apart(grid: Grid, one: int, other: int, *, fewest: int) -> bool:
    """Whether as many, or enough more, were first flagged at the last session by one edition."""
    differences = [*_lateness(grid, one, other), *_lateness(grid, other, one)]
    return all(_is_none_or_enough(n, fewest=fewest) for n in differences)


def _lateness(grid: Grid, place: int, other: int) -> Sequence[Count]:
    bit = 1 << place
    return (
        grid.later(place, other),
        grid.only(place, other, lambda cell: bool(cell.late & bit)),
        grid.only(place, other, lambda cell: cell.end.is_known and not cell.late & bit),
    )


def _are_spans_apart(one: Side, other: Side, *, fewest: int) -> bool:
    return all(
        _is_apart(n, beside, fewest=fewest)
        for n, beside in zip(_by_span(one), _by_span(other), strict=True)
    )


def _is_apart(one: Count, other: Count, *, fewest: int) -> bool:
    """Whether two counts are the same, or apart by enough patients."""
    return one == other or abs(one.patients - other.patients) >= fewest


def _is_none_or_enough(n: Count, *, fewest: int) -> bool:
    return n.courses == 0 or n.patients >= fewest


def _told(figures: BenchFigures, grid: Grid, place: int, *, fewest: int) -> Told:
    side, base = grid.side(place), grid.base
    weeks = figures.clinician_weeks
    ended = _part_or_all(side.ended, side.flagged, fewest=fewest)
    # What is told of those that ended would tell of the few that did not, by subtraction.
    of_ended = fewest if ended.number is not None else _NEVER
    not_improved = _part(side.not_improved, side.ended, fewest=of_ended)
    # A part of a hidden part tells of it; and so does what is left of all who did not improve.
    missed = Count(
        base.not_improved.courses - side.not_improved.courses,
        base.not_improved.patients - side.not_improved.patients,
    )
    if not _is_none_or_enough(missed, fewest=fewest):
        not_improved = _HIDDEN
    may = not_improved.number is not None
    worse = _part_or_all(side.worse, side.not_improved, fewest=of_ended if may else _NEVER)
    return Told(
        value=side.value,
        is_in_force=place == grid.in_force,
        flagged=_part(side.flagged, base.courses, fewest=fewest),
        per_100=_HUNDRED * side.flags / figures.sessions if figures.sessions else 0.0,
        per_clinician_week=side.flags / weeks if weeks else None,
        ended=ended,
        not_improved=not_improved,
        worse=_HIDDEN if worse.number is None else Part(worse.number, side.ended.courses),
        off_path=_part(side.off_path, side.ended, fewest=of_ended),
        late=_part(side.late, side.ended, fewest=of_ended),
        found=_part(side.not_improved, base.not_improved, fewest=of_ended if may else _NEVER),
        first_at=_spans(side, fewest=fewest),
    )


def _spans(side: Side, *, fewest: int) -> Sequence[tuple[tuple[int, int | None], int | None]]:
    """Return the counts by span, all or none: one that is missing could be worked out."""
    counts = _by_span(side)
    may = all(_is_none_or_enough(n, fewest=fewest) for n in counts)
    return [(span, n.courses if may else None) for span, n in zip(SPANS, counts, strict=True)]


def _by_span(side: Side) -> Sequence[Count]:
    return [
        sum(
            (n for k, n in side.first_at.items() if k >= first and (last is None or k <= last)),
            start=Count(),
        )
        for first, last in SPANS
    ]


def _part(part: Count, whole: Count, *, fewest: int) -> Part:
    # Who is not in the part is known from the two, so that group counts as well.
    may = part.patients >= fewest and whole.patients - part.patients >= fewest
    return Part(part.courses, whole.courses) if may else _HIDDEN


def _part_or_all(part: Count, whole: Count, *, fewest: int) -> Part:
    """Return a part that may also be the whole: then there is nobody outside it to tell of."""
    if part == whole and part.patients >= fewest:
        return Part(part.courses, whole.courses)
    return _part(part, whole, fewest=fewest)


def _question(figures: BenchFigures, name: str, *, fewest: int) -> QuestionTold:
    def marked(asked: Asked) -> bool:
        return bool(getattr(asked, name))

    every, those = figures.asked(lambda _: True), figures.asked(marked)
    told = _part(those, every, fewest=fewest)
    # Of how many they are is the number that was hidden.
    fewest = _NEVER if told.number is None else fewest
    return QuestionTold(
        marked=told,
        ended_off_path=_part(
            figures.asked(lambda asked: marked(asked) and asked.ended_off_path),
            those,
            fewest=fewest,
        ),
        ended_worse=_part(
            figures.asked(lambda asked: marked(asked) and asked.ended_worse), those, fewest=fewest
        ),
    )
