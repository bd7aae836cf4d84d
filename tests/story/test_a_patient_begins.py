"""Step 1: a patient begins treatment, comes, answers on paper, and the course is closed."""

from tests.support.clinic import Clinic
from tests.support.forms import address_of, correction, marks, new_patient, paper, text_of


def test_from_the_first_day_to_the_last(clinic: Clinic) -> None:
    """A course on paper alone, as a team without tablets would have it."""
    client = clinic.client(clinic.clinician)

    # Kari enrols Aksel, who is asked and says yes.
    patient_page = address_of(client, "/patients/new", new_patient(clinic))
    details = client.get(f"{patient_page}/details").text
    episode = details.partition("/episodes/")[2][:36]
    address_of(
        client,
        f"/episodes/{episode}/participation",
        {"answer": "accepted", "other_channel": "none"},
    )

    # The first session is planned for the same afternoon. He comes.
    sessions = f"/episodes/{episode}/sessions"
    address_of(client, sessions, {"day": "2026-11-16", "hour": "13:00", "channel": "room"})
    first = client.get(sessions).text.partition("/sessions/")[2][:36]
    address_of(client, f"/sessions/{first}/status", {"status": "attended"})

    # He fills in the form on paper, and Kari types it in. One mark is wrong.
    respondent = client.get(f"/sessions/{first}/paper").text.partition("respondent=")[2][:36]
    form = paper(clinic, respondent, **marks("3,1", "4,0", "2,2", "9,9"))
    stored = address_of(client, f"/sessions/{first}/paper", form).partition("?")[0]
    right = correction(reason="Leste feil", **marks("3,1", "4,0", "2,2", "0,9"))
    address_of(client, f"{stored}/correct", right)
    address_of(client, f"/sessions/{first}/end", {})

    # Siri, who supervises the team, reads what was answered.
    supervisor = clinic.client(clinic.supervisor)
    answers = text_of(supervisor.get(f"/episodes/{episode}/ratings").text)
    assert "10,2" in answers
    assert "19,2" in answers
    assert "Leste feil" in answers

    # Aksel moves away. The course is closed, and nothing more can be added.
    address_of(client, f"/episodes/{episode}/close", {"ending": "unplanned", "agreement": "agreed"})
    late = client.post(sessions, data={"day": "2026-11-17", "hour": "13:00", "channel": "room"})
    assert late.status_code == 410
    assert "avsluttet" in text_of(client.get(sessions).text)
