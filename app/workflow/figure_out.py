"""Figure out which figures may stand beside the counts of a report, and make those.

A share is made from two counts that are shown. Figures of many scores are withheld by
rules of their own, see ``withhold``. What has no value is hidden like what may not be
shown; what no group could have, such as sessions to a reliable change where the form has
no such value, is left out.
"""

from collections.abc import Mapping

from app.clinical import outcome_table as categories
from app.clinical.aggregates import TENTHS, change_figures, measuring_figures
from app.clinical.case_mix import (
    Expectation,
    TooFewEpisodesError,
    UnknownStratumError,
    beyond_expected,
    expectation,
)
from app.clinical.disclosure_figures import may_show_rate
from app.clinical.figures import Figure, FigureName, Interval, share
from app.clinical.outcome_table import SHARES
from app.clinical.report import EVERYBODY, ReportedFigure
from app.clinical.reported import Where, hidden, shown
from app.workflow import withhold
from app.workflow.withhold import BASIS, Material

__all__ = ["Material"]

_BETTER = {FigureName.RECOVERED: True, FigureName.IMPROVED: True}
_WORSE = {FigureName.UNCHANGED: False, FigureName.DETERIORATED: False}
_BOUNDED = {**_BETTER, **_WORSE}
"""Shares that a last score could have moved, and whether more of it is better."""

_OF_SESSIONS = {
    FigureName.MEASURED_OUTCOME,
    FigureName.MEASURED_ALLIANCE,
    FigureName.REVIEWED_IN_TIME,
}
"""Figures that count sessions or flags and not patients."""


def figures(material: Material) -> tuple[ReportedFigure, ...]:
    """Return every figure of a report; those that may not be shown are without numbers."""
    places = _places(material)
    expected = _expected(material)
    found: list[ReportedFigure] = []
    computed = {where: _computed(material, where, expected) for where in places}
    for where in places:
        found += _shares(material, where)
    for name in dict.fromkeys(name for by_name in computed.values() for name in by_name):
        may = withhold.may_be_shown(
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
    for name, (part, whole) in SHARES.items():
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
    without = set()
    if not any(category == categories.FLAGGED for _, _, category in material.counts):
        without.add(FigureName.REVIEWED_IN_TIME)
    if not material.summed.has_verdict:
        without.add(FigureName.SESSIONS_TO_CHANGE)
    return {
        figure.name: figure
        for figure in every
        if figure.name in BASIS and figure.name not in without
    }


def _reported(
    material: Material, where: Where, figure: Figure, *, is_shown: bool
) -> ReportedFigure:
    if not is_shown or figure.value is None:
        return hidden(where, figure.name, figure.interval)
    n = figure.n if figure.name in _OF_SESSIONS else material.shown(where, BASIS[figure.name])
    return shown(where, figure, n=n)
