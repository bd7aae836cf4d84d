"""What a source says, in the reader's language.

A source is kept as one English sentence: in a form's definition, beside a rule, with a
stored curve. Where it is more than a name, `locale/sources.toml` has it in all languages.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter

from app.web.words import Words, catalogue


@dataclass(frozen=True, slots=True)
class SourceShown:
    """A source, and the language to read it aloud in where that is not the page's."""

    text: str
    language: str | None = None


def source_shown(words: Words, source: str) -> SourceShown:
    """Return a source in the reader's language; as it is kept where the catalogue lacks it."""
    told = _told(words, source)
    return SourceShown(source, "en") if told is None else SourceShown(told)


def _told(words: Words, source: str) -> str | None:
    for key, kept in _kept().items():
        found = kept.fullmatch(source)
        if found:
            values = {name: _told(words, part) or part for name, part in found.groupdict().items()}
            return words(f"sources.{key}", **values)
    return None


@cache
def _kept() -> Mapping[str, re.Pattern[str]]:
    """Return what each entry looks like as it is kept; what is filled in becomes a group."""
    return {
        key.removeprefix("sources."): re.compile(_pattern(forms["other"]["en"]))
        for key, forms in catalogue().items()
        if key.startswith("sources.")
    }


def _pattern(text: str) -> str:
    parts = Formatter().parse(text)
    return "".join(
        re.escape(said) + (f"(?P<{name}>.+)" if name else "") for said, name, *_ in parts
    )
