"""Figures of a report as charts: a point with its interval for each unit, or each period.

Units stand in the order of the organization and are never ranked. What is hidden has a
place in the chart and nothing in it; the table beside it says the sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from app.clinical.figures import FigureName
from app.clinical.report import EVERYBODY, ReportedFigure
from app.web.chart_sheet import DARK, FONT, GREY, HAIR, INK, PAPER, Figure, plain
from app.web.report_tables import part_paths
from app.web.report_words import SHARES, ReportWords

PREFERRED: Final = (
    FigureName.IMPROVED,
    FigureName.RECOVERED,
    FigureName.MEAN_CHANGE,
    FigureName.MEASURED_OUTCOME,
)
"""What is drawn, the first of these that a report has a value of."""

DOT: Final = {"size": 12, "color": INK, "line": {"color": PAPER, "width": 1.6}}
"""How a value is marked."""

_ROW_PX: Final = 44
_FRAME_PX: Final = 120
_LEAST_PX: Final = 260
_TALL_PX: Final = 340
_LONGEST_NAME: Final = 26
"""Letters of a unit's name beside a chart; the table has the whole name."""


@dataclass(frozen=True, slots=True)
class ChartShown:
    """A chart with its name and what it shows in words."""

    name: str
    title: str
    text: str
    figure: Figure


def charts(said: ReportWords) -> Sequence[ChartShown]:
    """Return the charts of a report: units beside each other, and the whole over time."""
    name = drawn_figure(said)
    if name is None:
        return ()
    found = []
    units = [one for one in _of(said, name) if one.period == EVERYBODY]
    if len(units) > 1:
        title = said.words("releases.chart_units", figure=said.figure(name))
        rows = _Rows(said, units, [said.unit(one.unit) for one in units])
        found.append(_shown("units", title, rows, _across(rows)))
    by_part = {one.period: one for one in _of(said, name) if one.unit == EVERYBODY}
    parts = [by_part[at] for at in part_paths(said.report) if at in by_part]
    if len(parts) > 1:
        title = said.words("releases.chart_parts", figure=said.figure(name))
        rows = _Rows(said, parts, [said.short_period(one.period) for one in parts])
        found.append(_shown("parts", title, rows, _along(rows)))
    return found


def drawn_figure(said: ReportWords) -> FigureName | None:
    """Return which figure is drawn, if there is one with a value."""
    valued = {one.name for one in said.report.figures if one.value is not None}
    return next((name for name in PREFERRED if name in valued), None)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is drawn: one place for each figure, also for those that are hidden."""

    said: ReportWords
    figures: Sequence[ReportedFigure]
    names: Sequence[str]

    @property
    def drawn(self) -> Sequence[tuple[int, ReportedFigure]]:
        """Places and figures that have a value."""
        return [(at, one) for at, one in enumerate(self.figures) if one.value is not None]

    @property
    def name(self) -> FigureName:
        """What all of them are."""
        return self.figures[0].name

    @property
    def bars(self) -> Figure:
        """How far the limits are from the values."""
        return {
            "type": "data",
            "symmetric": False,
            "array": [_gap(one, one.high) for _, one in self.drawn],
            "arrayminus": [_gap(one, one.low) for _, one in self.drawn],
            "color": GREY,
            "thickness": 2,
            "width": 5,
        }

    @property
    def texts(self) -> Sequence[str]:
        """What is told of each point."""
        return [_hover(self.said, one, self.names[at]) for at, one in self.drawn]

    @property
    def value_axis(self) -> Figure:
        """The axis of values; of shares it begins at nought."""
        is_share = self.name in SHARES
        return {
            "rangemode": "tozero" if is_share else "normal",
            "ticksuffix": " %" if is_share else "",
            "gridcolor": HAIR,
            "zerolinecolor": GREY,
            "fixedrange": True,
            "automargin": True,
        }

    def place_axis(self, *, is_upward: bool) -> Figure:
        """Return the axis of places, the first one on top or on the left."""
        ends = [-0.5, len(self.figures) - 0.5]
        return {
            "tickvals": list(range(len(self.figures))),
            "ticktext": [plain(_short(name)) for name in self.names],
            "range": ends[::-1] if is_upward else ends,
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        }


def _of(said: ReportWords, name: FigureName) -> Sequence[ReportedFigure]:
    return [one for one in said.report.figures if one.name is name]


def _shown(name: str, title: str, rows: _Rows, drawing: Figure) -> ChartShown:
    return ChartShown(
        name=name,
        title=title,
        text=rows.said.words("releases.chart_text", n=len(rows.drawn)),
        figure={"wide": drawing, "compact": drawing, "dark": DARK},
    )


def _across(rows: _Rows) -> Figure:
    """Return a drawing with a line for each place."""
    title = {"text": plain(rows.said.figure(rows.name)), "font": {"size": 13, "color": GREY}}
    return _drawing(
        go.Scatter(
            x=[_scaled(one, one.value) for _, one in rows.drawn],
            y=[at for at, _ in rows.drawn],
            error_x=rows.bars,
            text=rows.texts,
        ),
        xaxis={**rows.value_axis, "title": title},
        yaxis=rows.place_axis(is_upward=True),
        height=max(_LEAST_PX, _FRAME_PX + _ROW_PX * len(rows.figures)),
    )


def _along(rows: _Rows) -> Figure:
    """Return a drawing in which time runs from left to right."""
    return _drawing(
        go.Scatter(
            x=[at for at, _ in rows.drawn],
            y=[_scaled(one, one.value) for _, one in rows.drawn],
            error_y=rows.bars,
            text=rows.texts,
        ),
        xaxis=rows.place_axis(is_upward=False),
        yaxis=rows.value_axis,
        height=_TALL_PX,
    )


def _drawing(dots: go.Scatter, **layout: object) -> Figure:
    dots.update(mode="markers", marker=DOT, hoverinfo="text")
    return drawing([dots], margin={"l": 12, "r": 20, "t": 12, "b": 56}, **layout)


def drawing(traces: Sequence[go.Scatter], **layout: object) -> Figure:
    """Return a drawing as all of a report look, checked by Plotly."""
    figure = go.Figure(
        data=list(traces),
        layout=go.Layout(
            font={"family": FONT, "size": 14, "color": INK},
            paper_bgcolor="rgba(0,0,0,0)",
            plot_bgcolor="rgba(0,0,0,0)",
            showlegend=False,
            hovermode="closest",
            dragmode=False,
            hoverlabel={
                "bgcolor": PAPER,
                "bordercolor": HAIR,
                "font": {"family": FONT, "size": 15, "color": INK},
                "align": "left",
            },
            **layout,
        ),
    ).to_plotly_json()
    figure["layout"].pop("template", None)
    return {"data": figure["data"], "layout": figure["layout"]}


def _scaled(one: ReportedFigure, value: float | None) -> float:
    times = 100 if one.name in SHARES else 1
    return round((value or 0.0) * times, 6)


def _gap(one: ReportedFigure, limit: float | None) -> float:
    """Return how far a limit is from the value; nothing is drawn where there is none."""
    return 0.0 if limit is None else round(abs(_scaled(one, limit) - _scaled(one, one.value)), 6)


def _hover(said: ReportWords, one: ReportedFigure, name: str) -> str:
    value, between = said.number(one.name, one.value), said.range(one)
    return plain(f"{name}<br>{value} ({between})<br>n = {one.n}")


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
