"""Earlier scores are brought in from the command line: first a report, then all of it."""

from pathlib import Path

from app.cli import installation
from app.records import engine, organizations
from app.records.people import name_of, patient
from app.workflow import access
from tests.support.commands import Run, imports


def test_a_new_key_seals_and_the_old_one_still_opens(team: Run, house: Path) -> None:
    imports(team, house, "--start=2026-08-03", "--apply")

    said = team("key", "add")

    assert said.out.startswith("Key 2 is made")
    # The client is found again by a hash that was made with the old key.
    assert "0 new ratings" in imports(team, house, "--start=2026-08-03", "--apply").out


def test_a_report_comes_before_anything_is_stored(team: Run, house: Path) -> None:
    report = imports(team, house, "--start=2026-08-03")

    assert report.status == 0
    assert "2 clients (2 new), 3 new sessions, 3 new ratings, 0 stored already" in report.out
    assert "Nothing is stored" in report.out
    assert imports(team, house, "--start=2026-08-03").out == report.out


def test_an_import_tells_who_has_which_caseload_number(team: Run, house: Path) -> None:
    done = imports(team, house, "--start=2026-08-03", "--apply")

    assert done.status == 0, done.err
    assert "  101\t1001\n  102\t1002\n" in done.out
    with installation.opened(installation.settings()) as database, database.reading() as db:
        engine.enter_organization(db, org_id=1)
        program = access.the_program(db)
        for patient_id in organizations.known_clients(db, program).values():
            found = patient(db, program, patient_id=patient_id)
            assert found is not None
            assert name_of(db, found) is None


def test_every_refused_line_is_told_and_nothing_is_stored(team: Run, house: Path) -> None:
    text = "client,week,score,note\n101,0,26,x\n101,1,99,x\n101,2,oops,x\n"

    refused = imports(team, house, "--start=2026-08-03", "--apply", text=text)

    assert refused.status == 1
    assert "Not read: the columns note." in refused.out
    assert "2 lines are refused, so nothing is stored:" in refused.out
    assert "line 3: hamilton total is 99" in refused.out
    assert "line 4: score is not a number" in refused.out
    assert "3 new ratings" in imports(team, house, "--start=2026-08-03").out


def test_a_team_that_there_is_not_is_answered_with_those_that_there_are(
    team: Run, house: Path
) -> None:
    said = imports(team, house, "--start=2026-08-03", named="Ung")

    assert said.trouble == "team is 'Ung'; choose one of: Voksen"


def test_a_file_that_is_no_history_is_refused_in_one_sentence(team: Run, house: Path) -> None:
    said = imports(team, house, text="client,score\n101,26\n")

    assert "exactly one of date, session, week is allowed" in said.trouble
