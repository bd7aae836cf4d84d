"""Words on screen: every key in every language, used, known, and kind to the reader.

By hand: ``python -m tests.architecture.translations``.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from tests.architecture.house import HOUSE
from tests.architecture.texts import called

LANGUAGES = ("nb", "nn", "en")
PLURALS = ("one", "other")
PATIENT_AREAS = ("tablet", "together")
"""Areas that patients and next of kin read."""

BANNED = re.compile(
    r"\bforverr|\bdeteriorer|\bdeteriorat|svikt|\brisiko|\bavvik|\bp[åa] sporet|ikkje på sporet"
    r"|\bdårlig respons|\bdårleg respons|\bsannsynlighet for suksess|\bsannsyn for suksess"
    r"|\bworsen|\bfail|\brisk|\bdeviat|\btrack\b|\bpoor(?:er)? respon|\bbad respon"
    r"|\b(?:probability|likelihood|chance) of success",
    re.IGNORECASE,
)
"""What no patient-facing text says (rule P7), in three languages."""

PRODUCT_WORDS = re.compile(r"\bFIT\b|PCOMS")
"""Names of others' systems; never ours."""

KEY = re.compile(r"^[a-z][a-z0-9_]*\.[a-z0-9_]+$")
FILE_ENDINGS = (".css", ".ts", ".js", ".html", ".svg", ".json", ".toml", ".py", ".db", ".lock")
IN_TEMPLATES = re.compile(r"""(\bt\(\s*)?["']([a-z][a-z0-9_]*\.[a-z0-9_]*)["'](\s*~)?""")
ASKERS = frozenset({"t", "words"})
"""What the catalogue is called where a text is asked for."""

REFUSALS = frozenset({"Refusal", "Conflict", "Gone", "TooMany", "Unavailable"})
"""Errors whose first argument names a sentence in ``errors`` and, with ``_do``, what to do."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """What code and templates say of the catalogue."""

    keys: Mapping[str, str]
    """A whole key, and the file that mentions it."""
    beginnings: frozenset[str]
    """Starts of keys that are put together when the program runs."""

    def covers(self, key: str) -> bool:
        """Whether a key is mentioned, whole or by its beginning."""
        return key in self.keys or any(key.startswith(begin) for begin in self.beginnings)


def main() -> None:
    """Print what is wrong; the exit code is 1 if anything is."""
    found = problems(HOUSE)
    print("\n".join(found) if found else "words are in step")
    sys.exit(1 if found else 0)


def problems(house: Path) -> list[str]:
    """Return what is wrong with the words, in sentences."""
    words = catalogue(house / "app" / "locale")
    found = [problem for key, entry in words.items() for problem in entry_problems(key, entry)]
    return [*found, *usage_problems(words, mentions(house / "app", areas_of(words)))]


def catalogue(folder: Path) -> dict[str, object]:
    """Return every key with its entry as the file has it."""
    return {
        f"{path.stem}.{name}": entry
        for path in sorted(folder.glob("*.toml"))
        for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


def areas_of(words: Iterable[str]) -> frozenset[str]:
    """Return the areas: the part of a key before the dot."""
    return frozenset(key.partition(".")[0] for key in words)


def entry_problems(key: str, entry: object) -> Iterator[str]:
    """Yield what is wrong with one entry."""
    if not KEY.match(key):
        yield f"{key}: a key is small letters, digits and _, after one dot"
    if not isinstance(entry, dict) or not entry:
        yield f"{key} is not a table with {', '.join(LANGUAGES)}"
        return
    is_plural = all(isinstance(value, dict) for value in entry.values())
    if is_plural and tuple(sorted(entry)) != PLURALS:
        yield f"{key} has the plural forms {sorted(entry)}; they are {list(PLURALS)}"
        return
    forms = entry if is_plural else {"": entry}
    for form, texts in forms.items():
        yield from text_problems(f"{key} {form}".strip(), texts)


def text_problems(where: str, texts: Mapping[str, object]) -> Iterator[str]:
    """Yield what is wrong with one text in its languages."""
    lacking = [language for language in LANGUAGES if not texts.get(language)]
    if lacking or set(texts) - set(LANGUAGES):
        yield f"{where} has {sorted(texts)}; it needs {list(LANGUAGES)}, none of them empty"
        return
    fields = {language: placeholders(str(text)) for language, text in texts.items()}
    if len(set(fields.values())) > 1:
        listed = "; ".join(f"{name}: {sorted(found)}" for name, found in fields.items())
        yield f"{where} has other placeholders in one language than in another: {listed}"
    for language, value in texts.items():
        yield from style_problems(f"{where} ({language})", str(value))


def placeholders(text: str) -> frozenset[str]:
    """Return the names in braces; a text that cannot be filled in has the name '?'."""
    try:
        return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError:
        return frozenset({"?"})


def style_problems(where: str, text: str) -> Iterator[str]:
    """Yield words that must not stand where the text stands."""
    if text != text.strip():
        yield f"{where} begins or ends with a space"
    if "?" in placeholders(text):
        yield f"{where} has a brace that is not closed"
    if match := PRODUCT_WORDS.search(text):
        yield f"{where} says '{match[0]}', the name of another's system"
    if where.partition(".")[0] in PATIENT_AREAS and (match := BANNED.search(text)):
        yield f"{where} says '{match[0]}'; patients read this (rule P7)"


def usage_problems(words: Mapping[str, object], said: Mentions) -> Iterator[str]:
    """Yield keys that are asked for and lacking, or kept and never asked for."""
    for key, file in sorted(said.keys.items()):
        if key not in words:
            yield f"{file} asks for '{key}', which app/locale lacks"
    for key in words:
        if not said.covers(key):
            yield f"'{key}' is in app/locale and nothing shows it"


@dataclass(frozen=True, slots=True)
class Mention:
    """A string that may be a key."""

    word: str
    is_whole: bool
    is_asked_for: bool = False


def mentions(folder: Path, areas: frozenset[str]) -> Mentions:
    """Return every key and beginning of a key that code and templates mention."""
    keys: dict[str, str] = {}
    beginnings: set[str] = set()
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.html")]):
        if path.parent.name == "records":
            # Tables show nothing; "staff.id" there is a column.
            continue
        text = path.read_text(encoding="utf-8")
        for said in in_python(text) if path.suffix == ".py" else in_template(text):
            is_ours = said.is_asked_for or said.word.partition(".")[0] in areas
            if not is_ours or said.word.endswith(FILE_ENDINGS):
                continue
            if said.is_whole and KEY.match(said.word):
                keys.setdefault(said.word, path.relative_to(folder.parent).as_posix())
            elif not said.is_whole and "." in said.word:
                beginnings.add(said.word)
    return Mentions(keys=keys, beginnings=frozenset(beginnings))


def in_template(text: str) -> Iterator[Mention]:
    """Yield the quoted words with a dot."""
    for match in IN_TEMPLATES.finditer(text):
        # "tablet.help_" ~ name: the key is put together, here and in t(...) alike.
        is_whole = match[3] is None
        yield Mention(word=match[2], is_whole=is_whole, is_asked_for=bool(match[1]))


def in_python(text: str) -> Iterator[Mention]:
    """Yield the strings of a module that could be keys or beginnings of keys."""
    tree = ast.parse(text)
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(value) for node in joined for value in node.values}
    for start in (node.values[0] for node in joined if node.values):
        if isinstance(start, ast.Constant):
            yield Mention(word=str(start.value), is_whole=False)
    for node in ast.walk(tree):
        match node:
            case ast.Call(args=[ast.Constant(value=str(word)), *_]):
                yield from in_call(called(node), word)
            case ast.Constant(value=str(word)) if id(node) not in parts:
                yield Mention(word=word, is_whole=True)
            case _:
                continue


def in_call(name: str, word: str) -> Iterator[Mention]:
    """Yield the keys that a call asks for by its first argument."""
    if name in ASKERS and KEY.match(word):
        yield Mention(word=word, is_whole=True, is_asked_for=True)
    if name in REFUSALS:
        yield Mention(word=f"errors.{word}", is_whole=True, is_asked_for=True)
        yield Mention(word=f"errors.{word}_do", is_whole=True, is_asked_for=True)


if __name__ == "__main__":
    main()
