"""Run every check and every test; count what failed instead of stopping at the first.

python .ci/gates.py check         format, lint, types, contracts, words, schema, locks
python .ci/gates.py test          all tests
python .ci/gates.py check test    both
python .ci/gates.py check:mypy    one gate, by its name
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from setup import FRONTEND, HOUSE, VENV, find_npm, node_environment

BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(BIN / "python")


@dataclass(frozen=True, slots=True)
class Gate:
    """One command that must succeed."""

    kind: str
    name: str
    command: tuple[str, ...]
    is_npm: bool = False
    most_minutes: int = 10
    """What hangs is ended, so that the other gates still get their turn within the hour."""


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """Return the command of a tool of the environment."""
    return (str(BIN / name), *arguments)


IN_TURNS = ("-n", "2", "--dist", "worksteal")
"""Two at once; whoever is done first takes over what waits behind a long test."""

WITHOUT_BROWSER = ("--ignore=tests/architecture", "--ignore=tests/browser")

ON_POSTGRESQL = (
    *("tests/records", "tests/workflow", "tests/story", "tests/faults", "tests/cli"),
    *(
        f"tests/web/test_{name}.py"
        for name in (
            *("every_route", "who_sees_patients", "hostile_input", "flags_off"),
            *("kiosk_ratings", "kiosk_races", "many_at_once", "sign_in_limits"),
            *("worklist", "reviews", "supervision", "releases", "release_files"),
        )
    ),
)
"""What a second database can break: queries, walls, locks, turns; each page for each person.

Words and layout of a page do not hang on the database. All of it, before a release:
`pytest -n 2 --database postgresql -k postgresql tests`.
"""

GATES = (
    Gate("check", "format", tool("ruff", "format", "--check", "--quiet", ".")),
    Gate("check", "lint", tool("ruff", "check", "--quiet", ".")),
    Gate("check", "types", tool("mypy")),
    Gate("check", "imports", tool("lint-imports", "--no-logo")),
    Gate("check", "words", (PYTHON, "-m", "tests.architecture.translations")),
    Gate("check", "schema", (PYTHON, "-m", "tests.architecture.in_step")),
    Gate("check", "locks", (PYTHON, ".ci/locks.py", "check")),
    Gate("check", "house", tool("pytest", "-q", "tests/architecture")),
    Gate("check", "typescript", ("exec", "--", "tsc", "--noEmit"), is_npm=True),
    Gate("check", "biome", ("exec", "--", "biome", "ci", "."), is_npm=True),
    Gate(
        "test",
        "tests",
        tool(
            *("pytest", *IN_TURNS, *WITHOUT_BROWSER, "--database", "sqlite"),
            *("--cov=app.clinical", "--cov=app.workflow", "--cov-report="),
        ),
        most_minutes=40,
    ),
    Gate("test", "coverage", tool("coverage", "report", "--fail-under=98")),
    Gate(
        "test",
        "postgresql",
        tool(
            *("pytest", *IN_TURNS, *ON_POSTGRESQL),
            *("--database", "postgresql", "-k", "postgresql and not machine_thinks"),
        ),
        most_minutes=30,
    ),
    Gate(
        "test",
        "browser",
        tool(
            *("pytest", *IN_TURNS, "--browser", "tests/browser"),
            *("--database", "sqlite", "--database", "postgresql"),
        ),
        most_minutes=45,
    ),
    Gate("test", "frontend", ("exec", "--", "vitest", "run"), is_npm=True),
)


def passes(gate: Gate) -> bool:
    """Run one gate and say how it went."""
    command, folder, environment = list(gate.command), HOUSE, dict(os.environ)
    if gate.is_npm:
        npm = find_npm()
        command, folder, environment = [*npm, *command], FRONTEND, node_environment(npm)
    print(f"--- {gate.kind}:{gate.name}", flush=True)
    started = time.monotonic()
    try:
        succeeded = run(command, folder=folder, environment=environment, gate=gate)
    except FileNotFoundError:
        print(f"{command[0]} is not installed")
        succeeded = False
    verdict = "ok" if succeeded else f"FAILED; again alone: make {gate.kind} only={gate.name}"
    print(f"--- {gate.kind}:{gate.name} {verdict} ({time.monotonic() - started:.0f} s)", flush=True)
    return succeeded


def run(command: list[str], *, folder: Path, environment: dict[str, str], gate: Gate) -> bool:
    """Run a command; when it takes too long, end it and all that it started."""
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True) as running:
        try:
            return running.wait(timeout=60 * gate.most_minutes) == 0
        except subprocess.TimeoutExpired:
            print(f"{gate.name} is ended: it took more than {gate.most_minutes} minutes")
            return False
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)


def chosen(words: list[str]) -> list[Gate]:
    """Return the gates that the words name, in order."""
    known = {gate.kind for gate in GATES} | {f"{gate.kind}:{gate.name}" for gate in GATES}
    if not words or set(words) - known:
        sys.exit(f"gates.py got {words}; it knows {', '.join(sorted(known))}")
    return [g for g in GATES if g.kind in words or f"{g.kind}:{g.name}" in words]


def main() -> None:
    """Run the chosen gates; the exit code is 1 when any failed."""
    gates = chosen(sys.argv[1:])
    failed = [f"{gate.kind}:{gate.name}" for gate in gates if not passes(gate)]
    if failed:
        print(f"failed: {', '.join(failed)}")
    print(f"gates: {len(gates) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
