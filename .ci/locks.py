"""Make the lock files, or check that they are in step with pyproject.toml.

    python .ci/locks.py make     resolve anew (needs uv and a package registry)
    python .ci/locks.py check    no network: names what is out of step

A lock file holds exact versions and hashes and no address, so that any mirror
will do and none is written down here.
"""

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
SETTLING_DAYS = 7
"""A release younger than this is not taken: most bad ones are withdrawn within days."""

EARLY = {"fastapi": date(2026, 11, 19)}
"""Releases taken before they settled: 0.165.0 is the first with `max_body_size`."""

PINNED = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
ADDRESS = re.compile(r"://|^\s*--(?:index-url|extra-index-url|find-links)|\bfile:")
STAMP = re.compile(r"^# dependencies sha256: (?P<digest>[0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file: what goes into it besides, or instead of, the program's own needs."""

    file: str
    groups: tuple[str, ...]
    has_program: bool


LOCKS = (
    Lock(file="requirements.lock", groups=("build",), has_program=True),
    Lock(file="requirements-dev.lock", groups=("build", "dev"), has_program=True),
    Lock(file="requirements-node.lock", groups=("node",), has_program=False),
)


def wanted(house: Path, lock: Lock) -> list[str]:
    """Return the ranges in pyproject.toml that a lock file has to satisfy."""
    pyproject = tomllib.loads((house / "pyproject.toml").read_text(encoding="utf-8"))
    ranges: list[str] = list(pyproject["project"]["dependencies"]) if lock.has_program else []
    for group in lock.groups:
        ranges += pyproject["dependency-groups"][group]
    return sorted(ranges)


def digest(ranges: list[str]) -> str:
    """Return the fingerprint that ties a lock file to the ranges it was made from."""
    return hashlib.sha256(json.dumps(ranges).encode()).hexdigest()


def make(house: Path, *, today: date) -> None:
    """Resolve every lock file anew."""
    for lock in LOCKS:
        ranges = wanted(house, lock)
        pins = resolve(ranges, not_after=today - timedelta(days=SETTLING_DAYS))
        heading = (
            "# Made by `make lock` from pyproject.toml; do not edit.\n"
            f"# dependencies sha256: {digest(ranges)}\n"
        )
        (house / lock.file).write_text(heading + pins, encoding="utf-8")
        print(f"{lock.file}: {pins.count('==')} packages")


def resolve(ranges: list[str], *, not_after: date) -> str:
    """Return pinned requirements with hashes for every platform and Python we support."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--universal"]
    command += ["--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate"]
    # With extras in the pins, or pip looks beside the lock file for "coverage[toml]" and refuses.
    command += ["--no-strip-extras"]
    command += ["--exclude-newer", not_after.isoformat(), "--quiet"]
    for name, day in EARLY.items():
        command += ["--exclude-newer-package", f"{name}={max(day, not_after).isoformat()}"]
    done = subprocess.run(
        command, input="\n".join(ranges), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"the lock files could not be made; uv says:\n{done.stderr}")
    return done.stdout


def problems(house: Path) -> list[str]:
    """Return what is wrong with the lock files, in sentences; empty when all is well."""
    found: list[str] = []
    for lock in LOCKS:
        path = house / lock.file
        if not path.is_file():
            found.append(f"{lock.file} is missing; run `make lock`")
            continue
        found += problems_in(
            path.read_text(encoding="utf-8"), lock=lock, ranges=wanted(house, lock)
        )
    return [*found, *disagreements(house), *npm_problems(house / "frontend" / "package-lock.json")]


def problems_in(text: str, *, lock: Lock, ranges: list[str]) -> list[str]:
    """Return what is wrong with one lock file of Python packages."""
    found: list[str] = []
    stamp = STAMP.search(text)
    if stamp is None or stamp["digest"] != digest(ranges):
        found.append(f"{lock.file} was not made from the ranges in pyproject.toml; run `make lock`")
    found += [
        f"{lock.file}:{number} holds an address; run `make lock`"
        for number, line in enumerate(text.splitlines(), start=1)
        if ADDRESS.search(line)
    ]
    pins = [match for line in text.splitlines() if (match := PINNED.match(line))]
    names = Counter(normal(pin["name"]) for pin in pins)
    found += [
        f"{lock.file} pins {name} {times} times" for name, times in names.items() if times > 1
    ]
    found += [
        f"{lock.file} has no hash for {normal(block.split('==')[0])}"
        for block in re.split(r"\n(?=[A-Za-z0-9])", text)
        if PINNED.match(block) and "--hash=sha256:" not in block
    ]
    return found


def disagreements(house: Path) -> list[str]:
    """Return the packages that two lock files pin to different versions."""
    first: dict[str, tuple[str, str]] = {}
    found: list[str] = []
    for lock in LOCKS:
        path = house / lock.file
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            if pin := PINNED.match(line):
                file, version = first.setdefault(normal(pin["name"]), (lock.file, pin["version"]))
                if version != pin["version"]:
                    found.append(
                        f"{normal(pin['name'])} is {version} in {file} and "
                        f"{pin['version']} in {lock.file}; run `make lock`"
                    )
    return found


def npm_problems(path: Path) -> list[str]:
    """Return what is wrong with the front end's lock file."""
    if not path.is_file():
        return [f"{path.name} is missing; run `npm install` in frontend/"]
    packages: dict[str, dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))[
        "packages"
    ]
    outside = {name: entry for name, entry in packages.items() if name}
    found = [
        f"{path.name}: {name} holds an address" for name, e in outside.items() if "resolved" in e
    ]
    found += [
        f"{path.name}: {name} has no hash" for name, e in outside.items() if "integrity" not in e
    ]
    for name, entry in packages.items():
        optional = entry.get("optionalDependencies", {})
        # npm leaves out what its registry lacked that day; `npm ci` then fails for everyone.
        found += [
            f"{path.name}: {name} wants {other}, which is not locked; take a version that has it"
            for other in (optional if isinstance(optional, dict) else {})
            if not any(locked.endswith(f"node_modules/{other}") for locked in packages)
        ]
    return found


def normal(name: str) -> str:
    """Return a package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Run the part that was asked for."""
    match sys.argv[1:]:
        case ["make"]:
            make(HOUSE, today=datetime.now(tz=UTC).date())  # noqa: TID251 - a script's edge
        case ["check"]:
            found = problems(HOUSE)
            print("\n".join(found) if found else "lock files are in step")
            sys.exit(1 if found else 0)
        case given:
            sys.exit(f"locks.py got {given}; it knows `make` and `check`")


if __name__ == "__main__":
    main()
