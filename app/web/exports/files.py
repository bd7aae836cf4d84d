"""A file on its way out: its name, its kind and its bytes."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.web.exports import as_csv, as_fhir, as_json, as_parquet, as_pdf, as_xlsx
from app.web.exports.signed import Signed
from app.workflow.access import NotThereError
from app.workflow.take_out import FileKind

_OFFICE: Final = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class ExportFile:
    """What the browser is given."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Writer:
    """How one kind of file is made."""

    media_type: str
    ending: str
    write: Callable[[Signed], bytes]


WRITERS: Final[Mapping[FileKind, Writer]] = {
    FileKind.PDF: Writer("application/pdf", "pdf", as_pdf.write),
    FileKind.XLSX: Writer(f"{_OFFICE}.spreadsheetml.sheet", "xlsx", as_xlsx.write),
    FileKind.CSV: Writer("text/csv; charset=utf-8", "csv", as_csv.write),
    FileKind.PARQUET: Writer("application/vnd.apache.parquet", "parquet", as_parquet.write),
    FileKind.JSON: Writer("application/json", "json", as_json.write),
    FileKind.FHIR: Writer("application/fhir+json", "fhir.json", as_fhir.write),
}
"""Every way out. The figures are the same in all."""


def file_of(signed: Signed, kind: FileKind) -> ExportFile:
    """Return a release as a file."""
    writer = WRITERS[kind]
    asked = signed.said.report.definition
    name = f"samklang-{asked.instrument}-{asked.first}-{asked.last}-{signed.id[:8]}"
    return ExportFile(f"{name}.{writer.ending}", writer.media_type, writer.write(signed))


def kind_of(ending: str) -> FileKind:
    """Return the kind of file by its ending; another one is not there."""
    try:
        return FileKind(ending)
    except ValueError as error:
        raise NotThereError from error


def id_of(written: str) -> uuid.UUID:
    """Return the identifier in an address; what is none is not there."""
    try:
        return uuid.UUID(written)
    except ValueError as error:
        raise NotThereError from error


def check_can_write(kind: FileKind) -> None:
    """Raise ``Unavailable`` if this machine lacks what a kind of file needs."""
    if kind is FileKind.PDF:
        as_pdf.check_there()
