"""A form is handed over in one press or by a code, and its progress is counted."""

import pytest

from app.records.engine import enter_organization
from app.records.sessions import SessionStatus, of_episodes
from app.workflow import access
from tests.support.clinic import Clinic, Enrolled
from tests.support.kiosk import CODE_ON_PAGE, connect, hand_over, tablet_id


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


def test_a_code_opens_its_form_on_whichever_tablet_it_is_typed(clinic: Clinic) -> None:
    tablet = connect(clinic, room="Rom 5")
    patient = clinic.enrol()
    code = _code(clinic, patient)

    reply = tablet.post("/tablet/code", {"code": code.lower().replace("-", " ")})

    assert reply.status_code == 303
    assert "Fire linjer" in tablet.get(reply.headers["location"]).text
    assert _live(clinic, patient)["room"] == "Rom 5"


def test_the_page_with_the_code_shows_an_initial_and_the_time_but_no_name(clinic: Clinic) -> None:
    patient = clinic.enrol(name="Aksel Berg")
    reply = hand_over(clinic, patient, room=None)

    page = clinic.client(clinic.clinician).get(reply.headers["location"]).text

    assert "A. ·" in page
    assert "laget kl. 10.00" in page
    assert "Aksel" not in page
    assert "Berg" not in page


def test_a_code_is_used_once(clinic: Clinic) -> None:
    here, there = connect(clinic, room="Rom 1"), connect(clinic, room="Rom 2")
    patient = clinic.enrol()
    code = _code(clinic, patient)
    here.post("/tablet/code", {"code": code})

    again = there.post("/tablet/code", {"code": code})

    assert again.status_code == 410
    assert "Koden er brukt" in again.text


def test_a_code_is_not_shown_after_it_was_used(clinic: Clinic) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    browser = clinic.client(clinic.clinician)
    page = hand_over(clinic, patient, room=None).headers["location"]
    found = CODE_ON_PAGE.search(browser.get(page).text)
    assert found is not None

    tablet.post("/tablet/code", {"code": found.group(1)})

    assert CODE_ON_PAGE.search(browser.get(page).text) is None


def test_a_code_holds_for_ten_minutes(clinic: Clinic) -> None:
    tablet = connect(clinic)
    code = _code(clinic, clinic.enrol())

    clinic.clock.pass_time(minutes=10)
    reply = tablet.post("/tablet/code", {"code": code})

    assert reply.status_code == 410
    assert "gjelder ikke lenger" in reply.text


def test_a_code_of_another_organization_opens_nothing(clinic: Clinic) -> None:
    abroad = connect(clinic, by=clinic.elsewhere)
    code = _code(clinic, clinic.enrol())

    assert abroad.post("/tablet/code", {"code": code}).status_code == 422


def test_five_wrong_codes_and_the_tablet_waits_but_no_other_tablet_does(clinic: Clinic) -> None:
    here, there = connect(clinic, room="Rom 1"), connect(clinic, room="Rom 2")
    code = _code(clinic, clinic.enrol())

    wrong = [here.post("/tablet/code", {"code": "BBB-BBB"}).status_code for _ in range(5)]
    too_soon = here.post("/tablet/code", {"code": code})
    elsewhere = there.post("/tablet/code", {"code": code})

    assert wrong == [422] * 5
    assert too_soon.status_code == 429
    assert elsewhere.status_code == 303


def test_a_no_is_stored_as_an_answer_and_the_tablet_is_kind_about_it(clinic: Clinic) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    hand_over(clinic, patient)
    visit = tablet.waiting_visit()

    reply = tablet.post(f"{visit}/decline", {"kind": "not_today", "other_channel": "talk"})

    assert "Det er greit" in tablet.get(reply.headers["location"]).text
    assert _live(clinic, patient)["state"] == "declined"
    with clinic.database.reading() as db:
        from app.workflow.participate import participation_of  # noqa: PLC0415

        viewer = clinic.viewer(db, clinic.clinician)
        (said,) = participation_of(db, viewer, episode_id=patient.episode_id)
    assert (said.answer.value, said.other_channel.value) == ("not_today", "talk")
    assert said.told_to is None


@pytest.mark.parametrize("kind", ["accepted", "withdrawn", "nothing", ""])
def test_only_the_two_kinds_of_no_can_be_said_on_a_tablet(clinic: Clinic, kind: str) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    hand_over(clinic, patient)

    reply = tablet.post(f"{tablet.waiting_visit()}/decline", {"kind": kind})

    assert reply.status_code in {400, 422}
    assert _live(clinic, patient)["state"] == "waiting"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("clinician", 303),
        ("colleague", 404),
        ("supervisor", 303),
        ("other_team", 404),
        ("quality_lead", 404),
        ("administrator", 404),
        ("elsewhere", 404),
        ("nobody", 303),
    ],
)
def test_who_may_hand_a_form_over(clinic: Clinic, who: str, status: int) -> None:
    connect(clinic)
    patient = clinic.enrol()
    data = {"slot": "start", "tablet": tablet_id(clinic, "Rom 3")}

    reply = clinic.client(clinic.people[who]).post(
        f"/patients/{patient.patient_id}/visits", data=data
    )

    assert reply.status_code == status
    started = bool(_live(clinic, patient))
    assert started == (who in {"clinician", "supervisor"})


@pytest.mark.parametrize("who", ["colleague", "other_team", "quality_lead", "elsewhere", "nobody"])
def test_who_may_not_follow_or_take_back_a_form(clinic: Clinic, who: str) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    hand_over(clinic, patient)
    visit_id = tablet.waiting_visit()[-36:]
    browser = clinic.client(clinic.people[who])

    refused = [
        browser.get(f"/patients/{patient.patient_id}/visits"),
        browser.get(f"/patients/{patient.patient_id}/live"),
        browser.get(f"/visits/{visit_id}"),
        browser.post(f"/visits/{visit_id}/cancel"),
    ]

    assert {reply.status_code for reply in refused} == ({303} if who == "nobody" else {404})
    assert _live(clinic, patient)["state"] == "waiting"


@pytest.mark.parametrize(
    "wrong",
    [
        {"slot": "middle"},
        {"slot": ""},
        {"tablet": "the one by the window"},
        {"tablet": ""},
        {"instrument": "phq-9"},
        {"instrument": "no-such-form"},
    ],
)
def test_an_order_that_cannot_be_met_is_refused_with_what_to_do(
    clinic: Clinic, wrong: dict[str, str]
) -> None:
    connect(clinic)
    patient = clinic.enrol()
    data = {"slot": "start", "tablet": tablet_id(clinic, "Rom 3"), **wrong}

    reply = clinic.client(clinic.clinician).post(
        f"/patients/{patient.patient_id}/visits", data=data
    )

    assert reply.status_code == 400
    assert 'role="alert"' in reply.text
    assert not _live(clinic, patient)


def test_a_form_without_words_is_not_offered_and_is_refused(clinic: Clinic) -> None:
    connect(clinic)
    patient = clinic.enrol(main="phq-9")

    page = clinic.client(clinic.clinician).get(f"/patients/{patient.patient_id}/visits").text
    reply = hand_over(clinic, patient)

    assert 'value="start:phq-9"' not in page
    assert 'value="end:alliance-4"' in page
    assert reply.status_code == 400
    assert "ingen tekst" in reply.text
