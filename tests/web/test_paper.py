"""A paper form is typed in, once, with who typed it; what cannot be typed is told."""

import uuid

import pytest
from sqlmodel import col, select

from app.records.engine import enter_organization
from app.records.ratings import ItemAnswer, Rating, Source
from app.records.sessions import SessionStatus, TherapySession
from tests.support.clinic import Clinic
from tests.support.forms import address_of, chosen_in, marks, paper, problems_on, text_of, value_of


def stored(clinic: Clinic) -> list[Rating]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return list(db.execute(select(Rating).order_by(col(Rating.sequence))).scalars())


def answers(clinic: Clinic) -> dict[str, int]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return {row.item: row.value for row in db.execute(select(ItemAnswer)).scalars()}


def test_marks_are_typed_with_comma_or_point_and_the_score_is_shown(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    client = clinic.client(clinic.clinician)
    form = paper(clinic, patient.respondent_id, **marks("7,3", "0", "10", "1.3"))

    address = address_of(client, f"/sessions/{session_id}/paper", form)

    (rating,) = stored(clinic)
    assert (rating.total, rating.source) == (186, Source.PAPER)
    assert rating.recorded_by == clinic.clinician.staff_id
    assert answers(clinic) == {"o1": 73, "o2": 0, "o3": 100, "o4": 13}
    page = text_of(client.get(address).text)
    assert "18,6" in page
    assert "Papir av Kari Lunde" in page


def test_a_total_alone_is_typed(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    form = paper(clinic, patient.respondent_id, instrument="ors", total="21,7")

    address_of(clinic.client(clinic.clinician), f"/sessions/{session_id}/paper", form)

    (rating,) = stored(clinic)
    assert rating.total == 217
    assert answers(clinic) == {}


def test_a_missing_answer_is_worked_out_by_the_rule_of_the_form(clinic: Clinic) -> None:
    patient = clinic.enrol(main="phq-9")
    session_id = clinic.session(patient)
    eight = {f"item_q{number}": "2" for number in range(1, 9)}
    form = paper(clinic, patient.respondent_id, instrument="phq-9", **eight)

    address = address_of(clinic.client(clinic.clinician), f"/sessions/{session_id}/paper", form)

    (rating,) = stored(clinic)
    assert (rating.total, rating.is_prorated) == (180, True)
    page = text_of(clinic.client(clinic.clinician).get(address).text)
    assert "regnet ut med manglende svar" in page
    assert "ikke svart" in page


def test_a_form_with_too_much_missing_is_stored_without_a_score(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    form = paper(clinic, patient.respondent_id, **marks("7", "", "", ""))

    address = address_of(clinic.client(clinic.clinician), f"/sessions/{session_id}/paper", form)

    (rating,) = stored(clinic)
    assert rating.total is None
    page = text_of(clinic.client(clinic.clinician).get(address).text)
    assert "Ingen skår" in page


def test_digits_that_are_printed_turned_round_are_not_turned_twice(clinic: Clinic) -> None:
    patient = clinic.enrol(main="core-10")
    session_id = clinic.session(patient)
    printed = {f"item_q{number}": "0" for number in range(1, 11)} | {"item_q2": "4"}
    form = paper(clinic, patient.respondent_id, instrument="core-10", **printed)
    client = clinic.client(clinic.clinician)

    address = address_of(client, f"/sessions/{session_id}/paper", form)

    (rating,) = stored(clinic)
    assert rating.total == 40
    again = client.get(address.partition("?")[0] + "/correct").text
    assert chosen_in(again, "item_q2") == ["4"]
    assert chosen_in(again, "item_q3") == ["0"]


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        (marks("7,35", "0", "10", "1"), "item_o1", "7,35"),
        (marks("7", "10,1", "10", "1"), "item_o2", "0–10"),
        (marks("7", "0", "-1", "1"), "item_o3", "-1"),
        (marks("7", "0", "1", "ten"), "item_o4", "ten"),
        (marks("\uff17", "0", "1", "1"), "item_o1", "\uff17"),
        (marks("7", "0", "1", "1") | {"total": "9"}, "total", "summen"),
        ({"total": "40,1"}, "total", "0–40"),
        (marks("", "", "", ""), "total", "tomt"),
        (marks("7", "0", "1", "1") | {"dated": "2026-11-17"}, "dated", "2026-11-17"),
        (marks("7", "0", "1", "1") | {"dated": "2026-10-15"}, "dated", "2026-10-16"),
        (marks("7", "0", "1", "1") | {"dated": "in May"}, "dated", "in May"),
        (marks("7", "0", "1", "1") | {"slot": "middle"}, "slot", ""),
    ],
)
def test_what_cannot_stand_on_the_form_is_told_at_its_field_and_the_rest_is_kept(
    clinic: Clinic, typed: dict[str, str], field: str, said: str
) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    form = paper(clinic, patient.respondent_id, **typed)

    answer = clinic.client(clinic.clinician).post(f"/sessions/{session_id}/paper", data=form)

    assert answer.status_code == 422
    assert problems_on(answer.text) == [field]
    assert said in text_of(answer.text)
    assert value_of(answer.text, "submission_key") == form["submission_key"]
    assert value_of(answer.text, "item_o1") == form.get("item_o1", "")
    assert value_of(answer.text, "dated") == form["dated"]
    assert stored(clinic) == []


def test_an_answer_that_a_form_does_not_offer_is_refused(clinic: Clinic) -> None:
    patient = clinic.enrol(main="phq-9")
    session_id = clinic.session(patient)
    form = paper(
        clinic, patient.respondent_id, instrument="phq-9", item_q1="4", item_q2="1", item_q3="1,5"
    )

    answer = clinic.client(clinic.clinician).post(f"/sessions/{session_id}/paper", data=form)

    assert problems_on(answer.text) == ["item_q1", "item_q3"]
    assert "0, 1, 2, 3" in text_of(answer.text)
    assert chosen_in(answer.text, "item_q2") == ["1"]


def test_a_form_that_is_sent_twice_is_stored_once(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    client = clinic.client(clinic.clinician)
    form = paper(clinic, patient.respondent_id, **marks("7", "0", "1", "1"))

    first = address_of(client, f"/sessions/{session_id}/paper", form)
    second = address_of(client, f"/sessions/{session_id}/paper", form)
    other = client.post(f"/sessions/{session_id}/paper", data=form | {"item_o1": "8"})

    assert first == second
    assert other.status_code == 409
    assert len(stored(clinic)) == 1


@pytest.mark.parametrize("key", ["", "once"])
def test_a_form_without_its_key_is_refused(clinic: Clinic, key: str) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    form = paper(clinic, patient.respondent_id, **marks("7", "0", "1", "1"))

    answer = clinic.client(clinic.clinician).post(
        f"/sessions/{session_id}/paper", data=form | {"submission_key": key}
    )

    assert answer.status_code == 400
    assert stored(clinic) == []


def test_a_form_filled_in_at_home_keeps_its_own_day(clinic: Clinic) -> None:
    clinic.clock.pass_time(days=-5)
    patient = clinic.enrol()
    clinic.clock.pass_time(days=5)
    session_id = clinic.session(patient)
    form = paper(clinic, patient.respondent_id, **marks("7", "0", "1", "1"), dated="14.11.2026")

    address_of(clinic.client(clinic.clinician), f"/sessions/{session_id}/paper", form)

    (rating,) = stored(clinic)
    assert rating.rated_at.isoformat() == "2026-11-14T11:00:00+00:00"


def test_a_planned_session_is_attended_when_a_form_from_it_is_typed_in(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient, status=SessionStatus.PLANNED)
    client = clinic.client(clinic.clinician)
    form = paper(clinic, patient.respondent_id, **marks("7", "0", "1", "1"))

    told = text_of(client.get(f"/sessions/{session_id}/paper?instrument=outcome-4").text)
    address_of(client, f"/sessions/{session_id}/paper", form)

    assert "registrert som møtt" in told
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        (session,) = db.execute(select(TherapySession)).scalars()
    assert session.status is SessionStatus.ATTENDED


@pytest.mark.parametrize("status", [SessionStatus.CANCELLED, SessionStatus.NOT_ATTENDED])
def test_no_form_comes_from_a_session_that_was_not_held(
    clinic: Clinic, status: SessionStatus
) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient, status=status)
    client = clinic.client(clinic.clinician)
    form = paper(clinic, patient.respondent_id, **marks("7", "0", "1", "1"))

    shown = client.get(f"/sessions/{session_id}/paper")
    sent = client.post(f"/sessions/{session_id}/paper", data=form)

    assert (shown.status_code, sent.status_code) == (409, 409)
    assert stored(clinic) == []


def test_no_form_comes_from_a_session_to_come(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.clock.pass_time(days=1)
    session_id = clinic.session(patient, status=SessionStatus.PLANNED)
    clinic.clock.pass_time(days=-1)

    answer = clinic.client(clinic.clinician).get(f"/sessions/{session_id}/paper")

    assert answer.status_code == 409


def test_the_forms_of_all_who_answer_are_offered(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    clinic.rate(patient, session_id, total=200)
    client = clinic.client(clinic.clinician)
    at = f"/patients/{patient.patient_id}/respondents"
    address_of(client, at, {"kind": "partner", "label": "samboer"})

    page = text_of(client.get(f"/sessions/{session_id}/paper").text)

    assert page.count("Partner (samboer)") == 4
    assert page.count("Har svar fra før") == 1


def test_next_of_kin_fill_in_a_form_of_their_own(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    clinic.rate(patient, session_id, total=200)
    client = clinic.client(clinic.clinician)
    address_of(client, f"/patients/{patient.patient_id}/respondents", {"kind": "partner"})
    page = client.get(f"/sessions/{session_id}/paper").text
    partner = next(
        part.partition('"')[0]
        for part in page.split("respondent=")
        if part.startswith(tuple("0123456789abcdef"))
        and str(patient.respondent_id) not in part[:36]
    )
    form = paper(clinic, uuid.UUID(partner), **marks("3", "3", "3", "3"))

    address_of(client, f"/sessions/{session_id}/paper", form)

    own, theirs = stored(clinic)
    assert theirs.respondent_id == uuid.UUID(partner)
    assert theirs.replaces_id is None
    assert own.respondent_id == patient.respondent_id


@pytest.mark.parametrize("respondent", ["299bac60-dc8a-4891-8514-6fa360b20be6", "somebody"])
def test_a_form_of_nobody_is_refused(clinic: Clinic, respondent: str) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    client = clinic.client(clinic.clinician)
    form = paper(clinic, patient.respondent_id, **marks("7", "0", "1", "1"))

    shown = client.get(f"/sessions/{session_id}/paper?instrument=outcome-4&respondent={respondent}")
    sent = client.post(f"/sessions/{session_id}/paper", data=form | {"respondent": respondent})

    assert (shown.status_code, sent.status_code) == (400, 400)


def test_a_form_that_is_not_here_is_refused_with_those_that_are(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)

    answer = clinic.client(clinic.clinician).get(f"/sessions/{session_id}/paper?instrument=mood-99")

    assert answer.status_code == 400
    assert "mood-99" in text_of(answer.text)
    assert "phq-9" in text_of(answer.text)


def test_a_second_set_takes_the_place_of_the_first_and_says_so_before(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    client = clinic.client(clinic.clinician)
    clinic.rate(patient, session_id, total=200)

    told = text_of(client.get(f"/sessions/{session_id}/paper?instrument=outcome-4").text)
    form = paper(clinic, patient.respondent_id, **marks("7", "0", "1", "1"))
    address_of(client, f"/sessions/{session_id}/paper", form)

    first, second = stored(clinic)
    assert "Et nytt sett tar plassen" in told
    assert second.replaces_id == first.id


def test_goals_are_typed_by_the_patients_own_words(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    client = clinic.client(clinic.clinician)
    at = f"/sessions/{session_id}/paper"
    address_of(
        client,
        f"/episodes/{patient.episode_id}/change",
        {
            "main": "outcome-4",
            "alliance": "",
            "variant": "adult",
            "further": "personal-goals",
        },
    )
    before = client.get(f"{at}?instrument=personal-goals").status_code
    address_of(client, f"/episodes/{patient.episode_id}/goals", {"goal_g2": "Gå ut hver dag"})

    page = client.get(f"{at}?instrument=personal-goals").text
    form = paper(clinic, patient.respondent_id, instrument="personal-goals", item_g2="6,5")
    address_of(client, at, form)

    assert before == 400
    assert "Gå ut hver dag" in text_of(page)
    assert "item_g1" not in page
    (rating,) = stored(clinic)
    assert rating.total == 65
