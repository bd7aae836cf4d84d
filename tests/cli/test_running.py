"""``samklang up`` as a person starts it: in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path

import pytest

from app.workflow.sign_in import PASSWORD_TO_TRY

HOUSE = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Started:
    """A program that serves."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, Message]:
        """Ask for a page; return status and headers."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as browser:
            browser.request("GET", path)
            with browser.getresponse() as answer:
                answer.read()
                return answer.status, answer.headers

    def said(self) -> str:
        """Return everything that it has written."""
        return self.log.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which ``up`` has been run once."""
    folder = tmp_path_factory.mktemp("house") / "data"
    with started(folder, "up"):
        pass
    return folder


@pytest.fixture
def running(folder: Path) -> Iterator[Started]:
    """The program, started again in the same folder."""
    with started(folder, "up") as program:
        yield program


@contextmanager
def started(folder: Path, command: str) -> Generator[Started]:
    port, log = free_port(), folder.with_name(f"{free_port()}.log")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", command],
            cwd=HOUSE,
            env=environment(folder, port),
            stdout=file,
            stderr=file,
        )
    program = Started(process=process, port=port, log=log)
    try:
        wait_until(lambda: answers(program), program)
        yield program
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE_SECONDS)


def environment(folder: Path, port: int) -> dict[str, str]:
    return os.environ | {"SAMKLANG_DATA_DIR": str(folder), "SAMKLANG_PORT": str(port)}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def answers(program: Started) -> bool:
    try:
        socket.create_connection(("127.0.0.1", program.port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(is_so: Callable[[], bool], program: Started) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline or program.process.poll() is not None:
            pytest.fail(program.said())
        time.sleep(0.1)


def jobs_of(program: Started) -> list[int]:
    """Return the processes that this one has started."""
    path = Path(f"/proc/{program.process.pid}/task/{program.process.pid}/children")
    return [int(pid) for pid in path.read_text(encoding="ascii").split()]


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_sign_ins_to_try_are_printed_and_kept(folder: Path, running: Started) -> None:
    first = next(log for log in folder.parent.glob("*.log") if log != running.log)

    said = running.said()

    assert "Filling an invented municipality" in first.read_text(encoding="utf-8")
    assert "Filling an invented municipality" not in said
    assert f"all with the password {PASSWORD_TO_TRY}" in said
    assert "kari@solvik.example    Clinician, Solvik kommune (oppdiktet)" in said
    assert f"Samklang is at http://127.0.0.1:{running.port}" in said


def test_pages_are_served_without_telling_what_serves_them(running: Started) -> None:
    status, headers = running.get("/sign-in")

    assert status == 200
    assert headers["Server"] is None
    assert headers["Cache-Control"] == "no-store"


def test_the_log_holds_no_query(running: Started) -> None:
    running.get("/tablets?code=BCDF-GHJK")
    wait_until(lambda: "/tablets" in running.said(), running)

    entries = [json.loads(line) for line in running.said().splitlines() if line.startswith("{")]

    assert "BCDF" not in running.said()
    (asked,) = [entry for entry in entries if entry.get("path") == "/tablets"]
    assert sorted(asked) == ["at", "event", "level", "method", "path", "status"]


def test_a_second_program_on_the_same_port_says_what_to_do(folder: Path, running: Started) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "app.cli", "serve"],
        cwd=HOUSE,
        env=environment(folder, running.port),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )

    assert second.returncode == 2
    assert second.stderr.startswith(f"samklang: port {running.port} on 127.0.0.1 cannot be used")
    assert "set SAMKLANG_PORT to another one" in second.stderr
    assert "Traceback" not in second.stderr


def test_the_daily_watch_ends_with_the_program_that_started_it(running: Started) -> None:
    wait_until(lambda: len(jobs_of(running)) == 1, running)
    (job,) = jobs_of(running)

    running.process.kill()
    running.process.wait()

    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_alive(job) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_alive(job)


def test_a_program_that_is_told_to_stop_ends_in_peace(running: Started) -> None:
    running.process.send_signal(signal.SIGTERM)

    running.process.wait(timeout=PATIENCE_SECONDS)

    assert running.process.returncode in {0, -signal.SIGTERM}
    assert "Traceback" not in running.said()
