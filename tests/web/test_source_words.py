"""A source that is more than a name is told in the reader's language."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from app.clinical.curves import GENERAL_CURVES
from app.clinical.rule_editions import FIRST_OWN_EDITION, own_edition
from app.clinical.rules import DEFAULT_RULES, RuleId
from app.clinical.simulate import SYNTHETIC_CURVE
from app.web.source_words import SourceShown, source_shown
from app.web.words import LANGUAGES, Words
from tests.support.shipped import SHIPPED

ENGLISH: Final = re.compile(
    r"\b(the|of|and|from|in|that|by|as|are|is|our|with|a|or|on|above|below|code|item"
    r"|computed|memory|table|version|about|summary)\b",
    re.IGNORECASE,
)
"""Words that no bokmål or nynorsk sentence has ("for", "at" and "to" are Norwegian too)."""

NAMES: Final = re.compile(r"«[^»]+»|Spanish Journal of Psychology")
"""Titles keep their language."""

OWN: Final = "Fitted by restricted maximum likelihood to the courses of this service's own patients"


def shipped_sources() -> Iterator[str]:
    for instrument in SHIPPED.instruments.values():
        yield from _sources(instrument.model_dump())
    yield from (rule.provenance.source for rule in DEFAULT_RULES)
    yield from (curve.source for curve in (*GENERAL_CURVES, SYNTHETIC_CURVE))


def _sources(part: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a definition
    match part:
        case dict():
            for name, value in part.items():
                if name == "source" and isinstance(value, str):
                    yield value
                else:
                    yield from _sources(value)
        case list() | tuple():
            for value in part:
                yield from _sources(value)
        case _:
            return


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_no_shipped_source_is_left_in_english(language: str) -> None:
    shown = {source: source_shown(Words(language), source).text for source in shipped_sources()}

    assert len(shown) > 70
    assert {text for text in shown.values() if ENGLISH.search(NAMES.sub("", text))} == set()


def test_in_english_each_source_is_told_as_it_is_kept() -> None:
    words = Words("en")

    assert all(source_shown(words, source).text == source for source in shipped_sources())


@pytest.mark.parametrize("drawn", ["", ", and drawn towards the general curve"])
@pytest.mark.parametrize("value", ["", "; the reliable-change value is that of curve general-1"])
def test_an_own_curve_tells_how_it_was_made(drawn: str, value: str) -> None:
    told = source_shown(Words("nn"), f"{OWN}{drawn}{value}.")

    assert told.language is None
    assert "eigne pasientane" in told.text
    assert ("den generelle kurva" in told.text) == bool(drawn)
    assert ("frå kurve general-1" in told.text) == bool(value)


def test_a_rule_that_the_site_has_moved_tells_on_what_ground_it_was_shipped() -> None:
    rule = own_edition(
        RuleId.NO_CHANGE,
        version=FIRST_OWN_EDITION,
        parameters={"first_look": 5, "second_look": 12},
        decided_on=dt.date(2026, 11, 2),
    )

    assert source_shown(Words("nb"), rule.provenance.source).text == (
        "Satt av dette stedet, sammen med tallene fra prøven på egne forløp. Slik regelen ble "
        "levert: Time 6 og ikke 3, siden én gruppe pasienter med depresjon først blir bedre etter "
        "time 6: Saunders mfl. 2019, PMC6428692. Den andre gjennomgangen er vårt valg."
    )


def test_a_site_s_own_source_stays_as_it_was_written() -> None:
    for language in LANGUAGES:
        assert source_shown(Words(language), "Vår egen måling, 2025") == SourceShown(
            "Vår egen måling, 2025", "en"
        )
