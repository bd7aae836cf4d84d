"""A print on A4, tagged for those who listen to it (PDF/UA-1), without colour.

Nothing is fetched for it: no picture, no font, no style sheet. WeasyPrint needs Pango,
which is no Python package; where it is missing, whoever asks is told what to install.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from app.web import report_tables
from app.web.exports.signed import Signed
from app.web.pages import fill
from app.web.report_tables import CountTable, PartRow, UnitFigures
from app.workflow.refusals import Unavailable

PACKAGES: Final = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
"""What Debian and Ubuntu call what a PDF needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedReport:
    """What is printed."""

    title: str
    organization: str
    watermark: str
    created: str
    units: Sequence[UnitFigures]
    parts: Sequence[PartRow]
    part_names: Sequence[str]
    counts: Sequence[CountTable]
    definitions: Sequence[tuple[str, str]]


def write(signed: Signed) -> bytes:
    """Return a release as PDF."""
    weasyprint = _weasyprint()
    html = fill("exports/report.html", _page(signed), signed.said.words)
    document = weasyprint.HTML(string=html, url_fetcher=_nothing_fetched())
    content: bytes = document.write_pdf(
        pdf_variant="pdf/ua-1", pdf_identifier=bytes.fromhex(signed.hash)[:16]
    )
    return content


def check_there() -> None:
    """Raise ``Unavailable`` if Pango is not on the machine."""
    _weasyprint()


def _weasyprint() -> ModuleType:
    # Not before somebody asks for it: without Pango the import itself breaks.
    try:
        return import_module("weasyprint")
    except OSError as error:
        raise Unavailable("pdf_needs_pango", allowed=PACKAGES) from error


def _nothing_fetched() -> Any:  # noqa: ANN401 - WeasyPrint has no type hints
    """Return what refuses every address. WeasyPrint takes a class of its own kind only."""
    urls = import_module("weasyprint.urls")

    def fetch(_: object, url: str, headers: object = None) -> None:  # noqa: ARG001 - its signature
        raise urls.FatalURLFetchingError(f"a report fetches nothing, and was asked for {url[:80]}")

    return type("NothingFetched", (urls.URLFetcher,), {"fetch": fetch})()


def _page(signed: Signed) -> PrintedReport:
    said = signed.said
    return PrintedReport(
        title=said.title,
        organization=signed.organization,
        watermark=signed.watermark,
        created=signed.signed_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        units=report_tables.whole_figures(said),
        parts=report_tables.part_figures(said),
        part_names=[said.period(path) for path in report_tables.part_paths(said.report)],
        counts=report_tables.count_tables(said),
        definitions=said.definitions(),
    )
