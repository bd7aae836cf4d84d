"""The fields of a paper form: one for each item, or the total alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.clinical.instruments import FormText, Instrument, Item, Tenths, Variant
from app.web.typed import FormReader, Option, TypedForm
from app.web.words import Words
from app.workflow import transcribe

PAPER_FIELDS: Mapping[str, str] = {
    "nothing_typed": "total",
    "items_and_total": "total",
    "total_not_possible": "total",
    "paper_day": "dated",
    "respondent_unknown": "dated",
    "no_goals_yet": "total",
}
"""Which field each refusal of the workflow is about."""


@dataclass(frozen=True, slots=True)
class ItemField:
    """One item. Words are shown where the site may show them; the number always is."""

    name: str
    number: int
    title: str
    allowed: str
    choices: Sequence[Option]
    """The digits on the form; none for a line, which is measured and typed."""
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PaperForm:
    """All fields of a paper form."""

    items: Sequence[ItemField]
    total: str = field(repr=False)
    total_allowed: str
    max_missing: int


def empty_form(words: Words, instrument: Instrument, *, goals: Mapping[str, str]) -> PaperForm:
    """Return the fields with nothing in them."""
    return typed_form(words, instrument, goals=goals, typed=TypedForm())


def typed_form(
    words: Words, instrument: Instrument, *, goals: Mapping[str, str], typed: TypedForm
) -> PaperForm:
    """Return the fields as they were sent."""
    values = {item.key: typed.first(f"item_{item.key}") for item in instrument.items}
    return _form(words, instrument, goals=goals, values=values, total=typed.first("total"))


def filled_form(
    words: Words,
    instrument: Instrument,
    *,
    goals: Mapping[str, str],
    answers: Mapping[str, Tenths | None],
    total: Tenths | None,
) -> PaperForm:
    """Return the fields with what is stored; the total only where there are no answers."""
    values = {key: words.whole(value) for key, value in answers.items() if value is not None}
    alone = total is not None and not values
    return _form(
        words,
        instrument,
        goals=goals,
        values=values,
        total=words.whole(total) if alone else "",
    )


def read_answers(
    reader: FormReader, instrument: Instrument, *, goals: Mapping[str, str]
) -> Mapping[str, Tenths | None]:
    """Return the digits by item; what may not stand there is a problem of its field."""
    answers: dict[str, Tenths | None] = {}
    for number, item in _asked(instrument, goals):
        name = f"item_{item.key}"
        label = reader.words("paper.item_number", number=number)
        value = reader.tenths(name, label)
        if value is not None and not item.allows(value):
            reader.not_offered(name, label, allowed=allowed_answers(reader.words, item))
            value = None
        answers[item.key] = value
    return answers


def read_total(reader: FormReader) -> Tenths | None:
    """Return the total, if one was typed."""
    return reader.tenths("total", reader.words("paper.total"))


def allowed_answers(words: Words, item: Item) -> str:
    """Return what may stand for an item: "0, 1, 2, 3", or "0–10" for a line."""
    if item.codes:
        return ", ".join(words.whole(code) for code in item.codes)
    return f"{words.whole(item.lowest)}–{words.whole(item.highest)}"


def allowed_totals(words: Words, instrument: Instrument) -> str:
    """Return the range of the total."""
    scoring = instrument.scoring
    return f"{words.whole(scoring.lowest)}–{words.whole(scoring.highest)}"


def item_title(
    words: Words, instrument: Instrument, item: Item, *, goals: Mapping[str, str]
) -> str:
    """Return an item's words, the patient's own for a goal; nothing where there are none."""
    if instrument.item_texts_from_episode:
        return goals.get(item.key, "")
    text = _text(words, instrument)
    return text.items[item.key].title if text else ""


def _form(
    words: Words,
    instrument: Instrument,
    *,
    goals: Mapping[str, str],
    values: Mapping[str, str],
    total: str,
) -> PaperForm:
    return PaperForm(
        items=[
            ItemField(
                name=f"item_{item.key}",
                number=number,
                title=item_title(words, instrument, item, goals=goals),
                allowed=allowed_answers(words, item),
                choices=_choices(words, item, chosen=values.get(item.key, "")),
                value=values.get(item.key, ""),
            )
            for number, item in _asked(instrument, goals)
        ],
        total=total,
        total_allowed=allowed_totals(words, instrument),
        max_missing=instrument.scoring.max_missing,
    )


def _choices(words: Words, item: Item, *, chosen: str) -> Sequence[Option]:
    digits = [words.whole(code) for code in item.codes]
    return [Option(value=digit, label=digit, is_chosen=digit == chosen) for digit in digits]


def _asked(instrument: Instrument, goals: Mapping[str, str]) -> Sequence[tuple[int, Item]]:
    asked = transcribe.asked_items(instrument, goals=goals)
    return [
        (number, item)
        for number, item in enumerate(instrument.items, start=1)
        if asked is None or item.key in asked
    ]


def _text(words: Words, instrument: Instrument) -> FormText | None:
    """Return the words of a form in the reader's language, or in another that it has."""
    for language in (words.language, *instrument.offered_languages(Variant.ADULT)):
        text = instrument.text(language=language, variant=Variant.ADULT)
        if text is not None:
            return text
    return None
