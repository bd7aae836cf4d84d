"""An answer that must be seen at once: shown with the procedure, ended only by a person."""

import uuid

from app.clinical.follow_up import FlagState
from app.clinical.rules import RuleId
from tests.support.clinic import Clinic, Enrolled
from tests.support.flagged import flagged, kept, page_of, send, state
from tests.support.lists import critical, plain


def critical_flag(clinic: Clinic) -> tuple[Enrolled, uuid.UUID]:
    patient = critical(clinic)
    (flag_id,) = [
        one.flag.id for one in kept(clinic, patient) if one.flag.rule is RuleId.CRITICAL_ITEM
    ]
    return patient, flag_id


def test_an_answer_that_must_be_seen_shows_the_procedure_of_the_site_and_the_answers(
    clinic: Clinic,
) -> None:
    patient, flag_id = critical_flag(clinic)
    clinic.clock.pass_time(days=7)
    items = clinic.registry.get("phq-9").items
    clinic.rate(
        patient,
        clinic.session(patient, is_over=True),
        instrument="phq-9",
        answers={item.key: 0 for item in items},
    )

    page = page_of(clinic, flag_id).text

    assert 'class="safety"' in page
    text = plain(page)
    assert "Følg rutinen for akutt fare." in text
    assert "Dag Svar 23. november 2026 0 16. november 2026 1" in text


def test_an_answer_that_must_be_seen_is_never_ended_by_the_program(clinic: Clinic) -> None:
    patient, flag_id = critical_flag(clinic)
    items = clinic.registry.get("phq-9").items
    for _ in range(3):
        clinic.clock.pass_time(days=7)
        clinic.rate(
            patient,
            clinic.session(patient, is_over=True),
            instrument="phq-9",
            answers={item.key: 0 for item in items},
        )

    assert state(clinic, patient, RuleId.CRITICAL_ITEM) is FlagState.OPEN

    send(clinic, flag_id, "decide", decision="talked_continue")
    send(clinic, flag_id, "follow-up")

    assert state(clinic, patient, RuleId.CRITICAL_ITEM) is FlagState.FOLLOWED_UP


def test_red_is_kept_for_what_must_be_seen_at_once(clinic: Clinic) -> None:
    _, flag_id = flagged(clinic)

    assert 'class="safety"' not in page_of(clinic, flag_id).text
