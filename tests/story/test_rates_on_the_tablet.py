"""Step 2: the patient rates on the tablet, before the session and after it."""

from app.records.engine import enter_organization
from app.records.ratings import of_episodes
from app.workflow import access
from tests.support.clinic import Clinic
from tests.support.kiosk import connect, hand_over


def test_a_session_with_both_forms_on_the_tablet_of_the_room(clinic: Clinic) -> None:
    tablet = connect(clinic, room="Rom 3")
    patient = clinic.enrol(name="Aksel Berg")

    # Kari presses one button; the tablet on the table shows what it is about.
    hand_over(clinic, patient, room="Rom 3", slot="start")
    before = tablet.waiting_visit()
    assert "Fire linjer om hvordan du har det" in tablet.get(before).text

    # Aksel sets four lines and presses "Ferdig"; the tablet thanks him and waits again.
    answers = {"o1": 40, "o2": 52, "o3": 61, "o4": 33}
    stored = tablet.send("/tablet/ratings", tablet.body(before, answers=answers))
    assert "Takk. Svarene er lagret" in tablet.get(stored.json()["next"]).text
    assert "Nettbrettet er klart" in tablet.get("/tablet").text

    # At the end he says how the session was.
    clinic.clock.pass_time(minutes=45)
    hand_over(clinic, patient, room="Rom 3", slot="end")
    after = tablet.waiting_visit()
    assert "Fire linjer om timen" in tablet.get(after).text
    tablet.send("/tablet/ratings", tablet.body(after))

    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        filed = of_episodes(db, access.the_program(db), episode_ids=[patient.episode_id])
    assert [(one.instrument, one.slot.value, one.total) for one in filed] == [
        ("outcome-4", "start", 186),
        ("alliance-4", "end", 206),
    ]
    assert filed[0].session_id == filed[1].session_id
