"""See to it that the machine has what tests need: PostgreSQL, Chromium, Pango, LibreOffice.

On Debian, as root, what is missing is installed from Debian's own packages.
Elsewhere the message says what to install.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

DEBIAN_POSTGRESQL = Path("/usr/lib/postgresql")


PANGO = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
"""Libraries that a PDF is made with."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that tests use, and the Debian packages that bring it."""

    name: str
    packages: tuple[str, ...]
    elsewhere: str
    find: Callable[[], object]
    is_must: bool = True
    """Without it tests cannot run; else those that use it are skipped with a word."""

    def is_here(self) -> bool:
        """Return whether the machine has it."""
        return bool(self.find())


def find_postgresql() -> Path | None:
    """Return the folder with `initdb` and `pg_ctl`: the newest Debian has, else from the PATH."""
    folders = [folder / "bin" for folder in DEBIAN_POSTGRESQL.glob("*")]
    folders.sort(key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0)
    if on_path := shutil.which("initdb"):
        folders.insert(0, Path(on_path).resolve().parent)
    complete = [f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()]
    return complete[-1] if complete else None


def find_chromium() -> str | None:
    """Return the program file of a Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    given = os.environ.get("CHROME_BIN")
    return given or next((found for name in names if (found := shutil.which(name))), None)


def find_pango() -> bool:
    """Return whether all libraries for a PDF are there."""
    return all(find_library(name) for name in PANGO)


def find_office() -> str | None:
    """Return the program file of LibreOffice."""
    return shutil.which("soffice")


NEEDS = (
    Need(
        name="PostgreSQL server",
        packages=("postgresql",),
        elsewhere="install PostgreSQL 15 or newer so that `initdb` and `pg_ctl` are on the PATH",
        find=find_postgresql,
    ),
    Need(
        name="Chromium",
        packages=("chromium",),
        elsewhere="install Chromium or Chrome, or set CHROME_BIN to its program file",
        find=find_chromium,
    ),
    Need(
        name="Pango",
        packages=("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
        elsewhere="install Pango 1.44 or newer, with Brew: `brew install pango`",
        find=find_pango,
    ),
    Need(
        name="LibreOffice Calc",
        packages=("libreoffice-calc-nogui",),
        elsewhere="install LibreOffice so that `soffice` is on the PATH",
        find=find_office,
        is_must=False,
    ),
)


def main() -> None:
    """Install what is missing, or say what to install."""
    missing = [need for need in NEEDS if not need.is_here()]
    if not missing:
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        install([package for need in missing for package in need.packages])
    for need in missing:
        if not need.is_here():
            print(f"{need.name} is missing. On Debian or Ubuntu, as root:")
            print(f"    apt-get update && apt-get install -y {' '.join(need.packages)}")
            print(f"Elsewhere: {need.elsewhere}.")
    sys.exit(any(need.is_must and not need.is_here() for need in missing))


def install(packages: list[str]) -> None:
    """Install Debian packages; a failure shows when the need is looked at again."""
    print(f"samklang: installing {' and '.join(packages)} for the tests", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-qq", *arguments], env=environment, check=False)


if __name__ == "__main__":
    main()
