"""A tablet as somebody in the room holds it: where to touch, and what stands there."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import FloatRect, Locator, Page, Request, ViewportSize
from sqlalchemy import text
from sqlmodel import select

from app.records.engine import enter_organization
from app.records.ratings import ItemAnswer, Rating
from app.web.dependencies import TABLET_COOKIE
from tests.support import kiosk
from tests.support.browser import TABLET, Site, today
from tests.support.clinic import Clinic, Enrolled

DONE = "button.done[type=submit]"
ROOM = "Rom 3"


@dataclass(slots=True)
class RatingScreen:
    """The screen of a tablet."""

    site: Site
    page: Page
    room: str = ROOM

    def hand_over(self, patient: Enrolled, *, slot: str = "start") -> None:
        """Start a form for a patient and open it as far as the hand-over page."""
        today(self.site.clinic)
        reply = kiosk.hand_over(self.site.clinic, patient, room=self.room, slot=slot)
        if reply.status_code != 303:
            raise AssertionError(reply.text)
        if self.page.locator("[data-here=waiting]").count():
            # It asks by itself whether something has come.
            self.page.locator("body.handing").wait_for()
        else:
            self.page.goto("/tablet")

    def begin(self, patient: Enrolled, *, slot: str = "start") -> None:
        """Start a form for a patient and go on to its items."""
        self.hand_over(patient, slot=slot)
        self.page.locator("a.done").click()
        self.wait_until_it_listens()

    def wait_until_it_listens(self) -> None:
        """Wait for the items, and for the script that takes a touch: it comes a moment later."""
        self.items.first.wait_for()
        self.page.wait_for_load_state("load")

    @property
    def items(self) -> Locator:
        """The items that can be seen."""
        return self.page.locator(".item:visible")

    def line(self, at: int) -> FloatRect:
        """Return where the line of an item is, from end to end."""
        return box_of(self.page.locator(".item:visible .zone").nth(at))

    def touch(self, at: int, share: float) -> None:
        """Touch a line at a share of its length."""
        self.wait_until_it_listens()
        line = self.line(at)
        self.page.touchscreen.tap(line["x"] + line["width"] * share, middle(line))

    def touch_all(self, share: float) -> None:
        """Touch every line at the same place."""
        for at in range(self.items.count()):
            self.touch(at, share)

    def said(self, at: int) -> str | None:
        """Return what a screen reader says of an item."""
        return self.page.locator(".native").nth(at).get_attribute("aria-valuetext")

    def press_done(self) -> None:
        """Press "Done"."""
        self.page.locator(DONE).click()

    def wait_for_thanks(self) -> None:
        """Wait for the page that says the answers are stored."""
        self.page.locator("body.thanking").wait_for()

    def wait_until_waiting(self, *, seconds: float = 30) -> None:
        """Wait for the page that has nothing to show."""
        self.page.locator("[data-here=waiting]").wait_for(timeout=seconds * 1000)

    def sent(self) -> list[Any]:
        """Return a list that fills with the ratings that are sent from now on."""
        found: list[Any] = []

        def note(request: Request) -> None:
            if request.method == "POST" and request.url.endswith("/tablet/ratings"):
                found.append(request.post_data_json)

        self.page.on("request", note)
        return found


def connect_tablet(
    site: Site,
    *,
    room: str = ROOM,
    size: ViewportSize = TABLET,
    **options: Any,  # noqa: ANN401 - handed on to Playwright
) -> RatingScreen:
    """Connect a tablet to a room, as staff do, and return its screen."""
    today(site.clinic)
    connected = kiosk.connect(site.clinic, room=room)
    token = connected.client.cookies[TABLET_COOKIE]
    page = site.tablet(token, size=size, **options)
    return RatingScreen(site=site, page=page, room=room)


def box_of(element: Locator) -> FloatRect:
    """Return where something is on the screen."""
    box = element.bounding_box()
    if box is None:
        raise LookupError("it is not on the screen")
    return box


def middle(box: FloatRect) -> float:
    """Return how far down the middle of a box is."""
    return box["y"] + box["height"] / 2


@dataclass(frozen=True, slots=True)
class Kept:
    """A rating as it is kept."""

    row: Rating
    answers: dict[str, int]


def kept(clinic: Clinic, patient: Enrolled) -> list[Kept]:
    """Return the ratings of a patient in the order in which they were stored."""
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        rows = db.execute(
            select(Rating).where(Rating.patient_id == patient.patient_id).order_by(text("sequence"))
        ).scalars()
        found = []
        for row in rows:
            answers = db.execute(select(ItemAnswer).where(ItemAnswer.rating_id == row.id)).scalars()
            found.append(Kept(row=row, answers={one.item: one.value for one in answers}))
        db.expunge_all()
        return found
