"""A quality lead sees what the rules do, and what another limit would do, and no person."""

import re
from typing import Any

import pytest

from app.clinical.rules import RuleId
from app.records.engine import enter_organization
from app.web.words import LANGUAGES
from app.workflow import rehearse as rehearsing
from tests.support.benches import (
    STOOD_STILL,
    close,
    fill,
    flags,
    log,
    page,
    rehearse,
    rows,
    settings,
)
from tests.support.clinic import Clinic
from tests.support.forms import text_of
from tests.support.lists import GOES_BADLY, came, plain, switch_flags_off


def test_before_the_rules_have_been_tried_the_page_says_so(clinic: Clinic) -> None:
    text = plain(page(clinic))

    assert "Reglene er ikke prøvd på forløpene her ennå." in text
    assert "Prøv reglene nå" in text
    assert "Hva reglene gjør" not in text


def test_the_quality_lead_tries_the_rules_and_sees_what_they_do(clinic: Clinic) -> None:
    fill(clinic, badly=6, well=6)

    answer = clinic.client(clinic.quality_lead).post("/rules/rehearsals")

    assert (answer.status_code, answer.headers["location"]) == (303, "/rules")
    name = "Foreløpig ikke på ventet vei fra time 3; vises fra 70 av 100; går bort under 50 av 100"
    found = rows(page(clinic), after='id="own"')[name]
    # Six flags in 48 sessions; no course has ended, so nothing is said of how it did.
    assert found == ["12,5", "6 av 12", "–", "–", "–", "–"]
    assert [entry.details["sessions"] for entry in log(clinic, "rehearsed_rules")] == [48]


@pytest.mark.parametrize(("badly", "well"), [(4, 8), (8, 4)])
def test_figures_about_four_patients_are_not_shown(clinic: Clinic, badly: int, well: int) -> None:
    fill(clinic, badly=badly, well=well)
    rehearse(clinic)

    shown = page(clinic)
    assert 'id="own"' in shown
    own = shown[shown.index('id="own"') : shown.index('id="invented"')]
    assert "Ingen tall kan vises ennå: færre enn 5 pasienter" in plain(own)
    assert "<table" not in own


def test_a_value_that_differs_by_few_patients_from_what_is_shown_is_hidden(clinic: Clinic) -> None:
    fill(clinic, well=6, still=6)
    came(clinic, "Bare En", STOOD_STILL[:6])
    rehearse(clinic)

    found = rows(page(clinic, "/rules/no_change"), after='id="first_look-own"')

    # By session 7 the one with six sessions is not flagged: seven and six, a difference of one.
    assert found["første gang ved time 6 gjelder nå"][1] == "7 av 13"
    assert found["første gang ved time 7"][1] == "–"
    assert found["første gang ved time 4"][1] == "7 av 13"
    beside = page(clinic, "/rules/no_change?parameter=first_look&value=7")
    assert "forskjellen gjelde færre enn 5" in plain(beside)


def test_a_proposed_limit_stands_beside_the_one_in_force(clinic: Clinic) -> None:
    fill(clinic, well=6, still=6)
    rehearse(clinic)

    shown = page(clinic, "/rules/no_change?parameter=first_look&value=8")

    text = plain(shown)
    assert "Nå: første gang ved time 6. Foreslått: første gang ved time 8." in text
    cells = rows(shown, after='id="proposal"')["Forløp som fikk merket"]
    assert cells[0] == "6 av 12"
    # Nobody would be flagged: fewer than five, so it is not shown beside.
    assert cells[1] == "–"
    assert all(re.fullmatch(r"\d av 5", one) for one in cells[2:])


def test_a_value_that_cannot_be_is_told_when_it_is_only_looked_at(clinic: Clinic) -> None:
    client = clinic.client(clinic.quality_lead)

    answer = client.get("/rules/off_track?parameter=on_from&value=0.95")

    assert answer.status_code == 422
    assert "Grensen er 0.95; her kan den være 0.55" in plain(answer.text)
    assert client.get("/rules/off_track?parameter=x&value=1").status_code == 400
    assert client.get("/rules/invented").status_code == 404


def test_a_bigger_site_is_told_which_command_to_run(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(clinic, well=1)
    monkeypatch.setattr("app.workflow.move_rule.LIVE_SESSIONS", 3)

    answer = clinic.client(clinic.quality_lead).post("/rules/rehearsals")

    assert answer.status_code == 409
    assert "Her er det 4 timer; en side kan gå gjennom høyst 3." in plain(answer.text)
    assert "samklang bench --keep" in plain(page(clinic))


@pytest.mark.parametrize("address", ["/rules", "/rules/missing", "/rules/rehearsals"])
def test_an_installation_without_flags_has_no_such_page(clinic: Clinic, address: str) -> None:
    rehearse(clinic)
    switch_flags_off(clinic)
    client = clinic.client(clinic.quality_lead)

    assert client.get(address).status_code == 404
    assert client.post(address).status_code in {404, 405}
    assert "/rules" not in client.get("/quality").text
    assert settings(clinic) == []


def test_why_a_flag_is_shown_says_what_the_rule_has_done_here(clinic: Clinic) -> None:
    fill(clinic, well=6)
    for number in range(5):
        close(clinic, f"Endte likt {number}", GOES_BADLY)
        close(clinic, f"Snudde {number}", [*GOES_BADLY, 320])
    flag = flags(clinic, RuleId.OFF_TRACK)[0]
    reader, patient = clinic.client(clinic.clinician), f"/patients/{flag.patient_id}"
    before = plain(reader.get(f"/flags/{flag.id}").text)

    rehearse(clinic)

    # Ten flags in 24 + 20 + 25 sessions; five of the ten did not get reliably better.
    says = (
        "Her kommer merket 14,5 ganger per 100 timer. Av 10 forløp som fikk det, er slutten "
        "kjent i 10; 5 av dem endte uten pålitelig bedring."
    )
    assert "er ikke kjent her ennå" in before
    for address in (f"/flags/{flag.id}", patient):
        after = plain(reader.get(address).text)
        assert says in after
        assert "er ikke kjent her ennå" not in after


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_every_language(clinic: Clinic, language: str) -> None:
    fill(clinic, well=6, still=6)
    rehearse(clinic)
    client = clinic.client(clinic.quality_lead)
    client.post("/language", data={"language": language, "next": "/"})

    for address in ("/rules", "/rules/no_change?parameter=first_look&value=7", "/rules/missing"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert f'lang="{language}"' in answer.text
        assert "{" not in text_of(answer.text)


def test_a_page_that_waits_holds_nobody_up(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """While courses are gone through, others may write."""
    went_through = rehearsing.on_history

    def slowly(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as they came
        with clinic.database.writing() as db:
            enter_organization(db, org_id=clinic.quality_lead.org_id)
        return went_through(*arguments, **named)

    monkeypatch.setattr("app.workflow.rehearse.on_history", slowly)

    answer = clinic.client(clinic.quality_lead).post("/rules/rehearsals")

    assert answer.status_code == 303
