"""What every test can ask for: a database of its own, a browser; and a closed network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

from app.records.engine import Database
from tests.support.chromium import Chromium, chromium_of_a_run
from tests.support.clinic import Clinic, open_clinic
from tests.support.databases import Kind, PostgresStores, Store, Stores
from tests.support.network import close_network
from tests.support.postgres import PostgresServer, running_server

settings.register_profile("checked", max_examples=50, derandomize=True, deadline=None)
settings.register_profile(
    "nightly", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        action="append",
        choices=[kind.value for kind in Kind],
        help="run database tests on this one; may be given twice (default: sqlite)",
    )
    parser.addoption("--browser", action="store_true", help="run the tests in a real Chromium too")


def pytest_configure(config: pytest.Config) -> None:
    close_network()
    if not config.getoption("--hypothesis-profile", default=None):
        settings.load_profile("checked")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "store_kind" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database") or [Kind.SQLITE.value]
        kinds = [kind for kind in Kind if kind.value in chosen]
        metafunc.parametrize(
            "store_kind", kinds, ids=[kind.value for kind in kinds], scope="session"
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--browser"):
        return
    for item in items:
        if item.get_closest_marker("browser") or "chromium_of_this_run" in getattr(
            item, "fixturenames", ()
        ):
            item.add_marker(pytest.mark.skip(reason="needs a real Chromium: give --browser"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server for this run, started when the first test needs it."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def stores(
    store_kind: Kind, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Stores | PostgresStores:
    """Where databases of one kind come from."""
    match store_kind:
        case Kind.SQLITE:
            return Stores(tmp_path_factory.mktemp("stores"))
        case Kind.POSTGRESQL:
            return PostgresStores(server=request.getfixturevalue("postgres_server"))


@pytest.fixture
def empty_store(stores: Stores | PostgresStores) -> Iterator[Store]:
    """A database without tables, on each kind that was asked for."""
    with stores.empty() as store:
        yield store


@pytest.fixture
def store(stores: Stores | PostgresStores) -> Iterator[Store]:
    """A database with all tables and no rows, on each kind that was asked for."""
    with stores.ready() as store:
        yield store


@pytest.fixture
def database(store: Store) -> Iterator[Database]:
    """A fresh database, open as the running program opens it."""
    opened = store.open()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def chromium_of_this_run() -> Iterator[Chromium]:
    """A Chromium for this run."""
    with chromium_of_a_run() as chromium:
        yield chromium


@pytest.fixture
def chromium(chromium_of_this_run: Chromium) -> Browser:
    """A Chromium that runs; each test opens a context of its own in it."""
    return chromium_of_this_run.running()


@pytest.fixture
def clinic(database: Database, tmp_path: Path) -> Iterator[Clinic]:
    """An invented clinic in a fresh database."""
    opened = open_clinic(database, tmp_path)
    yield opened
    opened.close()
