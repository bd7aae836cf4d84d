"""Every page, seen by the accessibility checker, at each size, in each language, light and dark."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from playwright.sync_api import Page

from tests.browser.doors import NOT_THERE, Door, Town, build_town, paths_of_pages
from tests.browser.invented import install_words
from tests.support.browser import (
    LAPTOP,
    NARROWEST,
    PHONE,
    TABLET,
    TABLET_UPRIGHT,
    axe_troubles,
    clinic_of_today,
    open_site,
    put_axe_into,
)
from tests.support.chromium import Chromium
from tests.support.databases import Stores

pytestmark = pytest.mark.timeout(1500)
"""Seconds: each of these tests walks through the whole program."""

SIZES = (LAPTOP, TABLET, TABLET_UPRIGHT, PHONE)
LANGUAGES = ("nb", "nn", "en")

FOR_FINGERS = 44
"""The smallest target, links in text aside (C13, T9); the checker sees to 24 px for those."""

MOMENTS = 25
"""How many fifths of a second a page may take to fit a new size."""

SMALL_TARGETS = """
(least) => [...document.querySelectorAll(
    "a[href], button, summary, select, textarea, input:not([type=hidden])")].flatMap((element) => {
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return [];
  if (element.closest(".vh, .ds-skip-link")) return [];
  if (element.localName === "a" && getComputedStyle(element).display === "inline") return [];
  const target = element.closest("label") ?? element.closest(".scale") ?? element;
  const { width, height } = target.getBoundingClientRect();
  if (width >= least - 0.5 && height >= least - 0.5) return [];
  return [`${Math.round(width)}x${Math.round(height)} ${element.outerHTML.slice(0, 120)}`];
})
"""

OPEN_ALL = """
async () => {
  for (const part of document.querySelectorAll("main details:not(.menu)")) part.open = true;
  const standStill = async () => {
    await new Promise(requestAnimationFrame);
    await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  };
  await Promise.race([standStill(), new Promise((done) => setTimeout(done, 3000))]);
}
"""
"""What opens takes a moment to stand still; a page that is not drawn just then never would."""

TOO_WIDE = """
() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > room + 1)
    .filter((element) => !["auto", "scroll"].includes(
      getComputedStyle(element.offsetParent ?? document.body).overflowX))
    .slice(0, 4).map((element) => element.outerHTML.slice(0, 120));
}
"""


@pytest.fixture(scope="module")
def town(
    files: Stores, chromium_of_this_run: Chromium, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A town with something on every page; these tests only look."""
    folder = tmp_path_factory.mktemp("town")
    install_words(folder)
    with files.ready() as store:
        database = store.open()
        clinic = clinic_of_today(database, folder)
        with open_site(clinic, chromium_of_this_run.running()) as site:
            yield build_town(site)
        clinic.close()
        database.close()


def test_no_page_is_forgotten(town: Town) -> None:
    tried = {door.path for door in town.doors} - {NOT_THERE}

    assert tried == paths_of_pages(town.site.clinic)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_accessibility_checker_finds_nothing(town: Town, language: str) -> None:
    town.speak(language)

    found = _of_every_page(town, _seen_by_axe, bypasses_policy=True)

    assert found == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_scrolls_sideways_has_small_targets_or_complains(town: Town, language: str) -> None:
    town.speak(language)
    town.site.expected[:] = ["status of 422", "status of 404"]

    found = _of_every_page(town, _measured)

    assert found == {}
    assert town.site.unexpected() == []


def _of_every_page(
    town: Town, look: Callable[[Page, Door], Sequence[str]], *, bypasses_policy: bool = False
) -> dict[str, Sequence[str]]:
    found = {}
    for door in town.doors:
        page = town.open(door, bypasses_policy=bypasses_policy)
        troubles = look(page, door)
        if troubles:
            found[door.name] = troubles
        page.close()
    town.put_away()
    return found


def _seen_by_axe(page: Page, _: Door) -> Sequence[str]:
    put_axe_into(page)
    found: dict[str, str] = {}
    for size in SIZES:
        page.set_viewport_size(size)
        found |= dict.fromkeys(axe_troubles(page), f"at {size['width']}")
        page.emulate_media(color_scheme="dark")
        in_the_dark = axe_troubles(page, only_colours=True)
        found |= dict.fromkeys(in_the_dark, f"in the dark at {size['width']}")
        page.emulate_media(color_scheme="light")
    page.evaluate(OPEN_ALL)
    found |= dict.fromkeys(_lasting(page), "with everything open")
    return [f"{trouble} ({at})" for trouble, at in found.items()]


def _lasting(page: Page) -> Sequence[str]:
    """Return what is found and stays: charts are drawn anew when something opens beside them."""
    found = axe_troubles(page)
    for _ in range(3):
        if found:
            page.wait_for_timeout(1000)
            again = set(axe_troubles(page))
            found = [trouble for trouble in found if trouble in again]
    return found


def _measured(page: Page, _: Door) -> Sequence[str]:
    if page.locator(".chart").count():
        page.locator(".chart .main-svg").first.wait_for()
    page.evaluate(OPEN_ALL)
    found = []
    for size in (LAPTOP, PHONE, NARROWEST):
        page.set_viewport_size(size)
        at = f"at {size['width']}"
        found += [f"wide {at}: {one}" for one in _too_wide(page)]
        found += [f"small {at}: {one}" for one in page.evaluate(SMALL_TARGETS, FOR_FINGERS)]
    return found


def _too_wide(page: Page) -> Sequence[str]:
    """Return what sticks out; a chart takes a moment to follow when the screen is turned."""
    found: Sequence[str] = []
    for _ in range(MOMENTS):
        found = page.evaluate(TOO_WIDE)
        if not found:
            break
        page.wait_for_timeout(200)
    return found
