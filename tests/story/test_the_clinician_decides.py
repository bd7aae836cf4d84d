"""Step 6: the clinician reviews and decides, the supervisor follows, a new reason opens it."""

from tests.support.clinic import Clinic
from tests.support.lists import came, plain, rows, use_curve


def test_from_the_open_flag_to_a_new_reason(clinic: Clinic) -> None:
    """Three presses and some typing, and then what came of it."""
    use_curve(clinic)
    ingrid = came(clinic, "Ingrid Sol", [280, 200, 195])
    kari, siri = clinic.client(clinic.clinician), clinic.client(clinic.supervisor)
    (row,) = rows(kari.get("/").text)
    assert "Tydelig lavere enn ved start (−8,5)" in row.text
    flag = row.action

    # Kari talks with Ingrid, and writes down what they decide. Siri can read it.
    decided = {"decision": "changed_goal", "note": "Mindre mål", "due": "2026-11-23"}
    assert kari.post(f"{flag}/decide", data=decided).status_code == 303
    assert "Endret mål Følges opp innen 23. november 2026 Mindre mål" in plain(siri.get(flag).text)

    # A week later nothing has been looked at. Siri sees that the day has passed, and asks.
    clinic.clock.pass_time(days=8)
    kari, siri = clinic.client(clinic.clinician), clinic.client(clinic.supervisor)
    assert "Fristen er gått ut" in siri.get("/supervision").text
    siri.post(f"{flag}/note", data={"note": "Hvordan gikk det?"})

    # Kari answers by closing it.
    kari.post(f"{flag}/follow-up")
    assert "Fristen er gått ut" not in siri.get("/supervision").text

    # Ingrid's next score is much lower. That is a new reason, and the old notes are still there.
    clinic.course(ingrid, [110])
    again = plain(clinic.client(clinic.clinician).get(flag).text)
    assert "ny grunn" in again
    assert "Hvordan gikk det?" in again
