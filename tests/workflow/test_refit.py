"""Curves are fitted anew at night, and go live by themselves only where the site chose so."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlmodel import select

from app.clinical.curves import GENERAL_CURVES
from app.clinical.instruments import Instrument
from app.records import curves
from app.records.audit import ActorKind, AuditEntry
from app.records.engine import enter_organization
from app.records.proposals import CurveProposal
from app.workflow import accept, adopt, fit, refit
from app.workflow.access import NotAllowedError
from app.workflow.fit import Proposed
from app.workflow.refit import Outcome, Refitted
from tests.support.clinic import Clinic, Person
from tests.support.lists import switch_flags_off, use_curve
from tests.support.many_courses import caseload_of, live

GENERAL = {curve.instrument_key: curve for curve in GENERAL_CURVES}


def tonight(clinic: Clinic) -> list[Refitted] | None:
    """Let a day pass and the job run."""
    clinic.clock.pass_time(days=1)
    return refit.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)


def outcomes(done: list[Refitted] | None) -> list[tuple[str, Outcome, str | None]]:
    assert done is not None
    return [(one.instrument, one.outcome, one.version) for one in done]


def come(clinic: Clinic, courses: int, *, instrument: str = "phq-9", seed: int = 1) -> None:
    live(
        clinic.database,
        replace(caseload_of(clinic, instrument=instrument), seed=seed),
        courses=courses,
    )


def let_go_live(clinic: Clinic, *, who: Person | None = None, goes_live: bool = True) -> None:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, who or clinic.quality_lead)
        adopt.choose(db, viewer, goes_live_alone=goes_live, now=clinic.clock.now)


def in_force(clinic: Clinic, instrument: str = "phq-9") -> str | None:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        found = curves.in_use(db, org_id=clinic.clinician.org_id).get(instrument)
        return found.curve.version if found else None


def entries(clinic: Clinic, action: str) -> list[AuditEntry]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        every = db.execute(select(AuditEntry)).scalars()
        return [entry for entry in every if entry.action == action]


def test_every_form_of_every_organization_is_tried(clinic: Clinic) -> None:
    come(clinic, 120)
    come(clinic, 3, instrument="gad-7")

    done = tonight(clinic)

    assert outcomes(done) == [
        ("gad-7", Outcome.NOT_FITTED, None),
        ("phq-9", Outcome.PROPOSED, "own-1"),
    ]
    assert done is not None
    assert str(done[0].why).startswith("3 closed courses")


def test_it_is_done_once_a_night(clinic: Clinic) -> None:
    come(clinic, 110)

    first = tonight(clinic)
    again = refit.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)

    assert first is not None
    assert again is None
    assert tonight(clinic) is not None


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        # Summer time in Norway is two hours before UTC, winter time one.
        (dt.datetime(2026, 7, 1, 22, 59, tzinfo=dt.UTC), False),
        (dt.datetime(2026, 7, 1, 23, 0, tzinfo=dt.UTC), True),
        (dt.datetime(2026, 7, 2, 2, 59, tzinfo=dt.UTC), True),
        (dt.datetime(2026, 7, 2, 3, 0, tzinfo=dt.UTC), False),
        (dt.datetime(2026, 12, 1, 23, 59, tzinfo=dt.UTC), False),
        (dt.datetime(2026, 12, 2, 0, 0, tzinfo=dt.UTC), True),
    ],
)
def test_night_is_by_the_clock_of_the_clinic(utc: dt.datetime, *, expected: bool) -> None:
    assert refit.is_night(utc) is expected


def test_nothing_is_proposed_twice_from_the_same_courses(clinic: Clinic) -> None:
    come(clinic, 110)

    tonight(clinic)
    second = tonight(clinic)
    come(clinic, 19, seed=2)
    third = tonight(clinic)
    come(clinic, 1, seed=3)
    fourth = tonight(clinic)

    assert outcomes(second) == outcomes(third) == [("phq-9", Outcome.NOTHING_NEW, None)]
    assert outcomes(fourth) == [("phq-9", Outcome.PROPOSED, "own-2")]


def test_one_form_that_fails_does_not_stop_the_others(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    come(clinic, 110, instrument="gad-7")
    come(clinic, 110)
    whole = fit.propose

    def broken(*args: object, instrument: Instrument, **more: object) -> Proposed:
        if instrument.key == "gad-7":
            raise ZeroDivisionError
        return whole(*args, instrument=instrument, **more)  # type: ignore[arg-type] # handed on

    monkeypatch.setattr(fit, "propose", broken)

    done = tonight(clinic)

    assert outcomes(done) == [
        ("gad-7", Outcome.FAILED, None),
        ("phq-9", Outcome.PROPOSED, "own-1"),
    ]
    assert done is not None
    assert isinstance(done[0].error, ZeroDivisionError)


def test_a_job_that_breaks_off_is_taken_up_again(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    come(clinic, 110)

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fit, "propose", stopped)
        with pytest.raises(KeyboardInterrupt):
            tonight(clinic)

    again = refit.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)
    assert outcomes(again) == [("phq-9", Outcome.PROPOSED, "own-1")]


def test_a_site_that_has_not_chosen_keeps_its_curve(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    come(clinic, 300)

    tonight(clinic)

    assert in_force(clinic) == "general-1"


def test_a_curve_that_passes_goes_live_where_the_site_chose_so(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    let_go_live(clinic)
    come(clinic, 400)

    done = tonight(clinic)

    assert outcomes(done) == [("phq-9", Outcome.ADOPTED, "own-1")]
    assert in_force(clinic) == "own-1"
    (entry,) = entries(clinic, "adopted_curve")
    assert (entry.actor_kind, entry.actor_id, entry.ground) == (ActorKind.PROGRAM, None, "program")
    assert entry.details["version"] == "own-1"
    assert int(str(entry.details["patients"])) >= 200
    share = int(str(entry.details["inside"])) / int(str(entry.details["scores"]))
    assert 0.75 <= share <= 0.85
    with clinic.database.reading() as db:
        standing = accept.curves_in_use(db, clinic.viewer(db, clinic.quality_lead))["phq-9"]
    assert standing.decided is not None
    assert standing.decided.by is None


def test_a_curve_that_fails_a_check_waits(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    let_go_live(clinic)
    come(clinic, 150)

    assert outcomes(tonight(clinic)) == [("phq-9", Outcome.PROPOSED, "own-1")]
    assert in_force(clinic) == "general-1"


def test_a_proposal_that_waits_goes_live_in_the_night_after_the_choice(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    come(clinic, 400)
    tonight(clinic)
    let_go_live(clinic)

    assert outcomes(tonight(clinic)) == [("phq-9", Outcome.ADOPTED, "own-1")]
    assert outcomes(tonight(clinic)) == [("phq-9", Outcome.NOTHING_NEW, None)]


def test_a_proposal_beside_a_curve_that_is_in_force_no_more_waits(clinic: Clinic) -> None:
    come(clinic, 400)
    tonight(clinic)
    use_curve(clinic, GENERAL["phq-9"])
    let_go_live(clinic)

    assert outcomes(tonight(clinic)) == [("phq-9", Outcome.NOTHING_NEW, None)]
    assert in_force(clinic) == "general-1"


def test_only_the_quality_lead_chooses_and_it_is_logged(clinic: Clinic) -> None:
    for who in ("clinician", "supervisor", "administrator"):
        with pytest.raises(NotAllowedError):
            let_go_live(clinic, who=clinic.people[who])

    let_go_live(clinic)
    let_go_live(clinic)
    let_go_live(clinic, goes_live=False)

    assert len(entries(clinic, "let_curves_go_live")) == 1
    assert len(entries(clinic, "let_curves_wait")) == 1


def test_an_installation_without_flags_fits_nothing(clinic: Clinic) -> None:
    come(clinic, 110)
    switch_flags_off(clinic)

    assert tonight(clinic) is None
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        assert db.execute(select(CurveProposal)).first() is None
