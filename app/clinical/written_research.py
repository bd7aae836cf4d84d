"""A research export as text: what is kept, hashed and handed out, the same on every machine."""

import json

from pydantic import TypeAdapter, ValidationError

from app.clinical.research_rows import ResearchExport

_EXPORT: TypeAdapter[ResearchExport] = TypeAdapter(ResearchExport)


class NoExportError(ValueError):
    """A text is not a research export that this program has written."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"this is no research export: {problem}; take the text as it was written")


def text_of(export: ResearchExport) -> str:
    """Return an export as text: keys in order, nothing between them."""
    plain = _EXPORT.dump_python(export, mode="json")
    return json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def export_of(text: str) -> ResearchExport:
    """Return the export that a text holds.

    Raises
    ------
    NoExportError
        If it holds none.
    """
    try:
        return _EXPORT.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise NoExportError(f"{place or 'text'}: {first['type']}") from error
