"""The words on the screen, in three languages side by side."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

LANGUAGES = ("nb", "nn", "en")
"""Bokmål first: what is shown when nobody has chosen."""

LANGUAGE_NAMES: Mapping[str, str] = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}

CLINIC_ZONE = ZoneInfo("Europe/Oslo")
"""Sessions are planned and shown by the clock on the wall."""

_FOLDER = Path(__file__).parent.parent / "locale"
_LOCALES = {"nb": Locale("nb", "NO"), "nn": Locale("nn", "NO"), "en": Locale("en", "GB")}

Forms = Mapping[str, Mapping[str, str]]


class MissingWordError(LookupError):
    """A page asks for a word that the catalogue lacks."""

    def __init__(self, key: str, language: str) -> None:
        super().__init__(f"no word '{key}' in '{language}'; add it to app/locale in all languages")
        self.key = key
        self.language = language


class UnknownLanguageError(ValueError):
    """A language that is not offered was asked for."""

    def __init__(self, language: str) -> None:
        super().__init__(f"language is '{language[:12]}'; offered are {', '.join(LANGUAGES)}")
        self.language = language


@cache
def catalogue() -> Mapping[str, Forms]:
    """Read all words: key to plural form to language to text."""
    words: dict[str, Forms] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        with path.open("rb") as file:
            for name, entry in tomllib.load(file).items():
                is_plural = all(isinstance(value, dict) for value in entry.values())
                words[f"{path.stem}.{name}"] = entry if is_plural else {"other": entry}
    return words


@dataclass(frozen=True, slots=True)
class Words:
    """The words, dates and numbers of one language."""

    language: str

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise UnknownLanguageError(self.language)

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values filled in; ``n`` chooses between one and many."""
        forms = catalogue().get(key)
        if forms is None:
            raise MissingWordError(key, self.language)
        count = values.get("n")
        form = self._locale.plural_form(count) if isinstance(count, int) else "other"
        texts = forms.get(form, forms["other"])
        if self.language not in texts:
            raise MissingWordError(key, self.language)
        return texts[self.language].format(**values)

    def tenths(self, value: int | None, *, sign: bool = False) -> str:
        """Write a score or change kept in tenths: 186 is "18,6"; a whole score keeps its ",0"."""
        if value is None:
            return "–"
        text = numbers.format_decimal(abs(value) / 10, format="0.0", locale=self._locale)
        if value < 0:
            return f"\N{MINUS SIGN}{text}"
        return f"+{text}" if sign and value > 0 else text

    def whole(self, value: int | None) -> str:
        """Write a number kept in tenths without decimals when it has none."""
        if value is None:
            return "–"
        text = numbers.format_decimal(abs(value) / 10, format="0.#", locale=self._locale)
        return f"\N{MINUS SIGN}{text}" if value < 0 else text

    def number(self, value: float, *, digits: int = 1) -> str:
        """Write a number with so many decimals."""
        pattern = "0" + ("." + "0" * digits if digits else "")
        return numbers.format_decimal(value, format=pattern, locale=self._locale)

    def exact(self, value: Decimal) -> str:
        """Write a number with the decimals that it has, and no others."""
        plain = value.normalize() + 0
        text = numbers.format_decimal(
            abs(plain), format="0.#", locale=self._locale, decimal_quantization=False
        )
        return f"\N{MINUS SIGN}{text}" if plain < 0 else text

    def date(self, value: dt.datetime | dt.date | None, *, form: str = "d. MMMM y") -> str:
        """Write a day by the clinic's clock."""
        if value is None:
            return "–"
        pattern = form if self.language != "en" else form.replace("d.", "d")
        return dates.format_date(_local_day(value), format=pattern, locale=self._locale)

    def day(self, value: dt.datetime | dt.date | None) -> str:
        """Write a day in short: "14. aug."."""
        return self.date(value, form="d. MMM")

    def clock(self, value: dt.datetime) -> str:
        """Write the time of day: "14.00", in English "14:00"."""
        pattern = "HH:mm" if self.language == "en" else "HH.mm"
        return dates.format_time(value, format=pattern, tzinfo=CLINIC_ZONE, locale=self._locale)

    def moment(self, value: dt.datetime | None) -> str:
        """Write day and time of day."""
        if value is None:
            return "–"
        return self("common.moment", day=self.date(value), clock=self.clock(value))

    @property
    def _locale(self) -> Locale:
        return _LOCALES[self.language]


def choose_language(wanted: str | None) -> str:
    """Return an offered language: the one wanted, else bokmål."""
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def _local_day(value: dt.datetime | dt.date) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.astimezone(CLINIC_ZONE).date()
    return value
