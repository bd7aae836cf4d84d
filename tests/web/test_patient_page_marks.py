"""What a reader of the line must know: other ways to answer, a new start, a course that is over."""

from dataclasses import replace

import pytest

from app.instruments import Registry
from app.workflow import look
from app.workflow.refusals import Refusal
from tests.support.clinic import Clinic, Enrolled
from tests.support.forms import address_of, text_of
from tests.support.kiosk import TabletInRoom, connect, hand_over
from tests.support.lists import GOES_BADLY, critical, use_curve
from tests.support.pages import (
    both,
    facts_read,
    figure_of,
    flags_read,
    own_line,
    page_of,
    table_read,
    texts_drawn,
)

CLOSING = {"ending": "planned", "agreement": "agreed", "note": ""}
MARKS = {"o1": 40, "o2": 52, "o3": 61, "o4": 33}


def _rate(clinic: Clinic, tablet: TabletInRoom, patient: Enrolled, **changed: object) -> None:
    hand_over(clinic, patient, room="Rom 3")
    visit = tablet.waiting_visit()
    query = "&".join(f"{name}={value}" for name, value in changed.items())
    form = tablet.get(f"{visit}/form?{query}").text
    tablet.send("/tablet/ratings", tablet.body(visit, form=form, answers=MARKS))
    clinic.clock.pass_time(days=7)


@pytest.mark.parametrize(
    ("changed", "mark"),
    [({"mode": "buttons"}, "ny svarmåte"), ({"language": "en"}, "nytt språk")],
)
def test_answers_given_in_another_way_are_marked_where_it_changed(
    clinic: Clinic, changed: dict[str, str], mark: str
) -> None:
    tablet = connect(clinic, room="Rom 3")
    patient = clinic.enrol()
    _rate(clinic, tablet, patient)
    _rate(clinic, tablet, patient)
    _rate(clinic, tablet, patient, **changed)

    page = page_of(clinic, patient)

    notes = [row[-1] for row in table_read(page)]
    assert [mark in note for note in notes] == [False, False, True]
    assert f"▲ {mark}" in texts_drawn(figure_of(page)["wide"])


def test_a_new_starting_point_is_marked_and_what_came_before_is_drawn_apart(
    clinic: Clinic,
) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    clinic.course(patient, [260])
    session_id = clinic.session(patient, is_over=True)
    second = clinic.rate(patient, session_id, total=170)
    clinic.clock.pass_time(days=7)
    clinic.course(patient, [190])

    address_of(
        clinic.client(clinic.clinician),
        f"/ratings/{second.rating_id}/baseline",
        {"reason": "Misforsto skalaen første gang"},
    )

    page = page_of(clinic, patient)
    assert own_line(figure_of(page)["wide"]) == {2: 17.0, 3: 19.0}
    assert facts_read(page)[1].startswith("Endring fra start +2,0")
    assert [row[2] for row in table_read(page)] == ["26,0", "17,0", "19,0"]
    assert "nytt utgangspunkt" in table_read(page)[1][-1]
    apart = [
        one
        for one in figure_of(page)["wide"]["data"]
        if one.get("mode") == "lines+markers" and one["line"]["width"] == 2
    ]
    assert [one["y"] for one in apart] == [[26.0]]


def test_a_closed_course_is_read_and_starts_nothing(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    both(clinic, patient, GOES_BADLY, [350, 350, 350, 350])
    client = clinic.client(clinic.clinician)
    address_of(client, f"/episodes/{patient.episode_id}/close", CLOSING)

    page = page_of(clinic, patient)

    assert "avsluttet 14. desember 2026" in page
    assert "Start måling" not in page
    assert "Neste time: trolig" not in page
    assert own_line(figure_of(page)["wide"])[4] == 16.0
    assert f'href="/episodes/{patient.episode_id}/close"' not in page


def test_the_open_course_is_shown_first_and_the_old_one_can_be_chosen(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [180])
    client = clinic.client(clinic.clinician)
    address_of(client, f"/episodes/{patient.episode_id}/close", CLOSING)
    forms = {"main": "phq-9", "alliance": "", "variant": "adult"}
    opened = {"team": str(clinic.team_id), "opened_on": "2026-11-23", **forms}
    address_of(client, f"/patients/{patient.patient_id}/episodes", opened)

    newest = page_of(clinic, patient)
    old = page_of(clinic, patient, f"?episode={patient.episode_id}")

    assert "Ingen skår ennå" in newest
    assert "Fra 23. november 2026" in text_of(newest)
    assert "16. november 2026 – 23. november 2026" in text_of(newest)
    assert own_line(figure_of(old)["wide"]) == {1: 18.0}


def test_a_form_that_is_only_on_paper_is_typed_in_and_not_handed_over(clinic: Clinic) -> None:
    connect(clinic, room="Rom 3")
    patient = clinic.enrol(main="phq-9", alliance=None)

    page = page_of(clinic, patient)

    assert "Start måling" not in page
    assert f'class="ds-button" href="/episodes/{patient.episode_id}/sessions"' in page


def test_a_flag_without_a_score_stands_at_the_foot_of_the_latest_session(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [180])
    for _ in range(2):
        clinic.session(patient, is_over=True)
        clinic.clock.pass_time(days=7)
    clinic.rate(patient, clinic.session(patient), total=320, instrument="alliance-4")

    page = page_of(clinic, patient)

    (flag,) = flags_read(page)
    assert flag.reason == "Mangler svar fra de 2 siste timene"
    drawn = [one for one in figure_of(page)["wide"]["layout"]["annotations"] if "bgcolor" in one]
    assert [(one["text"], one["x"], one["y"]) for one in drawn] == [("1", 4, 0)]
    assert table_read(page)[3][-1].startswith("1: Mangler svar")


def test_a_flag_that_is_over_is_kept_below_the_list(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    clinic.course(patient, GOES_BADLY)
    assert len(flags_read(page_of(clinic, patient))) == 1

    clinic.course(patient, [330, 340])

    page = page_of(clinic, patient)
    assert flags_read(page) == []
    assert "Gjelder ikke lenger siden" in page


def test_rules_that_could_not_be_looked_at_are_told_with_the_reason(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [180, 190, 200])

    page = text_of(page_of(clinic, patient))

    assert "Ikke vurdert: ingen verdi for pålitelig endring" in page
    assert "Ikke vurdert: ingen kurve for dette skjemaet" in page


def test_with_many_critical_answers_the_newest_stand_at_the_top(clinic: Clinic) -> None:
    patient = critical(clinic)
    for _ in range(4):
        clinic.clock.pass_time(days=7)
        answers = {f"q{at}": 10 for at in range(1, 10)}
        clinic.rate(patient, clinic.session(patient), instrument="phq-9", answers={**answers})

    page = page_of(clinic, patient)

    panel = page[page.index('class="safety"') : page.index("</section>")]
    assert panel.count("må ses med en gang. Time") == 3
    assert "2 svar til står i lista." in panel
    assert len([one for one in flags_read(page) if "spørsmål 9" in one.reason]) == 5


def test_a_course_on_a_form_that_is_no_longer_here_says_so(clinic: Clinic) -> None:
    patient = clinic.enrol()
    left = {key: one for key, one in clinic.registry.instruments.items() if key != "outcome-4"}
    registry: Registry = replace(clinic.registry, instruments=left)

    with clinic.database.writing() as db, pytest.raises(Refusal) as refused:
        look.look_at(
            db,
            clinic.viewer(db, clinic.clinician),
            patient_id=patient.patient_id,
            episode_id=None,
            instrument=None,
            registry=registry,
            now=clinic.clock.now,
        )

    assert refused.value.word == "form_unknown"
