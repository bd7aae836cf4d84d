"""Tablets in different rooms, each with another page on its screen."""

import uuid
from collections.abc import Iterator, Mapping

from sqlmodel import col, select

from app.records.engine import enter_organization
from app.records.tablets import Visit, VisitState
from app.web.dependencies import TABLET_COOKIE
from tests.browser.furnished import Furnished
from tests.browser.invented import FORM
from tests.support import kiosk
from tests.support.clinic import Clinic, Enrolled
from tests.support.kiosk import TabletInRoom

FORM_PATH = "/tablet/visit/{visit_id}/form"
THANKS_PATH = "/tablet/visit/{visit_id}/thanks"

Opening = tuple[str, str, str, str, str]
"""Name, path, address, who opens it, and what is pressed then."""


class TabletDoors:
    """The pages of tablets, and the pages of staff about them."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.cookies: dict[str, tuple[str, str]] = {}
        self.free = ""
        """Who opens the pages of a tablet that has nothing to show."""

    def doors(
        self, main: Furnished, critical: Furnished, little: Mapping[str, Enrolled]
    ) -> Iterator[Opening]:
        """Yield each page with the tablet that shows it."""
        yield from self._without_form()
        yield from self._forms(main.patient, little["child"], critical.patient)
        yield from self._afterwards()
        by_code = kiosk.hand_over(self.clinic, little["one-score"], room=None)
        yield "visit", "/visits/{visit_id}", by_code.headers["location"], "clinician", ""

    def _without_form(self) -> Iterator[Opening]:
        yield "connect", "/tablet", "/tablet", "nobody", ""
        new = kiosk.new_tablet(self.clinic)
        new.post("/tablet/pairing")
        yield "connect-code", "/tablet", "/tablet", self._keep("new", new), ""
        free = self.free = self._connect("Møterommet i 2. etasje")
        yield "waiting", "/tablet", "/tablet", free, ""
        yield "waiting-wrong", "/tablet", "/tablet", free, "form.type-code button"
        yield "pin", "/tablet/staff", "/tablet/staff", free, ""
        for name in ("form", "thanks"):
            address = f"/tablet/visit/trial/{name}"
            yield f"trial-{name}", address, address, free, ""

    def _forms(self, adult: Enrolled, child: Enrolled, coded: Enrolled) -> Iterator[Opening]:
        room = self._connect("Rom 1")
        at = self._hand_over(adult, "Rom 1")
        yield "hand-over", "/tablet/visit/{visit_id}", at, room, ""
        yield "rate", FORM_PATH, f"{at}/form", room, ""
        yield "rate-missing", FORM_PATH, f"{at}/form", room, "button.done[type=submit]"
        yield "rate-buttons", FORM_PATH, f"{at}/form?mode=buttons", room, ""
        yield "rate-one", FORM_PATH, f"{at}/form?layout=one", room, ""
        for name, patient in (("child", child), ("codes", coded)):
            room = self._connect(f"Rom {name}")
            at = self._hand_over(patient, f"Rom {name}")
            yield f"rate-{name}", FORM_PATH, f"{at}/form", room, ""
        alliance = self._connect("Rom 4")
        at = self._hand_over(self._somebody(), "Rom 4", slot="end")
        yield "rate-alliance", FORM_PATH, f"{at}/form", alliance, ""

    def _afterwards(self) -> Iterator[Opening]:
        thanks = kiosk.connect(self.clinic, room="Rom 5")
        at = self._hand_over(self._somebody(), "Rom 5")
        thanks.send("/tablet/ratings", thanks.body(at))
        yield "thanks", THANKS_PATH, f"{at}/thanks", self._keep("thanks", thanks), ""

        helped = kiosk.connect(self.clinic, room="Rom 6")
        at = self._hand_over(self._somebody(main=FORM), "Rom 6")
        body = helped.body(at)
        answers = dict.fromkeys(body["answers"], 20)
        helped.send("/tablet/ratings", {**body, "answers": answers})
        yield "thanks-help", THANKS_PATH, f"{at}/thanks", self._keep("helped", helped), ""

        declined = kiosk.connect(self.clinic, room="Rom 7")
        at = self._hand_over(self._somebody(), "Rom 7")
        declined.post(f"{at}/decline", {"kind": "not_today", "other_channel": "talk"})
        yield "declined", THANKS_PATH, f"{at}/thanks", self._keep("declined", declined), ""

    def _connect(self, room: str) -> str:
        return self._keep(room, kiosk.connect(self.clinic, room=room))

    def _keep(self, who: str, tablet: TabletInRoom) -> str:
        name = f"tablet: {who}"
        self.cookies[name] = (TABLET_COOKIE, tablet.client.cookies[TABLET_COOKIE])
        return name

    def _hand_over(self, patient: Enrolled, room: str, *, slot: str = "start") -> str:
        reply = kiosk.hand_over(self.clinic, patient, room=room, slot=slot)
        if reply.status_code != 303:
            raise AssertionError(reply.text)
        return f"/tablet/visit/{self._visit_of(patient)}"

    def _visit_of(self, patient: Enrolled) -> uuid.UUID:
        with self.clinic.database.reading() as db:
            enter_organization(db, org_id=patient.org_id)
            found: uuid.UUID = db.execute(
                select(Visit.id).where(
                    Visit.patient_id == patient.patient_id,
                    col(Visit.state).in_([VisitState.WAITING, VisitState.STARTED]),
                )
            ).scalar_one()
            return found

    def _somebody(self, *, main: str = "outcome-4") -> Enrolled:
        alliance = None if main == FORM else "alliance-4"
        patient = self.clinic.enrol(name="Jonas Krogh", main=main, alliance=alliance)
        self.clinic.session(patient)
        return patient
