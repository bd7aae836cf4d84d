"""Each night every curve is calibrated, and one that goes wrong stops none behind it."""

from dataclasses import replace

import pytest
from sqlmodel import select

from app.records import curves
from app.records.engine import enter_organization
from app.records.people import Team
from app.workflow import calibrate
from app.workflow.calibrate import Calibrated, NotCalibrated
from tests.support.clinic import Clinic
from tests.support.lists import switch_flags_off, use_curve
from tests.support.many_courses import caseload_of, live, propose_curve
from tests.workflow.test_calibrate import GENERAL, kept


def test_the_nightly_job_does_it_once_a_night(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)
    live(clinic.database, caseload_of(clinic), courses=30)

    def at_night() -> list[str | None] | None:
        done = calibrate.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)
        return None if done is None else [one.version for one in done]

    assert at_night() == ["general-1"]
    assert at_night() is None
    clinic.clock.pass_time(days=1)
    assert at_night() == ["general-1"]
    assert len(kept(clinic)) == 1


def test_a_night_that_goes_wrong_is_tried_again(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_curve(clinic, GENERAL)
    live(clinic.database, caseload_of(clinic), courses=30)

    def at_night() -> list[Calibrated | NotCalibrated] | None:
        return calibrate.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr("app.workflow.calibrate.the_version", stop)
        with pytest.raises(KeyboardInterrupt):
            at_night()

    assert at_night()


class TestOneThatGoesWrong:
    """It stops none of those behind it, and is handed on for the log."""

    def at_night(self, clinic: Clinic) -> list[Calibrated | NotCalibrated]:
        done = calibrate.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)
        return [] if done is None else done

    def test_an_organization(self, clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
        use_curve(clinic, GENERAL)
        fill_elsewhere(clinic)
        break_for(monkeypatch, "the_version", org_id=clinic.clinician.org_id)

        broken, done = self.at_night(clinic)

        assert isinstance(broken, NotCalibrated)
        assert (broken.org_id, broken.instrument, broken.version) == (
            clinic.clinician.org_id, "phq-9", "general-1",
        )  # fmt: skip
        assert str(broken.error) == "broken"
        assert isinstance(done, Calibrated)
        assert done.report.patients > 10

    def test_an_organization_whose_curves_cannot_be_read(
        self, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill_elsewhere(clinic)
        break_for(monkeypatch, "versions", org_id=clinic.clinician.org_id)

        *broken, done = self.at_night(clinic)

        assert {(one.instrument, one.version) for one in broken} == {
            (key, None) for key in clinic.registry.instruments
        }
        assert isinstance(done, Calibrated)

    def test_a_version(self, clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
        use_curve(clinic, GENERAL)
        propose_curve(clinic, courses=160)
        break_for(monkeypatch, "the_version", version="general-1")

        broken, done = self.at_night(clinic)

        assert isinstance(broken, NotCalibrated)
        assert (broken.version, done.version) == ("general-1", "own-1")

    def test_the_job_is_done_for_today(
        self, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_curve(clinic, GENERAL)
        break_for(monkeypatch, "the_version", org_id=clinic.clinician.org_id)

        assert self.at_night(clinic)
        assert not self.at_night(clinic)
        clinic.clock.pass_time(days=1)
        assert self.at_night(clinic)


def fill_elsewhere(clinic: Clinic) -> None:
    """Let another organization compare with a curve, and so many patients come there."""
    there = clinic.elsewhere
    with clinic.database.writing() as db:
        enter_organization(db, org_id=there.org_id)
        curves.add(db, GENERAL, org_id=there.org_id, now=clinic.clock.now)
        team_id = db.execute(select(Team.id).where(Team.org_id == there.org_id)).scalar_one()
    caseload = replace(
        caseload_of(clinic), org_id=there.org_id, team_id=team_id, staff_id=there.staff_id
    )
    live(clinic.database, caseload, courses=30)


def break_for(monkeypatch: pytest.MonkeyPatch, name: str, **whom: object) -> None:
    """Let a step of the calibration go wrong for one organization, or one version."""
    real = getattr(calibrate, name)

    def step(*given: object, **more: object) -> object:
        if whom.items() <= more.items():
            raise RuntimeError("broken")
        return real(*given, **more)

    monkeypatch.setattr(calibrate, name, step)


def test_without_flags_the_nightly_job_does_nothing(clinic: Clinic) -> None:
    switch_flags_off(clinic)

    done = calibrate.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)

    assert done is None
