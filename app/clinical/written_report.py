"""A report as text: the same text for the same report, on every machine and for ever.

What is kept, hashed and handed out is this text. Keys stand in order, nothing stands
between them, letters stand for themselves, and numbers are written as JSON writes them.
"""

import hashlib
import json

from pydantic import TypeAdapter, ValidationError

from app.clinical.report import Report

_REPORT: TypeAdapter[Report] = TypeAdapter(Report)


class NoReportError(ValueError):
    """A text is not a report that this program has written."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"this is no report: {problem}; take the text as it was written")


def text_of(report: Report) -> str:
    """Return a report as text.

    Raises
    ------
    ValueError
        If a figure is infinite or no number: such a thing is never released.
    """
    plain = _REPORT.dump_python(report, mode="json")
    return json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def report_of(text: str) -> Report:
    """Return the report that a text holds.

    Raises
    ------
    NoReportError
        If it holds none, or more than one.
    """
    try:
        return _REPORT.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise NoReportError(f"{place or 'text'}: {first['type']}") from error


def hash_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
