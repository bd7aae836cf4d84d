"""What leaves the house: one fixed snapshot of figures after control.

A report holds only what may be seen, already rounded as it is shown, so that a page, a
file and a print of it cannot differ. What is hidden is a missing number, and nothing in
a report tells why.
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from app.clinical.change_methods import ChangeMethod
from app.clinical.figures import FigureName, Interval

EVERYBODY = "*"
"""The margin over a dimension."""

OTHER = "other"
"""Path of the teams that are shown together."""


class Step(Enum):
    """How a report's whole period is divided: whole, or into parts of the calendar."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What was asked: nobody can ask for anything between.

    Attributes
    ----------
    key, version
        Of the fixed definition.
    instrument, edition
        Of the outcome form.
    first, last
        First and last day, Europe/Oslo; together whole parts of the calendar.
    whole
        What part of the calendar that is.
    step
        The parts that are shown beside the whole; the same as ``whole`` for none.
    method
        How reliable change was decided.
    reliable_change
        The smallest change that counts as reliable by the published value or the site's
        curve, in tenths of a point; ``None`` if there is none.
    threshold
        Fewest distinct patients behind a number.
    rounding
        Counts are rounded to multiples of this instead of being hidden.
    """

    key: str
    version: int
    instrument: str
    edition: int
    first: dt.date
    last: dt.date
    whole: Step
    step: Step
    method: ChangeMethod
    threshold: int
    rounding: int | None
    reliable_change: int | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the organization.

    Attributes
    ----------
    path
        ``*`` for the whole organization, else like ``area/team``.
    name
        As people call it; empty for ``other``.
    holds
        The teams that are shown together as ``other``, because each of them is too
        small to be shown, or is really one or two therapists.
    """

    path: str
    name: str
    holds: tuple["Unit", ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """A part of the calendar.

    Attributes
    ----------
    path
        ``*`` for the whole, else like ``2026-Q2``.
    first, last
        First and last day.
    shown_with
        The path of the period that this one's patients are counted in, because it had
        too few by itself; ``None`` if it stands by itself.
    """

    path: str
    first: dt.date
    last: dt.date
    shown_with: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """Distinct patients in one cell of the table unit by period by age by category.

    Attributes
    ----------
    unit, period, age, category
        Where; ``*`` for all of a dimension. Of unit, period and age one at most is
        divided. The categories are those of ``outcome_table``.
    n
        ``None`` for hidden.
    """

    unit: str
    period: str
    age: str
    category: str
    n: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFigure:
    """A share, a mean or an effect of one unit in one period.

    Attributes
    ----------
    unit, period
        Where; ``*`` for all.
    name
        What it is.
    n
        How many it is computed from; ``None`` for hidden, and then all else is missing.
    value, low, high
        With the 95 % interval, rounded as shown; ``None`` if there is none.
    worst, best
        What the value would be if everybody with one score only had done badly, or
        well; ``None`` where that does not apply.
    interval
        How the interval was made.
    """

    unit: str
    period: str
    name: FigureName
    n: int | None
    value: float | None
    low: float | None
    high: float | None
    worst: float | None
    best: float | None
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is released at once."""

    definition: Definition
    units: tuple[Unit, ...]
    periods: tuple[Period, ...]
    ages: tuple[str, ...]
    categories: tuple[str, ...]
    counts: tuple[Count, ...]
    figures: tuple[ReportedFigure, ...]
