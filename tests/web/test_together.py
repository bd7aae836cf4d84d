"""What clinician and patient look at together."""

import re

import pytest

from app.clinical.curves import GENERAL_CURVES
from app.web.words import LANGUAGES
from tests.architecture.translations import BANNED
from tests.support.clinic import Clinic
from tests.support.forms import text_of
from tests.support.lists import GOES_BADLY, critical, use_curve
from tests.support.pages import (
    both,
    figure_of,
    flags_read,
    has_band,
    numbers_drawn,
    page_of,
    table_read,
    texts_drawn,
)

TOGETHER = "?view=together"
ROSE_AND_FELL = [172, 189, 204, 226, 241, 233, 202, 173, 150]
FELL_ONCE = [350, 360, 355, 360, 358, 310]


def test_it_names_nobody_and_leads_to_nothing_but_back(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol(name="Aksel Berg")
    clinic.course(patient, GOES_BADLY)

    page = page_of(clinic, patient, TOGETHER)

    assert "Aksel" not in page
    assert "Kari" not in page
    assert str(patient.number) not in text_of(page)
    links = re.findall(r'<a [^>]*href="([^"]*)"', page)
    assert links == ["#main", f"/patients/{patient.patient_id}?episode={patient.episode_id}"]
    assert "<form" not in page
    assert "data-live-url" not in page


def test_it_hides_flags_notes_and_what_is_only_for_the_clinician(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    clinic.course(patient, GOES_BADLY)
    (flag,) = flags_read(page_of(clinic, patient))
    clinic.client(clinic.clinician).post(
        f"{flag.href.partition('#')[0]}/note", data={"note": "Bare for oss."}
    )

    page = page_of(clinic, patient, TOGETHER)

    shown = text_of(page) + " ".join(texts_drawn(figure_of(page)["wide"]))
    for hidden in (flag.reason, "Bare for oss", "tilfeldig", "Neste time", "Å ta opp", "Syntetisk"):
        assert hidden not in shown


def test_it_never_speaks_of_an_answer_that_must_be_seen_at_once(clinic: Clinic) -> None:
    page = page_of(clinic, critical(clinic), TOGETHER)

    assert "med en gang" not in text_of(page)
    assert numbers_drawn(figure_of(page)["wide"]) == {}


def test_it_asks_first_and_has_the_same_numbers_on_the_chart_as_in_the_talk(
    clinic: Clinic,
) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    both(clinic, patient, ROSE_AND_FELL[:6], FELL_ONCE)

    page = page_of(clinic, patient, TOGETHER)

    talk = re.findall(r'<span class="nr">(\d)</span><span>(.*?)</span>', page)
    drawn = numbers_drawn(figure_of(page)["wide"])
    assert page.index("<h2>Kjenner du deg igjen?") < page.index("<h2>Noe å snakke om")
    assert talk == [("1", "Det har endret seg lite"), ("2", "Samarbeidet i time 6")]
    assert drawn == {"1": 6, "2": 6}


def test_it_says_how_it_has_been_in_plain_words(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    clinic.course(patient, ROSE_AND_FELL)

    page = page_of(clinic, patient, TOGETHER)

    assert "Det gikk oppover fram til time 5, og så litt ned igjen." in page
    assert "Det blå feltet viser hvordan det pleier å gå for andre" in page
    assert has_band(figure_of(page)["wide"])


def test_where_lower_is_better_a_falling_line_is_told_as_lighter(clinic: Clinic) -> None:
    patient = clinic.enrol(main="phq-9", alliance=None)
    for answer in (20, 20, 10):
        answers = {f"q{at}": answer if at < 9 else 0 for at in range(1, 10)}
        clinic.rate(patient, clinic.session(patient), instrument="phq-9", answers={**answers})
        clinic.clock.pass_time(days=7)

    page = page_of(clinic, patient, TOGETHER)

    assert "Det har blitt lettere siden vi startet." in page
    assert "oppover" not in text_of(page)


def test_its_table_holds_the_answers_and_nothing_else(clinic: Clinic) -> None:
    patient = clinic.enrol()
    both(clinic, patient, [172, 189], [335, 350])

    rows = table_read(page_of(clinic, patient, TOGETHER))

    assert rows == [
        ["1", "16. nov. 2026", "17,2", "33,5"],
        ["2", "23. nov. 2026", "18,9", "35,0"],
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("totals", [GOES_BADLY, ROSE_AND_FELL, [180, 220, 260], [300, 240, 200]])
def test_no_word_that_could_hurt_stands_on_it(
    clinic: Clinic, language: str, totals: list[int]
) -> None:
    for curve in GENERAL_CURVES:
        use_curve(clinic, curve)
    use_curve(clinic)
    patient = clinic.enrol()
    both(clinic, patient, totals, [*FELL_ONCE, *FELL_ONCE][-len(totals) :])
    client = clinic.client(clinic.clinician)
    client.post("/language", data={"language": language, "next": "/"})

    page = client.get(f"/patients/{patient.patient_id}{TOGETHER}").text

    assert f'<html lang="{language}"' in page
    shown = text_of(page) + " ".join(texts_drawn(figure_of(page)["wide"]))
    assert BANNED.search(shown) is None


def test_its_texts_are_large_enough_to_read_together(clinic: Clinic) -> None:
    patient = clinic.enrol()
    both(clinic, patient, [172, 189, 204], [335, 350, 368])

    figure = figure_of(page_of(clinic, patient, TOGETHER))

    for kind in ("wide", "compact"):
        layout = figure[kind]["layout"]
        sizes = [note["font"]["size"] for note in layout["annotations"]]
        assert min([*sizes, layout["font"]["size"]]) >= 17
