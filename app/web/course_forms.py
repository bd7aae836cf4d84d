"""Which instruments a course uses: the choices on the page, and what was chosen."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.clinical.form_texts import LANGUAGES_OF_THE_PROGRAM
from app.clinical.form_texts import Words as Sentences
from app.clinical.instruments import Instrument, Purpose, Variant
from app.instruments import Registry
from app.web.typed import FormReader, Option, TypedForm, options
from app.web.words import Words
from app.workflow.agree import Forms

FORM_FIELDS = {
    "main_instrument": "main",
    "alliance_instrument": "alliance",
    "further_instrument": "further",
}
"""The field that each refusal of the workflow is about."""

USUAL_MAIN = "outcome-4"
USUAL_ALLIANCE = "alliance-4"


@dataclass(frozen=True, slots=True)
class FormsChoice:
    """The instruments to choose among."""

    main: Sequence[Option]
    alliance: Sequence[Option]
    further: Sequence[Option]
    variant: Sequence[Option]


def usual_forms() -> Forms:
    """Return what a new course begins with."""
    return Forms(main=USUAL_MAIN, alliance=USUAL_ALLIANCE)


def offer_forms(words: Words, registry: Registry, chosen: Forms) -> FormsChoice:
    """Return the choices with these chosen."""
    return _offer(
        words,
        registry,
        main=chosen.main,
        alliance=chosen.alliance or "",
        further=chosen.further,
        variant=chosen.variant.value,
    )


def offer_again(words: Words, registry: Registry, typed: TypedForm) -> FormsChoice:
    """Return the choices as they were sent."""
    return _offer(
        words,
        registry,
        main=typed.first("main"),
        alliance=typed.first("alliance"),
        further=typed.all("further"),
        variant=typed.first("variant"),
    )


def read_forms(reader: FormReader) -> Forms | None:
    """Return what was chosen, or ``None`` with a problem."""
    variant = reader.choice("variant", reader.words("enrol.variant"), Variant)
    main = reader.line("main", reader.words("enrol.main"), is_needed=True)
    if variant is None or main is None:
        return None
    return Forms(
        main=main,
        alliance=reader.typed.first("alliance") or None,
        further=tuple(reader.typed.all("further")),
        variant=variant,
    )


def name_of_form(words: Words, registry: Registry, key: str) -> str:
    """Return an instrument's name in the reader's language; its key if it is no longer here."""
    instrument = registry.instruments.get(key)
    return said(words, instrument.name) if instrument else key


def said(words: Words, sentence: Sentences) -> str:
    """Return a sentence of an instrument in the reader's language."""
    match words.language:
        case "nn":
            return sentence.nn
        case "en":
            return sentence.en
        case _:
            return sentence.nb


def _offer(
    words: Words,
    registry: Registry,
    *,
    main: str,
    alliance: str,
    further: Collection[str],
    variant: str,
) -> FormsChoice:
    known = registry.instruments.values()
    none = Option(value="", label=words("enrol.no_alliance"), is_chosen=not alliance)
    return FormsChoice(
        main=[
            _option(words, one, is_chosen=one.key == main)
            for one in known
            if one.purpose is Purpose.OUTCOME
        ],
        alliance=[
            *(
                _option(words, one, is_chosen=one.key == alliance)
                for one in known
                if one.purpose is Purpose.ALLIANCE
            ),
            none,
        ],
        further=[_option(words, one, is_chosen=one.key in further) for one in known],
        variant=options(Variant, lambda one: words(f"enrol.variant_{one.value}"), chosen=variant),
    )


def _option(words: Words, instrument: Instrument, *, is_chosen: bool) -> Option:
    return Option(
        value=instrument.key,
        label=words(
            "enrol.form_with_screen",
            form=said(words, instrument.name),
            screen=_on_screen(words, instrument),
        ),
        is_chosen=is_chosen,
    )


def _on_screen(words: Words, instrument: Instrument) -> str:
    """Say in which languages a form can be shown; without words it can only be typed in."""
    found = {text.language for text in instrument.texts}
    if not found:
        return words("enrol.paper_only")
    own = [language for language in LANGUAGES_OF_THE_PROGRAM if language in found]
    names = [words(f"common.language_{language}") for language in own]
    return words("enrol.on_screen", languages=", ".join([*names, *sorted(found.difference(own))]))
