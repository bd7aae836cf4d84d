"""Releases as files, read back by programs that are not ours."""

import csv
import datetime as dt
import io
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from python_calamine import CalamineWorkbook

from app.clinical import written_report
from app.clinical.report import Report, Unit
from app.web.exports import files
from app.web.exports.signed import Signed
from app.web.report_words import ReportWords
from app.web.words import Words
from app.workflow.take_out import FileKind
from tests.support.reports import UNITS, drafted

SIGNED_AT: Final = dt.datetime(2026, 1, 5, 12, 0, tzinfo=dt.UTC)
HOSTILE: Final = (
    '=HYPERLINK("https://evil.example","klikk")',
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1;1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\u00a0=1+1",
    "=cmd|' /C calc'!A0",
    "%0A=1+1",
    '"=1+1',
    ";=1+1",
    "<script>alert(1)</script>",
    "<b>&amp;\"'",
    "Team\u202eÅ",
    "{{ 7 * 7 }}",
    "https://evil.example/x",
    "a\nb",
    "a\n=1+1",
    "a,=1+1",
    'a;"=1+1',
    "a\t=1+1",
    "a, -1+1",
)
"""Names that somebody could give a team."""

Numbers = Mapping[tuple[str, ...], tuple[float | None, ...]]
"""Every number of a report by what it is: ``figure`` or ``count``, and where."""


def signed_report(
    *, language: str = "nb", name: str = "Havn kommune", units: Sequence[Unit] = UNITS
) -> Signed:
    """Return a signed release in the words of a language."""
    report = drafted(units=units).report
    return Signed(
        id="0123456789abcdef" * 2,
        hash=written_report.hash_of(written_report.text_of(report)),
        organization=name,
        signed_at=SIGNED_AT,
        said=ReportWords(Words(language), report, "Outcome-4"),
    )


def hostile_report(*, language: str = "nb") -> Signed:
    """Return a release about teams with names that are formulas or markup."""
    whole, *_ = UNITS
    teams = [Unit(f"{number:032x}", name) for number, name in enumerate(HOSTILE)]
    return signed_report(language=language, name=HOSTILE[0], units=[whole, *teams])


def written(signed: Signed, kind: FileKind) -> bytes:
    """Return a release as a file."""
    return files.file_of(signed, kind).content


def numbers_of(report: Report) -> Numbers:
    """Return every number of a report."""
    figures: dict[tuple[str, ...], tuple[float | None, ...]] = {
        ("figure", one.unit, one.period, one.name.value): (
            one.n,
            one.value,
            one.low,
            one.high,
            one.worst,
            one.best,
        )
        for one in report.figures
    }
    counts: dict[tuple[str, ...], tuple[float | None, ...]] = {
        ("count", one.unit, one.period, one.age, one.category): (one.n,) for one in report.counts
    }
    return {**figures, **counts}


def numbers_in(rows: Sequence[Mapping[str, Any]]) -> Numbers:
    """Return every number of a table with the columns of our files."""

    def number(value: Any) -> float | None:  # noqa: ANN401 - a cell
        return None if value in (None, "") else float(str(value).replace(",", "."))

    figures: dict[tuple[str, ...], tuple[float | None, ...]] = {
        ("figure", row["unit"], row["period"], row["name"]): tuple(
            number(row[column]) for column in ("n", "value", "low", "high", "worst", "best")
        )
        for row in rows
        if row.get("name")
    }
    counts: dict[tuple[str, ...], tuple[float | None, ...]] = {
        ("count", row["unit"], row["period"], row["age"], row["category"]): (number(row["n"]),)
        for row in rows
        if row.get("category")
    }
    return {**figures, **counts}


def csv_rows(content: bytes, *, delimiter: str) -> list[dict[str, str]]:
    """Return the rows of our CSV, without the line about the file."""
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    text.readline()
    return list(csv.DictReader(text, delimiter=delimiter))


def sheet_rows(content: bytes, place: int) -> list[dict[str, Any]]:
    """Return the rows of a sheet of our workbook, without the line about the file."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(place).to_python()
    heads = [str(head) for head in rows[1]]
    return [dict(zip(heads, row, strict=True)) for row in rows[2:]]


def formulas_in(workbook: bytes) -> list[str]:
    """Return everything in a workbook that could be worked out or followed."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        names = [name for name in parts.namelist() if name.startswith("xl/")]
        texts = {name: parts.read(name).decode() for name in names}
    found = [
        name for name, text in texts.items() if re.search(r"<f[ >]|<hyperlink|externalLink", text)
    ]
    return [*found, *(name for name in names if "external" in name.lower())]


def squeezed(text: str) -> str:
    """Return a text without its spaces, which a print moves about."""
    return re.sub(r"\s+", "", text)


def in_office(
    content: bytes, name: str, folder: Path, *, to: str, read_as: str | None = None
) -> list[Path]:
    """Let LibreOffice open a file and save it anew; skip where it is not on the machine."""
    office = shutil.which("soffice")
    if office is None:
        if os.geteuid() == 0:
            pytest.fail("LibreOffice is missing; python3 .ci/machine.py installs it")
        pytest.skip("LibreOffice is not on this machine: install libreoffice-calc-nogui")
    given = folder / name
    given.write_bytes(content)
    out = folder / "out"
    subprocess.run(
        [
            office,
            f"-env:UserInstallation=file://{folder / 'profile'}",
            "--headless",
            *([f"--infilter={read_as}"] if read_as else []),
            "--convert-to",
            to,
            "--outdir",
            str(out),
            str(given),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return sorted(out.iterdir())
