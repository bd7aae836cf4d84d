"""One session from sign-in to the alliance, played as three people in three browsers."""

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from app.clinical.simulate import SYNTHETIC_CURVE
from app.main import read_clock
from app.records import curves
from app.records.engine import Database, enter_organization
from app.records.sessions import SessionStatus
from tests.browser.screens import ROOM, RatingScreen, kept
from tests.support import accounts
from tests.support.browser import TABLET, Site, earlier, today
from tests.support.clinic import Clinic, Enrolled, Person
from tests.support.databases import Store
from tests.support.kiosk import PIN


@pytest.fixture
def database(store: Store) -> Iterator[Database]:
    """A fresh database of each kind that was asked for."""
    opened = store.open()
    yield opened
    opened.close()


def test_a_patient_rates_the_clinician_sees_and_decides_and_the_supervisor_follows(
    site: Site,
) -> None:
    clinic = site.clinic
    patient = _patient_whose_course_falls(clinic)
    clinician = _sign_in(site, clinic.clinician)
    tablet = RatingScreen(site=site, page=site.device(size=TABLET, has_touch=True).new_page())
    _pair(tablet, clinician)

    _open_from_worklist(clinician)
    _rate_before(tablet, clinician, patient)
    _see_the_course(clinician)
    _review(clinician)
    _follow_as_supervisor(_sign_in(site, clinic.supervisor))
    _end_with_the_alliance(tablet, clinician, patient)


def _patient_whose_course_falls(clinic: Clinic) -> Enrolled:
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        curves.add(db, SYNTHETIC_CURVE, org_id=clinic.clinician.org_id, now=clinic.clock.now)
    earlier(clinic, days=21)
    patient = clinic.enrol(name="Aksel Berg")
    clinic.course(patient, [180, 185, 190])
    today(clinic)
    clinic.session(patient, status=SessionStatus.PLANNED)
    return patient


def _sign_in(site: Site, person: Person) -> Page:
    phone = accounts.give_account(site.clinic, person)
    page = site.device().new_page()
    page.goto("/")
    page.get_by_label("Brukernavn").fill(accounts.name_of(person))
    page.get_by_label("Passord").fill(accounts.PASSWORD)
    page.get_by_role("button", name="Logg inn", exact=True).click()
    page.get_by_label("Kode").fill(phone.code(read_clock()))
    page.get_by_role("button", name="Fortsett").click()
    expect(page.get_by_role("link", name=person.name)).to_be_visible()
    return page


def _pair(tablet: RatingScreen, clinician: Page) -> None:
    tablet.page.goto("/tablet")
    tablet.page.get_by_role("button").click()
    code = tablet.page.locator("output.code").inner_text()

    clinician.get_by_role("link", name="Nettbrett").click()
    clinician.get_by_label("Kode på nettbrettet").fill(code)
    clinician.get_by_label("Navn på rommet").fill(ROOM)
    clinician.get_by_label("PIN for ansatte").fill(PIN)
    clinician.get_by_role("button", name="Koble til").click()

    expect(clinician.get_by_role("rowheader", name=ROOM)).to_be_visible()
    tablet.wait_until_waiting()


def _open_from_worklist(clinician: Page) -> None:
    clinician.get_by_role("link", name="Pasienter").click()
    clinician.get_by_role("link", name="Aksel B.", exact=True).click()
    expect(clinician.get_by_role("heading", level=1)).to_have_text("Aksel B.")


def _rate_before(tablet: RatingScreen, clinician: Page, patient: Enrolled) -> None:
    _press_start(clinician, when="Før timen")
    tablet.page.locator("body.handing").wait_for()
    _stay_on_this_page(clinician)

    tablet.page.locator("a.done").click()
    for at, share in enumerate((0.28, 0.29, 0.29)):
        tablet.touch(at, share)
    expect(clinician.locator(".visit-state")).to_contain_text("3 av 4")
    assert "11,6" not in clinician.locator("main").inner_text()
    expect(_flags(clinician)).to_have_count(0)
    tablet.touch(3, 0.3)
    tablet.press_done()
    tablet.wait_for_thanks()

    _without_reloading(clinician, "11,6")
    expect(_flags(clinician).first).to_be_visible()
    (rating,) = (one for one in kept(tablet.site.clinic, patient) if one.row.visit_id)
    assert rating.row.total == 116
    # At once: the page of thanks clears itself before a slow machine has come to the end.
    tablet.page.get_by_role("link", name="Tøm skjermen nå").click()


def _see_the_course(clinician: Page) -> None:
    chart = clinician.locator(".chart").first
    expect(chart.locator(".main-svg").first).to_be_visible()
    # The band of those who started alike is filled; nothing else in the drawing is.
    expect(chart.locator(".scatterlayer .fills path").first).to_be_attached()
    expect(clinician.locator("figcaption .badge").last).to_have_text("Syntetisk kurve")
    _still_the_same_page(clinician)


def _flags(clinician: Page) -> Locator:
    return clinician.locator("ol.talk > li")


def _review(clinician: Page) -> None:
    flag = _flags(clinician).first
    reason = flag.locator("h3 span").last.inner_text()
    flag.get_by_role("link", name="Gjennomgått").click()
    expect(clinician.get_by_role("heading", level=1)).to_have_text(reason)

    clinician.get_by_role("button", name="Jeg tar dette").click()
    clinician.get_by_label("Endret arbeidsmåte").check()
    clinician.locator("#note-decide").fill("Vi prøver kortere timer.")
    due = (read_clock() + dt.timedelta(days=14)).date()
    clinician.get_by_label("Følges opp innen").fill(due.isoformat())
    clinician.get_by_role("button", name="Gjennomgått").click()

    history = clinician.locator("ol.log")
    expect(history).to_contain_text("Vi prøver kortere timer.")
    expect(history.locator("li")).to_have_count(2)


def _follow_as_supervisor(supervisor: Page) -> None:
    supervisor.get_by_role("link", name="Veiledning").click()
    row = supervisor.get_by_role("row").filter(has_text="Aksel B.").first
    expect(row).to_contain_text("Kari Lunde")
    row.get_by_role("link").last.click()

    expect(supervisor.locator("ol.log")).to_contain_text("Vi prøver kortere timer.")


def _end_with_the_alliance(tablet: RatingScreen, clinician: Page, patient: Enrolled) -> None:
    clinician.get_by_role("link", name="Aksel B.").click()
    _press_start(clinician, when="Etter timen")
    tablet.page.locator("body.handing").wait_for()
    expect(tablet.page.locator("h1")).to_have_text("Fire linjer om timen")
    _stay_on_this_page(clinician)

    tablet.page.locator("a.done").click()
    tablet.touch_all(0.91)
    tablet.press_done()
    tablet.wait_for_thanks()

    _without_reloading(clinician, "36,4")
    alliance = kept(tablet.site.clinic, patient)[-1].row
    assert (alliance.instrument, alliance.total) == ("alliance-4", 364)
    tablet.wait_until_waiting()


def _press_start(clinician: Page, *, when: str) -> None:
    start = clinician.get_by_role("button", name=f"Start måling i {ROOM}")
    expect(start).to_contain_text(when)
    start.click()


def _stay_on_this_page(page: Page) -> None:
    page.evaluate("window.isTheSamePage = true")


def _still_the_same_page(page: Page) -> None:
    assert page.evaluate("window.isTheSamePage === true")


def _without_reloading(page: Page, value: str) -> None:
    """Wait for a value among the facts, and see that nobody reloaded."""
    expect(page.locator("dl.facts")).to_contain_text(value, timeout=20_000)
    _still_the_same_page(page)
