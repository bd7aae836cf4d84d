"""What the program writes to the log, found where it is written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PARAMETER = "action"
"""What the log calls a thing that was done; functions that pass it on call it so too."""

WORD = re.compile(r"^[a-z]+(_[a-z]+)*$")


def actions(house: Path, *, folder: str = "workflow") -> dict[str, str]:
    """Return every action that a folder of the program writes to the log, with its module."""
    everywhere = {
        name: place
        for tree in trees(house, "workflow").values()
        for name, place in takers(tree).items()
    }
    return {
        word: name
        for name, tree in trees(house, folder).items()
        for word in written_words(tree, {**everywhere, **takers(tree)})
    }


def trees(house: Path, folder: str) -> dict[str, ast.Module]:
    """Return the modules of a folder of the program, read."""
    return {
        path.name: ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted((house / "app" / folder).glob("*.py"))
    }


def takers(tree: ast.Module) -> dict[str, int | None]:
    """Return the functions of a module and where they take the action, if they do."""
    return {
        function.name: place_of_action(function)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
    }


def place_of_action(function: ast.FunctionDef) -> int | None:
    """Return where among its arguments a function takes the action; -1 by name only."""
    positional = [argument.arg for argument in function.args.args]
    if PARAMETER in positional:
        return positional.index(PARAMETER)
    if PARAMETER in [argument.arg for argument in function.args.kwonlyargs]:
        return -1
    return None


def written_words(tree: ast.Module, known: dict[str, int | None]) -> Iterator[str]:
    """Yield the words that are written as actions in a module."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == PARAMETER:
                yield from constants(value)
            case ast.Call():
                name = ast.unparse(node.func).split(".")[-1]
                by_name = [k.value for k in node.keywords if k.arg == PARAMETER]
                place = known.get(name)
                is_placed = place is not None and place >= 0
                by_place = node.args[place:][:1] if is_placed else []
                for value in [*by_name, *by_place]:
                    yield from constants(value)
            case _:
                continue


def constants(value: ast.expr) -> Iterator[str]:
    """Yield the words that an expression can be."""
    match value:
        case ast.Constant(value=str(word)) if WORD.match(word):
            yield word
        case ast.IfExp(body=body, orelse=other):
            yield from constants(body)
            yield from constants(other)
        case _:
            return
