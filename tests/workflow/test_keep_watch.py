"""Once a day somebody looks for patients who have not come, and only one process does."""

import datetime as dt
import threading

from app.clinical.follow_up import FlagState
from app.clinical.rules import RuleId
from app.records import flags
from app.records.engine import Database
from app.workflow import keep_watch
from tests.support.clinic import MONDAY, Clinic, Enrolled


def states(clinic: Clinic, patient: Enrolled, rule: RuleId) -> list[FlagState]:
    with clinic.database.reading() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        standing = flags.of_episodes(db, viewer, episode_ids=[patient.episode_id])
        return [one.state for one in standing if one.flag.rule is rule]


def look(clinic: Clinic) -> int | None:
    return keep_watch.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)


def test_four_weeks_without_a_session_raise_a_flag(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [200, 210])
    clinic.clock.pass_time(days=20)
    look(clinic)
    before = states(clinic, patient, RuleId.NO_CONTACT)

    clinic.clock.pass_time(days=1)
    look(clinic)

    assert before == []
    assert states(clinic, patient, RuleId.NO_CONTACT) == [FlagState.OPEN]


def test_a_patient_who_comes_again_ends_the_flag(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.clock.pass_time(days=40)
    look(clinic)

    clinic.course(patient, [200])

    assert states(clinic, patient, RuleId.NO_CONTACT) == [FlagState.CLEARED]


def test_two_sessions_left_open_without_a_score_are_noticed_the_day_after(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [200])
    for _ in range(2):
        clinic.session(patient)
        clinic.clock.pass_time(days=1)

    look(clinic)

    assert states(clinic, patient, RuleId.MISSING) == [FlagState.OPEN]


def test_the_round_is_made_once_a_day(clinic: Clinic) -> None:
    clinic.enrol()

    first, again = look(clinic), look(clinic)
    clinic.clock.pass_time(hours=21)
    next_day = look(clinic)

    assert (first, again, next_day) == (1, None, 1)


def test_of_two_processes_one_makes_the_round(clinic: Clinic, database: Database) -> None:
    clinic.enrol()
    at_once = threading.Barrier(4)
    looked: list[int | None] = []

    def one_process() -> None:
        at_once.wait()
        looked.append(keep_watch.run_if_due(database, registry=clinic.registry, now=MONDAY))

    threads = [threading.Thread(target=one_process) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(looked, key=str) == [1, None, None, None]


def test_a_round_that_broke_off_is_made_again(clinic: Clinic) -> None:
    clinic.enrol()
    empty = type(clinic.registry)(instruments={})
    broken = False
    try:
        keep_watch.run_if_due(clinic.database, registry=empty, now=MONDAY)
    except LookupError:
        broken = True

    again = keep_watch.run_if_due(
        clinic.database, registry=clinic.registry, now=MONDAY + dt.timedelta(minutes=1)
    )

    assert broken
    assert again == 1
