"""Names that are formulas or markup stay names, in every file and in a real office program."""

import io
import json
from pathlib import Path
from typing import Final

import polars as pl
import pytest
from fhir.resources.R4B.measurereport import MeasureReport
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from app.web.words import LANGUAGES
from app.workflow.take_out import FileKind
from tests.support.files_out import (
    HOSTILE,
    csv_rows,
    formulas_in,
    hostile_report,
    in_office,
    numbers_in,
    numbers_of,
    sheet_rows,
    signed_report,
    squeezed,
    written,
)

ALL_SHEETS: Final = "csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true,false,false,false,-1"
"""Every sheet as a table of its own, with tabs, in UTF-8."""


@pytest.mark.parametrize("language", ["nb", "en"])
def test_office_reads_the_same_figures_from_the_workbook(tmp_path: Path, language: str) -> None:
    release = signed_report(language=language)

    sheets = in_office(written(release, FileKind.XLSX), "release.xlsx", tmp_path, to=ALL_SHEETS)

    assert len(sheets) == 4
    rows = []
    for sheet in sheets:
        lines = [line.split("\t") for line in sheet.read_text(encoding="utf-8").splitlines()]
        unquoted = [[cell.strip('"') for cell in line] for line in lines]
        rows += [dict(zip(unquoted[1], line, strict=False)) for line in unquoted[2:]]
    assert numbers_in([row for row in rows if "n" in row]) == numbers_of(release.said.report)


@pytest.mark.parametrize(("language", "separator", "locale"), [("nb", 59, 1044), ("en", 44, 2057)])
def test_office_reads_the_same_figures_from_csv(
    tmp_path: Path, language: str, separator: int, locale: int
) -> None:
    release = signed_report(language=language)

    found = in_office(
        written(release, FileKind.CSV),
        "release.csv",
        tmp_path,
        to="xlsx",
        # Parted so, quoted by ", in UTF-8, from the second line on; identifiers are texts.
        read_as=f"CSV:{separator},34,76,2,1/2/3/2/5/2,{locale},false,false",
    )

    book = CalamineWorkbook.from_path(found[0]).get_sheet_by_index(0).to_python()
    rows = [dict(zip(map(str, book[0]), row, strict=True)) for row in book[1:]]
    assert numbers_in(rows) == numbers_of(release.said.report)


@pytest.mark.parametrize(("kind", "name"), [(FileKind.XLSX, "x.xlsx"), (FileKind.CSV, "x.csv")])
def test_office_works_out_no_name(tmp_path: Path, kind: FileKind, name: str) -> None:
    release = hostile_report()

    found = in_office(written(release, kind), name, tmp_path, to="fods")

    document = found[0].read_text(encoding="utf-8")
    assert "table:formula" not in document
    assert "xlink:href" not in document.partition("<office:body>")[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_is_a_formula_in_a_cell(language: str) -> None:
    release = hostile_report(language=language)

    rows = csv_rows(written(release, FileKind.CSV), delimiter="," if language == "en" else ";")
    sheets = sheet_rows(written(release, FileKind.XLSX), 0)

    names = {str(row["unit_name"]) for row in (*rows, *sheets)}
    assert len(names) > len(HOSTILE)
    for name in names:
        assert not name.lstrip(" \u00a0").startswith(("=", "+", "-", "@"))
        assert not set(name) & set("\t\r\n")
    assert numbers_in(rows) == numbers_of(release.said.report)
    assert not formulas_in(written(release, FileKind.XLSX))


def test_names_that_are_markup_stay_names_everywhere() -> None:
    release = hostile_report()

    found = json.loads(written(release, FileKind.FHIR))
    table = pl.read_parquet(io.BytesIO(written(release, FileKind.PARQUET)))
    plain = json.loads(written(release, FileKind.JSON))
    pdf = PdfReader(io.BytesIO(written(release, FileKind.PDF)))

    MeasureReport.model_validate(found)
    assert "<script" not in found["text"]["div"]
    assert set(HOSTILE) <= set(table["unit_name"].to_list())
    assert [unit["name"] for unit in plain["report"]["units"]][1:] == list(HOSTILE)
    text = squeezed(" ".join(page.extract_text() for page in pdf.pages))
    assert "<script>alert(1)</script>" in text
    assert "{{7*7}}" in text
