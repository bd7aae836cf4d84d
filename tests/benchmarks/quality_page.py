"""The figures of one period for all teams, beside a plain grouped SELECT over the sessions.

.venv/bin/python -m tests.benchmarks.aggregates quality_page --sessions 1000000

Everything happens on the embedded, encrypted database, in a process of its own that has
done nothing before. What the closed courses came to is kept already, as it is in life after
figures were asked for once. The SELECT goes through the same driver, and its rows are fetched.
"""

import argparse
import datetime as dt
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.instruments import Registry, load_registry
from app.records.engine import Database, enter_organization, open_database
from app.workflow import access, appraise, release
from app.workflow.release import Asked, Gathered, Step
from tests.architecture.house import HOUSE
from tests.benchmarks.large_service import INSTRUMENT, YEARS, fill
from tests.support.clinic import open_clinic
from tests.support.clock import MONDAY
from tests.support.databases import FILE_KEY, KEYS, Stores

SESSIONS: Final = 1_000_000
ROUNDS: Final = 5
MOST_OF_PLAIN: Final = 1.0
MOST_MEGABYTES: Final = 100
PLAIN: Final = """
SELECT episode_id, count(*), min(planned_at), max(planned_at) FROM therapy_session
WHERE org_id = ? AND status = 'attended' GROUP BY episode_id
"""
"""All of it stands in the index ``ix_therapy_session_course``."""
PERIODS: Final = {step: dt.date(YEARS[-2], 1, 1) for step in Step}
"""The first of each kind in a year of the middle, with a year before it and one after."""


@dataclass(frozen=True, slots=True)
class Looker:
    """A quality lead, and what is looked at."""

    database: Database
    registry: Registry
    org_id: int
    staff_id: uuid.UUID

    def gather(self, whole: Step) -> Gathered:
        """Return the figures of all teams in a period, before control."""
        asked = Asked(instrument=INSTRUMENT, first=PERIODS[whole], whole=whole)
        with self.database.writing() as db:
            viewer = self._viewer(db)
            return release.gather(db, viewer, asked=asked, registry=self.registry, now=MONDAY)

    def appraise(self) -> None:
        """Look at the page of the last month."""
        now = dt.datetime.combine(PERIODS[Step.YEAR], dt.time(12), dt.UTC)
        with self.database.writing() as db:
            appraise.appraise(db, self._viewer(db), now=now)

    def _viewer(self, db: Any) -> access.Viewer:  # noqa: ANN401 - a transaction
        viewer = access.viewer_of(db, org_id=self.org_id, staff_id=self.staff_id)
        if viewer is None:
            raise SystemExit("the quality lead is not there")
        enter_organization(db, org_id=self.org_id)
        return viewer


def main(sessions: int = SESSIONS) -> None:
    """Fill a large service and let a process of its own print the figures."""
    with tempfile.TemporaryDirectory() as folder, Stores(Path(folder)).ready() as store:
        database = store.open()
        clinic = open_clinic(database, Path(folder))
        fill(clinic, sessions=sessions)
        lead = clinic.quality_lead
        clinic.close()
        database.close()
        subprocess.run(
            [
                *(sys.executable, "-m", "tests.benchmarks.quality_page", store.url, folder),
                *(str(lead.org_id), lead.staff_id.hex),
            ],
            cwd=HOUSE,
            check=True,
        )


def measure(looker: Looker) -> None:
    """Print times beside the plain SELECT, what control adds, and the memory it takes."""
    database = looker.database
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        if driver is None:
            raise SystemExit("the database has no driver")
        rest = _megabytes("VmRSS")
        for whole in Step:
            looker.gather(whole)
        more = _megabytes("VmHWM") - rest
        print(
            f"the figures of a month, a quarter, a half year and a year held {more:.0f} MB more "
            f"than at rest ({rest:.0f} MB), {_verdict(more < MOST_MEGABYTES)} "
            f"(less than {MOST_MEGABYTES})"
        )
        asked: dict[str, Callable[[], object]] = {
            f"the figures of a {whole.value.replace('_', ' ')} for all teams": _asking(
                looker, whole
            )
            for whole in Step
        }
        asked["the page of the last month"] = looker.appraise
        times: dict[str, list[float]] = {name: [] for name in asked}
        plain: list[float] = []
        # In turns, so that what else the machine does falls on all of them.
        for _ in range(ROUNDS):
            plain.append(_timed(lambda: driver.execute(PLAIN, (looker.org_id,)).fetchall()))
            for name, ask in asked.items():
                times[name].append(_timed(ask))
    least = min(plain)
    print(f"a plain grouped SELECT over the sessions with its covering index: {least:.2f} s")
    for name, taken in times.items():
        ratio = min(taken) / least
        verdict = _verdict(ratio <= MOST_OF_PLAIN)
        print(f"{name}: {min(taken):.2f} s, {ratio:.2f} of it, {verdict} (most {MOST_OF_PLAIN})")
    gathered = looker.gather(Step.MONTH)
    more_time = _timed(lambda: release.draft(gathered))
    print(f"disclosure control of a month's report adds {more_time:.1f} s")


def _asking(looker: Looker, whole: Step) -> Callable[[], object]:
    return lambda: looker.gather(whole)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _verdict(is_reached: bool) -> str:  # noqa: FBT001 - one answer
    return "reached" if is_reached else "NOT REACHED"


def _megabytes(field: str) -> float:
    # Not getrusage: there a process begins with the peak of the one that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in status if line.startswith(f"{field}:"))
    return int(line.split()[1]) / 1e3


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("org_id", type=int)
    parser.add_argument("staff_id", type=uuid.UUID)
    chosen = parser.parse_args()
    opened = open_database(chosen.url, keys=KEYS, file_key=FILE_KEY)
    measure(
        Looker(opened, load_registry(site_folder=chosen.folder), chosen.org_id, chosen.staff_id)
    )
    opened.close()
