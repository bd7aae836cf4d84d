"""A flag is taken, decided about and followed up; only a new reason opens it again."""

import re
import uuid

import pytest
from sqlmodel import select

from app.clinical.follow_up import FlagState
from app.clinical.rules import RuleId
from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.records.reviews import Review
from tests.support.clinic import Clinic
from tests.support.flagged import flagged, kept, page_of, send, state
from tests.support.lists import GOES_WELL, came, plain, rows, switch_flags_off, use_curve

DECISIONS = (
    "talked_continue",
    "changed_goal",
    "changed_method",
    "changed_frequency",
    "involve_network",
    "other_clinician",
    "other_service",
    "measurement_error",
    "patient_prefers_no_action",
)
STEPS = ("take", "decide", "note", "follow-up")
PAYLOAD = "<script>alert('x')</script>"


def log(clinic: Clinic, action: str) -> list[AuditEntry]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return list(db.execute(select(AuditEntry).where(AuditEntry.action == action)).scalars())


def test_one_press_in_the_list_opens_the_flag(clinic: Clinic) -> None:
    _, flag_id = flagged(clinic)
    client = clinic.client(clinic.clinician)

    (row,) = rows(client.get("/").text)

    assert row.action == f"/flags/{flag_id}"
    assert client.get(row.action).status_code == 200


def test_the_page_says_what_the_rule_saw_and_on_what_edition_and_curve_it_rests(
    clinic: Clinic,
) -> None:
    _, flag_id = flagged(clinic)

    text = plain(page_of(clinic, flag_id).text)

    assert "Foreløpig ikke på vei mot tydelig bedring" in text
    assert "Badly B. · Bør ses på · Kom 2. november 2026" in text
    assert "Regel: Foreløpig ikke på ventet vei, utgave 1. Kurve: synthetic-1." in text
    assert "Kurven er syntetisk" in text
    assert "Første skår 18,0" in text
    assert "Siste skår 16,5" in text
    assert "Merkes fra og med 70 av 100" in text


@pytest.mark.parametrize("decision", DECISIONS)
def test_each_of_the_nine_decisions_can_be_made(clinic: Clinic, decision: str) -> None:
    patient, flag_id = flagged(clinic)

    answer = send(clinic, flag_id, "decide", decision=decision)

    assert answer.status_code == 303
    assert state(clinic, patient) is FlagState.DECIDED
    assert f'value="{decision}"' in page_of(clinic, flag_id).text


def test_a_flag_is_taken_decided_about_and_followed_up(clinic: Clinic) -> None:
    patient, flag_id = flagged(clinic)
    seen = []

    for step, form in (
        ("take", {}),
        ("decide", {"decision": "changed_method", "note": "Ny plan", "due": "2026-11-30"}),
        ("follow-up", {}),
    ):
        send(clinic, flag_id, step, **form)
        seen.append(state(clinic, patient))

    assert seen == [FlagState.TAKEN, FlagState.DECIDED, FlagState.FOLLOWED_UP]
    text = plain(page_of(clinic, flag_id).text)
    assert "Fulgt opp av Kari Lunde" in text
    assert (
        "Gjennomgått av Kari Lunde Endret arbeidsmåte Følges opp innen 30. november 2026 Ny plan"
        in text
    )
    assert "Tatt av Kari Lunde" in text


def test_a_note_is_added_and_moves_nothing(clinic: Clinic) -> None:
    patient, flag_id = flagged(clinic)

    send(clinic, flag_id, "note", note="Ringte mor")

    assert state(clinic, patient) is FlagState.OPEN
    assert "Notat av Kari Lunde Ringte mor" in plain(page_of(clinic, flag_id).text)


def test_a_flag_that_nobody_decided_about_cannot_be_followed_up(clinic: Clinic) -> None:
    patient, flag_id = flagged(clinic)

    answer = send(clinic, flag_id, "follow-up")

    assert answer.status_code == 409
    assert "Merket er ikke gjennomgått" in answer.text
    assert "ta, beslutte, notere" in answer.text
    assert state(clinic, patient) is FlagState.OPEN


def test_a_followed_up_flag_takes_notes_and_nothing_else(clinic: Clinic) -> None:
    patient, flag_id = flagged(clinic)
    send(clinic, flag_id, "decide", decision="talked_continue")
    send(clinic, flag_id, "follow-up")

    answers = {
        step: send(clinic, flag_id, step, decision="changed_goal", note="Mer").status_code
        for step in STEPS
    }

    assert answers == {"take": 409, "decide": 409, "note": 303, "follow-up": 409}
    assert state(clinic, patient) is FlagState.FOLLOWED_UP


def test_a_decision_can_be_changed(clinic: Clinic) -> None:
    patient, flag_id = flagged(clinic)
    send(clinic, flag_id, "decide", decision="talked_continue")

    send(clinic, flag_id, "decide", decision="other_service")

    assert state(clinic, patient) is FlagState.DECIDED
    text = plain(page_of(clinic, flag_id).text)
    assert text.index("Annen tjeneste") < text.index("Snakket om det")


def test_who_answers_an_old_page_sees_first_what_a_colleague_did(clinic: Clinic) -> None:
    patient, flag_id = flagged(clinic)
    send(clinic, flag_id, "decide", who="supervisor", decision="involve_network")

    answer = send(clinic, flag_id, "decide", decision="talked_continue", seen="0")

    assert answer.status_code == 409
    assert "Noen har gjort noe med dette" in answer.text
    assert state(clinic, patient) is FlagState.DECIDED
    assert "Snakket om det, fortsetter som før" not in _history(page_of(clinic, flag_id).text)


def _history(page: str) -> str:
    return page[page.index('class="log"') : page.index("</ol>")]


def test_a_note_is_sealed_where_it_is_kept_and_stays_text_where_it_is_shown(
    clinic: Clinic,
) -> None:
    _, flag_id = flagged(clinic)

    send(clinic, flag_id, "decide", decision="changed_goal", note=PAYLOAD)

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        (sealed,) = db.execute(select(Review.note_sealed)).scalars()
    assert sealed is not None
    assert b"alert" not in sealed
    page = page_of(clinic, flag_id).text
    assert PAYLOAD not in page
    assert "&lt;script&gt;" in page


def test_the_log_says_on_what_ground_somebody_looked_and_decided_and_repeats_no_note(
    clinic: Clinic,
) -> None:
    patient, flag_id = flagged(clinic)

    page_of(clinic, flag_id)
    send(clinic, flag_id, "decide", who="supervisor", decision="changed_goal", note="Hemmelig")

    (looked,) = log(clinic, "saw_flag")
    (decided,) = log(clinic, "reviewed_flag")
    assert (looked.ground, looked.patient_id) == ("treats", patient.patient_id)
    assert (decided.ground, decided.patient_id) == ("supervises", patient.patient_id)
    assert decided.details == {
        "flag": flag_id.hex,
        "step": "decided",
        "decision": "changed_goal",
    }


@pytest.mark.parametrize(
    "who", ["colleague", "other_team", "quality_lead", "administrator", "elsewhere", "nobody"]
)
def test_a_flag_of_somebody_elses_patient_is_not_there(clinic: Clinic, who: str) -> None:
    patient, flag_id = flagged(clinic)
    other = 303 if who == "nobody" else 404

    answers = {page_of(clinic, flag_id, who=who).status_code}
    for step in STEPS:
        answer = send(clinic, flag_id, step, who=who, decision="changed_goal", note="Min")
        answers.add(answer.status_code)

    assert answers == {other}
    assert state(clinic, patient) is FlagState.OPEN


def test_a_look_that_was_refused_is_written_down(clinic: Clinic) -> None:
    _, flag_id = flagged(clinic)

    page_of(clinic, flag_id, who="colleague")

    (entry,) = log(clinic, "refused")
    assert entry.actor_id == clinic.colleague.staff_id
    assert entry.details == {"asked_for": flag_id.hex}


def test_a_flag_that_does_not_exist_is_not_there(clinic: Clinic) -> None:
    assert page_of(clinic, uuid.uuid4()).status_code == 404


def test_a_decided_flag_stays_decided_while_the_old_reason_lasts(clinic: Clinic) -> None:
    patient, flag_id = flagged(clinic)
    send(clinic, flag_id, "decide", decision="talked_continue")

    clinic.course(patient, [158, 157])

    assert state(clinic, patient) is FlagState.DECIDED


def test_a_decided_flag_opens_again_for_a_new_reason_and_keeps_its_notes(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = came(clinic, "Badly Bo", [280, 200, 195])
    (flag_id,) = [
        one.flag.id for one in kept(clinic, patient) if one.flag.rule is RuleId.DETERIORATION
    ]
    send(clinic, flag_id, "decide", decision="changed_goal", note="Første gang")

    clinic.course(patient, [130])

    assert state(clinic, patient, RuleId.DETERIORATION) is FlagState.OPEN
    text = plain(page_of(clinic, flag_id).text)
    assert "Åpnet igjen av regelen: ny grunn" in text
    assert "Første gang" in text
    assert "Tydelig lavere enn ved start (−15,0)" in text


def test_a_course_that_recovers_ends_its_flag_and_the_page_says_so(clinic: Clinic) -> None:
    patient, flag_id = flagged(clinic)

    clinic.course(patient, [300, 320])

    assert state(clinic, patient) is FlagState.CLEARED
    text = plain(page_of(clinic, flag_id).text)
    assert "Avsluttet av regelen: gjelder ikke lenger" in text
    assert send(clinic, flag_id, "decide", decision="changed_goal").status_code == 409


def test_a_flag_from_before_flags_were_switched_off_is_not_there(clinic: Clinic) -> None:
    patient, flag_id = flagged(clinic)
    switch_flags_off(clinic)

    answers = {page_of(clinic, flag_id).status_code}
    for step in STEPS:
        answers.add(send(clinic, flag_id, step, decision="changed_goal", note="x").status_code)

    assert answers == {404}
    assert state(clinic, patient) is FlagState.OPEN


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_the_page_opens_in_each_language_with_every_word(clinic: Clinic, language: str) -> None:
    _, flag_id = flagged(clinic)
    send(clinic, flag_id, "decide", decision="changed_goal", due="2026-11-20")
    client = clinic.client(clinic.clinician)
    client.post("/language", data={"language": language, "next": "/"})

    page = client.get(f"/flags/{flag_id}")

    assert page.status_code == 200
    assert f'<html lang="{language}"' in page.text
    assert not re.search(r"\{\w+\}", plain(page.text))


def test_a_course_as_expected_has_no_flag_to_open(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = came(clinic, "Well Wenche", GOES_WELL)

    assert kept(clinic, patient) == []
