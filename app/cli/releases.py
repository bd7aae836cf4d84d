"""Releases that are out, read back in the form in which `samklang control` prints them."""

import json
from pathlib import Path
from typing import NoReturn

from app.cli.tables import LARGEST, TableError
from app.clinical.disclosure_earlier import Published

_MOST_BYTES = 256 * 1024 * 1024
_FORM = (
    'give what this command printed with --json: {"cells": [{"dims": {"unit": "north"}, "n": 12}]}'
)


def read_release(path: Path) -> Published:
    """Read one release. One that was refused has never left, and tells nothing."""
    size = path.stat().st_size
    if size > _MOST_BYTES:
        _refuse(path, f"has {size} bytes, and {_MOST_BYTES} are allowed")
    try:
        release = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        _refuse(path, "is no JSON")
    if not isinstance(release, dict) or not isinstance(release.get("cells"), list):
        _refuse(path, "is no release: it has no list 'cells'")
    numbers: dict[frozenset[tuple[str, str]], int | None] = {}
    for place, cell in enumerate(release["cells"], start=1):
        dims, n = _cell(path, place, cell)
        if dims in numbers:
            _refuse(path, f"cell {place} is there twice")
        numbers[dims] = n
    if release.get("refused") is not None:
        return Published(numbers={})
    return Published(numbers=numbers)


def _cell(path: Path, place: int, cell: object) -> tuple[frozenset[tuple[str, str]], int | None]:
    if not isinstance(cell, dict) or not isinstance(cell.get("dims"), dict) or "n" not in cell:
        _refuse(path, f"cell {place} lacks 'dims' or 'n'")
    dims, n = cell["dims"], cell["n"]
    if not all(isinstance(label, str) and label for label in dims.values()):
        _refuse(path, f"cell {place} has a value in 'dims' that is no text")
    if n is not None and (type(n) is not int or not 0 <= n <= LARGEST):
        _refuse(path, f"cell {place} has an 'n' that is neither null nor a whole number from 0")
    return frozenset(dims.items()), n


def _refuse(path: Path, problem: str) -> NoReturn:
    raise TableError(path.name, problem=problem, allowed=_FORM)
