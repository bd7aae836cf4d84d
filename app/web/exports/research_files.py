"""Rows for research as files, and the codebook that says what stands where.

No name of a patient, a clinician or a team is in them; the only text that somebody typed is the
project's name in the codebook, which no spreadsheet may work out either.
"""

import io
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from app.clinical.research_rows import ResearchExport
from app.web.exports import as_csv
from app.web.exports.files import ExportFile
from app.web.report_tables import Cell
from app.web.words import Words
from app.workflow.access import NotThereError
from app.workflow.hand_out import HandedOut, ResearchFile

COLUMNS: Final = ("person", "age", "year", "team", "ending", "length", "session", "week", "score")
"""Of the table, one row for each score."""

_TYPES: Final = {
    **dict.fromkeys(COLUMNS, pl.String),
    **dict.fromkeys(("year", "session", "week"), pl.Int64),
    "score": pl.Float64,
}
_TENTHS: Final = 10


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An export on its way out, with the words of one language.

    Attributes
    ----------
    instrument
        What the form is called.
    """

    handed: HandedOut
    words: Words
    instrument: str

    @property
    def export(self) -> ResearchExport:
        """What leaves."""
        return self.handed.export

    @property
    def watermark(self) -> str:
        """The line that says where every copy comes from."""
        asked = self.export.definition
        years = years_told(self.words, asked.first_year, asked.last_year)
        handed = self.handed
        return watermark(self.words, handed.id, years=years, k=asked.k, hash_=handed.hash)


@dataclass(frozen=True, slots=True)
class _Writer:
    media_type: str
    ending: str
    write: Callable[[Outgoing], bytes]


def years_told(words: Words, first: int, last: int) -> str:
    """Return calendar years as they are read."""
    return str(first) if first == last else words("research.years", first=first, last=last)


def watermark(words: Words, export_id: uuid.UUID, *, years: str, k: int, hash_: str) -> str:
    """Return the line that stands in every file."""
    return words("research.watermark", id=export_id.hex, years=years, k=k, hash=hash_)


def rows_of(export: ResearchExport) -> list[tuple[Cell, ...]]:
    """Return one row for each score; what is not told of a patient has no value."""
    return [
        (
            *(one.person, one.age, one.year, one.team, one.end.value, one.length),
            *(score.session, score.week, score.score / _TENTHS),
        )
        for one in export.people
        for score in one.scores
    ]


def codebook_of(out: Outgoing) -> Sequence[tuple[str, str, str]]:
    """Return name, unit or values, and meaning of each column, and what the whole is."""
    words, asked = out.words, out.export.definition
    columns = [
        (name, words(f"research.unit_{name}"), words(f"research.column_{name}")) for name in COLUMNS
    ]
    left_out = out.export.left_out
    few = words("research.fewer_than", k=asked.k)
    facts = {
        "form": f"{out.instrument} ({asked.instrument}, {asked.edition})",
        "years": years_told(words, asked.first_year, asked.last_year),
        "project": out.handed.project,
        "patients": str(len(out.export.people)),
        "left_out": few if left_out is None else str(left_out),
        "k": str(asked.k),
    }
    about = [(name, value, words(f"research.fact_{name}")) for name, value in facts.items()]
    rules = [
        (name, "", words(f"research.rule_{name}", k=asked.k))
        for name in ("identifying", "less", "alike", "limits", "handling")
    ]
    return [*columns, *about, *rules]


def _csv(out: Outgoing) -> bytes:
    return as_csv.table(
        COLUMNS, rows_of(out.export), remark=out.watermark, language=out.words.language
    )


def _parquet(out: Outgoing) -> bytes:
    table = pl.DataFrame(rows_of(out.export), schema=_TYPES, orient="row")
    content = io.BytesIO()
    notes = {"samklang.watermark": out.watermark, "samklang.sha256": out.handed.hash}
    table.write_parquet(content, metadata=notes)
    return content.getvalue()


def _codebook(out: Outgoing) -> bytes:
    words = out.words
    heads = [words(f"research.head_{name}") for name in ("name", "unit", "meaning")]
    return as_csv.table(heads, codebook_of(out), remark=out.watermark, language=words.language)


WRITERS: Final[Mapping[ResearchFile, _Writer]] = {
    ResearchFile.CSV: _Writer("text/csv; charset=utf-8", "csv", _csv),
    ResearchFile.PARQUET: _Writer("application/vnd.apache.parquet", "parquet", _parquet),
    ResearchFile.CODEBOOK: _Writer("text/csv; charset=utf-8", "codebook.csv", _codebook),
}
"""Every way out. The rows are the same in all that have rows."""


def file_of(out: Outgoing, kind: ResearchFile) -> ExportFile:
    """Return an export as a file."""
    writer, asked = WRITERS[kind], out.export.definition
    years = f"{asked.first_year}-{asked.last_year}"
    name = f"samklang-research-{asked.instrument}-{years}-{out.handed.id.hex[:8]}"
    return ExportFile(f"{name}.{writer.ending}", writer.media_type, writer.write(out))


def kind_of(name: str) -> ResearchFile:
    """Return the kind of file by its name in an address; another one is not there."""
    try:
        return ResearchFile(name)
    except ValueError as error:
        raise NotThereError from error
