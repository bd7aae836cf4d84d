"""A tablet is let in by a code that staff approve, and put out at once."""

import re

import pytest

from tests.support.clinic import Clinic
from tests.support.kiosk import PIN, code_on, connect, new_tablet, tablet_id

CODE = re.compile(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}")


def test_a_new_tablet_shows_a_code_without_vowels_and_a_picture_of_it(clinic: Clinic) -> None:
    tablet = new_tablet(clinic)

    tablet.post("/tablet/pairing")
    page = tablet.get("/tablet").text

    assert CODE.fullmatch(code_on(page))
    assert 'src="data:image/svg+xml' in page
    assert "style=" not in page
    assert tablet.get("/tablet/state").json() == {"state": "unpaired"}


def test_the_token_of_a_tablet_is_kept_from_scripts_and_other_sites(clinic: Clinic) -> None:
    tablet = new_tablet(clinic)

    cookie = tablet.post("/tablet/pairing").headers["set-cookie"]

    assert cookie.startswith("__Host-tablet=")
    for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


def test_staff_approve_the_code_and_the_tablet_waits_in_its_room(clinic: Clinic) -> None:
    tablet = connect(clinic, room="Rom 3")

    page = tablet.get("/tablet").text

    assert "Rom 3" in page
    assert "Nettbrettet er klart" in page
    assert tablet.get("/tablet/state").json() == {"state": "waiting"}


def test_a_code_is_approved_however_it_is_typed_and_only_once(clinic: Clinic) -> None:
    tablet = new_tablet(clinic)
    tablet.post("/tablet/pairing")
    code = code_on(tablet.get("/tablet").text)
    staff = clinic.client(clinic.administrator)
    typed = {"code": f" {code.lower().replace('-', ' ')} ", "room": "Rom 1", "pin": PIN}

    first = staff.post("/tablets", data=typed)
    second = staff.post("/tablets", data=typed)

    assert first.status_code == 303
    assert second.status_code == 422


def test_a_code_holds_for_ten_minutes(clinic: Clinic) -> None:
    tablet = new_tablet(clinic)
    tablet.post("/tablet/pairing")
    code = code_on(tablet.get("/tablet").text)
    staff = clinic.client(clinic.clinician)

    clinic.clock.pass_time(minutes=10)
    reply = staff.post("/tablets", data={"code": code, "room": "Rom 1", "pin": PIN})

    assert reply.status_code == 422
    assert 'class="code"' not in tablet.get("/tablet").text


@pytest.mark.parametrize("pin", ["12345", "1234567", "12345a", "111111", "123456", "987654", ""])
def test_a_pin_that_is_no_pin_or_easy_to_guess_connects_nothing(clinic: Clinic, pin: str) -> None:
    tablet = new_tablet(clinic)
    tablet.post("/tablet/pairing")
    code = code_on(tablet.get("/tablet").text)
    staff = clinic.client(clinic.clinician)

    reply = staff.post("/tablets", data={"code": code, "room": "Rom 1", "pin": pin})

    assert reply.status_code == 422
    assert code in reply.text
    assert tablet.get("/tablet/state").json() == {"state": "unpaired"}


@pytest.mark.parametrize("room", ["", "   ", "x" * 41, "Rom\x00 3"])
def test_a_room_needs_a_name_that_can_be_read(clinic: Clinic, room: str) -> None:
    tablet = new_tablet(clinic)
    tablet.post("/tablet/pairing")
    code = code_on(tablet.get("/tablet").text)
    staff = clinic.client(clinic.clinician)

    reply = staff.post("/tablets", data={"code": code, "room": room, "pin": PIN})

    assert reply.status_code == 422


def test_two_rooms_are_never_called_the_same(clinic: Clinic) -> None:
    connect(clinic, room="Rom 3")
    second = new_tablet(clinic)
    second.post("/tablet/pairing")
    code = code_on(second.get("/tablet").text)
    staff = clinic.client(clinic.administrator)

    taken = staff.post("/tablets", data={"code": code, "room": " rom  3 ", "pin": PIN})
    free = staff.post("/tablets", data={"code": code, "room": "Rom 4", "pin": PIN})
    second.post("/tablet/staff", {"pin": PIN})
    renamed = second.post("/tablet/staff/room", {"room": "ROM 3"})
    kept = second.post("/tablet/staff/room", {"room": "Rom 4"})

    assert (taken.status_code, free.status_code) == (422, 303)
    assert "Det er allerede koblet til et nettbrett med dette navnet." in taken.text
    assert (renamed.status_code, kept.status_code) == (409, 303)
    assert "Rom 4" in second.get("/tablet").text


def test_whoever_guesses_codes_has_to_wait(clinic: Clinic) -> None:
    staff = clinic.client(clinic.clinician)
    guess = {"code": "BBBB-BBBB", "room": "Rom 1", "pin": PIN}

    for _ in range(10):
        staff.post("/tablets", data=guess)
    tablet = new_tablet(clinic)
    tablet.post("/tablet/pairing")
    right = {**guess, "code": code_on(tablet.get("/tablet").text)}
    too_soon = staff.post("/tablets", data=right)
    colleague = clinic.client(clinic.colleague).post("/tablets", data=right)

    assert too_soon.status_code == 422
    assert "minutt" in too_soon.text
    assert colleague.status_code == 303


def test_a_place_that_asks_for_codes_without_end_has_to_wait(clinic: Clinic) -> None:
    tablet = new_tablet(clinic)

    statuses = [tablet.post("/tablet/pairing").status_code for _ in range(31)]

    assert statuses[:30] == [303] * 30
    assert statuses[30] == 429


def test_a_disconnected_tablet_is_refused_at_its_next_request(clinic: Clinic) -> None:
    tablet = connect(clinic)
    staff = clinic.client(clinic.clinician)

    staff.post(f"/tablets/{tablet_id(clinic, 'Rom 3')}/revoke")

    assert tablet.get("/tablet/state").json() == {"state": "unpaired"}
    assert tablet.get("/tablet/staff").headers["location"] == "/tablet"
    assert tablet.send("/tablet/ratings", {}).status_code == 401
    assert "Vis kode" in tablet.get("/tablet").text


def test_a_tablet_of_another_organization_is_not_there(clinic: Clinic) -> None:
    connect(clinic)
    elsewhere = clinic.client(clinic.elsewhere)

    reply = elsewhere.post(f"/tablets/{tablet_id(clinic, 'Rom 3')}/revoke")

    assert reply.status_code == 404
    assert "data-tablet" not in elsewhere.get("/tablets").text


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("clinician", 200),
        ("colleague", 200),
        ("supervisor", 200),
        ("administrator", 200),
        ("other_team", 200),
        ("quality_lead", 404),
        ("elsewhere", 200),
        ("nobody", 303),
    ],
)
def test_who_may_look_after_tablets(clinic: Clinic, who: str, status: int) -> None:
    assert clinic.client(clinic.people[who]).get("/tablets").status_code == status


def test_a_tablet_is_seen_once_a_minute(clinic: Clinic) -> None:
    tablet = connect(clinic)
    staff = clinic.client(clinic.clinician)
    clinic.clock.pass_time(minutes=4)
    assert "Ikke i kontakt" in staff.get("/tablets").text

    tablet.get("/tablet/state")

    assert "Ikke i kontakt" not in staff.get("/tablets").text
    clinic.clock.pass_time(minutes=4)
    assert "Ikke i kontakt" in staff.get("/tablets").text


def test_the_corner_opens_with_the_pin_and_closes_by_itself(clinic: Clinic) -> None:
    tablet = connect(clinic)

    wrong = tablet.post("/tablet/staff", {"pin": "000000"})
    right = tablet.post("/tablet/staff", {"pin": PIN})
    menu = tablet.get("/tablet/staff").text
    clinic.clock.pass_time(minutes=2)
    later = tablet.get("/tablet/staff").text

    assert wrong.status_code == 422
    assert right.status_code == 303
    assert "/tablet/staff/unpair" in menu
    assert "/tablet/staff/unpair" not in later


def test_the_corner_closes_when_staff_leave_it(clinic: Clinic) -> None:
    tablet = connect(clinic)
    tablet.post("/tablet/staff", {"pin": PIN})

    tablet.get("/tablet")

    assert "/tablet/staff/unpair" not in tablet.get("/tablet/staff").text


def test_five_wrong_pins_and_even_the_right_one_has_to_wait(clinic: Clinic) -> None:
    tablet = connect(clinic)
    for _ in range(5):
        tablet.post("/tablet/staff", {"pin": "000000"})

    too_soon = tablet.post("/tablet/staff", {"pin": PIN})
    clinic.clock.pass_time(minutes=1)
    in_time = tablet.post("/tablet/staff", {"pin": PIN})

    assert too_soon.status_code == 429
    assert in_time.status_code == 303


@pytest.mark.parametrize("what", ["room", "language", "unpair"])
def test_nothing_in_the_corner_works_without_the_pin(clinic: Clinic, what: str) -> None:
    tablet = connect(clinic)

    reply = tablet.post(f"/tablet/staff/{what}", {"room": "Rom 9", "language": "nn"})

    assert reply.status_code == 404
    assert "Rom 3" in tablet.get("/tablet").text


def test_staff_change_room_and_language_in_the_corner(clinic: Clinic) -> None:
    tablet = connect(clinic)
    tablet.post("/tablet/staff", {"pin": PIN})

    tablet.post("/tablet/staff/room", {"room": "Rom 9"})
    tablet.post("/tablet/staff/language", {"language": "nn"})
    refused = tablet.post("/tablet/staff/language", {"language": "xx"})
    page = tablet.get("/tablet").text

    assert refused.status_code == 400
    assert "Rom 9" in page
    assert "Behandlaren startar" in page


def test_staff_disconnect_a_tablet_in_its_corner(clinic: Clinic) -> None:
    tablet = connect(clinic)
    tablet.post("/tablet/staff", {"pin": PIN})

    tablet.post("/tablet/staff/unpair")

    assert tablet.get("/tablet/state").json() == {"state": "unpaired"}


def test_a_trial_in_the_corner_stores_nothing(clinic: Clinic) -> None:
    tablet = connect(clinic)
    tablet.post("/tablet/staff", {"pin": PIN})

    form = tablet.client.get(tablet.post("/tablet/staff/test").headers["location"]).text
    body = tablet.body("", form=form)
    sent = tablet.send("/tablet/ratings", body)

    assert body["visit"] == "trial"
    assert sent.status_code == 201
    assert tablet.get(sent.json()["next"]).status_code == 200


def test_a_tablet_opens_no_page_of_staff_and_staff_no_page_of_a_tablet(clinic: Clinic) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    staff = clinic.client(clinic.clinician)

    for path in ("/tablets", f"/patients/{patient.patient_id}/visits", "/account", "/admin"):
        assert tablet.get(path).headers.get("location") == "/sign-in"
    for path in ("/tablet/staff", f"/tablet/visit/{patient.episode_id}"):
        assert staff.get(path).headers["location"] == "/tablet"
