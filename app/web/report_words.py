"""A report in words: names of units, periods, figures and categories, and the line below it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from app.clinical.figures import FigureName
from app.clinical.report import EVERYBODY, Period, Report, ReportedFigure, Step, Unit
from app.web.words import MissingWordError, Words

SHARES: Final = frozenset(
    {
        FigureName.MEASURED_OUTCOME,
        FigureName.MEASURED_ALLIANCE,
        FigureName.ACCEPTED,
        FigureName.DECLINED,
        FigureName.TWO_SCORES,
        FigureName.UNPLANNED,
        FigureName.AGREED,
        FigureName.IMPROVED,
        FigureName.UNCHANGED,
        FigureName.DETERIORATED,
        FigureName.RECOVERED,
        FigureName.CASE_RECOVERY,
        FigureName.CASE_IMPROVEMENT,
        FigureName.CASE_DETERIORATION,
        FigureName.CASE_RELIABLE_RECOVERY,
        FigureName.FLAGGED,
        FigureName.REVIEWED_IN_TIME,
    }
)
"""Figures from 0 to 1, which people read as percent."""

_STEPS: Final = {1: Step.MONTH, 3: Step.QUARTER, 6: Step.HALF_YEAR, 12: Step.YEAR}
"""Parts of the calendar, by their months."""


@dataclass(frozen=True)
class ReportWords:
    """What the parts of one report are called in one language."""

    words: Words
    report: Report
    instrument: str
    """The name of the form."""

    @cached_property
    def unit_names(self) -> Mapping[str, str]:
        """Names of units by path."""
        return {unit.path: unit.name or self._unit(unit) for unit in self.report.units}

    @cached_property
    def period_names(self) -> Mapping[str, str]:
        """Names of periods by path."""
        return {one.path: self._period(one) for one in self.report.periods}

    @cached_property
    def periods(self) -> Mapping[str, Period]:
        """Periods by path."""
        return {one.path: one for one in self.report.periods}

    @property
    def title(self) -> str:
        """What is reported, and about which time."""
        asked = self.report.definition
        first, last = self.words.date(asked.first), self.words.date(asked.last)
        return self.words("report.title", instrument=self.instrument, first=first, last=last)

    def unit(self, path: str) -> str:
        """Return the name of a unit."""
        return self.unit_names.get(path, path)

    def period(self, path: str) -> str:
        """Return the name of a period."""
        return self.period_names.get(path, path)

    def short_period(self, path: str) -> str:
        """Return the name of a part of the period where there is little room."""
        return self._together_in(self.periods[path], "short")

    def age(self, band: str) -> str:
        """Return an age band in words."""
        if band == EVERYBODY:
            return self.words("report.everybody")
        if not band[:1].isdigit():
            return self.words("report.age_unknown")
        if band.endswith("-"):
            return self.words("report.age_from", age=band[:-1])
        return self.words("report.age_years", band=band.replace("-", "–"))

    def category(self, category: str) -> str:
        """Return a category in words; one that the catalogue lacks is called what it is."""
        if category == EVERYBODY:
            return self.words("report.category_all")
        try:
            return self.words(f"report.category_{category}")
        except MissingWordError:
            return category.replace("_", " ")

    def figure(self, name: FigureName) -> str:
        """Return the name of a figure."""
        return self.words(f"report.figure_{name.value}")

    def interval(self, one: ReportedFigure) -> str:
        """Return how an interval was made."""
        return self.words(f"report.interval_{one.interval.value.replace('-', '_')}")

    def number(self, name: FigureName, value: float | None) -> str:
        """Return a value as people read it, to the last digit that the report has."""
        return "–" if value is None else number_in_words(self.words, name, value)

    def range(self, one: ReportedFigure) -> str:
        """Return the 95 % interval."""
        return self._between(one.name, one.low, one.high)

    def bounds(self, one: ReportedFigure) -> str:
        """Return what the value would be at the least and at the most."""
        if one.worst is None or one.best is None:
            return self._between(one.name, None, None)
        return self._between(one.name, *sorted((one.worst, one.best)))

    def note(self, one: ReportedFigure) -> str:
        """Return why there is no value: for all that has none it is the same sentence."""
        return self.words("report.hidden") if one.value is None else ""

    def definitions(self) -> Sequence[tuple[str, str]]:
        """Return what everything means: terms and explanations."""
        asked, words = self.report.definition, self.words
        first, last = self.words.date(asked.first), self.words.date(asked.last)
        facts = [
            (words("report.term_instrument"), self.instrument),
            (words("report.term_edition"), str(asked.edition)),
            (words("report.term_definition"), f"{asked.key} {asked.version}"),
            (words("report.term_period"), words("report.range", low=first, high=last)),
            (words("report.term_step"), words(f"report.step_{asked.step.value}")),
            (words("report.term_method"), words(f"report.method_{asked.method.value.lower()}")),
        ]
        if asked.reliable_change is not None:
            points = words.exact(Decimal(asked.reliable_change) / 10)
            facts.append(
                (words("report.term_reliable_change"), words("report.points", points=points))
            )
        facts.append((words("report.term_threshold"), str(asked.threshold)))
        hides = words("report.hides")
        if asked.rounding is not None:
            hides = words("report.rounded_to", base=asked.rounding)
        facts.append((words("report.term_rounding"), hides))
        facts += [
            (words("report.term_who"), words("report.who")),
            (words("report.term_interval"), words("report.interval_what")),
            (words("report.term_hidden"), words("report.hidden_what")),
        ]
        return [*facts, *self._together(), *self.figure_definitions()]

    def figure_definitions(self) -> Sequence[tuple[str, str]]:
        """Return what each figure of the report is."""
        names = dict.fromkeys(one.name for one in self.report.figures)
        return [
            (self.figure(name), self.words(f"report.figure_{name.value}_what")) for name in names
        ]

    def watermark(self, *, release: str, hash_: str) -> str:
        """Return the line that says where every copy comes from."""
        asked = self.report.definition
        return self.words(
            "report.watermark",
            id=release,
            first=asked.first.isoformat(),
            last=asked.last.isoformat(),
            threshold=asked.threshold,
            hash=hash_,
        )

    def _unit(self, unit: Unit) -> str:
        return self.words("report.unit_other" if unit.holds else "report.unit_all")

    def _together(self) -> Iterator[tuple[str, str]]:
        """Yield what is shown only together with others, and with what."""
        for unit in self.report.units:
            if unit.holds:
                teams = ", ".join(one.name for one in unit.holds)
                yield self.unit(unit.path), self.words("report.unit_holds", teams=teams)
        for one in self.report.periods:
            if one.shown_with is not None:
                other = self.period(self._shown_as(one))
                yield self._part(one), self.words("report.shown_with", period=other)

    def _between(self, name: FigureName, low: float | None, high: float | None) -> str:
        if low is None or high is None:
            return "–"
        return self.words("report.range", low=self.number(name, low), high=self.number(name, high))

    def _period(self, period: Period) -> str:
        return self._together_in(period, "period")

    def _together_in(self, period: Period, form: str) -> str:
        """Return the name of a period with those that are shown together with it."""
        together = [one for one in self.report.periods if self._shown_as(one) == period.path]
        return " + ".join(self._part(one, form) for one in together) or self._part(period, form)

    def _shown_as(self, period: Period) -> str:
        if period.shown_with is None:
            return period.path
        return self._shown_as(self.periods[period.shown_with])

    def _part(self, period: Period, form: str = "period") -> str:
        if period.path == EVERYBODY:
            return self.words("report.whole_period")
        return period_in_words(self.words, period, form=form)


def number_in_words(words: Words, name: FigureName, value: float) -> str:
    """Return a figure's value as people read it, with the decimals that it has."""
    exact = Decimal(repr(value))
    if name in SHARES:
        return words("report.percent", value=words.exact(exact * 100))
    return words.exact(exact)


def period_in_words(words: Words, period: Period, *, form: str = "period") -> str:
    """Return the name of a part of the calendar; ``form`` is "short" where there is little room."""
    first, months = period.first, period.last.month - period.first.month + 1
    return words(
        f"report.{form}_{_STEPS[months].value}",
        year=first.year,
        part=(first.month - 1) // months + 1,
        month=words.date(first, form="MMMM" if form == "period" else "MMM"),
    )
