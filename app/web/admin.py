"""Pages of the administrator: teams, the organization, the log. No patient is in them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from app.web import log_words
from app.web.dependencies import Administrator, Now, Writing, parts_of, words_of
from app.web.forms import Problem, Typed, problem_of, text_of
from app.web.pages import go_to, render
from app.web.words import LANGUAGES
from app.workflow import administer, oversee
from app.workflow.access import Viewer
from app.workflow.administer import NameDisplay, OrganizationSettings, TeamSeen
from app.workflow.oversee import LogCheck
from app.workflow.refusals import Refusal

router = APIRouter(prefix="/admin")

MOST_DIGITS: Final = 5
"""Of a number of days; more is out of range and need not be read."""


@dataclass(frozen=True, slots=True)
class TeamsPage:
    """The teams, and a form for one more."""

    teams: Sequence[TeamSeen]
    typed: str
    typed_for: uuid.UUID | None
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class OrganizationPage:
    """What holds for the whole organization."""

    settings: OrganizationSettings
    name_displays: Sequence[NameDisplay]
    no_contact_days: str
    """As it was typed."""
    fewest_days: int
    most_days: int
    longest_text: int
    is_saved: bool
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class LogRow:
    """One thing that was done."""

    sequence: int
    moment: str
    who: str
    action: str


@dataclass(frozen=True, slots=True)
class LogListPage:
    """A part of the log."""

    rows: Sequence[LogRow]
    older: int | None
    is_newest: bool
    check: LogCheck | None


@dataclass(frozen=True, slots=True)
class Office:
    """An administrator at work."""

    request: Request
    viewer: Viewer
    db: Writing
    now: dt.datetime


def _office(request: Request, viewer: Administrator, db: Writing, now: Now) -> Office:
    return Office(request=request, viewer=viewer, db=db, now=now)


At = Annotated[Office, Depends(_office, scope="function")]


@router.get("/teams")
def get_teams(at: At) -> Response:
    return _teams_page(at)


@router.post("/teams")
def post_team(at: At, name: Annotated[str, Form()] = "") -> Response:
    try:
        administer.add_team(at.db, at.viewer, name=name, now=at.now)
    except Refusal as refusal:
        return _teams_page(at, typed=name, refusal=refusal)
    return go_to("/admin/teams")


@router.post("/teams/{team_id}")
def post_team_name(at: At, team_id: uuid.UUID, name: Annotated[str, Form()] = "") -> Response:
    try:
        administer.rename_team(at.db, at.viewer, team_id=team_id, name=name, now=at.now)
    except Refusal as refusal:
        return _teams_page(at, typed=name, typed_for=team_id, refusal=refusal)
    return go_to("/admin/teams")


@router.get("/organization")
def get_organization(at: At, saved: str = "") -> Response:
    settings = administer.settings_of(at.db, at.viewer)
    return _organization_page(at, settings=settings, is_saved=saved == "yes")


@router.post("/organization")
def post_organization(at: At, typed: Typed) -> Response:
    settings = _settings(typed, before=administer.settings_of(at.db, at.viewer))
    try:
        administer.change_settings(at.db, at.viewer, settings=settings, now=at.now)
    except Refusal as refusal:
        field = str(refusal.values.get("field", "name"))
        problems = problem_of(words_of(at.request), refusal, field=field)
        days = text_of(typed, "no_contact_days")[:40]
        return _organization_page(at, settings=settings, days=days, problems=problems)
    return go_to("/admin/organization?saved=yes")


@router.get("/log")
def get_log(
    at: At, before: Annotated[int | None, Query(ge=1, le=log_words.NEWEST)] = None
) -> Response:
    return _log_page(at, before=before, check=None)


@router.post("/log/check")
def post_check_log(at: At) -> Response:
    check = oversee.check_log(at.db, at.viewer, now=at.now)
    return _log_page(at, before=None, check=check)


def _settings(typed: FormData, *, before: OrganizationSettings) -> OrganizationSettings:
    days = text_of(typed, "no_contact_days").strip()
    is_number = days.isascii() and days.isdigit() and len(days) <= MOST_DIGITS
    shown = text_of(typed, "name_display")
    offered = {display.value: display for display in NameDisplay}
    return OrganizationSettings(
        name=text_of(typed, "name"),
        name_display=offered.get(shown, before.name_display),
        # What is no number is out of range too, and the page says what the range is.
        no_contact_days=int(days) if is_number else 0,
        help_texts={code: text_of(typed, f"help_{code}").strip() for code in LANGUAGES},
        procedure_texts={code: text_of(typed, f"procedure_{code}").strip() for code in LANGUAGES},
    )


def _teams_page(
    at: At, *, typed: str = "", typed_for: uuid.UUID | None = None, refusal: Refusal | None = None
) -> Response:
    field = "name" if typed_for is None else f"name-{typed_for}"
    problems: Sequence[Problem] = []
    if refusal is not None:
        problems = problem_of(words_of(at.request), refusal, field=field)
    page = TeamsPage(
        teams=administer.teams(at.db, at.viewer),
        typed=typed,
        typed_for=typed_for,
        problems=problems,
    )
    status = 422 if problems else 200
    return render(at.request, "pages/admin/teams.html", page, status=status)


def _organization_page(
    at: At,
    *,
    settings: OrganizationSettings,
    days: str | None = None,
    is_saved: bool = False,
    problems: Sequence[Problem] = (),
) -> Response:
    page = OrganizationPage(
        settings=settings,
        name_displays=list(NameDisplay),
        no_contact_days=str(settings.no_contact_days) if days is None else days,
        fewest_days=administer.FEWEST_DAYS,
        most_days=administer.MOST_DAYS,
        longest_text=administer.LONGEST_TEXT,
        is_saved=is_saved,
        problems=problems,
    )
    status = 422 if problems else 200
    return render(at.request, "pages/admin/organization.html", page, status=status)


def _log_page(at: At, *, before: int | None, check: LogCheck | None) -> Response:
    words = words_of(at.request)
    part = oversee.read_log(at.db, at.viewer, before=before)
    rows = [
        LogRow(
            sequence=entry.sequence,
            moment=words.moment(entry.at),
            who=log_words.who(words, entry.who, kind=entry.kind),
            action=log_words.action(
                words, entry.action, shows_flags=parts_of(at.request).settings.shows_flags
            ),
        )
        for entry in part.entries
    ]
    page = LogListPage(rows=rows, older=part.older, is_newest=before is None, check=check)
    return render(at.request, "pages/admin/log.html", page)
