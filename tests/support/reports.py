"""Invented reports in the form in which they come from control, to be kept, signed and read."""

import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from app.clinical.change_methods import ChangeMethod
from app.clinical.disclosure import Why
from app.clinical.figures import Figure, FigureName, Interval, share
from app.clinical.report import (
    EVERYBODY,
    OTHER,
    Count,
    Definition,
    Period,
    Report,
    ReportedFigure,
    Step,
    Unit,
)
from app.records import releases
from app.records.base import DbSession
from app.workflow import settle, sign, sign_in
from app.workflow.release import Drafted, Refused
from app.workflow.settle import Wishes
from app.workflow.sign_in import OpenSignIn
from tests.support.clinic import Clinic, Person

FJORD, FJELL, SMALL, SMALLER = (f"{number}" * 32 for number in range(1, 5))
"""Teams, by the path that they have in a report."""

UNITS: Final = (
    Unit(EVERYBODY, ""),
    Unit(FJORD, "Team Fjord"),
    Unit(FJELL, "Team Fjell"),
    Unit(OTHER, "", (Unit(SMALL, "Team Å"), Unit(SMALLER, "Team Ær"))),
)
AGES: Final = ("18-29", "30-49", "67-", "unknown")
CATEGORIES: Final = (
    "scored",
    "improved",
    "unchanged",
    "deteriorated",
    "clinical",
    "recovered",
    "one_score",
    "never_scored",
    EVERYBODY,
    "started",
)
Where = tuple[str, str, str, str]
_SHARE_OF_ALL: Final = (0.8, 0.4, 0.3, 0.1, 0.6, 0.25, 0.12, 0.08, 1.0, 1.1)


def definition(**changed: Any) -> Definition:  # noqa: ANN401 - any field of the definition
    """Return what is asked: a whole year by quarters."""
    asked: dict[str, Any] = {
        "key": "outcomes",
        "version": 1,
        "instrument": "outcome-4",
        "edition": 1,
        "first": dt.date(2025, 1, 1),
        "last": dt.date(2025, 12, 31),
        "whole": Step.YEAR,
        "step": Step.QUARTER,
        "method": ChangeMethod.JACOBSON_TRUAX,
        "threshold": 5,
        "rounding": None,
        "reliable_change": 50,
    }
    return Definition(**{**asked, **changed})


def periods(year: int) -> Sequence[Period]:
    """Return a year and its quarters, of which the third is shown with the last."""
    days = ((1, 3, 31), (4, 6, 30), (7, 9, 30), (10, 12, 31))
    parts = [
        Period(
            f"{year}-Q{number}",
            dt.date(year, first, 1),
            dt.date(year, last, day),
            f"{year}-Q4" if number == 3 else None,
        )
        for number, (first, last, day) in enumerate(days, start=1)
    ]
    return [Period(EVERYBODY, dt.date(year, 1, 1), dt.date(year, 12, 31)), *parts]


def drafted(
    *,
    patients: int = 400,
    units: Sequence[Unit] = UNITS,
    refused: Refused | None = None,
    **changed: Any,  # noqa: ANN401 - any field of the definition
) -> Drafted:
    """Return a report on about so many invented patients, as it comes from control."""
    asked = definition(**changed)
    whole = periods(asked.first.year)
    chance = random.Random(patients)  # noqa: S311 -- invented, and the same again
    numbers = {
        where: _number(chance, where, patients=patients)
        for where in _places([unit.path for unit in units], whole)
    }
    reasons = dict(_hidden(numbers))
    report = Report(
        definition=asked,
        units=tuple(units),
        periods=tuple(whole),
        ages=(EVERYBODY, *AGES),
        categories=CATEGORIES,
        counts=tuple(
            Count(*where, None if where in reasons else n) for where, n in numbers.items()
        ),
        figures=tuple(
            _figures({w: n for w, n in numbers.items() if w not in reasons}, whole, units)
        ),
    )
    return Drafted(report, reasons, refused)


def _places(units: Sequence[str], whole: Sequence[Period]) -> Iterator[Where]:
    """Yield the cells of three tables: by unit, by period, by age."""
    for category in CATEGORIES:
        yield from ((unit, EVERYBODY, EVERYBODY, category) for unit in units)
        alone = [one.path for one in whole[1:] if one.shown_with is None]
        yield from ((EVERYBODY, path, EVERYBODY, category) for path in alone)
        if category != "started":
            yield from ((EVERYBODY, EVERYBODY, age, category) for age in AGES)


def _number(chance: random.Random, where: Where, *, patients: int) -> int:
    unit, period, age, category = where
    parts = (3 if unit != EVERYBODY else 1) * (3 if period != EVERYBODY else 1)
    parts *= {EVERYBODY: 1, "18-29": 3, "30-49": 2, "67-": 9, "unknown": 40}[age]
    typical = patients / parts * _SHARE_OF_ALL[CATEGORIES.index(category)]
    return max(round(typical * chance.uniform(0.95, 1.05)), 0)


def _hidden(numbers: Mapping[Where, int]) -> Iterator[tuple[Where, Why]]:
    """Yield small cells, and one beside each."""
    for where, n in numbers.items():
        if 0 < n < 5:
            yield where, Why.PRIMARY
            beside = (*where[:2], "67-", where[3])
            if where[2] == "unknown":
                yield beside, Why.COMPLEMENTARY


def _figures(
    shown: Mapping[Where, int], whole: Sequence[Period], units: Sequence[Unit]
) -> Iterator[ReportedFigure]:
    places = [(unit.path, EVERYBODY) for unit in units]
    places += [(EVERYBODY, one.path) for one in whole[1:] if one.shown_with is None]
    for place, (unit, period) in enumerate(places):
        improved = shown[unit, period, EVERYBODY, "improved"]
        n = max(shown[unit, period, EVERYBODY, "scored"], improved)
        # The last unit's is hidden, as if it were one therapist's.
        is_hidden = unit == OTHER
        yield _reported(
            unit, period, None if is_hidden else share(FigureName.IMPROVED, improved, n)
        )
        change = Figure(
            FigureName.MEAN_CHANGE, n, 4.2 - place, 3.4 - place, 5.0 - place, Interval.STUDENT
        )
        yield _reported(unit, period, None if is_hidden else change, FigureName.MEAN_CHANGE)
    yield _reported(
        EVERYBODY,
        EVERYBODY,
        Figure(FigureName.D_PRE, n, None, None, None, Interval.LARGE_SAMPLE),
        FigureName.D_PRE,
    )


def _reported(
    unit: str, period: str, figure: Figure | None, name: FigureName = FigureName.IMPROVED
) -> ReportedFigure:
    def rounded(value: float | None, times: float = 1) -> float | None:
        return None if value is None else round(value * times, 3)

    has_bounds = figure is not None and name is FigureName.IMPROVED
    value = figure.value if figure else None
    return ReportedFigure(
        unit=unit,
        period=period,
        name=name,
        n=figure.n if figure else None,
        value=rounded(value),
        low=rounded(figure.low) if figure else None,
        high=rounded(figure.high) if figure else None,
        worst=rounded(value, 0.9) if has_bounds else None,
        best=rounded(value, 1.1) if has_bounds else None,
        interval=figure.interval if figure else Interval.WILSON,
    )


def kept(
    clinic: Clinic,
    *,
    by: Person | None = None,
    supersedes: uuid.UUID | None = None,
    **draft_of: Any,  # noqa: ANN401 - as `drafted`
) -> uuid.UUID:
    """Keep a draft."""
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, by or clinic.quality_lead)
        return sign.keep_draft(
            db,
            viewer,
            drafted=drafted(**draft_of),
            supersedes=supersedes,
            checked_to=releases.last_signature(db, org_id=viewer.org_id),
            now=clinic.clock.now,
        )


def settle_by(clinic: Clinic, **wishes: Any) -> None:  # noqa: ANN401 - any choice about reports
    """Let the quality lead choose how reports are made."""
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        settle.settle(db, viewer, wishes=Wishes(**wishes), now=clinic.clock.now)


def at_desk(clinic: Clinic, who: Person | None = None) -> Callable[[DbSession], OpenSignIn]:
    """Let somebody sign in with both factors; the function finds them in a transaction."""
    token = clinic.sign_in(who or clinic.quality_lead)

    def here(db: DbSession) -> OpenSignIn:
        found = sign_in.resume(db, token=token, now=clinic.clock.now)
        if found is None:
            raise LookupError(who)
        return found

    return here


def signed(clinic: Clinic, release_id: uuid.UUID | None = None, **draft_of: Any) -> uuid.UUID:  # noqa: ANN401 - as `kept`
    """Sign a draft, or one that is made for it."""
    found = release_id or kept(clinic, **draft_of)
    here = at_desk(clinic)
    with clinic.database.writing() as db:
        sign.sign(db, here(db), release_id=found, now=clinic.clock.now)
    return found


def signed_report(clinic: Clinic, report: Report) -> uuid.UUID:
    """Keep a report whose numbers a test names itself, and sign it."""
    with clinic.database.writing() as db:
        viewer, now = clinic.viewer(db, clinic.quality_lead), clinic.clock.now
        release_id = sign.keep_draft(
            db,
            viewer,
            drafted=Drafted(report, {}, None),
            supersedes=None,
            checked_to=releases.last_signature(db, org_id=viewer.org_id),
            now=now,
        )
    return signed(clinic, release_id)
