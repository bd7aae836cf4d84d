"""One figure of the whole organization over time, from nothing but what reports show.

Values are those of reports that are out and in force, period after period. Where two of
them tell of the same months, the newest that shows a value stands, so that no patient is
in two values. Reports that sort or hide by other rules than the newest are left out: what
looks like a change would be the rule. Shares of patients have control limits; for other
figures, and for fewer than ten values, none are drawn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.clinical.figures import FigureName
from app.clinical.outcome_table import SHARES
from app.clinical.report import EVERYBODY, Period, Report, ReportedFigure, Step
from app.clinical.report_layout import months_of, path_of
from app.clinical.run_charts import RunChart, Value, control_chart, run_chart, share_values


@dataclass(frozen=True, slots=True)
class Told:
    """What one report shows of one period.

    Attributes
    ----------
    periods
        The period, with those that are shown together with it, in order of time.
    figure
        As the report has it, with a value.
    hits
        How many of its ``n`` patients have what a share counts; ``None`` where the figure
        is no share of patients.
    """

    periods: tuple[Period, ...]
    figure: ReportedFigure
    hits: int | None

    @property
    def path(self) -> str:
        """How the last of the periods is written."""
        return self.periods[-1].path


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTime:
    """A figure over time.

    Attributes
    ----------
    name, step
        What, and for which parts of the calendar.
    told
        In order of time, one for each value of the chart.
    chart
        The values with their center, limits and signals.
    is_judged
        Whether there are enough values to tell noise from a change.
    by_other_rules
        Reports that are left out because they sort or hide by other rules than the newest.
    """

    name: FigureName
    step: Step
    told: tuple[Told, ...]
    chart: RunChart
    is_judged: bool
    by_other_rules: int

    @property
    def has_limits(self) -> bool:
        """Whether values have control limits."""
        return any(one.low is not None for one in self.chart.drawn)


def steps_of(reports: Sequence[Report]) -> Mapping[Step, int]:
    """Return for which parts of the calendar reports have figures, and how many parts."""
    found: dict[Step, set[Period]] = {}
    for report in reports:
        for part in _parts(report):
            found.setdefault(part.step, set()).update(part.periods)
    return {step: len(found[step]) for step in Step if step in found}


def names_of(reports: Sequence[Report], step: Step) -> tuple[FigureName, ...]:
    """Return the figures that reports show a value of for such parts, in the usual order."""
    told = {
        one.figure.name
        for report in reports
        for part in _parts(report)
        if part.step is step
        for one in _told(report, part)
    }
    return tuple(name for name in FigureName if name in told)


def over_time(reports: Sequence[Report], *, name: FigureName, step: Step) -> OverTime:
    """Return a figure over time.

    Parameters
    ----------
    reports
        On one form, out and in force, the newest first.
    name
        Of the figure.
    step
        Which parts of the calendar the values are about.
    """
    alike = [one for one in reports if _rules(one) == _rules(reports[0])]
    taken: set[str] = set()
    told: list[Told] = []
    for report in alike:
        for part in _parts(report):
            found = [one for one in _told(report, part) if one.figure.name is name]
            if part.step is step and found and not part.months & taken:
                taken |= part.months
                told += found
    told.sort(key=lambda one: one.periods[0].first)
    chart = _chart(told)
    is_judged = chart.longest_by_chance is not None
    return OverTime(
        name=name,
        step=step,
        told=tuple(told),
        chart=chart if is_judged else run_chart(_plain(told)),
        is_judged=is_judged,
        by_other_rules=len(reports) - len(alike),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the calendar that a report has figures of, and how it is called there."""

    key: str
    periods: tuple[Period, ...]
    step: Step

    @property
    def months(self) -> frozenset[str]:
        return frozenset().union(*(months_of(one) for one in self.periods))


def _parts(report: Report) -> Iterator[_Part]:
    asked, (whole, *parts) = report.definition, report.periods
    named = Period(path_of(whole.first, asked.whole), whole.first, whole.last)
    yield _Part(EVERYBODY, (named,), asked.whole)
    for part in parts:
        if part.shown_with is None:
            joined = (one for one in parts if part.path in {one.path, one.shown_with})
            yield _Part(part.path, tuple(joined), asked.step)


def _told(report: Report, part: _Part) -> Iterator[Told]:
    """Yield the figures of the whole organization that have a value."""
    counts = {
        one.category: one.n
        for one in report.counts
        if (one.unit, one.period, one.age) == (EVERYBODY, part.key, EVERYBODY)
    }
    for one in report.figures:
        if (one.unit, one.period) != (EVERYBODY, part.key) or one.value is None:
            continue
        if one.name not in SHARES:
            yield Told(part.periods, one, None)
        elif (hits := counts.get(SHARES[one.name][0])) is not None:
            yield Told(part.periods, one, hits)


def _chart(told: Sequence[Told]) -> RunChart:
    """Return the values with limits where they are shares of patients, else without."""
    counts = [
        (one.path, one.hits, one.figure.n)
        for one in told
        if one.hits is not None and one.figure.n is not None
    ]
    return control_chart(share_values(counts)) if counts else run_chart(_plain(told))


def _plain(told: Sequence[Told]) -> Sequence[Value]:
    return [
        Value(one.path, one.figure.n, one.figure.value)
        for one in told
        if one.figure.n is not None and one.figure.value is not None
    ]


def _rules(report: Report) -> tuple[object, ...]:
    asked = report.definition
    return (asked.version, asked.edition, asked.method, asked.reliable_change, asked.rounding)
