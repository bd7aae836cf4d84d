"""A clinic in which there is one of everything that an address can name."""

import re
import uuid
from dataclasses import dataclass

from sqlmodel import select
from starlette.testclient import TestClient

from app.clinical.curves import GENERAL_CURVES
from app.records import curves
from app.records.engine import enter_organization
from app.records.flags import Flag
from app.records.tablets import Visit
from tests.support.benches import move, rehearse
from tests.support.clinic import Clinic, Enrolled, Person
from tests.support.kiosk import PIN, TabletInRoom, connect, hand_over, tablet_id
from tests.support.reports import settle_by, signed
from tests.support.research import shared_by_few

OWN_ROOM = "Rom 3"
OTHER_ROOM = "Rom 4"

FIRST_FORM = {"q1": 20, "q2": 20, "q3": 10, "q4": 10, "q5": 10, "q6": 10, "q7": 10, "q8": 0}
"""Eight answers to PHQ-9; the ninth is the critical one."""


@dataclass(slots=True)
class Everything:
    """A patient of the clinician with all that belongs to them, and who asks for it."""

    clinic: Clinic
    patient: Enrolled
    ids: dict[str, str]
    """What stands in an address, by its name there."""
    tablet: TabletInRoom
    """The tablet on which the patient's form waits."""
    other_tablet: TabletInRoom

    def client(self, who: str) -> TestClient:
        """Return what somebody asks with: a browser, or one of the tablets."""
        match who:
            case "tablet":
                return self.tablet.client
            case "other_tablet":
                return self.other_tablet.client
            case _:
                return self.clinic.client(self.clinic.people[who], raises=False)

    def address(self, path: str, **changed: str) -> str:
        """Return the address of a route with what there is in it."""
        return path.format(**{**self.ids, **changed})


def fill_clinic(clinic: Clinic) -> Everything:
    """Let a patient come for a while, and leave a form waiting on a tablet."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        for curve in GENERAL_CURVES:
            curves.add(db, curve, org_id=clinic.clinician.org_id, now=clinic.clock.now)
    patient = clinic.enrol()
    clinic.course(patient, [220, 200])
    session_id = clinic.session(patient)
    stored = clinic.rate(patient, session_id, total=190)
    flagged = clinic.enrol(name="Berit Dahl", main="phq-9", alliance=None)
    answers = {**FIRST_FORM, "q9": 20}
    clinic.rate(flagged, clinic.session(flagged), instrument="phq-9", answers={**answers})
    next_of_kin = add_next_of_kin(clinic, patient)
    tablet, other = connect(clinic, room=OWN_ROOM), connect(clinic, room=OTHER_ROOM)
    hand_over(clinic, patient, room=OWN_ROOM)
    tablet.post("/tablet/staff", {"pin": PIN})
    rehearse(clinic)
    move(clinic, rule="missing", parameter="in_a_row", value="3")
    release_id = signed(clinic)
    settle_by(clinic, threshold=6)
    request_id = shared_by_few(clinic)
    return Everything(
        clinic=clinic,
        patient=patient,
        ids={
            "patient_id": str(patient.patient_id),
            "episode_id": str(patient.episode_id),
            "session_id": str(session_id),
            "rating_id": str(stored.rating_id),
            "respondent_id": next_of_kin,
            "flag_id": str(_only_flag(clinic, flagged)),
            "visit_id": str(_only_visit(clinic, patient)),
            "tablet_id": tablet_id(clinic, OWN_ROOM),
            "staff_id": str(clinic.clinician.staff_id),
            "team_id": str(clinic.team_id),
            "instrument": "phq-9",
            "rule": "missing",
            "release_id": str(release_id),
            "request_id": str(request_id),
            "kind": "csv",
        },
        tablet=tablet,
        other_tablet=other,
    )


def add_next_of_kin(clinic: Clinic, patient: Enrolled, *, by: Person | None = None) -> str:
    """Let a parent of the patient answer too; return the identifier."""
    client = clinic.client(by or clinic.clinician)
    address = f"/patients/{patient.patient_id}"
    client.post(f"{address}/respondents", data={"kind": "parent", "label": "Mor"})
    page = client.get(f"{address}/details").text
    found = re.search(r"/respondents/([0-9a-f-]{36})/end", page)
    if found is None:
        raise LookupError("no next of kin on the page")
    return found[1]


def _only_flag(clinic: Clinic, patient: Enrolled) -> uuid.UUID:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        question = select(Flag).where(Flag.episode_id == patient.episode_id).limit(1)
        found: uuid.UUID = db.execute(question).scalar_one().id
    return found


def _only_visit(clinic: Clinic, patient: Enrolled) -> uuid.UUID:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        question = select(Visit).where(Visit.episode_id == patient.episode_id)
        found: uuid.UUID = db.execute(question).scalar_one().id
    return found
