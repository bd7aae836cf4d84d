"""``samklang fit``: a curve is proposed, or a sentence says why not."""

import datetime as dt
import json
import sys

import pytest
from sqlmodel import select

from app.cli import installation
from app.records import organizations
from app.records.engine import Database, enter_organization
from app.records.staff import Staff
from app.web.words import LANGUAGES
from app.workflow import administer
from app.workflow.administer import NameDisplay
from tests.support.commands import Run
from tests.support.many_courses import Caseload, live

BEGINS = dt.datetime(2024, 1, 8, 9, tzinfo=dt.UTC)


def fill(*, courses: int, instrument: str = "phq-9") -> None:
    """Let patients of the first organization come for a while."""
    with installation.opened(installation.settings()) as database:
        live(database, caseload(database, instrument), courses=courses)


def caseload(database: Database, instrument: str) -> Caseload:
    with database.reading() as db:
        enter_organization(db, org_id=1)
        ((team_id, _),) = organizations.team_names(db, org_id=1)
        staff_id = db.execute(select(Staff.id).where(Staff.name == "Kari Lunde")).scalar_one()
    return Caseload(
        org_id=1, team_id=team_id, staff_id=staff_id, begins=BEGINS, instrument=instrument
    )


def found_another() -> None:
    texts = dict.fromkeys(LANGUAGES, "Ring 113.")
    with installation.opened(installation.settings()) as database, database.writing() as db:
        administer.found_organization(
            db,
            settings=administer.OrganizationSettings(
                name="Nordfjell kommune",
                name_display=NameDisplay.SHORT,
                no_contact_days=28,
                help_texts=texts,
                procedure_texts=texts,
            ),
            language="nb",
            is_synthetic=False,
            now=installation.now(),
        )


def test_a_curve_is_proposed_and_told(team: Run) -> None:
    fill(courses=120)

    said = team("fit", "--instrument=phq-9")

    assert said.status == 0, said.err
    first, *rest = said.out.splitlines()
    assert first == (
        "phq-9: curve own-1 is proposed, from 120 patients with 120 courses "
        "and 600 scores after the first."
    )
    assert rest[-1] == "  The quality lead accepts it on the page /numbers/phq-9."
    assert "sessions 2 to 6." in said.out
    assert said.err == ""


def test_courses_that_are_left_out_are_told_by_reason(team: Run) -> None:
    fill(courses=120)

    said = team("fit", "--instrument=phq-9", "--since=2024-01-18")

    assert "  left out: 10 courses begun before that day" in said.out.splitlines()


def test_all_forms_in_use_are_fitted_and_what_cannot_be_is_said(team: Run) -> None:
    fill(courses=110)
    fill(courses=3, instrument="gad-7")

    said = team("fit", "--organization=Solvik kommune")

    assert said.status == 0
    assert said.out.startswith("phq-9: curve own-1 is proposed")
    assert said.err.startswith("samklang: no curve for gad-7: 3 closed courses")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--instrument=ors"], "no curve for ors: its licence may forbid curves"),
        (["--instrument=phq-9"], "no curve for phq-9: 0 closed courses"),
        (["--instrument=nothing"], "'nothing'"),
        ([], "no outcome form is in use"),
        (["--organization=Nordfjell"], "organization is 'Nordfjell'; choose one of: Solvik"),
    ],
)
def test_a_refusal_is_a_sentence(team: Run, arguments: list[str], sentence: str) -> None:
    said = team("fit", *arguments)

    assert said.status == 2
    assert said.err.startswith("samklang: ")
    assert sentence in said.err
    assert said.out == ""


def test_with_two_organizations_one_must_be_named(team: Run) -> None:
    found_another()

    said = team("fit")

    assert said.status == 2
    assert "no --organization is given; choose one of: Solvik kommune" in said.err


def test_whoever_watches_sees_how_far_the_reading_has_come(
    team: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(courses=110)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    said = team("fit", "--instrument=phq-9")

    assert "110/110" in said.err
    assert said.out.startswith("phq-9: curve own-1 is proposed")


def test_the_jobs_say_what_became_of_each_curve(team: Run) -> None:
    fill(courses=110)

    first, again = team("jobs", "run"), team("jobs", "run")

    assert first.status == again.status == 0
    assert "Curve for phq-9: own-1 is proposed." in first.out.splitlines()
    assert "Curves: not due, or another process does it." in again.out.splitlines()
    assert '"event": "refitted"' in first.err


def test_the_jobs_count_how_each_curve_holds_and_warn(team: Run) -> None:
    fill(courses=250)

    said = team("jobs", "run")

    events = [json.loads(line) for line in said.err.splitlines() if line.startswith("{")]
    counted = [one for one in events if one["event"] in {"calibrated", "curve_no_longer_holds"}]
    assert {one["version"] for one in counted if one["instrument"] == "phq-9"} == {
        "general-1",
        "own-1",
    }
