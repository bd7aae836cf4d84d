"""What a patient sets on the tablet is stored once, or refused with what to do."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from sqlmodel import select

from app.records.engine import enter_organization
from app.records.ratings import Filed, Rating, answers_of, of_episodes
from app.workflow import access
from tests.support.clinic import Clinic, Enrolled
from tests.support.kiosk import TabletInRoom, connect, hand_over


def _ratings(clinic: Clinic, patient: Enrolled) -> list[Filed]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        return list(of_episodes(db, access.the_program(db), episode_ids=[patient.episode_id]))


def _row(clinic: Clinic, patient: Enrolled) -> Rating:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        row: Rating = db.execute(
            select(Rating).where(Rating.patient_id == patient.patient_id)
        ).scalar_one()
        return row


def _handed(clinic: Clinic) -> tuple[TabletInRoom, Enrolled, str]:
    tablet = connect(clinic)
    patient = clinic.enrol()
    hand_over(clinic, patient)
    visit = tablet.waiting_visit()
    tablet.get(f"{visit}/form")
    return tablet, patient, visit


def test_four_lines_are_stored_with_how_they_were_set(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    answers = {"o1": 73, "o2": 0, "o3": 100, "o4": 13}

    reply = tablet.send("/tablet/ratings", tablet.body(visit, answers=answers))

    assert reply.status_code == 201
    assert reply.json()["next"] == f"{visit}/thanks"
    row = _row(clinic, patient)
    assert str(row.id) == reply.json()["rating"]
    assert row.total == 186
    assert (row.language, row.variant.value) == ("nb", "adult")
    assert row.form_mode is not None
    assert row.form_mode.value == "line"
    assert row.input_kind is not None
    assert row.input_kind.value == "touch"
    assert (row.device_width, row.duration_ms) == (1024, 41_000)
    assert row.tablet_id is not None


def test_the_server_decides_the_time_and_the_tablets_own_is_kept_apart(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    late = (clinic.clock.now + dt.timedelta(hours=47)).isoformat()

    tablet.send("/tablet/ratings", tablet.body(visit, device_time=late))

    row = _row(clinic, patient)
    assert row.rated_at == clinic.clock.now
    assert row.device_time == clinic.clock.now + dt.timedelta(hours=47)


def test_a_second_delivery_gets_the_same_answer_also_when_the_form_is_done(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    body = tablet.body(visit)

    first = tablet.send("/tablet/ratings", body)
    clinic.clock.pass_time(days=3)
    second = tablet.send("/tablet/ratings", body)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len(_ratings(clinic, patient)) == 1


def test_the_same_key_with_other_answers_is_refused(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    body = tablet.body(visit)
    tablet.send("/tablet/ratings", body)

    other = {**body, "answers": {**body["answers"], "o1": 99}}
    reply = tablet.send("/tablet/ratings", other)

    assert reply.status_code == 409
    assert [filed.total for filed in _ratings(clinic, patient)] == [206]


def test_a_form_is_answered_once(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    second = tablet.body(visit)
    tablet.send("/tablet/ratings", tablet.body(visit))

    reply = tablet.send("/tablet/ratings", second)

    assert reply.status_code == 410
    assert reply.json()["error"]["do"]
    assert len(_ratings(clinic, patient)) == 1


def test_a_change_right_afterwards_takes_the_place_of_what_was_stored(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    body = tablet.body(visit)
    first = tablet.send("/tablet/ratings", body).json()["rating"]
    answers = {**body["answers"], "o1": 90}

    change = {**body, "submission_key": str(uuid.uuid4()), "answers": answers, "replaces": first}
    reply = tablet.send("/tablet/ratings", change)

    assert reply.status_code == 201
    before, after = _ratings(clinic, patient)
    assert (before.is_replaced, after.counts) == (True, True)
    assert str(after.replaces_id) == first
    assert after.correction is not None
    assert after.correction.value == "changed_by_respondent"


def test_half_a_change_leaves_what_was_answered_before_in_force(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    body = tablet.body(visit)
    first = tablet.send("/tablet/ratings", body).json()["rating"]

    half = {"answers": {"o1": 10}, "is_finished": False, "replaces": first}
    reply = tablet.send("/tablet/ratings", {**body, "submission_key": str(uuid.uuid4()), **half})

    assert reply.status_code == 201
    before, left = _ratings(clinic, patient)
    assert (before.counts, before.total) == (True, 206)
    assert (left.replaces_id, left.total) == (None, None)


def test_the_form_can_be_shown_in_another_language_while_it_is_changed(clinic: Clinic) -> None:
    tablet, _, visit = _handed(clinic)
    tablet.send("/tablet/ratings", tablet.body(visit))

    assert "Kvardag" in tablet.get(f"{visit}/form?language=nn").text


def test_a_change_much_later_is_for_the_clinician(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    body = tablet.body(visit)
    first = tablet.send("/tablet/ratings", body).json()["rating"]

    clinic.clock.pass_time(minutes=11)
    change = {**body, "submission_key": str(uuid.uuid4()), "replaces": first}
    reply = tablet.send("/tablet/ratings", change)

    assert reply.status_code == 410
    assert len(_ratings(clinic, patient)) == 1


def test_a_tablet_cannot_replace_the_answers_of_another_form(clinic: Clinic) -> None:
    tablet, other, earlier = _handed(clinic)
    stored = tablet.send("/tablet/ratings", tablet.body(earlier)).json()["rating"]
    patient = clinic.enrol(name="Berit Dal")
    hand_over(clinic, patient)

    reply = tablet.send("/tablet/ratings", tablet.body(tablet.waiting_visit(), replaces=stored))

    assert reply.status_code == 409
    assert [filed.counts for filed in _ratings(clinic, other)] == [True]


def test_what_was_set_when_nobody_touched_the_screen_is_kept_without_a_score(
    clinic: Clinic,
) -> None:
    tablet, patient, visit = _handed(clinic)
    answers = {"o1": 40, "o2": None, "o3": None, "o4": None}

    reply = tablet.send("/tablet/ratings", tablet.body(visit, answers=answers, is_finished=False))

    (filed,) = _ratings(clinic, patient)
    assert (filed.is_finished, filed.total) == (False, None)
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        kept = answers_of(db, access.the_program(db), rating_ids=[filed.id])
    assert kept[filed.id] == {"o1": 40}
    assert "Målingen er avsluttet" in tablet.get(reply.json()["next"]).text


def test_an_item_left_empty_gives_no_score_and_never_a_zero(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    answers = {"o1": 40, "o2": 40, "o3": 40, "o4": None}

    tablet.send("/tablet/ratings", tablet.body(visit, answers=answers))

    (filed,) = _ratings(clinic, patient)
    assert (filed.is_finished, filed.total) == (True, None)


WRONG: dict[str, dict[str, Any]] = {
    "beyond the end of the line": {"answers": {"o1": 101}},
    "before the start of the line": {"answers": {"o1": -1}},
    "an item that is not asked": {"answers": {"x9": 10}},
    "a decimal fraction": {"answers": {"o1": 7.3}},
    "a word": {"answers": {"o1": "ten"}},
    "yes": {"answers": {"o1": True}},
    "a naive time": {"device_time": "2026-11-16T10:00:00"},
    "no time": {"device_time": None},
    "a clock two days ahead": {"device_time": "2026-11-18T10:00:01+01:00"},
    "a clock two days behind": {"device_time": "2026-11-14T09:59:59+01:00"},
    "a language that is not offered": {"language": "sv"},
    "a variant that was not shown": {"variant": "child"},
    "a variant that is none": {"variant": "robot"},
    "a text that was never shown": {"text_version": "t1-0000000000000000"},
    "codes where lines were shown": {"mode": "codes"},
    "a width of nothing": {"device_width": 0},
    "a duration before the start": {"duration_ms": -1},
    "a duration that no column holds": {"duration_ms": 2**31},
    "a field nobody asked for": {"patient": "1001"},
    "a key that is none": {"submission_key": "again"},
    "a form that is none": {"visit": "mine"},
    "finished or not": {"is_finished": "perhaps"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused_and_the_marks_can_still_be_sent(
    clinic: Clinic, wrong: dict[str, Any]
) -> None:
    tablet, patient, visit = _handed(clinic)
    body = tablet.body(visit)

    reply = tablet.send("/tablet/ratings", {**body, **wrong})

    assert 400 <= reply.status_code < 500
    error = reply.json()["error"]
    assert error["what"]
    assert error["do"]
    assert not _ratings(clinic, patient)
    assert tablet.send("/tablet/ratings", body).status_code == 201


def test_a_refusal_is_in_the_language_of_the_form(clinic: Clinic) -> None:
    tablet, _, visit = _handed(clinic)
    page = tablet.get(f"{visit}/form?language=nn").text
    late = (clinic.clock.now + dt.timedelta(days=5)).isoformat()

    reply = tablet.send("/tablet/ratings", tablet.body(visit, form=page, device_time=late))

    assert "Klokka på nettbrettet går feil: ho viser" in reply.json()["error"]["what"]


def test_a_refusal_never_repeats_an_answer_that_was_allowed(clinic: Clinic) -> None:
    tablet, _, visit = _handed(clinic)

    reply = tablet.send(
        "/tablet/ratings", tablet.body(visit, answers={"o1": 87, "o2": "x"}, language=7)
    )

    assert reply.status_code == 422
    assert "87" not in reply.text


def test_a_body_that_is_no_json_is_refused(clinic: Clinic) -> None:
    tablet, _, _ = _handed(clinic)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}

    replies = [
        tablet.client.post("/tablet/ratings", content=content, headers=headers)
        for content in (b"", b"{", b"[]", b"null", b"[" * 5000, b"\xff\xfe")
    ]

    assert all(400 <= reply.status_code < 500 for reply in replies)


def test_a_form_of_another_tablet_is_not_there(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    other = connect(clinic, room="Rom 9")

    pages = [other.get(visit), other.get(f"{visit}/form"), other.get(f"{visit}/thanks")]
    sent = other.send("/tablet/ratings", tablet.body(visit))

    assert {reply.status_code for reply in pages} == {404}
    assert sent.status_code == 404
    assert not _ratings(clinic, patient)


def test_a_form_can_be_answered_without_script(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    page = tablet.get(f"{visit}/form?mode=buttons").text
    fields = dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', page))
    fields |= {"answer.o1": "70", "answer.o2": "30", "answer.o3": "100", "answer.o4": "0"}

    reply = tablet.post(f"{visit}/form", fields)

    assert reply.headers["location"] == f"{visit}/thanks"
    (filed,) = _ratings(clinic, patient)
    assert filed.total == 200
    assert filed.form_mode is not None
    assert filed.form_mode.value == "buttons"


def test_without_script_a_missing_item_is_asked_about_once(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    page = tablet.get(f"{visit}/form?mode=buttons").text
    fields = dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', page))
    fields |= {"answer.o1": "70", "answer.o2": "30", "answer.o3": "100"}

    asked = tablet.post(f"{visit}/form", fields)
    again = dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', asked.text))
    kept = dict(re.findall(r'name="(answer\.o\d)" value="(\d+)" checked', asked.text))
    done = tablet.post(f"{visit}/form", {**again, **kept})

    assert asked.status_code == 422
    assert "Du har ikke satt merke på Håp" in asked.text
    assert kept == {"answer.o1": "70", "answer.o2": "30", "answer.o3": "100"}
    assert done.status_code == 303
    (filed,) = _ratings(clinic, patient)
    assert (filed.is_finished, filed.total) == (True, None)


def test_sending_the_plain_form_twice_stores_it_once(clinic: Clinic) -> None:
    tablet, patient, visit = _handed(clinic)
    page = tablet.get(f"{visit}/form?mode=buttons").text
    fields = dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', page))
    fields |= {f"answer.o{at}": "50" for at in range(1, 5)}

    replies = [tablet.post(f"{visit}/form", fields) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [303, 303]
    assert len(_ratings(clinic, patient)) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"answer.o1": "ten"}, {"answer.o1": "101"}, {"submission_key": "x"}, {"text_version": "x"}],
)
def test_a_plain_form_that_cannot_be_is_refused_on_a_calm_page(
    clinic: Clinic, wrong: dict[str, str]
) -> None:
    tablet, patient, visit = _handed(clinic)
    page = tablet.get(f"{visit}/form?mode=buttons").text
    fields = dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', page))
    fields |= {f"answer.o{at}": "50" for at in range(1, 5)}

    reply = tablet.post(f"{visit}/form", {**fields, **wrong})

    assert 400 <= reply.status_code < 500
    assert 'href="/tablet"' in reply.text
    assert not _ratings(clinic, patient)


@pytest.mark.parametrize("query", ["language=xx", "mode=telepathy", "layout=three"])
def test_a_page_that_is_asked_for_wrongly_is_no_fault_of_the_program(
    clinic: Clinic, query: str
) -> None:
    tablet, _, visit = _handed(clinic)

    assert tablet.get(f"{visit}/form?{query}").status_code in {400, 422}
