"""A page is read on in another language, wherever it was."""

from html import unescape

from tests.support.clinic import Clinic
from tests.support.forms import value_of


def test_a_page_with_a_choice_in_its_address_opens_again_with_the_choice(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)
    at = f"/patients/{patient.patient_id}?instrument=outcome-4"

    again = unescape(value_of(client.get(at).text, "next"))
    answer = client.post("/language", data={"language": "nn", "next": again})

    assert answer.headers["location"] == at
    assert '<html lang="nn"' in client.get(at).text


def test_a_form_that_was_refused_leads_back_to_a_page_that_opens(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    client = clinic.client(clinic.clinician)
    refused = [
        client.post("/patients/new", data={"birth_year": "x"}),
        client.post(f"/sessions/{session_id}/status", data={"status": "x"}),
        client.post(f"/patients/{patient.patient_id}/visits", data={"slot": "x"}),
    ]

    for page in refused:
        again = unescape(value_of(page.text, "next"))
        answer = client.post("/language", data={"language": "en", "next": again})
        assert client.get(answer.headers["location"]).status_code == 200, again
