"""``samklang bench``: courses are gone through again, and figures stand side by side."""

import json

import pytest
from sqlmodel import select

from app.cli import installation
from app.records.engine import enter_organization
from app.records.rule_settings import RuleBench
from tests.cli.test_fit import fill, found_another
from tests.support.commands import Run


def benches() -> list[RuleBench]:
    with installation.opened(installation.settings()) as database, database.reading() as db:
        enter_organization(db, org_id=1)
        return list(db.execute(select(RuleBench)).scalars())


def test_own_courses_are_gone_through_and_nothing_is_changed(team: Run) -> None:
    fill(courses=30)

    said = team("bench", "--rule=no_change", "--set=first_look=5")

    assert said.status == 0, said.err
    lines = said.out.splitlines()
    assert lines[0] == "180 sessions were gone through."
    assert "no_change, edition 1: first_look 6, second_look 12" in lines
    assert "  proposed: first_look 5, second_look 12" in lines
    assert "–: about fewer than 5 patients, or to be worked out from others." in lines
    assert benches() == []


def test_the_same_in_json_with_both_sides(team: Run) -> None:
    fill(courses=30)

    said = team("bench", "--rule=no_change", "--set=first_look=5", "--json")

    told = json.loads(said.out)
    both = told["rules"]["no_change"]
    assert both["in_force"]["parameters"]["first_look"] == 6
    assert both["proposed"]["parameters"]["first_look"] == 5
    assert told["rules"]["missing"]["proposed"] is None
    assert "critical_item" not in told["rules"]
    assert set(told["questions"]) == {"off_the_expected_path", "worse_than_at_the_start"}
    assert told["fewest_patients"] == 5


def test_nothing_is_told_of_four_patients(team: Run) -> None:
    fill(courses=4)

    said, told = team("bench"), json.loads(team("bench", "--json").out)

    assert said.out.splitlines()[0] == (
        "There are fewer than 5 patients; nothing is told about so few."
    )
    assert (told["sessions"], told["clinician_weeks"]) == (None, None)
    assert all(one["in_force"]["figures"] is None for one in told["rules"].values())
    for question in told["questions"].values():
        assert all(part == {"number": None, "of": None} for part in question.values())


def test_numbers_are_judged_beside_each_other(run: Run) -> None:
    """Each alone would not be allowed beside what it takes the place of."""
    both = ["--rule=off_track", "--set=off_below=0.7", "--set=on_from=0.85"]

    said = run("bench", "--simulate=5", *both)

    assert said.status == 0, said.err
    assert "off_below 0.7" in said.out


def test_figures_that_few_have_come_to_stand(team: Run) -> None:
    fill(courses=6)
    team("bench", "--keep")

    said = team("bench", "--keep")

    assert said.status == 0, said.err
    assert "The figures that are kept stand: fewer than 5 patients have come" in said.err
    assert len(benches()) == 1


def test_invented_courses_need_no_installation_and_hide_nothing(run: Run) -> None:
    arguments = ("bench", "--simulate=30", "--seed=4", "--rule=off_track", "--set=on_from=0.8")

    said, again = run(*arguments, "--json"), run(*arguments, "--json")

    assert said.status == 0, said.err
    assert said.out == again.out
    both = json.loads(said.out)["rules"]["off_track"]
    now, then = (both[side]["figures"]["flagged"]["number"] for side in ("in_force", "proposed"))
    assert 0 < then <= now < 30


def test_figures_are_kept_for_the_page_when_asked(team: Run) -> None:
    fill(courses=6)

    said = team("bench", "--keep")

    assert said.status == 0, said.err
    (kept,) = benches()
    assert kept.made_by is None
    assert kept.figures["sessions"] == 36


def test_the_job_tries_the_rules_where_figures_are_missing_and_then_not_again(team: Run) -> None:
    fill(courses=6)

    first, second = team("jobs", "run"), team("jobs", "run")

    assert "Rules tried: 1 organizations." in first.out.splitlines()
    assert "Rules tried: not due, or another process does it." in second.out.splitlines()
    assert len(benches()) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set=on_from=0.8"], "--set is given and no --rule"),
        (["--rule=critical_item"], "--rule is 'critical_item', which is no rule with a number"),
        (["--rule=invented"], "choose one of: deterioration, off_track"),
        (["--rule=off_track", "--set=on_from"], "--set is 'on_from'; write it as on_from=0.8"),
        (["--rule=off_track", "--set=on_from=0.99"], "on_from of rule off_track is 0.99; allowed"),
        (["--rule=off_track", "--set=x=1"], "numbers of off_track that may be moved: first_ses"),
        (["--simulate=5", "--keep"], "--keep keeps figures of the site's own courses"),
    ],
)
def test_a_refusal_is_a_sentence(team: Run, arguments: list[str], sentence: str) -> None:
    said = team("bench", *arguments)

    assert said.status == 2
    assert said.err.startswith("samklang: ")
    assert sentence in said.err


def test_with_two_organizations_one_must_be_named(team: Run) -> None:
    found_another()

    said = team("bench")

    assert said.status == 2
    assert "choose one of: Solvik kommune" in said.err


def test_an_installation_without_flags_tries_no_rules_on_its_patients(
    team: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMKLANG_FLAGS", "off")

    said = team("bench")

    assert said.status == 2
    assert "raises no flags" in said.err
    assert team("jobs", "run").out.splitlines()[-1].startswith("Rules tried: not due")
