"""The story table of the README, read as data."""

import re
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("clinical", "workflow", "records", "web")
"""The folders that the table's last four columns speak of, in order."""

STORYLESS: dict[str, set[str] | None] = {
    "clinical": {
        *("calibration", "rule_bench", "simulate"),
        *("disclosure", "disclosure_attack", "disclosure_cover", "disclosure_earlier"),
        *("disclosure_figures", "disclosure_sensitive"),
        *("disclosure_grid", "disclosure_moves", "disclosure_optimum", "disclosure_protect"),
        "disclosure_shape",
    },
    "workflow": {
        *("access", "find", "limit", "refusals"),
        *("employ", "prove", "secure", "sign_in"),
        *("administer", "back_up", "oversee", "pair", "recognize", "recount"),
        *("journal", "read_history", "read_table"),
    },
    "records": {
        *("base", "encryption", "engine", "schema", "visibility"),
        *("copies", "jobs", "organizations", "staff", "tablets"),
    },
    "web": None,
}
"""Modules with a part in no step: doors, keys and housekeeping. Pages need not all be named."""

MODULE = re.compile(r"`([a-z_]+)`")


@dataclass(frozen=True, slots=True)
class Step:
    """One row: the step and the modules it names, by folder."""

    title: str
    modules: dict[str, tuple[str, ...]]


def read_story(readme: str) -> list[Step]:
    """Return the rows of the story table; none when the README has no such table."""
    rows = [line for line in readme.splitlines() if re.match(r"^\|\s*(\d+|–)\s*\|", line)]
    return [read_row(row) for row in rows]


def read_row(row: str) -> Step:
    """Return one row of the table."""
    cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
    named = (tuple(MODULE.findall(cell)) for cell in cells[2:])
    return Step(title=cells[1], modules=dict(zip(COLUMNS, named, strict=True)))


def problems(house: Path) -> list[str]:
    """Return where the story and the tree tell different things."""
    readme = house / "README.md"
    steps = read_story(readme.read_text(encoding="utf-8")) if readme.is_file() else []
    if not steps:
        return ["README.md has no story table"]
    found: list[str] = []
    for folder in COLUMNS:
        there = {path.stem for path in (house / "app" / folder).glob("*.py")} - {"__init__"}
        told = {module for step in steps for module in step.modules[folder]}
        found += [f"the story names {folder}.{name}, which is not there" for name in told - there]
        apart = STORYLESS[folder]
        if apart is not None:
            untold = there - told - apart
            found += [f"{folder}.{name} is in no step of the story" for name in untold]
    return sorted(found)
