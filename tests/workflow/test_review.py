"""The review refuses by itself what no page of ours sends."""

import pytest

from app.workflow import review
from app.workflow.refusals import Refusal
from app.workflow.review import Decision, Entry
from tests.support.clinic import Clinic
from tests.support.flagged import flagged


def refused(clinic: Clinic, step: str, entry: Entry) -> Refusal:
    _, flag_id = flagged(clinic)
    steps = {"decide": review.decide, "note": review.note}
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        with pytest.raises(Refusal) as caught:
            steps[step](db, viewer, flag_id=flag_id, entry=entry, now=clinic.clock.now)
    return caught.value


def test_a_decision_needs_one_of_the_nine(clinic: Clinic) -> None:
    refusal = refused(clinic, "decide", Entry())

    assert refusal.word == "review_decision_missing"
    assert refusal.allowed is not None
    assert refusal.allowed.split(", ") == [decision.value for decision in Decision]


def test_a_note_needs_words(clinic: Clinic) -> None:
    assert refused(clinic, "note", Entry()).word == "review_note_missing"


def test_a_note_is_not_repeated_by_what_refuses_it(clinic: Clinic) -> None:
    refusal = refused(clinic, "note", Entry(note="hemmelig " * 500))

    assert refusal.word == "review_note_too_long"
    assert "hemmelig" not in str(refusal)
    assert "hemmelig" not in repr(Entry(note="hemmelig"))
