"""The words of a FHIR Questionnaire (R4 or R5, JSON), matched to an instrument by item order.

Only words are taken. What is scored, and how, stays with the definition, so the
questions must be as many as its items and offer the same answer codes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile

from app.clinical.form_texts import FormText, ItemText, TextOrigin, Variant
from app.clinical.instruments import Instrument, Item, Tenths
from app.instruments.files import InstrumentFileError, checked

DEEPEST_GROUP = 8
"""Groups in groups. Real forms use two or three."""

_BASE = "http://hl7.org/fhir/StructureDefinition/"
_WEIGHTS = {f"{_BASE}ordinalValue", f"{_BASE}itemWeight"}
"""Where R4 and R5 keep the number of an answer."""

_HIDDEN = f"{_BASE}questionnaire-hidden"
_CONTROL = f"{_BASE}questionnaire-itemControl"
_COMPUTED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
_CHOICES = {"choice", "coding"}
_NUMBERS = {"integer", "decimal"}

Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Entry:
    """An item of the Questionnaire that is shown, with where it stands."""

    where: str
    table: Table
    kind: str


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one file; everything it refuses names that file."""

    file: str

    def wrong(self, field: str, problem: str, allowed: str) -> InstrumentFileError:
        return InstrumentFileError(file=self.file, field=field, problem=problem, allowed=allowed)

    def table(self, value: object, field: str) -> Table:
        if not isinstance(value, dict):
            raise self.wrong(field, "is no object", "an object")
        return value

    def tables(self, value: object, field: str) -> list[Table]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(field, "is no list", "a list of objects")
        return [self.table(row, f"{field}[{place}]") for place, row in enumerate(value)]

    def words(self, value: object, field: str) -> str:
        found = " ".join(value.split()) if isinstance(value, str) else ""
        if not found:
            raise self.wrong(field, "has no words", "a text")
        return found

    def entries(self, parent: Table, where: str, depth: int) -> Iterator[_Entry]:
        """Yield what a patient would see, in order, groups before what is in them."""
        if depth > DEEPEST_GROUP:
            raise self.wrong(where, "is nested too deeply", f"at most {DEEPEST_GROUP} levels")
        for place, table in enumerate(self.tables(parent.get("item"), f"{where}item")):
            here = f"{where}item[{place}]"
            if self.is_skipped(table, here):
                continue
            kind = table.get("type")
            yield _Entry(where=here, table=table, kind=kind if isinstance(kind, str) else "")
            yield from self.entries(table, f"{here}.", depth + 1)

    def is_skipped(self, table: Table, where: str) -> bool:
        """Whether nobody answers this: hidden, read-only or computed."""
        found = {str(row.get("url")): row for row in self.extensions(table, where)}
        is_hidden = found.get(_HIDDEN, {}).get("valueBoolean") is True
        return is_hidden or table.get("readOnly") is True or _COMPUTED in found

    def extensions(self, table: Table, where: str) -> list[Table]:
        return self.tables(table.get("extension"), f"{where}.extension")

    def control(self, entry: _Entry) -> str:
        """Return the code of the entry's control ("lower", "upper", ...), or nothing."""
        for row in self.extensions(entry.table, entry.where):
            if row.get("url") == _CONTROL:
                concept = self.table(row.get("valueCodeableConcept"), f"{entry.where}.extension")
                for coding in self.tables(concept.get("coding"), f"{entry.where}.extension"):
                    return str(coding.get("code"))
        return ""

    def options(self, entry: _Entry) -> dict[Tenths, str]:
        """Return the words of each answer by its code in tenths."""
        field = f"{entry.where}.answerOption"
        found: dict[Tenths, str] = {}
        for place, row in enumerate(self.tables(entry.table.get("answerOption"), field)):
            code, words = self.option(row, f"{field}[{place}]")
            if code in found:
                raise self.wrong(field, f"the number {code / 10:g} is given twice", "each once")
            found[code] = words
        return found

    def option(self, row: Table, field: str) -> tuple[Tenths, str]:
        number = row.get("valueInteger")
        if number is not None:
            return self.tenths(number, field), str(number)
        holders = [row]
        if "valueCoding" in row:
            holders.append(self.table(row["valueCoding"], f"{field}.valueCoding"))
        for holder in holders:
            for extension in self.extensions(holder, field):
                if extension.get("url") in _WEIGHTS:
                    weight = extension.get("valueDecimal", extension.get("valueInteger"))
                    spoken = holders[-1].get("display", row.get("valueString"))
                    return self.tenths(weight, field), self.words(spoken, field)
        raise self.wrong(
            field, "an answer without a number", "valueInteger, or ordinalValue or itemWeight"
        )

    def tenths(self, number: object, field: str) -> Tenths:
        is_number = isinstance(number, int | Decimal) and not isinstance(number, bool)
        tenths = Decimal(str(number)) * 10 if is_number else Decimal("0.5")
        if abs(tenths) > 10**6 or tenths != int(tenths):
            raise self.wrong(field, "its number is none that an answer can have", "such as 0, 1, 2")
        return int(tenths)


def read_questionnaire(
    instrument: Instrument, content: object, *, variant: Variant, file: str
) -> FormText:
    """Return the words of a Questionnaire for this instrument."""
    reader = _Reader(file)
    root = reader.table(content, "the file")
    if root.get("resourceType") != "Questionnaire":
        raise reader.wrong("resourceType", "is another one", "'Questionnaire'")
    entries = list(reader.entries(root, "", 1))
    questions = [entry for entry in entries if entry.kind not in {"group", "display"}]
    _check_count(reader, instrument, questions)
    pairs = list(zip(instrument.items, questions, strict=True))
    words = {
        "language": _language(reader, root),
        "variant": variant,
        "origin": TextOrigin.SITE,
        "heading": reader.words(root.get("title"), "title"),
        "lead": _lead(reader, entries),
        "items": {
            item.key: ItemText(title=reader.words(entry.table.get("text"), f"{entry.where}.text"))
            for item, entry in pairs
        },
        "answers": _answers(reader, pairs),
        **_ends(reader, entries),
    }
    return checked(FormText, words, file=file)


def _check_count(reader: _Reader, instrument: Instrument, questions: list[_Entry]) -> None:
    asked = len(instrument.items)
    if len(questions) != asked:
        raise reader.wrong(
            "item",
            f"has {len(questions)} questions that are answered",
            f"{asked}, in the order of {instrument.key}; take out questions that are not scored",
        )


def _language(reader: _Reader, root: Table) -> str:
    language = reader.words(root.get("language"), "language").split("-")[0].lower()
    if language == "no":
        raise reader.wrong("language", "'no' says not which Norwegian", "'nb' or 'nn'")
    return language


def _lead(reader: _Reader, entries: list[_Entry]) -> str:
    """Return what is said before the first question: how to answer, and about which time."""
    before = takewhile(lambda entry: entry.kind in {"group", "display"}, entries)
    return " ".join(
        reader.words(entry.table["text"], f"{entry.where}.text")
        for entry in before
        if "text" in entry.table and reader.control(entry) not in {"lower", "upper"}
    )


def _ends(reader: _Reader, entries: list[_Entry]) -> dict[str, str]:
    """Return the words at the ends of a line, from displays marked lower and upper."""
    ends = {"lower": "low_end", "upper": "high_end"}
    found: dict[str, str] = {}
    for entry in entries:
        name = ends.get(reader.control(entry)) if entry.kind == "display" else None
        if name is None:
            continue
        words = reader.words(entry.table.get("text"), f"{entry.where}.text")
        if found.setdefault(name, words) != words:
            raise reader.wrong(entry.where, "ends differ between the lines", "the same for all")
    return found


def _answers(reader: _Reader, pairs: list[tuple[Item, _Entry]]) -> dict[str, str]:
    """Return one set of answer words, the same for every item that offers the code."""
    straight = [pair for pair in pairs if not pair[0].is_reversed]
    turned = [pair for pair in pairs if pair[0].is_reversed]
    words: dict[Tenths, str] = {}
    for item, entry in (*straight, *turned):
        options = _options_of(reader, item, entry)
        # A file may number a reversed item as it is scored. Words decide which way it runs.
        if item.is_reversed and not _agrees(words, options):
            options = {item.turned(code): said for code, said in options.items()}
        if not _agrees(words, options):
            raise reader.wrong(
                f"{entry.where}.answerOption",
                "its answers are worded or numbered unlike those of the other questions",
                "one set of answers for all",
            )
        words |= options
    return {str(code): words[code] for code in sorted(words)}


def _agrees(words: Mapping[Tenths, str], options: Mapping[Tenths, str]) -> bool:
    return all(words.get(code, said) == said for code, said in options.items())


def _options_of(reader: _Reader, item: Item, entry: _Entry) -> dict[Tenths, str]:
    allowed_kinds = _CHOICES | _NUMBERS if item.codes else _NUMBERS
    if entry.kind not in allowed_kinds:
        raise reader.wrong(
            f"{entry.where}.type", f"is '{entry.kind[:20]}'", ", ".join(sorted(allowed_kinds))
        )
    options = reader.options(entry)
    if set(options) != set(item.codes):
        raise reader.wrong(
            f"{entry.where}.answerOption",
            f"offers {_points(options)}",
            f"{_points(item.codes)}, as item '{item.key}' does",
        )
    return options


def _points(codes: Mapping[Tenths, str] | tuple[Tenths, ...]) -> str:
    return ", ".join(f"{code / 10:g}" for code in sorted(codes)) or "no answer codes"
