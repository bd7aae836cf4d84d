"""Durable submissions a second beside an endpoint that inserts one row, on both databases."""

import argparse
import http.client
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from app.records.engine import open_engine
from tests.benchmarks.serve import BARE
from tests.benchmarks.tablets import TABLETS, Form, prepare, send, serving
from tests.support.databases import PostgresStores, Store, Stores
from tests.support.postgres import APP, running_server

LEAST_RATIO: Final = 0.35
MOST_P99_MS: Final = 50

Sender = Callable[[http.client.HTTPConnection], float]


@dataclass(frozen=True, slots=True)
class Measured:
    """What eight clients saw."""

    per_second: float
    times: Sequence[float]


def main() -> None:
    """Print the ratio and the slowest of a hundred, for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--forms", type=int, default=200, help="submissions a round")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with Stores(path).ready() as store:
            _report("SQLite, synchronous=FULL", store, path, chosen.rounds, chosen.forms)
        with (
            running_server(is_durable=True) as server,
            PostgresStores(server=server).ready() as store,
        ):
            _report("PostgreSQL", store, path, chosen.rounds, chosen.forms)


def _report(name: str, store: Store, folder: Path, rounds: int, forms: int) -> None:
    _make_bare_table(store)
    waiting = list(
        prepare(store, folder, patients=TABLETS * 5, forms_each=-(-rounds * forms // 40))
    )
    waiting.sort(key=lambda form: form.key)
    bare, whole = [], []
    with serving(store, folder) as port:
        _measure(port, _bare_senders(50))
        for number in range(rounds):
            bare.append(_measure(port, _bare_senders(forms)))
            part = waiting[number * forms : (number + 1) * forms]
            whole.append(_measure(port, [_sender(form, port) for form in part]))
    ratio = statistics.median(w.per_second / b.per_second for w, b in zip(whole, bare, strict=True))
    times = sorted(one for measured in whole for one in measured.times)
    p99 = times[int(len(times) * 0.99)] * 1000
    bare_rate = statistics.median(measured.per_second for measured in bare)
    whole_rate = statistics.median(measured.per_second for measured in whole)
    print(
        f"{name}: {whole_rate:.0f} submissions a second, bare insert {bare_rate:.0f}, "
        f"ratio {ratio:.2f} (at least {LEAST_RATIO}); p99 {p99:.0f} ms at {TABLETS} clients "
        f"(under {MOST_P99_MS} ms)"
    )


def _make_bare_table(store: Store) -> None:
    engine = open_engine(store.owner_url, file_key=store.file_key)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE bare (at TEXT NOT NULL, value INTEGER NOT NULL)"))
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"GRANT INSERT ON bare TO {APP}"))
    engine.dispose()


def _bare_senders(count: int) -> list[Sender]:
    return [_send_bare] * count


def _send_bare(connection: http.client.HTTPConnection) -> float:
    began = time.perf_counter()
    connection.request(
        "POST", BARE, body=json.dumps({"value": 1}), headers={"Content-Type": "application/json"}
    )
    response = connection.getresponse()
    response.read()
    if response.status != 201:
        raise SystemExit(f"the bare endpoint answered {response.status}")
    return time.perf_counter() - began


def _sender(form: Form, port: int) -> Sender:
    def send_form(connection: http.client.HTTPConnection) -> float:
        began = time.perf_counter()
        status, answer = send(connection, form, port=port)
        if status != 201:
            raise SystemExit(f"a submission was answered with {status}: {answer}")
        return time.perf_counter() - began

    return send_form


def _measure(port: int, senders: Sequence[Sender]) -> Measured:
    local = threading.local()

    def run(sender: Sender) -> float:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection("127.0.0.1", port)
        return sender(local.connection)

    began = time.perf_counter()
    with ThreadPoolExecutor(TABLETS) as pool:
        times = list(pool.map(run, senders))
    return Measured(per_second=len(senders) / (time.perf_counter() - began), times=times)


if __name__ == "__main__":
    main()
