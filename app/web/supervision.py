"""A supervisor's page: what waits in the teams, by need and age. Nobody is ranked."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.web import flag_words
from app.web.dependencies import Instruments, Now, Writing, needs, words_of
from app.web.flag_words import Cause
from app.web.naming import shown_name
from app.web.pages import render
from app.web.words import Words
from app.web.worklist import MOST_IN_TOP_PERCENT
from app.workflow import supervise
from app.workflow.access import Role, Viewer
from app.workflow.supervise import FlagState, Level, NameDisplay, Supervision, TeamLoad, Waiting

router = APIRouter()

Supervising = Annotated[Viewer, Depends(needs(Role.SUPERVISOR), scope="function")]


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A flag that somebody still has something to do about."""

    flag_id: uuid.UUID
    patient_id: uuid.UUID
    name: str
    team: str
    clinicians: str
    shape: str
    level: str
    reason: str
    is_taken: bool
    days_open: int
    decision: str | None
    decided_at: dt.datetime | None
    due_on: dt.date | None


@dataclass(frozen=True, slots=True)
class SupervisionPage:
    """What waits in the teams that somebody supervises."""

    teams: str
    open_count: int
    at_once: Sequence[WaitingRow]
    """Answers that had to be seen at once and nobody has gone through: before all else."""
    open: Sequence[WaitingRow]
    overdue: Sequence[WaitingRow]
    decided: Sequence[WaitingRow]
    median_days: str | None
    decided_count: int
    looks_back_days: int
    load: TeamLoad
    percent: int | None
    most_percent: int


@router.get("/supervision")
def get_supervision(
    request: Request, viewer: Supervising, db: Writing, registry: Instruments, now: Now
) -> Response:
    found = supervise.supervision(db, viewer, registry=registry, now=now)
    return render(request, "pages/supervision/supervision.html", _page(words_of(request), found))


def _page(words: Words, found: Supervision) -> SupervisionPage:
    speed, load = found.speed, found.load
    at_once = [one for one in found.open if one.level is Level.IMMEDIATE]
    return SupervisionPage(
        teams=", ".join(found.teams),
        open_count=len(found.open),
        at_once=[_row(words, one, display=found.display) for one in at_once],
        open=[_row(words, one, display=found.display) for one in found.open if one not in at_once],
        overdue=[_row(words, one, display=found.display) for one in found.overdue],
        decided=[_row(words, one, display=found.display) for one in found.decided],
        median_days=words.whole(round(10 * speed.median_days)) if speed else None,
        decided_count=speed.decided if speed else 0,
        looks_back_days=supervise.LOOKS_BACK.days,
        load=load,
        percent=round(100 * load.top / load.total) if load.total else None,
        most_percent=MOST_IN_TOP_PERCENT,
    )


def _row(words: Words, one: Waiting, *, display: NameDisplay) -> WaitingRow:
    cause = Cause(rule=one.rule, numbers=one.numbers, direction=one.direction, item=one.item)
    return WaitingRow(
        flag_id=one.flag_id,
        patient_id=one.patient_id,
        name=shown_name(words, one.name, number=one.number, display=display),
        team=one.team,
        clinicians=", ".join(one.clinicians) or words("supervision.nobody"),
        shape=one.level.group.value,
        level=words(f"flag.level_{one.level.value}"),
        reason=flag_words.reason(words, cause),
        is_taken=one.state is FlagState.TAKEN,
        days_open=one.days_open,
        decision=words(f"flag.decision_{one.decision.value}") if one.decision else None,
        decided_at=one.decided_at,
        due_on=one.due_on,
    )
