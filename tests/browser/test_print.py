"""What a clinician prints and takes along."""

import re
import zlib

from playwright.sync_api import Page

from tests.browser.furnished import furnish, use_synthetic_curve
from tests.support.browser import Site


def test_a_patient_with_much_to_show_prints_on_two_pages_at_most(site: Site) -> None:
    use_synthetic_curve(site.clinic)
    course = furnish(site.clinic)
    page = site.staff(site.clinic.clinician)
    page.goto(f"/patients/{course.patient.patient_id}")
    page.locator(".chart .main-svg").first.wait_for()

    pages = _printed_pages(page)

    assert 1 <= pages <= 2


def test_what_is_only_for_the_screen_stays_off_the_paper(site: Site) -> None:
    use_synthetic_curve(site.clinic)
    course = furnish(site.clinic)
    page = site.staff(site.clinic.clinician)
    page.goto(f"/patients/{course.patient.patient_id}")
    page.locator(".chart .main-svg").first.wait_for()

    page.emulate_media(media="print")

    assert not page.get_by_role("navigation").first.is_visible()
    assert not page.get_by_role("button", name=re.compile("Start måling")).is_visible()
    assert page.locator(".print-only").inner_text().strip()
    assert page.locator("ol.talk .nr").first.is_visible()


def _printed_pages(page: Page) -> int:
    """Return how many sheets of A4 the page takes."""
    printed = page.pdf(format="A4", print_background=False)
    plain = [printed, *(_unpacked(one) for one in _streams(printed))]
    return max(len(re.findall(rb"/Type\s*/Page\b(?!s)", part)) for part in plain)


def _streams(printed: bytes) -> list[bytes]:
    return re.findall(rb"stream\r?\n(.*?)endstream", printed, re.DOTALL)


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""
