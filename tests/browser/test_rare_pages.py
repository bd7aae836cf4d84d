"""Pages that a town does not come to by itself, seen by the accessibility checker."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, expect

from app.web.words import LANGUAGES
from tests.support.browser import LAPTOP, PHONE, TABLET, Site, axe_troubles, put_axe_into
from tests.support.clinic import Person
from tests.support.lists import critical
from tests.support.many_courses import calibrate_curve, propose_curve

DRAWN_MS = 600
"""Long enough for charts to be drawn in a new size."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_proposed_curve_can_be_read_at_every_size(site: Site, language: str) -> None:
    propose_curve(site.clinic)

    page = _open(site, site.clinic.quality_lead, "/numbers/phq-9", language)

    assert page.locator("#proposal form button").count() == 1
    assert _troubles(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_well_a_curve_holds_can_be_read_at_every_size(site: Site, language: str) -> None:
    calibrate_curve(site.clinic)

    page = _open(site, site.clinic.clinician, "/numbers/phq-9/calibration", language)

    expect(page.locator(".chart .js-plotly-plot, .chart.js-plotly-plot")).to_have_count(2)
    assert _troubles(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_before_a_course_is_closed_can_be_read_at_every_size(
    site: Site, language: str
) -> None:
    patient = critical(site.clinic)

    page = _open(site, site.clinic.clinician, f"/episodes/{patient.episode_id}/close", language)

    assert page.locator("section.safety a[href^='/flags/']").count() == 1
    assert _troubles(page) == []


def _open(site: Site, person: Person, address: str, language: str) -> Page:
    page = site.staff(person, bypass_csp=True)
    page.goto(address)
    page.locator(".menu summary").click()
    page.locator(f"button[name=language][value={language}]").click()
    page.locator(f"html[lang={language}]").wait_for()
    put_axe_into(page)
    return page


def _troubles(page: Page) -> Sequence[str]:
    found: list[str] = []
    for size in (LAPTOP, TABLET, PHONE):
        page.set_viewport_size(size)
        if page.locator(".chart").count():
            page.wait_for_timeout(DRAWN_MS)
        found += axe_troubles(page)
        root = "document.documentElement"
        if page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"):
            found.append(f"scrolls sideways at {size['width']}")
    page.emulate_media(color_scheme="dark")
    return [*found, *axe_troubles(page, only_colours=True)]
