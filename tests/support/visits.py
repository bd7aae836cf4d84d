"""What tests ask about a form that was handed over."""

from app.records.engine import enter_organization
from app.records.sessions import SessionStatus, of_episodes
from app.workflow import access
from tests.support.clinic import Clinic, Enrolled
from tests.support.kiosk import CODE_ON_PAGE, hand_over


def _live(clinic: Clinic, patient: Enrolled) -> dict[str, object]:
    reply = clinic.client(clinic.clinician).get(f"/patients/{patient.patient_id}/live")
    forms = reply.json()["forms"]
    newest: dict[str, object] = forms[0] if forms else {}
    return newest


def _sessions(clinic: Clinic, patient: Enrolled) -> list[SessionStatus]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        found = of_episodes(db, access.the_program(db), episode_ids=[patient.episode_id])
        return [session.status for session in found]


def _code(clinic: Clinic, patient: Enrolled) -> str:
    reply = hand_over(clinic, patient, room=None)
    page = clinic.client(clinic.clinician).get(reply.headers["location"]).text
    found = CODE_ON_PAGE.search(page)
    assert found is not None
    return found.group(1)
