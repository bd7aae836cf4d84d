"""One session without a mouse or a finger: every step by keys, and the focus always in sight."""

from playwright.sync_api import Page, expect

from app.main import read_clock
from tests.browser.furnished import Furnished, furnish, use_synthetic_curve
from tests.browser.screens import ROOM, RatingScreen
from tests.support import accounts
from tests.support.browser import TABLET, Site
from tests.support.kiosk import PIN

MOST_TABS = 90
"""More than any of these pages takes from its beginning to anything on it."""

FOCUS = """
() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const field = here.closest(".scale") ?? here;
  const { x, y, width, height } = field.getBoundingClientRect();
  const drawn = [here, here.parentElement, here.nextElementSibling, field].filter(Boolean)
    .some((element) => ["", "::before", "::after"].some((part) => {
      const style = getComputedStyle(element, part || null);
      const hasOutline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      return hasOutline || style.boxShadow !== "none";
    }));
  const at = document.elementFromPoint(
    Math.min(Math.max(x + width / 2, 1), innerWidth - 1),
    Math.min(Math.max(y + height / 2, 1), innerHeight - 1));
  const isCovered = !!at && !field.contains(at) && !at.contains(field) &&
    !(here.labels && [...here.labels].some((label) => label.contains(at)));
  const isWithinDate = here.type === "date" && here === window.lastFocus;
  window.lastFocus = here;
  return {
    // Within a date the browser itself shows which part is meant.
    isWithinDate,
    text: (here.innerText || here.getAttribute("aria-label") || here.name || here.id).trim(),
    html: here.outerHTML.slice(0, 120), drawn, isCovered,
    isInside: y + height > 0 && y < innerHeight && width > 0 && height > 0,
  };
}
"""


def test_a_whole_session_is_done_by_keys_alone(site: Site) -> None:
    use_synthetic_curve(site.clinic)
    furnished = furnish(site.clinic)
    clinician = _sign_in(site)
    tablet = RatingScreen(site=site, page=site.device(size=TABLET).new_page())

    _pair(tablet, clinician)
    _open_patient(clinician)
    _start_and_rate(tablet, clinician)
    _review(clinician, furnished)


def _sign_in(site: Site) -> Page:
    phone = accounts.give_account(site.clinic, site.clinic.clinician)
    page = site.device().new_page()
    page.goto("/sign-in")
    _to(page, "sign_in_name")
    page.keyboard.type(accounts.name_of(site.clinic.clinician))
    _to(page, "password")
    page.keyboard.type(accounts.PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#code").wait_for()
    _to(page, "code")
    page.keyboard.type(phone.code(read_clock()))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=site.clinic.clinician.name)).to_be_visible()
    return page


def _pair(tablet: RatingScreen, clinician: Page) -> None:
    tablet.page.goto("/tablet")
    _press(tablet.page, "Vis kode")
    code = tablet.page.locator("output.code").inner_text()
    _press(clinician, "Nettbrett")
    for field, text in (("code", code), ("room", ROOM), ("pin", PIN)):
        _to(clinician, field)
        clinician.keyboard.type(text)
    _press(clinician, "Koble til")
    expect(clinician.get_by_role("rowheader", name=ROOM)).to_be_visible()
    tablet.wait_until_waiting()


def _open_patient(clinician: Page) -> None:
    _press(clinician, clinician.locator("header nav a").first.inner_text())
    _press(clinician, "Aksel B.")
    expect(clinician.get_by_role("heading", level=1)).to_have_text("Aksel B.")


def _start_and_rate(tablet: RatingScreen, clinician: Page) -> None:
    _press(clinician, f"Start måling i {ROOM}")
    tablet.page.locator("body.handing").wait_for()
    _press(tablet.page, "Start")
    tablet.items.first.wait_for()
    for at, key in enumerate("3456"):
        _to_line(tablet, at)
        tablet.page.keyboard.press(key)
        tablet.page.keyboard.press("ArrowRight")
    assert [tablet.said(at) for at in range(4)] == [
        "3,1 av 10",
        "4,1 av 10",
        "5,1 av 10",
        "6,1 av 10",
    ]
    _reach(tablet.page, "Ferdig")
    tablet.page.keyboard.press("Enter")
    tablet.wait_for_thanks()
    expect(clinician.locator("dl.facts")).to_contain_text("18,4")


def _review(clinician: Page, furnished: Furnished) -> None:
    clinician.goto(f"/flags/{furnished.flags[-1]}")
    _to(clinician, "decision")
    clinician.keyboard.press("Space")
    _to(clinician, "note")
    clinician.keyboard.type("Snakket om det.")
    _press(clinician, "Gjennomgått")
    expect(clinician.locator("ol.log")).to_contain_text("Snakket om det.")


def _to_line(tablet: RatingScreen, at: int) -> None:
    line = tablet.page.locator(".native").nth(at)
    for _ in range(MOST_TABS):
        tablet.page.keyboard.press("Tab")
        _see_focus(tablet.page)
        if line.evaluate("(line) => line === document.activeElement"):
            return
    raise LookupError(f"line {at} is not reached by Tab")


def _to(page: Page, name: str) -> None:
    """Tab to the field of a name."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        _see_focus(page)
        if page.evaluate("document.activeElement.name") == name:
            return
    raise LookupError(f"the field {name} is not reached by Tab")


def _press(page: Page, text: str) -> None:
    """Tab to what begins with a text, press it and wait for the page it leads to."""
    _reach(page, text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _reach(page: Page, text: str) -> None:
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if _see_focus(page).startswith(text):
            return
    raise LookupError(f"{text!r} is not reached by Tab")


def _see_focus(page: Page) -> str:
    """Return what has the focus; it must be drawn, on the screen and not covered."""
    found = page.evaluate(FOCUS)
    if found is None:
        return ""
    problems = {
        "is not drawn": not found["drawn"] and not found["isWithinDate"],
        "is off the screen": not found["isInside"],
        "is covered": found["isCovered"],
    }
    wrong = [problem for problem, is_so in problems.items() if is_so]
    if wrong:
        raise AssertionError(f"focus {', '.join(wrong)}: {found['html']}")
    text: str = found["text"]
    return text
