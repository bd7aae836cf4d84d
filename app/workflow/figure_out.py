"""Figure out which figures may stand beside the counts of a report, and make those.

A share is made from two counts that are shown. A mean, an effect size or another figure of
many scores is shown for at least ten patients, for more than one or two therapists, and
only if whatever it leaves of all wholes that are told, here and in earlier reports, is such
a group too: else the rest could be worked out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

from app.clinical import outcome_table as categories
from app.clinical.aggregates import TENTHS, GroupSums, change_figures, measuring_figures
from app.clinical.case_mix import (
    Expectation,
    MixSums,
    TooFewEpisodesError,
    UnknownStratumError,
    beyond_expected,
    expectation,
)
from app.clinical.disclosure_figures import (
    LEAST_FOR_A_RATE,
    may_show_mean,
    may_show_quantiles,
    may_show_rate,
)
from app.clinical.effect_sizes import SeverityReference
from app.clinical.figures import Figure, FigureName, Interval, share
from app.clinical.instruments import Instrument
from app.clinical.report import EVERYBODY, Report, ReportedFigure, Unit
from app.clinical.report_layout import Layout, is_weak, months_of
from app.clinical.reported import Where, hidden, shown
from app.clinical.told_wholes import Cells, Whole, leaves_groups
from app.workflow.add_up import SummedUp

_ASKED = "asked"
"""Everybody but who was never asked: no category, since those two tell it."""

_SHARES = (
    (FigureName.TWO_SCORES, categories.SCORED, EVERYBODY),
    (FigureName.RECOVERED, categories.RECOVERED, categories.CLINICAL),
    (FigureName.IMPROVED, categories.IMPROVED, categories.SCORED),
    (FigureName.UNCHANGED, categories.UNCHANGED, categories.SCORED),
    (FigureName.DETERIORATED, categories.DETERIORATED, categories.SCORED),
    (FigureName.UNPLANNED, categories.UNPLANNED, EVERYBODY),
    (FigureName.AGREED, categories.AGREED, EVERYBODY),
    (FigureName.ACCEPTED, categories.ACCEPTED, _ASKED),
    (FigureName.DECLINED, categories.DECLINED, _ASKED),
    (FigureName.FLAGGED, categories.FLAGGED, EVERYBODY),
)
"""Shares, by what they count of what."""

_BETTER = {FigureName.RECOVERED: True, FigureName.IMPROVED: True}
_WORSE = {FigureName.UNCHANGED: False, FigureName.DETERIORATED: False}
_BOUNDED = {**_BETTER, **_WORSE}
"""Shares that a last score could have moved, and whether more of it is better."""

_BASIS = {
    FigureName.MEASURED_OUTCOME: EVERYBODY,
    FigureName.MEASURED_ALLIANCE: EVERYBODY,
    FigureName.REVIEWED_IN_TIME: categories.FLAGGED,
    FigureName.MEAN_FIRST: categories.SCORED,
    FigureName.MEAN_LAST: categories.SCORED,
    FigureName.MEAN_CHANGE: categories.SCORED,
    FigureName.D_PRE: categories.SCORED,
    FigureName.D_CHANGE: categories.SCORED,
    FigureName.D_AV: categories.SCORED,
    FigureName.SEVERITY_ADJUSTED: categories.SCORED,
    FigureName.BEYOND_EXPECTED: categories.SCORED,
    FigureName.SESSIONS_TO_CHANGE: categories.SCORED,
    FigureName.ALLIANCE_FIRST: categories.ALLIANCE_SCORED,
    FigureName.ALLIANCE_LAST: categories.ALLIANCE_SCORED,
    FigureName.ALLIANCE_CHANGE: categories.ALLIANCE_SCORED,
}
"""Whose scores or sessions a figure is made from: the category that has to be shown."""

_SCORED_IN = {
    FigureName.MEASURED_OUTCOME: categories.SCORED,
    FigureName.MEASURED_ALLIANCE: categories.ALLIANCE_SCORED,
}
"""Shares of sessions, and the count that has to be shown beside them."""

_OF_SESSIONS = {
    FigureName.MEASURED_OUTCOME,
    FigureName.MEASURED_ALLIANCE,
    FigureName.REVIEWED_IN_TIME,
}
"""Figures that count sessions or flags and not patients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What figures are made from, and what may be known of it.

    Attributes
    ----------
    layout, months
        What is shown, and the months by their numbers.
    summed, instrument, reference
        What figures are computed from.
    threshold
        Fewest distinct patients.
    counts
        What is shown of unit, period and category; ``None`` for hidden.
    earlier
        Reports that are out, of the same courses.
    """

    layout: Layout
    months: tuple[str, ...]
    summed: SummedUp
    instrument: Instrument
    reference: SeverityReference | None
    threshold: int
    counts: Mapping[tuple[str, str, str], int | None]
    earlier: tuple[Report, ...]

    def shown(self, where: Where, category: str) -> int | None:
        """Return a count that is shown."""
        if category != _ASKED:
            return self.counts.get((*where, category))
        everybody = self.shown(where, EVERYBODY)
        without = self.shown(where, categories.NOT_ASKED)
        return None if everybody is None or without is None else everybody - without

    def group(self, cells: Cells) -> GroupSums:
        """Return the sums of teams in months."""
        found = [
            group
            for (team, month), group in self.summed.groups.items()
            if (team.hex, self.months[month]) in cells
        ]
        return sum(found, GroupSums())

    def mixes(self, where: Where) -> Mapping[str, MixSums]:
        """Return first and last scores of a unit in a period, by age."""
        cells = self.cells(where)
        found: dict[str, MixSums] = {}
        for (team, month, age), sums in self.summed.mixes.items():
            if (team.hex, self.months[month]) in cells:
                found[age] = found.get(age, MixSums()) + sums
        return found

    def is_weak(self, cells: Cells) -> bool:
        """Return whether the patients of teams in months are really one therapist's."""
        of_each = {
            (team.hex, self.months[month]): found
            for (team, month), found in self.summed.therapists.items()
        }
        patients = {
            (team.hex, self.months[month]): group.episodes.ended
            for (team, month), group in self.summed.groups.items()
        }
        return is_weak(of_each, cells, patients=patients)

    def cells(self, where: Where) -> Cells:
        """Return the teams and months of a place."""
        return frozenset(product(*self.held(where)))

    def held(self, where: Where) -> tuple[frozenset[str], frozenset[str]]:
        """Return the teams and the months of a place."""
        unit, path = where
        label = next(
            (
                self.layout.label_of(period)
                for period in self.layout.periods[1:]
                if period.path == path
            ),
            EVERYBODY,
        )
        return self.layout.teams[unit], self.layout.months[label]


def figures(material: Material) -> tuple[ReportedFigure, ...]:
    """Return every figure of a report; those that may not be shown are without numbers."""
    places = _places(material)
    expected = _expected(material)
    found: list[ReportedFigure] = []
    computed = {where: _computed(material, where, expected) for where in places}
    for where in places:
        found += _shares(material, where)
    for name in dict.fromkeys(name for by_name in computed.values() for name in by_name):
        may = _may_be_shown(
            material, name, {w: one[name] for w, one in computed.items() if name in one}
        )
        found += [
            _reported(material, where, by_name[name], is_shown=where in may)
            for where, by_name in computed.items()
            if name in by_name
        ]
    return tuple(found)


def _places(material: Material) -> list[Where]:
    units = [(unit.path, EVERYBODY) for unit in material.layout.units]
    periods = [
        (EVERYBODY, period.path)
        for period in material.layout.periods[1:]
        if period.shown_with is None
    ]
    return [*units, *periods]


def _shares(material: Material, where: Where) -> list[ReportedFigure]:
    found = []
    for name, part, whole in _SHARES:
        if (*where, part) not in material.counts:
            continue
        count, n = material.shown(where, part), material.shown(where, whole)
        if (
            count is None
            or n is None
            or count > n
            or not may_show_rate(
                numerator=count, denominator=n, threshold=material.threshold, is_shown=True
            )
        ):
            found.append(hidden(where, name, Interval.WILSON))
            continue
        missing = material.shown(where, categories.ONE_SCORE) if name in _BOUNDED else None
        worst, best = _bounds(count, n, missing, is_better=_BOUNDED.get(name, False))
        figure = share(name, count, n)
        found.append(shown(where, figure, n=n, worst=worst, best=best))
    return found


def _bounds(
    count: int, n: int, missing: int | None, *, is_better: bool
) -> tuple[float | None, float | None]:
    """Return the share if everybody with a first score only had done badly, and well.

    Who is missing may have begun on the ordinary side, from where nobody recovers; the
    bounds of recovery are then wider than they need be.
    """
    if missing is None:
        return None, None
    low, high = count / (n + missing), (count + missing) / (n + missing)
    return (low, high) if is_better else (high, low)


def _expected(material: Material) -> Expectation | None:
    try:
        return expectation(
            material.mixes((EVERYBODY, EVERYBODY)), direction=material.instrument.direction
        )
    except TooFewEpisodesError:
        return None


def _computed(
    material: Material, where: Where, expected: Expectation | None
) -> Mapping[FigureName, Figure]:
    group = material.group(material.cells(where))
    every = [
        *measuring_figures(group),
        *change_figures(
            group, direction=material.instrument.direction, reference=material.reference
        ),
    ]
    if expected is not None and where[0] != EVERYBODY:
        try:
            every.append(beyond_expected(material.mixes(where), expected=expected, unit=TENTHS))
        except UnknownStratumError:
            every.append(Figure(FigureName.BEYOND_EXPECTED, 0, None, None, None, Interval.STUDENT))
    has_flags = any(category == categories.FLAGGED for _, _, category in material.counts)
    return {
        figure.name: figure
        for figure in every
        if figure.name in _BASIS and (has_flags or figure.name is not FigureName.REVIEWED_IN_TIME)
    }


def _may_be_shown(
    material: Material, name: FigureName, computed: Mapping[Where, Figure]
) -> set[Where]:
    cells = {where: material.cells(where) for where in computed}
    sizes = {where: _size(material, name, held) for where, held in cells.items()}
    may = {where for where, n in sizes.items() if _may_alone(material, name, where, n=n)}
    for place in (0, 1):
        face = [where for where in sizes if where[place] != EVERYBODY]
        while True:
            rest = [where for where in face if where not in may and sizes[where]]
            seen = [where for where in face if where in may]
            if not rest or not seen or _is_group(material, name, [cells[one] for one in rest]):
                break
            may.discard(min(seen, key=lambda where: (sizes[where], where)))
    told = _told(material, name)
    leaves = partial(
        leaves_groups,
        sizes={
            cell: _size(material, name, frozenset([cell]))
            for cell in {*frozenset().union(*cells.values(), *(one.cells for one in told))}
        },
        least=max(LEAST_FOR_A_RATE, material.threshold),
        is_weak=lambda rest: material.is_weak(rest) or _tells_sessions(material, name, rest),
    )
    found: set[Where] = set()
    for where in sorted(may, key=lambda where: (-len(cells[where]), where)):
        whole = Whole(cells[where], sizes[where])
        if leaves(whole, told):
            told.append(whole)
            found.add(where)
    return found


def _is_group(material: Material, name: FigureName, rest: Sequence[Cells]) -> bool:
    """Return whether the figure of what is not shown may be known."""
    cells = frozenset[tuple[str, str]]().union(*rest)
    n = _size(material, name, cells)
    return (
        may_show_mean(n=n, threshold=material.threshold, is_shown=True)
        and not material.is_weak(cells)
        and not _tells_sessions(material, name, cells)
        # The sessions of one place are those that its hidden counts speak against.
        and (name not in _SCORED_IN or len(rest) > 1)
    )


def _tells_sessions(material: Material, name: FigureName, cells: Cells) -> bool:
    """Return whether sessions with or without a score tell how many patients have scores.

    Who has two scores has two sessions with one, so that few more sessions than those
    leave few patients with one score; and few sessions without leave few who have none.
    """
    if name not in _SCORED_IN:
        return False
    group = material.group(cells)
    measuring = group.measuring
    measured, scored = (
        (measuring.with_outcome, group.outcome.n)
        if name is FigureName.MEASURED_OUTCOME
        else (measuring.with_alliance, group.alliance.n)
    )
    more, without = measured - 2 * scored, measuring.attended - measured
    return min(more, without) < material.threshold


def _size(material: Material, name: FigureName, cells: Cells) -> int:
    """Return how many patients a figure is made from."""
    match _BASIS[name]:
        case categories.SCORED:
            return material.group(cells).outcome.n
        case categories.ALLIANCE_SCORED:
            return material.group(cells).alliance.n
        case categories.FLAGGED:
            return sum(
                n
                for (team, month, category), n in material.summed.others.items()
                if category == categories.FLAGGED and (team.hex, material.months[month]) in cells
            )
        case _:
            return material.group(cells).episodes.ended


def _may_alone(material: Material, name: FigureName, where: Where, *, n: int) -> bool:
    cells = material.cells(where)
    needed = (_BASIS[name], _SCORED_IN.get(name, _BASIS[name]))
    is_shown = all(material.shown(where, category) is not None for category in needed)
    if material.is_weak(cells) or _tells_sessions(material, name, cells):
        return False
    if name is FigureName.SESSIONS_TO_CHANGE:
        return may_show_quantiles(n=n, threshold=material.threshold, is_shown=is_shown)
    return may_show_mean(n=n, threshold=material.threshold, is_shown=is_shown)


def _told(material: Material, name: FigureName) -> list[Whole]:
    """Return the wholes of which a figure is out already."""
    found = []
    for report in material.earlier:
        every = material.layout.teams[EVERYBODY]
        teams = {unit.path: _teams(unit) for unit in report.units} | {EVERYBODY: every}
        counts = {(c.unit, c.period, c.age, c.category): c.n for c in report.counts}
        for figure in report.figures:
            n = counts.get((figure.unit, figure.period, EVERYBODY, _BASIS[name]))
            if figure.name is name and figure.value is not None and n is not None:
                months = _months(report, figure.period)
                found.append(Whole(frozenset(product(teams[figure.unit], months)), n))
    return found


def _teams(unit: Unit) -> frozenset[str]:
    return frozenset(one.path for one in unit.holds or (unit,))


def _months(report: Report, path: str) -> frozenset[str]:
    """Return the months of a period of a report, with those that are shown with it."""
    held = [one for one in report.periods if path in (one.path, one.shown_with)]
    return frozenset[str]().union(*(months_of(one) for one in held))


def _reported(
    material: Material, where: Where, figure: Figure, *, is_shown: bool
) -> ReportedFigure:
    if not is_shown or figure.value is None:
        return hidden(where, figure.name, figure.interval)
    n = figure.n if figure.name in _OF_SESSIONS else material.shown(where, _BASIS[figure.name])
    return shown(where, figure, n=n)
