"""An empty clinic of today on an address of this machine, with a browser beside it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.browser import Site, clinic_of_today, open_site
from tests.support.chromium import running_chromium
from tests.support.databases import Stores


@contextmanager
def site_of_today() -> Iterator[Site]:
    """Serve the clinic for as long as something is measured."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Stores(Path(folder)).ready() as store,
        running_chromium() as chromium,
    ):
        database = store.open()
        with open_site(clinic_of_today(database, Path(folder)), chromium) as site:
            yield site
        database.close()
