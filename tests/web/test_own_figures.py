"""A clinician's own figures: counted by hand, and for nobody but that clinician."""

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from app.clinical.rules import Level
from app.records import curves
from app.records.engine import enter_organization
from app.records.episodes import Agreement, Answer, Ending
from app.records.people import Treats
from app.web.words import LANGUAGES, Words
from tests.support.clinic import Clinic, Person
from tests.support.forms import text_of
from tests.support.lists import statements, switch_flags_off
from tests.support.service import WEEK, Course, Form, Place, Visit, store

PATH = "/own-figures"
BEGUN = dt.datetime(2026, 1, 12, 9, tzinfo=dt.UTC)
PAIRS = ((200, 80), (180, 110), (150, 140), (120, 180), (80, 20))
"""First and last PHQ-9: recovered; better; not changed; worse; better, and began below 10."""


def course(
    clinic: Clinic,
    *totals: int,
    by: Person | None = None,
    **more: Any,  # noqa: ANN401 - any field of a course
) -> Course:
    """Return a closed course with a score at each session."""
    made = Course(
        patient=uuid.uuid4(),
        team=clinic.team_id,
        therapists=[(by or clinic.clinician).staff_id],
        opened_at=BEGUN,
        closed_at=BEGUN + 8 * WEEK,
        instrument="phq-9",
        visits=[
            Visit(BEGUN + at * WEEK, forms=[Form("phq-9", total)])
            for at, total in enumerate(totals)
        ],
    )
    for name, value in more.items():
        setattr(made, name, value)
    return made


_numbers: Iterator[int] = iter(range(1, 1000))


def keep(clinic: Clinic, *courses: Course) -> None:
    place = Place(clinic.clinician.org_id, {clinic.team_id: [clinic.clinician.staff_id]})
    store(clinic.database, place, courses, first=next(_numbers))


def read(clinic: Clinic, query: str = "", who: Person | None = None) -> str:
    reply = clinic.client(who or clinic.clinician).get(f"{PATH}{query}")
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    return reply.text


def block(shown: str, key: str) -> Sequence[str]:
    """Return the numbers of one part of the page, as they are read."""
    section = re.search(rf'<section[^>]*aria-labelledby="{key}">(.*?)</section>', shown, re.DOTALL)
    assert section, key
    lines = re.findall(r"<dt>(.*?)</div>", section[1], re.DOTALL)
    return [text_of(f"<main>{line}").lstrip("> ") for line in lines]


def five(clinic: Clinic) -> list[Course]:
    return [course(clinic, *pair) for pair in PAIRS]


def test_means_and_changes_of_five_courses_by_hand(clinic: Clinic) -> None:
    keep(clinic, *five(clinic))

    shown = read(clinic)

    # Changes are -12, -7, -1, 6 and -6: mean -4, variance 186 / 4 = 46.5, and the interval
    # 2.776 * sqrt(46.5 / 5) = 8.47; in the same way 5.93 of the first and 7.53 of the last.
    assert block(shown, "means") == [
        "Første skår, gjennomsnitt 14,6 8,7 til 20,5, n = 5",
        "Siste skår, gjennomsnitt 10,6 3,1 til 18,1, n = 5",
        "Endring, gjennomsnitt −4 −12,5 til 4,5, n = 5",
    ]
    assert block(shown, "change") == [
        "Ikke lenger i klinisk område, pålitelig bedre 1 av 5",
        "Pålitelig bedre ellers 2 av 5",
        "Ingen pålitelig endring 1 av 5",
        "Pålitelig lavere utbytte 1 av 5",
    ]


def test_every_course_has_its_place_and_every_number_its_denominator(clinic: Clinic) -> None:
    left: dict[str, Any] = {"ending": Ending.UNPLANNED, "agreement": Agreement.NOT_AGREED}
    keep(
        clinic,
        *five(clinic),
        course(clinic, 130, **left),
        course(clinic, **left),
        course(clinic, answers=[Answer.NOT_FOR_ME]),
        course(clinic, 150, 140, closed_at=None),
    )

    shown = read(clinic)

    assert block(shown, "courses") == [
        "I behandling nå 1",
        "Avsluttet 8",
        "Med minst to skårer 5 av 8",
    ]
    assert block(shown, "ways") == [
        "Avsluttet som planlagt 6 av 8",
        "Sluttet uten avtale 2 av 8",
        "Avsluttet i enighet 6 av 8",
        "Ikke avsluttet i enighet 2 av 8",
    ]
    assert block(shown, "without") == [
        "Bare én skår 1 av 8",
        "Ville ikke svare 1 av 8",
        "Ble spurt, men ingen skår 0 av 8",
        "Ble ikke spurt 1 av 8",
        "Skårer fra en annen utgave av skjemaet 0 av 8",
    ]
    assert block(shown, "measured")[0] == "Med skår på PHQ-9 11 av 11"


def test_under_five_courses_have_no_means_and_lead_to_the_courses(clinic: Clinic) -> None:
    keep(clinic, *five(clinic)[:4], course(clinic, 130))

    shown = read(clinic)

    assert block(shown, "means") == []
    assert "Færre enn 5 forløp med to skårer: ingen gjennomsnitt vises." in text_of(shown)
    assert 'href="/finished"' in shown
    assert block(shown, "change")[0].endswith("1 av 4")


def test_courses_of_others_are_never_counted(clinic: Clinic) -> None:
    together = course(clinic, 200, 80)
    together.therapists = [clinic.clinician.staff_id, clinic.colleague.staff_id]
    handed_on = course(clinic, 200, 80)
    keep(clinic, *five(clinic), together, handed_on, course(clinic, 90, 10, by=clinic.colleague))
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        db.execute(
            update(Treats)
            .where(col(Treats.patient_id) == handed_on.patient)
            .values(until=BEGUN + 2 * WEEK)
        )

    # Five, and the one that both treated; not the one that was handed on before it ended.
    assert block(read(clinic), "courses")[1] == "Avsluttet 6"
    assert block(read(clinic, who=clinic.colleague), "courses")[1] == "Avsluttet 2"


@pytest.mark.parametrize("who", ["supervisor", "quality_lead", "administrator"])
def test_who_treats_nobody_does_not_find_the_page(clinic: Clinic, who: str) -> None:
    keep(clinic, *five(clinic))

    reply = clinic.client(getattr(clinic, who)).get(PATH)

    assert reply.status_code == 404


def test_nobody_can_ask_about_somebody_else(clinic: Clinic) -> None:
    keep(clinic, *five(clinic))
    staff_id = clinic.clinician.staff_id

    for query in (f"?staff_id={staff_id}", f"?clinician={staff_id}", ""):
        assert "Ingen forløp ennå" in read(clinic, query, who=clinic.colleague)
    for person in (clinic.colleague, clinic.other_team):
        assert clinic.client(person).get(f"{PATH}/{staff_id}").status_code == 404
    assert "Ingen forløp ennå" in read(clinic, who=clinic.elsewhere)
    assert clinic.client().get(PATH).status_code == 303


def test_flags_are_those_that_asked_for_a_review(clinic: Clinic) -> None:
    flags = ((Level.REVIEW, True), (Level.DISCUSS, False), (Level.NOTE, True))
    keep(clinic, *five(clinic), course(clinic, 130, flags=flags))

    assert block(read(clinic), "flags") == [
        "Merker i alt 2",
        "Gått gjennom før forløpet ble avsluttet 1 av 2",
    ]

    switch_flags_off(clinic)

    assert 'id="flags"' not in read(clinic)


def test_the_alliance_is_told_in_the_same_way(clinic: Clinic) -> None:
    alliance = "alliance-4"
    courses = five(clinic)
    pairs = [(300, 320), (310, 330), (340, 340), (280, 350), (300, 320)]
    for made, (first, last) in zip(courses, pairs, strict=True):
        made.alliance = alliance
        made.visits[0].forms.append(Form(alliance, first))
        made.visits[1].forms.append(Form(alliance, last))

    keep(clinic, *courses)

    # 30, 31, 34, 28 and 30 again; 32, 33, 34, 35 and 32 again.
    shown = block(read(clinic), "alliance")
    assert [line.split(" n = ")[-1] for line in shown] == ["5", "5", "5"]
    assert "30,6" in shown[0]
    assert "33,2" in shown[1]
    assert "2,6" in shown[2]
    assert block(read(clinic), "measured")[1] == "Med allianseskår 10 av 10"


def test_another_form_is_chosen_and_one_without_courses_refused(clinic: Clinic) -> None:
    keep(clinic, *five(clinic), course(clinic, instrument="core-10"))

    assert block(read(clinic, "?form=core-10"), "courses")[1] == "Avsluttet 1"
    reply = clinic.client(clinic.clinician).get(f"{PATH}?form=gad-7")
    assert reply.status_code == 400
    assert "Du har ingen forløp på skjemaet gad-7." in text_of(reply.text)


def test_a_form_without_a_value_says_nothing_of_reliable_change(clinic: Clinic) -> None:
    courses = [course(clinic, instrument="outcome-4") for _ in range(2)]
    keep(clinic, *courses)

    assert "Skjemaet har ingen verdi for pålitelig endring." in text_of(read(clinic))


def test_a_form_without_a_cut_off_says_nothing_of_recovery(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site's own curve gives such a form a value, and nothing gives it a cut-off."""
    value = clinic.registry.get("phq-9").reliable_change
    used = SimpleNamespace(curve=SimpleNamespace(reliable_change=value))
    monkeypatch.setattr(curves, "in_use", lambda *_, **__: {"outcome-4": used})
    better, same = (course(clinic, instrument="outcome-4") for _ in range(2))
    for made, totals in ((better, (100, 200)), (same, (150, 150))):
        made.visits = [
            Visit(BEGUN + at * WEEK, forms=[Form("outcome-4", total)])
            for at, total in enumerate(totals)
        ]

    keep(clinic, better, same)

    assert block(read(clinic), "change") == [
        "Pålitelig bedre 1 av 2",
        "Ingen pålitelig endring 1 av 2",
        "Pålitelig lavere utbytte 0 av 2",
    ]


def test_a_score_that_is_withdrawn_no_longer_counts(clinic: Clinic) -> None:
    withdrawn = course(clinic, 200, 80)
    withdrawn.visits[1].forms[0].is_withdrawn = True
    keep(clinic, *five(clinic), withdrawn)

    assert block(read(clinic), "courses")[2] == "Med minst to skårer 5 av 6"


def test_the_number_of_questions_does_not_grow_with_the_courses(clinic: Clinic) -> None:
    keep(clinic, *five(clinic))
    client = clinic.client(clinic.clinician)
    with statements(clinic) as few:
        client.get(PATH)
    keep(clinic, *(made for _ in range(5) for made in five(clinic)))
    with statements(clinic) as many:
        client.get(PATH)

    assert len(many) == len(few)


def test_only_ones_own_courses_are_worked_out_for_it(clinic: Clinic) -> None:
    keep(clinic, *five(clinic), course(clinic, 90, 10, by=clinic.colleague))
    read(clinic)

    # What nobody worked out for the one is worked out for the other.
    assert block(read(clinic, who=clinic.colleague), "courses")[1:] == [
        "Avsluttet 1",
        "Med minst to skårer 1 av 1",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_there_in_each_language(clinic: Clinic, language: str) -> None:
    keep(clinic, *five(clinic))
    client = clinic.client(clinic.clinician)
    client.post("/language", data={"language": language, "next": "/"})

    shown = client.get(PATH).text

    words = Words(language)
    assert words("own.lead") in text_of(shown)
    assert f">{words('staff.menu_own_figures')}</a>" in shown


def test_the_menu_leads_there_for_who_treats(clinic: Clinic) -> None:
    def menu(who: Person) -> list[str]:
        page = clinic.client(who).get("/numbers").text
        found = re.search(r"<nav.*?</nav>", page, re.DOTALL)
        return re.findall(r'href="([^"]+)"', found[0]) if found else []

    assert menu(clinic.clinician) == ["/", "/own-figures", "/tablets", "/numbers"]
    assert "/own-figures" not in menu(clinic.supervisor)
    assert "/own-figures" not in menu(clinic.quality_lead)
