"""Worklist and patient page with 1,000,000 ratings stored, beside the same with 10,000."""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from starlette.testclient import TestClient

from app.clinical.simulate import SYNTHETIC_CURVE
from app.records import curves
from app.records.engine import Database, enter_organization
from tests.benchmarks.fill import fill
from tests.support.clinic import Clinic, open_clinic
from tests.support.databases import Stores

CASELOAD = 200
SESSIONS = 30
ROUNDS = 40
MOST_STATEMENTS = 12
MOST_TIMES_SLOWER = 1.5


@dataclass(frozen=True, slots=True)
class Side:
    """A clinic of one size, with a browser in it."""

    clinic: Clinic
    client: TestClient
    pages: dict[str, str]


def main() -> None:
    """Print statements and the ratio of server times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stores = Stores(Path(folder))
        with stores.ready() as one, stores.ready() as other:
            small = _side(one.open(), Path(folder), ratings=chosen.small)
            large = _side(other.open(), Path(folder), ratings=chosen.ratings)
            for name in small.pages:
                _report(name, small, large, chosen.ratings, chosen.small)


def _side(database: Database, folder: Path, *, ratings: int) -> Side:
    clinic = open_clinic(database, folder)
    with database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        curves.add(db, SYNTHETIC_CURVE, org_id=clinic.clinician.org_id, now=clinic.clock.now)
    start = clinic.clock.now
    patients = [clinic.enrol() for _ in range(CASELOAD)]
    for patient in patients[1:]:
        clinic.clock.now = start
        clinic.course(patient, [180, 190, 200])
    clinic.clock.now = start
    clinic.course(patients[0], [180 + 3 * session for session in range(SESSIONS)])
    fill(clinic, ratings=ratings)
    pages = {"worklist": "/", "patient page": f"/patients/{patients[0].patient_id}"}
    return Side(clinic, clinic.client(clinic.clinician), pages)


def _report(name: str, small: Side, large: Side, ratings: int, few: int) -> None:
    times: dict[str, list[float]] = {"small": [], "large": []}
    for _ in range(ROUNDS):
        for label, side in (("small", small), ("large", large)):
            began = time.perf_counter()
            response = side.client.get(side.pages[name])
            times[label].append(time.perf_counter() - began)
            if response.status_code != 200:
                raise SystemExit(f"{name} answered {response.status_code}")
    here, there = (statistics.median(times[label]) for label in ("small", "large"))
    print(
        f"{name}: {_statements(small, name)} statements with {few:,} ratings, "
        f"{_statements(large, name)} with {ratings:,} (at most {MOST_STATEMENTS}); "
        f"median {here * 1000:.1f} ms and {there * 1000:.1f} ms, ratio {there / here:.2f} "
        f"(at most {MOST_TIMES_SLOWER})"
    )


def _statements(side: Side, name: str) -> int:
    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    sa.event.listen(side.clinic.database.engine, "before_cursor_execute", note)
    side.client.get(side.pages[name])
    sa.event.remove(side.clinic.database.engine, "before_cursor_execute", note)
    return sum(not statement.startswith("BEGIN") for statement in seen)


if __name__ == "__main__":
    main()
