"""A row of the worklist: who, why, how it goes, what comes next, and nothing that is markup."""

import pytest

from app.records.people import NameDisplay
from app.web.words import catalogue
from tests.support.clinic import Clinic
from tests.support.lists import (
    GOES_BADLY,
    GOES_WELL,
    came,
    headings,
    plan,
    rows,
    show_names,
    use_curve,
)

PATIENTS = 200
LARGEST_PAGE = 150_000
MOST_STATEMENTS = 12


def worklist(clinic: Clinic, query: str = "") -> str:
    return clinic.client(clinic.clinician).get(f"/{query}").text


def names(clinic: Clinic, query: str = "") -> list[str]:
    return [row.name for row in rows(worklist(clinic, query))]


def decide(clinic: Clinic, patient_row: str, **form: str) -> None:
    (row,) = [row for row in rows(worklist(clinic)) if row.name == patient_row]
    data = {"decision": "talked_continue", **form}
    clinic.client(clinic.clinician).post(f"{row.action}/decide", data=data)


def test_a_row_gives_reason_score_change_day_alliance_and_next_session(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = came(clinic, "Badly Bo", GOES_BADLY[:-1])
    clinic.clock.pass_time(hours=-1)
    session_id = clinic.session(patient, is_over=True)
    clinic.rate(patient, session_id, total=GOES_BADLY[-1])
    clinic.rate(patient, session_id, total=372, instrument="alliance-4")
    clinic.clock.pass_time(hours=1)
    plan(clinic, patient, days=1)

    (row,) = rows(worklist(clinic))

    assert row.text == (
        "Time 4 Bør ses på: Foreløpig ikke på vei mot tydelig bedring "
        "16,0 −0,5 16. nov. 37,2 I morgen 10.00 Se gjennom"
    )
    assert row.action.startswith("/flags/")


def test_the_drawing_is_read_out_as_count_first_and_last(clinic: Clinic) -> None:
    use_curve(clinic)
    came(clinic, "Well Wenche", GOES_WELL)

    page = worklist(clinic)

    assert 'role="img" aria-label="4 svar, fra 16 til 24"' in page
    assert 'class="sp-band"' in page


def test_one_low_score_is_something_to_keep_an_eye_on(clinic: Clinic) -> None:
    use_curve(clinic)
    came(clinic, "Low Lise", [180, 300, 300, 160])

    page = worklist(clinic)

    (row,) = rows(page)
    assert headings(page) == ["Følg med"]
    assert "Følg med: Lavere enn hos 9 av 10 som startet likt" in row.text
    assert row.action.startswith("/patients/")


def test_a_course_that_nothing_is_known_about_is_compared_with_its_own_start(
    clinic: Clinic,
) -> None:
    came(clinic, "Well Wenche", [160, 200, 260])

    page = worklist(clinic)

    (row,) = rows(page)
    assert headings(page) == ["Uten sammenligning"]
    assert "Bedre enn ved start med 10,0" in row.text
    assert "sp-band" not in page


def test_a_long_note_is_cut_between_words(clinic: Clinic) -> None:
    use_curve(clinic)
    came(clinic, "Badly Bo", GOES_BADLY)
    decide(
        clinic,
        "Badly B.",
        note="Vi ble enige om å snakke med fastlegen om søvn og medisiner i neste uke",
    )

    (row,) = rows(worklist(clinic))

    assert "av KL: Vi ble enige om å snakke med fastlegen om søvn og medisiner …" in row.text


def test_a_session_next_week_is_named_by_its_day(clinic: Clinic) -> None:
    soon, later = clinic.enrol(name="Soon Siv"), clinic.enrol(name="Later Leo")
    plan(clinic, soon, days=3)
    plan(clinic, later, days=8)

    first, second = rows(worklist(clinic))

    assert "Tor 10.00" in first.text
    assert "24. nov. 10.00" in second.text


def test_every_reason_fits_on_the_line() -> None:
    filled = {"n": 12, "by": "12,5", "item": 9, "session": 14, "times": "tre"}

    reasons = {
        key: forms["other"]["nb"].format(**filled)
        for key, forms in catalogue().items()
        if key.startswith("flag.reason_")
    }

    assert len(reasons) > 15
    assert {key for key, text in reasons.items() if len(text) > 70} == set()


def test_a_reviewed_row_stays_with_who_when_and_how_the_note_begins(clinic: Clinic) -> None:
    use_curve(clinic)
    came(clinic, "Badly Bo", GOES_BADLY)
    decide(clinic, "Badly B.", note="Tas opp i veiledning")

    (row,) = rows(worklist(clinic))

    assert "Gjennomgått 16. nov. av KL: Tas opp i veiledning" in row.text
    assert row.action.startswith("/flags/")


def test_what_is_typed_in_a_name_or_a_note_stays_text(clinic: Clinic) -> None:
    use_curve(clinic)
    came(clinic, "<script>alert(1)</script> Bo", GOES_BADLY)
    show_names(clinic, NameDisplay.FULL)
    decide(clinic, "<script>alert(1)</script> Bo", note="<img src=x onerror=alert(1)>")

    page = worklist(clinic)

    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


@pytest.mark.parametrize(
    ("display", "name"),
    [
        (NameDisplay.FULL, "Kari Anne Berg"),
        (NameDisplay.SHORT, "Kari B."),
        (NameDisplay.INITIALS, "KB"),
        (NameDisplay.NUMBER, "Nr. 1001"),
    ],
)
def test_patients_are_named_as_the_organization_has_chosen(
    clinic: Clinic, display: NameDisplay, name: str
) -> None:
    clinic.enrol(name="Kari Anne Berg")
    show_names(clinic, display)

    assert names(clinic) == [name]


def test_a_patient_without_a_name_has_a_number(clinic: Clinic) -> None:
    clinic.enrol(name=None)

    assert names(clinic) == ["Nr. 1001"]


def test_a_young_patient_is_shown_with_their_age(clinic: Clinic) -> None:
    clinic.enrol(name="Mia Moe", birth_year=2014)

    (row,) = rows(worklist(clinic))

    assert row.text.startswith("Time 0 · 12 år")
