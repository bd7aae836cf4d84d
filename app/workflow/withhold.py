"""Withhold figures of many scores that would tell of few patients, or of one therapist.

A mean, an effect size or another figure of many scores is shown for at least ten patients,
for more than one or two therapists, and only if whatever it leaves of all wholes that are
told, here and in earlier reports, is such a group too: else the rest could be worked out.

What cannot be worked out is hidden like what may not be shown. To tell the two apart would
tell of everybody: there is no effect where all patients changed alike, and no session by
which half got better where fewer than half did, however many those are. A group in which
all have the same first score, last score or change therefore shows none of these figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

from app.clinical import outcome_table as categories
from app.clinical.aggregates import GroupSums
from app.clinical.case_mix import MixSums
from app.clinical.disclosure_figures import LEAST_FOR_A_RATE, may_show_mean, may_show_quantiles
from app.clinical.effect_sizes import SeverityReference
from app.clinical.figures import Figure, FigureName
from app.clinical.instruments import Instrument
from app.clinical.pair_sums import PairSums
from app.clinical.report import EVERYBODY, Report, Unit
from app.clinical.report_layout import Layout, is_weak, months_of
from app.clinical.reported import Where
from app.clinical.told_wholes import Cells, Whole, leaves_groups
from app.workflow.add_up import SummedUp

BASIS = {
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

SCORED_IN = {
    FigureName.MEASURED_OUTCOME: categories.SCORED,
    FigureName.MEASURED_ALLIANCE: categories.ALLIANCE_SCORED,
}
"""Shares of sessions, and the count that has to be shown beside them."""


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
        if category != categories.ASKED:
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


def may_be_shown(
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
        is_weak=lambda rest: _tells_of_each(material, name, rest),
    )
    # What was told of a rounded number of patients may be told of one more or fewer now.
    is_vague = any(report.definition.rounding is not None for report in material.earlier)
    vague = frozenset().union(*(one.cells for one in told)) if is_vague else frozenset()
    found: set[Where] = set()
    for where in sorted(may, key=lambda where: (-len(cells[where]), where)):
        whole = Whole(cells[where], sizes[where])
        if not whole.cells & vague and leaves(whole, told):
            told.append(whole)
            found.add(where)
    return found


def _is_group(material: Material, name: FigureName, rest: Sequence[Cells]) -> bool:
    """Return whether the figure of what is not shown may be known."""
    cells = frozenset[tuple[str, str]]().union(*rest)
    n = _size(material, name, cells)
    return (
        may_show_mean(n=n, threshold=material.threshold, is_shown=True)
        and not _tells_of_each(material, name, cells)
        # The sessions of one place are those that its hidden counts speak against.
        and (name not in SCORED_IN or len(rest) > 1)
    )


def _tells_of_each(material: Material, name: FigureName, cells: Cells) -> bool:
    """Return whether a figure is one about a therapist, or the same for each patient."""
    return (
        material.is_weak(cells)
        or _tells_sessions(material, name, cells)
        or _is_alike(material, name, cells)
    )


def _is_alike(material: Material, name: FigureName, cells: Cells) -> bool:
    """Return whether all patients have the same first score, last score or change."""
    group = material.group(cells)
    pairs = {categories.SCORED: group.outcome, categories.ALLIANCE_SCORED: group.alliance}
    sums = pairs.get(BASIS[name], PairSums())
    if sums.n == 0:
        return False
    return sums.n == 1 or 0 in (sums.variance_before, sums.variance_after, sums.variance_change)


def _tells_sessions(material: Material, name: FigureName, cells: Cells) -> bool:
    """Return whether sessions with or without a score tell how many patients have scores.

    Who has two scores has two sessions with one, so that few more sessions than those
    leave few patients with one score; and few sessions without leave few who have none.
    """
    if name not in SCORED_IN:
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
    match BASIS[name]:
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
    needed = (BASIS[name], SCORED_IN.get(name, BASIS[name]))
    is_shown = all(material.shown(where, category) is not None for category in needed)
    if _tells_of_each(material, name, cells):
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
            n = counts.get((figure.unit, figure.period, EVERYBODY, BASIS[name]))
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
