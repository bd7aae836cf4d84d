"""Figures of courses for Plotly. They draw what they are given and decide nothing.

The patient's own line is the darkest and thickest; the expected median is thinner and paler
than the edges of its band, so that nobody reads it as a goal. Shading and direct labels
stand in for many lines and a legend. Colour never carries meaning alone. Texts hold no
markup but line breaks, since the security policy refuses what Plotly makes of it.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from app.web import chart_parts
from app.web.chart_sheet import (
    ALLIANCE_TOP,
    DARK,
    FONT,
    GREY,
    HAIR,
    INK,
    LEFT_MARGIN,
    OUTCOME_FOOT,
    PAPER,
    Figure,
    Kind,
    Sheet,
    plain,
    points,
)
from app.web.pictures import Panel, Picture, Shade


def figures(picture: Picture) -> Figure:
    """Return the drawings for wide and narrow boxes, and the colours of the dark scheme."""
    return {
        "wide": drawing(picture, Kind.WIDE),
        "compact": drawing(picture, Kind.COMPACT),
        "dark": DARK,
    }


def small_figure(picture: Picture) -> Figure:
    """Return one drawing that serves for every width, and the colours of the dark scheme."""
    small = drawing(picture, Kind.COMPACT)
    return {"wide": small, "compact": small, "dark": DARK}


def drawing(picture: Picture, kind: Kind) -> Figure:
    """Return one drawing, checked by Plotly, as plain lists and numbers."""
    sheet = Sheet(picture, kind)
    chart_parts.draw_zone(sheet)
    chart_parts.draw_expected(sheet)
    chart_parts.draw_cut_off(sheet)
    chart_parts.draw_ahead(sheet)
    chart_parts.draw_earlier(sheet)
    chart_parts.draw_outcome(sheet)
    chart_parts.draw_alliance(sheet)
    chart_parts.draw_rings(sheet)
    chart_parts.draw_marks(sheet)
    chart_parts.draw_titles(sheet)
    figure = go.Figure(data=sheet.traces, layout=_layout(sheet)).to_plotly_json()
    figure["layout"].pop("template", None)
    return {"data": figure["data"], "layout": figure["layout"]}


def _layout(sheet: Sheet) -> go.Layout:
    picture = sheet.picture
    has_alliance = picture.alliance is not None
    layout = go.Layout(
        font={"family": FONT, "size": sheet.size, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        height=_height(sheet),
        margin={
            "l": LEFT_MARGIN,
            "r": _right_margin(sheet),
            "t": 14 if picture.is_small else 36,
            "b": 52 if picture.is_small else 34 + 3 * sheet.size,
        },
        hovermode="closest",
        hoverdistance=36,
        dragmode=False,
        hoverlabel={
            "bgcolor": PAPER,
            "bordercolor": HAIR,
            "font": {"family": FONT, "size": 15, "color": INK},
            "align": "left",
        },
        shapes=sheet.shapes,
        annotations=sheet.notes,
        xaxis=_x_axis(sheet, anchor="y2" if has_alliance else "y"),
        yaxis=_y_axis(picture.outcome, domain=[OUTCOME_FOOT, 1] if has_alliance else [0, 1]),
    )
    if picture.alliance is not None:
        layout.yaxis2 = _y_axis(picture.alliance, domain=[0, ALLIANCE_TOP], most=2)
    return layout


def _height(sheet: Sheet) -> int:
    if sheet.picture.is_small:
        return 210
    full = 470 if not sheet.is_wide else 620 if sheet.picture.shade is Shade.TOGETHER else 560
    return full if sheet.picture.alliance is not None else round(full * 0.78)


def _right_margin(sheet: Sheet) -> int:
    picture = sheet.picture
    has_labels = bool(picture.expected or picture.outcome.cut_off or picture.zone)
    if not sheet.is_wide or picture.is_small or not has_labels:
        return 16
    return round(sheet.size * 12.7)


def _x_axis(sheet: Sheet, *, anchor: str) -> Figure:
    last = sheet.picture.last_session
    ticks = list(range(1, last + 1))
    step = _tick_step(last, is_wide=sheet.is_wide)
    named = {1, *(tick for tick in ticks if tick % step == 0)}
    return {
        "range": [0.5, last],
        "anchor": anchor,
        "tickvals": ticks,
        "ticktext": [str(tick) if tick in named else "" for tick in ticks],
        "tickangle": 0,
        "showgrid": False,
        "zeroline": False,
        "linecolor": HAIR,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": HAIR,
        "fixedrange": True,
        "title": {
            "text": plain(sheet.picture.axis),
            "standoff": 2 * sheet.size if sheet.picture.dates else 10,
            "font": {"size": sheet.size - 1, "color": GREY},
        },
    }


def _tick_step(last: int, *, is_wide: bool) -> int:
    most = 16 if is_wide else 8
    return next(step for step in (1, 2, 3, 5, 10, 20, last) if last <= most * step)


def _y_axis(panel: Panel, *, domain: Sequence[float], most: int = 5) -> Figure:
    low, high = points(panel.lowest), points(panel.highest)
    return {
        "range": [low, high + (high - low) * 0.0125],
        "domain": list(domain),
        "tickvals": _ticks(low, high, most=most),
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "fixedrange": True,
        "ticks": "",
    }


def _ticks(low: float, high: float, *, most: int) -> Sequence[float]:
    """Return round values on an axis, with at most so many steps between them."""
    step = next(step for step in (1, 2, 5, 10, 20, 25, 50, 100) if (high - low) / step <= most)
    first = -(-low // step) * step
    count = int((high - first) // step) + 1
    return [round(first + step * at, 1) for at in range(count)]
