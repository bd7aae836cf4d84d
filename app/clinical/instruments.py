"""What an instrument is: items, range, direction, scoring rule, numbers with their sources.

Every value is an integer in tenths of a point: an answer "3" is 30, a mark of
7.3 cm is 73, a total of 18.6 is 186. Whole numbers add up and compare exactly;
decimal fractions do not (30 of 351 exact five-point changes fall below 5 in
binary floating point).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.clinical.evidence import (
    Band,
    Boundary,
    CutOff,
    Evidence,
    Provenance,
    Quantity,
    ReliabilityKind,
    ReliableChangeValue,
    Tenths,
    border_problems,
    reliable_change_problems,
)
from app.clinical.form_texts import (
    LANGUAGES_OF_THE_PROGRAM,
    Definition,
    FormText,
    ItemText,
    Key,
    Problem,
    Sentence,
    TextOrigin,
    Variant,
    Words,
    text_problems,
)

# Numbers and words are part of what an instrument is: they may be had from here too.
__all__ = [
    "Band",
    "Boundary",
    "CriticalItem",
    "CutOff",
    "Direction",
    "Evidence",
    "FormText",
    "Instrument",
    "Item",
    "ItemText",
    "Key",
    "Licence",
    "LicenceClass",
    "Method",
    "Provenance",
    "Purpose",
    "Quantity",
    "ReliabilityKind",
    "ReliableChangeValue",
    "Scoring",
    "Sentence",
    "Tenths",
    "TextOrigin",
    "Variant",
    "WordingTrap",
    "Words",
]


class Direction(Enum):
    """Which way scores move when a patient gets better; the value is the sign."""

    HIGHER_IS_BETTER = 1
    LOWER_IS_BETTER = -1


class Purpose(Enum):
    """What an instrument is for in a therapy session."""

    OUTCOME = "outcome"
    ALLIANCE = "alliance"
    GOALS = "goals"
    OTHER = "other"


class LicenceClass(Enum):
    """What may stand in this repository about an instrument."""

    BUNDLED = "bundled"
    SKELETON = "skeleton"
    LOCAL = "local"


class Method(Enum):
    """How answers become a score."""

    SUM = "sum"
    MEAN = "mean"


class CriticalItem(Definition):
    """An answer that must be seen at once: the item and the lowest answer that counts."""

    item: Key
    at_least: Tenths
    provenance: Provenance


class Item(Definition):
    """One question: its range in tenths, and the answers it offers."""

    key: Key
    lowest: Tenths
    highest: Tenths
    codes: tuple[Tenths, ...] = ()
    """The offered answers; empty for a line on which any whole tenth may be marked."""
    is_reversed: bool = False
    """Whether the answer is turned round before it counts."""
    is_printed_turned: bool = False
    """Whether the paper form prints the digits already turned round.

    The first answer of such an item carries the highest digit on paper. Whoever
    types what is printed must not have it turned a second time.
    """
    subscale: Key | None = None
    is_counted: bool = True
    """Whether the item is part of the total score."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.lowest >= self.highest:
            raise ValueError(
                f"item '{self.key}': lowest is {self.lowest}, highest is {self.highest}"
            )
        if self.codes and (
            list(self.codes) != sorted(set(self.codes))
            or self.codes[0] != self.lowest
            or self.codes[-1] != self.highest
        ):
            raise ValueError(f"item '{self.key}': codes must rise from lowest to highest")
        if self.is_printed_turned and not self.is_reversed:
            raise ValueError(f"item '{self.key}': is_printed_turned without is_reversed")
        return self

    def allows(self, answer: Tenths) -> bool:
        """Whether ``answer`` (tenths) is one that the item offers."""
        if self.codes:
            return answer in self.codes
        return self.lowest <= answer <= self.highest

    def turned(self, answer: Tenths) -> Tenths:
        """Return the answer as if the scale ran the other way."""
        return self.lowest + self.highest - answer

    def from_paper(self, printed: Tenths) -> Tenths:
        """Return the answer that a digit on the paper form stands for."""
        return self.turned(printed) if self.is_printed_turned else printed


class Scoring(Definition):
    """How answers become a total: the sum or mean of counted items, times ``factor``."""

    method: Method
    factor: Annotated[int, Field(ge=1, le=100)] = 1
    max_missing: Annotated[int, Field(ge=0)] = 0
    """Up to so many counted items may be missing; the total is then prorated."""
    step: Annotated[Tenths, Field(ge=1)] = 1
    """A prorated or averaged total is rounded half up to a whole multiple of this."""
    lowest: Tenths
    highest: Tenths
    subscales: tuple[Key, ...] = ()
    subscale_labels: Mapping[str, Words] = {}
    """What each subscale is called on screen."""
    provenance: Provenance
    missing_rule: Provenance | None = None
    """Where the rule on missing items comes from, if it differs from the rest."""


class Licence(Definition):
    """Who owns an instrument, and what that allows."""

    licence_class: LicenceClass
    owner: Sentence
    terms: Words
    is_non_commercial: bool = False
    allows_local_curves: bool = True
    """False where the licence may forbid norms and curves from a site's own patients."""
    source: Sentence
    checked: dt.date


class WordingTrap(Definition):
    """A known misprint: these words must not stand for this answer."""

    language: Key
    code: Tenths
    never: Sentence
    """Part of the misprinted words, in small letters."""
    provenance: Provenance


class Instrument(Definition):
    """A questionnaire: what it asks for, how it is scored, what its numbers mean."""

    key: Key
    version: Annotated[int, Field(ge=1)]
    name: Words
    purpose: Purpose
    direction: Direction
    is_provisional: bool = False
    window_days: Annotated[int, Field(ge=0)] = 0
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    item_texts_from_episode: bool = False
    """Personal goals: the words of the items are the patient's own, kept with the episode."""
    scoring: Scoring
    cut_offs: tuple[CutOff, ...] = ()
    reliable_change: ReliableChangeValue | None = None
    bands: tuple[Band, ...] = ()
    critical_items: tuple[CriticalItem, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    licence: Licence
    texts: tuple[FormText, ...] = ()
    wording_traps: tuple[WordingTrap, ...] = ()
    notes: tuple[Words, ...] = ()

    @field_validator("direction", mode="before")
    @classmethod
    def _direction_by_name(cls, value: object) -> object:
        # A bare 1 or -1 in a file says nothing to the person who reviews it.
        return Direction.__members__.get(value.upper(), value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        for problem in _problems(self):
            raise PydanticCustomError(
                "definition",
                "{field}: {problem}; allowed: {allowed}",
                {
                    "field": problem.field,
                    "problem": problem.problem,
                    "allowed": problem.allowed,
                },
            )
        return self

    def item(self, key: str) -> Item | None:
        """Return the item with this key, or ``None`` if the instrument has none."""
        return next((item for item in self.items if item.key == key), None)

    def text(self, *, language: str, variant: Variant) -> FormText | None:
        """Return the words in this language for this variant, or ``None`` if there are none."""
        return next(
            (text for text in self.texts if text.language == language and text.variant is variant),
            None,
        )

    def offered_languages(self, variant: Variant) -> tuple[str, ...]:
        """Return the languages that this variant can be shown in, the program's own first."""
        found = {text.language for text in self.texts if text.variant is variant}
        own = tuple(language for language in LANGUAGES_OF_THE_PROGRAM if language in found)
        return own + tuple(sorted(found.difference(own)))

    def language_status(self, variant: Variant) -> dict[str, TextOrigin | None]:
        """Return who stands behind the words in each language; ``None`` where they are missing."""
        languages = dict.fromkeys((*LANGUAGES_OF_THE_PROGRAM, *self.offered_languages(variant)))
        found = {language: self.text(language=language, variant=variant) for language in languages}
        return {language: text.origin if text else None for language, text in found.items()}

    @property
    def codes(self) -> tuple[Tenths, ...]:
        """Every answer code that some item offers, rising; empty if all items are lines."""
        return tuple(sorted({code for item in self.items for code in item.codes}))

    @property
    def default_cut_off(self) -> CutOff | None:
        """The cut-off that is drawn and used, or ``None`` if none is published."""
        return next((cut_off for cut_off in self.cut_offs if cut_off.is_default), None)


def _problems(instrument: Instrument) -> Iterator[Problem]:
    yield from _name_problems(instrument)
    yield from _scoring_problems(instrument)
    low, high = instrument.scoring.lowest, instrument.scoring.highest
    yield from border_problems(instrument.cut_offs, instrument.bands, lowest=low, highest=high)
    if instrument.reliable_change:
        yield from reliable_change_problems(instrument.reliable_change, span=high - low)
    yield from _critical_item_problems(instrument)
    yield from _licence_problems(instrument)
    yield from _wording_problems(instrument)


def _name_problems(instrument: Instrument) -> Iterator[Problem]:
    named = {
        "items": [item.key for item in instrument.items],
        "scoring.subscales": list(instrument.scoring.subscales),
        "cut_offs": [cut_off.name for cut_off in instrument.cut_offs],
        "bands": [band.name for band in instrument.bands],
        "quantities": [quantity.name for quantity in instrument.quantities],
        "texts": [f"{text.language} {text.variant.value}" for text in instrument.texts],
    }
    for field, names in named.items():
        for name in names:
            if names.count(name) > 1:
                yield Problem(field, f"'{name}' is given twice", "each once")


def _scoring_problems(instrument: Instrument) -> Iterator[Problem]:
    scoring = instrument.scoring
    counted = [item for item in instrument.items if item.is_counted]
    used = {item.subscale for item in instrument.items if item.subscale}
    if used != set(scoring.subscales):
        yield Problem("scoring.subscales", f"items name {sorted(used)}", "the same names in both")
    if scoring.subscale_labels and set(scoring.subscale_labels) != used:
        yield Problem("scoring.subscale_labels", "not those of the subscales", f"{sorted(used)}")
    if scoring.max_missing >= len(counted):
        yield Problem(
            "scoring.max_missing", f"is {scoring.max_missing}", f"less than {len(counted)} items"
        )
    else:
        divisor = len(counted) if scoring.method is Method.MEAN else 1
        low = scoring.factor * sum(item.lowest for item in counted) / divisor
        high = scoring.factor * sum(item.highest for item in counted) / divisor
        yield from _range_problems("scoring.lowest", scoring.lowest, low, step=scoring.step)
        yield from _range_problems("scoring.highest", scoring.highest, high, step=scoring.step)


def _range_problems(
    field: str, given: Tenths, reached: float, *, step: Tenths
) -> Iterator[Problem]:
    if given != reached:
        yield Problem(field, f"is {given}", f"{reached:g}, what the counted items can give")
    if given % step:
        yield Problem("scoring.step", f"is {step}", f"a whole part of {given}")


def _critical_item_problems(instrument: Instrument) -> Iterator[Problem]:
    for critical in instrument.critical_items:
        where = f"critical_items[{critical.item}]"
        item = instrument.item(critical.item)
        if item is None:
            known = ", ".join(item.key for item in instrument.items)
            yield Problem(f"{where}.item", "no such item", known)
        elif item.is_reversed or not item.lowest < critical.at_least <= item.highest:
            yield Problem(
                f"{where}.at_least",
                f"is {critical.at_least}",
                f"above {item.lowest}, at most {item.highest}, on an item that is not reversed",
            )


def _licence_problems(instrument: Instrument) -> Iterator[Problem]:
    # Words that are not ours stand on the ground that the site has given for them.
    for text in instrument.texts:
        is_ours = text.origin is TextOrigin.OURS
        if is_ours and instrument.licence.licence_class is not LicenceClass.BUNDLED:
            yield Problem("texts.origin", "is 'ours'", "'official' or 'site' for this class")
        needs_ground = instrument.licence.licence_class is not LicenceClass.LOCAL and not is_ours
        if needs_ground and not text.licence_ground.strip():
            yield Problem("texts", "item text without a licence ground", "none in a shipped file")


def _wording_problems(instrument: Instrument) -> Iterator[Problem]:
    own_words = not instrument.item_texts_from_episode
    keys = [item.key for item in instrument.items] if own_words else []
    for text in instrument.texts:
        yield from text_problems(text, item_keys=keys, codes=instrument.codes)
        for trap in instrument.wording_traps:
            said = text.answers.get(str(trap.code), "").casefold()
            if text.language == trap.language and trap.never in said:
                yield Problem(
                    f"texts[{text.language}].answers.{trap.code}",
                    f"says '{trap.never}', a known misprint ({trap.provenance.source})",
                    "the words of the official form",
                )
