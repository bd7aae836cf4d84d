"""The words that a site adds: read, checked, stored with a record, and never overwritten."""

import copy
import datetime as dt
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.clinical.form_texts import FormText, TextOrigin, Variant
from app.instruments import (
    InstrumentFileError,
    PackRecordError,
    Registry,
    install_text_pack,
    load_bundled,
    load_registry,
    parse_text_pack,
)

SHIPPED = load_bundled()
GAD_7 = SHIPPED.get("gad-7")
CORE_10 = SHIPPED.get("core-10")
ORS = SHIPPED.get("ors")
MORNING = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
GROUND = "Agreement 12/2026, kept by the archive"
WEIGHT_R4 = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
WEIGHT_R5 = "http://hl7.org/fhir/StructureDefinition/itemWeight"
CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
HIDDEN = "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden"
COMPUTED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"

ANSWERS = ["Calm sea", "Small waves", "High waves", "Breakers"]

Json = dict[str, Any]


def toml_pack(*, zero: str = "Calm sea", language: str = "en", heading: str = "The sea") -> bytes:
    """Return an invented pack for the GAD-7 in our own form."""
    items = "\n".join(f'q{number} = {{ title = "Wave number {number}" }}' for number in range(1, 8))
    return f"""
instrument = "gad-7"
[[texts]]
language = "{language}"
variant = "adult"
origin = "site"
heading = "{heading}"
[texts.items]
{items}
[texts.answers]
"0" = "{zero}"
"10" = "Small waves"
"20" = "High waves"
"30" = "Breakers"
""".encode()


def coded(words: list[str], *, weight_url: str = WEIGHT_R4) -> list[Json]:
    """Return answer options with a coding each, numbered from 0 by an extension."""
    return [
        {
            "valueCoding": {
                "code": f"sea-{number}",
                "display": said,
                "extension": [
                    {"url": "http://example.org/colour", "valueString": "blue"},
                    {"url": weight_url, "valueDecimal": number},
                ],
            }
        }
        for number, said in enumerate(words)
    ]


def questionnaire() -> Json:
    """Return an invented R4 Questionnaire of seven questions in a group."""
    return {
        "resourceType": "Questionnaire",
        "language": "en-GB",
        "title": "The sea these two weeks",
        "item": [
            {"linkId": "0", "type": "display", "text": "Look out of the window."},
            {
                "linkId": "1",
                "type": "group",
                "text": "How was the sea?",
                "item": [
                    {
                        "linkId": f"1.{number}",
                        "type": "choice",
                        "text": f"Wave number {number}",
                        "answerOption": coded(ANSWERS),
                    }
                    for number in range(1, 8)
                ],
            },
        ],
    }


def as_file(content: object) -> bytes:
    """Return the bytes of a JSON file."""
    return json.dumps(content).encode()


def questions(form: Json) -> list[Json]:
    """Return the seven questions of the invented Questionnaire."""
    found: list[Json] = form["item"][1]["item"]
    return found


def install(site: Path, pack: tuple[FormText, ...], *, at: dt.datetime = MORNING) -> Path:
    """Install a pack for the GAD-7 as the site's administrator."""
    return install_text_pack(
        site,
        GAD_7,
        pack,
        by="Administrator",
        at=at,
        from_file="sea.toml",
        licence_ground=GROUND,
    )


def text_in_use(registry: Registry) -> FormText | None:
    """Return the English words in use for the GAD-7."""
    return registry.get("gad-7").text(language="en", variant=Variant.ADULT)


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


def test_an_installed_pack_is_offered_and_says_who_when_whence_and_why(tmp_path: Path) -> None:
    path = install(tmp_path, parse_text_pack(GAD_7, toml_pack(), "folder/sea.toml"))

    registry = load_registry(site_folder=tmp_path)

    form = registry.get("gad-7")
    text = text_in_use(registry)
    assert form.offered_languages(Variant.ADULT) == ("en",)
    assert form.language_status(Variant.ADULT) == {
        "nb": None,
        "nn": None,
        "en": TextOrigin.SITE,
    }
    assert text is not None
    assert text.licence_ground == GROUND
    (pack,) = registry.packs
    assert pack.record.installed_by == "Administrator"
    assert pack.record.installed_at == MORNING
    assert pack.record.from_file == "sea.toml"
    assert pack.record.licence_ground == GROUND
    assert path.parent == tmp_path / "texts"


def test_installing_changes_no_word(tmp_path: Path) -> None:
    (text,) = parse_text_pack(GAD_7, as_file(questionnaire()), "sea.json")

    install(tmp_path, (text,))

    installed = text_in_use(load_registry(site_folder=tmp_path))
    assert installed is not None
    assert installed.version == text.version


def test_newer_words_are_used_and_older_ones_are_still_found(tmp_path: Path) -> None:
    (older,) = parse_text_pack(GAD_7, toml_pack(heading="The old sea"), "sea.toml")
    (newer,) = parse_text_pack(GAD_7, toml_pack(heading="The new sea"), "sea.toml")
    install(tmp_path, (newer,), at=MORNING + dt.timedelta(days=30))
    install(tmp_path, (older,), at=MORNING)

    registry = load_registry(site_folder=tmp_path)

    in_use = text_in_use(registry)
    stored_with_answer = registry.text_of_version("gad-7", older.version)
    assert in_use is not None
    assert in_use.heading == "The new sea"
    assert stored_with_answer is not None
    assert stored_with_answer.heading == "The old sea"


def test_one_pack_may_add_a_language_beside_another(tmp_path: Path) -> None:
    install(tmp_path, parse_text_pack(GAD_7, toml_pack(language="en"), "sea.toml"))
    install(tmp_path, parse_text_pack(GAD_7, toml_pack(language="uk"), "sea.toml"))

    form = load_registry(site_folder=tmp_path).get("gad-7")

    assert form.offered_languages(Variant.ADULT) == ("en", "uk")


def test_only_the_service_can_read_the_installed_words(tmp_path: Path) -> None:
    path = install(tmp_path, parse_text_pack(GAD_7, toml_pack(), "sea.toml"))

    assert path.stat().st_mode & 0o077 == 0
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)

    with pytest.raises(OSError, match="No space"):
        install(tmp_path, parse_text_pack(GAD_7, toml_pack(), "sea.toml"))

    assert list((tmp_path / "texts").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"by": " "}, "by"),
        ({"licence_ground": ""}, "licence_ground"),
        ({"at": MORNING.replace(tzinfo=None)}, "at"),
    ],
)
def test_a_pack_is_not_installed_without_its_record(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    record: dict[str, Any] = {
        "by": "Administrator",
        "at": MORNING,
        "from_file": "sea.toml",
        "licence_ground": GROUND,
    }

    with pytest.raises(PackRecordError) as refused:
        install_text_pack(
            tmp_path,
            GAD_7,
            parse_text_pack(GAD_7, toml_pack(), "sea.toml"),
            **(record | change),
        )

    assert refused.value.field == field
    assert not (tmp_path / "texts").exists()


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        ('instrument = "gad-7"', 'instrument = "gad-9"', "instrument"),
        ('licence_ground = "', 'ground = "', "record.licence_ground"),
        ('installed_by = "Administrator"\n', "", "record.installed_by"),
        ('title = "Wave number 7"', 'titel = "Wave number 7"', "texts.0.items.q7.title"),
        ('10 = "Small waves"', '15 = "Small waves"', "texts[en, adult].answers"),
    ],
)
def test_an_installed_pack_that_was_spoiled_by_hand_stops_the_start(
    tmp_path: Path, right: str, wrong: str, field: str
) -> None:
    path = install(tmp_path, parse_text_pack(GAD_7, toml_pack(), "sea.toml"))
    content = path.read_text(encoding="utf-8")
    assert right in content
    path.write_text(content.replace(right, wrong, 1), encoding="utf-8")

    with pytest.raises(InstrumentFileError) as refused:
        load_registry(site_folder=tmp_path)

    assert refused.value.file == path.name
    assert refused.value.field == field


def test_the_stored_pack_is_plain_toml_that_people_can_read(tmp_path: Path) -> None:
    path = install(tmp_path, parse_text_pack(GAD_7, toml_pack(), "sea.toml"))

    content = tomllib.loads(path.read_text(encoding="utf-8"))

    assert set(content) == {"instrument", "record", "texts"}
    assert content["record"]["installed_at"] == MORNING
    assert content["texts"][0]["items"]["q1"] == {"title": "Wave number 1"}
