"""A real Chromium: the one the machine has, nothing downloaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from machine import find_chromium


class NoBrowserError(RuntimeError):
    """There is no Chromium on this machine."""


@dataclass(slots=True)
class Chromium:
    """The browser of a run. After a crash the next test gets a new one."""

    _playwright: Playwright
    _browser: Browser | None = None

    def running(self) -> Browser:
        """Return the browser, started anew when it no longer answers."""
        if self._browser is None or not _answers(self._browser):
            self._browser = self._playwright.chromium.launch(
                executable_path=_program(), args=sandbox_arguments()
            )
        return self._browser

    def close(self) -> None:
        """Stop the browser."""
        if self._browser is not None:
            self._browser.close()


@contextmanager
def chromium_of_a_run() -> Iterator[Chromium]:
    """Hand out a Chromium without a window for as long as a run takes."""
    with sync_playwright() as playwright:
        chromium = Chromium(playwright)
        try:
            yield chromium
        finally:
            chromium.close()


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Start Chromium without a window; stop it afterwards."""
    with chromium_of_a_run() as chromium:
        yield chromium.running()


def _answers(browser: Browser) -> bool:
    try:
        browser.new_context().close()
    except Error:
        return False
    return True


def _program() -> str:
    program = find_chromium()
    if program is None:
        raise NoBrowserError("no Chromium here; `make test` installs or names what is missing")
    return program


def sandbox_arguments() -> list[str]:
    """Return what root has to say: Chromium's own sandbox cannot be set up by root."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []
