"""Templates and what every page has in common."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.routing import Match

from app.web.dependencies import parts_of, words_of
from app.web.words import LANGUAGE_NAMES, LANGUAGES, Words
from app.workflow.access import Role, Viewer

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


class NotBuiltError(RuntimeError):
    """The front end has not been built."""

    def __init__(self) -> None:
        super().__init__("the front end is not built; run make setup")


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the main menu."""

    href: str
    word: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """A page of the main menu, and who sees it."""

    href: str
    word: str
    roles: frozenset[Role]


_CLINICAL = frozenset({Role.CLINICIAN, Role.SUPERVISOR})

MENU: Sequence[Menu] = (
    Menu("/", "staff.menu_patients", frozenset({Role.CLINICIAN})),
    Menu("/own-figures", "staff.menu_own_figures", frozenset({Role.CLINICIAN})),
    Menu("/supervision", "staff.menu_supervision", frozenset({Role.SUPERVISOR})),
    Menu("/quality", "staff.menu_quality", frozenset({Role.QUALITY_LEAD})),
    Menu("/admin", "staff.menu_admin", frozenset({Role.ADMINISTRATOR})),
    Menu("/releases", "staff.menu_releases", frozenset({Role.QUALITY_LEAD, Role.ADMINISTRATOR})),
    Menu("/tablets", "staff.menu_tablets", _CLINICAL | {Role.ADMINISTRATOR}),
    Menu("/numbers", "staff.menu_numbers", frozenset(Role)),
)

ABOUT_PATIENTS = (
    "/patients",
    "/episodes",
    "/sessions",
    "/ratings",
    "/flags",
    "/visits",
    "/finished",
)
"""Pages that stand under the list of patients in the menu."""

ABOUT_THE_SERVICE = ("/rules",)
"""Pages that stand under the quality lead's page in the menu."""


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def manifest() -> dict[str, Any]:
    """Return what the front-end build made, by source file."""
    path = STATIC / "build" / "manifest.json"
    if not path.exists():
        raise NotBuiltError
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def asset(name: str) -> str:
    """Return the address of a built script or other file."""
    return f"/static/build/{manifest()[name]['file']}"


def asset_css(name: str) -> Sequence[str]:
    """Return the addresses of the style sheets that a built script needs."""
    return [f"/static/build/{file}" for file in manifest()[name].get("css", [])]


def render(request: Request, template: str, page: object, *, status: int = 200) -> HTMLResponse:
    """Render one page from one frozen dataclass, in the reader's language."""
    words = words_of(request)
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    settings = parts_of(request).settings
    text = (
        _environment()
        .get_template(template)
        .render(
            page=page,
            t=words,
            language=words.language,
            languages=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
            nav=_navigation(viewer, at=request.url.path),
            viewer_name=viewer.name if viewer else None,
            here=_address_again(request),
            is_demo=settings.is_demo,
            shows_flags=settings.shows_flags,
            asset=asset,
            asset_css=asset_css,
        )
    )
    return HTMLResponse(text, status_code=status)


def fill(template: str, page: object, words: Words) -> str:
    """Fill in a template that is no page of the site, such as a print."""
    return _environment().get_template(template).render(page=page, t=words, language=words.language)


def _address_again(request: Request) -> str:
    """Return where this page can be opened anew, as after a change of language."""
    path, query = request.url.path, request.url.query
    if request.method == "GET":
        return f"{path}?{query}" if query else path
    as_get = {**request.scope, "method": "GET"}
    can_be_opened = any(one.matches(as_get)[0] is Match.FULL for one in request.app.routes)
    return path if can_be_opened else "/"


def go_to(address: str) -> RedirectResponse:
    """Send the browser on after something was done, so that reload does not do it again."""
    return RedirectResponse(address, status_code=303)


def home_of(viewer: Viewer) -> str:
    """Return the first page of someone's menu."""
    return next((menu.href for menu in MENU if viewer.roles & menu.roles), "/account")


def _navigation(viewer: Viewer | None, *, at: str) -> Sequence[NavItem]:
    if viewer is None:
        return ()
    return [
        NavItem(href=menu.href, word=menu.word, is_current=_is_at(menu.href, at))
        for menu in MENU
        if viewer.roles & menu.roles
    ]


def _is_at(href: str, path: str) -> bool:
    if href == "/":
        return path == "/" or path.startswith(ABOUT_PATIENTS)
    if href == "/quality" and path.startswith(ABOUT_THE_SERVICE):
        return True
    return path == href or path.startswith(f"{href}/")
