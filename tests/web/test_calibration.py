"""How well a curve holds: in plain sentences, for everybody who works here, and for nobody else."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.clinical.curves import GENERAL_CURVES
from app.web.words import LANGUAGES, Words
from tests.support.clinic import Clinic
from tests.support.forms import text_of
from tests.support.lists import switch_flags_off, use_curve
from tests.support.many_courses import (
    calibrate_curve,
    caseload_of,
    count_how_curves_hold,
    live,
    propose_curve,
)

GENERAL = next(curve for curve in GENERAL_CURVES if curve.instrument_key == "phq-9")
PATH = "/numbers/phq-9/calibration"


def page(clinic: Clinic, path: str = PATH, who: str = "clinician") -> str:
    reply = clinic.client(clinic.people[who]).get(path)
    if reply.status_code != 200:
        raise LookupError(reply.status_code)
    return reply.text.replace("\N{NO-BREAK SPACE}", " ")


def status(clinic: Clinic, path: str, who: str) -> int:
    return clinic.client(clinic.people[who]).get(path).status_code


def calibrated(clinic: Clinic, *, courses: int = 250, scores: int = 7) -> Clinic:
    calibrate_curve(clinic, courses=courses, scores=scores)
    return clinic


def document(clinic: Clinic) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(page(clinic, f"{PATH}.json"))
    return found


def figures(page: str) -> list[Mapping[str, Any]]:
    found = re.findall(r'<script type="application/json" id="figure-[^"]*">(.*?)</script>', page)
    return [json.loads(one) for one in found]


def test_the_page_says_in_plain_words_how_it_went(clinic: Clinic) -> None:
    calibrated(clinic)
    (told,) = document(clinic)["calibrations"]
    whole = next(cell for cell in told["figures"]["cells"] if cell["by"] == "whole")
    percent = round(100 * whole["inside"][1]["value"])

    shown = text_of(page(clinic))

    assert f"Her var det {percent} %." in shown
    assert "de siste 200 pasientene" in shown
    assert "Kurven er ikke laget av forløp herfra" in shown
    low, high = (round(100 * whole["inside"][1][end]) for end in ("low", "high"))
    assert f"{percent} % ({low}–{high}), n = {whole['scores']}" in shown


def test_each_session_stands_in_the_chart_and_in_the_table_beside_it(clinic: Clinic) -> None:
    shown = page(calibrated(clinic))

    drawn, *_ = figures(shown)
    (points,) = drawn["wide"]["data"]
    assert points["x"] == [2, 3, 4, 5, 6, 7]
    for session, share in zip(points["x"], points["y"], strict=True):
        assert f"Time {session:.0f}: {100 * share:.0f} %" in points["text"][
            int(session) - 2
        ].replace("\N{NO-BREAK SPACE}", " ")
        assert f"{100 * share:.0f} % (" in shown
    assert all(0 < up < 0.2 for up in points["error_y"]["array"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_page(clinic: Clinic, language: str) -> None:
    calibrated(clinic, courses=60)
    client = clinic.client(clinic.clinician)
    client.post("/language", data={"language": language, "back": "/"})

    shown = text_of(client.get(PATH).text)

    words = Words(language)
    for key in ("title", "band", "by_group", "predicted", "chances", "rules", "how", "intervals"):
        assert words(f"calibration.{key}") in shown
    assert words("calibration.hidden", fewest=5, below=10) in shown
    assert words("calibration.left_too_few", n=5) in shown


@pytest.mark.parametrize(("language", "worse"), [("nb", "verre"), ("nn", "verre"), ("en", "worse")])
def test_an_end_is_worse_and_not_lower(language: str, worse: str) -> None:
    # On the PHQ-9 and most other forms it is better to end lower.
    assert worse in Words(language)("calibration.by_group_lead").split()


@pytest.mark.parametrize(
    "who", ["clinician", "colleague", "supervisor", "other_team", "quality_lead", "administrator"]
)
def test_everybody_who_works_here_reads_it(clinic: Clinic, who: str) -> None:
    calibrated(clinic, courses=30)

    assert "calibration.json" in page(clinic, who=who)
    assert status(clinic, f"{PATH}.json", who) == 200


def test_another_organization_reads_its_own_and_nobody_reads_none(clinic: Clinic) -> None:
    calibrated(clinic, courses=30)

    elsewhere = page(clinic, who="elsewhere")

    assert "calibration.json" not in elsewhere
    assert "Ikke kjent ennå" in elsewhere
    assert json.loads(page(clinic, f"{PATH}.json", "elsewhere"))["calibrations"] == []
    assert status(clinic, PATH, "nobody") == 303
    assert status(clinic, f"{PATH}.json", "nobody") == 303


def test_the_file_has_the_numbers_of_the_page_and_a_name(clinic: Clinic) -> None:
    calibrated(clinic)

    reply = clinic.client(clinic.clinician).get(f"{PATH}.json")

    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-disposition"] == 'attachment; filename="calibration-phq-9.json"'
    found = reply.json()
    assert (found["fewest_patients"], found["fewest_below"]) == (5, 10)
    (told,) = found["calibrations"]
    assert (told["instrument"], told["version"], told["way"]) == (
        "phq-9", "general-1", "all_courses",
    )  # fmt: skip
    shown = text_of(page(clinic))
    slope = told["figures"]["line"]["slope"]
    assert f"{slope['value']:.2f}".replace(".", ",") in shown
    for rule in told["figures"]["ended"]["rules"]:
        ever = rule["ever_marked"]
        if rule["was_evaluated"] and ever is not None:
            assert f"{100 * ever['value']:.0f} % (" in shown


def test_few_patients_are_not_shown(clinic: Clinic) -> None:
    calibrated(clinic, courses=24, scores=3)

    (told,) = document(clinic)["calibrations"]

    for cell in told["figures"]["cells"]:
        assert cell["patients"] is None or cell["patients"] >= 10
        for share in cell["inside"]:
            assert share is None or share["n"] >= 10
    assert "–" in text_of(page(clinic))
    assert told["recent_patients"] is not None


def test_no_moment_of_a_single_patient_is_given(clinic: Clinic) -> None:
    calibrated(clinic, courses=60)

    (told,) = document(clinic)["calibrations"]

    # The first came on 23 December 2024 and the last 59 days later.
    assert (told["first_month"], told["last_month"]) == ("2024-12-01", "2025-02-01")
    assert {key for key in told if key.endswith("_at")} == {"made_at", "split_at"}
    assert "begynte fra desember 2024 til februar 2025." in text_of(page(clinic))


def test_what_was_tested_is_said_of_each_way(clinic: Clinic) -> None:
    own = f"{PATH}?version=own-1"
    calibrated(clinic, courses=30)
    assert "pasienter den ikke er laget av." in text_of(page(clinic))

    propose_curve(clinic, courses=250)
    count_how_curves_hold(clinic)
    shown = text_of(page(clinic, own, "quality_lead"))
    assert "en kurve laget på samme måte av de eldre alene" in shown
    assert "den ikke er laget av" not in shown
    assert "Alle de siste pasientene er også med i det kurven er laget av" in shown

    since = replace(caseload_of(clinic), begins=clinic.clock.now + dt.timedelta(days=1), seed=7)
    live(clinic.database, since, courses=20)
    count_how_curves_hold(clinic)
    shown = text_of(page(clinic, own, "quality_lead"))
    assert "Noen av de siste pasientene er også med i det kurven er laget av" in shown

    later = replace(since, begins=since.begins + dt.timedelta(days=30), seed=8)
    live(clinic.database, later, courses=200)
    count_how_curves_hold(clinic)
    shown = text_of(page(clinic, own, "quality_lead"))
    assert "pasienter i forløp som begynte etter at den ble tilpasset." in shown
    assert "siste pasientene er også med" not in shown


def test_a_curve_from_elsewhere_was_fitted_to_none_of_the_newest(clinic: Clinic) -> None:
    calibrated(clinic)

    assert document(clinic)["calibrations"][0]["recent_known"] == "none"
    assert "de siste pasientene er også med" not in text_of(page(clinic))


def test_the_line_is_named_above_the_points(clinic: Clinic) -> None:
    names = []
    for drawn in figures(page(calibrated(clinic))):
        layout = drawn["wide"]["layout"]
        named, head = layout["annotations"]
        assert (named["xref"], named["yref"], named["y"]) == ("paper", "paper", 1)
        assert 0 < named["yshift"] < head["yshift"] < layout["margin"]["t"]
        assert layout["shapes"][-1]["y0"] == named["yshift"]
        names.append(named["text"])
    assert names == ["Skal være 80\N{NO-BREAK SPACE}%", "Som sagt"]


def test_a_curve_that_no_longer_holds_is_said_first(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)
    live(clinic.database, replace(caseload_of(clinic), slope=5.0), courses=230, scores=6)
    count_how_curves_hold(clinic)

    shown = page(clinic)

    assert 'data-color="warning"' in shown
    assert "Kurven holder ikke lenger" in text_of(shown)


def test_before_there_is_one_the_page_says_what_it_takes(clinic: Clinic) -> None:
    assert "ingen kurve som er i bruk" in text_of(page(clinic))

    use_curve(clinic, GENERAL)
    shown = text_of(page(clinic))

    assert "Minst 10 pasienter" in shown
    assert "omtrent 150 avsluttede forløp" in shown
    assert figures(page(clinic)) == []


def test_a_proposed_curve_is_seen_by_the_quality_lead_alone(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)
    propose_curve(clinic, courses=160)
    count_how_curves_hold(clinic)
    asked = f"{PATH}?version=own-1"

    shown = text_of(page(clinic, asked, "quality_lead"))

    assert "Denne kurven er ikke i bruk." in shown
    assert "begynte før" in shown
    assert 'version=own-1"' in page(clinic, who="quality_lead")
    assert "own-1" not in page(clinic)
    for who in ("clinician", "supervisor", "administrator", "elsewhere"):
        assert status(clinic, asked, who) == 404
        assert status(clinic, f"{PATH}.json?version=own-1", who) == 404
    assert status(clinic, f"{PATH}?version=own-9", "quality_lead") == 404
    assert status(clinic, f"{PATH}?version={'x' * 41}", "quality_lead") == 422


def test_the_form_links_to_it(clinic: Clinic) -> None:
    use_curve(clinic, GENERAL)

    assert f'href="{PATH}"' in page(clinic, "/numbers/phq-9")
    assert "/calibration" not in page(clinic, "/numbers/gad-7")


def test_there_is_none_without_flags_nor_for_a_form_that_is_not_there(clinic: Clinic) -> None:
    calibrated(clinic, courses=30)
    assert status(clinic, "/numbers/nothing/calibration", "clinician") == 404

    switch_flags_off(clinic)

    for who in ("clinician", "quality_lead"):
        assert status(clinic, PATH, who) == 404
        assert status(clinic, f"{PATH}.json", who) == 404
    assert "/calibration" not in page(clinic, "/numbers/phq-9")
