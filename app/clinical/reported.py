"""A figure as it stands in a report: rounded as it is shown, or without numbers."""

from app.clinical.figures import Figure, FigureName, Interval
from app.clinical.report import ReportedFigure

_DECIMALS = {
    Interval.WILSON: 3,
    Interval.STUDENT: 1,
    Interval.LARGE_SAMPLE: 2,
    Interval.GREENWOOD: 0,
    Interval.BYAR: 2,
}
"""Decimals that are shown: of a share, a mean, an effect, a number of sessions, a ratio."""

Where = tuple[str, str]
"""Path of a unit, and of a period; one of them is ``*``."""


def shown(
    where: Where,
    figure: Figure,
    *,
    n: int | None,
    worst: float | None = None,
    best: float | None = None,
) -> ReportedFigure:
    """Return a figure with its numbers; ``n`` is the number of patients or sessions shown."""
    decimals = _DECIMALS[figure.interval]
    value, low, high, worst, best = (
        None if number is None else round(number, decimals)
        for number in (figure.value, figure.low, figure.high, worst, best)
    )
    return ReportedFigure(
        unit=where[0],
        period=where[1],
        name=figure.name,
        n=n,
        value=value,
        low=low,
        high=high,
        worst=worst,
        best=best,
        interval=figure.interval,
    )


def hidden(where: Where, name: FigureName, interval: Interval) -> ReportedFigure:
    """Return a figure without numbers."""
    return ReportedFigure(
        unit=where[0],
        period=where[1],
        name=name,
        n=None,
        value=None,
        low=None,
        high=None,
        worst=None,
        best=None,
        interval=interval,
    )
