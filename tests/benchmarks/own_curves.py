"""Fitting the curve of a site's own patients: time beside a plain read, memory, and the pages.

.venv/bin/python -m tests.benchmarks.own_curves --scores 1000000

Everything happens on the embedded, encrypted database. The job runs in a process of its own as
it does beside ``samklang serve``: one BLAS thread, and behind the pages where processors are few.
"""

import argparse
import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import sqlalchemy as sa
from starlette.testclient import TestClient

from app.clinical.curves import GENERAL_CURVES
from app.instruments import load_registry
from app.records.engine import open_database
from app.workflow import fit, refit
from tests.architecture.house import HOUSE
from tests.support.clinic import Clinic, open_clinic
from tests.support.databases import FILE_KEY, KEYS, Store, Stores
from tests.support.lists import use_curve
from tests.support.many_courses import caseload_of, live

SCORES: Final = 1_000_000
EACH: Final = 7
"""Scores of a patient, the first one included."""
AT_ONCE: Final = 2000
ROUNDS: Final = 30
"""How often each page is opened at rest, before the job and after it."""
PATIENTS_SEEN: Final = 40
INSTRUMENT: Final = "phq-9"
CHANGED_SHARE: Final = 1400
"""One in so many sessions changes in a day: five courses in a thousand."""
MOST_OF_PLAIN: Final = 1.0
MOST_MEGABYTES: Final = 500
MOST_SLOWER: Final = 1.5
ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
PLAIN: Final = "SELECT patient_id, session_id, total FROM rating WHERE instrument = ?"


@dataclass(frozen=True, slots=True)
class Job:
    """What the process of the job has told."""

    seconds: float
    rest: float
    peak: float
    """Megabytes."""
    outcome: str


def main(scores: int = SCORES) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder, Stores(Path(folder)).ready() as store:
        database = store.open()
        clinic = open_clinic(database, Path(folder))
        _fill(clinic, scores=scores)
        _with_pages(clinic, store, folder=folder)
        _beside_plain(clinic)
        clinic.close()
        database.close()


def _fill(clinic: Clinic, *, scores: int) -> None:
    general = next(one for one in GENERAL_CURVES if one.instrument_key == INSTRUMENT)
    use_curve(clinic, general)
    start = clinic.clock.now
    for _ in range(PATIENTS_SEEN):
        clinic.clock.now = start
        clinic.course(clinic.enrol(), [180, 190, 200, 210])
    caseload, left = caseload_of(clinic, instrument=INSTRUMENT), scores // EACH
    while left > 0:
        some = min(left, AT_ONCE)
        live(clinic.database, replace(caseload, seed=left), courses=some, scores=EACH)
        left -= some


def _beside_plain(clinic: Clinic) -> None:
    """Print what a later night takes: the job has read all courses and kept them."""
    n_changed = _a_day_later(clinic)
    with clinic.database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        if driver is None:
            raise SystemExit("the database has no driver")
        plain, n = min(_timed_plain(driver) for _ in range(3))
    compared: list[float] = []
    with patch.object(fit, "_compared", _timed(fit._compared, told=compared)):  # noqa: SLF001 - told apart
        began = time.perf_counter()
        fit.propose(
            clinic.database,
            org_id=clinic.clinician.org_id,
            instrument=clinic.registry.get(INSTRUMENT),
            since=None,
            now=clinic.clock.now,
        )
        whole = time.perf_counter() - began
    alone = whole - sum(compared)
    print(
        f"{n:,} scores in the embedded database, kept since the night before, of which "
        f"{n_changed:,} courses have changed: read, fit and store a proposed curve version "
        f"{alone:.2f} s, a plain fetchall of three columns {plain:.2f} s: {alone / plain:.2f} "
        f"times as long, {_verdict(alone <= MOST_OF_PLAIN * plain)} (most {MOST_OF_PLAIN}); "
        f"the comparison with the curve in force apart: {sum(compared):.2f} s"
    )


def _a_day_later(clinic: Clinic) -> int:
    """Let something change in a few courses, wherever they are; return how many notes that made."""
    with clinic.database.writing() as db:
        some = sa.text(
            "UPDATE therapy_session SET planned_at = planned_at WHERE id IN (SELECT id FROM "
            "therapy_session ORDER BY id LIMIT (SELECT count(*) / :share FROM rating))"
        )
        db.execute(some, {"share": CHANGED_SHARE})
        n: int = db.execute(
            sa.text("SELECT count(DISTINCT episode_id) FROM changed_course")
        ).scalar_one()
    return n


def _timed(whole: Callable[..., Any], *, told: list[float]) -> Callable[..., Any]:
    def timed(*args: object, **more: object) -> object:
        began = time.perf_counter()
        try:
            return whole(*args, **more)
        finally:
            told.append(time.perf_counter() - began)

    return timed


def _timed_plain(driver: Any) -> tuple[float, int]:  # noqa: ANN401 - whatever the driver gives
    began = time.perf_counter()
    n = len(driver.execute(PLAIN, (INSTRUMENT,)).fetchall())
    return time.perf_counter() - began, n


def _with_pages(clinic: Clinic, store: Store, *, folder: str) -> None:
    client = clinic.client(clinic.clinician)
    before = [time for _ in range(ROUNDS) for time in _open(client)]
    beside = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.benchmarks.own_curves"),
            *("--job", store.url, "--folder", folder, "--now", clinic.clock.now.isoformat()),
        ],
        cwd=HOUSE,
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.PIPE,
        text=True,
    )
    during: list[float] = []
    while beside.poll() is None:
        during += _open(client)
    told = beside.stdout.read() if beside.stdout else ""
    job = Job(**json.loads(told))
    after = [time for _ in range(ROUNDS) for time in _open(client)]
    rest, busy = _p95([*before, *after]), _p95(during)
    more = job.peak - job.rest
    print(
        f"the first nightly job ({job.outcome}), that reads all and keeps it, took "
        f"{job.seconds:.1f} s and held {more:.0f} MB more "
        f"than at rest ({job.rest:.0f} MB), {_verdict(more <= MOST_MEGABYTES)} "
        f"(most {MOST_MEGABYTES})"
    )
    verdict = _verdict(busy <= MOST_SLOWER * rest)
    print(
        f"pages meanwhile: p95 {1000 * busy:.1f} ms of {len(during)}, at rest "
        f"{1000 * rest:.1f} ms: {busy / rest:.2f} times, {verdict} (most {MOST_SLOWER})"
    )


def _open(client: TestClient) -> Iterator[float]:
    for address in ("/", "/?part=all"):
        began = time.perf_counter()
        if client.get(address).status_code != 200:
            raise SystemExit(f"{address} was not answered")
        yield time.perf_counter() - began


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _verdict(is_reached: bool) -> str:  # noqa: FBT001 - one answer
    return "reached" if is_reached else "NOT REACHED"


def _job(url: str, *, folder: Path, now: dt.datetime) -> None:
    """Run the nightly job as the process beside the server does, and tell what it took."""
    os.nice(10)
    database = open_database(url, keys=KEYS, file_key=FILE_KEY)
    registry = load_registry(site_folder=folder)
    rest, began = _megabytes("VmRSS"), time.perf_counter()
    done = refit.run_if_due(database, registry=registry, now=now)
    told = {
        "seconds": time.perf_counter() - began,
        "rest": rest,
        "peak": _megabytes("VmHWM"),
        "outcome": ", ".join(f"{one.instrument} {one.outcome.value}" for one in done or ()),
    }
    print(json.dumps(told))


def _megabytes(field: str) -> float:
    # Not getrusage: there a process begins with the peak of the one that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in status if line.startswith(f"{field}:"))
    return int(line.split()[1]) / 1e3


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=int, default=SCORES)
    parser.add_argument("--job")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--now", type=dt.datetime.fromisoformat)
    chosen = parser.parse_args()
    if chosen.job:
        _job(chosen.job, folder=chosen.folder, now=chosen.now)
    else:
        main(chosen.scores)
