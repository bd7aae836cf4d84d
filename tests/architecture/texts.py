"""Strings that must stand nowhere, or nowhere in some places."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.house import text_files

# Put together here, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(
    "|".join(("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/[a-z]+/", "/opt/" + "pypi"))
)
TEMPLATE_TRAPS = {
    re.compile(r"\|\s*safe\b"): "passes text around the escaping",
    re.compile(r"autoescape\s+false"): "switches the escaping off",
    re.compile(r"\sstyle\s*="): "has an inline style, which the security policy refuses",
    re.compile(
        r"\son[a-z]+\s*=\s*[\"']"
    ): "has an inline script, which the security policy refuses",
    re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))"): "has an inline script",
    re.compile(r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//"): "loads from another host",
}
OTHERS_NAMES = re.compile(r"\bfit_?(?:outcomes)?\b|pcoms", re.IGNORECASE)
PERSON_WORD = re.compile(r"(?:^|_)users?(?:_|$)")


def problems(house: Path) -> list[str]:
    """Return every place that holds what it must not."""
    return [
        *template_problems(house),
        *python_problems(house),
        *path_problems(house),
        *machine_problems(house),
    ]


def template_problems(house: Path) -> Iterator[str]:
    """Yield what would get around escaping or the security policy in a page."""
    for path in text_files(house, under="app"):
        if path.suffix != ".html":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for trap, what in TEMPLATE_TRAPS.items():
                if trap.search(line):
                    yield f"{path.relative_to(house)}:{number} {what}"


def python_problems(house: Path) -> Iterator[str]:
    """Yield calls and names in our Python that are not ours to use."""
    for folder in ("app", "migrations"):
        for path in sorted((house / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                for what in (*call_problems(node), *name_problems(node)):
                    yield f"{path.relative_to(house)}:{getattr(node, 'lineno', 0)} {what}"


def call_problems(node: ast.AST) -> Iterator[str]:
    """Yield SQL or markup that is put together from pieces."""
    if not isinstance(node, ast.Call):
        return
    name = called(node)
    if name == "Markup" and not all(isinstance(a, ast.Constant) for a in node.args):
        yield "makes markup from text that may hold what a person typed"
    if name == "text" and any(isinstance(a, ast.JoinedStr | ast.BinOp) for a in node.args):
        yield "puts SQL together from pieces; pass values as parameters"


def called(node: ast.Call) -> str:
    """Return the last word of what is called."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def name_problems(node: ast.AST) -> Iterator[str]:
    """Yield names that say neither who nor what."""
    match node:
        case (
            ast.FunctionDef(name=name)
            | ast.ClassDef(name=name)
            | ast.arg(arg=name)
            | ast.Name(id=name, ctx=ast.Store())
        ):
            if PERSON_WORD.search(snake(name)):
                yield f"names '{name}'; say who it is: patient, clinician, viewer"
            if "pcoms" in name.lower():
                yield f"names '{name}', another's system"
        case _:
            return


def snake(name: str) -> str:
    """Return a name in small letters with _ between its words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def path_problems(house: Path) -> Iterator[str]:
    """Yield files named after others' systems; fitting a curve is the one thing called `fit`."""
    for path in text_files(house, under="app"):
        stem = path.stem.lower()
        if stem != "fit" and OTHERS_NAMES.search(stem.replace("-", " ")):
            yield f"{path.relative_to(house)} carries the name of another's system"


def machine_problems(house: Path) -> Iterator[str]:
    """Yield paths that only exist on the machine where a line was written."""
    for path in text_files(house):
        if path.suffix in {".lock", ".csv"} or path.name == "Dockerfile":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if MACHINE_PATHS.search(line):
                yield f"{path.relative_to(house)}:{number} names a path of one machine"
