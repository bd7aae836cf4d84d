"""Invented words for a form whose own wording the program does not ship."""

import datetime as dt
from pathlib import Path
from typing import Final

from app.clinical.form_texts import FormText, ItemText, TextOrigin, Variant
from app.clinical.instruments import Instrument
from app.instruments import install_text_pack, load_bundled

FORM: Final = "phq-9"
"""Nine items with codes, one of them critical."""

CRITICAL: Final = 8
"""Where the critical item stands, counted from nought."""

_WORDS: Final = {
    "nb": ("Oppdiktet skjema", "Oppdiktet spørsmål", ("Aldri", "Sjelden", "Ofte", "Alltid")),
    "nn": ("Oppdikta skjema", "Oppdikta spørsmål", ("Aldri", "Sjeldan", "Ofte", "Alltid")),
    "en": ("An invented form", "Invented question", ("Never", "Seldom", "Often", "Always")),
}


def install_words(folder: Path) -> None:
    """Give the site of a folder invented words for the form, in three languages."""
    instrument = load_bundled().get(FORM)
    install_text_pack(
        folder,
        instrument,
        tuple(_text(instrument, language) for language in _WORDS),
        by="Nils Aune",
        at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
        from_file="invented.toml",
        licence_ground="Oppdiktet, til prøve",
    )


def _text(instrument: Instrument, language: str) -> FormText:
    heading, question, answers = _WORDS[language]
    return FormText(
        language=language,
        variant=Variant.ADULT,
        origin=TextOrigin.SITE,
        heading=heading,
        items={
            item.key: ItemText(title=f"{question} {at}")
            for at, item in enumerate(instrument.items, start=1)
        },
        answers={str(10 * at): answer for at, answer in enumerate(answers)},
    )
