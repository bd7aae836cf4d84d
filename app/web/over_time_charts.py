"""A figure over time for Plotly: values, their median, and control limits where there are any.

A value outside the limits has a ring, and the table says it in words. Periods without a
value have a place on the axis and nothing in it; the line is broken there.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import plotly.graph_objects as go

from app.clinical.figures_over_time import OverTime, Told
from app.clinical.report import Step
from app.clinical.report_layout import MONTHS, parts_of
from app.clinical.run_charts import Drawn
from app.web.chart_sheet import BAND80, BAND_TEXT, DARK, EDGE, GREY, HAIR, INK, Figure, plain
from app.web.report_charts import DOT, drawing
from app.web.report_words import SHARES, number_in_words, period_in_words
from app.web.words import Words

_TALL_PX: Final = 380
_LABELS_PX: Final = 64
_MOST_NAMED: Final = {"wide": 13, "compact": 5}
"""Places that are named on the axis of a wide and of a narrow drawing."""

_MEDIAN: Final = {"color": BAND_TEXT, "width": 1.4, "dash": "6px,4px"}
_EDGE: Final = {"color": EDGE, "width": 1.2, "shape": "hvh"}
_RING: Final = {"size": 22, "symbol": "circle-open", "color": INK, "line": {"width": 2}}


def drawn_over_time(words: Words, found: OverTime, *, names: Sequence[str]) -> Figure:
    """Return the drawings of a figure over time; ``names`` are those of its periods."""
    sheet = _Sheet(words, found, names)
    return {
        **{kind: _drawing(sheet, most_named=most) for kind, most in _MOST_NAMED.items()},
        "dark": DARK,
    }


@dataclass(frozen=True)
class _Sheet:
    """What is drawn, and where."""

    words: Words
    found: OverTime
    names: Sequence[str]

    @cached_property
    def by_place(self) -> Mapping[int, tuple[Told, Drawn, str]]:
        """Values by their place on the axis: how many parts of the calendar after year 0."""
        every = zip(self.found.told, self.found.chart.drawn, self.names, strict=True)
        return {self.place_of(one[0].periods[-1].first): one for one in every}

    @cached_property
    def places(self) -> Sequence[int]:
        """Places from the first to the last value, but for those that are counted in another."""
        held = {
            self.place_of(period.first) for one in self.found.told for period in one.periods[:-1]
        }
        every = range(min(self.by_place), max(self.by_place) + 1)
        return [place for place in every if place not in held]

    def place_of(self, day: dt.date) -> int:
        """Return the place of the part of the calendar that begins on a day."""
        return (12 * day.year + day.month - 1) // MONTHS[self.found.step]

    def named(self, place: int, *, has_year: bool) -> str:
        """Return the name of a place, with the year below it if it is not told yet."""
        year, month = divmod(place * MONTHS[self.found.step], 12)
        first = dt.date(year, month + 1, 1)
        step = self.found.step
        period = parts_of(first, whole=step, step=step)[0]
        short = period_in_words(self.words, period, form="short")
        return f"{short}<br>{year}" if has_year and step is not Step.YEAR else short

    def scaled(self, value: float) -> float:
        """Return a value as it is drawn: shares in percent, and never beyond nought and all."""
        if self.found.name not in SHARES:
            return round(value, 4)
        return round(100 * min(max(value, 0.0), 1.0), 4)


def _drawing(sheet: _Sheet, *, most_named: int) -> Figure:
    median = sheet.found.chart.median or 0.0
    ends = [sheet.places[0] - 0.5, sheet.places[-1] + 0.5]
    is_share = sheet.found.name in SHARES
    return drawing(
        [*_limits(sheet), *_values(sheet, median=median, ends=ends)],
        height=_TALL_PX,
        margin={"l": 12, "r": _LABELS_PX, "t": 12, "b": 56},
        annotations=[
            {
                "text": plain(sheet.words("over_time.line_median")),
                "x": 1,
                "xref": "paper",
                "xanchor": "left",
                "xshift": 6,
                "y": sheet.scaled(median),
                "yref": "y",
                "showarrow": False,
                "font": {"size": 13, "color": GREY},
            }
        ],
        xaxis={
            "range": ends,
            **dict(_ticks(sheet, most_named=most_named)),
            "showgrid": False,
            "zeroline": False,
            "linecolor": HAIR,
            "fixedrange": True,
            "automargin": True,
        },
        yaxis={
            # From nought, as in a report: a short axis makes much of little.
            "rangemode": "tozero" if is_share else "normal",
            "ticksuffix": " %" if is_share else "",
            "gridcolor": HAIR,
            "zerolinecolor": HAIR,
            "fixedrange": True,
            "automargin": True,
        },
    )


def _ticks(sheet: _Sheet, *, most_named: int) -> Iterator[tuple[str, Sequence[int | str]]]:
    """Yield the places that are named, and their names; the year stands where it is new."""
    step = -(-len(sheet.places) // most_named)
    named = sheet.places[::step]
    texts, told = [], None
    for place in named:
        year = place * MONTHS[sheet.found.step] // 12
        texts.append(plain(sheet.named(place, has_year=year != told)))
        told = year
    yield "tickvals", named
    yield "ticktext", texts


def _limits(sheet: _Sheet) -> Sequence[go.Scatter]:
    """Return the control limits, with shade between them."""
    limited = [
        (place, drawn.low, drawn.high)
        for place, (_, drawn, _) in sorted(sheet.by_place.items())
        if drawn.low is not None and drawn.high is not None
    ]
    if not limited:
        return ()
    xs = [place for place, _, _ in limited]
    look = {"mode": "lines", "hoverinfo": "skip", "line": _EDGE}
    return [
        go.Scatter(x=xs, y=[sheet.scaled(low) for _, low, _ in limited], **look),
        go.Scatter(
            x=xs,
            y=[sheet.scaled(high) for _, _, high in limited],
            fill="tonexty",
            fillcolor=BAND80,
            **look,
        ),
    ]


def _values(sheet: _Sheet, *, median: float, ends: Sequence[float]) -> Sequence[go.Scatter]:
    there = [sheet.by_place.get(place) for place in sheet.places]
    outside = [place for place, (_, drawn, _) in sheet.by_place.items() if drawn.is_outside]
    return [
        go.Scatter(
            x=list(ends),
            y=[sheet.scaled(median)] * 2,
            mode="lines",
            hoverinfo="skip",
            line=_MEDIAN,
        ),
        go.Scatter(
            x=list(sheet.places),
            y=[None if one is None else sheet.scaled(one[1].value) for one in there],
            mode="lines+markers",
            line={"color": INK, "width": 1.6},
            marker=DOT,
            text=["" if one is None else _hover(sheet, *one) for one in there],
            error_y=_bars(sheet, there),
            hoverinfo="text",
            connectgaps=False,
            cliponaxis=False,
        ),
        go.Scatter(
            x=outside,
            y=[sheet.scaled(sheet.by_place[place][1].value) for place in outside],
            mode="markers",
            marker=_RING,
            hoverinfo="skip",
            cliponaxis=False,
        ),
    ]


def _bars(sheet: _Sheet, there: Sequence[tuple[Told, Drawn, str] | None]) -> Figure:
    """Return the intervals of values without control limits: else noise looks like change."""
    if sheet.found.has_limits:
        return {}
    figures = [None if one is None else one[0].figure for one in there]
    ends = [
        (one.low, one.value, one.high)
        if one and one.low is not None and one.value is not None and one.high is not None
        else (0.0, 0.0, 0.0)
        for one in figures
    ]
    return {
        "type": "data",
        "symmetric": False,
        "array": [round(sheet.scaled(high) - sheet.scaled(value), 4) for _, value, high in ends],
        "arrayminus": [round(sheet.scaled(value) - sheet.scaled(low), 4) for low, value, _ in ends],
        "color": GREY,
        "thickness": 2,
        "width": 5,
    }


def _hover(sheet: _Sheet, told: Told, drawn: Drawn, name: str) -> str:
    figure = told.figure
    value = number_in_words(sheet.words, figure.name, figure.value or 0.0)
    return plain(f"{name}<br>{value}<br>n = {drawn.n}")
