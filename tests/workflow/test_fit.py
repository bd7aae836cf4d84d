"""A curve is fitted to what is stored, and proposed; nothing goes live by itself."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlmodel import select

from app.clinical.curves import GENERAL_CURVES, CurveKind
from app.clinical.evidence import Evidence
from app.config import Switch
from app.records import curves
from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.records.proposals import CurveProposal
from app.workflow import fit, keep_up
from app.workflow.fit import CannotFitError, Proposed
from tests.support.clinic import MONDAY, Clinic
from tests.support.lists import switch_flags_off, use_curve
from tests.support.many_courses import SIGMA, caseload_of, live

BEGINS = MONDAY - dt.timedelta(days=700)
GENERAL = {curve.instrument_key: curve for curve in GENERAL_CURVES}


def propose(clinic: Clinic, instrument: str = "phq-9", *, since: dt.date | None = None) -> Proposed:
    return fit.propose(
        clinic.database,
        org_id=clinic.clinician.org_id,
        instrument=clinic.registry.get(instrument),
        since=since,
        now=clinic.clock.now,
    )


def kept(clinic: Clinic) -> list[CurveProposal]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return list(db.execute(select(CurveProposal)).scalars())


def test_the_fit_finds_the_course_that_the_patients_took(clinic: Clinic) -> None:
    live(clinic.database, caseload_of(clinic), courses=400)

    found = propose(clinic).curve

    assert found.n_patients == 400
    assert found.parameters.time == pytest.approx(-2.0, abs=0.35)
    assert found.parameters.intake == pytest.approx(1.0, abs=0.1)
    assert found.parameters.sigma == pytest.approx(SIGMA, abs=0.2)
    assert (found.first_session, found.last_session) == (2, 6)
    assert found.kind is CurveKind.LOCAL


def test_a_proposal_keeps_what_it_stands_on(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    patients = replace(caseload_of(clinic), text_version="site-1")
    live(clinic.database, patients, courses=120, scores=4)
    live(clinic.database, patients, courses=7, scores=1)
    live(clinic.database, patients, courses=6, scores=0)
    live(clinic.database, replace(patients, edition=9), courses=5)

    propose(clinic)

    (row,) = kept(clinic)
    assert (row.patients, row.courses, row.closed_courses, row.scores) == (120, 120, 120, 360)
    assert row.left_out == {
        "no_intake": 6, "before_period": 0, "other_edition": 5, "no_follow_up": 7,
    }  # fmt: skip
    assert row.first_at == BEGINS
    assert row.last_at == BEGINS + dt.timedelta(days=119, weeks=3)
    assert (row.edition, row.text_versions, row.since) == (1, ["site-1"], None)
    assert row.is_converged
    assert row.own_weight == pytest.approx(120 / 320)
    assert row.compared_scores <= 360
    assert row.compared_patients <= 120
    assert row.inside_now is not None
    assert row.inside_proposed is not None
    assert 0.6 < row.inside_proposed / row.compared_scores < 0.95
    assert row.proposed_by is None


def test_a_proposal_lies_between_the_own_fit_and_the_general_curve(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    live(clinic.database, caseload_of(clinic), courses=150)

    found = propose(clinic).curve.parameters

    (row,) = kept(clinic)
    low, high = sorted((row.fitted["sigma"], GENERAL["phq-9"].parameters.sigma))
    assert low <= found.sigma <= high
    assert found.center == row.fitted["center"] == 15.0
    assert found.intake_time < row.fitted["intake_time"]


def test_a_proposal_is_logged_and_changes_nothing_in_force(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    live(clinic.database, caseload_of(clinic), courses=110)

    propose(clinic)
    propose(clinic)

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        in_use = curves.in_use(db, org_id=clinic.clinician.org_id)
        logged = [
            entry.details["version"]
            for entry in db.execute(select(AuditEntry)).scalars()
            if entry.action == "proposed_curve"
        ]
    assert in_use["phq-9"].curve.version == "general-1"
    assert logged == ["own-1", "own-2"]
    assert sorted(row.version for row in kept(clinic)) == ["own-1", "own-2"]


def test_courses_from_before_a_day_are_left_out(clinic: Clinic) -> None:
    live(clinic.database, caseload_of(clinic), courses=130)
    day = (BEGINS + dt.timedelta(days=25)).date()

    found = propose(clinic, since=day)

    assert found.courses == 105
    assert found.left_out["before_period"] == 25


def test_a_curve_from_invented_patients_is_called_synthetic(clinic: Clinic) -> None:
    live(clinic.database, caseload_of(clinic), courses=110)

    assert propose(clinic).curve.evidence is Evidence.SYNTHETIC


def test_a_reliable_change_that_came_with_the_curve_in_force_stays(clinic: Clinic) -> None:
    use_curve(clinic)
    live(
        clinic.database,
        caseload_of(clinic, instrument="outcome-4"),
        courses=110,
    )

    found = propose(clinic, "outcome-4").curve

    assert found.reliable_change is not None
    assert "the reliable-change value is that of curve" in found.source


def test_too_few_closed_courses_are_refused(clinic: Clinic) -> None:
    live(clinic.database, caseload_of(clinic), courses=99)
    live(clinic.database, caseload_of(clinic), courses=30, is_closed=False)
    live(clinic.database, caseload_of(clinic), courses=30, scores=2)

    with pytest.raises(CannotFitError, match="no curve for phq-9: 99 closed courses"):
        propose(clinic)
    assert kept(clinic) == []


def test_open_courses_are_fitted_too(clinic: Clinic) -> None:
    live(clinic.database, caseload_of(clinic), courses=100)
    live(clinic.database, caseload_of(clinic), courses=30, is_closed=False)

    assert propose(clinic).courses == 130


def test_scores_that_leave_the_model_open_are_refused(clinic: Clinic) -> None:
    live(clinic.database, caseload_of(clinic), courses=120, scores=3)

    with pytest.raises(CannotFitError, match="from the same two sessions"):
        propose(clinic)


@pytest.mark.parametrize("key", ["ors", "srs", "cors", "csrs", "gsrs", "oq-45"])
def test_a_licence_that_may_forbid_it_is_respected(clinic: Clinic, key: str) -> None:
    with pytest.raises(CannotFitError, match="licence may forbid curves"):
        propose(clinic, key)


def test_an_installation_without_flags_has_no_curves(clinic: Clinic) -> None:
    switch_flags_off(clinic)

    assert clinic.settings.flags is Switch.OFF
    with pytest.raises(CannotFitError, match="compares nobody with a curve"):
        propose(clinic)


def test_forms_whose_licence_allows_it_are_candidates(clinic: Clinic) -> None:
    clinic.enrol()
    clinic.enrol(main="ors", alliance=None)
    clinic.enrol(main="phq-9", alliance=None)

    found = fit.candidates(
        clinic.database, org_id=clinic.clinician.org_id, registry=clinic.registry
    )

    assert [one.key for one in found] == ["outcome-4", "phq-9"]


def test_whoever_waits_is_told_how_many_courses_of_all_have_been_read(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(clinic.database, caseload_of(clinic), courses=120)
    live(clinic.database, caseload_of(clinic), courses=3, scores=0)
    monkeypatch.setattr(keep_up, "_AT_A_TIME", 50)
    heard: list[tuple[int, int]] = []

    fit.propose(
        clinic.database,
        org_id=clinic.clinician.org_id,
        instrument=clinic.registry.get("phq-9"),
        since=None,
        now=clinic.clock.now,
        heard=lambda read, in_all: heard.append((read, in_all)),
    )

    assert heard == [(50, 123), (100, 123), (123, 123), (123, 123)]
