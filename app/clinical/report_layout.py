"""Which units and periods a report shows, and which of them only together with others.

The rules: a team is shown by itself if at least the threshold of its patients ended in the
whole period, and if it is not really the figure of one or two therapists. The other teams
are shown together as ``other`` if they are two or more. A part of the period in which
fewer than the threshold ended is shown with the next part, the last one with the one before.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from app.clinical.disclosure_figures import is_of_one_therapist
from app.clinical.report import EVERYBODY, OTHER, Period, Step, Unit

MONTHS = {Step.MONTH: 1, Step.QUARTER: 3, Step.HALF_YEAR: 6, Step.YEAR: 12}
"""Calendar months in each step."""

JOINED = "+"
"""Stands between the parts that are shown together."""

Cell = tuple[str, str]
"""Path of a team, and a month such as ``2026-03``."""

Members = Mapping[str, frozenset[str]]


class PeriodError(ValueError):
    """A period is no whole part of the calendar."""

    def __init__(self, first: dt.date, step: Step) -> None:
        self.first = first
        self.step = step
        super().__init__(
            f"{first} is not the first day of a {step.value.replace('_', ' ')}; "
            "choose a whole one of the calendar."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a report shows.

    Attributes
    ----------
    units, periods
        As they stand in the report.
    teams
        By the path of each unit, the teams in it; also of teams that are shown with others.
    months
        By the label of each period, its months; labels of parts that are shown together
        are joined by ``+``.
    merged
        Pairs of dimension and label that are not shown by themselves.
    therapists
        Pairs of dimension and label that are really one or two therapists.
    """

    units: tuple[Unit, ...]
    periods: tuple[Period, ...]
    teams: Members
    months: Members
    merged: frozenset[tuple[str, str]]
    therapists: frozenset[tuple[str, str]]

    def label_of(self, period: Period) -> str:
        """Return the label under which a period that is shown is controlled."""
        return label_of(period, self.periods)


def label_of(period: Period, periods: Sequence[Period]) -> str:
    """Return the label of a period with those that are shown with it."""
    joined = [one.path for one in periods if one.shown_with == period.path]
    return JOINED.join([*joined, period.path])


def parts_of(first: dt.date, *, whole: Step, step: Step) -> tuple[Period, ...]:
    """Return the parts of a whole period of the calendar.

    Raises
    ------
    PeriodError
        If the whole does not begin on its first day.
    """
    if first.day != 1 or (first.month - 1) % MONTHS[whole]:
        raise PeriodError(first, whole)
    every = range(0, MONTHS[whole], MONTHS[step])
    starts = [first.replace(month=first.month + months) for months in every]
    return tuple(Period(path_of(start, step), start, _last(start, step)) for start in starts)


def path_of(first: dt.date, step: Step) -> str:
    """Return how a period of the calendar is written."""
    match step:
        case Step.MONTH:
            return f"{first:%Y-%m}"
        case Step.QUARTER:
            return f"{first:%Y}-Q{(first.month + 2) // 3}"
        case Step.HALF_YEAR:
            return f"{first:%Y}-H{(first.month + 5) // 6}"
        case Step.YEAR:
            return f"{first:%Y}"


def months_of(period: Period) -> frozenset[str]:
    """Return the months of a period."""
    every = range(period.first.month, period.last.month + 1)
    return frozenset(f"{period.first:%Y}-{month:02}" for month in every)


def lay_out(
    whole: Period,
    parts: Sequence[Period],
    *,
    names: Mapping[str, str],
    patients: Mapping[Cell, int],
    therapists: Mapping[Cell, Mapping[uuid.UUID, int]],
    threshold: int,
) -> Layout:
    """Return what is shown by itself, and what together.

    Parameters
    ----------
    whole, parts
        The period and how it is divided; the whole has the path ``*``.
    names
        Of the teams, by path.
    patients
        Distinct patients by team and month.
    therapists
        Patients of each therapist, by team and month.
    threshold
        Fewest distinct patients.
    """
    months = months_of(whole)
    sizes = {team: _size(patients, [team], months) for team in names}
    # A team of which nothing is said has no patients, as everybody can tell.
    known = {team for team, _ in patients}
    there = [team for team in names if team in known]
    seen = [team for team in there if sizes[team]]
    weak = [
        team
        for team in seen
        if sizes[team] < threshold
        or is_weak(therapists, product([team], months), patients=patients)
    ]
    together = weak if len(weak) > 1 else []
    shown = [team for team in there if team not in together]
    units = [Unit(team, names[team]) for team in shown]
    teams = {team: frozenset([team]) for team in there}
    if together:
        units.append(Unit(OTHER, "", tuple(Unit(team, names[team]) for team in together)))
        teams[OTHER] = frozenset(together)
    periods = _joined(parts, patients, there, threshold=threshold)
    labels = {part.path: months_of(part) for part in parts}
    for period in periods:
        joined = label_of(period, periods)
        labels[joined] = frozenset().union(*(labels[one] for one in joined.split(JOINED)))
    alone = {period.path for period in periods if period.shown_with is None}
    apart = {label for label in labels if JOINED not in label} - {
        path for path in alone if not any(one.shown_with == path for one in periods)
    }
    groups = [
        *(("unit", label, held, months) for label, held in teams.items()),
        ("unit", EVERYBODY, frozenset(there), months),
        *(("period", label, frozenset(there), held) for label, held in labels.items()),
    ]
    return Layout(
        units=(Unit(EVERYBODY, ""), *units),
        periods=(whole, *periods),
        teams={**teams, EVERYBODY: frozenset(there)},
        months={**labels, EVERYBODY: months},
        merged=frozenset(
            [*(("unit", team) for team in together), *(("period", path) for path in apart)]
        ),
        therapists=frozenset(
            (name, label)
            for name, label, held, when in groups
            if _size(patients, held, when)
            and is_weak(therapists, product(held, when), patients=patients)
        ),
    )


def is_weak(
    therapists: Mapping[Cell, Mapping[uuid.UUID, int]],
    cells: Iterable[Cell],
    *,
    patients: Mapping[Cell, int],
) -> bool:
    """Return whether the patients of these teams and months are really those of one therapist."""
    held = list(cells)
    of_each: Counter[uuid.UUID] = Counter()
    for cell in held:
        of_each.update(therapists.get(cell, {}))
    return is_of_one_therapist(
        list(of_each.values()), of=sum(patients.get(cell, 0) for cell in held)
    )


def _size(patients: Mapping[Cell, int], teams: Iterable[str], months: Iterable[str]) -> int:
    when = list(months)
    return sum(patients.get((team, month), 0) for team in teams for month in when)


def _joined(
    parts: Sequence[Period], patients: Mapping[Cell, int], teams: Sequence[str], *, threshold: int
) -> tuple[Period, ...]:
    """Return the parts of a period, those with too few shown with the next."""
    if len(parts) < 2:  # noqa: PLR2004 - one part is the whole
        return ()
    groups: list[list[Period]] = []
    waiting: list[Period] = []
    n = 0
    for part in parts:
        here = _size(patients, teams, months_of(part))
        waiting, n = [*waiting, part], n + here
        if n >= threshold or n == 0:
            groups.append(waiting)
            waiting, n = [], 0
    if waiting and groups:
        groups[-1].extend(waiting)
    elif waiting:
        groups.append(waiting)
    if len(groups) < 2:  # noqa: PLR2004 - all together are the whole
        return ()
    return tuple(
        part if part is group[-1] else Period(part.path, part.first, part.last, group[-1].path)
        for group in groups
        for part in group
    )


def _last(first: dt.date, step: Step) -> dt.date:
    months = first.month - 1 + MONTHS[step]
    years, months = divmod(months, MONTHS[Step.YEAR])
    return first.replace(year=first.year + years, month=months + 1) - dt.timedelta(days=1)
