"""Whatever somebody writes in a free field stays text, on every page that shows it."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page
from sqlalchemy import update

from app.records.people import NameDisplay, Organization
from tests.browser.furnished import Furnished, Written, furnish, use_synthetic_curve
from tests.support import kiosk
from tests.support.browser import Site
from tests.support.clinic import Clinic
from tests.support.forms import address_of

SIGN: Final = "zq7"
"""Stands in every payload, so that it can be found again as text."""

PAYLOADS: Final = (
    f"<script>alert('{SIGN}')</script>",
    f"\"><script>alert('{SIGN}')</script>",
    f"<img src=x onerror=alert('{SIGN}')>",
    f"'\"><img src=x onerror=alert('{SIGN}')>",
    f"<svg onload=alert('{SIGN}')>",
    f"</script><script>alert('{SIGN}')</script>",
    f"--></script><svg/onload=alert('{SIGN}')>",
    f"<iframe srcdoc=\"<script>alert('{SIGN}')</script>\">",
    f"<a href=javascript:alert('{SIGN}')>{SIGN}</a>",
    f"javascript:alert('{SIGN}')",
    f"</textarea><b id={SIGN}>{SIGN}</b>",
    f"</title><style>*{{display:none}}</style>{SIGN}",
    f"{{{{ 7 * 7 }}}}{SIGN}{{% raw %}}",
    f"${{alert('{SIGN}')}}`{SIGN}",
    f"<b>{SIGN}</b><span style='color:red'>{SIGN}</span>",
    f"{SIGN}\u202e<base href=//{SIGN}.example>",
)
OUTCOMES: Final = (180, 170, 165, 160)

MADE: Final = f"""
() => [...document.querySelectorAll(
    "iframe, base, b, marquee, object, embed, [onerror], [onload], [srcdoc], #{SIGN}, " +
    "a[href^='javascript'], body style, img[src='x'], script:not([src], [type$=json])")]
  .filter((element) => !element.closest("[data-module=chart] svg"))
  .filter((element) => element.outerHTML.includes("{SIGN}") || element.matches("base, iframe"))
  .map((element) => element.outerHTML.slice(0, 160))
"""


SHOWN: Final = """
() => [document.body.textContent,
       ...[...document.querySelectorAll("input, textarea")].map(({ value }) => value)].join("\\n")
"""


@pytest.fixture(params=range(4), ids=lambda part: f"part {part + 1}")
def payloads(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """A fourth of the payloads: one town with all of them would be a long list."""
    return PAYLOADS[request.param :: 4]


def test_markup_in_free_fields_is_shown_as_it_was_typed(
    site: Site, payloads: tuple[str, ...]
) -> None:
    clinic = site.clinic
    use_synthetic_curve(clinic)
    _show_full_names(clinic)
    written = {payload: _furnish(clinic, payload) for payload in payloads}
    for number, payload in enumerate(payloads):
        _write_elsewhere(clinic, payload, number=number)
    staff = site.staff(clinic.clinician)
    supervisor = site.staff(clinic.supervisor)
    administrator = site.staff(clinic.administrator)

    for payload, furnished in written.items():
        for address, holds in _pages(furnished):
            shown = _look(staff, address)
            assert not holds or _plain(payload) in shown, address
    for page, addresses in (
        (staff, ("/", "/?q=zq7", "/finished", "/tablets", "/account")),
        (supervisor, ("/supervision",)),
        (administrator, ("/admin", "/admin/teams", "/admin/organization", "/admin/log")),
    ):
        for address in addresses:
            _look(page, address)

    assert site.unexpected() == []


@pytest.mark.parametrize("payload", [one for one in PAYLOADS if "<" in one and "{" not in one])
def test_the_look_for_made_elements_finds_what_it_is_for(site: Site, payload: str) -> None:
    page = site.device(bypass_csp=True).new_page()
    page.goto("/sign-in")
    site.expected[:] = ["alert", "dialog", "404", "Loading", "policy", SIGN]

    page.evaluate("(html) => document.querySelector('main').innerHTML = html", payload)

    assert page.evaluate(MADE) != []


def test_a_room_and_a_goal_with_markup_stay_text_on_the_tablet(site: Site) -> None:
    clinic = site.clinic
    use_synthetic_curve(clinic)
    payload = PAYLOADS[2]
    room = payload[:40]
    furnished = furnish(clinic, written=Written(goal=payload), outcomes=OUTCOMES)
    tablet = kiosk.connect(clinic, room=room)
    kiosk.hand_over(
        clinic,
        furnished.patient,
        room=None,
        form="start:personal-goals",
    )
    page = site.tablet(tablet.client.cookies["__Host-tablet"])

    page.goto("/tablet")
    code = _code_of(clinic, furnished)
    page.fill("#code", code)
    page.locator(".type-code button").click()
    page.locator("a.done").click()
    page.locator(".item").first.wait_for()

    assert page.evaluate(MADE) == []
    assert SIGN in page.locator(".items").inner_text()
    assert SIGN in page.locator(".room").inner_text()


def _furnish(clinic: Clinic, payload: str) -> Furnished:
    texts = Written(
        name=payload,
        goal=payload,
        label=payload,
        reason=f"{payload} {payload}",
        note=f"{payload}\n{payload}",
    )
    return furnish(clinic, written=texts, outcomes=OUTCOMES)


def _write_elsewhere(clinic: Clinic, payload: str, *, number: int) -> None:
    """Put a payload into what is not about a patient: rooms, teams, staff, the site's texts."""
    # A room's name is refused when it holds what cannot be seen.
    room = "".join(letter for letter in payload if letter.isprintable())
    kiosk.connect(clinic, room=f"{number} {room}"[:40])
    administrator = clinic.client(clinic.administrator)
    address_of(administrator, "/admin/teams", {"name": f"{payload}"[:80]})
    closed = clinic.enrol(name=payload)
    form = {"ending": "unplanned", "agreement": "not_agreed", "note": payload}
    address_of(clinic.client(clinic.clinician), f"/episodes/{closed.episode_id}/close", form)


def _show_full_names(clinic: Clinic) -> None:
    with clinic.database.writing() as db:
        db.execute(update(Organization).values(name_display=NameDisplay.FULL))


def _pages(furnished: Furnished) -> Iterator[tuple[str, bool]]:
    """Yield each page, and whether what was written must stand on it."""
    patient = f"/patients/{furnished.patient.patient_id}"
    course = f"/episodes/{furnished.patient.episode_id}"
    yield patient, True
    yield f"{patient}?view=together", False
    for page in ("details", "visits"):
        yield f"{patient}/{page}", True
    for page in ("change", "close", "participation", "ratings", "sessions"):
        yield f"{course}/{page}", True
    yield f"/sessions/{furnished.sessions[0]}/paper", True
    yield f"/sessions/{furnished.sessions[0]}/paper?instrument=personal-goals", True
    for rating_id in furnished.ratings[:2]:
        yield f"/ratings/{rating_id}", True
    for flag_id in furnished.flags:
        yield f"/flags/{flag_id}", True


def _look(page: Page, address: str) -> str:
    """Open a page, check that nothing was made of the payloads; return what can be read there."""
    reply = page.goto(address)
    assert reply is not None
    assert reply.status == 200, address
    for chart in page.locator(".chart").all():
        chart.locator(".main-svg").first.wait_for(state="attached")
    assert page.evaluate(MADE) == [], address
    shown: str = page.evaluate(SHOWN)
    return _plain(shown)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _code_of(clinic: Clinic, furnished: Furnished) -> str:
    page = clinic.client(clinic.clinician).get(f"/patients/{furnished.patient.patient_id}").text
    return page.split('class="visit-code">')[1].split("<")[0].split()[-1]
