"""Shipped numbers, sources, licences and words."""

import re
import tomllib
from pathlib import Path

import pytest

from app.clinical.instruments import (
    Boundary,
    Evidence,
    Instrument,
    LicenceClass,
    TextOrigin,
    Variant,
)
from tests.support.shipped import (
    AN_INVENTED_PHRASE,
    HOUSE,
    INSTRUMENTS,
    LICENSED_PHRASES,
    SHIPPED,
    TEXT_FILES,
    TEXT_VERSIONS,
    each_shipped,
    licensed_phrases,
    provenances,
)


@pytest.mark.parametrize(
    ("key", "cut_off", "boundary"),
    [
        ("phq-9", 100, Boundary.INCLUSIVE),
        ("gad-7", 80, Boundary.INCLUSIVE),
        ("core-10", 110, Boundary.INCLUSIVE),
        ("who-5", 500, Boundary.INCLUSIVE),
        ("ors", 250, Boundary.INCLUSIVE),
        ("srs", 360, Boundary.STRICT),
    ],
)
def test_the_cut_offs_are_the_published_ones(key: str, cut_off: int, boundary: Boundary) -> None:
    found = SHIPPED.get(key).default_cut_off

    assert found is not None
    assert (found.value, found.boundary) == (cut_off, boundary)


@pytest.mark.parametrize(
    ("key", "value", "boundary"),
    [
        ("phq-9", 60, Boundary.INCLUSIVE),
        ("gad-7", 40, Boundary.INCLUSIVE),
        ("core-10", 67, Boundary.STRICT),
        ("who-5", 100, Boundary.INCLUSIVE),
        ("ors", 60, Boundary.INCLUSIVE),
        ("oq-45", 140, Boundary.INCLUSIVE),
    ],
)
def test_the_reliable_changes_are_those_decided(key: str, value: int, boundary: Boundary) -> None:
    found = SHIPPED.get(key).reliable_change

    assert found is not None
    assert (found.value, found.boundary) == (value, boundary)


def test_ten_is_kept_as_the_other_convention_for_the_gad_7() -> None:
    others = [cut_off for cut_off in SHIPPED.get("gad-7").cut_offs if not cut_off.is_default]

    assert [(cut_off.name, cut_off.value) for cut_off in others] == [("screening", 100)]


def test_the_core_10_comes_without_bands() -> None:
    assert SHIPPED.get("core-10").bands == ()


@pytest.mark.parametrize("key", ["outcome-4", "alliance-4", "personal-goals"])
def test_our_own_forms_claim_no_limits_and_are_marked_provisional(key: str) -> None:
    own = SHIPPED.get(key)

    assert own.is_provisional
    assert own.licence.licence_class is LicenceClass.BUNDLED
    assert own.cut_offs == ()
    assert own.reliable_change is None
    assert own.bands == ()
    assert own.quantities == ()


@pytest.mark.parametrize("key", ["ors", "srs", "cors", "csrs", "gsrs", "oq-45"])
def test_scales_whose_licence_may_forbid_it_get_no_curves_of_ones_own(key: str) -> None:
    assert not SHIPPED.get(key).licence.allows_local_curves


@pytest.mark.parametrize("key", ["core-10", "who-5"])
def test_the_stricter_reading_of_a_licence_binds(key: str) -> None:
    assert SHIPPED.get(key).licence.is_non_commercial


@each_shipped
def test_what_is_from_memory_decides_nothing(instrument: Instrument) -> None:
    border = instrument.default_cut_off
    change = instrument.reliable_change

    assert border is None or border.provenance.evidence is not Evidence.UNVERIFIED
    assert change is None or change.provenance.evidence is not Evidence.UNVERIFIED


@pytest.mark.parametrize(
    ("key", "evidence"),
    [
        ("phq-9", Evidence.UNVERIFIED),
        ("gad-7", Evidence.UNVERIFIED),
        ("core-10", Evidence.PUBLISHED),
    ],
)
def test_a_rule_on_missing_answers_says_how_far_it_can_be_trusted(
    key: str, evidence: Evidence
) -> None:
    rule = SHIPPED.get(key).scoring.missing_rule

    assert rule is not None
    assert rule.evidence is evidence


@each_shipped
def test_every_number_was_checked_and_names_a_page_or_paper(instrument: Instrument) -> None:
    for provenance in provenances(instrument):
        assert provenance.checked.isoformat() == "2026-11-21"
        assert not re.fullmatch(r"S\d+", provenance.source)


@each_shipped
def test_terms_and_notes_are_in_three_languages(instrument: Instrument) -> None:
    for words in (instrument.licence.terms, *instrument.notes):
        assert words.nb != words.en
        assert words.nn != words.en


@each_shipped
def test_everything_that_has_a_name_has_one_in_three_languages(instrument: Instrument) -> None:
    assert set(instrument.scoring.subscale_labels) == set(instrument.scoring.subscales)
    for cut_off in instrument.cut_offs:
        assert cut_off.is_default or cut_off.label is not None
    for quantity in instrument.quantities:
        assert quantity.label.nb != quantity.label.en


@pytest.mark.parametrize("path", sorted((INSTRUMENTS / "skeleton").glob("*.toml")), ids=str)
def test_a_skeleton_file_holds_no_words_of_a_form(path: Path) -> None:
    content = tomllib.loads(path.read_text(encoding="utf-8"))

    assert content["licence"]["licence_class"] == "skeleton"
    assert "texts" not in content
    for item in content["items"]:
        assert not {"title", "hint", "text", "label"} & set(item)


@pytest.mark.parametrize("key", ["outcome-4", "alliance-4"])
@pytest.mark.parametrize("variant", Variant)
def test_our_forms_are_worded_for_all_in_three_languages(key: str, variant: Variant) -> None:
    own = SHIPPED.get(key)

    assert own.offered_languages(variant) == ("nb", "nn", "en")
    assert set(own.language_status(variant).values()) == {TextOrigin.OURS}


def test_skeletons_are_offered_in_no_language() -> None:
    for instrument in SHIPPED.instruments.values():
        if instrument.licence.licence_class is LicenceClass.SKELETON:
            assert instrument.offered_languages(Variant.ADULT) == ()


@each_shipped
def test_an_item_of_ours_is_short_enough_to_be_taken_in_at_once(instrument: Instrument) -> None:
    for text in instrument.texts:
        for item in text.items.values():
            assert len(item.title) <= 24, item.title
            assert 0 < len(item.hint) <= 60, item.hint


def test_no_word_of_our_forms_has_changed_unnoticed() -> None:
    found = {
        (instrument.key, text.language, text.variant.value): text.version
        for instrument in SHIPPED.instruments.values()
        for text in instrument.texts
    }

    assert found == TEXT_VERSIONS


def test_words_are_found_again_by_the_version_that_an_answer_was_stored_with() -> None:
    asked = SHIPPED.text_of_version("outcome-4", "t1-699776a69cb9bfe9")

    assert asked is not None
    assert asked.items["o1"].title == "Humør"
    assert SHIPPED.text_of_version("alliance-4", "t1-699776a69cb9bfe9") is None


def test_no_file_of_the_project_holds_an_item_of_a_licensed_form() -> None:
    for folder in ("app", "tests", "frontend/src"):
        for path in (HOUSE / folder).rglob("*"):
            if path.suffix in TEXT_FILES and "build" not in path.parts:
                text = path.read_text(encoding="utf-8")
                assert not licensed_phrases(text, LICENSED_PHRASES), path


def test_the_search_for_licensed_phrases_finds_one() -> None:
    planted = 'title = "Og der, i går: den grønne\n  fuglen SANG i treet!"'

    assert licensed_phrases(planted, AN_INVENTED_PHRASE) == ["0f43389432d3ed6c"]
