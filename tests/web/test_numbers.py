"""About the numbers: where each comes from, and who lets a general curve raise flags."""

import re
from html import unescape

import pytest
from sqlmodel import col, select

from app.clinical.curves import GENERAL_CURVES
from app.clinical.rules import DEFAULT_RULES
from app.config import Switch
from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.web.source_words import source_shown
from app.web.words import LANGUAGES, Words
from tests.support.clinic import Clinic, Enrolled
from tests.support.forms import text_of
from tests.support.lists import switch_flags_off, use_curve
from tests.support.pages import flags_read, page_of

GENERAL = {curve.instrument_key: curve for curve in GENERAL_CURVES}


def _page(clinic: Clinic, path: str, who: str = "clinician") -> str:
    reply = clinic.client(clinic.people[who]).get(path)
    if reply.status_code != 200:
        raise LookupError(reply.status_code)
    return reply.text


def _decide(
    clinic: Clinic, what: str, *, version: str = "general-1", who: str = "quality_lead"
) -> int:
    reply = clinic.client(clinic.people[who]).post(
        f"/numbers/phq-9/{what}", data={"version": version}
    )
    return reply.status_code


def _rate(clinic: Clinic, patient: Enrolled, total: int) -> None:
    full, rest = divmod(total, 3)
    answers = {
        f"q{at}": 30 if at <= full else rest * 10 if at == full + 1 else 0 for at in range(1, 10)
    }
    session_id = clinic.session(patient, is_over=True)
    clinic.rate(patient, session_id, instrument="phq-9", answers={**answers})
    clinic.clock.pass_time(days=7)


@pytest.mark.parametrize("who", ["clinician", "supervisor", "quality_lead", "administrator"])
def test_everybody_who_is_signed_in_reads_about_every_form(clinic: Clinic, who: str) -> None:
    page = _page(clinic, "/numbers", who)

    for key in clinic.registry.instruments:
        assert f'href="/numbers/{key}"' in page
        assert clinic.client(clinic.people[who]).get(f"/numbers/{key}").status_code == 200


def test_every_number_of_every_form_stands_with_its_source(clinic: Clinic) -> None:
    client = clinic.client(clinic.clinician)
    client.post("/language", data={"language": "en", "next": "/"})
    for key, form in clinic.registry.instruments.items():
        page = unescape(client.get(f"/numbers/{key}").text)
        sources = [one.provenance.source for one in form.cut_offs]
        sources += [one.provenance.source for one in form.bands]
        sources += [one.provenance.source for one in form.critical_items]
        sources += [one.provenance.source for one in form.quantities]
        sources += [form.scoring.provenance.source, form.licence.source]
        if form.reliable_change is not None:
            sources.append(form.reliable_change.provenance.source)
        for source in sources:
            assert source in page, key


def test_limits_are_told_with_which_side_counts_and_how_certain_they_are(clinic: Clinic) -> None:
    page = text_of(_page(clinic, "/numbers/phq-9"))

    assert "Skåren går fra 0 til 27." in page
    assert "Mangler opptil 2 svar, regnes skåren ut fra resten." in page
    assert "10 poeng, grensen selv regnes med" in page
    assert "Spørsmål 9: 1 eller mer" in page
    assert "Ikke kontrollert. Kontrollert" in page
    assert "Bokmål, voksen: mangler; tilbys ikke" in page


def test_what_is_not_published_is_said_to_be_lacking(clinic: Clinic) -> None:
    page = text_of(_page(clinic, "/numbers/outcome-4"))

    assert "Ingen grense er publisert." in page
    assert "Ingen verdi for pålitelig endring er publisert." in page
    assert "Foreløpig: spørsmålene er nye og ikke validert." in page
    assert "Ingen kurve." in page


def test_the_rules_stand_with_the_numbers_of_this_site(clinic: Clinic) -> None:
    texts = {f"{kind}_{code}": "Ring." for kind in ("help", "procedure") for code in LANGUAGES}
    form = {"name": "Solvik kommune", "name_display": "short", "no_contact_days": "35"}
    clinic.client(clinic.administrator).post("/admin/organization", data={**form, **texts})

    page = unescape(_page(clinic, "/numbers"))

    for rule in DEFAULT_RULES:
        assert source_shown(Words("nb"), rule.provenance.source).text in page
    assert "vises fra 70 av 100" in page
    assert "fall i alt på minst 4;" in page
    assert "35 dager" in page


def test_a_form_that_nobody_knows_is_not_there(clinic: Clinic) -> None:
    reply = clinic.client(clinic.clinician).get("/numbers/nothing")

    assert reply.status_code == 404


def test_a_general_curve_raises_flags_from_when_the_quality_lead_accepts_it(
    clinic: Clinic,
) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    patient = clinic.enrol(main="phq-9", alliance=None)
    for total in (17, 18, 23):
        _rate(clinic, patient, total)
    before = [
        flag.reason for flag in flags_read(page_of(clinic, patient)) if "9 av 10" in flag.reason
    ]

    status = _decide(clinic, "accept")
    _rate(clinic, patient, 23)

    after = [
        flag.reason for flag in flags_read(page_of(clinic, patient)) if "9 av 10" in flag.reason
    ]
    assert before == []
    assert status == 303
    assert after == ["Høyere enn hos 9 av 10 som startet likt, to timer på rad"]
    assert "Godtatt 7. desember 2026 av Eva Strand" in _page(clinic, "/numbers/phq-9")


def test_an_acceptance_can_be_withdrawn_and_both_stay_in_the_log(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    _decide(clinic, "accept")

    status = _decide(clinic, "withdraw")

    assert status == 303
    assert "Godkjenningen ble trukket" in _page(clinic, "/numbers/phq-9")
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        entries = db.execute(select(AuditEntry).order_by(col(AuditEntry.sequence))).scalars().all()
    assert [entry.action for entry in entries][-2:] == ["accepted_curve", "withdrew_curve"]
    assert entries[-1].actor_id == clinic.quality_lead.staff_id
    assert entries[-1].details["version"] == "general-1"


@pytest.mark.parametrize("who", ["clinician", "supervisor", "administrator", "elsewhere"])
@pytest.mark.parametrize("what", ["accept", "withdraw"])
def test_only_the_quality_lead_decides_about_a_curve(clinic: Clinic, who: str, what: str) -> None:
    use_curve(clinic, GENERAL["phq-9"])

    assert _decide(clinic, what, who=who) == 404
    assert "Godta kurven" not in _page(clinic, "/numbers/phq-9", who)


@pytest.mark.parametrize(
    ("what", "version"), [("accept", "general-0"), ("accept", ""), ("withdraw", "general-1")]
)
def test_a_decision_that_is_not_about_what_is_in_use_is_refused(
    clinic: Clinic, what: str, version: str
) -> None:
    use_curve(clinic, GENERAL["phq-9"])

    assert _decide(clinic, what, version=version) == 409


def test_a_decision_that_was_made_already_is_refused(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    _decide(clinic, "accept")

    assert _decide(clinic, "accept") == 409


def test_a_curve_that_is_not_general_needs_no_decision(clinic: Clinic) -> None:
    use_curve(clinic)

    reply = clinic.client(clinic.quality_lead).post(
        "/numbers/outcome-4/accept", data={"version": "synthetic-1"}
    )

    assert reply.status_code == 409
    assert "Godta kurven" not in _page(clinic, "/numbers/outcome-4", "quality_lead")


def test_a_form_without_a_curve_has_nothing_to_accept(clinic: Clinic) -> None:
    assert _decide(clinic, "accept") == 404


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flags", list(Switch))
def test_the_intended_purpose_is_open_to_all_and_says_which_of_the_two_this_is(
    clinic: Clinic, language: str, flags: Switch
) -> None:
    if flags is Switch.OFF:
        switch_flags_off(clinic)
    client = clinic.client()
    client.cookies.set("__Host-language", language)

    page = client.get("/intended-purpose")

    with_flags = {"nb": "medisinsk utstyr", "nn": "medisinsk utstyr", "en": "medical device"}
    assert page.status_code == 200
    assert f'lang="{language}"' in page.text
    assert (with_flags[language] in page.text) is (flags is Switch.ON)


def test_every_page_for_staff_leads_to_the_intended_purpose(clinic: Clinic) -> None:
    page = _page(clinic, "/numbers")

    footer = re.search(r"<footer.*?</footer>", page, re.DOTALL)
    assert footer is not None
    assert 'href="/intended-purpose"' in footer[0]
