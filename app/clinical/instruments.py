"""What an instrument is: items, range, direction, scoring rule, numbers with their sources.

Every value is an integer in tenths of a point: an answer "3" is 30, a mark of
7.3 cm is 73, a total of 18.6 is 186. Whole numbers add up and compare exactly;
decimal fractions do not (30 of 351 exact five-point changes fall below 5 in
binary floating point).
"""

import datetime as dt
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Tenths = int
"""A score, an answer or a distance between scores, in tenths of a point."""

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
"""The name of an instrument or item in addresses, files and the database."""

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=600)]


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


class Variant(Enum):
    """For whom a text is worded."""

    ADULT = "adult"
    CHILD = "child"
    GROUP = "group"


class Evidence(Enum):
    """How far a number can be trusted."""

    PUBLISHED = "published"
    COMPUTED = "computed"
    CONVENTION = "convention"
    ASSUMPTION = "assumption"
    SYNTHETIC = "synthetic"
    UNVERIFIED = "unverified"


class TextOrigin(Enum):
    """Who stands behind the words of a form in one language."""

    OURS = "ours"
    OFFICIAL = "official"
    SITE = "site"


class Method(Enum):
    """How answers become a score."""

    SUM = "sum"
    MEAN = "mean"


class Boundary(Enum):
    """Which scores lie on the clinical side of a cut-off, or count as reliable change.

    ``INCLUSIVE``: the number itself counts (a published "10 or more").
    ``STRICT``: only scores beyond it count (computed values).
    """

    INCLUSIVE = "inclusive"
    STRICT = "strict"


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Provenance(_Definition):
    """Where a number or a rule comes from."""

    source: Sentence
    evidence: Evidence
    checked: dt.date


class Quantity(_Definition):
    """One number about an instrument, with its source.

    ``value`` is in tenths of a point unless ``name`` says otherwise; a share
    such as a reliability is given as ``ratio`` (0 to 1) and has no ``value``.
    """

    name: Key
    value: Tenths | None = None
    ratio: Annotated[float, Field(ge=0, le=1)] | None = None
    sample_size: Annotated[int, Field(gt=0)] | None = None
    provenance: Provenance

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.value is None) == (self.ratio is None):
            raise ValueError(f"number '{self.name}' needs either value or ratio, and not both")
        return self


class CutOff(_Definition):
    """The border between the clinical and the ordinary range, in tenths."""

    value: Tenths
    boundary: Boundary
    label: Key = "clinical"
    is_default: bool = True
    provenance: Provenance


class ReliableChangeValue(_Definition):
    """The smallest change that is unlikely to be measurement error, in tenths."""

    value: Annotated[Tenths, Field(gt=0)]
    boundary: Boundary
    sd: Tenths | None = None
    reliability: Annotated[float, Field(ge=0, lt=1)] | None = None
    reliability_kind: Sentence | None = None
    critical: Annotated[float, Field(gt=0)] | None = None
    sample_size: Annotated[int, Field(gt=0)] | None = None
    provenance: Provenance


class Band(_Definition):
    """A named range of severity that begins at ``lowest`` (tenths, inclusive)."""

    name: Key
    lowest: Tenths
    provenance: Provenance


class CriticalItem(_Definition):
    """An answer that must be seen at once: the item and the lowest answer that counts."""

    item: Key
    at_least: Tenths
    provenance: Provenance


class Item(_Definition):
    """One question: its range in tenths, and the answers it offers."""

    key: Key
    lowest: Tenths
    highest: Tenths
    codes: tuple[Tenths, ...] = ()
    """The offered answers; empty for a line on which any whole tenth may be marked."""
    is_reversed: bool = False
    subscale: Key | None = None
    is_counted: bool = True
    """Whether the item is part of the total score."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.lowest >= self.highest:
            raise ValueError(f"item '{self.key}': lowest is {self.lowest}, highest is {self.highest}")
        if self.codes and (
            list(self.codes) != sorted(set(self.codes))
            or self.codes[0] != self.lowest
            or self.codes[-1] != self.highest
        ):
            raise ValueError(f"item '{self.key}': codes must rise from lowest to highest")
        return self

    def allows(self, answer: Tenths) -> bool:
        """Whether ``answer`` (tenths) is one that the item offers."""
        if self.codes:
            return answer in self.codes
        return self.lowest <= answer <= self.highest


class Scoring(_Definition):
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
    provenance: Provenance


class Licence(_Definition):
    """Who owns an instrument, and what that allows."""

    licence_class: LicenceClass
    owner: Sentence
    terms: Sentence
    is_non_commercial: bool = False
    allows_local_curves: bool = True
    """False where the licence may forbid norms and curves from a site's own patients."""
    source: Sentence
    checked: dt.date


class ItemText(_Definition):
    """The words of one item."""

    title: Sentence
    hint: str = ""


class FormText(_Definition):
    """The words of a form in one language for one variant."""

    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
    variant: Variant
    version: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+$", max_length=40)]
    origin: TextOrigin
    heading: Sentence
    lead: str = ""
    items: Mapping[str, ItemText]
    low_end: str = ""
    high_end: str = ""
    answers: Mapping[str, Sentence] = {}
    """Words for each answer code, keyed by the code in tenths ("0", "10", ...)."""
    spoken_after: str = ""
    """A question the clinician may ask when the form is done."""
    licence_ground: str = ""


class Instrument(_Definition):
    """A questionnaire: what it asks for, how it is scored, what its numbers mean."""

    key: Key
    version: Annotated[int, Field(ge=1)]
    name: Sentence
    purpose: Purpose
    direction: Direction
    is_provisional: bool = False
    window_days: Annotated[int, Field(ge=0)] = 0
    items: tuple[Item, ...]
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
    notes: tuple[Sentence, ...] = ()

    def item(self, key: str) -> Item | None:
        """Return the item with this key, or ``None`` if the instrument has none."""
        return next((item for item in self.items if item.key == key), None)

    def text(self, *, language: str, variant: Variant) -> FormText | None:
        """Return the words in this language for this variant, or ``None`` if there are none."""
        return next(
            (text for text in self.texts if text.language == language and text.variant is variant),
            None,
        )

    @property
    def default_cut_off(self) -> CutOff | None:
        """The cut-off that is drawn and used, or ``None`` if none is published."""
        return next((cut_off for cut_off in self.cut_offs if cut_off.is_default), None)
