"""Step 4: the course is compared with what is expected, and looked at together."""

from tests.support.clinic import Clinic
from tests.support.forms import text_of
from tests.support.kiosk import connect, hand_over
from tests.support.lists import use_curve
from tests.support.pages import facts_read, figure_of, flags_read, has_band, own_line, page_of


def test_a_course_that_stops_rising_is_noticed_and_talked_about(clinic: Clinic) -> None:
    use_curve(clinic)
    tablet = connect(clinic, room="Rom 3")
    patient = clinic.enrol(name="Aksel Berg")

    # Before anything is rated there is nothing to compare, and the page says so.
    assert "Ingen skår ennå" in page_of(clinic, patient)

    # Aksel rates before each of four sessions, and it does not get lighter.
    for marks in ((45, 45, 45, 45), (42, 43, 43, 42), (41, 41, 42, 41), (40, 40, 40, 40)):
        hand_over(clinic, patient, room="Rom 3")
        answers = {f"o{at}": mark for at, mark in enumerate(marks, start=1)}
        tablet.send("/tablet/ratings", tablet.body(tablet.waiting_visit(), answers=answers))
        clinic.clock.pass_time(days=7)

    # Kari opens his page: his own line, beside how it goes for others who started there.
    page = page_of(clinic, patient)
    assert own_line(figure_of(page)["wide"]) == {1: 18.0, 2: 17.0, 3: 16.5, 4: 16.0}
    assert has_band(figure_of(page)["wide"])
    assert facts_read(page)[0] == "Nå (time 4) 16,0 ned 0,5 fra time 3"

    # One thing to raise, with the reason first and the rule behind it.
    (flag,) = flags_read(page)
    assert flag.reason == "Foreløpig ikke på vei mot tydelig bedring"
    assert "Hvorfor vises dette?" in flag.text

    # They look at it together: another page, in other words, and no word of the flag.
    shared = page_of(clinic, patient, "?view=together")
    assert "Kjenner du deg igjen?" in shared
    assert "Er dette rett hjelp for deg nå?" in shared
    assert flag.reason not in text_of(shared)
    assert "Aksel" not in shared
