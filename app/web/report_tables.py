"""A report in rows: what the page and every file show, in the same order."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.clinical.figures import FigureName
from app.clinical.report import EVERYBODY, Count, Report, ReportedFigure
from app.web.report_words import ReportWords

Cell = str | int | float | dt.date | None

FIGURE_COLUMNS = (
    "release",
    "unit",
    "unit_name",
    "period",
    "first",
    "last",
    "name",
    "label",
    "n",
    "value",
    "low",
    "high",
    "worst",
    "best",
    "interval",
    "note",
)
"""Of a table with one row for each figure, unit and period."""

COUNT_COLUMNS = (
    "release",
    "unit",
    "unit_name",
    "period",
    "first",
    "last",
    "age",
    "category",
    "label",
    "n",
    "note",
)
"""Of a table with one row for each count."""

ALL_COLUMNS = (
    "release",
    "kind",
    "unit",
    "unit_name",
    "period",
    "first",
    "last",
    "age",
    "category",
    "name",
    "label",
    "n",
    "value",
    "low",
    "high",
    "worst",
    "best",
    "interval",
    "note",
)
"""Of one table that holds both."""


@dataclass(frozen=True, slots=True)
class Row:
    """One number with everything that says what it is."""

    cells: dict[str, Cell]

    def of(self, columns: Sequence[str]) -> list[Cell]:
        """Return the cells of these columns; what a row does not have is empty."""
        return [self.cells.get(column) for column in columns]


def figure_rows(said: ReportWords, *, release: str) -> Iterator[Row]:
    """Yield a row for each figure."""
    for one in said.report.figures:
        yield Row(
            {
                **_place(said, release, one.unit, one.period),
                "kind": "figure",
                "name": one.name.value,
                "label": said.figure(one.name),
                "n": one.n,
                "value": one.value,
                "low": one.low,
                "high": one.high,
                "worst": one.worst,
                "best": one.best,
                "interval": one.interval.value,
                "note": said.note(one),
            }
        )


def count_rows(said: ReportWords, *, release: str) -> Iterator[Row]:
    """Yield a row for each count."""
    for one in said.report.counts:
        yield Row(
            {
                **_place(said, release, one.unit, one.period),
                "kind": "count",
                "age": one.age,
                "category": one.category,
                "label": said.category(one.category),
                "n": one.n,
                "note": said.words("report.hidden") if one.n is None else "",
            }
        )


def _place(said: ReportWords, release: str, unit: str, period: str) -> dict[str, Cell]:
    asked = said.report.definition
    when = said.periods.get(period)
    return {
        "release": release,
        "unit": unit,
        "unit_name": said.unit(unit),
        "period": period,
        "first": when.first if when else asked.first,
        "last": when.last if when else asked.last,
    }


def codebook(said: ReportWords, columns: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Return what each column means."""
    return [(column, said.words(f"report.column_{column}")) for column in columns]


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure as people read it."""

    name: str
    n: str
    value: str
    range: str
    bounds: str
    note: str


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """The figures of one unit over the whole period."""

    name: str
    rows: Sequence[ShownFigure]


@dataclass(frozen=True, slots=True)
class CountRow:
    """The counts of one category as they are read, the sentence in place of what is hidden."""

    name: str
    numbers: Sequence[str]


@dataclass(frozen=True, slots=True)
class CountTable:
    """Counts by category, beside each other for some units, periods or ages."""

    title: str
    heads: Sequence[str]
    rows: Sequence[CountRow]


@dataclass(frozen=True, slots=True)
class PartRow:
    """One figure of the whole organization in each part of the period."""

    name: str
    figures: Sequence[ShownFigure | None]


def shown(said: ReportWords, one: ReportedFigure) -> ShownFigure:
    """Return a figure as people read it."""
    return ShownFigure(
        name=said.figure(one.name),
        n="–" if one.n is None else str(one.n),
        value=said.number(one.name, one.value),
        range=said.range(one),
        bounds=said.bounds(one),
        note=said.note(one),
    )


def whole_figures(said: ReportWords) -> Sequence[UnitFigures]:
    """Return the figures of each unit over the whole period."""
    whole = [one for one in said.report.figures if one.period == EVERYBODY]
    return [
        UnitFigures(
            name=said.unit(unit.path),
            rows=[shown(said, one) for one in whole if one.unit == unit.path],
        )
        for unit in said.report.units
        if any(one.unit == unit.path for one in whole)
    ]


def part_figures(said: ReportWords) -> Sequence[PartRow]:
    """Return each figure of the whole organization in each part of the period."""
    by_place = {
        (one.name, one.period): one
        for one in said.report.figures
        if one.unit == EVERYBODY and one.period != EVERYBODY
    }
    parts = part_paths(said.report)
    return [
        PartRow(said.figure(name), [_shown_at(said, by_place.get((name, at))) for at in parts])
        for name in names_of(said.report)
        if any((name, at) in by_place for at in parts)
    ]


def count_tables(said: ReportWords) -> Sequence[CountTable]:
    """Return the counts of the whole in its parts, by age, and of each unit."""
    report, words = said.report, said.words
    parts = [EVERYBODY, *part_paths(report)]
    ages = list(dict.fromkeys((EVERYBODY, *report.ages)))
    tables = [
        CountTable(
            title=words("report.counts_by_period"),
            heads=[said.period(path) for path in parts],
            rows=_rows(said, [(EVERYBODY, path, EVERYBODY) for path in parts]),
        ),
        CountTable(
            title=words("report.counts_by_age"),
            heads=[said.age(age) for age in ages],
            rows=_rows(said, [(EVERYBODY, EVERYBODY, age) for age in ages]),
        ),
    ]
    for unit in report.units:
        if unit.path != EVERYBODY:
            name = said.unit(unit.path)
            rows = _rows(said, [(unit.path, EVERYBODY, EVERYBODY)])
            title = words("report.counts_of_unit", unit=name)
            tables.append(CountTable(title, [words("report.whole_period")], rows))
    return [table for table in tables if table.rows]


def part_paths(report: Report) -> Sequence[str]:
    """Return the parts of the period that have figures of their own."""
    return [one.path for one in report.periods if one.path != EVERYBODY and one.shown_with is None]


def names_of(report: Report) -> Sequence[FigureName]:
    """Return the figures that a report has, in its order."""
    return list(dict.fromkeys(one.name for one in report.figures))


def _rows(said: ReportWords, places: Sequence[tuple[str, str, str]]) -> Sequence[CountRow]:
    numbers = {(one.unit, one.period, one.age, one.category): one for one in said.report.counts}
    found = []
    for category in said.report.categories:
        cells = [numbers.get((*place, category)) for place in places]
        if cells[0] is not None:
            found.append(CountRow(said.category(category), [_read(said, one) for one in cells]))
    return found


def _read(said: ReportWords, one: Count | None) -> str:
    if one is None:
        return "–"
    return said.words("report.hidden") if one.n is None else str(one.n)


def _shown_at(said: ReportWords, one: ReportedFigure | None) -> ShownFigure | None:
    return None if one is None else shown(said, one)
