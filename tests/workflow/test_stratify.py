"""Patients of one age have parameters of their own where there are enough of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from app.clinical import rule_bench
from app.clinical.bench_figures import BenchFigures
from app.clinical.curves import ReferenceCurve, Stratum, for_age
from app.clinical.own_curve import may_stratify
from app.clinical.rule_bench import Lived, Trial
from app.clinical.rules import RuleId
from app.records import flags, yardsticks
from app.records.curves import CurveStratum
from app.records.engine import enter_organization
from app.records.people import Patient
from app.records.proposals import CurveProposal
from app.workflow import access, caseload, fit, look, rehearse
from app.workflow.caseload import Asked
from tests.support.clinic import Clinic, Enrolled
from tests.support.forms import text_of
from tests.support.many_courses import caseload_of, live

YOUNG, OLD = (18, 29), (30, 49)
"""Courses begin in 2024 to 2026; who was born in 2000 is young then, and in 1980 old."""


def come(
    clinic: Clinic, courses: int, *, born: int | None, slope: float = -2.0, is_closed: bool = True
) -> None:
    people = replace(caseload_of(clinic), birth_year=born, slope=slope, seed=born or 7)
    live(clinic.database, people, courses=courses, is_closed=is_closed)


def propose(clinic: Clinic) -> ReferenceCurve:
    return fit.propose(
        clinic.database,
        org_id=clinic.clinician.org_id,
        instrument=clinic.registry.get("phq-9"),
        since=None,
        now=clinic.clock.now,
    ).curve


def two_ages(clinic: Clinic) -> ReferenceCurve:
    """Let the young get well and the old stay as they are."""
    come(clinic, 250, born=2000, slope=-5.0)
    come(clinic, 250, born=1980, slope=0.0)
    return propose(clinic)


def adopt(clinic: Clinic) -> None:
    client = clinic.client(clinic.quality_lead)
    assert client.post("/numbers/phq-9/adopt", data={"version": "own-1"}).status_code == 303


def born(clinic: Clinic, year: int | None) -> Enrolled:
    patient = clinic.enrol(main="phq-9", alliance=None)
    with clinic.database.writing() as db:
        enter_organization(db, org_id=patient.org_id)
        db.execute(
            sa.update(Patient).where(col(Patient.id) == patient.patient_id).values(birth_year=year)
        )
    return patient


def rate(clinic: Clinic, patient: Enrolled, *totals: int) -> None:
    for total in totals:
        full, rest = divmod(total, 3)
        answers = {
            f"q{at}": 30 if at <= full else rest * 10 if at == full + 1 else 0
            for at in range(1, 10)
        }
        session_id = clinic.session(patient, is_over=True)
        clinic.rate(patient, session_id, instrument="phq-9", answers={**answers})
        clinic.clock.pass_time(days=7)


def by_ages(curve: ReferenceCurve) -> dict[tuple[int, int | None], Stratum]:
    return {one.ages: one for one in curve.strata}


def test_each_age_band_has_parameters_between_its_own_fit_and_those_of_all(clinic: Clinic) -> None:
    curve = two_ages(clinic)

    found = by_ages(curve)
    assert list(found) == [YOUNG, OLD]
    young, old = (found[ages].parameters for ages in (YOUNG, OLD))
    assert -5.2 < young.time < curve.parameters.time - 1.0
    assert curve.parameters.time + 1.0 < old.time < 0.2
    assert found[YOUNG].n_patients == 250
    assert young.center == old.center == curve.parameters.center


def test_age_bands_are_kept_with_what_they_stand_on(clinic: Clinic) -> None:
    two_ages(clinic)

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        rows = db.execute(select(CurveStratum).order_by(col(CurveStratum.youngest))).scalars().all()
        proposal = db.execute(select(CurveProposal)).scalar_one()
    assert [(row.youngest, row.oldest, row.courses, row.closed_courses) for row in rows] == [
        (18, 29, 250, 250),
        (30, 49, 250, 250),
    ]
    assert all(row.own_weight == pytest.approx(250 / 450) for row in rows)
    # Two ages that differ so much are held by a curve for each, and not by one for both.
    assert 0.75 <= (proposal.inside_proposed or 0) / proposal.compared_scores <= 0.87


def test_below_five_hundred_closed_courses_all_go_by_one_curve(clinic: Clinic) -> None:
    come(clinic, 249, born=2000)
    come(clinic, 250, born=1980)
    come(clinic, 60, born=1980, is_closed=False)

    assert propose(clinic).strata == ()


def test_an_age_band_with_few_courses_and_an_age_unknown_go_by_the_curve_of_all(
    clinic: Clinic,
) -> None:
    come(clinic, 300, born=1980)
    come(clinic, 99, born=2000)
    come(clinic, 120, born=None)

    assert [one.ages for one in propose(clinic).strata] == [OLD]


@pytest.mark.parametrize(
    ("n_closed", "n_in_stratum", "expected"),
    [(500, 100, True), (499, 400, False), (500, 99, False)],
)
def test_the_limits_are_five_hundred_and_one_hundred(
    n_closed: int, n_in_stratum: int, *, expected: bool
) -> None:
    assert may_stratify(n_closed=n_closed, n_in_stratum=n_in_stratum) is expected


def test_pages_and_rules_compare_a_patient_with_those_of_the_same_age(clinic: Clinic) -> None:
    curve = two_ages(clinic)
    adopt(clinic)
    patients = {YOUNG: born(clinic, 2000), OLD: born(clinic, 1980), None: born(clinic, None)}

    for band, patient in patients.items():
        expected = for_age(curve, band).parameters
        rate(clinic, patient, 17, 16)
        with clinic.database.writing() as db:
            viewer = clinic.viewer(db, clinic.clinician)
            measure = yardsticks.yardstick(
                db,
                org_id=patient.org_id,
                instrument="phq-9",
                patient_id=patient.patient_id,
                year=clinic.clock.now.year,
            )
            page = look.look_at(
                db,
                viewer,
                patient_id=patient.patient_id,
                episode_id=None,
                instrument=None,
                registry=clinic.registry,
                now=clinic.clock.now,
            )
        assert measure.curve is not None
        assert measure.curve.curve.parameters == expected
        assert page.main.trajectory.curve is not None
        assert page.main.trajectory.curve.parameters == expected


def test_the_list_shows_the_band_of_the_patients_age(clinic: Clinic) -> None:
    curve = two_ages(clinic)
    adopt(clinic)
    patient = born(clinic, 2000)
    rate(clinic, patient, 17, 16)

    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        listed = caseload.caseload(
            db,
            viewer,
            registry=clinic.registry,
            asked=Asked(),
            now=clinic.clock.now,
        )

    (client,) = listed.clients
    assert client.trajectory.curve is not None
    assert client.trajectory.curve.parameters == for_age(curve, YOUNG).parameters


def test_the_same_scores_are_off_the_path_for_the_one_age_and_not_for_the_other(
    clinic: Clinic,
) -> None:
    two_ages(clinic)
    adopt(clinic)
    young, old = born(clinic, 2000), born(clinic, 1980)

    for patient in (young, old):
        rate(clinic, patient, 17, 15, 14, 14)

    with clinic.database.reading() as db:
        enter_organization(db, org_id=young.org_id)
        program = access.the_program(db)
        raised = {
            patient.patient_id: [
                one.flag.rule
                for one in flags.of_episodes(db, program, episode_ids=[patient.episode_id])
                if one.flag.curve_id is not None
            ]
            for patient in (young, old)
        }
    # The young go on getting well; the old, by those of their age, stay where they are.
    assert raised == {young.patient_id: [], old.patient_id: [RuleId.OFF_TRACK]}


def test_going_through_courses_again_compares_with_the_same_age(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    curve = two_ages(clinic)
    adopt(clinic)
    seen: list[ReferenceCurve | None] = []
    whole = rule_bench.bench

    def listening(stream: Iterable[Lived], *, trials: Sequence[Trial]) -> BenchFigures:
        return whole((note(one) for one in islice(stream, 500)), trials=trials[:1])

    def note(one: Lived) -> Lived:
        seen.append(one.curve)
        return one

    monkeypatch.setattr(rehearse, "bench", listening)
    rehearse.on_history(
        clinic.database,
        org_id=clinic.clinician.org_id,
        registry=clinic.registry,
        now=clinic.clock.now,
    )

    compared = Counter(one.parameters for one in seen if one is not None)
    assert compared == {for_age(curve, band).parameters: 250 for band in (YOUNG, OLD)}


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("nb", "18–29 år: første skår fra"),
        ("nn", "18–29 år: første skår frå"),
        ("en", "18–29 years: first scores from"),
    ],
)
def test_age_bands_are_told_on_the_page_of_the_curve(
    clinic: Clinic, language: str, line: str
) -> None:
    two_ages(clinic)
    lead, clinician = clinic.client(clinic.quality_lead), clinic.client(clinic.clinician)
    for client in (lead, clinician):
        client.post("/language", data={"language": language})

    proposed = text_of(lead.get("/numbers/phq-9").text)
    hidden = text_of(clinician.get("/numbers/phq-9").text)
    adopt(clinic)

    assert line in proposed
    assert line not in hidden
    assert line in text_of(clinician.get("/numbers/phq-9").text)
