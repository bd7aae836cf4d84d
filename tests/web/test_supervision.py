"""A supervisor sees what waits in the teams, by need and age, and nobody is ranked."""

import uuid

import pytest
from sqlmodel import select

from app.records import flags
from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.workflow import access
from tests.support.clinic import Clinic, Enrolled
from tests.support.flagged import kept
from tests.support.lists import (
    GOES_BADLY,
    GOES_WELL,
    came,
    critical,
    plain,
    statements,
    switch_flags_off,
    use_curve,
)

MOST_STATEMENTS = 12


def supervision(clinic: Clinic) -> str:
    return clinic.client(clinic.supervisor).get("/supervision").text


def part(page: str, name: str) -> str:
    """Return one of the lists as text, or nothing where it is not shown."""
    begin = page.find(f'aria-labelledby="{name}"')
    return plain(page[begin : page.index("</section>", begin)]) if begin >= 0 else ""


def flag_of(clinic: Clinic, patient: Enrolled) -> uuid.UUID:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        found = flags.of_episodes(db, access.the_program(db), episode_ids=[patient.episode_id])
    return found[0].flag.id


def decide(clinic: Clinic, patient: Enrolled, **form: str) -> None:
    data = {"decision": "talked_continue", **form}
    path = f"/flags/{flag_of(clinic, patient)}/decide"
    answer = clinic.client(clinic.supervisor).post(path, data=data)
    assert answer.status_code == 303


def test_what_must_be_seen_at_once_comes_first_and_then_what_has_waited_longest(
    clinic: Clinic,
) -> None:
    use_curve(clinic)
    came(clinic, "Newer Nina", GOES_BADLY)
    clinic.clock.pass_time(days=-21)
    came(clinic, "Older Odd", GOES_BADLY)
    clinic.clock.pass_time(days=21)
    critical(clinic, "Critical Cato")

    page = supervision(clinic)

    text = part(page, "open")
    assert "Critical C." in part(page, "at-once")
    assert "Critical C." not in text
    assert "Ikke gjennomgått 3 og" in plain(page)
    assert text.index("Older O.") < text.index("Newer N.")
    assert "Older O. Voksen Bør ses på Foreløpig ikke på vei mot tydelig bedring 35 dager" in text
    assert "Kari Lunde" in text


def test_a_decision_past_its_day_stands_apart_from_the_other_decisions(clinic: Clinic) -> None:
    use_curve(clinic)
    late = came(clinic, "Late Lars", GOES_BADLY)
    waiting = came(clinic, "Waiting Wanda", GOES_BADLY)
    decide(clinic, late, due="2026-11-17")
    decide(clinic, waiting)
    clinic.clock.pass_time(days=2)

    page = supervision(clinic)

    assert "Late L." in part(page, "overdue")
    assert "Følges opp innen 17. november 2026" in part(page, "overdue")
    assert "Waiting W." in part(page, "decided")
    assert "ingen frist" in part(page, "decided")
    assert "Late L." not in part(page, "decided")
    assert part(page, "open") == ""


def test_an_answer_that_must_be_seen_at_once_stands_before_a_decision_that_is_late(
    clinic: Clinic,
) -> None:
    """Else a supervisor with many late decisions scrolls past the one that cannot wait."""
    use_curve(clinic)
    late = came(clinic, "Late Lars", GOES_BADLY)
    decide(clinic, late, due="2026-11-17")
    clinic.clock.pass_time(days=3)
    critical(clinic, "Critical Cato")

    page = supervision(clinic)

    assert page.index('id="at-once"') < page.index('id="overdue"')
    assert "Alt er gjennomgått" not in plain(page)


def test_on_the_last_day_a_decision_is_not_late(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = came(clinic, "Late Lars", GOES_BADLY)
    decide(clinic, patient, due="2026-11-17")
    clinic.clock.pass_time(days=1)

    assert part(supervision(clinic), "overdue") == ""


def test_what_was_followed_up_is_gone_from_the_lists(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = came(clinic, "Badly Bo", GOES_BADLY)
    decide(clinic, patient)
    clinic.client(clinic.clinician).post(f"/flags/{flag_of(clinic, patient)}/follow-up")

    page = supervision(clinic)

    assert "Badly B." not in page
    assert "Alt er gjennomgått" in page


def test_the_median_counts_days_from_the_flag_to_the_first_decision(clinic: Clinic) -> None:
    use_curve(clinic)
    patients = [came(clinic, name, GOES_BADLY) for name in ("Bo Berg", "Liv Lie", "Per Pil")]
    for patient, days in zip(patients, (1, 3, 20), strict=True):
        clinic.clock.pass_time(days=days)
        decide(clinic, patient)
        clinic.clock.pass_time(days=-days)
    clinic.clock.pass_time(days=20)
    decide(clinic, patients[0], decision="changed_goal")

    text = plain(supervision(clinic))

    # Raised two weeks before the decisions' day 0: after 15, 17 and 34 days.
    assert "17 median av 3 de siste 90 dagene" in text


def test_a_flag_that_opened_again_is_counted_from_then_on(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = came(clinic, "Badly Bo", [280, 200, 195])
    deteriorated = next(
        one for one in kept(clinic, patient) if one.flag.rule.value == "deterioration"
    )
    path = f"/flags/{deteriorated.flag.id}/decide"
    form = {"decision": "talked_continue"}
    clinic.client(clinic.supervisor).post(path, data=form)
    clinic.course(patient, [130], days=3)
    clinic.client(clinic.supervisor).post(path, data=form)

    # Raised a week before the first decision; open for three days before the second.
    assert "5 median av 2 de siste 90 dagene" in plain(supervision(clinic))


def test_decisions_of_long_ago_do_not_count(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = came(clinic, "Badly Bo", GOES_BADLY)
    decide(clinic, patient)
    clinic.clock.pass_time(days=91)

    assert "– median av 0 de siste 90 dagene" in plain(supervision(clinic))


def test_the_share_in_the_top_group_is_of_the_teams_own_patients(clinic: Clinic) -> None:
    use_curve(clinic)
    came(clinic, "Badly Bo", GOES_BADLY)
    for name in ("Well Wenche", "Well Wilma", "Well Willy"):
        came(clinic, name, GOES_WELL)
    clinic.enrol(by=clinic.other_team)

    assert "25 % 1 av 4; målet er høyst 15 %" in plain(supervision(clinic))


def test_another_teams_patients_are_not_on_the_list(clinic: Clinic) -> None:
    use_curve(clinic)
    now = clinic.clock.now
    clinic.clock.pass_time(days=-28)
    patient = clinic.enrol(by=clinic.other_team, name="Badly Bo")
    clinic.course(patient, GOES_BADLY)
    clinic.clock.now = now

    page = supervision(clinic)

    assert "Badly B." not in page
    assert "– 0 av 0" in plain(page)


@pytest.mark.parametrize(
    "who",
    [
        "clinician",
        "colleague",
        "other_team",
        "quality_lead",
        "administrator",
        "elsewhere",
        "nobody",
    ],
)
def test_only_a_supervisor_has_this_page(clinic: Clinic, who: str) -> None:
    answer = clinic.client(clinic.people[who]).get("/supervision")

    assert answer.status_code == (303 if who == "nobody" else 404)


def test_one_entry_of_the_log_names_everybody_who_was_shown(clinic: Clinic) -> None:
    use_curve(clinic)
    shown = came(clinic, "Badly Bo", GOES_BADLY)
    came(clinic, "Well Wenche", GOES_WELL)

    supervision(clinic)

    with clinic.database.reading() as db:
        enter_organization(db, org_id=shown.org_id)
        question = select(AuditEntry).where(AuditEntry.action == "saw_supervision")
        (entry,) = db.execute(question).scalars()
    assert entry.details["patients"] == [shown.patient_id.hex]
    assert entry.actor_id == clinic.supervisor.staff_id


def test_a_note_that_asks_for_no_review_is_not_on_the_list(clinic: Clinic) -> None:
    patient = clinic.enrol(name="Low Lise", main="phq-9", alliance=None)
    items = clinic.registry.get("phq-9").items
    clinic.rate(
        patient,
        clinic.session(patient, is_over=True),
        instrument="phq-9",
        answers={item.key: 0 for item in items},
    )

    assert "Low L." not in supervision(clinic)


def test_an_installation_without_flags_lists_nobody(clinic: Clinic) -> None:
    use_curve(clinic)
    came(clinic, "Badly Bo", GOES_BADLY)
    switch_flags_off(clinic)

    page = supervision(clinic)

    assert "Merker er slått av her" in page
    assert "Badly B." not in page
    assert "15 %" not in page


def test_a_long_list_costs_no_more_questions_than_a_short_one(clinic: Clinic) -> None:
    use_curve(clinic)
    came(clinic, "Badly Bo", GOES_BADLY)
    browser = clinic.client(clinic.supervisor)
    with statements(clinic) as few:
        browser.get("/supervision")

    for number in range(12):
        came(clinic, f"Badly Bo{number}", GOES_BADLY[:3])
    with statements(clinic) as many:
        page = browser.get("/supervision").text

    assert part(page, "open").count("Se gjennom") == 13
    assert len(many) == len(few) <= MOST_STATEMENTS
