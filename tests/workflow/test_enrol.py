"""Enrolment and courses below the pages: what holds whoever calls."""

import threading
import uuid

import pytest
from sqlmodel import col, select

from app.records.episodes import EpisodeInstrument
from app.records.people import Patient
from app.workflow import agree, correct, enrol, transcribe
from app.workflow.refusals import Refusal
from tests.support.clinic import Clinic


def test_patients_enrolled_at_the_same_moment_get_numbers_of_their_own(clinic: Clinic) -> None:
    start = threading.Barrier(4)

    def enrol_one() -> None:
        start.wait()
        clinic.enrol(name=None)

    threads = [threading.Thread(target=enrol_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with clinic.database.reading() as db:
        clinic.viewer(db, clinic.clinician)
        numbers = db.execute(select(Patient.number).order_by(col(Patient.number))).scalars().all()
    assert numbers == [1001, 1002, 1003, 1004]


def test_the_courses_of_somebody_elses_patient_are_none(clinic: Clinic) -> None:
    patient = clinic.enrol()

    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.colleague)
        courses = agree.courses_of(db, viewer, patient_id=patient.patient_id)

    assert list(courses) == []


def test_a_form_that_stays_in_use_keeps_the_day_it_began(clinic: Clinic) -> None:
    patient = clinic.enrol()
    began = clinic.clock.now
    for further in (("who-5",), ("who-5", "gad-7")):
        with clinic.database.writing() as db:
            agree.change_forms(
                db,
                clinic.viewer(db, clinic.clinician),
                episode_id=patient.episode_id,
                forms=agree.Forms(main="outcome-4", alliance=None, further=further),
                registry=clinic.registry,
                now=clinic.clock.now,
            )
        clinic.clock.pass_time(days=7)

    with clinic.database.reading() as db:
        clinic.viewer(db, clinic.clinician)
        rows = db.execute(select(EpisodeInstrument)).scalars().all()
    assert {row.instrument: row.since for row in rows}["who-5"] == began
    assert len(rows) == 2


def test_a_goal_that_does_not_fit_is_refused(clinic: Clinic) -> None:
    patient = clinic.enrol()

    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        agree.change_forms(
            db,
            viewer,
            episode_id=patient.episode_id,
            forms=agree.Forms(main="outcome-4", alliance=None, further=("personal-goals",)),
            registry=clinic.registry,
            now=clinic.clock.now,
        )
        with pytest.raises(Refusal, match="goal_too_long"):
            agree.set_goals(
                db,
                viewer,
                episode_id=patient.episode_id,
                words={"g1": "x" * 201},
                registry=clinic.registry,
                now=clinic.clock.now,
            )


def test_a_paper_form_of_somebody_unknown_is_refused(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    sheet = transcribe.Sheet(
        submission_key=uuid.uuid4(),
        instrument="outcome-4",
        respondent_id=uuid.uuid4(),
        slot=transcribe.Slot.START,
        dated=clinic.clock.now.date(),
        answers={"o1": 50},
    )

    with clinic.database.writing() as db, pytest.raises(Refusal, match="respondent_unknown"):
        transcribe.enter_paper(
            db,
            clinic.viewer(db, clinic.clinician),
            session_id=session_id,
            sheet=sheet,
            registry=clinic.registry,
            now=clinic.clock.now,
        )


def test_a_correction_without_a_reason_is_refused(clinic: Clinic) -> None:
    patient = clinic.enrol()
    rating_id = clinic.rate(patient, clinic.session(patient), total=200).rating_id
    change = correct.Change(
        submission_key=uuid.uuid4(),
        correction=correct.Correction.TYPING_ERROR,
        reason="",
        dated=clinic.clock.now.date(),
        total=100,
    )

    with clinic.database.writing() as db, pytest.raises(Refusal, match="reason_missing"):
        correct.correct(
            db,
            clinic.viewer(db, clinic.clinician),
            rating_id=rating_id,
            change=change,
            registry=clinic.registry,
            now=clinic.clock.now,
        )


def test_a_language_that_is_not_offered_is_refused(clinic: Clinic) -> None:
    patient = clinic.enrol()

    with clinic.database.writing() as db, pytest.raises(Refusal, match="language"):
        enrol.change_details(
            db,
            clinic.viewer(db, clinic.clinician),
            patient_id=patient.patient_id,
            details=enrol.Details(name=None, birth_year=None, language="se"),
            now=clinic.clock.now,
        )


def test_what_is_typed_about_a_patient_is_not_in_its_representation() -> None:
    details = enrol.Details(name="Aksel Berg", birth_year=1987, language="nb")

    assert "Aksel" not in repr(details)
    assert "1987" not in repr(details)
