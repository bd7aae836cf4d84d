"""Nothing of one patient is left on the tablet for the next one, or for anybody."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import select

from app.clinical.form_texts import FormText, ItemText, TextOrigin, Variant
from app.instruments import install_text_pack, load_bundled
from app.records import audit
from app.records.engine import Database, enter_organization
from app.records.people import Organization
from tests.support.clinic import Clinic, open_clinic
from tests.support.kiosk import connect, hand_over

NAMES = ["Xaverius Ytterdal", "Yngvild Zakariassen", "Zoltan Quisling", "Qvale Wergeland", "Wø Ås"]


def _without_drawings(page: str) -> str:
    """Return a page without pictures and sizes, whose numbers say nothing about anybody."""
    return re.sub(r'<svg.*?</svg>|"content-length": "\d+"', " ", page, flags=re.DOTALL)


@pytest.fixture
def clinic_with_words(database: Database, tmp_path: Path) -> Iterator[Clinic]:
    """A clinic with an invented text for a form that has a critical item."""
    instrument = load_bundled().get("phq-9")
    words = FormText(
        language="nb",
        variant=Variant.ADULT,
        origin=TextOrigin.SITE,
        heading="Oppdiktet skjema",
        items={item.key: ItemText(title=f"Oppdiktet {item.key}") for item in instrument.items},
        answers={"0": "Aldri", "10": "Sjelden", "20": "Ofte", "30": "Alltid"},
    )
    install_text_pack(
        tmp_path,
        instrument,
        (words,),
        by="Nils Aune",
        at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
        from_file="invented.toml",
        licence_ground="Oppdiktet, til prøve",
    )
    clinic = open_clinic(database, tmp_path)
    yield clinic
    clinic.close()


def test_five_patients_in_a_row_leave_nothing_to_the_one_after(clinic: Clinic) -> None:
    tablet = connect(clinic)
    for name in NAMES:
        patient = clinic.enrol(name=name, birth_year=1931)
        clinic.course(patient, [187])
        hand_over(clinic, patient)
        begin = len(tablet.seen)

        visit = tablet.waiting_visit()
        tablet.get(visit)
        body = tablet.body(visit)
        reply = tablet.send("/tablet/ratings", body)
        tablet.get(reply.json()["next"])
        tablet.get("/tablet")
        tablet.get("/tablet/state")

        seen = "".join(tablet.seen[begin:])
        numbers = {str(patient.number), "1931", "187", "18,7", "18.7", "206", "20,6", "20.6"}
        assert not set(name.split()) & set(re.findall(r"\w+", seen))
        assert not numbers & set(re.findall(r"[\w.,-]+", _without_drawings(seen)))
        for identifier in (patient.patient_id, patient.episode_id, patient.respondent_id):
            assert str(identifier) not in seen
            assert identifier.hex not in seen
    waiting = tablet.get("/tablet").text
    assert "/tablet/visit/" not in waiting


def test_pages_of_earlier_patients_lead_back_to_the_waiting_page(clinic: Clinic) -> None:
    tablet = connect(clinic)
    hand_over(clinic, clinic.enrol())
    visit = tablet.waiting_visit()
    tablet.send("/tablet/ratings", tablet.body(visit))
    clinic.clock.pass_time(minutes=11)

    again = [tablet.get(f"{visit}{page}") for page in ("", "/form", "/thanks")]

    assert [reply.headers["location"] for reply in again] == ["/tablet"] * 3


def test_the_cache_is_cleared_after_each_patient_and_nothing_is_kept(clinic: Clinic) -> None:
    tablet = connect(clinic)
    hand_over(clinic, clinic.enrol())
    visit = tablet.waiting_visit()
    pages = [tablet.get(visit), tablet.get(f"{visit}/form")]
    tablet.send("/tablet/ratings", tablet.body(visit))
    pages.append(tablet.get(f"{visit}/thanks"))

    assert {page.headers["cache-control"] for page in pages} == {"no-store"}
    assert pages[0].headers["clear-site-data"] == '"cache"'
    assert pages[2].headers["clear-site-data"] == '"cache"'


def test_no_mark_is_set_beforehand_not_even_for_a_change(clinic: Clinic) -> None:
    tablet = connect(clinic)
    hand_over(clinic, clinic.enrol())
    visit = tablet.waiting_visit()
    tablet.send("/tablet/ratings", tablet.body(visit))

    pages = [tablet.get(f"{visit}/form?mode={mode}").text for mode in ("line", "buttons")]

    assert not any(" checked" in page for page in pages)


def test_a_critical_answer_is_met_at_once_with_whom_to_talk_to(clinic_with_words: Clinic) -> None:
    clinic = clinic_with_words
    tablet = connect(clinic)
    patient = clinic.enrol(main="phq-9")
    hand_over(clinic, patient)
    visit = tablet.waiting_visit()
    body = tablet.body(visit)

    answers = {**dict.fromkeys(body["answers"], 0), "q9": 10}
    reply = tablet.send("/tablet/ratings", {**body, "answers": answers})
    page = tablet.get(reply.json()["next"]).text

    assert "Takk. Svarene er lagret" in page
    assert "Snakk med behandleren din nå." in page


def test_without_a_critical_answer_no_help_is_pushed_on_anybody(clinic_with_words: Clinic) -> None:
    clinic = clinic_with_words
    tablet = connect(clinic)
    patient = clinic.enrol(main="phq-9")
    hand_over(clinic, patient)
    body = tablet.body(tablet.waiting_visit())

    answers = {**dict.fromkeys(body["answers"], 30), "q9": 0}
    reply = tablet.send("/tablet/ratings", {**body, "answers": answers})

    assert "Snakk med behandleren" not in tablet.get(reply.json()["next"]).text


def test_a_critical_answer_that_was_left_behind_is_met_with_help_too(
    clinic_with_words: Clinic,
) -> None:
    clinic = clinic_with_words
    tablet = connect(clinic)
    hand_over(clinic, clinic.enrol(main="phq-9"))
    body = tablet.body(tablet.waiting_visit())

    answers = {**dict.fromkeys(body["answers"]), "q9": 30}
    reply = tablet.send("/tablet/ratings", {**body, "answers": answers, "is_finished": False})

    assert "Snakk med behandleren din nå." in tablet.get(reply.json()["next"]).text


def test_a_site_without_words_of_its_own_shows_the_national_numbers(
    clinic_with_words: Clinic,
) -> None:
    clinic = clinic_with_words
    with clinic.database.writing() as db:
        organization = db.execute(
            select(Organization).where(Organization.id == clinic.clinician.org_id)
        ).scalar_one()
        organization.help_texts = {}
    tablet = connect(clinic)
    hand_over(clinic, clinic.enrol(main="phq-9"))
    body = tablet.body(tablet.waiting_visit())

    answers = {**dict.fromkeys(body["answers"], 0), "q9": 30}
    reply = tablet.send("/tablet/ratings", {**body, "answers": answers})

    assert "116 117" in tablet.get(reply.json()["next"]).text


def test_coded_forms_come_with_the_words_of_their_codes(clinic_with_words: Clinic) -> None:
    clinic = clinic_with_words
    tablet = connect(clinic)
    hand_over(clinic, clinic.enrol(main="phq-9"))

    page = tablet.get(f"{tablet.waiting_visit()}/form").text

    assert page.count('value="20"') == 9
    assert page.count("<span>Ofte</span>") == 9
    assert 'type="range"' not in page


def test_what_happens_on_a_tablet_is_in_the_log_with_the_tablet_as_actor(clinic: Clinic) -> None:
    tablet = connect(clinic)
    patient = clinic.enrol()
    hand_over(clinic, patient)
    tablet.send("/tablet/ratings", tablet.body(tablet.waiting_visit()))

    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        entries = audit.entries_about(db, org_id=patient.org_id, patient_id=patient.patient_id)
        assert audit.verify(db, org_id=patient.org_id)[1] is None

    by_action = {entry.action: entry for entry in entries}
    assert by_action["stored_rating"].actor_kind.value == "tablet"
    assert by_action["started_visit"].actor_id == clinic.clinician.staff_id


def test_a_page_that_asks_by_itself_writes_nothing_and_costs_few_statements(
    clinic: Clinic,
) -> None:
    connect(clinic)
    patient = clinic.enrol()
    hand_over(clinic, patient)
    browser = clinic.client(clinic.clinician)
    statements: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(clinic.database.engine, "before_cursor_execute", note)
    browser.get(f"/patients/{patient.patient_id}/live")
    event.remove(clinic.database.engine, "before_cursor_execute", note)

    asked = [one for one in statements if one.lstrip().upper().startswith("SELECT")]
    about_sign_in = [one for one in asked if "sign_in" in one or "FROM staff" in one]
    assert len(asked) - len(about_sign_in) <= 3
    assert not [one for one in statements if one.startswith(("INSERT", "UPDATE"))]
