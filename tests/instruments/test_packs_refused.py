"""Packs that do not fit their instrument are refused with a sentence."""

import copy
from collections.abc import Callable

import pytest

from app.instruments import (
    InstrumentFileError,
    parse_text_pack,
)
from tests.support.packs import (
    ANSWERS,
    GAD_7,
    ORS,
    SHIPPED,
    WEIGHT_R4,
    Json,
    as_file,
    coded,
    questionnaire,
    questions,
    toml_pack,
)


def without_last_question(form: Json) -> None:
    questions(form).pop()


def with_one_question_more(form: Json) -> None:
    questions(form).append(questions(form)[0])


def with_five_answers(form: Json) -> None:
    questions(form)[3]["answerOption"] = coded([*ANSWERS, "Flood"])


def with_other_words(form: Json) -> None:
    questions(form)[3]["answerOption"] = coded(["Flat", *ANSWERS[1:]])


def with_numbers_the_other_way(form: Json) -> None:
    questions(form)[3]["answerOption"] = coded(ANSWERS[::-1])


def with_the_same_number_twice(form: Json) -> None:
    questions(form)[3]["answerOption"] += coded(ANSWERS[:1])


def without_numbers(form: Json) -> None:
    questions(form)[3]["answerOption"] = [{"valueCoding": {"code": "0", "display": "Calm sea"}}]


def with_words_for_a_number(form: Json) -> None:
    questions(form)[3]["answerOption"] = [{"valueInteger": "many"}]


def with_a_third_of_a_tenth(form: Json) -> None:
    questions(form)[3]["answerOption"] = [
        {"valueCoding": {"display": "x"}, "extension": [{"url": WEIGHT_R4, "valueDecimal": 0.33}]}
    ]


def with_free_text(form: Json) -> None:
    questions(form)[3]["type"] = "string"


def without_words(form: Json) -> None:
    questions(form)[3]["text"] = "  "


def without_language(form: Json) -> None:
    del form["language"]


def in_just_norwegian(form: Json) -> None:
    form["language"] = "no"


def without_title(form: Json) -> None:
    del form["title"]


def of_another_kind(form: Json) -> None:
    form["resourceType"] = "Patient"


def with_items_that_are_no_list(form: Json) -> None:
    form["item"] = "seven"


def with_an_item_that_is_no_object(form: Json) -> None:
    form["item"][0] = 7


def nested_ten_deep(form: Json) -> None:
    for _ in range(10):
        form["item"] = [{"type": "group", "item": form["item"]}]


@pytest.mark.parametrize(
    ("spoil", "field", "said"),
    [
        (without_last_question, "item", "has 6 questions that are answered; allowed: 7"),
        (with_one_question_more, "item", "has 8 questions that are answered; allowed: 7"),
        (with_five_answers, "item[1].item[3].answerOption", "offers 0, 1, 2, 3, 4"),
        (with_other_words, "item[1].item[3].answerOption", "one set of answers"),
        (with_numbers_the_other_way, "item[1].item[3].answerOption", "one set of answers"),
        (with_the_same_number_twice, "item[1].item[3].answerOption", "number 0 is given twice"),
        (without_numbers, "item[1].item[3].answerOption[0]", "itemWeight"),
        (with_words_for_a_number, "item[1].item[3].answerOption[0]", "such as 0, 1, 2"),
        (with_a_third_of_a_tenth, "item[1].item[3].answerOption[0]", "such as 0, 1, 2"),
        (with_free_text, "item[1].item[3].type", "'string'"),
        (without_words, "item[1].item[3].text", "has no words"),
        (without_language, "language", "has no words"),
        (in_just_norwegian, "language", "'nb' or 'nn'"),
        (without_title, "title", "has no words"),
        (of_another_kind, "resourceType", "'Questionnaire'"),
        (with_items_that_are_no_list, "item", "a list of objects"),
        (with_an_item_that_is_no_object, "item[0]", "an object"),
        (nested_ten_deep, "item[0].item[0].item[0].item[0].item[0].item[0].item[0].item[0].",
         "at most 8 levels"),
    ],
)  # fmt: skip
def test_a_questionnaire_that_does_not_match_is_refused(
    spoil: Callable[[Json], None], field: str, said: str
) -> None:
    form = copy.deepcopy(questionnaire())
    spoil(form)

    with pytest.raises(InstrumentFileError) as refused:
        parse_text_pack(GAD_7, as_file(form), "sea.json")

    assert refused.value.file == "sea.json"
    assert refused.value.field == field
    assert said in str(refused.value)


def test_lines_do_not_take_a_form_with_answer_codes() -> None:
    form = questionnaire()
    form["item"][1]["item"] = questions(form)[:4]

    with pytest.raises(InstrumentFileError, match=r"is 'choice'; allowed: decimal, integer"):
        parse_text_pack(ORS, as_file(form), "sea.json")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"item":' * 100_000, "nested too deeply"),
        (b"{", "well-formed JSON"),
        (b"\xff", "not UTF-8"),
        (b'{"a": 1, "a": 2}', "the same name twice"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "well-formed JSON"),
        (b"[]", "is no object"),
        (b" " * (1024 * 1024 + 1), "larger than the limit"),
    ],
    ids=["lists", "objects", "torn", "bytes", "twice", "nan", "endless", "list", "large"],
)
def test_a_hostile_or_torn_questionnaire_is_refused_with_a_sentence(raw: bytes, said: str) -> None:
    with pytest.raises(InstrumentFileError) as refused:
        parse_text_pack(GAD_7, raw, "sea.json")

    assert said in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("zero", ["Not at all sure", "NOT AT ALL SURE", "not sure at all"])
@pytest.mark.parametrize("is_fhir", [False, True], ids=["toml", "fhir"])
def test_the_misprinted_first_answer_of_the_gad_7_is_refused(zero: str, *, is_fhir: bool) -> None:
    form = questionnaire()
    for question in questions(form):
        question["answerOption"] = coded([zero, *ANSWERS[1:]])
    raw, name = (as_file(form), "sea.json") if is_fhir else (toml_pack(zero=zero), "sea.toml")

    with pytest.raises(InstrumentFileError, match="known misprint") as refused:
        parse_text_pack(GAD_7, raw, name)

    assert refused.value.field == "texts[en].answers.0"


def test_the_misprint_is_looked_for_in_english_and_in_the_first_answer_only() -> None:
    in_bokmal = parse_text_pack(GAD_7, toml_pack(zero="sure", language="nb"), "sea.toml")
    elsewhere = toml_pack().replace(b"High waves", b"I am sure")

    assert in_bokmal[0].answers["0"] == "sure"
    assert parse_text_pack(GAD_7, elsewhere, "sea.toml")[0].answers["20"] == "I am sure"


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        (b'instrument = "gad-7"', b'instrument = "phq-9"', "instrument"),
        (b'instrument = "gad-7"', b"", "instrument"),
        (b'origin = "site"', b'origin = "ours"', "texts.origin"),
        (b"[[texts]]", b'record = "mine"\n[[texts]]', "record"),
        (b'q7 = { title = "Wave number 7" }', b"", "texts[en, adult].items"),
        (b'"30" = "Breakers"', b"", "texts[en, adult].answers"),
    ],
)
def test_a_pack_that_does_not_fit_the_instrument_is_refused(
    right: bytes, wrong: bytes, field: str
) -> None:
    raw = toml_pack()
    assert right in raw

    with pytest.raises(InstrumentFileError) as refused:
        parse_text_pack(GAD_7, raw.replace(right, wrong, 1), "sea.toml")

    assert refused.value.field == field


def test_the_same_language_twice_in_a_pack_is_refused() -> None:
    once = toml_pack()
    twice = once + once[once.index(b"[[texts]]") :]

    with pytest.raises(InstrumentFileError, match="the same language and variant twice"):
        parse_text_pack(GAD_7, twice, "sea.toml")


@pytest.mark.parametrize("name", ["sea.pdf", "sea", "sea.toml.exe"])
def test_other_kinds_of_file_are_refused(name: str) -> None:
    with pytest.raises(InstrumentFileError, match=r"'\.toml' for our own form"):
        parse_text_pack(GAD_7, toml_pack(), name)


def test_our_own_words_cannot_be_replaced_but_a_language_can_be_added() -> None:
    pack = """
instrument = "outcome-4"
[[texts]]
language = "LANGUAGE"
variant = "adult"
origin = "site"
heading = "Heading"
low_end = "Low"
high_end = "High"
items = { o1 = { title = "A" }, o2 = { title = "B" }, o3 = { title = "C" }, o4 = { title = "D" } }
"""
    own = SHIPPED.get("outcome-4")

    (added,) = parse_text_pack(own, pack.replace("LANGUAGE", "se").encode(), "se.toml")
    with pytest.raises(InstrumentFileError, match="comes with its own words in this language"):
        parse_text_pack(own, pack.replace("LANGUAGE", "nn").encode(), "nn.toml")

    assert added.language == "se"
