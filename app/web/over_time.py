"""One figure over time, from the reports that are out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

from app.clinical.figures_over_time import OverTime, Told
from app.clinical.run_charts import CROSSINGS_BY_CHANCE, FEWEST_VALUES, WIDTH, Drawn, Signal
from app.web.over_time_charts import drawn_over_time
from app.web.pages import render
from app.web.releases import At, Desk, instrument_name
from app.web.report_charts import ChartShown
from app.web.report_words import number_in_words, period_in_words
from app.web.words import Words
from app.workflow import line_up
from app.workflow.line_up import FigureName, LinedUp, Step
from app.workflow.refusals import Refusal

router = APIRouter(prefix="/releases")

_DIGITS: Final = 3
"""Decimals of limits and middles, which no report has rounded."""

Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value as people read it."""

    period: str
    n: int
    value: str
    range: str
    limits: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesShown:
    """A figure over time."""

    title: str
    what: str
    chart: ChartShown
    rows: Sequence[ValueRow]
    is_judged: bool
    has_signal: bool
    verdict: str
    sentences: Sequence[str]
    rules: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTimePage:
    """What is shown, and what can be chosen."""

    forms: Sequence[Option]
    form: str
    figures: Sequence[Option]
    figure: str
    steps: Sequence[Option]
    step: str
    series: SeriesShown | None


@router.get("/over-time")
def get_over_time(at: At, form: str = "", figure: str = "", step: str = "") -> Response:
    found = line_up.line_up(
        at.db, at.viewer, instrument=form or None, name=_figure(figure), step=_step(step)
    )
    return render(at.request, "pages/releases/over_time.html", _page(at, found))


def _figure(typed: str) -> FigureName | None:
    allowed = {one.value: one for one in FigureName}
    if typed and typed not in allowed:
        raise Refusal("series_figure", value=typed[:40])
    return allowed.get(typed)


def _step(typed: str) -> Step | None:
    allowed = {one.value: one for one in Step}
    if typed and typed not in allowed:
        raise Refusal("series_step", value=typed[:40], allowed=", ".join(allowed))
    return allowed.get(typed)


def _page(at: Desk, found: LinedUp) -> OverTimePage:
    words = at.words
    names = list(found.names)
    if found.name is not None and found.name not in names:
        names.append(found.name)
    return OverTimePage(
        forms=[(key, instrument_name(words, at.registry, key)) for key in found.instruments],
        form=found.instrument or "",
        figures=[(one.value, words(f"report.figure_{one.value}")) for one in names],
        figure=found.name.value if found.name else "",
        steps=[(one.value, words(f"over_time.step_{one.value}")) for one in found.steps],
        step=found.step.value if found.step else "",
        series=_shown(words, found.found) if found.found else None,
    )


def _shown(words: Words, found: OverTime) -> SeriesShown:
    title = words(f"report.figure_{found.name.value}")
    names = [_named(words, one) for one in found.told]
    rows = [
        _row(words, found.name, one, drawn, label=label)
        for one, drawn, label in zip(found.told, found.chart.drawn, names, strict=True)
    ]
    drawing = drawn_over_time(words, found, names=names)
    return SeriesShown(
        title=title,
        what=words(f"report.figure_{found.name.value}_what"),
        chart=ChartShown(
            name="over-time",
            title=title,
            text=_described(words, found),
            figure=drawing,
        ),
        rows=rows,
        is_judged=found.is_judged,
        has_signal=bool(found.chart.signals),
        verdict=_verdict(words, found),
        sentences=_sentences(words, found),
        rules=_rules(words),
    )


def _named(words: Words, one: Told) -> str:
    """Return the name of a period with those that are shown together with it."""
    return " + ".join(period_in_words(words, period) for period in one.periods)


def _row(words: Words, name: FigureName, one: Told, drawn: Drawn, *, label: str) -> ValueRow:
    figure = one.figure
    return ValueRow(
        period=label[:1].upper() + label[1:],
        n=drawn.n,
        value=_number(words, name, figure.value),
        range=_between(words, name, figure.low, figure.high),
        limits=_limits(words, name, drawn),
        said=words("over_time.outside") if drawn.is_outside else "",
    )


def _described(words: Words, found: OverTime) -> str:
    """Return what the chart shows."""
    around = words("over_time.shade" if found.has_limits else "over_time.bars")
    return f"{words('over_time.chart_text', n=len(found.told))} {around}"


def _verdict(words: Words, found: OverTime) -> str:
    if not found.is_judged:
        return words("over_time.not_judged", fewest=FEWEST_VALUES)
    if not found.chart.signals:
        return words("compared.ordinary")
    return words("compared.signal")


def _sentences(words: Words, found: OverTime) -> Sequence[str]:
    """Return what the rules found, and what is not in the chart."""
    chart = found.chart
    said = []
    if chart.longest_by_chance is not None and chart.fewest_by_chance is not None:
        outside = sum(one.is_outside for one in chart.drawn)
        if found.has_limits:
            said.append(_told(words, found, Signal.OUTSIDE, n=outside))
        said.append(
            _told(
                words, found, Signal.LONG_RUN, run=chart.longest_run, chance=chart.longest_by_chance
            )
        )
        said.append(
            _told(
                words,
                found,
                Signal.FEW_CROSSINGS,
                n=chart.crossings,
                chance=chart.fewest_by_chance,
            )
        )
    if found.by_other_rules:
        said.append(words("over_time.by_other_rules", n=found.by_other_rules))
    return said


def _told(words: Words, found: OverTime, rule: Signal, **numbers: int) -> str:
    """Return what one rule found: whether it speaks, with the numbers that say so."""
    speaks = "speaks" if rule in found.chart.signals else "silent"
    return words(f"over_time.{rule.value}_{speaks}", **numbers)


def _rules(words: Words) -> Sequence[str]:
    percent = round(100 * CROSSINGS_BY_CHANCE)
    return [
        words("over_time.rule_outside", width=WIDTH),
        words("over_time.rule_long_run"),
        words("over_time.rule_few_crossings", percent=percent),
        words("over_time.rule_few_values", fewest=FEWEST_VALUES),
    ]


def _number(words: Words, name: FigureName, value: float | None) -> str:
    return "–" if value is None else number_in_words(words, name, round(value, _DIGITS))


def _between(words: Words, name: FigureName, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "–"
    ends = _number(words, name, low), _number(words, name, high)
    return words("report.range", low=ends[0], high=ends[1])


def _limits(words: Words, name: FigureName, drawn: Drawn) -> str:
    """Return the control limits of a period; only shares have any, and stay from 0 to 1."""
    if drawn.low is None or drawn.high is None:
        return "–"
    return _between(words, name, max(drawn.low, 0.0), min(drawn.high, 1.0))
