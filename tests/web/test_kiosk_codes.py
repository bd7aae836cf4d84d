"""A form is handed over by a code, declined, or refused; who may hand it over."""

import pytest

from tests.support.clinic import Clinic
from tests.support.kiosk import CODE_ON_PAGE, connect, hand_over, tablet_id
from tests.support.visits import _code, _live


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


def test_codes_that_came_too_late_are_no_guesses_and_keep_no_good_code_out(clinic: Clinic) -> None:
    here, there = connect(clinic, room="Rom 1"), connect(clinic, room="Rom 2")
    late = [_code(clinic, clinic.enrol()) for _ in range(6)]
    for code in late:
        there.post("/tablet/code", {"code": code})

    refused = [here.post("/tablet/code", {"code": code}).status_code for code in late]
    good = here.post("/tablet/code", {"code": _code(clinic, clinic.enrol())})

    assert refused == [410] * 6
    assert good.status_code == 303


def test_a_used_code_gives_back_its_own_try_and_no_guess(clinic: Clinic) -> None:
    here, there = connect(clinic, room="Rom 1"), connect(clinic, room="Rom 2")
    used = _code(clinic, clinic.enrol())
    there.post("/tablet/code", {"code": used})

    typed = ["BBB-BBB", used, "BBB-BBB", used, "BBB-BBB", used, "BBB-BBB", used, "BBB-BBB", used]
    replies = [here.post("/tablet/code", {"code": code}).status_code for code in typed]

    assert replies == [422, 410] * 4 + [422, 429]


def test_a_code_pressed_twice_on_one_tablet_opens_its_form_twice(clinic: Clinic) -> None:
    tablet = connect(clinic)
    code = _code(clinic, clinic.enrol())

    first, second = (tablet.post("/tablet/code", {"code": code}) for _ in range(2))

    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]


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
