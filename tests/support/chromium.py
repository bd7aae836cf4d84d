"""A real Chromium: the one the machine has, nothing downloaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from machine import find_chromium


class NoBrowserError(RuntimeError):
    """There is no Chromium on this machine."""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Start Chromium without a window; stop it afterwards."""
    program = find_chromium()
    if program is None:
        raise NoBrowserError("no Chromium here; `make test` installs or names what is missing")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=sandbox_arguments())
        try:
            yield browser
        finally:
            browser.close()


def sandbox_arguments() -> list[str]:
    """Return what root has to say: Chromium's own sandbox cannot be set up by root."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []
