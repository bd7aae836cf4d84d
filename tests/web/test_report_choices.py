"""The quality lead chooses on the page how reports are made, and every report says how it was."""

import pytest

from app.web.words import LANGUAGES
from tests.support.clinic import Clinic
from tests.support.lists import plain, switch_flags_off
from tests.support.reports import kept, settle_by

FIVE = "\N{ARABIC-INDIC DIGIT FIVE}"
HOUSE = {"threshold": "5", "hiding": "hide", "method": "JT"}


def choose(clinic: Clinic, **changed: str) -> str:
    """Return where choosing leads to."""
    answer = clinic.client(clinic.quality_lead).post("/quality/reports", data={**HOUSE, **changed})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def quality(clinic: Clinic) -> str:
    return clinic.client(clinic.quality_lead).get("/quality").text


def test_the_choice_is_kept_shown_and_logged(clinic: Clinic) -> None:
    before = quality(clinic)

    place = choose(clinic, threshold="7", method="EN")

    after = quality(clinic)
    log = clinic.client(clinic.administrator).get("/admin/log").text
    assert place == "/quality#how-reports"
    assert '<option value="5" selected>' in before
    assert '<option value="7" selected>' in after
    assert '<option value="hide" selected>' in after
    assert '<option value="EN" selected>Edwards og Nunnally (EN)</option>' in after
    assert "Valgt 16. november 2026 av Eva Strand." in plain(after)
    assert "Valgte hvordan rapporter lages" in plain(log)
    assert "én person til: en annen" not in plain(after)


@pytest.mark.parametrize("changed", [{"threshold": "4"}, {"hiding": "3"}])
def test_a_weaker_choice_says_that_a_second_person_must_agree(
    clinic: Clinic, changed: dict[str, str]
) -> None:
    choose(clinic, **changed)

    said = "Med dette valget trenger hver rapport én person til"
    assert said in plain(quality(clinic))


@pytest.mark.parametrize(
    ("changed", "what", "allowed"),
    [
        ({"threshold": "2"}, "kan ikke være 2.", "Dette går: 3–10."),
        ({"threshold": "11"}, "kan ikke være 11.", "Dette går: 3–10."),
        ({"threshold": "5.0"}, "kan ikke være 5.0.", "Dette går: 3–10."),
        ({"threshold": FIVE}, f"kan ikke være {FIVE}.", "Dette går: 3–10."),
        ({"threshold": ""}, "kan ikke være .", "Dette går: 3–10."),
        ({"threshold": "9" * 5000}, "kan ikke være 9", "Dette går: 3–10."),
        ({"hiding": "4"}, "kan ikke være 4.", "Dette går: hide, 3, 5."),
        ({"hiding": "<b>"}, "kan ikke være <b>.", "Dette går: hide, 3, 5."),
        ({"method": "jt"}, "Metoden jt finnes ikke.", "Dette går: JT, GLN, HLL, EN, NK, HA."),
    ],
)
def test_what_cannot_be_chosen_is_refused_with_what_can(
    clinic: Clinic, changed: dict[str, str], what: str, allowed: str
) -> None:
    client = clinic.client(clinic.quality_lead)

    answer = client.post("/quality/reports", data={**HOUSE, **changed})

    assert answer.status_code == 400
    assert what in plain(answer.text)
    assert allowed in plain(answer.text)
    assert "9" * 41 not in answer.text
    assert '<option value="5" selected>' in quality(clinic)


def test_who_prepares_a_report_reads_how_it_will_be_made(clinic: Clinic) -> None:
    choose(clinic, threshold="3", hiding="5")

    page = clinic.client(clinic.quality_lead).get("/releases/new").text

    assert (
        "minst 3 pasienter bak hvert tall; antall rundes av til nærmeste 5; Jacobson og Truax (JT)"
    ) in plain(page)
    assert 'href="/quality#how-reports"' in page


def test_a_report_says_by_what_choices_it_was_made(clinic: Clinic) -> None:
    client = clinic.client(clinic.quality_lead)

    hidden = plain(client.get(f"/releases/{kept(clinic)}").text)
    rounded = plain(client.get(f"/releases/{kept(clinic, rounding=3, threshold=4)}").text)

    assert "Måten å skjule på Små tall skjules, og det som ville røpe dem." in hidden
    assert "Måten å skjule på Antall er avrundet til nærmeste 3." in rounded
    assert "Færrest pasienter bak et tall 4" in rounded


def test_a_draft_by_choices_of_before_is_not_signed(clinic: Clinic) -> None:
    release_id, client = kept(clinic), clinic.client(clinic.quality_lead)
    settle_by(clinic, threshold=6)

    answer = client.post(f"/releases/{release_id}/sign")

    assert answer.status_code == 409
    assert "Valgene for rapportene er endret siden utkastet ble laget." in plain(answer.text)


def test_without_flags_reports_are_chosen_too(clinic: Clinic) -> None:
    switch_flags_off(clinic)

    choose(clinic, threshold="8")

    assert '<option value="8" selected>' in quality(clinic)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_choices_are_told_in_three_languages(clinic: Clinic, language: str) -> None:
    clinic.client(clinic.quality_lead).post("/language", data={"language": language})

    told = {
        "nb": "Slik lages rapportene",
        "nn": "Slik blir rapportane laga",
        "en": "How reports are made",
    }
    assert told[language] in plain(quality(clinic))
