"""A form is handed over in one press or by a code, and its progress is counted."""

import re

import pytest

from app.records.sessions import SessionStatus
from tests.support.clinic import Clinic
from tests.support.everything import add_next_of_kin
from tests.support.kiosk import connect, hand_over, tablet_id
from tests.support.visits import _live, _sessions


def test_one_press_puts_the_form_on_the_tablet_of_the_room(clinic: Clinic) -> None:
    tablet = connect(clinic, room="Rom 3")
    patient = clinic.enrol()

    reply = hand_over(clinic, patient, room="Rom 3")

    assert reply.status_code == 303
    assert reply.headers["location"] == f"/patients/{patient.patient_id}"
    assert tablet.get("/tablet/state").json()["state"] == "visit"
    page = tablet.get(tablet.waiting_visit()).text
    assert "Fire linjer om hvordan du har det" in page
    assert "Behandleren din og veilederen i teamet kan se svarene." in page


def test_the_alliance_form_comes_at_the_end_of_the_same_session(clinic: Clinic) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    clinic.session(patient, status=SessionStatus.PLANNED)

    hand_over(clinic, patient, slot="end")

    assert "Fire linjer om timen" in tablet.get(tablet.waiting_visit()).text
    assert len(_sessions(clinic, patient)) == 1


def test_without_a_session_today_one_begins_on_the_spot(clinic: Clinic) -> None:
    connect(clinic)
    patient = clinic.enrol()
    clinic.session(patient, status=SessionStatus.PLANNED)
    clinic.clock.pass_time(days=7)

    hand_over(clinic, patient)

    assert _sessions(clinic, patient) == [SessionStatus.PLANNED, SessionStatus.ATTENDED]


def test_an_alliance_form_after_the_session_was_ended_is_refused(clinic: Clinic) -> None:
    connect(clinic)
    patient = clinic.enrol()
    clinic.session(patient, is_over=True)

    reply = hand_over(clinic, patient, slot="end")

    assert reply.status_code == 410
    assert "Timen er avsluttet" in reply.text


def test_a_newer_form_takes_the_place_of_one_that_waits(clinic: Clinic) -> None:
    tablet = connect(clinic)
    first, second = clinic.enrol(name="Aksel Berg"), clinic.enrol(name="Berit Dal")
    hand_over(clinic, first)
    waiting = tablet.waiting_visit()

    hand_over(clinic, second)

    assert tablet.waiting_visit() != waiting
    assert tablet.get(waiting).headers["location"] == "/tablet"
    assert _live(clinic, first)["state"] == "cancelled"


def test_nobody_is_put_in_the_place_of_someone_who_is_answering(clinic: Clinic) -> None:
    tablet = connect(clinic)
    first, second = clinic.enrol(name="Aksel Berg"), clinic.enrol(name="Berit Dal")
    hand_over(clinic, first)
    visit = tablet.waiting_visit()
    tablet.send(f"{visit}/started", {})

    busy = hand_over(clinic, second)
    answered = tablet.send("/tablet/ratings", tablet.body(visit))

    assert busy.status_code == 409
    assert "svarer på dette nettbrettet nå" in busy.text
    assert answered.status_code == 201


def test_a_form_that_somebody_left_is_not_shown_to_the_next(clinic: Clinic) -> None:
    tablet = connect(clinic)
    first, second = clinic.enrol(name="Aksel Berg"), clinic.enrol(name="Berit Dal")
    hand_over(clinic, first)
    left = tablet.waiting_visit()
    tablet.send(f"{left}/started", {})

    clinic.clock.pass_time(minutes=10)
    waits = tablet.get("/tablet")
    hand_over(clinic, second)

    assert "Nettbrettet er klart" in waits.text
    assert tablet.waiting_visit() != left
    late = tablet.send(
        "/tablet/ratings", {**tablet.body(tablet.waiting_visit()), "visit": left[-36:]}
    )
    assert late.status_code == 410


def test_a_form_that_nobody_opens_is_gone_after_half_an_hour(clinic: Clinic) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    hand_over(clinic, patient)
    visit = tablet.waiting_visit()

    clinic.clock.pass_time(minutes=30)

    assert "Nettbrettet er klart" in tablet.get("/tablet").text
    assert tablet.get(visit).headers["location"] == "/tablet"
    assert _live(clinic, patient)["state"] == "expired"


def test_the_clinician_sees_counts_and_never_marks(clinic: Clinic) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    hand_over(clinic, patient)

    states = [_live(clinic, patient)]
    visit = tablet.waiting_visit()
    tablet.get(visit)
    states.append(_live(clinic, patient))
    tablet.get(f"{visit}/form")
    states.append(_live(clinic, patient))
    tablet.send(f"{visit}/progress", {"set": 3})
    states.append(_live(clinic, patient))
    tablet.send("/tablet/ratings", tablet.body(visit))
    states.append(_live(clinic, patient))

    assert [(live["state"], live["set"]) for live in states] == [
        ("waiting", 0),
        ("opened", 0),
        ("started", 0),
        ("started", 3),
        ("done", 4),
    ]
    assert {key for live in states for key in live} == {"state", "slot", "room", "set", "of"}


def test_the_page_learns_of_a_rating_by_its_tag(clinic: Clinic) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    hand_over(clinic, patient)
    visit = tablet.waiting_visit()
    tablet.get(f"{visit}/form")
    browser = clinic.client(clinic.clinician)
    path = f"/patients/{patient.patient_id}/live"

    before = browser.get(path).headers["etag"]
    same = browser.get(path, headers={"If-None-Match": before})
    tablet.send("/tablet/ratings", tablet.body(visit))
    after = browser.get(path, headers={"If-None-Match": before})

    assert same.status_code == 304
    assert after.status_code == 200
    assert after.headers["etag"] != before


@pytest.mark.parametrize("count", [-1, 5, 1001, "3", 2.5, True, None])
def test_a_count_that_cannot_be_is_refused(clinic: Clinic, count: object) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    hand_over(clinic, patient)
    visit = tablet.waiting_visit()

    reply = tablet.send(f"{visit}/progress", {"set": count})

    assert reply.status_code in {400, 422}
    assert _live(clinic, patient)["set"] == 0


def test_a_form_taken_back_cannot_be_answered(clinic: Clinic) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    hand_over(clinic, patient)
    visit = tablet.waiting_visit()
    body = tablet.body(visit)

    clinic.client(clinic.clinician).post(f"/visits/{visit[-36:]}/cancel")
    reply = tablet.send("/tablet/ratings", body)

    assert reply.status_code == 410
    assert "tatt tilbake" in reply.json()["error"]["what"]
    assert tablet.get("/tablet/state").json() == {"state": "waiting"}


def test_the_patient_answers_unless_somebody_else_is_chosen(clinic: Clinic) -> None:
    """Kin who were added at the same moment stood first by chance: answers were filed on them."""
    connect(clinic)
    patient = clinic.enrol()
    clinic.clock.pass_time(hours=-1)
    parent = add_next_of_kin(clinic, patient)
    clinic.clock.pass_time(hours=1)

    page = clinic.client(clinic.clinician).get(f"/patients/{patient.patient_id}/visits").text

    offered = re.findall(r'<input[^>]*name="respondent"[^>]*>', page)
    chosen = [radio for radio in offered if " checked" in radio]
    assert len(offered) == 2
    assert chosen == offered[:1]
    assert parent not in chosen[0]


def test_a_tablet_in_somebodys_hands_is_not_chosen_beforehand(clinic: Clinic) -> None:
    tablet = connect(clinic, room="Rom 3")
    hand_over(clinic, clinic.enrol(), room="Rom 3")
    tablet.post(f"{tablet.waiting_visit()}/started")
    browser = clinic.client(clinic.clinician)
    page = f"/patients/{clinic.enrol().patient_id}/visits"

    with_one = re.findall(r'<input[^>]*name="tablet"[^>]* checked', browser.get(page).text)
    connect(clinic, room="Rom 4")
    with_two = re.findall(r'<input[^>]*name="tablet"[^>]* checked', browser.get(page).text)

    assert ['value="code"' in one for one in with_one] == [True]
    assert [tablet_id(clinic, "Rom 4") in one for one in with_two] == [True]
