"""Therapy sessions: planned by the clock on the wall, noted as held or not, ended."""

import datetime as dt
import uuid

import pytest
from sqlmodel import col, select

from app.records.engine import enter_organization
from app.records.sessions import Channel, SessionStatus, TherapySession
from tests.support.clinic import Clinic, Enrolled
from tests.support.forms import address_of, chosen_in, problems_on, text_of, value_of


def plan(clinic: Clinic, patient: Enrolled, day: str, hour: str, channel: str = "room") -> None:
    client = clinic.client(clinic.clinician)
    sent = {"day": day, "hour": hour, "channel": channel}
    address_of(client, f"/episodes/{patient.episode_id}/sessions", sent)


def kept(clinic: Clinic) -> list[TherapySession]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        rows = db.execute(select(TherapySession).order_by(col(TherapySession.planned_at)))
        return list(rows.scalars())


@pytest.mark.parametrize(
    ("day", "hour", "at"),
    [
        ("2026-11-20", "14:30", dt.datetime(2026, 11, 20, 13, 30, tzinfo=dt.UTC)),
        ("20.11.2026", "14.30", dt.datetime(2026, 11, 20, 13, 30, tzinfo=dt.UTC)),
        ("2027-06-01", "14:30:00", dt.datetime(2027, 6, 1, 12, 30, tzinfo=dt.UTC)),
        ("2026-11-16", "00:00", dt.datetime(2026, 11, 15, 23, 0, tzinfo=dt.UTC)),
    ],
)
def test_a_session_is_planned_by_the_clock_on_the_wall(
    clinic: Clinic, day: str, hour: str, at: dt.datetime
) -> None:
    patient = clinic.enrol()

    plan(clinic, patient, day, hour, channel="video")

    (session,) = kept(clinic)
    assert session.planned_at == at
    assert session.status is SessionStatus.PLANNED
    assert session.channel is Channel.VIDEO


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("day", ""),
        ("day", "31.02.2027"),
        ("day", "2026-11-15"),
        ("day", "2030-01-01"),
        ("day", "9999-12-31"),
        ("day", "0001-01-01"),
        ("hour", ""),
        ("hour", "25:00"),
        ("hour", "half past two"),
        ("channel", "letter"),
    ],
)
def test_a_plan_that_cannot_be_used_is_told_at_the_field_and_kept(
    clinic: Clinic, field: str, value: str
) -> None:
    patient = clinic.enrol()
    sent = {"day": "2026-11-20", "hour": "14:30", "channel": "phone", field: value}

    answer = clinic.client(clinic.clinician).post(
        f"/episodes/{patient.episode_id}/sessions", data=sent
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == [field]
    assert value_of(answer.text, "day") == sent["day"]
    assert value_of(answer.text, "hour") == sent["hour"]
    assert kept(clinic) == []


def test_the_first_hour_of_the_calendar_is_refused(clinic: Clinic) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/episodes/{patient.episode_id}/sessions",
        data={"day": "0001-01-01", "hour": "00:10", "channel": "room"},
    )

    assert answer.status_code == 422


def test_an_hour_that_the_clock_skips_in_spring_is_refused(clinic: Clinic) -> None:
    patient = clinic.enrol()

    answer = clinic.client(clinic.clinician).post(
        f"/episodes/{patient.episode_id}/sessions",
        data={"day": "2027-03-28", "hour": "02:30", "channel": "room"},
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == ["hour"]


def test_only_sessions_that_the_patient_came_to_have_a_number(clinic: Clinic) -> None:
    patient = clinic.enrol()
    for status in (
        SessionStatus.ATTENDED,
        SessionStatus.NOT_ATTENDED,
        SessionStatus.CANCELLED,
        SessionStatus.ATTENDED,
    ):
        clinic.session(patient, status=status)
        clinic.clock.pass_time(days=7)

    page = clinic.client(clinic.clinician).get(f"/episodes/{patient.episode_id}/sessions").text

    headings = [part.partition("</h2>")[0] for part in page.split("<h2>")[1:]]
    assert ["Time 2" in headings[0], "Time 1" in headings[3]] == [True, True]
    assert not any("Time" in heading for heading in headings[1:3])


def test_what_became_of_a_session_is_noted_and_taken_back(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient, status=SessionStatus.PLANNED)
    client = clinic.client(clinic.clinician)

    noted = []
    for status in ("attended", "not_attended", "cancelled", "planned"):
        address_of(client, f"/sessions/{session_id}/status", {"status": status})
        noted.append(kept(clinic)[0].status.value)

    assert noted == ["attended", "not_attended", "cancelled", "planned"]


def test_noting_the_same_twice_is_written_down_once(clinic: Clinic) -> None:
    from app.records.audit import AuditEntry  # noqa: PLC0415 - only this test reads the log

    patient = clinic.enrol()
    session_id = clinic.session(patient, status=SessionStatus.PLANNED)
    client = clinic.client(clinic.clinician)

    for _ in range(2):
        address_of(client, f"/sessions/{session_id}/status", {"status": "attended"})

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        entries = db.execute(
            select(AuditEntry).where(AuditEntry.action == "set_session_status")
        ).scalars()
        assert len(list(entries)) == 1


@pytest.mark.parametrize("status", ["attended", "not_attended"])
def test_nobody_comes_to_a_session_before_its_day(clinic: Clinic, status: str) -> None:
    patient = clinic.enrol()
    plan(clinic, patient, "2026-11-17", "09:00")

    answer = clinic.client(clinic.clinician).post(
        f"/sessions/{kept(clinic)[0].id}/status", data={"status": status}
    )

    assert answer.status_code == 409
    assert kept(clinic)[0].status is SessionStatus.PLANNED


def test_a_session_later_today_can_be_noted_as_attended(clinic: Clinic) -> None:
    patient = clinic.enrol()
    plan(clinic, patient, "2026-11-16", "23:30")

    address_of(
        clinic.client(clinic.clinician),
        f"/sessions/{kept(clinic)[0].id}/status",
        {"status": "attended"},
    )

    assert kept(clinic)[0].status is SessionStatus.ATTENDED


def test_a_status_that_is_not_offered_is_refused(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)

    answer = clinic.client(clinic.clinician).post(
        f"/sessions/{session_id}/status", data={"status": "forgotten"}
    )

    assert answer.status_code == 400
    assert "forgotten" in text_of(answer.text)
    assert "not_attended" in text_of(answer.text)


@pytest.mark.parametrize("status", ["planned", "not_attended", "cancelled"])
def test_who_has_answered_in_a_session_was_there(clinic: Clinic, status: str) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    clinic.rate(patient, session_id, total=200)

    answer = clinic.client(clinic.clinician).post(
        f"/sessions/{session_id}/status", data={"status": status}
    )

    assert answer.status_code == 409
    assert kept(clinic)[0].status is SessionStatus.ATTENDED


def test_a_session_is_ended_and_the_end_taken_back(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    clinic.clock.pass_time(minutes=45)
    client = clinic.client(clinic.clinician)

    ends = []
    for part in ("end", "end", "undo-end", "undo-end"):
        address_of(client, f"/sessions/{session_id}/{part}", {})
        ends.append(kept(clinic)[0].ended_at)
        clinic.clock.pass_time(minutes=1)

    at = dt.datetime(2026, 11, 16, 9, 45, tzinfo=dt.UTC)
    assert ends == [at, at, None, None]


def test_only_a_session_that_the_patient_came_to_ends(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient, status=SessionStatus.PLANNED)

    answer = clinic.client(clinic.clinician).post(f"/sessions/{session_id}/end")

    assert answer.status_code == 409


def test_a_session_that_turns_out_not_to_be_attended_has_no_end(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient, is_over=True)

    address_of(
        clinic.client(clinic.clinician),
        f"/sessions/{session_id}/status",
        {"status": "not_attended"},
    )

    assert kept(clinic)[0].ended_at is None


def test_a_session_is_moved_and_held_in_another_way(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient, status=SessionStatus.PLANNED)

    address_of(
        clinic.client(clinic.clinician),
        f"/sessions/{session_id}/plan",
        {"day": "2026-11-30", "hour": "08:15", "channel": "phone"},
    )

    (session,) = kept(clinic)
    assert session.planned_at == dt.datetime(2026, 11, 30, 7, 15, tzinfo=dt.UTC)
    assert session.channel is Channel.PHONE


@pytest.mark.parametrize(("day", "hour"), [("2026-11-17", "09:00"), ("2026-11-16", "9")])
def test_a_session_that_was_held_is_not_moved_to_a_day_to_come(
    clinic: Clinic, day: str, hour: str
) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)

    answer = clinic.client(clinic.clinician).post(
        f"/sessions/{session_id}/plan", data={"day": day, "hour": hour, "channel": "room"}
    )

    assert answer.status_code == 422
    (field,) = problems_on(answer.text)
    assert field in {f"{session_id}-day", f"{session_id}-hour"}
    assert f'id="{field}"' in answer.text
    assert chosen_in(answer.text, "channel") == ["room", "room"]


def test_a_session_of_nobody_is_not_there(clinic: Clinic) -> None:
    clinic.enrol()

    answer = clinic.client(clinic.clinician).post(f"/sessions/{uuid.uuid4()}/end")

    assert answer.status_code == 404
