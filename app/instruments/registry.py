"""The instruments of this installation: what is shipped, and what the site has added."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from app.clinical.form_texts import FormText
from app.clinical.instruments import Instrument, LicenceClass
from app.instruments.files import InstrumentFileError, checked, parse_toml, read
from app.instruments.packs import InstalledPack, check_pack, read_installed_pack

_HERE = Path(__file__).parent
_SHIPPED = {LicenceClass.BUNDLED: _HERE / "bundled", LicenceClass.SKELETON: _HERE / "skeleton"}


class UnknownInstrumentError(LookupError):
    """No instrument has this key here."""

    def __init__(self, *, key: str, allowed: tuple[str, ...]) -> None:
        self.key = key
        self.allowed = allowed
        super().__init__(
            f"instrument is '{key[:40]}'; known here are {', '.join(allowed)}. "
            "Choose one of these, or add a definition to the data folder."
        )


@dataclass(frozen=True, slots=True)
class Registry:
    """All instruments by key, with the words that a site has added, newest words in use."""

    instruments: Mapping[str, Instrument]
    packs: tuple[InstalledPack, ...] = ()

    def get(self, key: str) -> Instrument:
        """Return the instrument with this key."""
        try:
            return self.instruments[key]
        except KeyError:
            raise UnknownInstrumentError(key=key, allowed=tuple(self.instruments)) from None

    def text_of_version(self, key: str, version: str) -> FormText | None:
        """Return the words that an answer was given to, also words no longer in use."""
        installed = [text for pack in self.packs if pack.instrument == key for text in pack.texts]
        known = (*self.get(key).texts, *installed)
        return next((text for text in known if text.version == version), None)


@cache
def load_bundled() -> Registry:
    """Return the shipped instruments alone."""
    found = [
        read_definition(path, licence_class=licence_class)
        for licence_class, folder in _SHIPPED.items()
        for path in _toml_files(folder)
    ]
    return Registry(instruments=_by_key(found))


def load_registry(*, site_folder: Path | None) -> Registry:
    """Return the shipped instruments with a site's own definitions and texts.

    The site's definitions are in ``instruments/`` and its texts in ``texts/``
    of its data folder; either may be absent. Anything wrong in them is raised.
    """
    shipped = load_bundled()
    if site_folder is None:
        return shipped
    instruments = dict(shipped.instruments)
    for path in _toml_files(site_folder / "instruments"):
        local = read_definition(path, licence_class=LicenceClass.LOCAL)
        if local.key in instruments:
            raise InstrumentFileError(
                file=path.name,
                field="key",
                problem=f"'{local.key}' is the key of a shipped instrument",
                allowed="a key of the site's own",
            )
        instruments[local.key] = local
    with_files = [(read_installed_pack(path), path) for path in _toml_files(site_folder / "texts")]
    with_files.sort(key=lambda pair: (pair[0].record.installed_at, pair[1].name))
    for pack, path in with_files:
        instruments[pack.instrument] = _with_pack(instruments, pack, file=path.name)
    return Registry(
        instruments=_by_key(list(instruments.values())),
        packs=tuple(pack for pack, _ in with_files),
    )


def _with_pack(
    instruments: Mapping[str, Instrument], pack: InstalledPack, *, file: str
) -> Instrument:
    instrument = instruments.get(pack.instrument)
    if instrument is None:
        raise InstrumentFileError(
            file=file,
            field="instrument",
            problem=f"'{pack.instrument}' is no instrument here",
            allowed=", ".join(sorted(instruments)),
        )
    return check_pack(instrument, pack.texts, file=file)


def read_definition(path: Path, *, licence_class: LicenceClass) -> Instrument:
    """Return a checked definition from a folder that holds this class."""
    instrument = checked(Instrument, parse_toml(read(path), file=path.name), file=path.name)
    found = instrument.licence.licence_class
    if found is not licence_class:
        raise InstrumentFileError(
            file=path.name,
            field="licence.licence_class",
            problem=f"is '{found.value}'",
            allowed=f"'{licence_class.value}' in this folder",
        )
    if instrument.key != path.stem:
        raise InstrumentFileError(
            file=path.name,
            field="key",
            problem=f"is '{instrument.key}'",
            allowed=f"'{path.stem}', as the file is named",
        )
    if licence_class is LicenceClass.SKELETON and instrument.texts:
        raise InstrumentFileError(
            file=path.name,
            field="texts",
            problem="a skeleton holds item text",
            allowed="none; a site adds the text it may use",
        )
    return instrument


def _toml_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml")) if folder.is_dir() else []


def _by_key(instruments: list[Instrument]) -> Mapping[str, Instrument]:
    return MappingProxyType({found.key: found for found in sorted(instruments, key=_order)})


def _order(instrument: Instrument) -> tuple[int, str]:
    """Our own first, then licensed ones, then the site's; by name within each."""
    return list(LicenceClass).index(instrument.licence.licence_class), instrument.key
