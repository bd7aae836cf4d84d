"""Every look at a person is in a log that the person can ask for."""

import re

from app.workflow.recount import ENTRIES_AT_A_TIME
from tests.support.clinic import Clinic


def rows_on(page: str) -> list[str]:
    rows = re.findall(r"<tr><td>.*?</tr>", page, flags=re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def test_a_patient_is_told_who_looked_and_what_was_changed(clinic: Clinic) -> None:
    patient, other = clinic.enrol(), clinic.enrol(name="Berit Dal")
    clinic.rate(patient, clinic.session(patient), total=186)
    clinic.client(clinic.supervisor).get(f"/patients/{patient.patient_id}")
    clinic.client(clinic.supervisor).get(f"/patients/{other.patient_id}")
    client = clinic.client(clinic.clinician)
    client.get("/")

    page = client.get(f"/patients/{patient.patient_id}/log").text

    newest, on_a_list, looked, *earlier = rows_on(page)
    assert clinic.clinician.name in newest
    assert "Så loggen om en pasient" in newest
    assert clinic.clinician.name in on_a_list
    assert clinic.supervisor.name in looked
    assert "Så siden til en pasient" in looked
    assert any("La til en pasient" in row for row in earlier)
    assert sum(clinic.supervisor.name in row for row in rows_on(page)) == 1


def test_a_look_that_was_refused_is_told_to_nobody_else(clinic: Clinic) -> None:
    patient = clinic.enrol()

    for person in (clinic.colleague, clinic.administrator, clinic.quality_lead, clinic.elsewhere):
        at = f"/patients/{patient.patient_id}/log"
        assert clinic.client(person).get(at).status_code == 404


def test_a_long_log_is_read_in_parts_and_nothing_is_left_out(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)
    at = f"/patients/{patient.patient_id}/log"
    for _ in range(ENTRIES_AT_A_TIME):
        client.get(at)

    first = client.get(at).text
    (older,) = re.findall(r'href="([^"]*[?]before=\d+)"', first)
    rest = client.get(older).text

    assert len(rows_on(first)) == ENTRIES_AT_A_TIME
    assert rows_on(rest)[-1].endswith("La til en pasient")
    assert "before=" not in "".join(re.findall(r"<a [^>]*>", rest))
    looks = [row for row in rows_on(first) + rows_on(rest) if "Så loggen" in row]
    assert len(looks) == ENTRIES_AT_A_TIME + 1
