"""Sends forms while the server is killed and replies are dropped; counts lost and doubled."""

import argparse
import http.client
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from typing_extensions import override

from app.records import audit
from app.records.engine import enter_organization
from tests.benchmarks.tablets import TABLETS, Form, free_port, prepare, send, start_server
from tests.support.databases import Store, Stores

KILL_EVERY_SECONDS = 2.0
DROPPED_SHARE = 0.1
_GIVE_UP_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found in the database afterwards."""

    sent: int
    kills: int
    dropped: int
    lost: int
    doubled: int
    extra: int
    is_chain_whole: bool

    @override
    def __str__(self) -> str:
        chain = "whole" if self.is_chain_whole else "BROKEN"
        return (
            f"{self.sent} submissions, {self.kills} kills, {self.dropped} replies dropped: "
            f"{self.lost} lost, {self.doubled} doubled, {self.extra} extra, audit chain {chain}"
        )


def main() -> None:
    """Print what was lost and doubled on the embedded database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", type=int, default=1000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Stores(Path(folder)).ready() as store:
        print(run(store, Path(folder), forms=chosen.forms))


def run(
    store: Store,
    folder: Path,
    *,
    forms: int,
    kill_every: float = KILL_EVERY_SECONDS,
    seed: int = 1,
) -> Outcome:
    """Send ``forms`` forms through a server that is killed again and again."""
    waiting = prepare(store, folder, patients=TABLETS * 5, forms_each=-(-forms // (TABLETS * 5)))
    waiting = waiting[:forms]
    storm = _Storm(store, folder, every=kill_every)
    storm.start()
    try:
        with ThreadPoolExecutor(TABLETS) as pool:
            shares = [waiting[number::TABLETS] for number in range(TABLETS)]
            dropped = sum(
                pool.map(lambda pair: _deliver(*pair, port=storm.port), enumerate(shares, seed))
            )
    finally:
        storm.stop()
    return _judge(store, waiting, kills=storm.kills, dropped=dropped)


class _Storm:
    """Keeps a server running, and kills it every so many seconds."""

    def __init__(self, store: Store, folder: Path, *, every: float) -> None:
        self.port = free_port()
        self.kills = 0
        self._store = store
        self._folder = folder
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._rage)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._server = start_server(self._store, self._folder, port=self.port)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def _rage(self) -> None:
        while not self._over.wait(self._every):
            if self._server is not None:
                os.kill(self._server.pid, signal.SIGKILL)
                self._server.wait()
            self.kills += 1
            self._server = start_server(self._store, self._folder, port=self.port)


def _deliver(seed: int, forms: Sequence[Form], *, port: int) -> int:
    """Send each form until it is answered with "stored"; return how many replies were dropped."""
    chance = random.Random(seed)
    dropped = 0
    deadline = time.monotonic() + _GIVE_UP_SECONDS
    for form in forms:
        is_stored = False
        while not is_stored:
            if time.monotonic() > deadline:
                raise TimeoutError("the server did not come back in time")
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                status, _ = send(connection, form, port=port)
                if chance.random() < DROPPED_SHARE:
                    dropped += 1
                    continue
                is_stored = status == 201
                if status not in {201, 500, 503}:
                    raise ValueError(f"a submission was answered with {status}")
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
            finally:
                connection.close()
    return dropped


def _judge(store: Store, forms: Sequence[Form], *, kills: int, dropped: int) -> Outcome:
    database = store.open()
    try:
        with database.reading() as db:
            org_id = db.execute(sa.text("SELECT min(id) FROM organization")).scalar_one()
            enter_organization(db, org_id=org_id)
            keys = [
                str(key).replace("-", "")
                for key in db.execute(sa.text("SELECT submission_key FROM rating")).scalars()
            ]
            _, broken = audit.verify(db, org_id=org_id)
    finally:
        database.close()
    wanted = {form.key.hex for form in forms}
    return Outcome(
        sent=len(forms),
        kills=kills,
        dropped=dropped,
        lost=len(wanted - set(keys)),
        doubled=len(keys) - len(set(keys)),
        extra=len(set(keys) - wanted),
        is_chain_whole=broken is None,
    )


if __name__ == "__main__":
    main()
