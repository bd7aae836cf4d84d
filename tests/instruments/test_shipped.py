"""Every shipped definition: loaded, scored, and no more in it than its licence allows."""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.clinical.instruments import (
    Boundary,
    Direction,
    Evidence,
    Instrument,
    LicenceClass,
    Provenance,
    TextOrigin,
    Variant,
)
from app.clinical.scoring import CriticalAnswer, WhyNoTotal, critical_answers, score
from app.instruments import UnknownInstrumentError, load_bundled

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


def test_these_and_no_others_are_shipped() -> None:
    assert set(SHIPPED.instruments) == set(TOTALS)


def test_an_unknown_instrument_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownInstrumentError, match=r"'hamilton'.*phq-9") as refusal:
        SHIPPED.get("hamilton")

    assert refusal.value.key == "hamilton"
    assert "outcome-4" in refusal.value.allowed


@each_shipped
def test_the_lowest_highest_and_worst_forms_have_the_totals_worked_out_by_hand(
    instrument: Instrument,
) -> None:
    forms = (
        answers(instrument, end="lowest"),
        answers(instrument, end="highest"),
        worst_answers(instrument),
    )

    assert tuple(score(instrument, form).total for form in forms) == TOTALS[instrument.key]


@each_shipped
def test_an_empty_form_has_no_score(instrument: Instrument) -> None:
    empty = score(instrument, {})

    assert empty.total is None
    assert empty.why_no_total is WhyNoTotal.EMPTY
    assert all(subscale is None for subscale in empty.subscales.values())


@each_shipped
def test_as_many_answers_may_be_missing_as_the_form_allows_and_no_more(
    instrument: Instrument,
) -> None:
    allowed = MAY_BE_MISSING.get(instrument.key, 0)
    counted = [item.key for item in instrument.items if item.is_counted]
    form = worst_answers(instrument)

    at_the_limit = score(instrument, form | dict.fromkeys(counted[:allowed]))
    beyond_it = score(instrument, form | dict.fromkeys(counted[: allowed + 1]))

    assert at_the_limit.total == TOTALS[instrument.key][2]
    assert at_the_limit.is_prorated == (allowed > 0)
    assert beyond_it.total is None


@pytest.mark.parametrize(
    ("key", "given", "total"),
    [
        # 7 points on 8 of 9 items is 7.875; 4 points is 4.5, and halves go up.
        ("phq-9", [10, 10, 10, 10, 10, 10, 10, 0, None], 80),
        ("phq-9", [10, 10, 10, 10, 0, 0, 0, 0, None], 50),
        # 5 points on 7 of 9 items is 6.43.
        ("phq-9", [10, 10, 10, 10, 10, 0, 0, None, None], 60),
        # 6 points on 5 of 7 items is 8.4.
        ("gad-7", [20, 10, 10, 10, 10, None, None], 80),
        # 11 points on 9 of 10 items is 12.2; items 2 and 3 are at their best here.
        ("core-10", [30, 40, 40, 30, 30, 0, 10, 10, 0, None], 120),
    ],
)
def test_a_form_with_a_missing_answer_is_prorated_to_whole_points(
    key: str, given: list[int | None], total: int
) -> None:
    instrument = SHIPPED.get(key)

    prorated = score(
        instrument, dict(zip([item.key for item in instrument.items], given, strict=True))
    )

    assert prorated.total == total
    assert prorated.is_prorated


@each_shipped
def test_the_reversed_items_are_those_of_the_form(instrument: Instrument) -> None:
    found = {item.key for item in instrument.items if item.is_reversed}

    assert found == REVERSED.get(instrument.key, set())


def test_support_on_the_core_10_lowers_the_total() -> None:
    form = dict.fromkeys([f"q{number}" for number in range(1, 11)], 20)

    with_support = score(SHIPPED.get("core-10"), form | {"q2": 40})
    without_support = score(SHIPPED.get("core-10"), form | {"q2": 0})

    assert (with_support.total, without_support.total) == (180, 220)


def test_a_printed_core_10_adds_up_to_the_sum_of_its_printed_digits() -> None:
    instrument = SHIPPED.get("core-10")
    printed = [10, 30, 40, 0, 10, 0, 20, 10, 20, 0]

    typed = {
        item.key: item.from_paper(digit)
        for item, digit in zip(instrument.items, printed, strict=True)
    }

    assert score(instrument, typed).total == 140


@pytest.mark.parametrize(
    ("key", "items"), [("core-10", {"q2", "q3"}), ("oq-45", REVERSED["oq-45"])]
)
def test_forms_that_print_turned_digits_say_so(key: str, items: set[str]) -> None:
    found = {item.key for item in SHIPPED.get(key).items if item.is_printed_turned}

    assert found == items


def test_subscales_are_those_of_the_form() -> None:
    anxious = score(SHIPPED.get("phq-4"), {"q1": 30, "q2": 20, "q3": 10, "q4": 0})
    allied = score(
        SHIPPED.get("wai-sr"),
        dict.fromkeys(["q1", "q2", "q10", "q12"], 50)
        | dict.fromkeys(["q3", "q5", "q7", "q9"], 30)
        | dict.fromkeys(["q4", "q6", "q8", "q11"], 10),
    )

    assert anxious.subscales == {"anxiety": 50, "depression": 10}
    assert allied.subscales == {"task": 200, "bond": 120, "goal": 40}
    assert allied.total == 360


def test_a_helpful_child_has_no_more_difficulties() -> None:
    instrument = SHIPPED.get("sdq")
    helpful = dict.fromkeys(("q1", "q4", "q9", "q17", "q20"), 20)
    best = {item.key: 20 if item.is_reversed else 0 for item in instrument.items} | helpful

    found = score(instrument, best)

    assert found.total == 0
    assert found.subscales["prosocial"] == 100


def test_only_goals_in_use_count() -> None:
    goals = SHIPPED.get("personal-goals")

    both = score(goals, {"g1": 30, "g3": 80}, asked=["g1", "g3"])
    one_left_out = score(goals, {"g1": 30}, asked=["g1", "g3"])

    assert both.total == 55
    assert one_left_out.total is None
    assert one_left_out.missing == ("g3",)


@pytest.mark.parametrize(
    ("key", "items"), [("phq-9", {"q9"}), ("core-10", {"q6"}), ("oq-45", {"q8"})]
)
def test_the_slightest_answer_about_suicide_is_seen_also_in_an_unfinished_form(
    key: str, items: set[str]
) -> None:
    instrument = SHIPPED.get(key)
    critical = items.copy().pop()

    assert {found.item for found in instrument.critical_items} == items
    assert critical_answers(instrument, {critical: 0}) == ()
    assert critical_answers(instrument, {critical: 10}) == (
        CriticalAnswer(item=critical, answer=10, at_least=10),
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


@pytest.mark.parametrize("key", ["ors", "srs", "cors", "csrs", "gsrs"])
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
