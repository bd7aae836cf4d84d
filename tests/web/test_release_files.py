"""The figures are the same in every file; nothing in one is ever worked out."""

import hashlib
import io
import json
from typing import Any, Final

import jsonschema_rs
import polars as pl
import pytest
from fhir.resources.R4B.measurereport import MeasureReport
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from app.clinical import written_report
from app.clinical.figures import FigureName, Interval
from app.web.exports import as_json
from app.web.exports.as_fhir import ABSENT, DIMENSIONS, FIGURES, POPULATIONS
from app.web.report_tables import ALL_COLUMNS
from app.web.words import LANGUAGES
from app.workflow.take_out import FileKind
from tests.support.clinic import Clinic
from tests.support.files_out import (
    csv_rows,
    formulas_in,
    numbers_in,
    numbers_of,
    sheet_rows,
    signed_report,
    written,
)
from tests.support.forms import text_of
from tests.support.reports import drafted, signed

ABSENT_REASONS: Final = {"masked"}
"""Of HL7's list of reasons for absent data, those that a report uses."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_csv_has_every_figure(language: str) -> None:
    release = signed_report(language=language)

    content = written(release, FileKind.CSV)

    rows = csv_rows(content, delimiter="," if language == "en" else ";")
    assert numbers_in(rows) == numbers_of(release.said.report)
    assert tuple(rows[0]) == ALL_COLUMNS
    assert content.startswith(b"\xef\xbb\xbf# Samklang")
    has_comma = any("," in str(row["value"]) for row in rows)
    assert has_comma == (language != "en")
    assert {row["first"] for row in rows} >= {"2025-01-01", "2025-10-01"}


def test_what_is_hidden_has_no_number_and_one_sentence() -> None:
    rows = csv_rows(written(signed_report(), FileKind.CSV), delimiter=";")

    hidden = [row for row in rows if not row["n"]]
    assert len(hidden) > 5
    assert {row["note"] for row in hidden} == {"Vises ikke, av hensyn til personvernet."}
    assert not any(
        row[name] for row in hidden for name in ("value", "low", "high", "worst", "best")
    )


def test_xlsx_has_every_figure_and_no_formula() -> None:
    release = signed_report()

    content = written(release, FileKind.XLSX)

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["Nøkkeltall", "Antall", "Kodebok", "Definisjoner"]
    rows = [*sheet_rows(content, 0), *sheet_rows(content, 1)]
    assert numbers_in(rows) == numbers_of(release.said.report)
    codebook = {row["Kolonne"] for row in sheet_rows(content, 2)}
    assert codebook == set(ALL_COLUMNS)
    terms = {row["Begrep"] for row in sheet_rows(content, 3)}
    assert {"Pålitelig bedre", "Færrest pasienter bak et tall"} <= terms
    assert not formulas_in(content)


def test_the_same_release_gives_the_same_file() -> None:
    for kind in (FileKind.XLSX, FileKind.CSV, FileKind.PARQUET, FileKind.JSON, FileKind.FHIR):
        assert written(signed_report(), kind) == written(signed_report(), kind), kind


def test_parquet_has_every_figure_with_its_type() -> None:
    release = signed_report()

    content = written(release, FileKind.PARQUET)

    table = pl.read_parquet(io.BytesIO(content))
    assert numbers_in(table.rows(named=True)) == numbers_of(release.said.report)
    types = {name: str(table.schema[name]) for name in ("n", "value", "first", "unit")}
    assert types == {"n": "Int64", "value": "Float64", "first": "Date", "unit": "String"}
    notes = pl.read_parquet_metadata(io.BytesIO(content))
    assert notes["samklang.watermark"] == release.watermark
    assert notes["samklang.sha256"] == release.hash


def test_json_holds_the_report_and_keeps_to_its_schema() -> None:
    release = signed_report()

    found = json.loads(written(release, FileKind.JSON))

    schema = json.loads(as_json.schema())
    jsonschema_rs.meta.validate(schema)
    jsonschema_rs.validate(schema, found)
    plain = json.dumps(found["report"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert written_report.report_of(plain) == release.said.report
    assert hashlib.sha256(plain.encode()).hexdigest() == found["release"]["sha256"] == release.hash


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("counts", {"n": -1}),
        ("counts", {"why": "primary"}),
        ("figures", {"name": "guess"}),
        ("periods", {"first": "yesterday"}),
        ("units", {"path": None}),
    ],
)
def test_the_schema_notices_what_is_wrong(part: str, changed: dict[str, Any]) -> None:
    found = json.loads(written(signed_report(), FileKind.JSON))
    found["report"][part][0].update(changed)

    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(json.loads(as_json.schema()), found)


def test_the_schema_knows_every_name() -> None:
    text = as_json.schema().decode()

    assert all(f'"{name.value}"' in text for name in (*FigureName, *Interval))


@pytest.mark.parametrize("language", LANGUAGES)
def test_fhir_has_every_figure_and_is_fhir(language: str) -> None:
    release = signed_report(language=language)

    found = json.loads(written(release, FileKind.FHIR))

    MeasureReport.model_validate(found)
    assert fhir_numbers(found) == numbers_of(release.said.report)
    assert (found["status"], found["type"], found["language"]) == ("complete", "summary", language)
    assert release.watermark in found["text"]["div"]


def fhir_numbers(report: dict[str, Any]) -> dict[tuple[str, ...], tuple[float | None, ...]]:
    """Return every number of a MeasureReport."""
    found: dict[tuple[str, ...], tuple[float | None, ...]] = {}
    for group in report["group"]:
        name = group["code"]["coding"][0]["code"]
        strata = [s for one in group.get("stratifier", []) for s in one["stratum"]]
        for one in (group, *strata):
            place = {
                part["code"]["coding"][0]["code"]: part["value"]["coding"][0]["code"]
                for part in one.get("component", [])
            }
            n = one["population"][0].get("count")
            where = (place.get("unit", "*"), place.get("period", "*"))
            if name == "patients":
                rest = (place.get("age", "*"), place.get("category", "*"))
                found["count", *where, *rest] = (n,)
            else:
                parts = {
                    each["url"]: each.get("valueDecimal")
                    for extension in one.get("extension", [])
                    for each in extension["extension"]
                }
                bounds = (parts.get(key) for key in ("low", "high", "worst", "best"))
                found["figure", *where, name] = (n, one["measureScore"].get("value"), *bounds)
    return found


def test_every_code_in_fhir_is_one_of_its_list() -> None:
    """The library checks the form of a code and not whether there is such a code."""
    release = signed_report()
    found = json.loads(written(release, FileKind.FHIR))
    report = release.said.report
    lists = {
        POPULATIONS: {"initial-population"},
        FIGURES: {"patients", *(name.value for name in FigureName)},
        DIMENSIONS: {"unit", "period", "age", "category"},
        f"{DIMENSIONS}:unit": {unit.path for unit in report.units},
        f"{DIMENSIONS}:period": {period.path for period in report.periods},
        f"{DIMENSIONS}:age": {"*", *report.ages},
        f"{DIMENSIONS}:category": set(report.categories),
    }

    codes = list(every(found, "system", "code"))

    assert len(codes) > 500
    assert [pair for pair in codes if pair[1] not in lists[pair[0]]] == []
    reasons = {code for url, code in every(found, "url", "valueCode") if url == ABSENT}
    assert reasons == ABSENT_REASONS


def every(value: Any, *keys: str) -> list[tuple[Any, ...]]:  # noqa: ANN401 - any JSON
    """Return these keys of every object that has them all."""
    match value:
        case dict():
            mine = [tuple(value[key] for key in keys)] if set(keys) <= set(value) else []
            return [*mine, *(pair for each in value.values() for pair in every(each, *keys))]
        case list():
            return [pair for each in value for pair in every(each, *keys)]
        case _:
            return []


def test_the_page_shows_the_same_figures(clinic: Clinic) -> None:
    report, release_id = drafted().report, signed(clinic)

    shown = text_of(clinic.client(clinic.quality_lead).get(f"/releases/{release_id}").text)

    said = signed_report().said
    assert said.report == report
    for one in report.figures:
        if one.value is not None:
            assert said.number(one.name, one.value) in shown
            assert said.range(one) in shown
    for row in count_lines(said):
        assert row in shown


def count_lines(said: Any) -> list[str]:  # noqa: ANN401 - words of a report
    """Return the rows of counts of the whole, as they are read."""
    parts = ["*", "2025-Q1", "2025-Q2", "2025-Q4"]
    number = {(one.unit, one.period, one.age, one.category): one for one in said.report.counts}
    lines = []
    for category in said.report.categories:
        cells = [number["*", part, "*", category].n for part in parts]
        lines.append(" ".join([said.category(category), *(str(n) for n in cells)]))
    return lines


@pytest.mark.parametrize("kind", FileKind)
def test_each_file_is_named_kept_by_nobody_and_carries_its_line(
    clinic: Clinic, kind: FileKind
) -> None:
    release_id = signed(clinic)

    answer = clinic.client(clinic.quality_lead).get(f"/releases/{release_id}/files/{kind.value}")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    name = f"samklang-outcome-4-2025-01-01-2025-12-31-{release_id.hex[:8]}"
    assert f'attachment; filename="{name}.' in answer.headers["content-disposition"]
    assert watermark_in(answer.content, kind).startswith(f"Samklang, utgivelse {release_id.hex}, ")


def watermark_in(content: bytes, kind: FileKind) -> str:
    """Return the line that says where a file comes from."""
    match kind:
        case FileKind.CSV:
            return content.decode("utf-8-sig").splitlines()[0].removeprefix("# ")
        case FileKind.XLSX:
            return str(
                CalamineWorkbook.from_filelike(io.BytesIO(content))
                .get_sheet_by_index(3)
                .to_python()[0][0]
            )
        case FileKind.PARQUET:
            return str(pl.read_parquet_metadata(io.BytesIO(content))["samklang.watermark"])
        case FileKind.JSON:
            return str(json.loads(content)["watermark"])
        case FileKind.FHIR:
            return "Samklang" + str(json.loads(content)["text"]["div"]).partition("Samklang")[2]
        case FileKind.PDF:
            metadata = PdfReader(io.BytesIO(content)).metadata
            return str(metadata.subject if metadata else "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_definitions_say_what_change_was_reliable(language: str) -> None:
    release = signed_report(language=language)
    words = release.said.words

    terms = dict(release.said.definitions())

    assert terms[words("report.term_reliable_change")] == words("report.points", points="5")
