"""The words that a site adds to an instrument, with who, when, from where and on what ground.

Every pack is a file of its own and none is ever overwritten: the newest words
are shown, older ones stay readable beside the answers that were given to them.
"""

import datetime as dt
import hashlib
import os
import tempfile
from pathlib import Path, PurePath
from typing import Annotated

import tomli_w
from pydantic import AwareDatetime, Field

from app.clinical.form_texts import Definition, FormText, Key, Sentence, TextOrigin, Variant
from app.clinical.instruments import Instrument
from app.instruments.fhir import read_questionnaire
from app.instruments.files import InstrumentFileError, checked, parse_json, parse_toml, read

Texts = Annotated[tuple[FormText, ...], Field(min_length=1)]


class PackRecord(Definition):
    """Who added a pack, when, from which file, and why the site may use the words."""

    installed_by: Sentence
    installed_at: AwareDatetime
    from_file: Sentence
    licence_ground: Sentence


class InstalledPack(Definition):
    """A pack as it lies in the site's folder."""

    instrument: Key
    record: PackRecord
    texts: Texts


class _OfferedPack(Definition):
    """A pack as somebody has written it."""

    instrument: Key
    texts: Texts


class PackRecordError(ValueError):
    """A pack cannot be installed without saying who, when and on what ground."""

    def __init__(self, *, field: str, allowed: str) -> None:
        self.field = field
        self.allowed = allowed
        super().__init__(
            f"{field} is missing or wrong; it must be {allowed}. Give it and try again."
        )


def parse_text_pack(
    instrument: Instrument, raw: bytes, filename: str, *, variant: Variant = Variant.ADULT
) -> tuple[FormText, ...]:
    """Return the words in a file: our TOML, or a FHIR Questionnaire (R4 or R5) in JSON.

    ``variant`` says for whom a Questionnaire is worded; a TOML pack says so itself.
    """
    file = PurePath(filename).name
    match PurePath(file).suffix.lower():
        case ".toml":
            texts = _toml_pack(instrument, raw, file=file)
        case ".json":
            content = parse_json(raw, file=file)
            texts = (read_questionnaire(instrument, content, variant=variant, file=file),)
        case suffix:
            raise InstrumentFileError(
                file=file,
                field="",
                problem=f"ends in '{suffix}'",
                allowed="'.toml' for our own form, '.json' for a FHIR Questionnaire",
            )
    check_pack(instrument, _grounded(texts, ground="given when the pack is installed"), file=file)
    return texts


def install_text_pack(
    site_folder: Path,
    instrument: Instrument,
    pack: tuple[FormText, ...],
    *,
    by: str,
    at: dt.datetime,
    from_file: str,
    licence_ground: str,
) -> Path:
    """Store a parsed pack with its record, all or nothing, and return its file."""
    _check_record(by=by, at=at, licence_ground=licence_ground)
    name = PurePath(from_file).name
    check_pack(instrument, _grounded(pack, ground=licence_ground), file=name)
    content = {
        "instrument": instrument.key,
        "record": {
            "installed_by": by,
            "installed_at": at.astimezone(dt.UTC),
            "from_file": name,
            "licence_ground": licence_ground,
        },
        "texts": [_as_table(text) for text in pack],
    }
    raw = tomli_w.dumps(content).encode()
    folder = site_folder / "texts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    moment = f"{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    path = folder / f"{instrument.key}.{moment}.{hashlib.sha256(raw).hexdigest()[:8]}.toml"
    _write_whole(path, raw)
    return path


def read_installed_pack(path: Path) -> InstalledPack:
    """Return a pack from the site's folder, its ground beside each text."""
    pack = checked(InstalledPack, parse_toml(read(path), file=path.name), file=path.name)
    ground = pack.record.licence_ground
    return pack.model_copy(update={"texts": _grounded(pack.texts, ground=ground)})


def check_pack(instrument: Instrument, texts: tuple[FormText, ...], *, file: str) -> Instrument:
    """Return the instrument with the pack's words in use, or say what is wrong with them."""
    places = {(text.language, text.variant) for text in texts}
    if len(places) < len(texts):
        raise InstrumentFileError(
            file=file,
            field="texts",
            problem="the same language and variant twice",
            allowed="one text for each",
        )
    for text in texts:
        if text.origin is TextOrigin.OURS:
            raise InstrumentFileError(
                file=file,
                field="texts.origin",
                problem="is 'ours', which only the program's own files say",
                allowed="'official' or 'site'",
            )
        shipped = instrument.text(language=text.language, variant=text.variant)
        if shipped is not None and shipped.origin is TextOrigin.OURS:
            raise InstrumentFileError(
                file=file,
                field=f"texts[{text.language}, {text.variant.value}]",
                problem=f"{instrument.key} comes with its own words in this language",
                allowed="a language or variant that it lacks",
            )
    kept = tuple(text for text in instrument.texts if (text.language, text.variant) not in places)
    return checked(Instrument, {**dict(instrument), "texts": (*kept, *texts)}, file=file)


def _toml_pack(instrument: Instrument, raw: bytes, *, file: str) -> tuple[FormText, ...]:
    pack = checked(_OfferedPack, parse_toml(raw, file=file), file=file)
    if pack.instrument != instrument.key:
        raise InstrumentFileError(
            file=file,
            field="instrument",
            problem=f"is '{pack.instrument}'",
            allowed=f"'{instrument.key}', the instrument that the text is added to",
        )
    return pack.texts


def _grounded(texts: tuple[FormText, ...], *, ground: str) -> tuple[FormText, ...]:
    return tuple(text.model_copy(update={"licence_ground": ground}) for text in texts)


def _check_record(*, by: str, at: dt.datetime, licence_ground: str) -> None:
    if not by.strip():
        raise PackRecordError(field="by", allowed="the name of whoever adds the text")
    if not licence_ground.strip():
        raise PackRecordError(field="licence_ground", allowed="why the site may use these words")
    if at.tzinfo is None:
        raise PackRecordError(field="at", allowed="a time with its time zone")


def _as_table(text: FormText) -> dict[str, object]:
    return text.model_dump(mode="json", exclude={"licence_ground"}, exclude_defaults=True)


def _write_whole(path: Path, raw: bytes) -> None:
    # A half-written file would stop the next start: write beside it, then rename.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
