"""What tests take from the front end's packages."""

import subprocess
from pathlib import Path

from setup import FRONTEND, find_npm, node_environment


class NoPackagesError(RuntimeError):
    """The front end's packages are not installed."""


def axe_source() -> str:
    """Return axe, the accessibility checker, as one script to put into a page."""
    path = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        raise NoPackagesError(f"{path.name} is missing; run `make check` or `make test` once")
    return path.read_text(encoding="utf-8")


def run_script(script: Path, *arguments: str) -> str:
    """Run a script of the front end with Node; return what it printed."""
    npm = find_npm()
    done = subprocess.run(
        [*npm, "exec", "--", "node", str(script), *arguments],
        cwd=FRONTEND,
        env=node_environment(npm),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout
