"""What browser tests ask for: a clinic of today, served on an address of this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.records.engine import Database
from tests.browser.invented import install_words
from tests.browser.screens import RatingScreen, connect_tablet
from tests.support.browser import Site, clinic_of_today, open_site
from tests.support.clinic import Clinic
from tests.support.databases import Stores

# A page has this long to become what is expected of it: a busy machine draws slowly.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    """Where databases of browser tests come from: SQLite, unless a test asks for both kinds."""
    return Stores(tmp_path_factory.mktemp("browser"))


@pytest.fixture
def database(files: Stores) -> Iterator[Database]:
    """A fresh database."""
    with files.ready() as store:
        opened = store.open()
        yield opened
        opened.close()


@pytest.fixture
def clinic(database: Database, tmp_path: Path) -> Iterator[Clinic]:
    """An invented clinic that has the real time."""
    install_words(tmp_path)
    opened = clinic_of_today(database, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def site(clinic: Clinic, chromium: Browser) -> Iterator[Site]:
    """The clinic on an address; no browser may have complained when a test is over."""
    with open_site(clinic, chromium) as opened:
        yield opened
        assert opened.unexpected() == []


@pytest.fixture
def tablet(site: Site) -> RatingScreen:
    """A tablet that is connected to Rom 3."""
    return connect_tablet(site)
