"""A curve from the site's own patients is read about, and put in force, by the quality lead."""

from dataclasses import replace

import pytest
from sqlmodel import col, select

from app.clinical.curves import GENERAL_CURVES, CurveKind
from app.records import curves
from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.records.flags import Flag
from app.records.proposals import CurveProposal
from app.web.words import LANGUAGES
from app.workflow import adopt as adopting
from app.workflow import refit
from app.workflow.refusals import Conflict
from tests.support.clinic import Clinic, Enrolled, Person
from tests.support.forms import text_of
from tests.support.lists import switch_flags_off, use_curve
from tests.support.many_courses import caseload_of, live, propose_curve

GENERAL = {curve.instrument_key: curve for curve in GENERAL_CURVES}
HEADING = "Foreslått kurve fra egne pasienter"


def page(clinic: Clinic, who: Person | None = None, *, instrument: str = "phq-9") -> str:
    reply = clinic.client(who or clinic.quality_lead).get(f"/numbers/{instrument}")
    assert reply.status_code == 200
    return text_of(reply.text)


def adopt(
    clinic: Clinic, version: str = "own-1", *, who: Person | None = None, instrument: str = "phq-9"
) -> int:
    client = clinic.client(who or clinic.quality_lead)
    return client.post(f"/numbers/{instrument}/adopt", data={"version": version}).status_code


def take_out(clinic: Clinic, version: str = "own-1", *, who: Person | None = None) -> int:
    client = clinic.client(who or clinic.quality_lead)
    return client.post("/numbers/phq-9/take-out", data={"version": version}).status_code


def log_of(clinic: Clinic) -> list[AuditEntry]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return list(db.execute(select(AuditEntry).order_by(col(AuditEntry.sequence))).scalars())


def in_use(clinic: Clinic, instrument: str = "phq-9") -> curves.CurveInUse:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return curves.in_use(db, org_id=clinic.clinician.org_id)[instrument]


def rate(clinic: Clinic, patient: Enrolled, *totals: int) -> None:
    """Let a patient give whole points, all items alike where that is possible."""
    for total in totals:
        full, rest = divmod(total, 3)
        answers = {
            f"q{at}": 30 if at <= full else rest * 10 if at == full + 1 else 0
            for at in range(1, 10)
        }
        session_id = clinic.session(patient, is_over=True)
        clinic.rate(patient, session_id, instrument="phq-9", answers={**answers})
        clinic.clock.pass_time(days=7)


def flags_of_curve(clinic: Clinic) -> list[tuple[str, str]]:
    """Return the rule of each flag that stands on a curve, and the version of that curve."""
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        found = db.execute(select(Flag).order_by(col(Flag.sequence))).scalars().all()
        return [
            (flag.rule.value, version.version)
            for flag in found
            if flag.curve_id
            and (version := curves.of_id(db, org_id=flag.org_id, curve_id=flag.curve_id))
        ]


def test_the_quality_lead_reads_what_a_proposed_curve_stands_on(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    live(clinic.database, caseload_of(clinic), courses=7, scores=1)
    live(clinic.database, caseload_of(clinic), courses=2, scores=0)
    propose_curve(clinic, courses=120)

    shown = page(clinic)

    assert HEADING in shown
    assert "Versjon own-1, laget av programmet 16. november 2026." in shown
    assert "Pasienter 120" in shown
    assert "Skårer etter den første 600" in shown
    assert "ingen skår etter den første 7" in shown
    assert "ingen første skår færre enn 5" in shown
    assert "for spredningene 38 %" in shown
    assert "Tilpasset 120 pasienter." in shown


def test_both_curves_stand_beside_each_other_on_the_same_scores(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    propose_curve(clinic, courses=300)
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        row = db.execute(select(CurveProposal)).scalar_one()

    shown = page(clinic)

    assert f"{row.compared_scores} skårer fra {row.compared_patients} pasienter" in shown
    assert "Da den ble laget (general-1) Foreslått" in shown
    inside = round(100 * (row.inside_proposed or 0) / row.compared_scores)
    assert 75 <= inside <= 86
    assert f" % {inside} % " in shown
    assert "er tilpasset nettopp disse forløpene" in shown


def test_figures_about_too_few_patients_are_not_shown(clinic: Clinic) -> None:
    elsewhere = replace(GENERAL["phq-9"], lowest_intake=0, highest_intake=0)
    use_curve(clinic, elsewhere)
    propose_curve(clinic, courses=120)

    shown = page(clinic)

    assert "Kurvene gjelder sammen for færre enn 5 pasienter" in shown
    assert "Avstand fra ventet skår" not in shown


def test_without_a_curve_before_the_proposed_one_stands_alone(clinic: Clinic) -> None:
    propose_curve(clinic, courses=120)

    shown = page(clinic)

    assert "Ingen kurve før Foreslått" in shown
    assert "mot den generelle kurven" not in shown


def test_an_accepted_curve_is_in_force_and_in_the_log(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    proposed = propose_curve(clinic)
    clinic.clock.pass_time(days=1)

    status = adopt(clinic)

    found = in_use(clinic)
    assert status == 303
    assert found.curve == proposed
    assert found.curve.kind is CurveKind.LOCAL
    shown = page(clinic)
    assert "Kurve fra egne pasienter Versjon own-1." in shown
    assert "Godtatt 17. november 2026 av Eva Strand" in shown
    assert "Hva kurven fra egne pasienter bygger på" in shown
    assert HEADING not in shown
    every = log_of(clinic)
    assert every[-1].action == "adopted_curve"
    assert every[-1].actor_id == clinic.quality_lead.staff_id
    assert every[-1].details["version"] == "own-1"


def test_a_proposal_that_is_left_alone_changes_nothing(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    propose_curve(clinic)

    page(clinic)

    assert in_use(clinic).curve.version == "general-1"


def test_new_flags_stand_on_the_accepted_curve_and_old_ones_keep_theirs(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    client = clinic.client(clinic.quality_lead)
    client.post("/numbers/phq-9/accept", data={"version": "general-1"})
    before, after = (clinic.enrol(main="phq-9", alliance=None) for _ in range(2))
    rate(clinic, before, 17, 24, 25)
    propose_curve(clinic)
    adopt(clinic)

    rate(clinic, after, 17, 24, 25, 26)

    assert flags_of_curve(clinic) == [
        ("off_track_band", "general-1"),
        ("off_track", "own-1"),
    ]


def test_what_keeps_a_curve_from_going_live_by_itself_is_said(clinic: Clinic) -> None:
    propose_curve(clinic, courses=120)

    shown = page(clinic)

    assert "Kurven gjelder ikke av seg selv: Kurven er prøvd på færre enn 200 pasienter." in shown


def test_a_curve_that_passes_waits_unless_the_site_has_chosen(clinic: Clinic) -> None:
    propose_curve(clinic, courses=400)
    waits = page(clinic)

    clinic.client(clinic.quality_lead).post("/quality/curves", data={"choice": "live"})

    assert "Kurven består kontrollene. Den venter likevel på deg" in waits
    assert "Kurven består kontrollene. Den gjelder av seg selv fra neste natt." in page(clinic)


def test_old_flags_keep_the_version_that_raised_them_when_a_curve_went_live_at_night(
    clinic: Clinic,
) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    client = clinic.client(clinic.quality_lead)
    client.post("/numbers/phq-9/accept", data={"version": "general-1"})
    client.post("/quality/curves", data={"choice": "live"})
    before, after = (clinic.enrol(main="phq-9", alliance=None) for _ in range(2))
    rate(clinic, before, 17, 24, 25)
    live(clinic.database, caseload_of(clinic), courses=400)

    refit.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)
    rate(clinic, after, 17, 24, 25, 26)

    assert flags_of_curve(clinic) == [("off_track_band", "general-1"), ("off_track", "own-1")]
    assert "Satt i kraft av programmet" in page(clinic)
    assert "besto kontrollene" in page(clinic, clinic.clinician)


def test_a_curve_that_is_taken_out_leaves_its_place_to_the_one_before(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    clinic.client(clinic.quality_lead).post("/numbers/phq-9/accept", data={"version": "general-1"})
    before, after = (clinic.enrol(main="phq-9", alliance=None) for _ in range(2))
    propose_curve(clinic)
    adopt(clinic)
    rate(clinic, before, 17, 24, 25, 26)

    status = take_out(clinic)
    rate(clinic, after, 17, 24, 25)

    assert status == 303
    assert in_use(clinic).curve.version == "general-1"
    assert flags_of_curve(clinic) == [("off_track", "own-1"), ("off_track_band", "general-1")]
    shown = page(clinic)
    assert "Generell kurve, ikke fra egne pasienter Versjon general-1." in shown
    assert "Kurven fra egne pasienter som er tatt ut av bruk" in shown
    assert HEADING not in shown
    assert "took_curve_out" in {entry.action for entry in log_of(clinic)}
    assert take_out(clinic) == 409
    assert adopt(clinic) == 409


def test_after_a_curve_is_taken_out_new_ones_wait_for_a_person(clinic: Clinic) -> None:
    clinic.client(clinic.quality_lead).post("/quality/curves", data={"choice": "live"})
    live(clinic.database, caseload_of(clinic), courses=400)
    refit.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)
    assert in_use(clinic).curve.version == "own-1"

    take_out(clinic)
    live(clinic.database, caseload_of(clinic), courses=100)
    clinic.clock.pass_time(days=1)
    refit.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)

    shown = page(clinic)
    assert "Ingen kurve." in shown
    assert HEADING in shown
    assert "Den venter likevel på deg" in shown
    assert take_out(clinic) == 404
    assert adopt(clinic, "own-2") == 303
    assert in_use(clinic).curve.version == "own-2"


def test_only_a_curve_of_ones_own_is_taken_out_and_only_by_the_quality_lead(
    clinic: Clinic,
) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    assert take_out(clinic, "general-1") == 409
    propose_curve(clinic)
    adopt(clinic)

    refused = {
        who: take_out(clinic, who=clinic.people[who])
        for who in ("clinician", "supervisor", "administrator", "elsewhere")
    }

    assert set(refused.values()) == {404}
    assert "Ta kurven ut av bruk" not in page(clinic, clinic.clinician)
    assert "Ta kurven ut av bruk" in page(clinic)
    assert in_use(clinic).curve.version == "own-1"


@pytest.mark.parametrize("who", ["clinician", "supervisor", "administrator", "elsewhere"])
def test_only_the_quality_lead_sees_and_accepts_a_proposal(clinic: Clinic, who: str) -> None:
    propose_curve(clinic)
    person = clinic.people[who]

    assert HEADING not in page(clinic, person)
    assert adopt(clinic, who=person) == 404


def test_what_was_not_read_about_is_not_accepted(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    propose_curve(clinic)
    propose_curve(clinic, courses=20)

    assert adopt(clinic, "own-1") == 409
    assert adopt(clinic, "") == 409
    assert in_use(clinic).curve.version == "general-1"
    assert adopt(clinic, "own-2") == 303
    assert adopt(clinic, "own-2") == 409


def test_where_nothing_is_proposed_there_is_nothing_to_accept(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])

    assert adopt(clinic, "general-1") == 409
    assert adopt(clinic, instrument="nothing") == 404


def test_a_licence_that_has_changed_meanwhile_is_respected(clinic: Clinic) -> None:
    propose_curve(clinic)
    form = clinic.registry.get("phq-9")
    licence = form.licence.model_copy(update={"allows_local_curves": False})
    changed = form.model_copy(update={"licence": licence})

    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        with pytest.raises(Conflict, match="no_own_curves"):
            adopting.adopt(db, viewer, instrument=changed, version="own-1", now=clinic.clock.now)


def test_an_installation_without_flags_shows_and_takes_no_proposal(clinic: Clinic) -> None:
    propose_curve(clinic)
    switch_flags_off(clinic)

    assert HEADING not in page(clinic)
    assert adopt(clinic) == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_proposal_is_told_in_three_languages(clinic: Clinic, language: str) -> None:
    propose_curve(clinic)
    headings = {
        "nb": HEADING,
        "nn": "Føreslått kurve frå eigne pasientar",
        "en": "Proposed curve from your own patients",
    }
    client = clinic.client(clinic.quality_lead)
    client.post("/language", data={"language": language})

    assert headings[language] in text_of(client.get("/numbers/phq-9").text)
