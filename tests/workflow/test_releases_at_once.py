"""Two people who release at the same moment: what the one does, the other has seen."""

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import pytest

from app.workflow import draw_up, present, release, sign, withdraw
from app.workflow.draw_up import Asked, Step
from app.workflow.present import ReleaseState
from app.workflow.refusals import Conflict
from app.workflow.release import Drafted, Gathered
from tests.support.clinic import Clinic
from tests.support.reports import at_desk, kept, signed
from tests.support.service import Habits, found, invent, store

A_MOMENT: Final = 1.0
"""Seconds in which somebody else could do what must wait."""


def at_once(*calls: Callable[[], None]) -> list[str]:
    """Make calls that start together, and return the conflicts that they met."""
    conflicts: list[str] = []
    faults: list[Exception] = []

    def run(call: Callable[[], None]) -> None:
        try:
            call()
        except Conflict as conflict:
            conflicts.append(conflict.word)
        except Exception as fault:  # noqa: BLE001 - it is the test's, not the thread's
            faults.append(fault)

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    return conflicts


def after_both(function: Any) -> Any:  # noqa: ANN401 - any function
    """Return a function that gives its answer when two have asked, or after a moment."""
    both = threading.Barrier(2)

    def waiting(*args: object, **asked: object) -> object:
        answer = function(*args, **asked)
        with suppress(threading.BrokenBarrierError):
            both.wait(A_MOMENT)
        return answer

    return waiting


def test_what_is_signed_while_a_report_is_worked_out_has_overtaken_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for it either: to find out what may be shown takes long."""
    place = found(
        clinic.database, org_id=clinic.clinician.org_id, teams=(4, 5, 6), at=clinic.clock.now
    )
    begins = dt.datetime(2024, 12, 1, tzinfo=dt.UTC)
    habits = Habits(instrument=clinic.registry.get("phq-9"), begins=begins, days=400)
    store(clinic.database, place, invent(place, habits, courses=120, seed=1), first=1)
    release_id, draft = kept(clinic), release.draft

    def working(gathered: Gathered) -> Drafted:
        signed(clinic, release_id)
        return draft(gathered)

    monkeypatch.setattr(release, "draft", working)
    with clinic.database.reading() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
    asked = Asked(instrument="phq-9", first=dt.date(2025, 1, 1), whole=Step.YEAR)
    made = draw_up.draw_up(
        clinic.database, viewer, asked=asked, registry=clinic.registry, now=clinic.clock.now
    )

    with clinic.database.writing() as db:
        again = clinic.viewer(db, clinic.quality_lead)
        assert present.see_release(db, again, release_id=made.release_id).is_overtaken


def test_a_withdrawal_that_is_pressed_twice_is_done_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id, here = signed(clinic), at_desk(clinic)
    monkeypatch.setattr(sign, "state_of", after_both(sign.state_of))

    def press() -> None:
        with clinic.database.writing() as db:
            withdraw.withdraw(db, here(db), release_id=release_id, reason="x", now=clinic.clock.now)

    assert at_once(press, press) == ["release_withdrawn_already"]
    assert steps(clinic, release_id)[-1] is ReleaseState.WITHDRAWN


def test_two_people_who_agree_to_an_exception_agree_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id, here = kept(clinic, threshold=3), at_desk(clinic, clinic.administrator)
    monkeypatch.setattr(sign, "state_of", after_both(sign.state_of))

    def press() -> None:
        with clinic.database.writing() as db:
            sign.approve(db, here(db), release_id=release_id, now=clinic.clock.now)

    assert at_once(press, press) == ["release_no_draft"]
    assert steps(clinic, release_id) == [ReleaseState.DRAFTED, ReleaseState.APPROVED]


def steps(clinic: Clinic, release_id: uuid.UUID) -> list[ReleaseState]:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        seen = present.see_release(db, viewer, release_id=release_id)
        return [step.state for step in seen.steps]
