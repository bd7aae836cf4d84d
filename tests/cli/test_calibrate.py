"""``samklang calibrate``: curves are tested, or a sentence says why not."""

import json

import pytest

from app.cli import installation
from app.clinical.curves import GENERAL_CURVES
from app.records import curves
from app.records.engine import enter_organization
from tests.cli.test_fit import caseload
from tests.support.commands import Run
from tests.support.many_courses import live


def fill(*, courses: int) -> None:
    (general,) = (curve for curve in GENERAL_CURVES if curve.instrument_key == "phq-9")
    with installation.opened(installation.settings()) as database:
        people = caseload(database, "phq-9")
        with database.writing() as db:
            enter_organization(db, org_id=people.org_id)
            kept = curves.in_use(db, org_id=people.org_id)
            if "phq-9" not in kept:
                curves.add(db, general, org_id=people.org_id, now=people.begins)
        live(database, people, courses=courses)


def test_what_was_found_is_told_in_sentences(team: Run) -> None:
    fill(courses=60)

    said = team("calibrate", "--instrument=phq-9")

    assert said.status == 0, said.err
    first, covered, alarm, page = said.out.splitlines()
    assert first.startswith("phq-9: curve general-1, in force, tested by ")
    assert covered.endswith("scores lie inside the 80 % band.")
    assert alarm == "  Whether it still holds can be said from 200 patients on."
    assert page == "  It is shown on the page /numbers/phq-9/calibration."


def test_the_numbers_of_the_page_come_as_json(team: Run) -> None:
    fill(courses=60)

    said = team("calibrate", "--instrument=phq-9", "--json")

    found = json.loads(said.out)
    (one,) = found["calibrations"]
    assert (one["instrument"], one["version"]) == ("phq-9", "general-1")
    assert found["bands_percent"] == [50, 80, 95]
    (whole,) = (cell for cell in one["figures"]["cells"] if cell["by"] == "whole")
    assert whole["inside"][1]["low"] < whole["inside"][1]["value"] < whole["inside"][1]["high"]


def test_a_second_run_says_that_the_first_one_stands(team: Run) -> None:
    fill(courses=30)
    team("calibrate", "--instrument=phq-9")

    said = team("calibrate", "--instrument=phq-9")

    assert "Too few patients have come since; the last one stands." in said.out


@pytest.mark.parametrize(
    ("courses", "why"), [(0, "no course has a score after the first"), (5, "it takes 10")]
)
def test_what_cannot_be_tested_is_said_with_status_2(team: Run, courses: int, why: str) -> None:
    fill(courses=courses)

    said = team("calibrate", "--instrument=phq-9")

    assert said.status == 2
    assert why in said.err
    assert said.err.rstrip().endswith("(curve general-1)")


def test_the_nightly_job_tells_of_each_curve(team: Run) -> None:
    fill(courses=30)

    said = team("jobs", "run")

    assert "Curve general-1 for phq-9: tested; " in said.out


def test_one_that_goes_wrong_at_night_is_told_with_its_error(
    team: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(courses=30)

    def broken(*_: object, **__: object) -> None:
        raise LookupError("broken")

    monkeypatch.setattr("app.workflow.calibrate.the_version", broken)

    said = team("jobs", "run")

    assert said.status == 0
    assert "Curve general-1 for phq-9: not tested, it went wrong" in said.out
    lines = [json.loads(line) for line in said.err.splitlines()]
    told = next(line for line in lines if line["event"] == "calibration_failed")
    assert (told["version"], told["level"]) == ("general-1", "error")
    assert told["exception"].endswith("LookupError: broken")
