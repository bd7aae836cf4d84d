"""Teams of a report beside each other: a funnel for each figure, and its numbers.

Teams stand in the order of the organization and have a number, no colour and no rank. Every
number on the page that the report has too is written as the report writes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import plotly.graph_objects as go

from app.clinical.comparison import FEWEST_EPISODES, FEWEST_UNITS, LIMITS, Dot
from app.clinical.figures import FigureName
from app.clinical.report import EVERYBODY, ReportedFigure
from app.clinical.teams_compared import TeamsCompared
from app.web.chart_sheet import (
    BAND80,
    BAND_TEXT,
    DARK,
    EDGE,
    GREY,
    HAIR,
    PAPER,
    Figure,
    plain,
)
from app.web.report_charts import DOT, ChartShown, drawing
from app.web.report_words import SHARES, ReportWords

_DIGITS: Final = {True: 3, False: 1}
"""Decimals of a share and of a mean, as a report rounds them."""

_TALL_PX: Final = 380
_LABELS_PX: Final = 64
"""Room to the right of the lines, for what they are called."""

_NUMBERED: Final = {**DOT, "size": 20}
_NUMBER: Final = {"size": 12, "color": PAPER}

_OUTER: Final = {"color": EDGE, "width": 1.2}
_INNER: Final = {"color": BAND_TEXT, "width": 1.4, "dash": "6px,4px"}
_MIDDLE: Final = {"color": GREY, "width": 1.4}


@dataclass(frozen=True, slots=True)
class TeamRow:
    """One team with a dot."""

    number: int
    name: str
    n: int
    value: str
    range: str
    ordinary: str
    shrunken: str
    shrunken_range: str
    said: str


@dataclass(frozen=True, slots=True)
class FunnelShown:
    """Teams beside each other by one figure."""

    chart: ChartShown
    rows: Sequence[TeamRow]
    sentences: Sequence[str]


@dataclass(frozen=True, slots=True)
class TeamsShown:
    """All of it; ``none`` says by what teams could not be compared."""

    funnels: Sequence[FunnelShown]
    none: str
    fewest: int


def teams_shown(said: ReportWords, compared: Sequence[TeamsCompared]) -> TeamsShown | None:
    """Return the teams of a report beside each other; nothing where it has too few teams."""
    if not compared:
        return None
    without = [said.figure(one.name) for one in compared if not one.funnel.dots]
    none = said.words(
        "compared.none", figures="; ".join(without), fewest=FEWEST_EPISODES, units=FEWEST_UNITS
    )
    return TeamsShown(
        funnels=[_funnel(said, one) for one in compared if one.funnel.dots],
        none=none if without else "",
        fewest=FEWEST_EPISODES,
    )


def _funnel(said: ReportWords, compared: TeamsCompared) -> FunnelShown:
    words, name = said.words, compared.name
    drawn = _drawn(said, compared)
    chart = ChartShown(
        name=f"funnel-{name.value.replace('_', '-')}",
        title=said.figure(name),
        text=words("compared.chart_text", n=len(compared.funnel.dots)),
        figure={"wide": drawn, "compact": drawn, "dark": DARK},
    )
    told = {
        one.unit: one for one in said.report.figures if one.name is name and one.period == EVERYBODY
    }
    rows = [
        _row(said, compared, dot, number=number, told=told[dot.key])
        for number, dot in enumerate(compared.funnel.dots, start=1)
    ]
    return FunnelShown(chart, rows, _sentences(said, compared))


def _row(
    said: ReportWords, compared: TeamsCompared, dot: Dot, *, number: int, told: ReportedFigure
) -> TeamRow:
    name, lines, shrunken = compared.name, compared.lines_of(dot.n), dot.shrunken
    is_ordinary = compared.is_ordinary(dot)
    return TeamRow(
        number=number,
        name=said.unit(dot.key),
        n=dot.n,
        value=said.number(name, told.value),
        range=said.range(told),
        ordinary=_between(said, compared, lines[0], lines[-1]),
        shrunken=_number(said, name, shrunken.value),
        shrunken_range=_between(said, compared, shrunken.low, shrunken.high),
        said=said.words("compared.ordinary" if is_ordinary else "compared.signal"),
    )


def _sentences(said: ReportWords, compared: TeamsCompared) -> Sequence[str]:
    words, found = said.words, compared.funnel
    # The target is their own mean, which leaves one of them less to vary.
    teams = len(found.dots)
    times = words.number((found.dispersion or 0.0) * teams / (teams - 1), digits=2)
    sentences = [
        words("compared.together", value=_number(said, compared.name, found.target)),
        words("compared.wider" if found.tau else "compared.by_chance", times=times),
    ]
    if compared.without_dot:
        sentences.append(
            words("compared.without_dot", n=compared.without_dot, fewest=FEWEST_EPISODES)
        )
    if compared.name is FigureName.BEYOND_EXPECTED:
        sentences.append(words("compared.case_mix"))
    return sentences


def _number(said: ReportWords, name: FigureName, value: float | None) -> str:
    return said.number(name, None if value is None else round(value, _DIGITS[name in SHARES]))


def _between(
    said: ReportWords, compared: TeamsCompared, low: float | None, high: float | None
) -> str:
    if low is None or high is None:
        return "–"
    ends = (_number(said, compared.name, compared.within(end)) for end in (low, high))
    return said.words("report.range", **dict(zip(("low", "high"), ends, strict=True)))


def _drawn(said: ReportWords, compared: TeamsCompared) -> Figure:
    is_share = compared.name in SHARES
    sizes = [line.n for line in compared.lines]
    axis = {"text": plain(said.words("compared.axis_courses")), "font": {"size": 13, "color": GREY}}
    return drawing(
        [*_lines(compared), _dots(said, compared)],
        height=_TALL_PX,
        margin={"l": 12, "r": _LABELS_PX, "t": 12, "b": 56},
        annotations=_labels(said, compared),
        xaxis={
            "title": axis,
            "range": [sizes[0], sizes[-1]],
            "showgrid": False,
            "zeroline": False,
            "linecolor": HAIR,
            "ticks": "outside",
            "ticklen": 4,
            "tickcolor": HAIR,
            "fixedrange": True,
            "automargin": True,
        },
        yaxis={
            "ticksuffix": " %" if is_share else "",
            "gridcolor": HAIR,
            "zeroline": False,
            "fixedrange": True,
            "automargin": True,
        },
    )


def _lines(compared: TeamsCompared) -> Sequence[go.Scatter]:
    """Return the lines, the outer ones first, with shade between them."""
    lines, target = compared.lines, compared.funnel.target or 0.0
    sizes = [line.n for line in lines]

    def across(values: Sequence[float], **look: object) -> go.Scatter:
        ys = [_scaled(compared, value) for value in values]
        return go.Scatter(x=sizes, y=ys, mode="lines", hoverinfo="skip", **look)

    low, inner_low, inner_high, high = ([line.at[at] for line in lines] for at in range(4))
    return [
        across(low, line=_OUTER),
        across(high, line=_OUTER, fill="tonexty", fillcolor=BAND80),
        across(inner_low, line=_INNER),
        across(inner_high, line=_INNER),
        across([target] * len(lines), line=_MIDDLE),
    ]


def _dots(said: ReportWords, compared: TeamsCompared) -> go.Scatter:
    dots = compared.funnel.dots
    return go.Scatter(
        x=[dot.n for dot in dots],
        y=[_scaled(compared, dot.value) for dot in dots],
        mode="markers+text",
        marker=_NUMBERED,
        text=[str(number) for number in range(1, len(dots) + 1)],
        textfont=_NUMBER,
        textposition="middle center",
        hovertext=[_hover(said, compared.name, dot) for dot in dots],
        hoverinfo="text",
        cliponaxis=False,
    )


def _labels(said: ReportWords, compared: TeamsCompared) -> Sequence[Figure]:
    """Return what the lines are called, at their right ends."""
    _, _, inner, outer = compared.lines[-1].at
    named = [
        (compared.funnel.target or 0.0, said.words("compared.line_together")),
        (inner, _held(said, LIMITS[2])),
        (outer, _held(said, LIMITS[3])),
    ]
    return [
        {
            "text": plain(text),
            "x": 1,
            "xref": "paper",
            "xanchor": "left",
            "xshift": 6,
            "y": _scaled(compared, value),
            "yref": "y",
            "showarrow": False,
            "font": {"size": 13, "color": GREY},
        }
        for value, text in named
    ]


def _held(said: ReportWords, probability: float) -> str:
    """Return the share of teams that stay between two lines by chance, in words."""
    inside = Decimal(repr(probability)) * 2 - 1
    return said.words("report.percent", value=said.words.exact(inside * 100))


def _scaled(compared: TeamsCompared, value: float) -> float:
    return round(value * (100 if compared.name in SHARES else 1), 4)


def _hover(said: ReportWords, name: FigureName, dot: Dot) -> str:
    return plain(f"{said.unit(dot.key)}<br>{_number(said, name, dot.value)}<br>n = {dot.n}")
