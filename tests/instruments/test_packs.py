"""Packs of item texts are read, in our own form and as questionnaires."""

import json

import pytest

from app.clinical.form_texts import TextOrigin, Variant
from app.instruments import (
    InstrumentFileError,
    parse_text_pack,
)
from tests.support.packs import (
    ANSWERS,
    COMPUTED,
    CONTROL,
    CORE_10,
    GAD_7,
    HIDDEN,
    ORS,
    WEIGHT_R5,
    Json,
    as_file,
    coded,
    questionnaire,
    questions,
    toml_pack,
)


def test_a_pack_in_our_own_form_is_read() -> None:
    (text,) = parse_text_pack(GAD_7, toml_pack(), "sea.toml")

    assert text.heading == "The sea"
    assert text.items["q7"].title == "Wave number 7"
    assert text.answers["30"] == "Breakers"
    assert text.origin is TextOrigin.SITE


def test_a_questionnaire_gives_the_same_words_by_item_order() -> None:
    (text,) = parse_text_pack(GAD_7, as_file(questionnaire()), "sea.json")

    assert text.language == "en"
    assert text.heading == "The sea these two weeks"
    assert text.lead == "Look out of the window. How was the sea?"
    assert [text.items[f"q{number}"].title for number in (1, 7)] == [
        "Wave number 1",
        "Wave number 7",
    ]
    assert dict(text.answers) == {
        "0": "Calm sea",
        "10": "Small waves",
        "20": "High waves",
        "30": "Breakers",
    }


def test_a_questionnaire_of_the_newer_kind_is_read_too() -> None:
    form = questionnaire()
    for question in questions(form):
        question["type"] = "coding"
        question["answerOption"] = [
            {
                "valueCoding": {"display": said},
                "extension": [{"url": WEIGHT_R5, "valueDecimal": number}],
            }
            for number, said in enumerate(ANSWERS)
        ]

    (text,) = parse_text_pack(GAD_7, as_file(form), "sea.json")

    assert text.answers["20"] == "High waves"


def test_plain_numbers_are_their_own_words() -> None:
    form = questionnaire()
    for question in questions(form):
        question["type"] = "integer"
        question["answerOption"] = [{"valueInteger": number} for number in range(4)]

    (text,) = parse_text_pack(GAD_7, as_file(form), "sea.json")

    assert text.answers["30"] == "3"


def test_answers_given_as_texts_with_a_number_are_read() -> None:
    form = questionnaire()
    for question in questions(form):
        question["answerOption"] = [
            {"valueString": said, "extension": [{"url": WEIGHT_R5, "valueInteger": number}]}
            for number, said in enumerate(ANSWERS)
        ]

    (text,) = parse_text_pack(GAD_7, as_file(form), "sea.json")

    assert text.answers["0"] == "Calm sea"


def test_hidden_read_only_and_computed_questions_are_nobodys_to_answer() -> None:
    form = questionnaire()
    form["item"] += [
        {"type": "decimal", "text": "Sum", "readOnly": True},
        {"type": "decimal", "text": "Sum", "extension": [{"url": COMPUTED}]},
        {"type": "string", "text": "Key", "extension": [{"url": HIDDEN, "valueBoolean": True}]},
        {"type": "display", "text": "Thank you"},
    ]

    (text,) = parse_text_pack(GAD_7, as_file(form), "sea.json")

    assert len(text.items) == 7
    assert "Thank you" not in text.lead


def test_for_whom_a_questionnaire_is_worded_is_said_by_whoever_adds_it() -> None:
    (text,) = parse_text_pack(GAD_7, as_file(questionnaire()), "sea.json", variant=Variant.GROUP)

    assert text.variant is Variant.GROUP


def core_10_questionnaire(*, reversed_words: list[str]) -> Json:
    """Return an invented Questionnaire for the CORE-10."""
    straight = ["Never", "Seldom", "At times", "Often", "Always"]
    return {
        "resourceType": "Questionnaire",
        "language": "nb",
        "title": "Været",
        "item": [
            {
                "type": "choice",
                "text": f"Sky {number}",
                "answerOption": coded(reversed_words if number in {2, 3} else straight),
            }
            for number in range(1, 11)
        ],
    }


@pytest.mark.parametrize(
    "reversed_words",
    [
        ["Never", "Seldom", "At times", "Often", "Always"],
        ["Always", "Often", "At times", "Seldom", "Never"],
    ],
    ids=["numbered as answered", "numbered as scored"],
)
def test_the_words_of_a_reversed_item_decide_which_way_its_numbers_run(
    reversed_words: list[str],
) -> None:
    form = core_10_questionnaire(reversed_words=reversed_words)

    (text,) = parse_text_pack(CORE_10, as_file(form), "sky.json")

    assert text.answers["0"] == "Never"
    assert text.answers["40"] == "Always"


def display(text: str, *, place: str) -> Json:
    """Return a display that is marked for a place beside its question."""
    codings = [{"code": place}] if place else []
    return {
        "type": "display",
        "text": text,
        "extension": [
            {"url": "http://example.org/colour", "valueString": "blue"},
            {"url": CONTROL, "valueCodeableConcept": {"coding": codings}},
        ],
    }


def tide_questionnaire(*displays: list[Json]) -> bytes:
    """Return an invented Questionnaire of four lines, each with its displays."""
    return as_file(
        {
            "resourceType": "Questionnaire",
            "language": "nn",
            "title": "Tidvatn",
            "item": [
                {"type": "decimal", "text": f"Tide {number}", "item": around}
                for number, around in enumerate(displays)
            ],
        }
    )


def test_a_form_of_lines_takes_its_ends_from_displays_marked_lower_and_upper() -> None:
    ends = [
        display("Down", place="lower"),
        display("Up", place="upper"),
        display("Look", place="help"),
        display("Look again", place=""),
    ]

    (text,) = parse_text_pack(ORS, tide_questionnaire(ends, ends, ends, ends), "tide.json")

    assert (text.low_end, text.high_end) == ("Down", "Up")
    assert text.lead == ""


def test_lines_whose_ends_differ_are_refused() -> None:
    ends = [display("Down", place="lower"), display("Up", place="upper")]
    other = [display("Below", place="lower"), display("Up", place="upper")]

    with pytest.raises(InstrumentFileError, match="ends differ between the lines"):
        parse_text_pack(ORS, tide_questionnaire(ends, ends, other, ends), "tide.json")


def test_lines_without_words_at_their_ends_are_refused() -> None:
    with pytest.raises(InstrumentFileError, match="the ends of the scale have no words"):
        parse_text_pack(ORS, tide_questionnaire([], [], [], []), "tide.json")


def test_ends_given_before_the_first_question_are_no_part_of_the_lead() -> None:
    form = json.loads(tide_questionnaire([], [], [], []))
    form["item"][:0] = [
        {"type": "group"},
        display("Down", place="lower"),
        {"type": "display", "text": "Mark each line."},
        display("Up", place="upper"),
    ]

    (text,) = parse_text_pack(ORS, as_file(form), "tide.json")

    assert text.lead == "Mark each line."
