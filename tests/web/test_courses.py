"""Courses of treatment: opened, changed, closed; the patient's goals; yes or no to being asked."""

import pytest
from sqlmodel import col, select

from app.records.engine import enter_organization
from app.records.episodes import Answer, Episode, EpisodeInstrument, Goal
from app.records.sessions import SessionStatus, TherapySession
from app.workflow import agree, enrol
from tests.support.clinic import Clinic, Enrolled
from tests.support.forms import address_of, chosen_in, problems_on, text_of, value_of

FORMS = {"main": "outcome-4", "alliance": "alliance-4", "variant": "adult"}
CLOSING = {"ending": "planned", "agreement": "agreed", "note": "Målet er nådd."}


def course_of(clinic: Clinic, patient: Enrolled) -> agree.Course:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        return agree.course(db, viewer, episode_id=patient.episode_id, now=clinic.clock.now)


def close_it(clinic: Clinic, patient: Enrolled) -> None:
    client = clinic.client(clinic.clinician)
    address_of(client, f"/episodes/{patient.episode_id}/close", CLOSING)


def test_a_second_course_opens_in_the_same_team_when_the_first_is_closed(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)
    form = {**FORMS, "team": str(clinic.team_id), "opened_on": "2026-11-16", "main": "phq-9"}

    too_early = client.post(f"/patients/{patient.patient_id}/episodes", data=form)
    close_it(clinic, patient)
    address_of(client, f"/patients/{patient.patient_id}/episodes", form)

    assert too_early.status_code == 422
    assert problems_on(too_early.text) == ["team"]
    page = text_of(client.get(f"/patients/{patient.patient_id}/details").text)
    assert "PHQ-9" in page
    assert "Outcome-4" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("team", ""), ("main", "srs"), ("opened_on", "2099-01-01"), ("variant", "")],
)
def test_a_course_that_cannot_be_opened_is_told_at_the_field(
    clinic: Clinic, field: str, value: str
) -> None:
    patient = clinic.enrol()
    close_it(clinic, patient)
    form = {**FORMS, "team": str(clinic.team_id), "opened_on": "2026-11-16", field: value}

    answer = clinic.client(clinic.clinician).post(
        f"/patients/{patient.patient_id}/episodes", data=form
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == [field]
    assert chosen_in(answer.text, "alliance") == ["alliance-4"]


def test_a_course_opens_only_in_a_team_of_the_viewer(clinic: Clinic) -> None:
    patient = clinic.enrol()
    form = {**FORMS, "team": str(clinic.other_team_id), "opened_on": "2026-11-16"}

    answer = clinic.client(clinic.clinician).post(
        f"/patients/{patient.patient_id}/episodes", data=form
    )

    assert problems_on(answer.text) == ["team"]


def test_other_forms_are_used_from_now_on_and_the_old_ones_stay_in_the_history(
    clinic: Clinic,
) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)
    at = f"/episodes/{patient.episode_id}/change"
    address_of(client, at, {**FORMS, "further": "gad-7"})
    clinic.clock.pass_time(days=7)
    client = clinic.client(clinic.clinician)

    address_of(
        client, at, {"main": "phq-9", "alliance": "", "variant": "group", "further": "who-5"}
    )

    forms = course_of(clinic, patient).forms
    assert (forms.main, forms.alliance, forms.further) == ("phq-9", None, ("who-5",))
    assert forms.variant is agree.Variant.GROUP
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        used = db.execute(select(EpisodeInstrument)).scalars().all()
    ended = {row.instrument: row.until for row in used}
    assert ended == {"gad-7": clinic.clock.now, "who-5": None}


def test_a_form_is_not_used_twice_in_a_course(clinic: Clinic) -> None:
    patient = clinic.enrol()

    clinic.client(clinic.clinician).post(
        f"/episodes/{patient.episode_id}/change",
        data={**FORMS, "further": ["outcome-4", "alliance-4", "who-5", "who-5"]},
    )

    assert course_of(clinic, patient).forms.all == ("outcome-4", "who-5", "alliance-4")


def test_wrong_forms_are_shown_again_as_chosen(clinic: Clinic) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/episodes/{patient.episode_id}/change",
        data={**FORMS, "alliance": "outcome-4", "further": "who-5"},
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == ["alliance"]
    assert chosen_in(answer.text, "further") == ["who-5"]


def test_a_goal_in_new_words_is_a_new_goal(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)
    at = f"/episodes/{patient.episode_id}"
    address_of(client, f"{at}/change", {**FORMS, "further": "personal-goals"})
    address_of(client, f"{at}/goals", {"goal_g1": "Sove bedre", "goal_g2": "Gå ut hver dag"})
    clinic.clock.pass_time(days=7)
    client = clinic.client(clinic.clinician)

    address_of(client, f"{at}/goals", {"goal_g1": "Sove hele natta", "goal_g2": "Gå ut hver dag"})

    assert course_of(clinic, patient).goals == {"g1": "Sove hele natta", "g2": "Gå ut hver dag"}
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        kept = db.execute(select(Goal).order_by(col(Goal.since), col(Goal.item))).scalars().all()
    assert [(row.item, row.until is None) for row in kept] == [
        ("g1", False),
        ("g2", True),
        ("g1", True),
    ]
    assert value_of(client.get(f"{at}/change").text, "goal_g1") == "Sove hele natta"


def test_a_goal_that_is_emptied_is_in_use_no_more(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)
    at = f"/episodes/{patient.episode_id}"
    address_of(client, f"{at}/change", {**FORMS, "further": "personal-goals"})
    address_of(client, f"{at}/goals", {"goal_g1": "Sove bedre"})

    address_of(client, f"{at}/goals", {"goal_g1": "  "})

    assert course_of(clinic, patient).goals == {}


def test_a_goal_has_to_fit_beside_a_line(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)
    at = f"/episodes/{patient.episode_id}"
    address_of(client, f"{at}/change", {**FORMS, "further": "personal-goals"})

    answer = client.post(f"{at}/goals", data={"goal_g1": "Sove", "goal_g2": "x" * 201})

    assert answer.status_code == 422
    assert problems_on(answer.text) == ["goal_g2"]
    assert value_of(answer.text, "goal_g1") == "Sove"
    assert course_of(clinic, patient).goals == {}


def test_goals_need_the_form_for_goals(clinic: Clinic) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/episodes/{patient.episode_id}/goals", data={"goal_g1": "Sove"}
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == ["further"]


def test_a_course_is_closed_and_sessions_to_come_are_cancelled(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.session(patient, status=SessionStatus.PLANNED)
    clinic.clock.pass_time(days=-1)
    clinic.session(patient)

    close_it(clinic, patient)

    closing = course_of(clinic, patient).closing
    assert closing is not None
    assert (closing.ending, closing.agreement) == (agree.Ending.PLANNED, agree.Agreement.AGREED)
    assert closing.note == "Målet er nådd."
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        rows = db.execute(select(TherapySession).order_by(col(TherapySession.planned_at)))
        statuses = [row.status for row in rows.scalars()]
    assert statuses == [SessionStatus.ATTENDED, SessionStatus.CANCELLED]


def test_how_a_course_ended_has_to_be_said(clinic: Clinic) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/episodes/{patient.episode_id}/close", data={"note": "Flyttet"}
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == ["ending", "agreement"]
    assert "Flyttet" in text_of(answer.text)
    assert course_of(clinic, patient).is_open


def test_a_closing_note_has_a_limit(clinic: Clinic) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/episodes/{patient.episode_id}/close", data={**CLOSING, "note": "x" * 2001}
    )

    assert problems_on(answer.text) == ["note"]


def test_a_closed_course_can_be_read_and_not_changed(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    stored = clinic.rate(patient, session_id, total=200)
    close_it(clinic, patient)
    client = clinic.client(clinic.clinician)
    at, session, rating = (
        f"/episodes/{patient.episode_id}",
        f"/sessions/{session_id}",
        f"/ratings/{stored.rating_id}",
    )

    reading = [f"{at}/sessions", f"{at}/ratings", f"{at}/participation", rating]
    forms = [f"{at}/change", f"{at}/close", f"{session}/paper", f"{rating}/correct"]
    changes = [
        *(f"{at}/{part}" for part in ("change", "goals", "close", "participation", "sessions")),
        *(f"{session}/{part}" for part in ("plan", "status", "end", "undo-end", "paper")),
    ]

    assert {client.get(path).status_code for path in reading} == {200}
    assert {client.get(path).status_code for path in forms} == {410}
    assert {client.post(path, data={"status": "planned"}).status_code for path in changes} == {410}
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        (row,) = db.execute(select(Episode)).scalars()
    assert row.closed_at == clinic.clock.now


def test_a_no_is_written_down_with_what_was_offered_instead(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)
    at = f"/episodes/{patient.episode_id}/participation"

    address_of(client, at, {"answer": "not_for_me", "other_channel": "talk", "reason": "For mye"})
    clinic.clock.pass_time(days=7)
    client = clinic.client(clinic.clinician)
    address_of(client, at, {"answer": "accepted", "other_channel": "none"})

    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        said = enrol.participation_of(db, viewer, episode_id=patient.episode_id)
    assert [one.answer for one in said] == [Answer.ACCEPTED, Answer.NOT_FOR_ME]
    assert (said[1].reason, said[1].told_to) == ("For mye", "Kari Lunde")
    page = text_of(client.get(at).text)
    assert page.index("Ikke for meg · Tilbudt i stedet: En samtale") > 0
    assert "For mye" in page


def test_a_no_in_a_course_is_not_read_by_others(clinic: Clinic) -> None:
    patient = clinic.enrol()
    client = clinic.client(clinic.clinician)
    at = f"/episodes/{patient.episode_id}/participation"
    address_of(client, at, {"answer": "withdrawn", "other_channel": "letter"})

    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.colleague)
        said = enrol.participation_of(db, viewer, episode_id=patient.episode_id)

    assert list(said) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("answer", "maybe"),
        ("other_channel", "pigeon"),
        ("reason", "x" * 501),
        ("reason", "Sliten\x07"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_at_the_field(
    clinic: Clinic, field: str, value: str
) -> None:
    patient = clinic.enrol()
    form = {"answer": "not_today", "other_channel": "none", "reason": "Sliten", field: value}

    answer = clinic.client(clinic.clinician).post(
        f"/episodes/{patient.episode_id}/participation", data=form
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == [field]
