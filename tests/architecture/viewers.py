"""Every read about a person starts from the viewer."""

import ast
from collections.abc import Iterator
from pathlib import Path

PERSONAL = ("people", "episodes", "sessions", "ratings", "flags", "reviews")
"""Modules of `records` whose rows are about persons."""

VIEWER = "Viewer"
MAKES_VIEWERS = "app/workflow/access.py"

WRITES = ("add", "insert", "record")
"""A function that stores a row gives that row back; it looked nothing up."""

EXEMPT: dict[str, str] = {
    "people.organization": "an organization is not a person",
}
"""Functions that need no viewer, each with the reason."""


def problems(house: Path) -> list[str]:
    """Return the reads that do not ask who looks, and the viewers made in the wrong place."""
    modules = {name: house / "app" / "records" / f"{name}.py" for name in PERSONAL}
    trees = {
        name: ast.parse(path.read_text(encoding="utf-8"))
        for name, path in modules.items()
        if path.is_file()
    }
    rows = {row for tree in trees.values() for row in row_classes(tree)}
    found = [
        f"records.{name}.{function.name} gives {ast.unparse(function.returns)} "
        "to nobody in particular"
        for name, tree in trees.items()
        for function in public_functions(tree)
        if function.returns is not None
        and gives_rows(function.returns, rows)
        and not is_allowed(name, function)
    ]
    return [*found, *stray_viewers(house)]


def row_classes(tree: ast.Module) -> Iterator[str]:
    """Yield the classes a module keeps or gives: its tables and its frozen values."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name != VIEWER:
            is_table = any(k.arg == "table" for k in node.keywords)
            is_value = any("dataclass" in ast.unparse(d) for d in node.decorator_list)
            if is_table or is_value:
                yield node.name


def public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Yield the functions that other modules may call."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def gives_rows(returns: ast.expr, rows: set[str]) -> bool:
    """Return whether an annotation holds a class of rows."""
    written = ast.unparse(returns)
    return any(name in rows for name in words_in(written))


def words_in(written: str) -> Iterator[str]:
    """Yield the names in an annotation, also inside quotes."""
    for node in ast.walk(ast.parse(written.replace("'", ""), mode="eval")):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case _:
                continue


def is_allowed(module: str, function: ast.FunctionDef) -> bool:
    """Return whether a function asks who looks, stores, or is exempt for a reason."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    asks = any(a.annotation is not None and VIEWER in ast.unparse(a.annotation) for a in arguments)
    stores = function.name.split("_")[0] in WRITES
    takes_a_row = any(
        a.annotation is not None and ast.unparse(a.annotation) == ast.unparse(function.returns)
        for a in arguments
        if function.returns is not None
    )
    return asks or stores or takes_a_row or f"{module}.{function.name}" in EXEMPT


def stray_viewers(house: Path) -> Iterator[str]:
    """Yield the places that make a viewer of their own."""
    for path in sorted((house / "app").rglob("*.py")):
        name = path.relative_to(house).as_posix()
        if name == MAKES_VIEWERS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == VIEWER:
                yield f"{name}:{node.lineno} makes a viewer; only {MAKES_VIEWERS} may"
