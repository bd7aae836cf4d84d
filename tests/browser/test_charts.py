"""Charts are drawn under the strict policy, share nothing, and say what the table says."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.furnished import ALLIANCES, OUTCOMES, Furnished, furnish, use_synthetic_curve
from tests.support.browser import PHONE, Site
from tests.support.kiosk import connect, hand_over

CORRECTED = 1
"""Which of the scores was corrected afterwards, counted from nought; to 19.4."""


@pytest.fixture
def course(site: Site) -> Furnished:
    """A patient with nine sessions, flags, a correction and a decision."""
    use_synthetic_curve(site.clinic)
    return furnish(site.clinic)


def _open(site: Site, course: Furnished, view: str = "", **options: object) -> Page:
    page = site.staff(site.clinic.clinician, **options)
    page.goto(f"/patients/{course.patient.patient_id}{view}")
    page.locator(".chart .main-svg").first.wait_for()
    return page


@pytest.mark.parametrize("view", ["", "?view=together"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_course_is_drawn_whole_and_nothing_breaks_the_policy(
    site: Site, course: Furnished, view: str, scheme: str
) -> None:
    page = _open(site, course, view, color_scheme=scheme)

    chart = page.locator("[data-figure=figure-course]")
    assert chart.locator(".scatterlayer .points path").count() >= len(OUTCOMES) + len(ALLIANCES)
    expect(chart.locator(".scatterlayer .fills path").first).to_be_attached()
    chart.locator(".scatterlayer .points path").nth(3).hover(force=True)
    expect(chart.locator(".hoverlayer text").first).to_be_visible()
    # Without its rules Plotly's layers stand under each other and the box grows threefold.
    boxes = [layer.bounding_box() for layer in chart.locator(".main-svg").all()]
    assert {json.dumps(box) for box in boxes if box} == {json.dumps(boxes[0])}
    assert site.unexpected() == []


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_nothing_on_a_chart_offers_to_share_or_to_send(
    site: Site, course: Furnished, language: str
) -> None:
    page = _open(site, course)
    page.locator("header details.menu summary").click()
    page.locator(f"form.drop button[value={language}]").click()
    page.locator(f"html[lang={language}] .chart .main-svg").first.wait_for()
    page.locator(".chart").first.hover()

    expect(page.locator(".modebar-btn, .modebar a, [data-title]")).to_have_count(0)
    expect(
        page.get_by_text(re.compile(r"\bshare\b|\bdel\b|plotly|cloud", re.IGNORECASE))
    ).to_have_count(0)
    assert page.evaluate("document.querySelector('.chart')._context.showSendToCloud") is False
    assert page.evaluate("document.querySelector('.chart')._context.plotlyServerURL") == ""


def test_the_table_has_the_numbers_of_the_figure(site: Site, course: Furnished) -> None:
    page = _open(site, course)
    page.locator("#numbers summary").click()
    page.locator("#numbers tbody").wait_for()
    rows = [row.split("\t") for row in page.locator("#numbers tbody").inner_text().split("\n")]
    shown = [row[2] for row in rows if len(row) > 2]

    drawn = _values(page, "y", at_least=len(OUTCOMES))
    expected = [value / 10 for value in OUTCOMES]
    expected[CORRECTED] = 19.4

    assert drawn == expected
    assert [_number(one) for one in shown if _number(one) is not None] == expected
    assert _values(page, "y2", at_least=len(ALLIANCES)) == [one / 10 for one in ALLIANCES]


def test_a_flag_has_the_same_number_in_chart_list_and_table(site: Site, course: Furnished) -> None:
    page = _open(site, course)
    page.locator("#numbers summary").click()

    listed = page.locator("ol.talk .nr").all_inner_texts()

    assert listed
    for number in listed:
        expect(page.locator(".chart .annotation").get_by_text(number, exact=True)).to_be_visible()
        expect(page.locator("#numbers tbody td:last-child", has_text=number).first).to_be_visible()


def test_a_chart_stays_as_it_is_while_only_the_tablet_moves_on(
    site: Site, course: Furnished
) -> None:
    connect(site.clinic)
    page = _open(site, course)
    page.locator("#numbers summary").click()
    chart = page.locator("[data-figure=figure-course]")
    chart.evaluate("(chart) => { chart.isTheSame = true }")

    hand_over(site.clinic, course.patient)
    expect(page.locator(".visit-state")).to_be_visible()

    assert chart.evaluate("(chart) => chart.isTheSame === true")
    assert page.locator("#numbers").evaluate("(part) => part.open")


def test_a_new_answer_redraws_the_chart_and_leaves_open_what_was_open(
    site: Site, course: Furnished
) -> None:
    page = _open(site, course)
    page.locator("#numbers summary").click()
    before = page.locator("#numbers tbody tr").count()

    session_id = site.clinic.session(course.patient, is_over=True)
    site.clinic.rate(course.patient, session_id, total=250)

    expect(page.locator("dl.facts")).to_contain_text("25,0")
    expect(page.locator("#numbers tbody tr")).to_have_count(before + 1)
    assert page.locator("#numbers").evaluate("(part) => part.open")
    page.locator(".chart .main-svg").first.wait_for()
    assert _values(page, "y", at_least=len(OUTCOMES))[-1] == 25.0


def test_on_a_phone_the_labels_stand_below_the_drawing(site: Site, course: Furnished) -> None:
    page = _open(site, course, size=PHONE)

    expect(page.locator("ul.key").first).to_be_visible()
    box = page.locator("[data-figure=figure-course]").bounding_box()
    assert box is not None
    assert box["width"] <= PHONE["width"]


def _values(page: Page, axis: str, *, at_least: int) -> list[float]:
    """Return the values of the drawn line on an axis that has a point for every session."""
    traces: list[dict[str, Any]] = page.evaluate(
        """() => document.querySelector('[data-figure=figure-course]').data.map(
          ({ y, yaxis, mode, line }) =>
            ({ y: [...y], axis: yaxis ?? "y", mode: mode ?? "", width: line?.width ?? 0 }))"""
    )
    lines = [one for one in traces if one["axis"] == axis and "markers" in one["mode"]]
    found = [one["y"] for one in lines if len(one["y"]) >= at_least]
    if len(found) != 1:
        raise LookupError(f"{len(found)} lines on {axis}")
    values: list[float] = found[0]
    return values


def _number(text: str) -> float | None:
    found = re.match(r"\s*(\d+),(\d)", text)
    return float(f"{found[1]}.{found[2]}") if found else None
