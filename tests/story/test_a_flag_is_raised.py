"""Step 5: a course leaves the expected, a flag is raised, and the list opens with the reason."""

from tests.support.clinic import Clinic
from tests.support.lists import GOES_WELL, came, plain, rows, use_curve


def test_from_an_ordinary_week_to_a_reason_on_top_of_the_list(clinic: Clinic) -> None:
    """Two patients, and the one who needs it comes first."""
    use_curve(clinic)
    kari = clinic.client(clinic.clinician)

    # Aksel and Wenche have both come twice. It is too early to say anything.
    came(clinic, "Wenche Well", GOES_WELL[:2])
    aksel = came(clinic, "Aksel Berg", [180, 170])
    assert {row.action.split("/")[1] for row in rows(kari.get("/").text)} == {"patients"}

    # Aksel's third score is lower still. The rule sees it while his rating is stored.
    clinic.course(aksel, [165])
    kari = clinic.client(clinic.clinician)
    first = rows(kari.get("/").text)[0]
    assert first.name == "Aksel B."
    assert "Foreløpig ikke på vei mot tydelig bedring" in first.text

    # One press shows what the rule saw, and how sure it is.
    page = plain(kari.get(first.action).text)
    assert "Her er det 77 av 100." in page
    assert "Det sier ikke hvorfor." in page

    # The supervisor sees it too. A colleague on the team does not.
    assert "Aksel B." in clinic.client(clinic.supervisor).get("/supervision").text
    assert clinic.client(clinic.colleague).get(first.action).status_code == 404

    # Things get better, and the flag ends by itself.
    clinic.course(aksel, [280, 300])
    kari = clinic.client(clinic.clinician)
    assert "Aksel B." not in clinic.client(clinic.supervisor).get("/supervision").text
    assert "gjelder ikke lenger" in plain(kari.get(first.action).text)
