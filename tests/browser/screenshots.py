"""Save a picture of every page, to be looked at: a tool, not a test.

PYTHONPATH=.ci .venv/bin/python -m tests.browser.screenshots FOLDER [--language nn]
[--scheme dark] [--only NAME]
"""

import argparse
import tempfile
from pathlib import Path

from tests.browser.doors import Door, Town, build_town
from tests.browser.invented import install_words
from tests.support.browser import (
    LAPTOP,
    PHONE,
    TABLET,
    clinic_of_today,
    open_site,
)
from tests.support.chromium import running_chromium
from tests.support.databases import Stores

SIZES = {"laptop": LAPTOP, "tablet": TABLET, "phone": PHONE}
DRAWN_MS = 600
"""Long enough for charts to be drawn."""


def main() -> None:
    """Build a town in a folder that is thrown away, and photograph it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language", default="nb")
    parser.add_argument("--scheme", default="light")
    parser.add_argument("--only", default="", help="part of a page's name")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Stores(Path(folder)).ready() as store,
        running_chromium() as chromium,
    ):
        database = store.open()
        install_words(Path(folder))
        with open_site(clinic_of_today(database, Path(folder)), chromium) as site:
            town = build_town(site)
            town.speak(chosen.language)
            for door in town.doors:
                if chosen.only in door.name:
                    _photograph(town, door, folder=chosen.folder, scheme=chosen.scheme)
        database.close()


def _photograph(town: Town, door: Door, *, folder: Path, scheme: str) -> None:
    page = town.open(door)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for name, size in SIZES.items():
        page.set_viewport_size(size)
        page.wait_for_timeout(DRAWN_MS if page.locator(".chart").count() else 100)
        path = folder / f"{door.name}-{name}-{scheme}.png"
        page.screenshot(path=path, full_page=not door.is_on_tablet)
    page.close()


if __name__ == "__main__":
    main()
