"""A tablet in a room, as the tests hold it."""

import datetime as dt
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from tests.support.clinic import Clinic, Enrolled, Person

PIN = "481620"

CODE_ON_PAGE = re.compile(r'<output class="big-code"[^>]*>([^<]+)</output>')
"""Where the clinician's page shows the code of a visit."""


@dataclass(slots=True)
class TabletInRoom:
    """A browser that is connected to a room; nobody is signed in on it."""

    clinic: Clinic
    client: TestClient
    seen: list[str] = field(default_factory=list)
    """Every text that the tablet was sent, in order."""

    def get(self, path: str) -> Response:
        """Open a page."""
        return self._keep(self.client.get(path))

    def post(self, path: str, data: dict[str, str] | None = None) -> Response:
        """Send a plain form."""
        return self._keep(self.client.post(path, data=data))

    def send(self, path: str, content: dict[str, Any]) -> Response:
        """Send what the script sends."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return self._keep(self.client.post(path, content=json.dumps(content), headers=headers))

    def waiting_visit(self) -> str:
        """Return the address of the form that waits here."""
        reply = self.get("/tablet")
        if reply.status_code != 303:
            raise LookupError(reply.text)
        return reply.headers["location"]

    def body(self, visit: str, *, form: str | None = None, **changes: object) -> dict[str, Any]:
        """Return what the script sends when four lines are set and "Done" is pressed."""
        page = form if form is not None else self.get(f"{visit}/form").text
        setting = json.loads(_between(page, '<script type="application/json" id="form-data">'))
        keys = re.findall(r'data-item="([^"]+)"', page)
        return {
            **setting["setting"],
            "submission_key": str(uuid.uuid4()),
            "answers": {key: 50 + at for at, key in enumerate(keys)},
            "is_finished": True,
            "input": "touch",
            "device_width": 1024,
            "device_time": self.clinic.clock.now.astimezone(
                dt.timezone(dt.timedelta(hours=1))
            ).isoformat(),
            "duration_ms": 41_000,
            **changes,
        }

    def _keep(self, reply: Response) -> Response:
        self.seen.append(reply.text + json.dumps(dict(reply.headers)))
        return reply


def new_tablet(clinic: Clinic) -> TabletInRoom:
    """Return a tablet that is not connected."""
    return TabletInRoom(clinic=clinic, client=clinic.client())


def code_on(page: str) -> str:
    """Return the code that a page shows."""
    found = re.search(r'<output class="code"[^>]*>([^<]+)</output>', page)
    if found is None:
        raise LookupError("no code on the page")
    return found.group(1)


def connect(clinic: Clinic, *, room: str = "Rom 3", by: Person | None = None) -> TabletInRoom:
    """Return a tablet that staff have connected to a room."""
    tablet = new_tablet(clinic)
    tablet.post("/tablet/pairing")
    code = code_on(tablet.get("/tablet").text)
    staff = clinic.client(by or clinic.clinician)
    reply = staff.post("/tablets", data={"code": code, "room": room, "pin": PIN})
    if reply.status_code != 303:
        raise LookupError(reply.text)
    return tablet


def hand_over(
    clinic: Clinic,
    patient: Enrolled,
    *,
    room: str | None = "Rom 3",
    slot: str = "start",
    by: Person | None = None,
    **more: str,
) -> Response:
    """Start a form for a patient: on the tablet of a room, or by a code."""
    data = {"slot": slot, "tablet": tablet_id(clinic, room) if room else "code", **more}
    return clinic.client(by or clinic.clinician).post(
        f"/patients/{patient.patient_id}/visits", data=data
    )


def tablet_id(clinic: Clinic, room: str) -> str:
    """Return the identifier of the tablet in a room, from the page of the tablets."""
    page = clinic.client(clinic.clinician).get("/tablets").text
    found = re.search(rf'data-room="{re.escape(room)}" data-tablet="([^"]+)"', page)
    if found is None:
        raise LookupError(room)
    return found.group(1)


def _between(page: str, start: str) -> str:
    begin = page.index(start) + len(start)
    return page[begin : page.index("</script>", begin)]
