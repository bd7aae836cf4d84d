"""A rating that was filed on the wrong patient is moved; both patients' records tell of it."""

import uuid

import pytest
from sqlmodel import col, select

from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.records.ratings import Correction, Withdrawal
from app.records.tablets import Slot
from tests.support.clinic import Clinic, Enrolled
from tests.support.filed import counting, stored
from tests.support.forms import address_of, correction, marks, problems_on, text_of


def moving(to: Enrolled, session_id: uuid.UUID, **changed: str) -> dict[str, str]:
    return {
        "submission_key": str(uuid.uuid4()),
        "to": str(to.patient_id),
        "session": str(session_id),
        "reason": "Feil nettbrett",
        **changed,
    }


def test_a_rating_is_moved_to_the_patient_it_belongs_to(clinic: Clinic) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id
    session_id = clinic.session(right)
    client = clinic.client(clinic.clinician)

    address_of(client, f"/ratings/{old}/move", moving(right, session_id))

    assert counting(clinic, wrong) == []
    assert counting(clinic, right) == [186]
    _, new = stored(clinic)
    assert (new.moved_from_id, new.correction) == (old, Correction.WRONG_PATIENT)
    assert new.patient_id == right.patient_id


def test_the_wrong_patient_keeps_that_something_was_filed_by_mistake_without_numbers(
    clinic: Clinic,
) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id
    client = clinic.client(clinic.clinician)
    address_of(client, f"/ratings/{old}/move", moving(right, clinic.session(right)))

    listed = text_of(client.get(f"/episodes/{wrong.episode_id}/ratings").text)
    alone = text_of(client.get(f"/ratings/{old}").text)
    theirs = text_of(client.get(f"/episodes/{right.episode_id}/ratings").text)

    for page in (listed, alone):
        assert "Ført her ved en feil" in page
        assert "Feil nettbrett" in page
        assert "18,6" not in page
        assert "Berit" not in page
    assert "4,7" not in alone
    assert "18,6" in theirs
    assert "Flyttet hit fra feil pasient" in theirs
    assert "Aksel" not in theirs


def test_a_move_is_in_the_log_of_both_patients(clinic: Clinic) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id
    client = clinic.client(clinic.clinician)

    address_of(client, f"/ratings/{old}/move", moving(right, clinic.session(right)))

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        entries = db.execute(
            select(AuditEntry)
            .where(AuditEntry.actor_id == clinic.clinician.staff_id)
            .where(col(AuditEntry.action).in_(["stored_rating", "withdrew_rating"]))
            .order_by(col(AuditEntry.sequence))
        ).scalars()
        seen = [(entry.action, entry.patient_id) for entry in entries]
    assert seen == [
        ("stored_rating", right.patient_id),
        ("withdrew_rating", wrong.patient_id),
    ]


def test_corrected_values_are_moved_and_the_whole_chain_is_withdrawn(clinic: Clinic) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    old = clinic.rate(wrong, clinic.session(wrong), total=200).rating_id
    client = clinic.client(clinic.clinician)
    newer = address_of(client, f"/ratings/{old}/correct", correction()).partition("?")[0]

    address_of(client, f"{newer}/move", moving(right, clinic.session(right)))

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        withdrawn = {row.rating_id for row in db.execute(select(Withdrawal)).scalars()}
    assert withdrawn == {old, uuid.UUID(newer.rpartition("/")[2])}
    assert counting(clinic, wrong) == []
    assert counting(clinic, right) == [320]
    page = text_of(client.get(f"/episodes/{wrong.episode_id}/ratings").text)
    assert "20,0" not in page
    assert "32,0" not in page


def test_a_move_that_is_sent_twice_moves_once(clinic: Clinic) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id
    client = clinic.client(clinic.clinician)
    form = moving(right, clinic.session(right))

    first = address_of(client, f"/ratings/{old}/move", form)
    second = address_of(client, f"/ratings/{old}/move", form)
    anew = client.post(f"/ratings/{old}/move", data=form | {"submission_key": str(uuid.uuid4())})

    assert first == second
    assert anew.status_code == 409
    assert counting(clinic, right) == [186]


def test_a_rating_is_moved_only_to_a_patient_whom_the_mover_sees(clinic: Clinic) -> None:
    wrong, theirs = clinic.enrol(), clinic.enrol(by=clinic.colleague)
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id
    session_id = clinic.session(theirs)
    mine = clinic.enrol()
    client = clinic.client(clinic.clinician)
    at = f"/ratings/{old}/move"

    shown = client.get(f"{at}?to={theirs.patient_id}")
    sent = client.post(at, data=moving(theirs, session_id))
    smuggled = client.post(at, data=moving(mine, session_id))

    assert (shown.status_code, sent.status_code, smuggled.status_code) == (404, 404, 404)
    assert counting(clinic, wrong) == [186]


def test_only_patients_with_an_open_course_are_offered_and_one_entry_names_them(
    clinic: Clinic,
) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    clinic.enrol(by=clinic.colleague, name="Cecilie Eng")
    closed = clinic.enrol(name="David Foss")
    client = clinic.client(clinic.clinician)
    address_of(
        client,
        f"/episodes/{closed.episode_id}/close",
        {"ending": "planned", "agreement": "agreed"},
    )
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id

    page = client.get(f"/ratings/{old}/move").text

    offered = page.partition('name="to"')[2].partition("</select>")[0]
    assert str(right.patient_id) in offered
    assert offered.count("<option") == 1
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        (entry,) = db.execute(
            select(AuditEntry).where(AuditEntry.action == "saw_move_list")
        ).scalars()
    assert entry.details == {"patients": [right.patient_id.hex]}


def test_the_latest_sessions_of_the_right_patient_are_offered(clinic: Clinic) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id
    held = clinic.session(right)
    clinic.clock.pass_time(days=3)
    to_come = clinic.session(right)
    clinic.clock.pass_time(days=-3)

    page = clinic.client(clinic.clinician).get(f"/ratings/{old}/move?to={right.patient_id}").text

    assert str(held) in page
    assert str(to_come) not in page


def test_answers_do_not_take_the_place_of_the_right_patients_own(clinic: Clinic) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id
    session_id = clinic.session(right)
    clinic.rate(right, session_id, total=300)

    answer = clinic.client(clinic.clinician).post(
        f"/ratings/{old}/move", data=moving(right, session_id)
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == ["session"]
    assert "Feil nettbrett" in answer.text
    assert counting(clinic, right) == [300]
    assert counting(clinic, wrong) == [186]


def test_the_same_form_at_the_other_end_of_the_session_is_not_in_the_way(clinic: Clinic) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id
    session_id = clinic.session(right)
    clinic.rate(right, session_id, total=300, slot=Slot.END)

    address_of(
        clinic.client(clinic.clinician),
        f"/ratings/{old}/move",
        moving(right, session_id),
    )

    assert sorted(total or 0 for total in counting(clinic, right)) == [186, 300]


@pytest.mark.parametrize("days", [1, 30])
def test_nothing_is_moved_to_a_session_to_come(clinic: Clinic, days: int) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id
    clinic.clock.pass_time(days=days)
    session_id = clinic.session(right)
    clinic.clock.pass_time(days=-days)

    answer = clinic.client(clinic.clinician).post(
        f"/ratings/{old}/move", data=moving(right, session_id)
    )

    assert problems_on(answer.text) == ["session"]


def test_nothing_is_moved_to_the_same_patient(clinic: Clinic) -> None:
    wrong = clinic.enrol()
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id

    answer = clinic.client(clinic.clinician).post(
        f"/ratings/{old}/move", data=moving(wrong, clinic.session(wrong))
    )

    assert problems_on(answer.text) == ["session"]


@pytest.mark.parametrize(
    ("field", "value"), [("reason", ""), ("reason", "x" * 501), ("session", "")]
)
def test_a_move_that_cannot_be_used_is_told_at_the_field(
    clinic: Clinic, field: str, value: str
) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id
    form = moving(right, clinic.session(right), **{field: value})

    answer = clinic.client(clinic.clinician).post(f"/ratings/{old}/move", data=form)

    assert answer.status_code == 422
    assert problems_on(answer.text) == [field]
    assert counting(clinic, wrong) == [186]


def test_a_move_to_nobody_is_refused(clinic: Clinic) -> None:
    wrong = clinic.enrol()
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id

    answer = clinic.client(clinic.clinician).post(
        f"/ratings/{old}/move", data=moving(wrong, uuid.uuid4()) | {"to": ""}
    )

    assert answer.status_code == 400


def test_next_of_kin_of_one_patient_do_not_answer_about_another(clinic: Clinic) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    client = clinic.client(clinic.clinician)
    session_id = clinic.session(wrong)
    address_of(client, f"/patients/{wrong.patient_id}/respondents", {"kind": "partner"})
    page = client.get(f"/sessions/{session_id}/paper").text
    partner = next(
        part[:36] for part in page.split("respondent=")[1:] if part[:36] != str(wrong.respondent_id)
    )
    form = {
        "submission_key": str(uuid.uuid4()),
        "instrument": "outcome-4",
        "respondent": partner,
        "dated": "2026-11-16",
        "slot": "start",
        **marks("3", "3", "3", "3"),
    }
    old = address_of(client, f"/sessions/{session_id}/paper", form).partition("?")[0]

    answer = client.post(f"{old}/move", data=moving(right, clinic.session(right)))

    assert answer.status_code == 422
    assert problems_on(answer.text) == ["session"]


def test_what_is_anothers_leaves_a_closed_course_too(clinic: Clinic) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    old = clinic.rate(wrong, clinic.session(wrong), total=186).rating_id
    client = clinic.client(clinic.clinician)
    address_of(
        client,
        f"/episodes/{wrong.episode_id}/close",
        {"ending": "unplanned", "agreement": "not_agreed"},
    )

    address_of(client, f"/ratings/{old}/move", moving(right, clinic.session(right)))

    assert counting(clinic, wrong) == []
    assert counting(clinic, right) == [186]
