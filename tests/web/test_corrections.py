"""A rating is put right by a new row; the old one stays, with the reason."""

import uuid

import pytest

from app.records.ratings import Correction
from app.records.tablets import Slot
from tests.support.clinic import Clinic
from tests.support.filed import counting, record_of, stored
from tests.support.forms import (
    address_of,
    chosen_in,
    correction,
    marks,
    problems_on,
    text_of,
    value_of,
)


def test_new_values_count_and_the_old_ones_stay_with_the_reason(clinic: Clinic) -> None:
    patient = clinic.enrol()
    old = clinic.rate(patient, clinic.session(patient), total=200).rating_id
    client = clinic.client(clinic.clinician)

    address = address_of(client, f"/ratings/{old}/correct", correction())

    assert counting(clinic, patient) == [320]
    _, new = stored(clinic)
    assert (new.replaces_id, new.correction) == (old, Correction.TYPING_ERROR)
    assert address.startswith(f"/ratings/{new.id}")
    page = text_of(client.get(f"/episodes/{patient.episode_id}/ratings").text)
    assert "32,0" in page
    assert "20,0" in page
    assert "Skrev feil tall" in page
    assert page.count("Erstattet") == 1


def test_the_form_for_a_correction_begins_with_what_is_stored(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    given = {"o1": 73, "o2": 0, "o3": 100, "o4": None}
    old = clinic.rate(patient, session_id, answers=dict(given)).rating_id
    client = clinic.client(clinic.clinician)

    correct = client.get(f"/ratings/{old}/correct").text
    redo = client.get(f"/ratings/{old}/correct?why=redone_together").text

    assert [value_of(correct, f"item_o{n}") for n in range(1, 5)] == ["7,3", "0", "10", ""]
    assert chosen_in(correct, "correction") == []
    assert [value_of(redo, f"item_o{n}") for n in range(1, 5)] == ["", "", "", ""]
    assert chosen_in(redo, "correction") == ["redone_together"]


def test_a_typed_total_is_corrected_by_another_total(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    client = clinic.client(clinic.clinician)
    form = {
        "submission_key": str(uuid.uuid4()),
        "instrument": "ors",
        "respondent": str(patient.respondent_id),
        "dated": "2026-11-16",
        "slot": "start",
        "total": "21,7",
    }
    address = address_of(client, f"/sessions/{session_id}/paper", form).partition("?")[0]

    shown = client.get(f"{address}/correct").text
    answers = dict.fromkeys(marks("", "", "", ""), "")
    address_of(client, f"{address}/correct", correction(total="27,1", **answers))

    assert value_of(shown, "total") == "21,7"
    assert counting(clinic, patient) == [271]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reason", " "),
        ("reason", "x" * 501),
        ("correction", ""),
        ("correction", "second_set"),
        ("dated", "2027-01-01"),
        ("item_o2", "11"),
    ],
)
def test_a_correction_that_cannot_be_used_is_told_at_the_field_and_kept(
    clinic: Clinic, field: str, value: str
) -> None:
    patient = clinic.enrol()
    old = clinic.rate(patient, clinic.session(patient), total=200).rating_id

    answer = clinic.client(clinic.clinician).post(
        f"/ratings/{old}/correct", data=correction(**{field: value})
    )

    assert answer.status_code == 422
    assert problems_on(answer.text) == [field]
    assert value_of(answer.text, "item_o1") == "8"
    assert counting(clinic, patient) == [200]


def test_a_correction_that_is_sent_twice_is_stored_once(clinic: Clinic) -> None:
    patient = clinic.enrol()
    old = clinic.rate(patient, clinic.session(patient), total=200).rating_id
    client = clinic.client(clinic.clinician)
    form = correction()

    first = address_of(client, f"/ratings/{old}/correct", form)
    second = address_of(client, f"/ratings/{old}/correct", form)

    assert first == second
    assert len(stored(clinic)) == 2


def test_only_what_counts_can_be_corrected(clinic: Clinic) -> None:
    patient = clinic.enrol()
    old = clinic.rate(patient, clinic.session(patient), total=200).rating_id
    client = clinic.client(clinic.clinician)
    address_of(client, f"/ratings/{old}/correct", correction())

    sent = client.post(f"/ratings/{old}/correct", data=correction())
    shown = client.get(f"/ratings/{old}/correct")

    assert (sent.status_code, shown.status_code) == (409, 409)
    assert counting(clinic, patient) == [320]


def test_another_rating_is_named_as_the_start(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [300, 180])
    _, second = record_of(clinic, patient).history
    client = clinic.client(clinic.clinician)

    address_of(client, f"/ratings/{second.id}/baseline", {"reason": "Misforsto første gang"})

    assert record_of(clinic, patient).baseline_id == second.id
    page = client.get(f"/episodes/{patient.episode_id}/ratings").text
    assert page.count(">Start<") == 1


@pytest.mark.parametrize("reason", ["", "x" * 501])
def test_another_start_needs_a_reason(clinic: Clinic, reason: str) -> None:
    patient = clinic.enrol()
    old = clinic.rate(patient, clinic.session(patient), total=200).rating_id

    answer = clinic.client(clinic.clinician).post(
        f"/ratings/{old}/baseline", data={"reason": reason}
    )

    assert problems_on(answer.text) == ["reason"]
    assert record_of(clinic, patient).baseline_id is None


def test_only_the_patients_own_score_on_the_main_form_is_a_start(clinic: Clinic) -> None:
    patient = clinic.enrol()
    session_id = clinic.session(patient)
    other_form = clinic.rate(
        patient, session_id, total=200, instrument="alliance-4", slot=Slot.END
    ).rating_id
    no_score = clinic.rate(patient, session_id, answers={"o1": 50}).rating_id
    client = clinic.client(clinic.clinician)

    answers = [
        client.post(f"/ratings/{rating_id}/baseline", data={"reason": "Prøver"}).status_code
        for rating_id in (other_form, no_score)
    ]

    assert answers == [409, 409]
    assert record_of(clinic, patient).baseline_id is None


def test_in_a_closed_course_nothing_is_corrected_and_no_start_is_named(clinic: Clinic) -> None:
    patient = clinic.enrol()
    old = clinic.rate(patient, clinic.session(patient), total=200).rating_id
    client = clinic.client(clinic.clinician)
    address_of(
        client,
        f"/episodes/{patient.episode_id}/close",
        {"ending": "planned", "agreement": "agreed"},
    )

    answers = [
        client.post(f"/ratings/{old}/correct", data=correction()).status_code,
        client.post(f"/ratings/{old}/baseline", data={"reason": "Prøver"}).status_code,
        client.get(f"/ratings/{old}/baseline").status_code,
    ]

    assert answers == [410, 410, 410]
