"""A module that nobody can hold in the head is split before it is committed."""

from pathlib import Path

from tests.architecture.house import HOUSE

MOST_LINES = 400
FOLDERS = ("app", "tests", ".ci")
"""Migrations are exempt: they are read once and never changed."""


def too_long(house: Path) -> list[str]:
    found = []
    for folder in FOLDERS:
        for path in sorted((house / folder).rglob("*.py")):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > MOST_LINES:
                found.append(f"{path.relative_to(house)} has {lines} lines; {MOST_LINES} at most")
    return found


def test_no_module_is_longer_than_400_lines() -> None:
    assert too_long(HOUSE) == []


def test_a_module_of_401_lines_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "long.py").write_text("\n" * 401, encoding="utf-8")
    (tmp_path / "app" / "fits.py").write_text("\n" * 400, encoding="utf-8")

    assert too_long(tmp_path) == ["app/long.py has 401 lines; 400 at most"]
