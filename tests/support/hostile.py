"""What nobody types on purpose, and every form there is to type it into."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import quote_from_bytes

from typing_extensions import override

FORM_TYPE: Final = "application/x-www-form-urlencoded"

HOSTILE: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "blanks": b" \t\r\n ",
    "NUL": b"a\x00b",
    "half a pair": b"\xed\xa0\x80",
    "no utf-8": b"\xff\xfe\x80",
    "very long": b"x" * 70_000,
    "markup": b"<script>alert(1)</script>",
    "template": b"{{ 7 * 7 }}{% x %}{0}{n}%s%n",
    "sql": b"'; DROP TABLE patient; --",
    "many digits": b"9" * 4_400,
    "minus one": b"-1",
    "not a number": b"NaN",
    "no float": b"1e309",
    "other digits": "٣".encode(),
    "year nought": b"0000-01-01",
    "last day of all": b"9999-12-31",
    "first day of all": b"0001-01-01",
    "no leap year": b"2027-02-29",
    "leap day": b"2028-02-29",
    "no such hour": b"24:61",
    "turned around": "\u202e\u200b\u2028\U0001f600\u0301".encode(),
    "an identifier": str(uuid.UUID(int=7)).encode(),
}
"""By what it is."""

PLAUSIBLE: Final[Mapping[str, str]] = {
    "again": "en-lang-nok-setning",
    "answer": "accepted",
    "birth_year": "1990",
    "correction": "typing_error",
    "day": "2026-11-23",
    "dated": "2026-11-23",
    "decision": "continue",
    "goal_g1": "Sove bedre",
    "hour": "10:00",
    "label": "Søster",
    "name": "Ola Nordmann",
    "new": "en-lang-nok-setning",
    "note": "Ringt hjem",
    "opened_on": "2026-11-23",
    "pin": "481620",
    "reason": "Feil nettbrett",
    "room": "Rom 7",
    "sign_in_name": "ola.nordmann",
    "total": "",
}
"""What stands in a field that a page shows empty, so that the next field is looked at too."""


@dataclass(slots=True)
class FoundForm:
    """A form on a page."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)

    def body(self, **changed: bytes) -> bytes:
        """Return the form as a browser sends it, with fields that no browser would send."""
        pairs = {name: value.encode() for name, value in self.fields.items()} | changed
        return encoded(list(pairs.items()))

    def twice(self) -> bytes:
        """Return the form with every field twice."""
        pairs = [(name, value.encode()) for name, value in self.fields.items()]
        return encoded([*pairs, *pairs])

    def without(self, name: str) -> bytes:
        """Return the form without one of its fields."""
        kept = {key: value.encode() for key, value in self.fields.items() if key != name}
        return encoded(list(kept.items()))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FoundForm] = []
        self._is_inside = False
        self._select: str | None = None

    @override
    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._is_inside = given.get("method") == "post"
            if self._is_inside:
                self.forms.append(FoundForm(action=given.get("action") or ""))
        elif self._is_inside:
            self._field(tag, given)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "form":
            self._is_inside = False

    def _field(self, tag: str, given: Mapping[str, str | None]) -> None:
        name, value = given.get("name"), given.get("value") or ""
        fields = self.forms[-1].fields
        if tag == "option" and self._select is not None:
            if "selected" in given or not fields[self._select]:
                fields[self._select] = value
        elif name is None:
            return
        elif tag == "select":
            self._select = name
            fields.setdefault(name, "")
        elif tag == "textarea":
            fields.setdefault(name, PLAUSIBLE.get(name, ""))
        elif given.get("type") in {"radio", "checkbox"}:
            if "checked" in given or name not in fields:
                fields[name] = value
        elif tag in {"input", "button"}:
            fields[name] = value or PLAUSIBLE.get(name, "")


def forms_on(page: str) -> Sequence[FoundForm]:
    """Return the forms on a page, with what stands in them."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def encoded(pairs: Sequence[tuple[str, bytes]]) -> bytes:
    """Return fields as the body of a form; values may be bytes that are no text."""
    return "&".join(
        f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value in pairs
    ).encode()


ALWAYS: Final = frozenset({"NUL", "half a pair", "very long"})
"""What breaks a database or a page most easily; the others take turns among the fields."""


def attacks(form: FoundForm, *, every: int = 1) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that are each wrong in one way, with what is wrong.

    With ``every`` above 1 only one in so many of the values is tried in each field.
    """
    for place, name in enumerate(form.fields):
        for at, (what, value) in enumerate(HOSTILE.items()):
            if (at + place) % every == 0 or what in ALWAYS:
                yield f"{name}: {what}", form.body(**{name: value})
        yield f"without {name}", form.without(name)
    yield "everything twice", form.twice()
    yield "a field that is not on the page", form.body(extra_field=b"1", org_id=b"2")
    yield "no form at all", b"\x00\xff&&==%zz&" + b"=" * 40
