"""The real program on an address of this machine, and browsers that open it."""

import datetime as dt
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    ViewportSize,
    WebError,
)

from app.main import create_app, read_clock
from app.records.engine import Database
from app.web.dependencies import SIGN_IN_COOKIE, TABLET_COOKIE
from tests.support.clinic import Clinic, Clock, Person, open_clinic
from tests.support.node import axe_source

LAPTOP: Final[ViewportSize] = {"width": 1440, "height": 900}
TABLET: Final[ViewportSize] = {"width": 1024, "height": 768}
TABLET_UPRIGHT: Final[ViewportSize] = {"width": 768, "height": 1024}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
NARROWEST: Final[ViewportSize] = {"width": 320, "height": 640}
"""What a page enlarged four times has left: no page may scroll sideways here (WCAG 1.4.10)."""

AXE_RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOUR_RULES: Final = ("color-contrast", "link-in-text-block")
"""What may come out differently in the dark."""

_PATIENCE_SECONDS = 30
_TELL_OF_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  policyBroken(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""
_RUN_AXE = """
async ([type, values]) => {
  const late = new Promise((_, refuse) =>
    setTimeout(() => refuse(new Error("the checker did not come to an end")), 60000));
  const found = await Promise.race([late, axe.run(document, {
    runOnly: { type, values }, resultTypes: ["violations"], preload: false,
  })]);
  return found.violations.flatMap((one) => one.nodes.map((node) =>
    `${one.id}: ${node.html.slice(0, 160)} ${(node.failureSummary ?? "").slice(0, 200)}`));
}
"""


@dataclass
class Site:
    """The program on an address, the clinic in its database, and browsers open on it.

    Without slots: Playwright 1.65 hangs a name of its own on whatever listens to it.
    """

    clinic: Clinic
    address: str
    chromium: Browser
    troubles: list[str] = field(default_factory=list)
    """What a browser complained of: errors, broken policy, dialogs, requests that left us."""
    expected: list[str] = field(default_factory=list)
    """Parts of troubles that a test brings about on purpose, such as a server that is down."""
    _contexts: list[BrowserContext] = field(default_factory=list)

    def device(self, *, size: ViewportSize = LAPTOP, **options: Any) -> BrowserContext:  # noqa: ANN401 - handed on to Playwright
        """Return a device with nobody signed in, whose troubles are collected."""
        context = self.chromium.new_context(
            base_url=self.address, viewport=size, locale="nb-NO", **options
        )
        self._contexts.append(context)
        self._listen(context)
        return context

    def staff(self, person: Person, **options: Any) -> Page:  # noqa: ANN401 - as ``device``
        """Return a page on a device where a member of staff is signed in."""
        context = self.device(**options)
        self.give_cookie(context, SIGN_IN_COOKIE, self.clinic.sign_in(person))
        return context.new_page()

    def tablet(self, token: str, *, size: ViewportSize = TABLET, **options: Any) -> Page:  # noqa: ANN401 - as ``device``
        """Return a page on a tablet that keeps the token of a room."""
        context = self.device(size=size, has_touch=True, **options)
        self.give_cookie(context, TABLET_COOKIE, token)
        return context.new_page()

    def unexpected(self) -> list[str]:
        """Return the troubles that no test brought about on purpose."""
        return [
            trouble
            for trouble in self.troubles
            if not any(part in trouble for part in self.expected)
        ]

    def put_away(self) -> None:
        """Close all devices."""
        while self._contexts:
            self._contexts.pop().close()

    def give_cookie(self, context: BrowserContext, name: str, value: str) -> None:
        """Give a device a cookie, as the program would."""
        # A name that begins with __Host- is kept only as if it came from a safe address.
        safe = self.address.replace("http:", "https:")
        context.add_cookies(
            [
                {
                    "name": name,
                    "value": value,
                    "url": safe,
                    "secure": True,
                    "httpOnly": True,
                    "sameSite": "Strict" if name == TABLET_COOKIE else "Lax",
                }
            ]
        )

    def _listen(self, context: BrowserContext) -> None:
        note = self.troubles.append
        context.expose_binding("policyBroken", lambda _, what: note(f"policy: {what}"))
        context.add_init_script(_TELL_OF_VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", self._see_error)
        context.on("dialog", self._see_dialog)
        context.on("request", self._see_request)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"console: {message.text} at {message.location.get('url')}")

    def _see_error(self, error: WebError) -> None:
        self.troubles.append(f"error: {error.error}")

    def _see_dialog(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _see_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:", "blob:", "about:")):
            self.troubles.append(f"left us: {request.url}")


@contextmanager
def serving(clinic: Clinic) -> Iterator[str]:
    """Serve a clinic with the real clock, in a thread; give its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = create_app(clinic.settings, database=clinic.database)
    config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        _wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_SECONDS)
        listener.close()


def clinic_of_today(database: Database, folder: Path, **options: Any) -> Clinic:  # noqa: ANN401 - handed on
    """Return an invented clinic whose time is the real one: browsers have no other."""
    return open_clinic(database, folder, clock=Clock(now=read_clock()), **options)


@contextmanager
def open_site(clinic: Clinic, chromium: Browser) -> Iterator[Site]:
    """Serve a clinic for browsers, and close them afterwards."""
    with serving(clinic) as address:
        site = Site(clinic=clinic, address=address, chromium=chromium)
        try:
            yield site
        finally:
            site.put_away()


def earlier(clinic: Clinic, **units: float) -> None:
    """Set the clinic back in time, to let a patient have come for a while."""
    clinic.clock.now = read_clock() - dt.timedelta(**units)


def today(clinic: Clinic) -> None:
    """Let the clinic have the real time again."""
    clinic.clock.now = read_clock()


def put_axe_into(page: Page) -> None:
    """Put the accessibility checker into a page; its device must bypass the policy."""
    page.evaluate(axe_source())


def axe_troubles(page: Page, *, only_colours: bool = False) -> Sequence[str]:
    """Return what the accessibility checker finds on the page as it stands."""
    chosen = ["rule", list(COLOUR_RULES)] if only_colours else ["tag", list(AXE_RULES)]
    found: list[str] = page.evaluate(_RUN_AXE, chosen)
    return found


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("the program did not start within half a minute")
        time.sleep(0.02)
