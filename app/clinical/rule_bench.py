"""Courses that are over, gone through again with other numbers in the rules.

Nothing of the rules is written here a second time: each session is put before
:func:`app.clinical.flags.evaluate`, as it was known then, by :mod:`app.clinical.replay`.

"Off the expected path" and "will end worse than at the start" are two questions. A band
finds the first: where a score lies among others with the same start. The conditional
prediction finds the second: where this patient's own scores lead. Both are counted, and
neither is called the other. So that both can be seen at any site, the rule about the band is
tried as if the curve were a general one, and the rule about the prediction as if it were
local; which of them is in force here is the site's curve to say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from app.clinical.bench_figures import (
    Asked,
    BenchFigures,
    Cell,
    Count,
    CourseEnd,
    Grid,
    Number,
)
from app.clinical.course import Course
from app.clinical.curves import CurveKind, ReferenceCurve
from app.clinical.reliable_change import better_by, reaches
from app.clinical.replay import Moment, RuleCourse, moments, replay
from app.clinical.rule_editions import allowed_beside, leeways_of, moved
from app.clinical.rules import Rule, RuleId
from app.clinical.situation import AllianceSeries
from app.clinical.trajectory import Point, Position, Trajectory

_Key = TypeVar("_Key")

NOT_REPLAYED = frozenset({RuleId.CRITICAL_ITEM, RuleId.NO_CONTACT})
"""Rules that need more than a course to be gone through again; neither may be moved here."""

FORESEEN_FROM = 3
"""The first session k at which the prediction is asked: two scores after the first, as the
rule ``off_track`` is shipped (:data:`app.clinical.rules.DEFAULT_RULES`)."""

MARKED_IN_A_ROW = 2
"""Scores in a row beyond nine in ten that put a course off its path, as ``off_track_band`` is
shipped (:data:`app.clinical.rules.DEFAULT_RULES`)."""

_AS_IF = {
    RuleId.OFF_TRACK: CurveKind.LOCAL,
    RuleId.OFF_TRACK_BAND: CurveKind.GENERAL,
}


@dataclass(frozen=True, slots=True)
class Lived:
    """One course, to go through again.

    Attributes
    ----------
    patient
        A running number; courses of one patient come one after the other. It names nobody.
    course
        Scores and attended sessions.
    curve
        The curve to compare with, or ``None``.
    alliance
        The patient's alliance ratings in the same sessions.
    is_over
        Whether the course has been closed.
    """

    patient: int
    course: Course
    curve: ReferenceCurve | None
    alliance: AllianceSeries | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """Editions of one rule to be tried on the same courses.

    Attributes
    ----------
    editions
        The one in force among them.
    parameter
        The number in which they differ, or ``None``.
    in_force
        The place of the one in force.
    """

    editions: tuple[Rule, ...]
    parameter: str | None
    in_force: int

    def grid(self) -> Grid:
        """Return the empty grid of this trial."""
        values: tuple[Number, ...] = tuple(range(len(self.editions)))
        if self.parameter is not None:
            values = tuple(one.parameters[self.parameter] for one in self.editions)
        return Grid(self.editions[0].id, self.parameter, values, self.in_force)


def may_speak(rule: RuleId, kind: CurveKind | None) -> bool:
    """Whether a rule can ever flag a course that is compared with a curve of this kind.

    Parameters
    ----------
    rule
        Any rule. All but the two about the expected path speak without a curve.
    kind
        The kind of the curve, or ``None`` where there is no curve.
    """
    if rule not in _AS_IF:
        return True
    is_for_general = _AS_IF[rule] is CurveKind.GENERAL
    return kind is not None and (kind is CurveKind.GENERAL) is is_for_general


def trials_around(rules: Sequence[Rule]) -> tuple[Trial, ...]:
    """Return a trial for each number that may be moved, all the others left as they are.

    Parameters
    ----------
    rules
        The rules in force. One without a number to move is tried as it is.
    """
    found = []
    for rule in rules:
        if rule.id in NOT_REPLAYED:
            continue
        leeways = leeways_of(rule.id)
        for one in leeways:
            # What is in force may be a shipped value that a later leeway no longer has.
            now = rule.parameters[one.parameter]
            values = sorted({*allowed_beside(rule, one), now})
            editions = tuple(
                rule if value == now else moved(rule, parameter=one.parameter, value=value)
                for value in values
            )
            found.append(Trial(editions, one.parameter, values.index(now)))
        if not leeways:
            found.append(Trial((rule,), None, 0))
    return tuple(found)


def trials_between(rules: Sequence[Rule], proposed: Sequence[Rule]) -> tuple[Trial, ...]:
    """Return for each rule in force a trial of it and of what is proposed in its place.

    Parameters
    ----------
    rules
        The rules in force.
    proposed
        The rules that would take their place, in any order. One that is left out stays.
    """
    instead = {rule.id: rule for rule in proposed}
    return tuple(
        Trial((rule, instead.get(rule.id, rule)), None, 0)
        for rule in rules
        if rule.id not in NOT_REPLAYED
    )


def bench(lived: Iterable[Lived], *, trials: Sequence[Trial]) -> BenchFigures:
    """Return what each edition would have flagged in these courses, and how they ended.

    Parameters
    ----------
    lived
        Courses, those of one patient one after the other; they are read once and not kept.
    trials
        What is tried.
    """
    figures = BenchFigures(grids=tuple(trial.grid() for trial in trials))
    before: int | None = None
    for one in lived:
        count = Count(1, 0 if one.patient == before else 1)
        before = one.patient
        _go_through(figures, one, trials=trials, count=count)
    return figures


def _go_through(
    figures: BenchFigures, lived: Lived, *, trials: Sequence[Trial], count: Count
) -> None:
    seen = tuple(
        moments(lived.course, lived.curve, is_curve_accepted=True, alliance=lived.alliance)
    )
    if not seen:
        return
    figures.sessions += len(seen)
    last = seen[-1].situation.trajectory
    end = _end(last) if lived.is_over else CourseEnd.OPEN
    is_off_path = _is_off_path(last)
    _ask(figures, seen, end=end, count=count)
    told: dict[tuple[object, ...], RuleCourse] = {}
    as_if = {rule: _as_if(seen, kind) for rule, kind in _AS_IF.items()}
    for trial, grid in zip(trials, figures.grids, strict=True):
        found = [
            _replayed(as_if.get(edition.id, seen), edition, told=told) for edition in trial.editions
        ]
        _count(grid, found, seen[-1].session, end=end, is_off_path=is_off_path, count=count)


def _replayed(
    seen: Sequence[Moment], edition: Rule, *, told: dict[tuple[object, ...], RuleCourse]
) -> RuleCourse:
    """Return what an edition says of a course; the same numbers are asked once."""
    key = (edition.id, *edition.parameters.values())
    if key not in told:
        (told[key],) = replay(seen, rules=(edition,))
    return told[key]


def _as_if(seen: Sequence[Moment], kind: CurveKind) -> Sequence[Moment]:
    """Return the same moments with a curve of another kind; its numbers stay what they are."""
    first = seen[0].situation.trajectory.curve
    if first is None or first.kind is kind:
        return seen
    curve = replace(first, kind=kind)
    return [
        replace(
            moment,
            situation=replace(
                moment.situation, trajectory=replace(moment.situation.trajectory, curve=curve)
            ),
        )
        for moment in seen
    ]


def _count(
    grid: Grid,
    found: Sequence[RuleCourse],
    last_session: int,
    *,
    end: CourseEnd,
    is_off_path: bool,
    count: Count,
) -> None:
    flagged = late = 0
    for place, told in enumerate(found):
        if not told.raised:
            continue
        flagged |= 1 << place
        grid.flags[place] += len(told.raised)
        first = told.raised[0]
        _add(grid.first_at[place], first, count)
        if end.is_known and first == last_session:
            late |= 1 << place
    _add(grid.cells, Cell(flagged, late, end, is_off_path), count)


def _add(counts: dict[_Key, Count], key: _Key, count: Count) -> None:
    counts[key] = counts.get(key, Count()) + count


def _end(last: Trajectory) -> CourseEnd:
    better, value = last.better_by, last.reliable_change
    if better is None or value is None:
        return CourseEnd.UNKNOWN
    if reaches(better, value):
        return CourseEnd.IMPROVED
    return CourseEnd.WORSE if reaches(-better, value) else CourseEnd.UNCHANGED


def _is_off_path(last: Trajectory) -> bool:
    return bool(last.points) and last.points[-1].position is Position.WORSE_THAN_90


def _ask(figures: BenchFigures, seen: Sequence[Moment], *, end: CourseEnd, count: Count) -> None:
    last = seen[-1].situation.trajectory
    better = last.better_by
    if not end.is_known or better is None or last.points[-1].expectation is None:
        return
    # The last score is what is asked about: it is no part of what was said on the way.
    outcome = last.points[-1].observation.session
    asked = Asked(
        is_marked_off_path=_was_off_path(last.points[:-1]),
        is_foreseen_worse=any(
            _is_foreseen_worse(moment) for moment in seen if moment.session < outcome
        ),
        ended_off_path=_is_off_path(last),
        ended_worse=better < 0,
    )
    _add(figures.questions, asked, count)


def _was_off_path(points: Sequence[Point]) -> bool:
    beyond = [
        point.position is Position.WORSE_THAN_90
        for point in points
        if point.expectation is not None
    ]
    return any(
        all(beyond[at : at + MARKED_IN_A_ROW]) for at in range(len(beyond) - MARKED_IN_A_ROW + 1)
    )


def _is_foreseen_worse(moment: Moment) -> bool:
    trajectory = moment.situation.trajectory
    intake = moment.situation.course.intake
    if moment.session < FORESEEN_FROM or trajectory.outlook is None or intake is None:
        return False
    mean = trajectory.outlook.prediction.mean
    # On tenths, as every score that is compared.
    return better_by(intake.score, round(10 * mean), direction=moment.situation.direction) < 0
