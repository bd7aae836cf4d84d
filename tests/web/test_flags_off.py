"""An installation without flags and expected change shows none, on no page."""

import re
import uuid
from dataclasses import replace

import pytest

from app.clinical.curves import GENERAL_CURVES
from app.web.words import LANGUAGES, Words, catalogue
from tests.support.clinic import Clinic, Enrolled
from tests.support.everything import add_next_of_kin
from tests.support.forms import text_of
from tests.support.lists import GOES_BADLY, critical, switch_flags_off, use_curve
from tests.support.pages import both, figure_of, has_band, numbers_drawn, page_of, texts_drawn

DEVICE_WORDS = re.compile(
    r"diagnos|screen(?:e\b|ing)|predik|predict|risiko for|risk of|anbefal\w* behandling"
    r"|tilrår? behandling|recommend\w* treatment|overvåk|overvak\w* tilstand|monitor",
    re.IGNORECASE,
)
"""Words that may stand on no page of a program that is no medical device."""

JUDGING = (
    "status_",
    "level_",
    "reason_",
    "why_",
    "rule_",
    "state_",
    "decision_",
    "how_often",
    "not_evaluated",
)
"""Beginnings of the words of flags and statuses."""

BESIDE_OTHERS = (
    "chart.band80",
    "chart.band50",
    "patient_page.badge_general",
    "patient_page.badge_synthetic",
    "patient_page.no_curve",
    "patient_page.latest_expected",
    "patient_page.to_raise",
    "patient_page.others_text",
    "together.blue",
    "together.talk_title",
    "numbers.curve",
    "numbers.rules",
    "rules.link",
)
"""Words of the comparison with others."""


@pytest.fixture
def without_flags(clinic: Clinic) -> Clinic:
    switch_flags_off(clinic)
    use_curve(clinic)
    for curve in GENERAL_CURVES:
        use_curve(clinic, curve)
    return clinic


def _rated(clinic: Clinic) -> Enrolled:
    patient = clinic.enrol()
    both(clinic, patient, GOES_BADLY, [350, 350, 350, 290])
    session_id = clinic.session(patient)
    answers = {f"q{at}": 20 for at in range(1, 10)}
    clinic.rate(patient, session_id, instrument="phq-9", answers={**answers})
    parent = replace(patient, respondent_id=uuid.UUID(add_next_of_kin(clinic, patient)))
    clinic.rate(parent, session_id, total=200)
    return patient


def _pages(clinic: Clinic, patient: Enrolled) -> dict[str, str]:
    paths = {
        "clinician": (
            "/",
            f"/patients/{patient.patient_id}",
            f"/patients/{patient.patient_id}?view=together",
            f"/patients/{patient.patient_id}?instrument=phq-9",
            f"/episodes/{patient.episode_id}/sessions",
            f"/episodes/{patient.episode_id}/ratings",
            "/numbers",
            "/numbers/outcome-4",
            "/numbers/phq-9",
        ),
        "supervisor": ("/supervision", f"/patients/{patient.patient_id}"),
        "quality_lead": ("/quality", "/numbers/phq-9"),
    }
    return {
        f"{who} {path}": clinic.client(clinic.people[who]).get(path).text
        for who, wanted in paths.items()
        for path in wanted
    }


def _judgements(language: str) -> set[str]:
    """Return the fixed beginnings of every sentence that judges, long enough to be sure of."""
    words = Words(language)
    names = [key.removeprefix("flag.") for key in catalogue() if key.startswith("flag.")]
    # Why a rule was not looked at is part of a sentence that is judged by its beginning.
    judging = [name for name in names if name.startswith(JUDGING) and "why_not_" not in name]
    keys = [f"flag.{name}" for name in judging]
    found = set()
    for key in (*keys, *BESIDE_OTHERS):
        for form in catalogue()[key].values():
            start = form[words.language].partition("{")[0].strip(" :(")
            if len(start) > 8:
                found.add(start)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_shows_a_flag_a_status_or_what_is_expected(
    without_flags: Clinic, language: str
) -> None:
    patient = _rated(without_flags)
    for person in ("clinician", "supervisor", "quality_lead"):
        client = without_flags.client(without_flags.people[person])
        client.post("/language", data={"language": language, "next": "/"})

    judgements = _judgements(language)

    for path, page in _pages(without_flags, patient).items():
        shown = text_of(page)
        found = {start for start in judgements if start in shown}
        # The name of a limit in the definition of a form, which stands there as such.
        found -= {Words(language)("flag.rule_critical_item")} if "/numbers/" in path else set()
        assert found == set(), path


def test_a_chart_without_flags_holds_the_patients_own_course_and_nothing_else(
    without_flags: Clinic,
) -> None:
    patient = _rated(without_flags)

    for query in ("", "?view=together", "?instrument=phq-9"):
        drawing = figure_of(page_of(without_flags, patient, query))["wide"]
        assert not has_band(drawing)
        assert numbers_drawn(drawing) == {}
        assert not [
            text for text in texts_drawn(drawing) if "tilfeldig" in text or "trolig" in text
        ]


def test_the_page_of_a_patient_tells_scores_and_no_judgement(without_flags: Clinic) -> None:
    patient = _rated(without_flags)

    page = text_of(page_of(without_flags, patient))

    assert "16,0" in page
    assert "−2,0" in page
    assert "kan være tilfeldig" not in page
    assert "Svar som må ses med en gang" not in page


def test_words_of_a_medical_device_stand_on_no_page(without_flags: Clinic) -> None:
    patient = _rated(without_flags)

    for path, page in _pages(without_flags, patient).items():
        assert DEVICE_WORDS.search(text_of(page)) is None, path


def test_logs_tell_of_no_flag_that_once_was(clinic: Clinic) -> None:
    patient = critical(clinic)
    told = clinic.client(clinic.administrator).get("/admin/log").text
    switch_flags_off(clinic)

    pages = [
        clinic.client(clinic.clinician).get(f"/patients/{patient.patient_id}/log").text,
        clinic.client(clinic.administrator).get("/admin/log").text,
    ]

    assert "Et merke kom" in told
    for page in pages:
        assert "merke " not in text_of(page)
        assert "Så eller endret noe i et forløp" in page
