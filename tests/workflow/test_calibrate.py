"""A version of a curve is tested by courses that it has not seen, and the result is kept."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlmodel import col, select

from app.clinical.calibration_counts import LAST_PATIENTS
from app.clinical.calibration_sums import By
from app.clinical.curves import GENERAL_CURVES
from app.clinical.rules import RuleId
from app.clinical.simulate import SYNTHETIC_CURVE
from app.records.audit import AuditEntry
from app.records.calibrations import Calibration, Way
from app.records.engine import enter_organization
from app.workflow import adopt, calibrate
from app.workflow.calibrate import Calibrated, CannotCalibrateError
from app.workflow.set_apart import FEWEST_SINCE
from tests.clinical.judged import cell
from tests.support.clinic import MONDAY, Clinic
from tests.support.lists import switch_flags_off, use_curve
from tests.support.many_courses import Caseload, caseload_of, live, propose_curve

BEGINS = MONDAY - dt.timedelta(days=700)
GENERAL = next(curve for curve in GENERAL_CURVES if curve.instrument_key == "phq-9")


def calibrated(clinic: Clinic, *, version: str | None = None) -> Calibrated:
    return calibrate.run(
        clinic.database,
        org_id=clinic.clinician.org_id,
        instrument=clinic.registry.get("phq-9"),
        now=clinic.clock.now,
        version=version,
    )


def kept(clinic: Clinic) -> list[Calibration]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return list(db.execute(select(Calibration).order_by(col(Calibration.sequence))).scalars())


def put_in_force(clinic: Clinic, version: str) -> None:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        adopt.adopt(
            db,
            viewer,
            instrument=clinic.registry.get("phq-9"),
            version=version,
            now=clinic.clock.now,
        )


def lately(clinic: Clinic, *, days: int) -> Caseload:
    return replace(caseload_of(clinic), begins=clinic.clock.now + dt.timedelta(days=days), seed=7)


def test_a_curve_from_elsewhere_is_tested_by_all_courses(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)
    live(clinic.database, caseload_of(clinic), courses=60, scores=6)

    found = calibrated(clinic)

    (row,) = kept(clinic)
    assert (found.version, found.is_in_force, found.is_new) == ("general-1", True, True)
    assert found.holds is None
    assert (row.way, row.split_at, row.trained, row.trained_courses) == (
        Way.ALL_COURSES, None, None, None,
    )  # fmt: skip
    assert (row.curve_id is None, row.proposal_id is None) == (False, True)
    # It holds for first scores from 10 on; some begin below.
    assert 40 < row.patients <= 60
    assert row.closed_courses == 60
    assert row.first_at == BEGINS
    assert row.last_at == BEGINS + dt.timedelta(days=59)
    assert found.report.ended is not None
    assert found.report.ended.patients == 60


def test_what_is_kept_is_what_was_counted(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)
    live(clinic.database, caseload_of(clinic), courses=30)

    found = calibrated(clinic)

    (row,) = kept(clinic)
    assert calibrate.report_of(row) == found.report


def test_a_proposed_curve_is_tested_by_one_made_from_the_older_courses(clinic: Clinic) -> None:
    proposed = propose_curve(clinic, courses=300)

    found = calibrated(clinic, version="own-1")

    (row,) = kept(clinic)
    assert row.way is Way.OLDER_COURSES
    assert (row.curve_id is None, row.proposal_id is None) == (True, False)
    assert row.trained_courses == 200
    assert row.trained is not None
    assert row.trained["time"] == pytest.approx(proposed.parameters.time, abs=0.5)
    assert row.trained["time"] != proposed.parameters.time
    assert row.courses <= 100
    # The midnight after the 200th day, by the clock of the clinic.
    assert row.split_at == (BEGINS + dt.timedelta(days=200)).replace(hour=0) - dt.timedelta(hours=2)
    assert row.first_at == BEGINS + dt.timedelta(days=200)
    assert not found.is_in_force
    whole = cell(found.report, By.WHOLE)
    assert whole.inside[1] / whole.scores == pytest.approx(0.8, abs=0.06)
    assert found.report.recent.known == LAST_PATIENTS


def test_a_curve_that_has_been_in_force_for_long_is_tested_itself(clinic: Clinic) -> None:
    propose_curve(clinic, courses=150)
    put_in_force(clinic, "own-1")
    live(clinic.database, lately(clinic, days=1), courses=FEWEST_SINCE)

    found = calibrated(clinic)

    (row,) = kept(clinic)
    assert (row.way, row.trained) == (Way.SINCE_FITTED, None)
    assert row.split_at == clinic.clock.now
    assert found.is_in_force
    assert found.report.patients > 180
    assert found.report.recent.known == LAST_PATIENTS - found.report.patients


def test_the_alarm_is_given_when_patients_get_on_otherwise(clinic: Clinic) -> None:
    propose_curve(clinic, courses=150)
    put_in_force(clinic, "own-1")
    slower = replace(lately(clinic, days=1), slope=4.0)
    live(clinic.database, slower, courses=FEWEST_SINCE + 20)

    found = calibrated(clinic)

    assert found.holds is False


def test_a_curve_that_still_holds_says_so(clinic: Clinic) -> None:
    propose_curve(clinic, courses=320)

    assert calibrated(clinic, version="own-1").holds is True


def test_a_calibration_stands_until_enough_patients_have_come(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)
    live(clinic.database, caseload_of(clinic), courses=40)
    first = calibrated(clinic)

    # Four who came, and whose courses ended as well, are four and not eight.
    live(clinic.database, lately(clinic, days=-100), courses=4)
    second = calibrated(clinic)
    live(clinic.database, replace(lately(clinic, days=-90), seed=8), courses=10)
    third = calibrated(clinic)

    assert [one.is_new for one in (first, second, third)] == [True, False, True]
    assert second.report == first.report
    assert len(kept(clinic)) == 2


def test_an_age_is_the_one_when_the_course_was_opened(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)
    # Opened in the year of their 29th birthday, and asked for the first time in the next.
    late = replace(
        caseload_of(clinic),
        begins=dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC),
        opened_before=dt.timedelta(days=40),
        birth_year=1996,
    )
    live(clinic.database, late, courses=20)

    report = calibrated(clinic).report

    assert [one.key for one in report.cells if one.by is By.AGE] == ["18-29"]


def test_rules_are_those_in_force_and_are_told_apart(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)
    live(clinic.database, replace(caseload_of(clinic), slope=0.0), courses=60, scores=8)

    report = calibrated(clinic).report

    assert report.ended is not None
    by_rule = {one.rule: one for one in report.ended.rules}
    assert set(by_rule) == {
        RuleId.DETERIORATION,
        RuleId.OFF_TRACK,
        RuleId.OFF_TRACK_BAND,
        RuleId.NO_CHANGE,
        RuleId.SAWTOOTH,
    }
    assert by_rule[RuleId.OFF_TRACK].evaluated == 0
    assert by_rule[RuleId.OFF_TRACK_BAND].evaluated > 40
    assert by_rule[RuleId.NO_CHANGE].marked > 0


def test_making_one_is_in_the_log(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)
    live(clinic.database, caseload_of(clinic), courses=30)

    calibrated(clinic)

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        entry = db.execute(
            select(AuditEntry).where(AuditEntry.action == "calibrated_curve")
        ).scalar_one()
    assert entry.details["version"] == "general-1"
    assert entry.sequence == kept(clinic)[0].sequence


class TestRefused:
    def refused(self, clinic: Clinic, match: str, *, version: str | None = None) -> None:
        with pytest.raises(CannotCalibrateError, match=match) as caught:
            calibrated(clinic, version=version)
        assert caught.value.instrument == "phq-9"
        assert kept(clinic) == []

    def test_without_a_curve(self, clinic: Clinic) -> None:
        self.refused(clinic, "no curve is in use")

    def test_a_version_that_is_not_there(self, clinic: Clinic) -> None:
        use_curve(clinic, GENERAL)

        self.refused(clinic, "there is no curve own-9", version="own-9")

    def test_without_courses(self, clinic: Clinic) -> None:
        use_curve(clinic, GENERAL)
        live(clinic.database, caseload_of(clinic), courses=20, scores=1)

        self.refused(clinic, "no course has a score after the first")

    def test_with_too_few_patients_where_it_holds(self, clinic: Clinic) -> None:
        use_curve(clinic, GENERAL)
        live(clinic.database, caseload_of(clinic), courses=8)

        self.refused(clinic, "it takes 10; wait for more sessions")

    def test_with_too_few_older_courses(self, clinic: Clinic) -> None:
        propose_curve(clinic, courses=120)

        self.refused(clinic, "older two thirds.*80 closed courses", version="own-1")

    def test_without_flags(self, clinic: Clinic) -> None:
        use_curve(clinic, GENERAL)
        switch_flags_off(clinic)

        self.refused(clinic, "SAMKLANG_FLAGS")


def test_versions_worth_calibrating_are_the_one_in_force_and_the_one_that_waits(
    clinic: Clinic,
) -> None:
    def versions() -> list[str]:
        return calibrate.versions(
            clinic.database, org_id=clinic.clinician.org_id, instrument="phq-9"
        )

    assert versions() == []
    use_curve(clinic, GENERAL)
    assert versions() == ["general-1"]
    propose_curve(clinic, courses=120)
    assert versions() == ["general-1", "own-1"]
    clinic.clock.pass_time(days=1)
    put_in_force(clinic, "own-1")
    assert versions() == ["own-1"]


def test_a_curve_of_another_instrument_is_left_alone(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)
    use_curve(clinic, SYNTHETIC_CURVE)
    live(clinic.database, caseload_of(clinic), courses=30)

    calibrated(clinic)

    assert [row.instrument for row in kept(clinic)] == ["phq-9"]


def test_the_time_that_passes_is_told(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)
    live(clinic.database, caseload_of(clinic), courses=1005, scores=2)
    heard: list[tuple[int, int]] = []

    calibrate.run(
        clinic.database,
        org_id=clinic.clinician.org_id,
        instrument=clinic.registry.get("phq-9"),
        now=clinic.clock.now,
        heard=lambda read, in_all: heard.append((read, in_all)),
    )

    assert heard == [(1000, 1005)]
