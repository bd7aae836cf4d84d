"""Courses are compared and flags raised in the transaction that stored the rating."""

import uuid
from dataclasses import replace
from pathlib import Path

from app.clinical.curves import GENERAL_CURVES, ReferenceCurve
from app.clinical.follow_up import FlagState
from app.clinical.rules import RuleId
from app.clinical.simulate import SYNTHETIC_CURVE
from app.config import Switch
from app.records import curves, episodes, flags
from app.records.engine import Database, enter_organization
from app.records.flags import Standing
from app.workflow import access, track
from tests.support.clinic import Clinic, Enrolled, open_clinic


def _use(clinic: Clinic, curve: ReferenceCurve) -> None:
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        curves.add(db, curve, org_id=clinic.clinician.org_id, now=clinic.clock.now)


def _flags(clinic: Clinic, patient: Enrolled) -> list[Standing]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        return list(flags.of_episodes(db, access.the_program(db), episode_ids=[patient.episode_id]))


def _rules(clinic: Clinic, patient: Enrolled) -> dict[RuleId, FlagState]:
    return {standing.flag.rule: standing.state for standing in _flags(clinic, patient)}


def test_a_course_far_below_the_expected_raises_one_flag_with_what_the_rule_saw(
    clinic: Clinic,
) -> None:
    _use(clinic, SYNTHETIC_CURVE)
    patient = clinic.enrol()

    clinic.course(patient, [180, 170, 165, 160])

    (standing,) = _flags(clinic, patient)
    assert standing.flag.rule is RuleId.OFF_TRACK
    assert standing.flag.curve_id is not None
    assert standing.flag.numbers["p_no_improvement"] >= 0.7
    assert standing.flag.numbers["first"] == 180


def test_a_course_that_recovers_ends_its_flag(clinic: Clinic) -> None:
    _use(clinic, SYNTHETIC_CURVE)
    patient = clinic.enrol()

    clinic.course(patient, [180, 170, 165, 280, 300])

    assert _rules(clinic, patient)[RuleId.OFF_TRACK] is FlagState.CLEARED


def test_a_general_curve_that_nobody_accepted_raises_nothing(clinic: Clinic) -> None:
    general = next(curve for curve in GENERAL_CURVES if curve.instrument_key == "core-10")
    _use(clinic, general)
    patient = clinic.enrol(main="core-10", alliance=None)

    for answer in (20, 30, 40, 40):
        session_id = clinic.session(patient, is_over=True)
        items = clinic.registry.get("core-10").items
        clinic.rate(
            patient,
            session_id,
            instrument="core-10",
            answers={item.key: answer for item in items if not item.is_reversed and item.key != "6"}
            | {item.key: 40 - answer for item in items if item.is_reversed},
        )
        clinic.clock.pass_time(days=7)

    assert RuleId.OFF_TRACK_BAND not in _rules(clinic, patient)
    assert RuleId.OFF_TRACK not in _rules(clinic, patient)


def test_a_critical_answer_is_flagged_in_an_unfinished_form_too(clinic: Clinic) -> None:
    patient = clinic.enrol(main="phq-9", alliance=None)
    session_id = clinic.session(patient)
    (critical,) = clinic.registry.get("phq-9").critical_items

    clinic.rate(
        patient,
        session_id,
        instrument="phq-9",
        answers={critical.item: critical.at_least},
        is_finished=False,
    )

    (standing,) = _flags(clinic, patient)
    assert standing.flag.rule is RuleId.CRITICAL_ITEM
    assert standing.flag.item == critical.item
    assert standing.state is FlagState.OPEN


def test_a_critical_flag_stays_open_when_the_next_form_is_calm(clinic: Clinic) -> None:
    patient = clinic.enrol(main="phq-9", alliance=None)
    items = clinic.registry.get("phq-9").items
    (critical,) = clinic.registry.get("phq-9").critical_items

    for answer in (10, 0):
        clinic.rate(
            patient,
            clinic.session(patient, is_over=True),
            instrument="phq-9",
            answers={item.key: answer if item.key == critical.item else 0 for item in items},
        )
        clinic.clock.pass_time(days=7)

    assert _rules(clinic, patient)[RuleId.CRITICAL_ITEM] is FlagState.OPEN


def test_two_sessions_without_a_score_are_noted_with_the_next_rating_of_any_kind(
    clinic: Clinic,
) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [180])
    for _ in range(2):
        clinic.session(patient, is_over=True)
        clinic.clock.pass_time(days=7)

    clinic.rate(patient, clinic.session(patient), total=320, instrument="alliance-4")

    assert _rules(clinic, patient)[RuleId.MISSING] is FlagState.OPEN


def test_sessions_count_from_the_intake_rating_whether_scored_or_not(clinic: Clinic) -> None:

    patient = clinic.enrol()
    clinic.session(patient, is_over=True)
    clinic.clock.pass_time(days=7)
    clinic.course(patient, [180])
    clinic.session(patient, is_over=True)
    clinic.clock.pass_time(days=7)
    clinic.course(patient, [200])

    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        program = access.the_program(db)
        episode = episodes.episode(db, program, episode_id=patient.episode_id)
        assert episode is not None
        record = track.read_record(db, program, episode=episode)
        course = track.build_course(record, clinic.registry.get("outcome-4"), now=clinic.clock.now)

    assert [(seen.session, seen.score) for seen in course.observations] == [(1, 180), (3, 200)]
    assert [seen.weeks for seen in course.observations] == [0, 2]


def test_an_installation_without_flags_raises_none(database: Database, tmp_path: Path) -> None:

    clinic = open_clinic(
        replace(database, has_flags=False),
        tmp_path,
        flags=Switch.OFF,
    )
    patient = clinic.enrol(main="phq-9", alliance=None)
    (critical,) = clinic.registry.get("phq-9").critical_items

    clinic.rate(
        patient,
        clinic.session(patient),
        instrument="phq-9",
        answers={critical.item: critical.at_least},
        is_finished=False,
        key=uuid.uuid4(),
    )

    assert _flags(clinic, patient) == []


def test_two_sessions_before_any_score_are_noticed(clinic: Clinic) -> None:
    patient = clinic.enrol()
    for _ in range(2):
        clinic.session(patient, is_over=True)
        clinic.clock.pass_time(days=7)

    clinic.rate(patient, clinic.session(patient), total=320, instrument="alliance-4")

    assert _rules(clinic, patient)[RuleId.MISSING] is FlagState.OPEN
