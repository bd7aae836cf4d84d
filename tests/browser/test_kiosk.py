"""What a shared tablet forgets, what it keeps when the network is gone, and who may get out."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from app.web.dependencies import TABLET_COOKIE
from machine import find_chromium
from tests.browser.screens import DONE, RatingScreen, connect_tablet, kept
from tests.support.browser import Site, open_site
from tests.support.chromium import sandbox_arguments
from tests.support.clinic import Clinic
from tests.support.kiosk import PIN

NAMES = ("Xaverius Ytterdal", "Yngvild Zakariassen", "Zoltan Quisling", "Qvale Wergeland", "Wø Ås")
TRACES = """
async () => ({
  local: Object.keys(localStorage), session: Object.keys(sessionStorage),
  databases: (await indexedDB.databases()).map(({ name }) => name),
  caches: await caches.keys(), workers: (await navigator.serviceWorker.getRegistrations()).length,
  cookies: document.cookie, state: history.state, length: history.length, title: document.title,
})
"""
NO_TRACES = {
    "local": [],
    "session": [],
    "databases": [],
    "caches": [],
    "workers": 0,
    "cookies": "",
    "state": None,
    "title": "Samklang",
}


def test_after_ninety_seconds_without_touch_it_asks_and_gives_the_time_back(
    tablet: RatingScreen,
) -> None:
    page = tablet.page
    page.clock.install()
    tablet.begin(tablet.site.clinic.enrol())
    tablet.touch(0, 0.4)

    page.clock.fast_forward(85_000)
    expect(page.locator("#idle")).to_be_hidden()
    for pause in (10_000, 95_000, 95_000):
        page.clock.fast_forward(pause)
        expect(page.locator("#idle")).to_contain_text("Trenger du mer tid?")
        expect(page.locator("[data-tool=more-time]")).to_be_focused()
        page.locator("[data-tool=more-time]").click()
        expect(page.locator("#idle")).to_be_hidden()

    assert tablet.said(0) == "4,0 av 10"


def test_when_nobody_answers_the_marks_are_sent_as_unfinished_and_the_screen_is_emptied(
    tablet: RatingScreen,
) -> None:
    page, clinic = tablet.page, tablet.site.clinic
    page.clock.install()
    patient = clinic.enrol()
    tablet.begin(patient)
    tablet.touch(0, 0.4)

    page.clock.fast_forward(91_000)
    expect(page.locator("#idle-text")).to_contain_text(re.compile(r"\b(30|29|28) sekunder"))
    page.clock.fast_forward(31_000)

    expect(page.locator("h1")).to_have_text("Målingen er avsluttet")
    expect(page.locator(".item")).to_have_count(0)
    (rating,) = kept(clinic, patient)
    assert rating.row.is_finished is False
    assert rating.answers == {"o1": 40}
    assert rating.row.total is None
    page.clock.fast_forward(11_000)
    tablet.wait_until_waiting()


def test_five_patients_in_a_row_leave_nothing_behind(tablet: RatingScreen) -> None:
    page, clinic = tablet.page, tablet.site.clinic
    page.goto("/tablet?before")
    page.goto("/tablet")
    lengths = set()

    for at, name in enumerate(NAMES):
        patient = clinic.enrol(name=name)
        tablet.hand_over(patient)
        page.locator("a.done").click()
        tablet.touch_all(0.11 + at / 10)
        tablet.press_done()
        tablet.wait_for_thanks()
        page.get_by_role("link", name="Tøm skjermen nå").click()
        tablet.wait_until_waiting()

        assert _is_clean(page, patient_names=NAMES)
        traces = page.evaluate(TRACES)
        lengths.add(traces.pop("length"))
        assert traces == NO_TRACES
        assert [cookie.get("name") for cookie in page.context.cookies()] == [TABLET_COOKIE]
        for look in (page.go_back, page.go_forward, page.reload):
            look()
            tablet.wait_until_waiting()
            assert _is_clean(page, patient_names=NAMES)

    assert len(lengths) == 1


def test_back_from_the_thanks_page_shows_no_marks(tablet: RatingScreen) -> None:
    tablet.page.goto("/tablet?before")
    tablet.page.goto("/tablet")
    tablet.begin(tablet.site.clinic.enrol())
    tablet.touch_all(0.6)
    tablet.press_done()
    tablet.wait_for_thanks()

    tablet.page.go_back()

    tablet.wait_until_waiting()
    expect(tablet.page.locator(".item")).to_have_count(0)


@pytest.mark.parametrize("mode", ["line", "buttons"])
def test_reload_in_the_middle_restores_no_mark(tablet: RatingScreen, mode: str) -> None:
    tablet.hand_over(tablet.site.clinic.enrol())
    tablet.page.goto(f"{tablet.page.url}/form?mode={mode}")
    if mode == "line":
        tablet.touch_all(0.6)
    else:
        tablet.items.first.locator("label").nth(6).tap()

    tablet.page.reload()

    expect(tablet.page.locator(".count")).to_have_text("0 av 4 er satt")
    expect(tablet.page.locator(".mark:visible")).to_have_count(0)
    expect(tablet.page.locator("input:checked")).to_have_count(0)


@pytest.fixture
def keeping_site(clinic: Clinic, site: Site) -> Iterator[Site]:
    """The clinic seen by a Chromium that keeps pages in memory for the Back button."""
    browser = site.chromium.browser_type.launch(
        executable_path=find_chromium(),
        args=sandbox_arguments(),
        ignore_default_args=["--disable-back-forward-cache"],
    )
    try:
        with open_site(clinic, browser) as opened:
            yield opened
    finally:
        browser.close()


def test_the_back_button_brings_back_no_marks_where_pages_are_kept_in_memory(
    keeping_site: Site,
) -> None:
    tablet = connect_tablet(keeping_site)
    tablet.begin(keeping_site.clinic.enrol())
    tablet.touch_all(0.6)

    tablet.page.goto("/sign-in")
    tablet.page.evaluate("history.back()")

    # It may lead on to the form that still waits; the marks are gone either way.
    expect(tablet.page.locator("a.done, .count")).to_be_visible()
    expect(tablet.page.locator(".mark:visible")).to_have_count(0)
    assert "6,0 av 10" not in tablet.page.content()


def test_a_browser_that_keeps_pages_all_the_same_keeps_an_empty_one(tablet: RatingScreen) -> None:
    tablet.begin(tablet.site.clinic.enrol())
    tablet.touch_all(0.6)

    tablet.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    left = tablet.page.evaluate("document.body.childElementCount")
    with tablet.page.expect_navigation():
        tablet.page.evaluate(
            "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
        )

    assert left == 0
    expect(tablet.page.locator(".mark:visible")).to_have_count(0)


def test_the_list_of_open_apps_shows_an_empty_page(tablet: RatingScreen) -> None:
    tablet.begin(tablet.site.clinic.enrol())

    tablet.page.evaluate(
        """() => {
          Object.defineProperty(document, "visibilityState", { value: "hidden" });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )

    assert tablet.page.evaluate("getComputedStyle(document.body).visibility") == "hidden"


def test_marks_stay_when_the_network_is_gone_and_are_sent_when_it_is_back(
    tablet: RatingScreen,
) -> None:
    tablet.site.expected.append("ERR_INTERNET_DISCONNECTED")
    patient = tablet.site.clinic.enrol()
    tablet.begin(patient)
    tablet.touch_all(0.6)

    tablet.page.context.set_offline(True)
    tablet.press_done()

    expect(tablet.page.locator("#trouble p")).to_have_text(
        "Uten nett. Svarene lagres her og sendes når nettet er tilbake."
    )
    tablet.touch(0, 0.1)
    assert [tablet.said(at) for at in range(4)] == ["6,0 av 10"] * 4
    tablet.page.context.set_offline(False)
    tablet.wait_for_thanks()
    (rating,) = kept(tablet.site.clinic, patient)
    assert set(rating.answers.values()) == {60}


def test_a_reply_that_is_lost_stores_nothing_twice(tablet: RatingScreen) -> None:
    tablet.site.expected.append("ERR_FAILED")
    patient = tablet.site.clinic.enrol()
    tablet.begin(patient)
    tablet.touch_all(0.6)
    lost = _lose_the_first_reply(tablet.page.context)

    tablet.press_done()
    tablet.wait_for_thanks()

    assert len(lost) == 1
    assert len(kept(tablet.site.clinic, patient)) == 1


def test_done_pressed_twice_sends_once(tablet: RatingScreen) -> None:
    patient = tablet.site.clinic.enrol()
    tablet.begin(patient)
    tablet.touch_all(0.6)
    sent = tablet.sent()

    tablet.page.locator(DONE).evaluate("(button) => { button.click(); button.click(); }")
    tablet.wait_for_thanks()

    assert len(sent) == 1
    assert len(kept(tablet.site.clinic, patient)) == 1


def test_answers_may_be_changed_right_after_and_both_are_kept(tablet: RatingScreen) -> None:
    patient = tablet.site.clinic.enrol()
    tablet.begin(patient)
    tablet.touch_all(0.6)
    tablet.press_done()
    tablet.wait_for_thanks()

    tablet.page.locator("[data-tool=change]").click()
    assert [tablet.said(at) for at in range(4)] == ["6,0 av 10"] * 4
    tablet.touch(0, 0.2)
    tablet.press_done()
    tablet.wait_for_thanks()

    first, second = kept(tablet.site.clinic, patient)
    assert first.answers["o1"] == 60
    assert second.answers == {"o1": 20, "o2": 60, "o3": 60, "o4": 60}
    assert second.row.replaces_id == first.row.id


def test_after_ten_seconds_the_answers_can_no_longer_be_changed_and_the_screen_clears(
    tablet: RatingScreen,
) -> None:
    tablet.page.clock.install()
    tablet.begin(tablet.site.clinic.enrol())
    tablet.touch_all(0.6)
    tablet.press_done()
    tablet.wait_for_thanks()
    expect(tablet.page.locator("[data-tool=change]")).to_be_visible()

    tablet.page.clock.fast_forward(10_500)

    tablet.wait_until_waiting()
    expect(tablet.page.locator("[data-tool=change]")).to_have_count(0)


def test_a_form_that_is_over_is_refused_in_words_and_the_marks_stay(tablet: RatingScreen) -> None:
    tablet.site.expected.append("status of 4")
    patient = tablet.site.clinic.enrol()
    tablet.begin(patient)
    tablet.touch_all(0.6)
    visit = tablet.page.url.split("/visit/")[1].split("/")[0]

    tablet.site.clinic.client(tablet.site.clinic.clinician).post(f"/visits/{visit}/cancel")
    tablet.press_done()

    expect(tablet.page.locator("#trouble p")).to_contain_text(re.compile(r"\w+ \w+"))
    assert [tablet.said(at) for at in range(4)] == ["6,0 av 10"] * 4
    assert kept(tablet.site.clinic, patient) == []


def test_the_corner_for_staff_opens_only_after_two_seconds_and_a_pin(
    tablet: RatingScreen,
) -> None:
    page = tablet.page
    tablet.site.expected.append("status of 422")
    page.goto("/tablet")
    corner = page.locator(".corner")

    corner.click(delay=700)
    page.wait_for_timeout(300)
    assert page.url.endswith("/tablet")
    corner.hover()
    page.mouse.down()
    page.wait_for_url("**/tablet/staff", timeout=6000)
    page.mouse.up()
    page.fill("#pin", "111111")
    page.locator("button.done").click()
    expect(page.locator("#pin-error")).to_be_visible()
    page.fill("#pin", PIN)
    page.locator("button.done").click()

    expect(page.locator("#room")).to_have_value("Rom 3")
    assert not re.search("pasient|klient|liste", page.locator("main").inner_text().lower())


def _is_clean(page: Page, *, patient_names: tuple[str, ...]) -> bool:
    content = page.content()
    words = [word for name in patient_names for word in name.split() if len(word) > 2]
    marks = re.search(r'data-set|class="miss|av 10"', content)
    return marks is None and not any(word in content for word in words)


def _lose_the_first_reply(context: BrowserContext) -> list[int]:
    lost: list[int] = []

    def deliver(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    context.route("**/tablet/ratings", deliver)
    return lost
