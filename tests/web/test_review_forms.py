"""What is typed about a flag: told what is wrong, given back as it was, kept sealed."""

import pytest

from app.clinical.follow_up import FlagState
from tests.support.clinic import Clinic
from tests.support.flagged import flagged, send, state


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"note": "Tas opp"}, "Beslutning er ikke valgt"),
        ({"decision": "nonsense", "note": "Tas opp"}, "Beslutning er ikke valgt"),
        (
            {"decision": "changed_goal", "note": "Tas opp", "due": "2026-11-15"},
            "Velg en dag fra i dag",
        ),
        ({"decision": "changed_goal", "note": "Tas opp", "due": "2030-01-01"}, "høyst et år fram"),
        (
            {"decision": "changed_goal", "note": "Tas opp", "due": "snart"},
            "Skriv en dag som finnes",
        ),
    ],
)
def test_a_form_that_cannot_be_used_comes_back_as_it_was_typed(
    clinic: Clinic, form: dict[str, str], said: str
) -> None:
    patient, flag_id = flagged(clinic)

    answer = send(clinic, flag_id, "decide", **form)

    assert answer.status_code == 422
    assert said in answer.text
    assert ">Tas opp</textarea>" in answer.text
    assert state(clinic, patient) is FlagState.OPEN


@pytest.mark.parametrize("length", [4000, 4001])
def test_a_note_has_room_for_four_thousand_characters(clinic: Clinic, length: int) -> None:
    _, flag_id = flagged(clinic)

    answer = send(clinic, flag_id, "note", note="å" * length)

    assert answer.status_code == (303 if length == 4000 else 422)


def test_an_empty_note_is_not_kept(clinic: Clinic) -> None:
    _, flag_id = flagged(clinic)

    answer = send(clinic, flag_id, "note", note="  ")

    assert answer.status_code == 422
    assert 'href="#note-add"' in answer.text
