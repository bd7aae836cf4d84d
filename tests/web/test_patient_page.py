"""The page of one patient, as the clinician reads it."""

import re
import uuid

import pytest
from sqlmodel import col, select

from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.records.people import NameDisplay
from tests.support.clinic import Clinic, Enrolled
from tests.support.everything import add_next_of_kin
from tests.support.forms import correction, marks
from tests.support.kiosk import connect, hand_over
from tests.support.lists import GOES_BADLY, critical, plan, show_names, statements, use_curve
from tests.support.pages import (
    alliance_line,
    both,
    figure_of,
    flags_read,
    numbers_drawn,
    own_line,
    page_of,
    table_read,
)

ROSE_AND_FELL = [172, 189, 204, 226, 241, 233, 202, 173, 150]
SAME_HELP = [335, 350, 368, 374, 371, 366, 346, 362, 373]


def _last_entry(clinic: Clinic) -> AuditEntry:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        entry: AuditEntry = db.execute(
            select(AuditEntry).order_by(col(AuditEntry.sequence).desc()).limit(1)
        ).scalar_one()
        return entry


@pytest.mark.parametrize(("who", "ground"), [("clinician", "treats"), ("supervisor", "supervises")])
def test_every_look_at_a_patient_is_written_down_with_its_ground(
    clinic: Clinic, who: str, ground: str
) -> None:
    patient = clinic.enrol()

    page_of(clinic, patient, by=clinic.people[who])

    entry = _last_entry(clinic)
    assert entry.action == "saw_client_page"
    assert entry.patient_id == patient.patient_id
    assert entry.ground == ground


@pytest.mark.parametrize(
    "who", ["colleague", "other_team", "quality_lead", "administrator", "elsewhere"]
)
@pytest.mark.parametrize("query", ["", "?view=together"])
def test_a_patient_who_is_not_yours_looks_like_one_who_is_not_there(
    clinic: Clinic, who: str, query: str
) -> None:
    patient = clinic.enrol(name="Aksel Berg")

    reply = clinic.client(clinic.people[who]).get(f"/patients/{patient.patient_id}{query}")

    assert reply.status_code == 404
    assert "Aksel" not in reply.text


def test_the_number_of_statements_is_the_same_for_three_sessions_and_thirty(
    clinic: Clinic,
) -> None:
    use_curve(clinic)
    short, long = clinic.enrol(), clinic.enrol()
    both(clinic, short, [180, 170, 160], [350, 350, 350])
    both(clinic, long, [180 - at for at in range(30)], [300 + at for at in range(30)])
    client = clinic.client(clinic.clinician)
    counts = []
    for patient in (short, long):
        client.get(f"/patients/{patient.patient_id}")
        with statements(clinic) as seen:
            client.get(f"/patients/{patient.patient_id}")
        counts.append(len(seen))

    assert counts[0] == counts[1]
    assert counts[1] <= (12 if clinic.database.is_sqlite else 16), counts


def test_flags_have_the_same_number_in_the_chart_the_list_and_the_table(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    both(clinic, patient, ROSE_AND_FELL, SAME_HELP)

    page = page_of(clinic, patient)

    listed = {flag.number: flag.reason for flag in flags_read(page)}
    assert list(listed) == ["1", "2"]
    for kind in ("wide", "compact"):
        assert numbers_drawn(figure_of(page)[kind]).keys() == listed.keys()
    for number, reason in listed.items():
        session = numbers_drawn(figure_of(page)["wide"])[number]
        assert f"{number}: {reason}" in table_read(page)[session - 1][-1]


def test_a_flag_tells_its_reason_its_facts_and_why_it_is_shown(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    clinic.course(patient, GOES_BADLY)

    (flag,) = flags_read(page_of(clinic, patient))

    assert flag.reason == "Foreløpig ikke på vei mot tydelig bedring"
    assert "18,0" in flag.text
    assert "Hvorfor vises dette?" in flag.text
    assert "av 100" in flag.text
    assert "Det sier ikke hvorfor" in flag.text
    assert "Hvor ofte merket kommer i vanlige forløp, er ikke kjent her ennå." in flag.text
    assert "utgave 1" in flag.text
    assert "Kurve: synthetic-1." in flag.text
    assert flag.href.startswith("/flags/")


def test_a_reviewed_flag_stays_with_who_and_when_and_the_note_beside_it(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    clinic.course(patient, GOES_BADLY)
    (flag,) = flags_read(page_of(clinic, patient))
    address = flag.href.partition("#")[0]

    reply = clinic.client(clinic.clinician).post(
        f"{address}/decide", data={"decision": "changed_method", "note": "Roligere tempo."}
    )

    page = page_of(clinic, patient)
    (after,) = flags_read(page)
    assert reply.status_code == 303
    assert after.is_reviewed
    assert "Gjennomgått 14. desember av KL: Endret arbeidsmåte" in after.text
    assert "Roligere tempo." in page
    assert "ny plan" in table_read(page)[-1][-1]


def test_the_table_holds_the_numbers_of_the_chart(clinic: Clinic) -> None:
    patient = clinic.enrol()
    both(clinic, patient, [172, 189, 204], [335, 350, 368])

    page = page_of(clinic, patient)

    drawing = figure_of(page)["wide"]
    assert own_line(drawing) == {1: 17.2, 2: 18.9, 3: 20.4}
    assert alliance_line(drawing) == {1: 33.5, 2: 35.0, 3: 36.8}
    assert [row[2:4] for row in table_read(page)] == [
        ["17,2", "33,5"],
        ["18,9", "35,0"],
        ["20,4", "36,8"],
    ]


def test_a_corrected_score_stays_struck_through_and_only_the_new_one_is_drawn(
    clinic: Clinic,
) -> None:
    patient = clinic.enrol()
    stored = clinic.rate(patient, clinic.session(patient, is_over=True), total=180)

    reply = clinic.client(clinic.clinician).post(
        f"/ratings/{stored.rating_id}/correct", data=correction(**marks("5", "5", "5", "5"))
    )

    page = page_of(clinic, patient)
    assert reply.status_code == 303
    assert own_line(figure_of(page)["wide"]) == {1: 20.0}
    assert "<s>18,0</s>" in page


def test_items_show_the_latest_answer_beside_the_one_before(clinic: Clinic) -> None:
    patient = clinic.enrol()
    for row in ((36, 51, 47, 39), (39, 56, 45, None)):
        answers = {f"o{at}": mark for at, mark in enumerate(row, start=1)}
        clinic.rate(patient, clinic.session(patient, is_over=True), answers=answers)
        clinic.clock.pass_time(days=7)

    page = page_of(clinic, patient)

    cards = re.findall(
        r'<div class="im"><span>(.*?)</span>.*?"val num">(.*?)</span>', page, re.DOTALL
    )
    read = {title: re.sub(r"<[^>]+>", "", value).strip() for title, value in cards}
    assert read == {
        "Humør": "3,9 (+0,3)",
        "Hverdag": "5,6 (+0,5)",
        "Folk rundt meg": "4,5 (−0,2)",
        "Håp": "ikke svart",
    }


def test_an_unfinished_form_is_in_the_table_and_not_in_the_chart(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [180])
    clinic.rate(
        patient,
        clinic.session(patient, is_over=True),
        answers={"o1": 40, "o2": None, "o3": None, "o4": None},
        is_finished=False,
    )

    page = page_of(clinic, patient)

    assert own_line(figure_of(page)["wide"]) == {1: 18.0}
    assert table_read(page)[1][2] == "ikke fullført"


def test_without_a_score_the_page_says_so_and_draws_nothing(clinic: Clinic) -> None:
    page = page_of(clinic, clinic.enrol())

    assert "Ingen skår ennå. Diagrammet kommer med den første." in page
    assert "figure-course" not in page


def test_answers_that_must_be_seen_at_once_come_first_with_the_routine_of_the_site(
    clinic: Clinic,
) -> None:
    patient = critical(clinic)

    page = page_of(clinic, patient)

    panel = page[page.index('class="safety"') :]
    assert "Svaret på spørsmål 9 må ses med en gang" in panel
    assert "Følg rutinen for akutt fare." in panel
    (flag, *_) = flags_read(page)
    clinic.client(clinic.clinician).post(
        f"{flag.href.partition('#')[0]}/decide", data={"decision": "talked_continue"}
    )
    assert 'class="safety"' not in page_of(clinic, patient)


def test_others_are_shown_apart_and_the_difference_in_words(clinic: Clinic) -> None:
    patient = clinic.enrol()
    next_of_kin = add_next_of_kin(clinic, patient)
    session_id = clinic.session(patient, is_over=True)
    clinic.rate(patient, session_id, total=180)
    parent = Enrolled(
        org_id=patient.org_id,
        patient_id=patient.patient_id,
        number=patient.number,
        episode_id=patient.episode_id,
        respondent_id=uuid.UUID(next_of_kin),
    )
    clinic.rate(parent, session_id, total=225)

    page = page_of(clinic, patient)

    assert own_line(figure_of(page)["wide"]) == {1: 18.0}
    assert own_line(figure_of(page, "other-0")["wide"]) == {1: 22.5}
    assert "I time 1 satte Forelder (Mor) 4,5 høyere enn pasienten." in page


def test_another_form_has_a_small_chart_and_can_be_shown_large(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    session_id = clinic.session(patient, is_over=True)
    clinic.rate(patient, session_id, total=180)
    clinic.rate(
        patient,
        session_id,
        instrument="phq-9",
        answers={f"q{at}": 10 if at < 9 else 0 for at in range(1, 10)},
    )

    page = page_of(clinic, patient)
    large = page_of(clinic, patient, "?instrument=phq-9")

    assert own_line(figure_of(page, "form-phq-9")["wide"]) == {1: 8.0}
    assert own_line(figure_of(large)["wide"]) == {1: 8.0}
    assert "Tilbake til Outcome-4" in large


@pytest.mark.parametrize(
    "query",
    ["?instrument=gad-7", "?instrument=none", "?episode=397c1407-1621-4f63-85fe-332d20adc5ce"],
)
def test_what_the_course_has_not_used_is_not_there(clinic: Clinic, query: str) -> None:
    patient = clinic.enrol()

    reply = clinic.client(clinic.clinician).get(f"/patients/{patient.patient_id}{query}")

    assert reply.status_code == 404


def test_another_patients_course_is_not_shown_under_this_name(clinic: Clinic) -> None:
    patient, other = clinic.enrol(), clinic.enrol()

    reply = clinic.client(clinic.clinician).get(
        f"/patients/{patient.patient_id}?episode={other.episode_id}"
    )

    assert reply.status_code == 404


def test_the_one_button_hands_over_what_comes_next_where_it_was_last(clinic: Clinic) -> None:
    connect(clinic, room="Rom 1")
    tablet = connect(clinic, room="Rom 3")
    patient = clinic.enrol()
    before = page_of(clinic, patient)
    hand_over(clinic, patient, room="Rom 3")
    tablet.send("/tablet/ratings", tablet.body(tablet.waiting_visit()))

    after = page_of(clinic, patient)

    assert "Start måling i Rom 1" in before
    assert 'name="slot" value="start"' in before
    assert "Start måling i Rom 3" in after
    assert 'name="slot" value="end"' in after
    assert "Etter timen: Alliance-4" in after


def test_without_a_tablet_the_button_makes_a_code_and_the_page_shows_it_big(
    clinic: Clinic,
) -> None:
    patient = clinic.enrol()
    assert "Start måling med kode" in page_of(clinic, patient)

    hand_over(clinic, patient, room=None)

    page = page_of(clinic, patient)
    assert re.search(r'class="visit-code">Kode: [A-Z]{3}-[A-Z]{3}<', page)


def test_the_page_carries_the_tag_that_the_question_for_news_answers_with(clinic: Clinic) -> None:
    tablet = connect(clinic, room="Rom 3")
    patient = clinic.enrol()
    hand_over(clinic, patient, room="Rom 3")
    client = clinic.client(clinic.clinician)
    live = f"/patients/{patient.patient_id}/live"

    page = page_of(clinic, patient)
    tag = re.search(r'data-live-tag="&#34;([0-9a-f]+)&#34;"', page)
    assert tag is not None
    same = client.get(live, headers={"If-None-Match": f'"{tag[1]}"'})
    tablet.send("/tablet/ratings", tablet.body(tablet.waiting_visit()))
    later = client.get(live, headers={"If-None-Match": f'"{tag[1]}"'})

    assert same.status_code == 304
    assert later.status_code == 200


def test_a_no_is_told_with_the_other_way_that_was_agreed(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.client(clinic.clinician).post(
        f"/episodes/{patient.episode_id}/participation",
        data={"answer": "not_for_me", "other_channel": "letter", "reason": ""},
    )

    page = page_of(clinic, patient)

    assert "Pasienten har sagt nei til å svare på skjema" in page
    assert "Vil heller skrive." in page


@pytest.mark.parametrize(
    ("display", "heading"),
    [
        (NameDisplay.FULL, "Aksel Berg"),
        (NameDisplay.SHORT, "Aksel B."),
        (NameDisplay.INITIALS, "AB"),
        (NameDisplay.NUMBER, "Nr. 1001"),
    ],
)
def test_the_patient_is_named_as_the_organization_has_chosen(
    clinic: Clinic, display: NameDisplay, heading: str
) -> None:
    patient = clinic.enrol(name="Aksel Berg")
    show_names(clinic, display)

    page = page_of(clinic, patient)

    assert f"<h1>{heading}</h1>" in page


def test_the_line_of_facts_tells_the_next_session(clinic: Clinic) -> None:
    patient = clinic.enrol(birth_year=1990)
    clinic.course(patient, [180])
    plan(clinic, patient, hours=2)

    page = page_of(clinic, patient)

    assert (
        "Nr. 1001 · voksen · født 1990 · 1 time siden 16. november 2026 · neste time i dag 12.00"
        in page
    )
