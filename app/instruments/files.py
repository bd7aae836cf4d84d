"""Reads definition and text files, and says exactly what is wrong with one."""

import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.clinical.form_texts import Definition

LARGEST_FILE = 1024 * 1024
"""Bytes. The longest form known here is some 30 kB; a megabyte is a mistake or an attack."""

MOST_DOTS_IN_A_LINE = 200
"""Each dot in a TOML key is one more nested table, at a cost that grows with the square."""

_SHORT_ENOUGH_TO_REPEAT = 40
_FIELDS = "what app/instruments/README.md lists"

Model = TypeVar("Model", bound=Definition)


class InstrumentFileError(ValueError):
    """A definition or text file is wrong."""

    def __init__(self, *, file: str, field: str, problem: str, allowed: str) -> None:
        self.file = file
        self.field = field
        self.problem = problem
        self.allowed = allowed
        where = f"{file}, {field}" if field else file
        super().__init__(f"{where}: {problem}; allowed: {allowed}. Mend the file and try again.")


def read(path: Path) -> bytes:
    """Return a file's bytes, or say that it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InstrumentFileError(
            file=path.name,
            field="",
            problem=f"cannot be read ({error.strerror})",
            allowed="a file that the program may read",
        ) from error


def decoded(raw: bytes, *, file: str) -> str:
    """Return the text of a file of reasonable size in UTF-8."""
    if len(raw) > LARGEST_FILE:
        raise InstrumentFileError(
            file=file,
            field="",
            problem="is larger than the limit",
            allowed=f"at most {LARGEST_FILE} bytes",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InstrumentFileError(
            file=file,
            field="",
            problem=f"byte {error.start} is not UTF-8",
            allowed="text saved as UTF-8",
        ) from error


def parse_toml(raw: bytes, *, file: str) -> dict[str, object]:
    """Return the tables of a TOML file."""
    text = decoded(raw, file=file)
    if any(line.count(".") > MOST_DOTS_IN_A_LINE for line in text.splitlines()):
        raise InstrumentFileError(
            file=file,
            field="",
            problem=f"a line holds more than {MOST_DOTS_IN_A_LINE} dots",
            allowed="plain tables and short lines",
        )
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, ValueError, ArithmeticError, RecursionError) as error:
        raise _not_readable(error, file=file, form="TOML") from error


def parse_json(raw: bytes, *, file: str) -> object:
    """Return what a JSON file holds; repeated names, NaN and Infinity are refused."""
    try:
        return json.loads(
            decoded(raw, file=file),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_named_once,
        )
    except InstrumentFileError:
        raise
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise _not_readable(error, file=file, form="JSON") from error


def checked(model: type[Model], content: object, *, file: str) -> Model:
    """Return content as a checked definition, or say what is wrong first."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise _first_trouble(error, file=file) from error


def _not_readable(error: Exception, *, file: str, form: str) -> InstrumentFileError:
    reason = "is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
    return InstrumentFileError(file=file, field="", problem=reason, allowed=f"well-formed {form}")


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no number here")


def _named_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object gives the same name twice")
    return found


def _first_trouble(error: ValidationError, *, file: str) -> InstrumentFileError:
    details = error.errors(include_url=False)[0]
    if details["type"] == "definition":
        context = details["ctx"]
        return InstrumentFileError(
            file=file,
            field=context["field"],
            problem=context["problem"],
            allowed=context["allowed"],
        )
    problem, allowed = _said(details)
    return InstrumentFileError(
        file=file,
        field=".".join(str(part) for part in details["loc"]),
        problem=problem,
        allowed=allowed,
    )


def _said(details: ErrorDetails) -> tuple[str, str]:
    """Return what is wrong and what is allowed, in Pydantic's words.

    The value stands with it where it is short and no prose.
    """
    message = details["msg"].removeprefix("Value error, ")
    value = details["input"]
    is_shown = isinstance(value, str | int | Decimal) and len(str(value)) <= _SHORT_ENOUGH_TO_REPEAT
    for start in ("Input should ", "String should "):
        if message.startswith(start):
            wanted = message.removeprefix(start).removeprefix("be ").removeprefix("have ")
            return (f"is '{value}'" if is_shown else "is not as it should be"), wanted
    return f"{message[:1].lower()}{message[1:]}", _FIELDS
