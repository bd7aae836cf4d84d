"""What was typed into a form: read once, with everything that cannot be used told at once."""

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from app.clinical.instruments import Tenths
from app.web.forms import Problem
from app.web.words import CLINIC_ZONE, Words
from app.workflow.refusals import Refusal

Choice = TypeVar("Choice", bound=Enum)

_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_LOCAL_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", re.ASCII)
_HOUR = re.compile(r"(\d{1,2})[:.](\d{2})(?::\d{2})?", re.ASCII)
_NUMBER = re.compile(r"(\d{1,4})(?:[.,](\d))?", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)

_LINE_BREAKS = "\r\n\t"
_SHOWN = 40
"""So much of a wrong value is shown again in the sentence about it."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a field."""

    value: str
    label: str
    is_chosen: bool
    hint: str = ""


@dataclass(frozen=True, slots=True)
class TypedForm:
    """A form as it was sent. ``repr`` shows nothing of it."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)

    def first(self, name: str) -> str:
        """Return what stands in a field; an absent field is an empty one."""
        return next(iter(self.values.get(name, ())), "")

    def all(self, name: str) -> Sequence[str]:
        """Return everything that is ticked under one name."""
        return self.values.get(name, ())


async def _read(request: Request) -> TypedForm:
    form = await request.form(max_files=0)
    return TypedForm(
        {name: [value for value in form.getlist(name) if isinstance(value, str)] for name in form}
    )


# Ask for this before the transaction: a slow sender must not keep others from writing.
Typed = Annotated[TypedForm, Depends(_read)]


@dataclass(slots=True)
class FormReader:
    """Turns fields into values. A field that cannot be used gives ``None`` and a problem."""

    typed: TypedForm
    words: Words
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, refusal: Refusal, *, fields: Mapping[str, str]) -> None:
        """Take in a refusal of the workflow; ``fields`` names the field of each word."""
        if refusal.word not in fields:
            raise refusal
        what = self.words(f"errors.{refusal.word}", **refusal.values)
        do = self.words(f"errors.{refusal.word}_do", **refusal.values)
        self.problems.append(Problem(field=fields[refusal.word], text=f"{what} {do}"))

    def line(
        self, name: str, label: str, *, is_needed: bool = False, at_most: int | None = None
    ) -> str | None:
        """Return one line of text without needless spaces, or ``None`` if nothing is there."""
        text = self.typed.first(name).strip()
        if any(unicodedata.category(mark) == "Cc" for mark in text):
            self._add(name, "typed.not_text", label=label)
            return None
        found = " ".join(text.split())
        if not found and is_needed:
            self._add(name, "typed.needed", label=label)
        if at_most is not None and len(found) > at_most:
            self._add(
                name, "typed.too_long", label=label, value=str(len(found)), allowed=str(at_most)
            )
        return found or None

    def paragraph(self, name: str, label: str, *, is_needed: bool = False) -> str | None:
        """Return text that may have several lines, or ``None`` if nothing is there."""
        text = self.typed.first(name).replace("\r\n", "\n").strip()
        is_plain = all(unicodedata.category(mark) != "Cc" or mark in _LINE_BREAKS for mark in text)
        if not is_plain:
            self._add(name, "typed.not_text", label=label)
            return None
        if not text and is_needed:
            self._add(name, "typed.needed", label=label)
        return text or None

    def choice(self, name: str, label: str, kind: type[Choice]) -> Choice | None:
        """Return the chosen member of an enumeration."""
        try:
            return kind(self.typed.first(name))
        except ValueError:
            self.choose_one(name, label)
            return None

    def identifier(self, name: str, label: str) -> uuid.UUID | None:
        """Return an identifier that was chosen from a list."""
        try:
            return uuid.UUID(self.typed.first(name))
        except ValueError:
            self.choose_one(name, label)
            return None

    def year(self, name: str, label: str) -> int | None:
        """Return a year, or ``None`` if the field is empty."""
        text = self.typed.first(name).strip()
        if not text:
            return None
        if not _YEAR.fullmatch(text):
            self._add(name, "typed.not_a_year", label=label, value=text[:_SHOWN])
            return None
        return int(text)

    def day(self, name: str, label: str) -> dt.date | None:
        """Return a day, written as 2026-11-16 or 16.11.2026."""
        text = self.typed.first(name).strip()
        if not text:
            self._add(name, "typed.needed", label=label)
            return None
        found = _day(text)
        if found is None:
            self._add(name, "typed.not_a_day", label=label, value=text[:_SHOWN])
        return found

    def moment(self, day_name: str, hour_name: str, *, label: str) -> dt.datetime | None:
        """Return a moment by the clinic's clock; a time that the clock skips is refused."""
        day = self.day(day_name, self.words("typed.day"))
        text = self.typed.first(hour_name).strip()
        hour = _hour(text)
        if hour is None:
            self._add(hour_name, "typed.not_a_time", label=label, value=text[:_SHOWN])
        if day is None or hour is None:
            return None
        at = _at(day, hour)
        if at is None:
            self._add(hour_name, "typed.no_such_time", label=label, value=text[:_SHOWN])
        return at

    def tenths(self, name: str, label: str) -> Tenths | None:
        """Return a number in tenths, or ``None`` if the field is empty."""
        text = self.typed.first(name).strip()
        if not text:
            return None
        match = _NUMBER.fullmatch(text)
        if not match:
            self._add(name, "typed.not_a_number", label=label, value=text[:_SHOWN])
            return None
        return int(match[1]) * 10 + int(match[2] or 0)

    def choose_one(self, name: str, label: str) -> None:
        """Say that one of the choices is needed."""
        self._add(name, "typed.choose", label=label)

    def not_offered(self, name: str, label: str, *, allowed: str) -> None:
        """Say that a number is not one that may stand there."""
        value = self.typed.first(name).strip()[:_SHOWN]
        self._add(name, "typed.not_offered", label=label, value=value, allowed=allowed)

    def key(self, name: str) -> uuid.UUID:
        """Return the key that the page gave this form, so that sending twice stores once."""
        try:
            return uuid.UUID(self.typed.first(name))
        except ValueError:
            raise Refusal("form_key") from None

    def _add(self, name: str, key: str, **values: str) -> None:
        self.problems.append(Problem(field=name, text=self.words(key, **values)))


def _day(text: str) -> dt.date | None:
    year, month, day = "", "", ""
    if match := _ISO_DAY.fullmatch(text):
        year, month, day = match.groups()
    elif match := _LOCAL_DAY.fullmatch(text):
        day, month, year = match.groups()
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def _hour(text: str) -> dt.time | None:
    match = _HOUR.fullmatch(text)
    try:
        return dt.time(int(match[1]), int(match[2])) if match else None
    except ValueError:
        return None


def _at(day: dt.date, hour: dt.time) -> dt.datetime | None:
    """Return a moment by the clinic's clock, or ``None`` if that clock skips it in spring."""
    try:
        at = dt.datetime.combine(day, hour, CLINIC_ZONE).astimezone(dt.UTC)
        return at if at.astimezone(CLINIC_ZONE).time() == hour else None
    except OverflowError:
        return None


def options(
    kind: type[Choice], word: Callable[[Choice], str], *, chosen: str | None
) -> Sequence[Option]:
    """Return the members of an enumeration as choices, each with its word."""
    return [
        Option(value=str(one.value), label=word(one), is_chosen=str(one.value) == chosen)
        for one in kind
    ]


def start_of(day: dt.date, *, now: dt.datetime) -> dt.datetime:
    """Return a moment on a day by the clinic's clock: now if it is today, else noon."""
    if now.astimezone(CLINIC_ZONE).date() == day:
        return now
    return dt.datetime.combine(day, dt.time(12), CLINIC_ZONE).astimezone(dt.UTC)
