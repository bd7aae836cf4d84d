"""Counts of a report through disclosure control, with all reports that are out.

Units, periods and ages are published one at a time, each by category: a team in a quarter
is shown in the report of that quarter. Reports of one calendar year on one instrument are
controlled together; courses of different years are of different patients.

Ages are controlled by themselves, after the rest, and only in categories that nest and of
which the number of everybody is shown: then whatever ages tell is about those numbers only,
which are known, and nothing can be worked out from ages and units together that could not
be from each alone.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from app.clinical.disclosure import Controlled, Rules, control
from app.clinical.disclosure_earlier import Published
from app.clinical.disclosure_shape import Shape
from app.clinical.outcome_table import (
    BETTER_NOT_RECOVERED,
    CLINICAL,
    DETERIORATED,
    IMPROVED,
    NOT_RECOVERED,
    ORDINARY,
    REASONS,
    RECOVERED,
    SCORED,
    UNCHANGED,
    Table,
)
from app.clinical.report import EVERYBODY, OTHER, Report
from app.clinical.report_layout import Layout, Members, label_of, months_of, path_of

DIMENSIONS = ("unit", "period", "age", "category")
_APART = frozenset(("unit", "period", "age"))

_DEAR = frozenset((EVERYBODY, SCORED))
"""Without the numbers that shares are made of, there are no figures."""

_DEAREST = (SCORED, EVERYBODY)
"""What figures of the service as a whole are about; where only one of them can be told, outcomes
come before how courses ended."""

_DEAR_OF_ALL = frozenset((CLINICAL, RECOVERED, IMPROVED, UNCHANGED, DETERIORATED))
"""What the service as a whole is asked for first."""

_CROSSING = frozenset((CLINICAL, RECOVERED, NOT_RECOVERED, BETTER_NOT_RECOVERED, ORDINARY))
"""Categories that overlap others without holding them or lying in them."""

Counted = Mapping[tuple[str, str, str, str], int]
"""Patients by team, month, age and innermost category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all tables of a report have in common.

    Attributes
    ----------
    layout
        Units and periods.
    months
        All months that are looked at: those of the report and of earlier ones.
    ages
        Labels of the age bands.
    rules
        Of disclosure control.
    earlier
        Reports that are out, the oldest first, of the same instrument and year.
    """

    layout: Layout
    months: tuple[str, ...]
    ages: tuple[str, ...]
    rules: Rules
    earlier: tuple[Report, ...]


def controlled(
    frame: Frame,
    table: Table,
    counts: Counted,
    *,
    beside: Controlled | None = None,
    alike: frozenset[str] = frozenset(),
) -> Controlled:
    """Return one table of a report after control.

    Parameters
    ----------
    frame
        What it has in common with the others.
    table
        Which categories it shows.
    counts
        Of the innermost categories, by team, month and age.
    beside
        A table of the same report with the same totals, which is controlled already.
    alike
        Categories that it has too, of the same patients.
    """
    atoms = _atoms(frame)
    months = {label: _held(atoms, held) for label, held in frame.layout.months.items()}
    shown = {
        "unit": _last(frame.layout.teams),
        "period": _last(months),
        "age": {EVERYBODY: frozenset([EVERYBODY])},
        "category": _last(table.shown),
    }
    innermost: Counter[tuple[str, ...]] = Counter()
    teams = frame.layout.teams[EVERYBODY]
    for (team, month, _, leaf), n in counts.items():
        if team in teams and month in atoms and leaf in shown["category"][EVERYBODY]:
            innermost[team, atoms[month], EVERYBODY, leaf] += n
    if not frame.earlier:
        innermost = rearranged(innermost)
    earlier = [_published(report, frame, table, shown=shown) for report in frame.earlier]
    if beside is not None:
        earlier.append(_beside(beside, shown=shown, categories=frozenset((EVERYBODY, *alike))))
    return control(
        DIMENSIONS,
        innermost,
        rules=frame.rules,
        earlier=earlier,
        shape=Shape(
            shown=shown,
            apart=_APART,
            dear=_DEAR & frozenset(shown["category"]),
            dear_of_all=_DEAR_OF_ALL & frozenset(shown["category"]),
            dearest=tuple(label for label in _DEAREST if label in shown["category"]),
            harmless=REASONS & frozenset(shown["category"]),
            merged=frame.layout.merged,
            therapists=frame.layout.therapists,
        ),
    )


def by_age(frame: Frame, table: Table, counts: Counted, *, beside: Controlled) -> Controlled:
    """Return what may be told of ages, for the whole organization and period.

    Parameters
    ----------
    frame
        What it has in common with the other tables.
    table
        The outcomes.
    counts
        Of the innermost categories, by team, month and age.
    beside
        The outcomes by unit and period, which are controlled already.
    """
    known = {
        cell.dims["category"]
        for cell in beside.cells
        if cell.n is not None and {cell.dims[name] for name in _APART} == {EVERYBODY}
    }
    atoms = _atoms(frame)
    shown: dict[str, Members] = {
        "unit": {EVERYBODY: frozenset([EVERYBODY])},
        "period": {EVERYBODY: _held(atoms, frame.layout.months[EVERYBODY])},
        "age": _last(_ages(frame)),
        "category": _last(
            {
                label: held
                for label, held in table.shown.items()
                if label == EVERYBODY or (label in known and label not in _CROSSING)
            }
        ),
    }
    innermost: Counter[tuple[str, ...]] = Counter()
    for (_, month, age, leaf), n in counts.items():
        if month in atoms and leaf in shown["category"][EVERYBODY]:
            innermost[EVERYBODY, atoms[month], age, leaf] += n
    # What an earlier report hid of ages is watched, also where this one tells nothing of it.
    told = {
        count.category for one in frame.earlier for count in one.counts if count.age != EVERYBODY
    }
    tracked = {
        **shown,
        "category": {
            label: held
            for label, held in _last(table.shown).items()
            if label in shown["category"] or label in told
        },
    }
    earlier = [
        *(_published(report, frame, table, shown=tracked) for report in frame.earlier),
        _beside(beside, shown=tracked, categories=frozenset(tracked["category"])),
    ]
    labels = frozenset(shown["category"])
    return control(
        DIMENSIONS,
        innermost,
        rules=frame.rules,
        earlier=earlier,
        shape=Shape(
            shown=shown,
            apart=_APART,
            dear=_DEAR & labels,
            dear_of_all=_DEAR_OF_ALL & labels,
            harmless=REASONS & labels,
        ),
    )


def rearranged(counts: Mapping[tuple[str, ...], int]) -> Counter[tuple[str, ...]]:
    """Return a table with the same counts by unit and by period in each category.

    Where only those are published, who knows them cannot tell one such table from another,
    so that any of them stands for all. This one has few and large innermost cells, in which
    it is easy to see how far counts can be moved.

    Parameters
    ----------
    counts
        By unit, period, age and innermost category.
    """
    sizes: list[Counter[str]] = [Counter(), Counter(), Counter()]
    by_leaf: dict[str, list[Counter[str]]] = {}
    for (*place, leaf), n in counts.items():
        parts = by_leaf.setdefault(leaf, [Counter(), Counter(), Counter()])
        for part, size, label in zip(parts, sizes, place, strict=True):
            part[label] += n
            size[label] += n
    found: Counter[tuple[str, ...]] = Counter()
    for leaf, parts in by_leaf.items():
        # Largest first, and in the same order in every category.
        left = [
            [(label, part[label]) for label, _ in size.most_common() if part[label]]
            for part, size in zip(parts, sizes, strict=True)
        ]
        while all(left):
            n = min(column[0][1] for column in left)
            found[(*(column[0][0] for column in left), leaf)] = n
            for column in left:
                label, rest = column.pop(0)
                if rest > n:
                    column.insert(0, (label, rest - n))
    return found


def _ages(frame: Frame) -> Members:
    return {**{age: frozenset([age]) for age in frame.ages}, EVERYBODY: frozenset(frame.ages)}


def _last(members: Members) -> dict[str, frozenset[str]]:
    """Return labels with the whole as the last one."""
    return {
        **{label: held for label, held in members.items() if label != EVERYBODY},
        EVERYBODY: members[EVERYBODY],
    }


def _atoms(frame: Frame) -> Mapping[str, str]:
    """Return for each month the months that no report has told apart from it."""
    told = [*frame.layout.months.values()]
    for report in frame.earlier:
        told += _months_by_label(report).values()
    alike: dict[tuple[bool, ...], list[str]] = defaultdict(list)
    for month in frame.months:
        alike[tuple(month in held for held in told)].append(month)
    return {month: "+".join(months) for months in alike.values() for month in months}


def _held(atoms: Mapping[str, str], months: frozenset[str]) -> frozenset[str]:
    return frozenset(atoms[month] for month in months)


def _months_by_label(report: Report) -> Members:
    """Return the months of each period of a report, which has its natural name here."""
    whole, *parts = report.periods
    labels = {one.path: months_of(one) for one in parts}
    found = {_natural(report): months_of(whole)}
    for part in parts:
        if part.shown_with is None:
            label = label_of(part, parts)
            found[label] = frozenset().union(*(labels[one] for one in label.split("+")))
    return found


def _natural(report: Report) -> str:
    return path_of(report.definition.first, report.definition.whole)


def _published(
    report: Report, frame: Frame, table: Table, *, shown: Mapping[str, Members]
) -> Published:
    """Return what a report has told about a table of categories."""
    atoms = _atoms(frame)
    whole = _natural(report)
    ours = months_of(report.periods[0]) == frame.layout.months[EVERYBODY]
    months = {label: _held(atoms, held) for label, held in _months_by_label(report).items()}
    if ours:
        months[EVERYBODY] = months.pop(whole)
    labels = {one.path: label_of(one, report.periods[1:]) for one in report.periods[1:]} | {
        EVERYBODY: EVERYBODY if ours else whole
    }
    teams = {unit.path: frozenset([unit.path]) for unit in report.units}
    other = f"{OTHER} of {whole}"
    for unit in report.units:
        if unit.path == EVERYBODY:
            teams[EVERYBODY] = shown["unit"][EVERYBODY]
        elif unit.holds:
            held = frozenset(one.path for one in unit.holds)
            teams |= {one.path: frozenset([one.path]) for one in unit.holds}
            other = OTHER if shown["unit"].get(OTHER) == held else other
            teams.pop(unit.path)
            teams[other] = held
    numbers = {
        frozenset(
            (
                ("unit", other if count.unit == OTHER else count.unit),
                ("period", labels[count.period]),
                ("age", count.age),
                (
                    "category",
                    EVERYBODY if count.category == table.total else count.category,
                ),
            )
        ): count.n
        for count in report.counts
        if count.category in {*shown["category"], table.total} and count.age in shown["age"]
        if count.unit == EVERYBODY or len(shown["unit"]) > 1
        if count.category != EVERYBODY or table.total == EVERYBODY
    }
    return Published(
        numbers,
        members={
            "unit": teams,
            "period": months,
            "age": shown["age"],
            "category": shown["category"],
        },
        wholes={} if ours else {"period": whole},
    )


def _beside(
    beside: Controlled,
    *,
    shown: Mapping[str, Members],
    categories: frozenset[str],
) -> Published:
    """Return what a table that goes out together with this one tells of some categories."""
    numbers = {
        frozenset(cell.dims.items()): cell.n
        for cell in beside.cells
        if cell.dims["category"] in categories
        and all(cell.dims[name] in shown[name] for name in _APART)
    }
    return Published(numbers, members=dict(shown))
