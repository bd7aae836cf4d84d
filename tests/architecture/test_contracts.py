"""Who may import whom, and that the lanes get their contracts the day they open."""

import subprocess
import sys
import tomllib

from tests.architecture.house import HOUSE

LANES = {
    "app/clinical/aggregates.py": "app.clinical.aggregates",
    "app/records/research_courses.py": "app.records.research_courses",
    "app/records/surveys.py": "app.records.surveys",
}
"""Modules that only a named few may import, once they exist."""


def test_nothing_imports_what_it_may_not() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "importlinter.cli", "lint"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_aggregates_and_anonymous_answers_are_protected_as_soon_as_they_exist() -> None:
    pyproject = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    protected = {name for c in contracts for name in c.get("protected_modules", [])}

    unprotected = [m for path, m in LANES.items() if (HOUSE / path).exists() and m not in protected]

    assert unprotected == []
