"""What we ask: the shipped definitions, a site's own, and the words that a site adds."""

from app.instruments.files import LARGEST_FILE, InstrumentFileError
from app.instruments.packs import (
    InstalledPack,
    PackRecord,
    PackRecordError,
    install_text_pack,
    parse_text_pack,
)
from app.instruments.registry import (
    Registry,
    UnknownInstrumentError,
    load_bundled,
    load_registry,
)
from app.instruments.shelf import Shelf

__all__ = [
    "LARGEST_FILE",
    "InstalledPack",
    "InstrumentFileError",
    "PackRecord",
    "PackRecordError",
    "Registry",
    "Shelf",
    "UnknownInstrumentError",
    "install_text_pack",
    "load_bundled",
    "load_registry",
    "parse_text_pack",
]
