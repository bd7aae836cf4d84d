"""Large enough to read and to hit, and all of it on the screen at once (rules T4, T6, T7, T9)."""

from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, ViewportSize

from tests.benchmarks.rating_page import MOST_BYTES, MOST_REQUESTS, listen_to
from tests.browser.screens import DONE, RatingScreen, box_of, connect_tablet
from tests.support.browser import NARROWEST, PHONE, TABLET, TABLET_UPRIGHT, Site

SIZES = {"tablet": TABLET, "upright": TABLET_UPRIGHT, "phone": PHONE}
LANGUAGES = ("nb", "nn", "en")

PX_PER_MM = 132 / 25.4
"""Of the tablet that the rules were measured on: 132 CSS px to an inch."""

PHONE_PX_PER_MM = 160 / 25.4
"""Of an ordinary phone."""

SHORTEST_ON_PHONE_MM = 45
"""Rule T4 asks for 55 mm. A phone of 390 px is 62 mm wide, and rule T2 takes 24 px at each end
of a line for the finger, the card and the margins take the rest."""


def _open(site: Site, *, size: ViewportSize, query: str = "", slot: str = "start") -> RatingScreen:
    tablet = connect_tablet(site, size=size)
    tablet.hand_over(site.clinic.enrol(), slot=slot)
    tablet.page.goto(f"{tablet.page.url}/form{query}")
    return tablet


def _text_size(element: Locator) -> float:
    size: float = element.first.evaluate(
        "(element) => parseFloat(getComputedStyle(element).fontSize)"
    )
    return size


def _needs_scrolling(page: Page) -> bool:
    needs: bool = page.evaluate("document.documentElement.scrollHeight > innerHeight + 1")
    return needs


def test_the_page_weighs_little_and_asks_nobody_else(site: Site) -> None:
    tablet = connect_tablet(site)
    tablet.hand_over(site.clinic.enrol())
    load = listen_to(tablet.page, origin=site.address)

    tablet.page.locator("a.done").click()
    tablet.items.first.wait_for()
    tablet.page.wait_for_load_state("networkidle")

    assert 10_000 < load.transferred <= MOST_BYTES
    assert 3 < len(load.requests) <= MOST_REQUESTS
    assert load.third_parties == []


def test_four_lines_and_done_are_seen_without_scrolling_in_every_language(site: Site) -> None:
    tablet = _open(site, size=TABLET)
    address = tablet.page.url
    hidden = []

    for language in LANGUAGES:
        tablet.page.goto(f"{address}?language={language}")
        for name, size in SIZES.items():
            tablet.page.set_viewport_size(size)
            done = box_of(tablet.page.locator(DONE))
            is_seen = tablet.items.count() == 4 and done["y"] + done["height"] <= size["height"]
            if _needs_scrolling(tablet.page) or not is_seen:
                hidden.append((language, name))

    assert hidden == []


def test_all_lines_are_equally_long_and_long_enough(site: Site) -> None:
    tablet = _open(site, size=TABLET)
    widths = [{round(tablet.line(at)["width"]) for at in range(4)}]

    tablet.page.set_viewport_size(PHONE)
    widths.append({round(tablet.line(at)["width"]) for at in range(4)})

    (on_tablet,), (on_phone,) = widths
    assert 90 <= on_tablet / PX_PER_MM <= 150
    assert on_phone / PHONE_PX_PER_MM >= SHORTEST_ON_PHONE_MM


@pytest.mark.parametrize(("size", "title"), [(TABLET, 20), (PHONE, 18)], ids=["tablet", "phone"])
def test_words_are_large_enough_to_read(site: Site, size: ViewportSize, title: int) -> None:
    tablet = _open(site, size=size)
    page = tablet.page

    assert _text_size(page.locator(".item .title")) >= title
    assert _text_size(page.locator(".item .hint")) >= (16 if size is TABLET else 15)
    assert _text_size(page.locator(".item .ends span")) >= (16 if size is TABLET else 15)


def test_larger_text_is_a_fifth_larger_and_nothing_is_cut(site: Site) -> None:
    tablet = _open(site, size=TABLET)
    title = tablet.page.locator(".item .title")
    before = _text_size(title)

    tablet.page.locator("[data-tool=text]").click()

    assert _text_size(title) >= before * 1.2
    cut = tablet.page.locator(".item:visible").evaluate_all(
        "(items) => items.filter((one) => one.scrollWidth > one.clientWidth + 1).length"
    )
    assert cut == 0
    assert not _needs_scrolling(tablet.page)


@pytest.mark.parametrize("query", ["", "?mode=buttons", "?layout=one"])
def test_enlarged_four_times_the_page_does_not_scroll_sideways(site: Site, query: str) -> None:
    tablet = _open(site, size=NARROWEST, query=query)

    tablet.page.locator("[data-tool=text]").click()

    assert tablet.page.evaluate("document.documentElement.scrollWidth") <= NARROWEST["width"]


def test_buttons_are_large_and_apart(site: Site) -> None:
    tablet = _open(site, size=TABLET, query="?mode=buttons")
    buttons = tablet.items.first.locator("label")
    boxes = [box_of(buttons.nth(at)) for at in range(buttons.count())]
    done = box_of(tablet.page.locator(DONE))

    gaps = [after["x"] - before["x"] - before["width"] for before, after in pairwise(boxes)]

    assert done["height"] >= 56
    assert all(box["width"] >= 48 and box["height"] >= 48 for box in boxes)
    assert min(gaps) >= 4
