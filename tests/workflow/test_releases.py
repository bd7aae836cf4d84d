"""A release is checked against all that is out, signed once, and never changed."""

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.workflow import present, sign, take_out, withdraw
from app.workflow.access import NotAllowedError, NotThereError
from app.workflow.present import ReleaseSeen, ReleaseState
from app.workflow.refusals import Conflict, Refusal
from app.workflow.release import Refused
from app.workflow.sign import ReleaseChangedError
from app.workflow.take_out import FileKind
from tests.support.clinic import Clinic, Person
from tests.support.reports import at_desk, definition, drafted, kept, settle_by, signed

NEXT_YEAR: Final[dict[str, Any]] = {"first": dt.date(2026, 1, 1), "last": dt.date(2026, 12, 31)}


def seen(clinic: Clinic, release_id: uuid.UUID, who: Person | None = None) -> ReleaseSeen:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, who or clinic.quality_lead)
        return present.see_release(db, viewer, release_id=release_id)


def act(verb: Any, clinic: Clinic, release_id: uuid.UUID, who: Person | None = None) -> None:  # noqa: ANN401 - a function of the workflow
    here = at_desk(clinic, who)
    with clinic.database.writing() as db:
        verb(db, here(db), release_id=release_id, now=clinic.clock.now)


def withdrawn(clinic: Clinic, release_id: uuid.UUID, reason: str = "Feil periode") -> None:
    here = at_desk(clinic)
    with clinic.database.writing() as db:
        withdraw.withdraw(db, here(db), release_id=release_id, reason=reason, now=clinic.clock.now)


def log_of(clinic: Clinic) -> list[tuple[str, str | None]]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        rows = db.execute(select(AuditEntry).order_by(col(AuditEntry.sequence))).scalars()
        return [
            (row.action, str(row.details.get("form") or "") or None)
            for row in rows
            if "release" in row.action
        ]


def test_a_release_is_drafted_signed_and_kept_as_it_was(clinic: Clinic) -> None:
    made = drafted()

    release_id = signed(clinic)

    found = seen(clinic, release_id)
    assert found.report == made.report
    assert found.state is ReleaseState.SIGNED
    assert [step.state for step in found.steps] == [ReleaseState.DRAFTED, ReleaseState.SIGNED]
    assert {step.who for step in found.steps} == {"Eva Strand"}
    assert {
        (one.unit, one.period, one.age, one.category): one.why for one in found.hidden
    } == made.reasons
    assert [action for action, _ in log_of(clinic)] == ["drafted_release", "signed_release"]


def test_the_same_question_has_one_answer(clinic: Clinic) -> None:
    release_id = signed(clinic)
    asked = definition()

    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        again = sign.in_force(
            db, viewer, instrument=asked.instrument, first=asked.first, last=asked.last
        )
        other = sign.in_force(db, viewer, instrument="phq-9", first=asked.first, last=asked.last)

    assert again == release_id
    assert other is None
    with pytest.raises(Conflict, match="release_there_already"):
        kept(clinic, patients=500, threshold=7)


@pytest.mark.parametrize("refused", Refused)
def test_what_control_refuses_is_not_even_kept(clinic: Clinic, refused: Refused) -> None:
    with pytest.raises(Conflict, match=f"release_{refused.value}"):
        kept(clinic, refused=refused)

    with clinic.database.writing() as db:
        assert present.see_releases(db, clinic.viewer(db, clinic.quality_lead)) == []


def test_what_was_withdrawn_or_replaced_still_counts_as_out(clinic: Clinic) -> None:
    first = signed(clinic)
    withdrawn(clinic, first)
    second = signed(clinic, patients=500)
    third = signed(clinic, patients=600, supersedes=second)
    kept(clinic, patients=700, supersedes=third)

    with clinic.database.writing() as db:
        out = sign.reports_out(db, clinic.viewer(db, clinic.quality_lead))

    assert out == [drafted(patients=patients).report for patients in (400, 500, 600)]


def test_a_draft_that_was_overtaken_is_not_signed(clinic: Clinic) -> None:
    first, second = kept(clinic), kept(clinic, **NEXT_YEAR)
    act(sign.sign, clinic, first)

    with pytest.raises(Conflict, match="release_overtaken"):
        act(sign.sign, clinic, second)

    assert seen(clinic, second).is_overtaken
    assert seen(clinic, second).state is ReleaseState.DRAFTED


def test_a_release_is_superseded_openly(clinic: Clinic) -> None:
    old = signed(clinic)

    new = signed(clinic, patients=430, supersedes=old)

    assert seen(clinic, old).state is ReleaseState.SUPERSEDED
    assert seen(clinic, old).superseded_by == new
    assert seen(clinic, new).supersedes == old
    with pytest.raises(Conflict, match="release_not_in_force"):
        kept(clinic, patients=500, supersedes=old)


def test_only_the_same_form_and_period_are_superseded(clinic: Clinic) -> None:
    old = signed(clinic)

    with pytest.raises(Conflict, match="release_other_question"):
        kept(clinic, supersedes=old, **NEXT_YEAR)


def test_two_drafts_cannot_both_take_the_place_of_one(clinic: Clinic) -> None:
    old = signed(clinic)
    one, other = (kept(clinic, patients=patients, supersedes=old) for patients in (430, 460))
    act(sign.sign, clinic, one)

    with pytest.raises(Conflict, match="release_overtaken"):
        act(sign.sign, clinic, other)


def test_an_exception_needs_another_person(clinic: Clinic) -> None:
    settle_by(clinic, threshold=3)
    release_id = kept(clinic, threshold=3)

    with pytest.raises(Conflict, match="release_needs_second"):
        act(sign.sign, clinic, release_id)
    with pytest.raises(Conflict, match="release_second_person"):
        act(sign.approve, clinic, release_id)
    act(sign.approve, clinic, release_id, clinic.administrator)
    act(sign.sign, clinic, release_id)

    found = seen(clinic, release_id)
    assert [step.state for step in found.steps] == [
        ReleaseState.DRAFTED,
        ReleaseState.APPROVED,
        ReleaseState.SIGNED,
    ]
    assert len({step.who for step in found.steps}) == 2
    assert "approved_release" in [action for action, _ in log_of(clinic)]


def test_what_follows_the_rules_needs_no_second_person(clinic: Clinic) -> None:
    with pytest.raises(Conflict, match="release_no_exception"):
        act(sign.approve, clinic, kept(clinic), clinic.administrator)


@pytest.mark.parametrize("verb", [sign.sign, sign.approve])
def test_what_is_signed_is_no_draft(clinic: Clinic, verb: Any) -> None:  # noqa: ANN401 - a function of the workflow
    release_id = signed(clinic)

    with pytest.raises(Conflict, match="release_no_draft"):
        act(verb, clinic, release_id)


def test_a_withdrawal_says_why_and_takes_the_files_away(clinic: Clinic) -> None:
    release_id = signed(clinic)

    withdrawn(clinic, release_id, " Feil periode ")

    assert seen(clinic, release_id).steps[-1].reason == "Feil periode"
    with pytest.raises(Conflict, match="release_not_in_force"):
        take(clinic, release_id)
    with pytest.raises(Conflict, match="release_withdrawn_already"):
        withdrawn(clinic, release_id)


@pytest.mark.parametrize(("reason", "word"), [(" ", "missing"), ("a" * 1001, "too_long")])
def test_nothing_is_withdrawn_without_a_reason(clinic: Clinic, reason: str, word: str) -> None:
    with pytest.raises(Refusal, match=f"reason_{word}"):
        withdrawn(clinic, signed(clinic), reason)


def take(clinic: Clinic, release_id: uuid.UUID, who: Person | None = None) -> ReleaseSeen:
    here = at_desk(clinic, who)
    with clinic.database.writing() as db:
        return take_out.take_out(
            db, here(db), release_id=release_id, kind=FileKind.CSV, now=clinic.clock.now
        )


def test_each_file_that_leaves_is_in_the_log(clinic: Clinic) -> None:
    release_id = signed(clinic)

    take(clinic, release_id)
    take(clinic, release_id)

    assert log_of(clinic)[-2:] == [("downloaded_release", "csv")] * 2


def test_a_draft_does_not_leave(clinic: Clinic) -> None:
    with pytest.raises(Conflict, match="release_not_in_force"):
        take(clinic, kept(clinic))


def test_after_five_minutes_nothing_is_signed_or_taken_out(clinic: Clinic) -> None:
    release_id, here = kept(clinic), at_desk(clinic)
    clinic.clock.pass_time(minutes=5)

    for verb in (sign.sign, sign.approve):
        with clinic.database.writing() as db, pytest.raises(Conflict, match="not_vouched"):
            verb(db, here(db), release_id=release_id, now=clinic.clock.now)
    with clinic.database.writing() as db, pytest.raises(Conflict, match="not_vouched"):
        withdraw.withdraw(db, here(db), release_id=release_id, reason="x", now=clinic.clock.now)
    with clinic.database.writing() as db, pytest.raises(Conflict, match="not_vouched"):
        take_out.take_out(
            db, here(db), release_id=release_id, kind=FileKind.CSV, now=clinic.clock.now
        )


def test_nobody_else_drafts_signs_withdraws_or_takes_out(clinic: Clinic) -> None:
    release_id = signed(clinic)

    for who in (clinic.clinician, clinic.supervisor, clinic.administrator):
        with pytest.raises(NotAllowedError):
            kept(clinic, by=who)
        with pytest.raises(NotAllowedError):
            act(sign.sign, clinic, release_id, who)
        with pytest.raises(NotAllowedError):
            take(clinic, release_id, who)
    assert seen(clinic, release_id, clinic.administrator).hidden == ()


def test_another_organization_finds_nothing(clinic: Clinic) -> None:
    release_id = signed(clinic)

    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        foreign = replace(viewer, org_id=clinic.elsewhere.org_id)
        enter_organization(db, org_id=foreign.org_id)
        with pytest.raises(NotThereError):
            present.see_release(db, foreign, release_id=release_id)
        assert present.see_releases(db, foreign) == []
        assert sign.reports_out(db, foreign) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE figure_release SET threshold = 3",
        "DELETE FROM figure_release",
        "UPDATE figure_release_step SET state = 'drafted'",
        "DELETE FROM figure_release_step",
    ],
)
def test_the_database_refuses_to_change_what_is_out(clinic: Clinic, statement: str) -> None:
    signed(clinic)

    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        with pytest.raises(DBAPIError, match=r"appended only|permission denied"):
            db.execute(sa.text(statement))
        db.rollback()


def test_a_release_that_was_changed_behind_the_program_is_not_shown(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id = signed(clinic)
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        row = sign.of_id(db, viewer, release_id)
        changed = row.model_copy(update={"written": row.written.replace('"n":', '"n": ')})
        monkeypatch.setattr("app.records.releases.of_id", lambda *_, **__: changed)

        with pytest.raises(ReleaseChangedError, match="does not have the hash"):
            present.see_release(db, viewer, release_id=release_id)
