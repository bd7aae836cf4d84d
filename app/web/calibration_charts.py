"""Figures of a calibration for Plotly: what was found beside what should be.

What should be is a thin line, named above the plot; what was found is a dark point with its
interval. Colour never carries meaning alone, and the same numbers stand in a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from app.clinical.figures import Figure as Share
from app.web.chart_sheet import BAND80, BAND_TEXT, DARK, FONT, GREY, HAIR, INK, PAPER, Figure, plain

_TEXT: Final = 14
_HEIGHT: Final = 364
_TICK_TENTHS: Final = 2

_LEFT: Final = -36
"""In CSS px from the plot: where the text above it begins."""

_KEY_HEIGHT, _KEY_WIDTH = 16, 26
"""In CSS px: how high above the plot the line is named, and how much of it is drawn there."""

_DASHES: Final = {"color": BAND_TEXT, "width": 1.6, "dash": "6px,4px"}

_KEY_LINE: Final = {
    "type": "line",
    "line": _DASHES,
    "xref": "paper",
    "yref": "paper",
    "xsizemode": "pixel",
    "ysizemode": "pixel",
    "xanchor": 0,
    "yanchor": 1,
    "x0": _LEFT + 2,
    "x1": _LEFT + 2 + _KEY_WIDTH,
    "y0": _KEY_HEIGHT,
    "y1": _KEY_HEIGHT,
}
"""A piece of the line beside its name, above the plot: there it is in nobody's way."""


@dataclass(frozen=True, slots=True)
class Found:
    """One point: where it stands, what was found, and what it says when it is touched."""

    x: float
    share: Share
    text: str


@dataclass(frozen=True, slots=True)
class Axes:
    """What the axes are called, and where the points lie."""

    x: str
    y: str
    low: float
    high: float
    ticks: Sequence[float]
    tick_texts: Sequence[str]
    bottom: float = 0.0
    """Lowest share that is drawn, 0 to 1."""


def coverage(points: Sequence[Found], *, axes: Axes, wanted: float, named: str) -> Figure:
    """Return shares by session beside the share that a band promises.

    ``wanted`` is that share, 0 to 1.
    """
    across = {"x0": axes.low, "x1": axes.high, "xref": "x", "yref": "y"}
    shapes = [
        {
            "type": "rect",
            "y0": wanted - 0.05,
            "y1": wanted + 0.05,
            "fillcolor": BAND80,
            "line": {"width": 0},
            "layer": "below",
            **across,
        },
        {"type": "line", "y0": wanted, "y1": wanted, "line": _DASHES, **across},
    ]
    return _figure(points, axes=axes, shapes=[*shapes, _KEY_LINE], named=named)


def agreement(points: Sequence[Found], *, axes: Axes, named: str) -> Figure:
    """Return what came beside what was said to be probable; equal on the slanting line."""
    slope = {"x0": 0, "y0": 0, "x1": 1, "y1": 1, "xref": "x", "yref": "y"}
    return _figure(
        points,
        axes=axes,
        shapes=[{"type": "line", "line": _DASHES, **slope}, _KEY_LINE],
        named=named,
    )


def _figure(
    points: Sequence[Found],
    *,
    axes: Axes,
    shapes: Sequence[dict[str, Any]],
    named: str,
) -> Figure:
    drawing = _drawing(points, axes=axes, shapes=shapes, named=named)
    return {"wide": drawing, "compact": drawing, "dark": DARK}


def _drawing(
    points: Sequence[Found],
    *,
    axes: Axes,
    shapes: Sequence[dict[str, Any]],
    named: str,
) -> Figure:
    ys = [point.share.value or 0.0 for point in points]
    dots = go.Scatter(
        x=[point.x for point in points],
        y=ys,
        mode="markers",
        marker={"size": 10, "color": INK, "line": {"color": PAPER, "width": 1.6}},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [(point.share.high or y) - y for point, y in zip(points, ys, strict=True)],
            "arrayminus": [y - (point.share.low or y) for point, y in zip(points, ys, strict=True)],
            "color": INK,
            "thickness": 1.6,
            "width": 4,
        },
        text=[plain(point.text) for point in points],
        hoverinfo="text",
        cliponaxis=False,
    )
    figure = go.Figure(data=[dots], layout=_layout(axes, shapes, named)).to_plotly_json()
    figure["layout"].pop("template", None)
    return {"data": figure["data"], "layout": figure["layout"]}


def _above(text: str, **look: object) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left"}
    return {"text": plain(text), "showarrow": False, **place, **look}


def _layout(axes: Axes, shapes: Sequence[dict[str, Any]], named: str) -> go.Layout:
    bare = {"showgrid": False, "zeroline": False, "fixedrange": True, "linecolor": HAIR}
    title = {"size": _TEXT - 1, "color": GREY}
    head = _above(
        axes.y,
        font={"size": _TEXT, "color": INK, "weight": 700},
        yanchor="bottom",
        yshift=2 * _KEY_HEIGHT,
        xshift=_LEFT,
    )
    key = _above(
        named,
        font={"size": _TEXT - 1, "color": BAND_TEXT},
        yanchor="middle",
        yshift=_KEY_HEIGHT,
        xshift=_LEFT + _KEY_WIDTH + 6,
    )
    return go.Layout(
        font={"family": FONT, "size": _TEXT, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        height=_HEIGHT,
        margin={"l": 52, "r": 16, "t": 64, "b": 56},
        hovermode="closest",
        dragmode=False,
        hoverlabel={
            "bgcolor": PAPER,
            "bordercolor": HAIR,
            "font": {"family": FONT, "size": 15, "color": INK},
            "align": "left",
        },
        shapes=list(shapes),
        annotations=[key, head],
        xaxis={
            **bare,
            "range": [axes.low, axes.high],
            "tickvals": list(axes.ticks),
            "ticktext": list(axes.tick_texts),
            "ticks": "outside",
            "ticklen": 4,
            "tickcolor": HAIR,
            "title": {"text": plain(axes.x), "standoff": 10, "font": title},
        },
        yaxis={
            **bare,
            "range": [axes.bottom, 1.02],
            "tickvals": [tenth / 10 for tenth in range(0, 11, _TICK_TENTHS)],
            "ticktext": [f"{10 * tenth} %" for tenth in range(0, 11, _TICK_TENTHS)],
            "showline": False,
            "ticks": "",
        },
    )
