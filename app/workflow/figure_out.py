"""Figure out which figures may stand beside the counts of a report, and make those.

A share is made from two counts that are shown. A mean, an effect size or another figure of
many scores is shown for at least ten patients, for more than one or two therapists, and
only if the rest of the whole that it leaves is such a group too: else the rest could be
worked out from the whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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
from app.clinical.disclosure_figures import may_show_mean, may_show_quantiles, may_show_rate
from app.clinical.effect_sizes import SeverityReference
from app.clinical.figures import Figure, FigureName, Interval, share
from app.clinical.instruments import Instrument
from app.clinical.report import EVERYBODY, Report, ReportedFigure
from app.clinical.report_layout import Layout, is_weak, months_of
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

_OF_SESSIONS = {
    FigureName.MEASURED_OUTCOME,
    FigureName.MEASURED_ALLIANCE,
    FigureName.REVIEWED_IN_TIME,
}
"""Figures that count sessions or flags and not patients."""

_DECIMALS = {
    Interval.WILSON: 3,
    Interval.STUDENT: 1,
    Interval.LARGE_SAMPLE: 2,
    Interval.GREENWOOD: 0,
    Interval.BYAR: 2,
}
"""Decimals that are shown: of a share, a mean, an effect, a number of sessions, a ratio."""

Where = tuple[str, str]
"""Path of a unit, and of a period; one of them is ``*``."""


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

    def group(self, where: Where) -> GroupSums:
        """Return the sums of a unit in a period."""
        teams, months = self.held(where)
        found = [
            group
            for (team, month), group in self.summed.groups.items()
            if team.hex in teams and self.months[month] in months
        ]
        return sum(found, GroupSums())

    def mixes(self, where: Where) -> Mapping[str, MixSums]:
        """Return first and last scores of a unit in a period, by age."""
        teams, months = self.held(where)
        found: dict[str, MixSums] = {}
        for (team, month, age), sums in self.summed.mixes.items():
            if team.hex in teams and self.months[month] in months:
                found[age] = found.get(age, MixSums()) + sums
        return found

    def is_weak(self, places: Iterable[Where]) -> bool:
        """Return whether the patients of all these places are really one therapist's."""
        cells = {
            (team, month)
            for where in places
            for team in self.held(where)[0]
            for month in self.held(where)[1]
        }
        of_each = {
            (team.hex, self.months[month]): found
            for (team, month), found in self.summed.therapists.items()
            if (team.hex, self.months[month]) in cells
        }
        return is_weak(of_each, {team for team, _ in cells}, {month for _, month in cells})

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
            found.append(_hidden(where, name, Interval.WILSON))
            continue
        missing = material.shown(where, categories.ONE_SCORE) if name in _BOUNDED else None
        worst, best = _bounds(count, n, missing, is_better=_BOUNDED.get(name, False))
        figure = share(name, count, n)
        found.append(_shown(where, figure, n=n, worst=worst, best=best))
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
    group = material.group(where)
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
    sizes = {where: _size(material, name, where) for where in computed}
    may = {where for where, n in sizes.items() if _may_alone(material, name, where, n=n)}
    for place in (0, 1):
        face = [where for where in sizes if where[place] != EVERYBODY]
        while True:
            rest = [where for where in face if where not in may and sizes[where]]
            seen = [where for where in face if where in may]
            n = sum(sizes[where] for where in rest)
            is_group = may_show_mean(n=n, threshold=material.threshold, is_shown=True)
            if not rest or not seen or (is_group and not material.is_weak(rest)):
                break
            may.discard(min(seen, key=lambda where: (sizes[where], where)))
    return may


def _size(material: Material, name: FigureName, where: Where) -> int:
    """Return how many patients a figure is made from."""
    group = material.group(where)
    match _BASIS[name]:
        case categories.SCORED:
            return group.outcome.n
        case categories.ALLIANCE_SCORED:
            return group.alliance.n
        case categories.FLAGGED:
            teams = material.layout.teams[where[0]]
            return sum(
                n
                for (team, month, category), n in material.summed.others.items()
                if category == categories.FLAGGED
                and team.hex in teams
                and material.months[month] in material.held(where)[1]
            )
        case _:
            return group.episodes.ended


def _may_alone(material: Material, name: FigureName, where: Where, *, n: int) -> bool:
    is_shown = material.shown(where, _BASIS[name]) is not None
    if material.is_weak([where]):
        return False
    if name is FigureName.SESSIONS_TO_CHANGE:
        return may_show_quantiles(n=n, threshold=material.threshold, is_shown=is_shown)
    earlier = _earlier(material, name, where)
    return may_show_mean(n=n, threshold=material.threshold, is_shown=is_shown, earlier=earlier)


def _earlier(material: Material, name: FigureName, where: Where) -> Sequence[int]:
    """Return with how many patients the figure of this unit is out, for times that overlap."""
    months = material.held(where)[1]
    found = []
    for report in material.earlier:
        over = {period.path: months_of(period) for period in report.periods}
        for figure in report.figures:
            if (figure.name, figure.unit) != (name, where[0]) or figure.value is None:
                continue
            if over[figure.period] <= months or months <= over[figure.period]:
                found += [
                    count.n
                    for count in report.counts
                    if (count.unit, count.period, count.age, count.category)
                    == (figure.unit, figure.period, EVERYBODY, _BASIS[name])
                    and count.n is not None
                ]
    return found


def _reported(
    material: Material, where: Where, figure: Figure, *, is_shown: bool
) -> ReportedFigure:
    if not is_shown or figure.value is None:
        return _hidden(where, figure.name, figure.interval)
    n = figure.n if figure.name in _OF_SESSIONS else material.shown(where, _BASIS[figure.name])
    return _shown(where, figure, n=n)


def _shown(
    where: Where,
    figure: Figure,
    *,
    n: int | None,
    worst: float | None = None,
    best: float | None = None,
) -> ReportedFigure:
    decimals = _DECIMALS[figure.interval]
    value, low, high, worst, best = (
        None if number is None else round(number, decimals)
        for number in (figure.value, figure.low, figure.high, worst, best)
    )
    return ReportedFigure(
        unit=where[0],
        period=where[1],
        name=figure.name,
        n=n,
        value=value,
        low=low,
        high=high,
        worst=worst,
        best=best,
        interval=figure.interval,
    )


def _hidden(where: Where, name: FigureName, interval: Interval) -> ReportedFigure:
    return ReportedFigure(
        unit=where[0],
        period=where[1],
        name=name,
        n=None,
        value=None,
        low=None,
        high=None,
        worst=None,
        best=None,
        interval=interval,
    )
