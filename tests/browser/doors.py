"""Every page of the program, at an address where it has something to show."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyotp
from fastapi.routing import iter_route_contexts
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import delete, update
from sqlmodel import select

from app.main import create_app, read_clock
from app.records.base import DbSession
from app.records.encryption import seal
from app.records.engine import enter_organization
from app.records.staff import Account, Attempt, SignIn, Staff
from app.records.tablets import Tablet, Visit
from app.web.dependencies import LANGUAGE_COOKIE, SIGN_IN_COOKIE
from app.workflow import access
from tests.browser.furnished import (
    Furnished,
    furnish,
    use_synthetic_curve,
    with_critical_answer,
    with_little,
)
from tests.browser.invented import FORM
from tests.browser.rooms import TabletDoors
from tests.support import accounts, reports, research, told_reports
from tests.support.benches import with_moved_rule
from tests.support.browser import LAPTOP, Site
from tests.support.clinic import Clinic, Enrolled, Person
from tests.support.kiosk import PIN

NO_PAGES: Final = frozenset(
    {
        "/tablet/state",
        "/patients/{patient_id}/live",
        "/numbers/{instrument}/calibration.json",
        "/releases/schema",
        "/releases/{release_id}/files/{kind}",
        "/releases/research/{request_id}/files/{kind}",
    }
)
"""Addresses that answer with something else than a page."""

NOT_THERE: Final = "an address that nothing has"


@dataclass(frozen=True, slots=True)
class Door:
    """One page."""

    name: str
    path: str
    """As the program names it."""
    address: str
    who: str
    """Who opens it: a person of the clinic, a step of signing in, or the tablet of a room."""
    press: str = ""
    """What is pressed when it is open, for pages that answer to a form."""
    typed: tuple[str, str] | None = None
    """A field and what is typed in it before that."""

    @property
    def is_on_tablet(self) -> bool:
        """Whether patients meet the page."""
        return self.path.startswith("/tablet") and not self.path.startswith("/tablets")


@dataclass
class Town:
    """A clinic with something on every page, served, and the keys to all of it."""

    site: Site
    doors: Sequence[Door]
    cookies: Mapping[str, tuple[str, str]]
    """What whoever opens a door has in their browser."""
    language: str = "nb"
    _devices: dict[str, BrowserContext] = field(default_factory=dict)

    def speak(self, language: str) -> None:
        """Let everybody read another language."""
        self.language = language
        clinic, now = self.site.clinic, read_clock()
        with clinic.database.writing() as db:
            enter_organization(db, org_id=clinic.clinician.org_id)
            for table in (Staff, Tablet, Visit):
                db.execute(update(table).values(language=language))
            # Forms run out, and thanks are said for a while only; the walk round takes longer.
            db.execute(update(Visit).values(changed_at=now, expires_at=now + dt.timedelta(hours=1)))
            # Each walk round tries a wrong password, and after a few of them has to wait.
            db.execute(delete(Attempt))
        self.put_away()

    def open(self, door: Door, *, bypasses_policy: bool = False) -> Page:
        """Open a page as the one who may see it."""
        if door.who not in self._devices:
            self._devices[door.who] = self._device(door.who, bypasses_policy=bypasses_policy)
        page = self._devices[door.who].new_page()
        reply = page.goto(door.address)
        status = 0 if reply is None else reply.status
        # A page may go on by itself in time, as thanks do: what counts is where the answer was.
        is_there = reply is not None and reply.url == f"{self.site.address}{door.address}"
        if status != (404 if door.path == NOT_THERE else 200) or not is_there:
            said = page.inner_text("body")[:300]
            raise AssertionError(f"{door.name} answered {status} at {page.url}: {said}")
        if door.typed:
            page.fill(*door.typed)
        if door.press:
            page.locator(door.press).first.click()
            page.wait_for_load_state()
        return page

    def put_away(self) -> None:
        """Close all devices."""
        self._devices.clear()
        self.site.put_away()

    def _device(self, who: str, *, bypasses_policy: bool) -> BrowserContext:
        device = self.site.device(size=LAPTOP, bypass_csp=bypasses_policy)
        self.site.give_cookie(device, LANGUAGE_COOKIE, self.language)
        if who in self.cookies:
            name, value = self.cookies[who]
            self.site.give_cookie(device, name, value)
        return device


def paths_of_pages(clinic: Clinic) -> set[str]:
    """Return the paths of all pages that the program shows when it is asked."""
    app = create_app(clinic.settings, database=clinic.database)
    paths = {
        context.path
        for context in iter_route_contexts(app.routes)
        if context.path is not None and "GET" in (context.methods or ())
    }
    return paths - NO_PAGES


def build_town(site: Site) -> Town:
    """Furnish a clinic and return the way to each of its pages."""
    clinic = site.clinic
    use_synthetic_curve(clinic)
    main, critical = furnish(clinic), with_critical_answer(clinic)
    little = with_little(clinic)
    with_moved_rule(clinic)
    people = ("clinician", "supervisor", "quality_lead", "administrator")
    cookies = {name: _sign_in(clinic, getattr(clinic, name)) for name in people}
    tablets = TabletDoors(clinic)
    doors = [
        *_doors_of_staff(clinic),
        *_doors_of_patients(main, critical, little),
        *_doors_of_courses(main, little["closed"]),
        *_doors_of_releases(clinic),
        *_doors_of_research(clinic),
        *_doors_of_tablets(tablets, main, critical, little),
    ]
    return Town(
        site=site,
        doors=doors,
        cookies={
            **cookies,
            "proved_lead": _proved(clinic, clinic.quality_lead),
            "proved_administrator": _proved(clinic, clinic.administrator),
            **_half_signed_in(clinic),
            **tablets.cookies,
        },
    )


def _sign_in(clinic: Clinic, person: Person) -> tuple[str, str]:
    return SIGN_IN_COOKIE, clinic.sign_in(person)


def _proved(clinic: Clinic, person: Person) -> tuple[str, str]:
    """Sign somebody in who has just proved who they are, however long the walk round takes."""
    name, token = _sign_in(clinic, person)
    with clinic.database.writing() as db:
        sign_in = db.execute(
            select(SignIn).where(SignIn.token_hash == access.token_hash(token))
        ).scalar_one()
        sign_in.second_factor_at = read_clock() + dt.timedelta(days=1)
    return name, token


def _half_signed_in(clinic: Clinic) -> dict[str, tuple[str, str]]:
    accounts.give_account(clinic, clinic.colleague)
    for person in (clinic.clinician, clinic.elsewhere):
        _offer_phone(clinic, person)
    no_phone = {"totp_confirmed_at": None}
    return {
        "needs_code": _half(clinic, clinic.colleague, {}),
        "needs_password": _half(
            clinic, clinic.other_team, no_phone | {"must_change_password": True}
        ),
        "needs_phone": _half(clinic, clinic.elsewhere, no_phone),
    }


def _offer_phone(clinic: Clinic, person: Person) -> None:
    """Let a seed wait for the first code of a phone."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=person.org_id)
        account = _account(db, person)
        account.totp_pending_sealed = seal(
            db, pyotp.random_base32(), column="account.totp_pending", row_id=account.id
        )


def _account(db: DbSession, person: Person) -> Account:
    found: Account = db.execute(
        select(Account).where(Account.staff_id == person.staff_id)
    ).scalar_one()
    return found


def _half(clinic: Clinic, person: Person, changes: Mapping[str, object]) -> tuple[str, str]:
    name, token = _sign_in(clinic, person)
    with clinic.database.writing() as db:
        sign_in = db.execute(
            select(SignIn).where(SignIn.token_hash == access.token_hash(token))
        ).scalar_one()
        sign_in.second_factor_at = None
        account = _account(db, person)
        for column, value in changes.items():
            setattr(account, column, value)
    return name, token


def _doors_of_staff(clinic: Clinic) -> Iterator[Door]:
    yield Door("sign-in", "/sign-in", "/sign-in", "nobody")
    yield Door("sign-in-wrong", "/sign-in", "/sign-in", "nobody", "form.card button")
    yield Door("code", "/sign-in/second-factor", "/sign-in/second-factor", "needs_code")
    yield Door("own-password", "/sign-in/password", "/sign-in/password", "needs_password")
    yield Door("phone", "/sign-in/phone", "/sign-in/phone", "needs_phone")
    yield Door("not-there", NOT_THERE, "/nothing-here", "clinician")
    for name in ("/account", "/account/phone", "/intended-purpose", "/numbers", "/finished"):
        yield Door(name.strip("/").replace("/", "-"), name, name, "clinician")
    yield Door("worklist", "/", "/", "clinician")
    yield Door("worklist-part", "/", "/?part=look&order=next", "clinician")
    yield Door("worklist-none", "/", "/?q=finnes+ikke", "clinician")
    yield Door("own-figures", "/own-figures", "/own-figures", "clinician")
    yield Door("supervision", "/supervision", "/supervision", "supervisor")
    yield Door("quality", "/quality", "/quality", "quality_lead")
    yield Door("rules", "/rules", "/rules", "quality_lead")
    rule = "/rules/{rule}"
    yield Door("rule", rule, "/rules/no_change", "quality_lead")
    yield Door("rule-stays", rule, "/rules/critical_item", "quality_lead")
    beside = "/rules/off_track?parameter=on_from&value=0.8"
    yield Door("rule-beside", rule, beside, "quality_lead")
    send = "#proposal form [type=submit]"
    yield Door("rule-wrong", rule, beside, "quality_lead", send)
    for form in ("outcome-4", "alliance-4", FORM, "ors"):
        yield Door(f"numbers-{form}", "/numbers/{instrument}", f"/numbers/{form}", "clinician")
    held = "/numbers/{instrument}/calibration"
    yield Door("calibration-none", held, "/numbers/ors/calibration", "clinician")
    yield Door("tablets", "/tablets", "/tablets", "clinician")
    yield Door("tablets-wrong", "/tablets", "/tablets", "clinician", "form.form [type=submit]")
    for name in ("", "/staff/new", "/teams", "/organization", "/log"):
        yield Door(
            f"admin{name.replace('/', '-')}", f"/admin{name}", f"/admin{name}", "administrator"
        )
    member = f"/admin/staff/{clinic.clinician.staff_id}"
    yield Door("admin-member", "/admin/staff/{staff_id}", member, "administrator")


def _doors_of_patients(
    main: Furnished, critical: Furnished, little: Mapping[str, Enrolled]
) -> Iterator[Door]:
    patient, path = f"/patients/{main.patient.patient_id}", "/patients/{patient_id}"
    yield Door("patient", path, patient, "clinician")
    yield Door("patient-supervisor", path, patient, "supervisor")
    yield Door("together", path, f"{patient}?view=together", "clinician")
    yield Door("patient-critical", path, f"/patients/{critical.patient.patient_id}", "clinician")
    for name, one in little.items():
        yield Door(f"patient-{name}", path, f"/patients/{one.patient_id}", "clinician")
    yield Door("details", f"{path}/details", f"{patient}/details", "clinician")
    yield Door("patient-log", f"{path}/log", f"{patient}/log", "clinician")
    yield Door("start", f"{path}/visits", f"{patient}/visits", "clinician")
    new = "/patients/new"
    yield Door("patient-new", new, new, "clinician")
    send, too_old = "main form [type=submit]", ("#birth_year", "1700")
    yield Door("patient-new-wrong", new, new, "clinician", send, too_old)
    for number, flag_id in enumerate((*main.flags, critical.flags[0]), start=1):
        yield Door(f"flag-{number}", "/flags/{flag_id}", f"/flags/{flag_id}", "clinician")
    flag = f"/flags/{main.flags[-1]}"
    yield Door(
        "flag-wrong", "/flags/{flag_id}", flag, "clinician", "[action$=decide] [type=submit]"
    )


def _doors_of_tablets(
    tablets: TabletDoors, main: Furnished, critical: Furnished, little: Mapping[str, Enrolled]
) -> Iterator[Door]:
    yield from (Door(*one) for one in tablets.doors(main, critical, little))
    # The corner closes by itself, so it is opened each time.
    pin = ("#pin", PIN)
    yield Door("corner", "/tablet/staff", "/tablet/staff", tablets.free, "button.done", pin)


def _doors_of_courses(main: Furnished, closed: Enrolled) -> Iterator[Door]:
    course = f"/episodes/{main.patient.episode_id}"
    for name in ("change", "close", "participation", "ratings", "sessions"):
        path = f"/episodes/{{episode_id}}/{name}"
        yield Door(f"course-{name}", path, f"{course}/{name}", "clinician")
    again = f"/patients/{closed.patient_id}/episodes/new"
    yield Door("course-new", "/patients/{patient_id}/episodes/new", again, "clinician")
    paper, path = f"/sessions/{main.sessions[3]}/paper", "/sessions/{session_id}/paper"
    yield Door("paper", path, paper, "clinician")
    yield Door("paper-form", path, f"{paper}?instrument=outcome-4", "clinician")
    yield Door("paper-codes", path, f"{paper}?instrument={FORM}", "clinician")
    rating, path = f"/ratings/{main.ratings[2]}", "/ratings/{rating_id}"
    yield Door("rating", path, rating, "clinician")
    yield Door("rating-replaced", path, f"/ratings/{main.ratings[1]}", "clinician")
    for name in ("correct", "move", "baseline"):
        yield Door(f"rating-{name}", f"{path}/{name}", f"{rating}/{name}", "clinician")


def _doors_of_releases(clinic: Clinic) -> Iterator[Door]:
    path, lead = "/releases/{release_id}", "quality_lead"
    replaced = reports.signed(clinic)
    releases = {
        "draft": reports.kept(clinic, threshold=3, instrument="phq-9"),
        "replaced": replaced,
        "signed": reports.signed(clinic, patients=900, supersedes=replaced),
    }
    yield Door("releases", "/releases", "/releases", lead)
    yield Door("release-new", "/releases/new", "/releases/new", lead)
    yield Door("release-new-wrong", "/releases/new", "/releases/new", lead, "form.form button")
    for name, release_id in releases.items():
        yield Door(f"release-{name}", path, f"/releases/{release_id}", lead)
    for report in told_reports.years():
        told = reports.signed_report(clinic, report)
    yield Door("release-teams", path, f"/releases/{told}", lead)
    yield Door("over-time", "/releases/over-time", "/releases/over-time", lead)
    few = "/releases/over-time?form=outcome-4"
    yield Door("over-time-few", "/releases/over-time", few, lead)
    none = "/releases/over-time?form=outcome-4&figure=accepted"
    yield Door("over-time-none", "/releases/over-time", none, lead)
    exception = f"/releases/{releases['draft']}"
    yield Door("release-exception", path, exception, "administrator")


def _doors_of_research(clinic: Clinic) -> Iterator[Door]:
    path, lead = "/releases/research", "proved_lead"
    agreed = research.shared_by_few(clinic, year=2024)
    research.taken(clinic, agreed)
    waits = research.shared_by_few(clinic, year=2025, is_agreed=False)
    yield Door("research", path, path, lead)
    new = f"{path}/new"
    yield Door("research-new", new, new, lead)
    yield Door("research-new-wrong", new, new, lead, "form.form button")
    one = f"{path}/{{request_id}}"
    yield Door("research-asked", one, f"{path}/{waits}", lead)
    yield Door("research-answer", one, f"{path}/{waits}", "proved_administrator")
    send = "form[action$=decline] button"
    yield Door("research-answer-wrong", one, f"{path}/{waits}", "proved_administrator", send)
    yield Door("research-agreed", one, f"{path}/{agreed}", lead)
    yield Door("research-vouch", one, f"{path}/{agreed}", "quality_lead")
