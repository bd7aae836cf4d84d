"""A report is drawn up: one form, one whole period of the calendar, and nothing between."""

import datetime as dt
import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.clinical.instruments import Purpose
from app.clinical.report import Step
from app.instruments import Registry
from app.web.dependencies import (
    REPORTS_IN_LINE,
    Instruments,
    Now,
    QualityLead,
    parts_of,
    whoever_asks,
)
from app.web.forms import Problem, problem_of
from app.web.pages import go_to, render
from app.web.quality import method_name
from app.web.releases import At, Desk, Text, instrument_name
from app.web.words import CLINIC_ZONE
from app.workflow import access, draw_up, present, settle
from app.workflow.access import Role
from app.workflow.draw_up import Asked
from app.workflow.refusals import Refusal

router = APIRouter(prefix="/releases")

OFFERED: Final = {Step.QUARTER: 8, Step.HALF_YEAR: 4, Step.YEAR: 4, Step.MONTH: 13}
"""How many whole periods back can be chosen; a year of months and the one to compare with."""

_MONTHS: Final = {Step.MONTH: 1, Step.QUARTER: 3, Step.HALF_YEAR: 6, Step.YEAR: 12}
_PARTED_BY: Final = ":"

Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class NewReleasePage:
    """What a report is to be about."""

    instruments: Sequence[Option]
    instrument: str
    periods: Sequence[Option]
    period: str
    choices: str
    problems: Sequence[Problem]


@router.get("/new")
def get_new(at: At, _: QualityLead) -> Response:
    return _page(at)


@router.post("/new", dependencies=[REPORTS_IN_LINE])
def post_new(
    request: Request,
    registry: Instruments,
    *,
    now: Now,
    instrument: Text = "",
    period: Text = "",
) -> Response:
    with _at(request, registry, now=now) as at:
        problems = []
        asked = _asked(at, instrument, period)
        if instrument not in dict(instruments_of(at)):
            problems.append(Problem("instrument", at.words("errors.release_choose_form")))
        if asked is None:
            problems.append(Problem("period", at.words("errors.release_choose_period")))
        if problems or asked is None:
            return _page(at, instrument=instrument, period=period, problems=problems, status=422)
    try:
        found = _draw_up(at, asked)
    except Refusal as refusal:
        problems = list(problem_of(at.words, refusal, field="period"))
        status = refusal.status
        with _at(request, registry, now=now) as at:
            return _page(at, instrument=instrument, period=period, problems=problems, status=status)
    return go_to(f"/releases/{found}")


@router.post("/{release_id}/anew", dependencies=[REPORTS_IN_LINE])
def post_anew(
    request: Request, registry: Instruments, *, now: Now, release_id: uuid.UUID
) -> Response:
    with _at(request, registry, now=now) as at:
        before = present.see_release(at.db, at.viewer, release_id=release_id).report.definition
    asked = Asked(instrument=before.instrument, first=before.first, whole=before.whole)
    return go_to(f"/releases/{_draw_up(at, asked, is_anew=True)}")


@contextmanager
def _at(request: Request, registry: Registry, *, now: dt.datetime) -> Generator[Desk]:
    """Give a quality lead at work, in a transaction of its own: to draw up takes long."""
    with parts_of(request).database.writing() as db:
        here = whoever_asks(request, db, now=now)
        access.check_role(here.viewer, Role.QUALITY_LEAD)
        yield Desk(
            request=request, viewer=here.viewer, here=here, db=db, registry=registry, now=now
        )


def _draw_up(at: Desk, asked: Asked, *, is_anew: bool = False) -> uuid.UUID:
    return draw_up.draw_up(
        parts_of(at.request).database,
        at.viewer,
        asked=asked,
        registry=at.registry,
        is_anew=is_anew,
        now=at.now,
    ).release_id


def _page(
    at: Desk,
    *,
    instrument: str = "",
    period: str = "",
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    page = NewReleasePage(
        instruments=instruments_of(at),
        instrument=instrument,
        periods=_periods(at),
        period=period,
        choices=_choices(at),
        problems=problems,
    )
    return render(at.request, "pages/releases/new.html", page, status=status)


def _choices(at: Desk) -> str:
    """Return by what choices a report is made now, in words."""
    wishes, words = settle.wishes_of(at.db, at.viewer), at.words
    is_hidden = wishes.rounding is None
    said = [
        words("releases.at_least", n=wishes.threshold),
        words("releases.hides") if is_hidden else words("releases.rounds", base=wishes.rounding),
        method_name(words, wishes.method),
    ]
    return "; ".join(said)


def instruments_of(at: Desk) -> Sequence[Option]:
    """Return the outcome forms by name."""
    found = [
        (key, instrument_name(at.words, at.registry, key))
        for key, instrument in at.registry.instruments.items()
        if instrument.purpose is Purpose.OUTCOME
    ]
    return sorted(found, key=lambda option: option[1].casefold())


def _periods(at: Desk) -> Sequence[Option]:
    """Return the whole periods that are over, the newest of each kind first."""
    words, today = at.words, at.now.astimezone(CLINIC_ZONE).date()
    found = []
    for step, count in OFFERED.items():
        months = _MONTHS[step]
        this = today.year * 12 + (today.month - 1) // months * months
        for back in range(1, count + 1):
            year, month = divmod(this - back * months, 12)
            first = dt.date(year, month + 1, 1)
            name = words(
                f"report.period_{step.value}",
                year=year,
                part=month // months + 1,
                month=words.date(first, form="MMMM"),
            )
            found.append((f"{step.value}{_PARTED_BY}{first}", name[:1].upper() + name[1:]))
    return found


def _asked(at: Desk, instrument: str, period: str) -> Asked | None:
    """Return what is asked for, if its period is one of those that can be chosen."""
    if period not in dict(_periods(at)):
        return None
    step, _, first = period.partition(_PARTED_BY)
    return Asked(instrument=instrument, first=dt.date.fromisoformat(first), whole=Step(step))
