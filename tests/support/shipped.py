"""What is known of the shipped definitions from elsewhere."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.clinical.instruments import (
    Direction,
    Instrument,
    Provenance,
)
from app.instruments import load_bundled

HOUSE = Path(__file__).parents[2]
INSTRUMENTS = HOUSE / "app" / "instruments"
SHIPPED = load_bundled()

# By hand from each form's own rule: the total when every answer has the lowest code, the
# highest code, and the code that is worst for the patient. Reversed items pull the first two in.
TOTALS = {
    "alliance-4": (0, 400, 0),
    "arm-5": (22, 58, 10),
    "core-10": (80, 320, 400),
    "cors": (0, 400, 0),
    "csrs": (0, 400, 0),
    "gad-7": (0, 210, 210),
    "gsrs": (0, 400, 0),
    "oq-45": (360, 1440, 1800),
    "ors": (0, 400, 0),
    "outcome-4": (0, 400, 0),
    "personal-goals": (0, 100, 0),
    "phq-4": (0, 120, 120),
    "phq-9": (0, 270, 270),
    "sdq": (100, 300, 400),
    "srs": (0, 400, 0),
    "wai-sr": (120, 600, 120),
    "who-5": (0, 1000, 0),
    "wsas": (0, 400, 400),
}

MAY_BE_MISSING = {"phq-9": 2, "gad-7": 2, "core-10": 1}

REVERSED = {
    "core-10": {"q2", "q3"},
    "arm-5": {"q3"},
    "sdq": {"q7", "q11", "q14", "q21", "q25"},
    "oq-45": {"q1", "q12", "q13", "q20", "q21", "q24", "q31", "q37", "q43"},
}

# What was asked, word for word. A change here changes what stored answers are answers to.
TEXT_VERSIONS = {
    ("alliance-4", "nb", "adult"): "t1-3bce5cc86c9f6eb7",
    ("alliance-4", "nn", "adult"): "t1-945aac87ac940c65",
    ("alliance-4", "en", "adult"): "t1-ccea86b99266b2da",
    ("alliance-4", "nb", "child"): "t1-54b6be403698fca7",
    ("alliance-4", "nn", "child"): "t1-2e05eae8303120ee",
    ("alliance-4", "en", "child"): "t1-28fd993013e16822",
    ("alliance-4", "nb", "group"): "t1-e6bce5cfb2e6e533",
    ("alliance-4", "nn", "group"): "t1-1762ba86b194d6a4",
    ("alliance-4", "en", "group"): "t1-7a1a959093b3d15e",
    ("outcome-4", "nb", "adult"): "t1-699776a69cb9bfe9",
    ("outcome-4", "nn", "adult"): "t1-9f3c7209331e7776",
    ("outcome-4", "en", "adult"): "t1-b09df1e25a67a649",
    ("outcome-4", "nb", "child"): "t1-8eabd3ab4bed79c4",
    ("outcome-4", "nn", "child"): "t1-884b00fef854de09",
    ("outcome-4", "en", "child"): "t1-4f024c897883eee8",
    ("outcome-4", "nb", "group"): "t1-50bad39300abe5e9",
    ("outcome-4", "nn", "group"): "t1-f12b31499e3b7fa3",
    ("outcome-4", "en", "group"): "t1-2cb0d2b289addef9",
    ("personal-goals", "nb", "adult"): "t1-64213e6df48d8f8e",
    ("personal-goals", "nn", "adult"): "t1-a2419519693601ab",
    ("personal-goals", "en", "adult"): "t1-38aee5a3b3ab6a35",
    ("personal-goals", "nb", "child"): "t1-5de9ca1c6697de33",
    ("personal-goals", "nn", "child"): "t1-ff3ee868ea9b2670",
    ("personal-goals", "en", "child"): "t1-6e2a58eab06f6467",
}

# First 16 hex digits of SHA-256 of phrases from licensed forms, small letters, single
# spaces, by their number of words. The phrases themselves must stand nowhere, here neither.
LICENSED_PHRASES = {
    3: {"6bc223b613e80762", "94d9307ab16d11bb", "a41bfc2859be3c23"},
    5: {"9cd0fc79cb5bb021", "adb58a907ca764c1"},
    6: {"fe9ce32f8455e768", "420bdc7c3c0ec33a", "e823732b7a3c9a08", "6c3f834a598598a5"},
    7: {"7ad6330b18ed7261", "0423f4e842a2cf76"},
    8: {"30b182c2191f55ed", "9a67abdb4fcb616f"},
    10: {"7cfaa5824321831c"},
    12: {"c417ad80be2cda13"},
    13: {"a7e7e0f4e5775012"},
}
AN_INVENTED_PHRASE = {6: {"0f43389432d3ed6c"}}

TEXT_FILES = {".toml", ".md", ".py", ".html", ".ts", ".json"}


def answers(instrument: Instrument, *, end: str) -> dict[str, int | None]:
    """Return a form with every answer at one end of its item."""
    return {item.key: getattr(item, end) for item in instrument.items}


def worst_answers(instrument: Instrument) -> dict[str, int | None]:
    """Return a form with every counted answer as bad as it can be for the patient."""
    low_is_bad = instrument.direction is Direction.HIGHER_IS_BETTER
    return {
        item.key: item.lowest if low_is_bad != item.is_reversed else item.highest
        for item in instrument.items
    }


def provenances(instrument: Instrument) -> Iterator[Provenance]:
    """Yield the source of every number that a definition gives."""
    yield instrument.scoring.provenance
    if instrument.scoring.missing_rule:
        yield instrument.scoring.missing_rule
    if instrument.reliable_change:
        yield instrument.reliable_change.provenance
    yield from (cut_off.provenance for cut_off in instrument.cut_offs)
    yield from (band.provenance for band in instrument.bands)
    yield from (critical.provenance for critical in instrument.critical_items)
    yield from (quantity.provenance for quantity in instrument.quantities)


def licensed_phrases(text: str, phrases: dict[int, set[str]]) -> list[str]:
    """Return the fingerprints of licensed phrases that stand in a text."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    found = []
    for length, known in phrases.items():
        for start in range(len(words) - length + 1):
            phrase = " ".join(words[start : start + length])
            mark = hashlib.sha256(phrase.encode()).hexdigest()[:16]
            found += [mark] if mark in known else []
    return found


each_shipped = pytest.mark.parametrize(
    "instrument", SHIPPED.instruments.values(), ids=lambda instrument: instrument.key
)
