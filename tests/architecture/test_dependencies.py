"""What the program imports is what a machine without the developers' tools will have."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from locks import normal
from tests.architecture.house import HOUSE

COMES_WITH = {"starlette": "fastapi", "pydantic-core": "pydantic"}
"""Packages that another declared one brings and fixes the version of."""


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (name.name.split(".")[0] for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.split(".")[0]
            case _:
                continue


def undeclared(house: Path, *, declared: set[str]) -> list[str]:
    brought_by = packages_distributions()
    found = []
    for path in sorted(
        p for folder in ("app", "migrations") for p in (house / folder).rglob("*.py")
    ):
        for module in set(imports_of(path)) - sys.stdlib_module_names - {"app"}:
            names = {normal(name) for name in brought_by.get(module, [module])}
            names |= {COMES_WITH[name] for name in names if name in COMES_WITH}
            if not names & declared:
                found.append(f"{path.relative_to(house)} imports {module}")
    return found


def test_the_program_imports_only_what_it_declares() -> None:
    pyproject = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))
    ranges = pyproject["project"]["dependencies"]
    declared = {normal(re.split(r"[\[<>=!~ ]", wanted)[0]) for wanted in ranges}

    assert undeclared(HOUSE, declared=declared) == []


def test_an_import_of_a_developers_tool_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text("import fastapi\nimport hypothesis.strategies\n")

    assert undeclared(tmp_path, declared={"fastapi"}) == ["app/main.py imports hypothesis"]
