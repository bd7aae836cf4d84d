"""A print of a release: the same figures, tagged, without colour, and nothing fetched."""

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader

from app.web.exports import as_pdf, files
from app.web.words import LANGUAGES
from app.workflow.refusals import Unavailable
from app.workflow.take_out import FileKind
from tests.support.clinic import Clinic
from tests.support.files_out import signed_report, squeezed, written
from tests.support.reports import signed


@pytest.mark.parametrize("language", LANGUAGES)
def test_pdf_has_what_the_page_has_and_is_tagged(language: str) -> None:
    release = signed_report(language=language)

    reader = PdfReader(io.BytesIO(written(release, FileKind.PDF)))

    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value
    assert root["/Lang"] == language
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value
    assert reader.metadata is not None
    assert reader.metadata.title == release.said.title
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    tags = tags_of(root["/StructTreeRoot"])
    assert {"H1", "H2", "Table", "TR", "TH", "TD", "Caption", "P"} <= tags
    width, height = (float(side) for side in reader.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (595, 842)
    plain = squeezed(" ".join(page.extract_text() for page in reader.pages))
    for number in read_in(release):
        assert squeezed(number) in plain, number
    for page in reader.pages:
        assert squeezed(release.hash) in squeezed(page.extract_text())


def tags_of(node: Any) -> set[str]:  # noqa: ANN401 - a tree of tags
    """Return the tags of a document."""
    found, waiting = set(), [node.get_object()]
    while waiting:
        one = waiting.pop()
        if "/S" in one:
            found.add(str(one["/S"])[1:])
        children = one.get("/K", [])
        for child in children if isinstance(children, list) else [children]:
            below = child.get_object()
            if hasattr(below, "get") and ("/S" in below or "/K" in below):
                waiting.append(below)
    return found


def read_in(release: Any) -> list[str]:  # noqa: ANN401 - a signed release
    """Return every number of a report as people read it, with its neighbours."""
    said = release.said
    figures = [
        f"{said.number(one.name, one.value)}{said.range(one)}"
        for one in said.report.figures
        if one.value is not None
    ]
    return [*figures, said.watermark(release=release.id, hash_=release.hash)]


def test_nothing_in_a_pdf_is_coloured() -> None:
    pages = PdfReader(io.BytesIO(written(signed_report(), FileKind.PDF))).pages

    for page in pages:
        drawn = page.get_contents()
        assert drawn is not None
        for red, green, blue in re.findall(
            rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)\b", drawn.get_data()
        ):
            assert red == green == blue


def test_a_print_fetches_nothing() -> None:
    fetcher = as_pdf._nothing_fetched()  # noqa: SLF001 - what stands between a print and the network

    for address in ("https://evil.example/x", "file:///etc/passwd", "data:text/plain,x"):
        with pytest.raises(BaseException, match="a report fetches nothing"):
            fetcher.fetch(address)


def test_without_pango_the_page_says_what_to_install(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id = signed(clinic)

    def broken(name: str) -> object:
        raise OSError(f"cannot load library for {name}")

    monkeypatch.setattr(as_pdf, "import_module", broken)
    client = clinic.client(clinic.quality_lead)
    answer = client.get(f"/releases/{release_id}/files/pdf")

    assert answer.status_code == 503
    assert "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in answer.text
    assert client.get(f"/releases/{release_id}/files/csv").status_code == 200
    with pytest.raises(Unavailable):
        files.check_can_write(FileKind.PDF)
