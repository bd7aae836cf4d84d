"""What an instrument is, before anything is scored with it."""

import datetime as dt

import pytest
from pydantic import ValidationError

from app.clinical.form_texts import FormText, ItemText, TextOrigin, Variant, Words
from app.clinical.instruments import (
    Direction,
    Evidence,
    Instrument,
    Item,
    Licence,
    LicenceClass,
    Method,
    Provenance,
    Purpose,
    Quantity,
    Scoring,
)

CHECKED = dt.date(2026, 11, 21)
OUR_RULE = Provenance(source="Our rule", evidence=Evidence.CONVENTION, checked=CHECKED)


def two_lines(**changes: object) -> Instrument:
    """Return an invented form of two lines; ``changes`` replace parts of it."""
    parts: dict[str, object] = {
        "key": "two-lines",
        "version": 1,
        "name": "Two lines",
        "purpose": Purpose.OUTCOME,
        "direction": Direction.HIGHER_IS_BETTER,
        "items": (
            Item(key="sleep", lowest=0, highest=100),
            Item(key="food", lowest=0, highest=100),
        ),
        "scoring": Scoring(method=Method.SUM, lowest=0, highest=200, provenance=OUR_RULE),
        "licence": Licence(
            licence_class=LicenceClass.BUNDLED,
            owner="Us",
            terms=Words(nb="Våre ord", nn="Våre ord", en="Our words"),
            source="Written here",
            checked=CHECKED,
        ),
    }
    return Instrument.model_validate(parts | changes)


def words_in(
    language: str, *, variant: Variant = Variant.ADULT, heading: str = "This week"
) -> FormText:
    """Return invented words for the two lines."""
    return FormText(
        language=language,
        variant=variant,
        origin=TextOrigin.OURS,
        heading=heading,
        items={"sleep": ItemText(title="Sleep"), "food": ItemText(title="Food")},
        low_end="Badly",
        high_end="Well",
    )


def test_a_line_takes_any_tenth_between_its_ends() -> None:
    line = Item(key="sleep", lowest=0, highest=100)

    assert [line.allows(answer) for answer in (-1, 0, 37, 100, 101)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_a_question_with_answer_codes_takes_nothing_between_them() -> None:
    question = Item(key="sleep", lowest=0, highest=30, codes=(0, 10, 20, 30))

    assert question.allows(20)
    assert not question.allows(15)


def test_a_digit_that_the_paper_prints_turned_is_turned_back_once() -> None:
    printed_turned = Item(
        key="support",
        lowest=0,
        highest=40,
        codes=(0, 10, 20, 30, 40),
        is_reversed=True,
        is_printed_turned=True,
    )
    printed_straight = Item(key="doubt", lowest=10, highest=70, is_reversed=True)

    assert printed_turned.from_paper(40) == 0
    assert printed_turned.from_paper(10) == 30
    assert printed_straight.from_paper(60) == 60


def test_paper_that_prints_turned_digits_makes_sense_for_reversed_items_only() -> None:
    with pytest.raises(ValidationError, match="is_printed_turned without is_reversed"):
        Item(key="support", lowest=0, highest=40, is_printed_turned=True)


def test_true_is_no_number() -> None:
    with pytest.raises(ValidationError, match="valid integer"):
        Item.model_validate({"key": "sleep", "lowest": True, "highest": 100})


def test_an_instrument_finds_its_items_and_words() -> None:
    bokmal = words_in("nb")
    form = two_lines(texts=(bokmal,))

    found = form.item("food")

    assert found is not None
    assert found.key == "food"
    assert form.item("drink") is None
    assert form.text(language="nb", variant=Variant.ADULT) is bokmal
    assert form.text(language="nb", variant=Variant.CHILD) is None


def test_a_language_without_words_is_not_offered() -> None:
    form = two_lines(
        texts=(
            words_in("en"),
            words_in("uk"),
            words_in("nb"),
            words_in("nn", variant=Variant.CHILD),
        )
    )

    assert form.offered_languages(Variant.ADULT) == ("nb", "en", "uk")
    assert form.offered_languages(Variant.CHILD) == ("nn",)
    assert form.offered_languages(Variant.GROUP) == ()


def test_every_language_says_who_stands_behind_the_words_or_that_they_are_missing() -> None:
    official = words_in("nn").model_copy(
        update={"origin": TextOrigin.OFFICIAL, "licence_ground": "Agreement of 2026"}
    )
    form = two_lines(texts=(words_in("nb"), official))

    assert form.language_status(Variant.ADULT) == {
        "nb": TextOrigin.OURS,
        "nn": TextOrigin.OFFICIAL,
        "en": None,
    }


def test_the_version_of_a_text_changes_with_any_word_and_with_nothing_else() -> None:
    asked = words_in("nb")

    with_ground = asked.model_copy(update={"licence_ground": "Ours", "origin": TextOrigin.SITE})
    other_heading = words_in("nb", heading="Last week")
    other_language = words_in("nn")
    for_children = words_in("nb", variant=Variant.CHILD)
    other_end = asked.model_copy(update={"high_end": "Very well"})
    other_item = asked.model_copy(
        update={"items": {**asked.items, "food": ItemText(title="Food", hint="And drink")}}
    )

    assert with_ground.version == asked.version
    versions = {
        text.version
        for text in (asked, other_heading, other_language, for_children, other_end, other_item)
    }
    assert len(versions) == 6


def test_the_version_of_a_text_does_not_hang_on_the_order_in_its_file() -> None:
    asked = words_in("nb")

    shuffled = asked.model_copy(update={"items": dict(reversed(list(asked.items.items())))})

    assert shuffled.version == asked.version


def test_words_with_control_characters_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"U\+0009"):
        words_in("nb", heading="This\tweek")


def test_a_site_may_write_its_notes_in_the_one_language_it_reads() -> None:
    note = Words.model_validate("Bare for oss")

    assert note.in_language("nb") == note.in_language("nn") == note.in_language("en")


def test_a_sentence_is_had_in_the_language_of_the_reader() -> None:
    note = Words(nb="uke", nn="veke", en="week")

    assert [note.in_language(language) for language in ("nb", "nn", "en")] == [
        "uke",
        "veke",
        "week",
    ]


@pytest.mark.parametrize("given", [{}, {"points": "2.9", "ratio": 0.5}])
def test_a_number_is_either_points_or_a_share(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="'mean' needs either points or ratio"):
        Quantity.model_validate({"name": "mean", "label": "Mean", "provenance": OUR_RULE, **given})


def test_an_instrument_without_a_published_border_has_no_cut_off() -> None:
    assert two_lines().default_cut_off is None
