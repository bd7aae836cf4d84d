"""Reports with teams and periods whose numbers a test names itself."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.clinical.figures import Figure, FigureName, Interval, share
from app.clinical.outcome_table import SHARES
from app.clinical.report import (
    EVERYBODY,
    Count,
    Period,
    Report,
    ReportedFigure,
    Step,
    Unit,
)
from app.clinical.report_layout import MONTHS, parts_of
from app.clinical.reported import hidden, shown
from tests.support.reports import definition

Counted = tuple[int | None, int | None]
"""How many have a property, of how many; ``None`` for hidden."""

IMPROVED = FigureName.IMPROVED


def by_teams(
    counts: Mapping[str, Counted],
    *,
    name: FigureName = IMPROVED,
    means: Mapping[str, Figure] | None = None,
    more_units: Sequence[Unit] = (),
) -> Report:
    """Return a report on a year in which teams have these counts and no others."""
    told = [_told((team, EVERYBODY), name, one) for team, one in counts.items()]
    figures = [figure for _, figure in told]
    figures += [shown((team, EVERYBODY), one, n=one.n) for team, one in (means or {}).items()]
    teams = dict.fromkeys([*counts, *(means or {})])
    return Report(
        definition=definition(),
        units=(Unit(EVERYBODY, ""), *(Unit(team, f"Team {team}") for team in teams), *more_units),
        periods=(Period(EVERYBODY, dt.date(2025, 1, 1), dt.date(2025, 12, 31)),),
        ages=(EVERYBODY,),
        categories=(),
        counts=tuple(count for both, _ in told for count in both),
        figures=tuple(figures),
    )


def by_periods(
    first: dt.date,
    *,
    whole: Step,
    step: Step,
    counts: Sequence[Counted],
    together: Counted = (None, None),
    name: FigureName = IMPROVED,
    joined: Mapping[str, str] | None = None,
    **changed: Any,  # noqa: ANN401 - any field of the definition
) -> Report:
    """Return a report on a period whose parts have these counts, and the whole ``together``."""
    parts = [
        Period(one.path, one.first, one.last, (joined or {}).get(one.path))
        for one in parts_of(first, whole=whole, step=step)
    ]
    last = parts[-1].last
    parts = parts if MONTHS[step] < MONTHS[whole] else []
    alone = [one.path for one in parts if one.shown_with is None]
    places = [(EVERYBODY, EVERYBODY), *((EVERYBODY, path) for path in alone)]
    told = [_told(where, name, one) for where, one in zip(places, [together, *counts], strict=True)]
    return Report(
        definition=definition(first=first, last=last, whole=whole, step=step, **changed),
        units=(Unit(EVERYBODY, ""),),
        periods=(Period(EVERYBODY, first, last), *parts),
        ages=(EVERYBODY,),
        categories=(),
        counts=tuple(count for both, _ in told for count in both),
        figures=tuple(figure for _, figure in told),
    )


def with_teams(report: Report, teams: Report) -> Report:
    """Return a report that tells of its parts and of the teams of another one."""
    return replace(
        report,
        units=teams.units,
        counts=report.counts + teams.counts,
        figures=report.figures + teams.figures,
    )


def of_a_year(
    year: int,
    *,
    counts: Sequence[Counted],
    **changed: Any,  # noqa: ANN401 - as `by_periods`
) -> Report:
    """Return a report on a year by quarters, or by what the quarters are joined to."""
    return by_periods(
        dt.date(year, 1, 1), whole=Step.YEAR, step=Step.QUARTER, counts=counts, **changed
    )


def mean_of(n: int, value: float, half: float) -> Figure:
    """Return a mean beyond the expected, with half of its interval's width."""
    name = FigureName.BEYOND_EXPECTED
    return Figure(name, n, value, value - half, value + half, Interval.STUDENT)


def _told(
    where: tuple[str, str], name: FigureName, counted: Counted
) -> tuple[Sequence[Count], ReportedFigure]:
    part, whole = SHARES[name]
    hits, n = counted
    unit, period = where
    counts = [Count(unit, period, EVERYBODY, part, hits), Count(unit, period, EVERYBODY, whole, n)]
    if hits is None or n is None:
        return counts, hidden(where, name, Interval.WILSON)
    return counts, shown(where, share(name, hits, n), n=n)


_QUARTERS = (
    (2022, ((31, 60), (29, 55), (35, 66), (24, 50))),
    (2023, ((30, 58), (33, 61), (22, 52), (28, 49))),
    (2024, ((36, 65), (40, 70), (39, 66), (41, 64))),
    (2025, ((52, 70), (41, 63), (44, 72), (61, 75))),
)
_TEAMS = {
    "Fjord": (42, 80),
    "Fjell": (61, 95),
    "Skog": (14, 41),
    "Vidde og et langt navn til": (75, 104),
    "Elv": (16, 33),
    "Bre": (11, 24),
    "Øy": (None, 45),
}
_BEYOND = {"Fjord": (-0.3, 1.4), "Fjell": (0.4, 1.2), "Skog": (-1.9, 2.0), "Elv": (0.9, 2.4)}


def years() -> Sequence[Report]:
    """Return reports on four years on one form, the last one with teams beside each other."""
    found = [of_a_year(year, counts=counts, instrument="core-10") for year, counts in _QUARTERS]
    means = {
        team: mean_of(_TEAMS[team][1] or 0, value, half) for team, (value, half) in _BEYOND.items()
    }
    teams = by_teams(_TEAMS, means=means)
    return [*found[:-1], with_teams(found[-1], teams)]
