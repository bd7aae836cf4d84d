"""Somebody who has every report in hand, and knows which patients each number is about."""

from collections.abc import Mapping, Sequence
from itertools import product

from typing_extensions import override

from app.clinical import outcome_table
from app.clinical.outcome_table import Table
from app.clinical.report import EVERYBODY, Count, Report
from tests.support.attacker import Attacker

TABLES = (
    outcome_table.ENDINGS,
    outcome_table.AGREEMENTS,
    outcome_table.ANSWERS,
    outcome_table.ALLIANCES,
    outcome_table.FLAGS,
)


class ReportAttacker(Attacker):
    """All reports of one year, as equations about one way to sort the patients."""

    def __init__(self, reports: Sequence[Report], table: Table) -> None:
        self._table = table
        self._reports = reports
        super().__init__([{"number": number} for number in range(len(reports))])

    @override
    def _read(self, number: int, release: Mapping[str, object]) -> None:
        report = self._reports[number]
        for count in report.counts:
            if count.category not in self._table.shown:
                continue
            corners = product(
                self._teams(report, count),
                self._months(report, count),
                self._ages(report, count),
                sorted(self._table.shown[count.category]),
            )
            row = [self._place.setdefault(corner, len(self._place)) for corner in corners]
            if count.n is None:
                dims = {"unit": count.unit, "period": count.period, "age": count.age}
                self._hidden.append((number, {**dims, "category": count.category}, row))
            else:
                self._rows.append(row)
                self._shown.append(count.n)

    def _teams(self, report: Report, count: Count) -> list[str]:
        chosen = [one for one in report.units if count.unit in (one.path, EVERYBODY)]
        return [
            team.path
            for unit in chosen
            if unit.path != EVERYBODY
            for team in (unit.holds or (unit,))
        ]

    def _months(self, report: Report, count: Count) -> list[str]:
        whole = report.periods[0]
        held = [
            period
            for period in report.periods
            if count.period in (EVERYBODY, period.path, period.shown_with)
        ]
        months = {
            f"{period.first.year}-{month:02}"
            for period in (held if count.period != EVERYBODY else [whole])
            for month in range(period.first.month, period.last.month + 1)
        }
        return sorted(months) if len(self._reports) > 1 else self._parts(report, sorted(months))

    def _parts(self, report: Report, months: list[str]) -> list[str]:
        """Return the parts of one report instead of months, which nothing tells apart."""
        parts = report.periods[1:]
        if not parts:
            return ["whole"]
        return [part.path for part in parts if f"{part.first.year}-{part.first.month:02}" in months]

    def _ages(self, report: Report, count: Count) -> list[str]:
        has_ages = outcome_table.SCORED in self._table.shown
        if not has_ages or count.age != EVERYBODY:
            return [count.age]
        return [age for age in report.ages if age != EVERYBODY]
