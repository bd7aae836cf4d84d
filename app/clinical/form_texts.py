"""What a form says: its words in one language, for whom, and who stands behind them.

The version of a text is a fingerprint of its words. It is stored with every
answer, so that it can be said for ever what exactly was asked.
"""

import hashlib
import json
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
"""The name of an instrument or item in addresses, files and the database."""

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=600)]

LANGUAGES_OF_THE_PROGRAM = ("nb", "nn", "en")
"""The languages that are equals on screen; texts in others come after them."""


class Variant(Enum):
    """For whom a text is worded."""

    ADULT = "adult"
    CHILD = "child"
    GROUP = "group"


class TextOrigin(Enum):
    """Who stands behind the words of a form in one language."""

    OURS = "ours"
    OFFICIAL = "official"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a definition: where, what, and what is allowed."""

    field: str
    problem: str
    allowed: str


class Definition(BaseModel):
    """A part of a definition file: no unknown fields, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Words(Definition):
    """One sentence in the three languages of the program."""

    nb: Sentence
    nn: Sentence
    en: Sentence

    @model_validator(mode="before")
    @classmethod
    def _same_in_all(cls, value: object) -> object:
        # A site writes its own definition in the one language that its staff read.
        return dict.fromkeys(LANGUAGES_OF_THE_PROGRAM, value) if isinstance(value, str) else value

    def in_language(self, language: Literal["nb", "nn", "en"]) -> str:
        """Return the sentence in this language."""
        return {"nb": self.nb, "nn": self.nn, "en": self.en}[language]


class ItemText(Definition):
    """The words of one item."""

    title: Sentence
    hint: Annotated[str, Field(max_length=600)] = ""


class FormText(Definition):
    """The words of a form in one language for one variant."""

    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
    variant: Variant
    origin: TextOrigin
    heading: Sentence
    lead: Annotated[str, Field(max_length=2000)] = ""
    items: Mapping[str, ItemText] = {}
    low_end: Annotated[str, Field(max_length=600)] = ""
    high_end: Annotated[str, Field(max_length=600)] = ""
    answers: Mapping[str, Sentence] = {}
    """Words for each answer code, keyed by the code in tenths ("0", "10", ...)."""
    spoken_after: Annotated[str, Field(max_length=600)] = ""
    """A question the clinician may ask when the form is done."""
    licence_ground: Annotated[str, Field(max_length=600)] = ""
    """Why the site may use these words; kept with every text that a site adds."""

    @model_validator(mode="after")
    def _has_plain_words(self) -> Self:
        for word in self._words():
            for mark in word:
                if unicodedata.category(mark) == "Cc":
                    raise ValueError(
                        f"the words hold the control character U+{ord(mark):04X}; "
                        "write each text on one line, without tabs or other control characters"
                    )
        return self

    def _words(self) -> Iterator[str]:
        yield from (self.heading, self.lead, self.low_end, self.high_end, self.spoken_after)
        for item in self.items.values():
            yield from (item.title, item.hint)
        yield from self.answers.values()

    @property
    def version(self) -> str:
        """Fingerprint of what was asked: ``t1-`` and 16 hex digits of SHA-256.

        Every word, its place, the language and the variant count; who stands
        behind the words and on what licence does not. ``t1`` names this recipe.
        """
        asked = {
            "language": self.language,
            "variant": self.variant.value,
            "heading": self.heading,
            "lead": self.lead,
            "items": [[key, text.title, text.hint] for key, text in sorted(self.items.items())],
            "ends": [self.low_end, self.high_end],
            "answers": sorted(self.answers.items()),
            "spoken_after": self.spoken_after,
        }
        canonical = json.dumps(asked, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return f"t1-{hashlib.sha256(canonical.encode()).hexdigest()[:16]}"


def text_problems(
    text: FormText, *, item_keys: Collection[str], codes: Collection[int]
) -> Iterator[Problem]:
    """Yield what keeps a text from being shown with an instrument's items.

    Parameters
    ----------
    text
        The words to check.
    item_keys
        The items that need words; empty where the words come with the episode.
    codes
        Every answer code that some item offers, in tenths; empty for lines.
    """
    where = f"texts[{text.language}, {text.variant.value}]"
    missing = [key for key in item_keys if key not in text.items]
    unknown = [key for key in text.items if key not in item_keys]
    if missing or unknown:
        yield Problem(
            f"{where}.items",
            f"has no words for {_listed(missing)} and has words for unknown {_listed(unknown)}",
            f"exactly {_listed(item_keys)}",
        )
    expected = {str(code) for code in codes}
    if text.answers and set(text.answers) != expected:
        yield Problem(
            f"{where}.answers",
            f"words for the codes {_listed(text.answers)}",
            f"one for each of {_listed(codes)} (tenths of a point)",
        )
    if not text.answers and not (text.low_end and text.high_end):
        yield Problem(
            f"{where}.low_end, high_end",
            "the ends of the scale have no words",
            "both ends, or words for every answer code",
        )


def _listed(values: Collection[object]) -> str:
    return ", ".join(f"'{value}'" for value in values) or "none"
