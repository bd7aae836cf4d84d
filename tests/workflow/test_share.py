"""Rows for research leave when one person asks and another agrees, once, and are then fixed."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.clinical import research_rows
from app.records.engine import enter_organization
from app.workflow import hand_out, second, share, show_shared
from app.workflow.access import NotAllowedError, NotThereError
from app.workflow.agree import CLINIC_ZONE
from app.workflow.hand_out import ResearchFile
from app.workflow.refusals import Conflict, Refusal
from app.workflow.show_shared import ResearchState
from tests.support import research
from tests.support.clinic import Clinic
from tests.support.reports import at_desk, settle_by
from tests.support.research import (
    GROUND,
    PROJECT,
    a_service,
    agree,
    agreed,
    asked,
    decline,
    log_of,
    seen,
    shared_by_few,
    taken,
    withdraw,
)


def test_one_asks_another_agrees_and_the_rows_can_be_taken_out(clinic: Clinic) -> None:
    a_service(clinic)

    request_id = asked(clinic)
    waiting = seen(clinic, request_id)
    agree(clinic, request_id)
    handed = taken(clinic, request_id)

    found = seen(clinic, request_id)
    assert (waiting.state, waiting.hash, waiting.waits) == (ResearchState.ASKED, None, True)
    assert (found.state, found.hash) == (ResearchState.APPROVED, handed.hash)
    assert [(one.state, one.who, one.form) for one in found.steps] == [
        (ResearchState.ASKED, "Eva Strand", None),
        (ResearchState.APPROVED, "Nils Aune", None),
        (ResearchState.TAKEN_OUT, "Eva Strand", "csv"),
    ]
    assert (found.project, found.ground) == (PROJECT, GROUND)
    assert len(handed.export.people) == found.counts.included > 40
    assert min(research_rows.classes(handed.export.people).values()) >= 5


def test_everybody_who_ended_is_counted_once(clinic: Clinic) -> None:
    courses = a_service(clinic)

    counts = seen(clinic, agreed(clinic)).counts

    oslo = [
        one
        for one in courses
        if one.closed_at and one.closed_at.astimezone(CLINIC_ZONE).year == 2025
    ]
    assert counts.ended == len({one.patient for one in oslo})
    parts = (
        counts.included,
        counts.left_out,
        counts.unscored,
        counts.declined,
        counts.other_edition,
    )
    assert sum(parts) == counts.ended
    assert all(part > 0 for part in parts)


def test_each_step_is_in_the_log_and_names_whoever_left_but_no_text(clinic: Clinic) -> None:
    a_service(clinic)

    request_id = agreed(clinic)
    taken(clinic, request_id, kind=ResearchFile.CODEBOOK)
    withdraw(clinic, request_id)

    rows = log_of(clinic)
    assert [row.action for row in rows] == [
        "asked_for_research",
        "agreed_to_research",
        "took_out_research",
        "withdrew_research",
    ]
    assert {row.details["export"] for row in rows} == {request_id.hex}
    patients = rows[1].details["patients"]
    assert isinstance(patients, list)
    assert len(patients) == seen(clinic, request_id).counts.included
    assert patients == sorted(patients)
    told = json.dumps([row.details for row in rows], ensure_ascii=False)
    assert PROJECT not in told
    assert GROUND not in told


def test_nothing_of_the_patients_is_in_what_leaves(clinic: Clinic) -> None:
    courses = a_service(clinic)

    text = repr(taken(clinic, agreed(clinic)).export)

    for one in courses:
        for secret in (one.patient, one.team, one.id, *one.therapists):
            assert secret.hex not in text
            assert str(secret) not in text
    assert "datetime" not in text
    assert "2025-" not in text


@pytest.mark.parametrize("who", ["clinician", "supervisor", "administrator", "elsewhere"])
def test_only_a_quality_lead_asks(clinic: Clinic, who: str) -> None:
    a_service(clinic)

    with pytest.raises(NotAllowedError):
        asked(clinic, by=clinic.people[who])


@pytest.mark.parametrize("who", ["clinician", "colleague", "supervisor", "elsewhere"])
def test_others_neither_agree_nor_decline_nor_take_out(clinic: Clinic, who: str) -> None:
    a_service(clinic)
    request_id = asked(clinic)

    for act in (agree, decline, taken):
        with pytest.raises(NotAllowedError):
            act(clinic, request_id, by=clinic.people[who])


def test_the_one_who_asked_cannot_answer(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = asked(clinic)

    for act in (agree, decline):
        with pytest.raises(Conflict, match="research_second_person"):
            act(clinic, request_id, by=clinic.quality_lead)

    assert seen(clinic, request_id).state is ResearchState.ASKED


def test_another_quality_lead_may_agree(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = asked(clinic)

    agree(clinic, request_id, by=research.second_lead(clinic))

    assert [one.who for one in seen(clinic, request_id).steps] == ["Eva Strand", "Tuva Berge"]


def test_an_administrator_agrees_but_takes_nothing_out(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = agreed(clinic)

    with pytest.raises(NotAllowedError):
        taken(clinic, request_id, by=clinic.administrator)


def test_nothing_is_there_to_take_out_before_somebody_agrees(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = asked(clinic)

    with pytest.raises(Conflict, match="research_not_agreed"):
        taken(clinic, request_id)


def test_a_request_expires(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = asked(clinic)
    clinic.clock.pass_time(days=14)

    with pytest.raises(Conflict, match="research_expired"):
        agree(clinic, request_id)

    assert seen(clinic, request_id).has_expired
    assert seen(clinic, asked(clinic)).waits


def test_a_request_is_good_until_then(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = asked(clinic)
    clinic.clock.pass_time(days=14, minutes=-1)

    agree(clinic, request_id)

    assert seen(clinic, request_id).state is ResearchState.APPROVED


def test_what_was_declined_is_over_and_may_be_asked_for_anew(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = asked(clinic)
    decline(clinic, request_id)

    for act in (agree, decline, withdraw):
        with pytest.raises(Conflict, match="research_is_over"):
            act(clinic, request_id)
    with pytest.raises(Conflict, match="research_not_agreed"):
        taken(clinic, request_id)

    assert seen(clinic, request_id).steps[-1].reason == "Uklart"
    assert seen(clinic, agreed(clinic)).state is ResearchState.APPROVED


def test_what_was_withdrawn_is_taken_out_no_more(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = agreed(clinic)
    withdraw(clinic, request_id)

    with pytest.raises(Conflict, match="research_not_agreed"):
        taken(clinic, request_id)
    assert seen(clinic, request_id).steps[-1].reason == "Prosjektet er avlyst"
    # Nobody had taken it out, so the courses have not left.
    assert seen(clinic, agreed(clinic)).state is ResearchState.APPROVED


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_no_has_a_reason_of_some_length(clinic: Clinic, reason: str) -> None:
    a_service(clinic)
    request_id = asked(clinic)

    for act in (decline, withdraw):
        with pytest.raises(Refusal, match="reason_"):
            act(clinic, request_id, reason)


def test_courses_leave_once(clinic: Clinic) -> None:
    a_service(clinic)
    first = asked(clinic)

    with pytest.raises(Conflict, match="research_asked_already"):
        asked(clinic, first_year=2024)
    agree(clinic, first)
    with pytest.raises(Conflict, match="research_out_already"):
        asked(clinic, has_teams=False)
    taken(clinic, first)
    withdraw(clinic, first)
    with pytest.raises(Conflict, match="research_out_already"):
        asked(clinic, first_year=2024, last_year=2025)


def test_two_requests_cannot_both_be_agreed_to(clinic: Clinic) -> None:
    """The first has expired when the second is asked for, and so blocks nothing."""
    a_service(clinic)
    first = asked(clinic)
    clinic.clock.pass_time(days=15)
    other = agreed(clinic)

    with pytest.raises(Conflict, match="research_expired"):
        agree(clinic, first)

    assert seen(clinic, other).state is ResearchState.APPROVED


def test_what_the_site_asks_for_behind_a_number_holds_and_never_less_than_five(
    clinic: Clinic,
) -> None:
    a_service(clinic)
    settle_by(clinic, threshold=3)
    low = seen(clinic, asked(clinic, first_year=2025)).k
    settle_by(clinic, threshold=8)

    request_id = next(iter(rows_of(clinic)))
    agree(clinic, request_id)

    assert low == 5
    assert seen(clinic, request_id).k == 8
    found = taken(clinic, request_id).export
    assert found.definition.k == 8
    assert min(research_rows.classes(found.people).values()) >= 8


def test_of_nobody_left_by_the_threshold_of_now_nothing_is_made(clinic: Clinic) -> None:
    request_id = shared_by_few(clinic, is_agreed=False)
    settle_by(clinic, threshold=10)

    with pytest.raises(Conflict, match="research_nobody"):
        agree(clinic, request_id)

    assert seen(clinic, request_id).hash is None


def test_two_therapists_patients_are_shared_with_nobody(clinic: Clinic) -> None:
    with pytest.raises(Conflict, match="research_one_therapist"):
        shared_by_few(clinic, therapists=2)

    assert rows_of(clinic) == []


def test_another_edition_of_the_form_is_another_question(clinic: Clinic) -> None:
    request_id = shared_by_few(clinic, is_agreed=False)
    form = clinic.registry.get("outcome-4")
    newer = form.model_copy(update={"version": form.version + 1})
    forms = dict(clinic.registry.instruments) | {form.key: newer}
    clinic.registry = replace(clinic.registry, instruments=forms)

    with pytest.raises(Conflict, match="research_other_rules"):
        agree(clinic, request_id)


def test_a_refusal_of_the_second_keeps_nothing(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = asked(clinic)

    with pytest.raises(Refusal, match="research_confirm"):
        agree(clinic, request_id, is_confirmed=False)

    assert seen(clinic, request_id).hash is None


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"instrument": "alliance-4"}, "report_instrument"),
        ({"instrument": "nonsense"}, "report_instrument"),
        ({"first_year": 2026, "last_year": 2026}, "research_years"),
        ({"first_year": 2025, "last_year": 2024}, "research_years"),
        ({"first_year": 1999}, "research_years"),
        ({"project": "  "}, "research_project"),
        ({"project": "\u200b\x00"}, "research_project"),
        ({"project": "x" * 201}, "research_project"),
        ({"ground": ""}, "research_ground"),
        ({"ground": "\x00"}, "research_ground"),
        ({"ground": "x" * 1001}, "research_ground"),
        ({"is_confirmed": False}, "research_confirm"),
        ({"first_year": 2019, "last_year": 2020}, "research_nobody"),
    ],
)
def test_what_cannot_be_asked_for(clinic: Clinic, changed: dict[str, Any], word: str) -> None:
    a_service(clinic, courses=40)

    with pytest.raises(Refusal, match=word):
        asked(clinic, **changed)

    assert rows_of(clinic) == []


def test_everything_is_asked_of_somebody_who_proved_who_they_are(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = asked(clinic)
    lead, administrator = at_desk(clinic), at_desk(clinic, clinic.administrator)
    clinic.clock.pass_time(minutes=6)

    acts: list[tuple[Any, Any, dict[str, Any]]] = [
        (share.stop_sharing, lead, {"reason": "x"}),
        (second.decline_to_share, administrator, {"reason": "x"}),
        (
            second.agree_to_share,
            administrator,
            {"is_confirmed": True, "registry": clinic.registry},
        ),
        (hand_out.hand_out, lead, {"kind": ResearchFile.CSV}),
    ]
    for act, here, more in acts:
        with clinic.database.writing() as db, pytest.raises(Conflict, match="not_vouched"):
            act(db, here(db), request_id=request_id, now=clinic.clock.now, **more)
    with clinic.database.writing() as db, pytest.raises(Conflict, match="not_vouched"):
        share.ask_to_share(
            db,
            lead(db),
            wanted=research.wanted(),
            registry=clinic.registry,
            now=clinic.clock.now,
        )


def test_an_export_of_another_organization_is_not_there(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = agreed(clinic)

    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        foreign = replace(viewer, org_id=clinic.elsewhere.org_id)
        enter_organization(db, org_id=foreign.org_id)
        with pytest.raises(NotThereError):
            show_shared.see_shared(db, foreign, request_id=request_id, now=clinic.clock.now)
        assert show_shared.see_all_shared(db, foreign, now=clinic.clock.now) == []


def rows_of(clinic: Clinic) -> Sequence[uuid.UUID]:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        found = show_shared.see_all_shared(db, viewer, now=clinic.clock.now)
        return [row.id for row in found]
