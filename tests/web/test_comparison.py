"""What a patient's course is compared with, and how far that is told."""

from app.clinical.curves import GENERAL_CURVES
from tests.support.clinic import Clinic
from tests.support.lists import use_curve
from tests.support.pages import both, facts_read, figure_of, has_band, page_of

GENERAL = {curve.instrument_key: curve for curve in GENERAL_CURVES}


def test_the_three_numbers_say_now_since_the_start_and_together(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    both(clinic, patient, [172, 189, 243], [335, 350, 348])

    now, since, alliance = facts_read(page_of(clinic, patient))

    assert now == "Nå (time 3) 24,3 opp 5,4 fra time 2"
    assert since == "Endring fra start +7,1 tydelig endring (over 6,2)"
    assert alliance == "Samarbeid 34,8 ned 0,2 fra time 2"


def test_a_change_of_exactly_the_computed_limit_may_be_chance(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    clinic.course(patient, [180, 242])

    _, since, _ = facts_read(page_of(clinic, patient))

    assert since == "Endring fra start +6,2 kan være tilfeldig (6,2 eller mindre)"


def test_a_change_of_exactly_the_published_limit_is_clear(clinic: Clinic) -> None:
    patient = clinic.enrol(main="phq-9", alliance=None)
    for answer in (20, 10):
        answers = {f"q{at}": answer if at <= 6 else 0 for at in range(1, 10)}
        clinic.rate(patient, clinic.session(patient), instrument="phq-9", answers={**answers})
        clinic.clock.pass_time(days=7)

    now, since, _ = facts_read(page_of(clinic, patient))

    assert now.startswith("Nå (time 2) 6,0 ned 6,0")
    assert since == "Endring fra start −6,0 tydelig endring (6 eller mer)"


def test_without_a_curve_the_page_shows_change_and_own_swings(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [180, 200, 190, 215])

    page = page_of(clinic, patient)

    assert not has_band(figure_of(page)["wide"])
    assert "Ingen kurve ennå for dette skjemaet" in page
    assert "svinger ellers ±" in page
    assert "ingen verdi for pålitelig endring" in page


def test_a_curve_is_badged_by_whose_courses_it_describes(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    clinic.course(patient, [180, 200])

    page = page_of(clinic, patient)

    assert has_band(figure_of(page)["wide"])
    assert "Syntetisk kurve" in page
    assert "Foreløpig" in page


def test_a_general_curve_is_drawn_and_says_no_more_until_it_is_accepted(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL["phq-9"])
    patient = clinic.enrol(main="phq-9", alliance=None)
    for answer in (20, 20, 20):
        answers = {f"q{at}": answer if at < 9 else 0 for at in range(1, 10)}
        clinic.rate(patient, clinic.session(patient), instrument="phq-9", answers={**answers})
        clinic.clock.pass_time(days=7)

    page = page_of(clinic, patient)
    shared = page_of(clinic, patient, "?view=together")

    assert "Generell kurve, ikke fra egne pasienter" in page
    assert "Tjenesten har ikke godtatt kurven" in page
    assert has_band(figure_of(page)["wide"])
    assert "Neste time" not in page
    assert not has_band(figure_of(shared)["wide"])
    assert "blå feltet" not in shared


def test_outside_the_reach_of_a_curve_there_is_no_band_and_a_sentence_why(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    clinic.course(patient, [330, 340])

    page = page_of(clinic, patient)

    assert not has_band(figure_of(page)["wide"])
    assert "Kurven gjelder for første skår fra 5,3 til 30,7." in page
