"""The first page of a clinician: own patients by need, with the reason first."""

import re
from dataclasses import replace

import pytest
from sqlmodel import col, select

from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.records.episodes import Agreement, Ending, Episode
from app.records.people import NameDisplay
from app.workflow import enrol
from tests.support.clinic import Clinic, Enrolled
from tests.support.lists import (
    GOES_BADLY,
    GOES_WELL,
    came,
    critical,
    headings,
    plan,
    rows,
    show_names,
    statements,
    switch_flags_off,
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


def log(clinic: Clinic, action: str) -> list[AuditEntry]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        question = select(AuditEntry).where(AuditEntry.action == action)
        return list(db.execute(question.order_by(col(AuditEntry.sequence))).scalars())


def test_those_who_want_a_second_look_come_first_and_the_most_pressing_of_them_on_top(
    clinic: Clinic,
) -> None:
    use_curve(clinic)
    came(clinic, "Early Even", [200])
    came(clinic, "Well Wenche", GOES_WELL)
    stale = came(clinic, "Stale Stein", [180])
    for days in (-3, -2):
        clinic.clock.pass_time(days=days)
        clinic.session(stale, is_over=True)
        clinic.clock.pass_time(days=-days)
    clinic.rate(stale, clinic.session(stale), total=320, instrument="alliance-4")
    came(clinic, "Seen Siri", GOES_BADLY)
    came(clinic, "Badly Bo", GOES_BADLY)
    critical(clinic, "Critical Cato")
    decide(clinic, "Seen S.")

    page = worklist(clinic)

    assert [row.name for row in rows(page)] == [
        "Critical C.",
        "Badly B.",
        "Seen S.",
        "Well W.",
        "Early E.",
        "Stale S.",
    ]
    assert headings(page) == ["Bør ses på", "Som ventet", "For tidlig å si", "Mangler nye svar"]


def test_inside_a_part_the_next_session_decides(clinic: Clinic) -> None:
    use_curve(clinic)
    for name, hours in (("Third Tor", 50), ("First Finn", 2), ("Second Sara", 26)):
        plan(clinic, came(clinic, name, GOES_BADLY), hours=hours)
    came(clinic, "Last Lars", GOES_BADLY)

    assert names(clinic) == ["First F.", "Second S.", "Third T.", "Last L."]


def test_an_answer_that_must_be_seen_at_once_does_not_wait_for_a_session(clinic: Clinic) -> None:
    use_curve(clinic)
    plan(clinic, came(clinic, "Soon Sofie", GOES_BADLY), hours=1)
    critical(clinic, "Critical Cato")

    assert names(clinic) == ["Critical C.", "Soon S."]


def test_the_list_can_be_narrowed_to_a_part_and_says_how_many_it_leaves_out(
    clinic: Clinic,
) -> None:
    use_curve(clinic)
    came(clinic, "Badly Bo", GOES_BADLY)
    came(clinic, "Well Wenche", GOES_WELL)

    page = worklist(clinic, "?part=expected")

    assert [row.name for row in rows(page)] == ["Well W."]
    assert "Viser 1 av 2." in page
    assert 'href="/?part=expected" aria-current="true"' in page


def test_an_unknown_part_or_order_shows_the_whole_list(clinic: Clinic) -> None:
    came(clinic, "Bo Berg", [200])

    assert names(clinic, "?part=nonsense&order=nonsense") == ["Bo B."]


def test_by_next_session_need_does_not_count(clinic: Clinic) -> None:
    use_curve(clinic)
    plan(clinic, came(clinic, "Badly Bo", GOES_BADLY), hours=30)
    plan(clinic, came(clinic, "Well Wenche", GOES_WELL), hours=3)

    page = worklist(clinic, "?order=next")

    assert [row.name for row in rows(page)] == ["Well W.", "Badly B."]
    assert headings(page) == []


@pytest.mark.parametrize(("sought", "found"), [("WENCHE", ["Well W."]), ("1002", ["Well W."])])
def test_a_name_or_a_number_is_found(clinic: Clinic, sought: str, found: list[str]) -> None:
    came(clinic, "Bo Berg", [200])
    came(clinic, "Well Wenche", [200])

    assert names(clinic, f"?q={sought}") == found


def test_two_letters_are_too_few_to_look_for(clinic: Clinic) -> None:
    came(clinic, "Bo Berg", [200])

    page = worklist(clinic, "?q=we")

    assert [row.name for row in rows(page)] == ["Bo B."]
    assert "Skriv minst 3 tegn" in page
    assert 'aria-describedby="q-error"' in page


def test_a_search_without_a_find_offers_the_whole_list(clinic: Clinic) -> None:
    came(clinic, "Bo Berg", [200])

    page = worklist(clinic, "?q=nobody")

    assert "Ingen treff" in page
    assert "Vis alle" in page


def test_a_new_clinician_is_told_how_to_begin(clinic: Clinic) -> None:
    page = worklist(clinic)

    assert "Ingen pasienter ennå" in page
    assert 'href="/patients/new"' in page


def test_the_share_in_the_top_group_stands_beside_the_aim(clinic: Clinic) -> None:
    use_curve(clinic)
    came(clinic, "Badly Bo", GOES_BADLY)
    for name in ("Well Wenche", "Well Wilma", "Well Willy"):
        came(clinic, name, GOES_WELL)

    assert "1 av 4 bør ses på (25 %). Målet er høyst 15 %." in worklist(clinic)


def test_one_entry_of_the_log_names_everybody_on_the_list(clinic: Clinic) -> None:
    shown = {clinic.enrol().patient_id.hex, clinic.enrol().patient_id.hex}

    worklist(clinic)

    (entry,) = log(clinic, "saw_worklist")
    assert set(entry.details["patients"]) == shown  # type: ignore[call-overload]
    assert entry.actor_id == clinic.clinician.staff_id


def test_only_those_who_were_shown_are_named_in_the_log(clinic: Clinic) -> None:
    found = clinic.enrol(name="Kari Berg")
    clinic.enrol(name="Ola Dal")

    worklist(clinic, "?q=berg")

    (entry,) = log(clinic, "saw_worklist")
    assert entry.details["patients"] == [found.patient_id.hex]


def test_everybody_has_a_first_page_of_their_own(clinic: Clinic) -> None:
    answers = {who: clinic.client(person).get("/") for who, person in clinic.people.items()}

    assert {who: answer.headers.get("location") for who, answer in answers.items()} == {
        "clinician": None,
        "colleague": None,
        "supervisor": "/supervision",
        "other_team": None,
        "quality_lead": "/quality",
        "administrator": "/admin",
        "elsewhere": None,
        "nobody": "/sign-in",
    }


@pytest.mark.parametrize("who", ["colleague", "other_team", "elsewhere"])
@pytest.mark.parametrize("path", ["/", "/?q=berg", "/?q=1001", "/finished"])
def test_no_other_clinician_sees_my_patients(clinic: Clinic, who: str, path: str) -> None:
    clinic.enrol(name="Kari Berg")
    show_names(clinic, NameDisplay.FULL)

    page = clinic.client(clinic.people[who]).get(path).text

    assert "Kari Berg" not in page
    assert "1001</a>" not in page


@pytest.mark.parametrize("who", ["supervisor", "quality_lead", "administrator", "nobody"])
def test_only_a_clinician_has_closed_courses_of_their_own(clinic: Clinic, who: str) -> None:
    answer = clinic.client(clinic.people[who]).get("/finished")

    assert answer.status_code == (303 if who == "nobody" else 404)


def close(clinic: Clinic, patient: Enrolled) -> None:
    with clinic.database.writing() as db:
        enter_organization(db, org_id=patient.org_id)
        episode = db.execute(select(Episode).where(Episode.id == patient.episode_id)).scalar_one()
        episode.closed_at = clinic.clock.now
        episode.closed_by = clinic.clinician.staff_id
        episode.ending, episode.agreement = Ending.PLANNED, Agreement.AGREED


def test_a_closed_course_moves_to_its_own_list(clinic: Clinic) -> None:
    close(clinic, clinic.enrol(name="Kari Berg"))

    page = clinic.client(clinic.clinician).get("/finished").text

    assert names(clinic) == []
    assert "Kari B." in page
    assert "Planlagt, avtalt" in page


def test_an_installation_without_flags_lists_patients_by_next_session_and_judges_none(
    clinic: Clinic,
) -> None:
    use_curve(clinic)
    came(clinic, "Badly Bo", GOES_BADLY)
    critical(clinic, "Critical Cato")
    plan(clinic, came(clinic, "Well Wenche", GOES_WELL), hours=3)
    switch_flags_off(clinic)

    page = worklist(clinic, "?part=look&order=need")

    assert [row.name for row in rows(page)] == ["Well W.", "Badly B.", "Critical C."]
    assert {row.action.split("/")[1] for row in rows(page)} == {"patients"}
    for sign in ("sp-band", "Bør ses på", "Følg med", "Som ventet", "Hvorfor", "/flags/", "15 %"):
        assert sign not in page


def test_two_hundred_patients_cost_no_more_questions_than_three(clinic: Clinic) -> None:
    use_curve(clinic)
    came(clinic, "Badly Bo", GOES_BADLY)
    came(clinic, "Well Wenche", GOES_WELL)
    critical(clinic)
    browser = clinic.client(clinic.clinician)
    with statements(clinic) as few:
        browser.get("/")

    for _ in range(PATIENTS - 3):
        clinic.enrol(name="Kari Berg")
    with statements(clinic) as many:
        page = browser.get("/").text

    assert len(rows(page)) == PATIENTS
    assert len(many) == len(few) <= MOST_STATEMENTS


def test_two_hundred_full_rows_stay_light(clinic: Clinic) -> None:
    use_curve(clinic)
    ten = [160, 175, 190, 200, 210, 220, 225, 230, 236, 240]
    plan(clinic, came(clinic, "Wenche Well-Andersen", ten), days=2)

    page = worklist(clinic)

    (full,) = re.findall(r"<tr><th scope=\"row\">.*?</tr>", page, re.DOTALL)
    around = len(page.encode()) - len(full.encode())
    assert around + PATIENTS * len(full.encode()) < LARGEST_PAGE


def test_each_of_two_courses_of_a_patient_leads_to_its_own_page(clinic: Clinic) -> None:
    patient = clinic.enrol()
    with clinic.database.writing() as db:
        in_both = replace(
            clinic.viewer(db, clinic.clinician), teams=frozenset({clinic.other_team_id})
        )
        enrol.open_episode(
            db,
            in_both,
            patient_id=patient.patient_id,
            team_id=clinic.other_team_id,
            forms=enrol.Forms(main="phq-9", alliance=None),
            opened_at=clinic.clock.now,
            registry=clinic.registry,
            now=clinic.clock.now,
        )
    client = clinic.client(clinic.clinician)

    page = client.get("/").text

    links = set(re.findall(r'href="(/patients/[^"]+episode=[^"]+)"', page))
    told = [client.get(link).text for link in links]
    assert len(links) == 2
    assert sorted("PHQ-9" in text for text in told) == [False, True]
