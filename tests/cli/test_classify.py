"""Statisticians ask of a file who got better, by which method, with which numbers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Run, Said

SIX = """client,pre,post
1,60,40
2,60,50
3,40,55
4,55,
5,,30
6,45,45
"""
EASY = ("--sd=10", "--reliability=0.5")
"""Make the standard error of a difference 10 points."""

Classify = Callable[..., Said]


@pytest.fixture
def classify(run: Run, tmp_path: Path) -> Classify:
    """The command on a file with this text."""

    def classify(text: str, *options: str) -> Said:
        file = tmp_path / "scores.csv"
        file.write_text(text, encoding="utf-8")
        return run("classify", str(file), *options)

    return classify


def found(said: Said) -> dict[str, Any]:
    assert said.status == 0, said.err
    result: dict[str, Any] = json.loads(said.out)
    return result


def categories(said: Said) -> dict[str, str]:
    return {one["client"]: one["category"] for one in found(said)["clients"]}


def test_each_client_has_a_change_an_index_and_a_category(classify: Classify) -> None:
    result = found(classify(SIX, "--direction=lower", *EASY, "--json"))

    assert result["clients"] == [
        {"client": "1", "change": -20.0, "index": pytest.approx(2), "category": "improved"},
        {"client": "2", "change": -10.0, "index": pytest.approx(1), "category": "unchanged"},
        {"client": "3", "change": 15.0, "index": pytest.approx(-1.5), "category": "unchanged"},
        {"client": "6", "change": 0.0, "index": 0, "category": "unchanged"},
    ]
    assert result["totals"] == {"recovered": 0, "improved": 1, "unchanged": 3, "deteriorated": 0}
    assert result["excluded"] == [
        {"client": "4", "line": 5, "reason": "post missing"},
        {"client": "5", "line": 6, "reason": "pre missing"},
    ]


def test_the_numbers_that_decided_are_told_with_where_they_are_from(classify: Classify) -> None:
    said = classify(SIX, "--direction=lower", *EASY, "--functional=30,5", "--json")

    told = found(said)["parameters"]

    assert (told["method"], told["direction"], told["n"]) == ("JT", "lower", 4)
    assert (told["sd"], told["reliability"], told["critical"]) == (10, 0.5, 1.96)
    assert told["rci"] == pytest.approx(19.6)
    assert told["mean_pre"] == 51.25
    assert told["mean_post"] == 47.5
    # Spread before: 10.3078; c = (10.3078 * 30 + 5 * 51.25) / 15.3078.
    assert told["clinical"] == [51.25, pytest.approx(10.30776, abs=1e-5)]
    assert told["functional"] == [30, 5]
    assert (told["cutoff"], told["cutoff_type"]) == (pytest.approx(36.9409, abs=1e-4), "c")
    assert told["started_clinical"] == 4
    assert told["from"] == {
        "sd": "given",
        "reliability": "given",
        "rci": "computed",
        "clinical": "complete pairs",
        "cutoff": "computed",
    }


def test_what_is_not_given_comes_from_the_complete_pairs(classify: Classify) -> None:
    # Spread before 10, after 10, correlation .5: variances 100, covariance 50.
    text = "client,pre,post\na,40,40\nb,50,60\nc,60,50\nd,99,\n"

    told = found(classify(text, "--json"))["parameters"]

    assert told["sd"] == 10
    assert told["reliability"] == pytest.approx(0.5)
    assert told["rci"] == pytest.approx(19.6)
    assert told["from"]["sd"] == told["from"]["reliability"] == "complete pairs"
    assert (told["direction"], told["cutoff_type"]) == ("higher", "none")


def test_a_given_change_counts_itself(classify: Classify) -> None:
    # 7.3 - 1.3 falls short of 6 in binary fractions.
    text = "client;pre;post\na;7,3;1,3\nb;7,3;1,4\nc;1,3;7,3\n"

    said = classify(text, "--direction=lower", "--rci=6", "--json")

    assert categories(said) == {"a": "improved", "b": "unchanged", "c": "deteriorated"}
    told = found(said)["parameters"]
    assert (told["rci"], told["rci_counts"]) == (6, "from it on")
    assert told["reliability"] is None


def test_a_given_change_decides_and_the_method_gives_the_index(classify: Classify) -> None:
    result = found(classify(SIX, "--direction=lower", *EASY, "--rci=10", "--json"))

    assert [one["category"] for one in result["clients"]] == [
        *("improved", "improved", "deteriorated", "unchanged")
    ]
    assert result["clients"][1]["index"] == pytest.approx(1)


def test_a_computed_change_must_be_passed(classify: Classify) -> None:
    text = "client,pre,post\na,30,49.6\nb,30,49.61\n"

    said = classify(text, *EASY, "--json")

    assert categories(said) == {"a": "unchanged", "b": "improved"}


def test_a_given_cut_off_is_itself_clinical(classify: Classify) -> None:
    text = "client,pre,post\na,10,2\nb,9.9,2\nc,20,10\nd,20,9.9\n"

    said = classify(text, "--direction=lower", "--rci=5", "--cutoff=10", "--json")

    assert categories(said) == {
        "a": "recovered",
        "b": "improved",
        "c": "improved",
        "d": "recovered",
    }
    assert found(said)["parameters"]["started_clinical"] == 3


def test_a_computed_cut_off_is_on_neither_side(classify: Classify) -> None:
    # Jacobson and Truax: c is 50 exactly.
    text = "client,pre,post\na,40,50\nb,50,60\nc,49.9,60\n"

    said = classify(
        text, "--rci=5", "--cutoff=c", "--clinical=40,7.5", "--functional=60,7.5", "--json"
    )

    assert found(said)["parameters"]["cutoff"] == 50
    assert categories(said) == {"a": "improved", "b": "improved", "c": "recovered"}


@pytest.mark.parametrize(
    ("kind", "direction", "groups", "value"),
    [
        ("a", "higher", ("40,7.5", "60,5"), 55),
        ("b", "higher", ("40,7.5", "60,5"), 50),
        ("c", "higher", ("40,7.5", "60,7.5"), 50),
        ("a", "lower", ("20,5", "5,2"), 10),
        ("b", "lower", ("20,5", "5,2"), 9),
        ("B", "lower", ("20,5", "5,2"), 9),
        ("c", "lower", ("68.35;22.33", "50;22"), 59.10670),
        ("c", "lower", ("24.85,3.340121", "8,8"), 19.8870),
    ],
)
def test_each_cut_off(
    classify: Classify, kind: str, direction: str, groups: tuple[str, str], value: float
) -> None:
    clinical, functional = groups
    options = (f"--cutoff={kind}", f"--direction={direction}", *EASY)

    said = classify(SIX, *options, f"--clinical={clinical}", f"--functional={functional}", "--json")

    assert found(said)["parameters"]["cutoff"] == pytest.approx(value, abs=1e-4)


def test_a_cut_off_with_a_spread_that_is_whole_is_exact(classify: Classify) -> None:
    # Mean 50 and spread 10 before: a is 70, and 70 is not beyond it.
    text = "client,pre,post\na,40,70\nb,50,70.1\nc,60,60\n"

    said = classify(text, "--rci=5", "--cutoff=a", "--json")

    assert found(said)["parameters"]["cutoff"] == 70
    assert categories(said) == {"a": "improved", "b": "recovered", "c": "unchanged"}


@pytest.mark.parametrize("method", ["JT", "GLN", "HLL", "EN", "NK", "HA", "jt"])
def test_every_method_can_be_asked_for(classify: Classify, method: str) -> None:
    text = "client,pre,post\na,40,52\nb,50,20\nc,60,70\nd,44,61\n"

    told = found(classify(text, f"--method={method}", *EASY, "--json"))["parameters"]

    assert told["method"] == method.upper()
    assert told["critical"] == (1.65 if method == "HA" else 1.96)
    assert told["reliability_post"] == (0.5 if method == "NK" else None)


def test_regression_to_the_mean_counts_where_the_method_says_so(classify: Classify) -> None:
    # Means 50 and 42, sd 10, reliability .75: the indices that test_change_methods works out.
    text = "client,pre,post\na,60,40\nb,40,44\n"
    options = ("--direction=lower", "--sd=10", "--reliability=0.75", "--json")

    indices = {
        method: found(classify(text, f"--method={method}", *options))["clients"][0]["index"]
        for method in ("EN", "GLN", "HLL", "NK")
    }

    assert indices == {
        "EN": pytest.approx(3.5),
        "GLN": pytest.approx(2.6457513),
        "HLL": pytest.approx(1.4362652),
        "NK": pytest.approx(2.8),
    }


def test_the_reliability_after_treatment_can_be_its_own(classify: Classify) -> None:
    # Error variance 100 * (.75**2 * .25 + .5) = 64.0625; 17.5 over its root.
    said = classify(
        "client,pre,post\na,60,40\nb,40,44\n",
        *("--direction=lower", "--method=NK", "--sd=10"),
        *("--reliability=0.75", "--reliability-post=0.5", "--json"),
    )

    assert found(said)["clients"][0]["index"] == pytest.approx(17.5 / 8.003905)


def test_without_json_it_is_a_table_to_read(classify: Classify) -> None:
    said = classify(SIX, "--direction=lower", *EASY, "--cutoff=45", "--functional=30,5")

    assert said.status == 0
    assert "1                               60        40       -20    +2.00  recovered" in said.out
    assert "recovered                        1      25.0" in said.out
    assert "  line 5: 4, post missing" in said.out
    assert "  sd                   10  (given)" in said.out
    assert "  cutoff               45  (given)" in said.out
    assert "  functional           30, 5" in said.out
    assert "Caution" not in said.out


def test_a_name_cannot_move_the_cursor_of_who_reads_the_table(classify: Classify) -> None:
    text = 'client,pre,post\n"a\nb",60,40\n\x1b[2Jc,50,40\n'

    said = classify(text, *EASY)

    assert "\x1b" not in said.out
    assert "a?b  " in said.out
    assert [one["client"] for one in found(classify(text, *EASY, "--json"))["clients"]] == [
        *("a\nb", "\x1b[2Jc")
    ]


def test_no_cut_off_is_used_if_none_is_asked_for(classify: Classify) -> None:
    result = found(classify(SIX, *EASY, "--functional=70,5", "--cutoff=none", "--json"))

    told = result["parameters"]
    assert (told["cutoff"], told["cutoff_type"], told["started_clinical"]) == (None, "none", None)
    assert result["totals"]["recovered"] == 0


def test_a_reliability_that_is_only_a_correlation_is_told_with_a_caution(
    classify: Classify,
) -> None:
    text = "client,pre,post\na,40,40\nb,50,60\nc,60,50\n"

    assert "Caution: the reliability is the correlation of pre and post" in classify(text).out
    (caution,) = found(classify(text, "--json"))["parameters"]["cautions"]
    assert "Give the published one." in caution


def test_a_method_that_needs_controls_is_told_with_a_caution(classify: Classify) -> None:
    said = classify(SIX, *EASY, "--method=HLL")

    assert "Caution: HLL compares each client with the mean of all" in said.out
    assert "Caution" not in classify(SIX, *EASY, "--method=HLL", "--rci=5").out


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("client,pre\n1,2\n", (), "scores.csv, line 1, column 'post': is not there"),
        ("client,pre,post\n1,2,x\n", (), "scores.csv, line 2, column 'post': is no number"),
        ("client,pre,post\n,2,3\n", (), "scores.csv, line 2, column 'client': is empty"),
        (
            "client,pre,post\n1,2,3\n2,3,4\n1,2,3\n",
            (),
            "scores.csv, line 4, column 'client': is the client of line 2 again",
        ),
        ("client,pre,post\n1,2,\n", (), "holds no client with both pre and post, and 1 without"),
        ("client,pre,post\n", (), "holds no client with both pre and post, and 0 without"),
        ("client,pre,post\n1,2,3,4\n", (), "scores.csv, line 2: has 4 cells"),
        ("", (), "scores.csv: is empty"),
        ("client,pre,post\n1,2,3\n", (), "1 with both scores; at least 2 are needed"),
        ("client,pre,post\n1,2,3\n2,2,4\n", (), "standard deviation is 0.0"),
        ("client,pre,post\n1,2,3\n2,3,3\n", (), "first and last scores cannot be computed"),
        ("client,pre,post\n1,2,4\n2,3,3\n", (), "first and last scores is -1.0000"),
        ("client,pre,post\n1,2,3\n2,3,4\n", (), "first and last scores is 1.0000"),
        (SIX, ("--reliability=1",), "reliability is 1.0; it must be at least 0 and below 1"),
        (SIX, ("--reliability=nan",), "--reliability is 'nan'; write a number such as 0.85"),
        (SIX, ("--sd=0",), "--sd is 0; give a number of score points above 0"),
        (SIX, ("--rci=-5",), "--rci is -5; give a number of score points above 0"),
        (SIX, ("--cutoff=d",), "--cutoff is 'd'; choose a, b, c, none, or write a number"),
        (SIX, (*EASY, "--cutoff=b"), "cut-off b needs the mean and standard deviation"),
        (SIX, (*EASY, "--cutoff=c"), "cut-off c needs the mean and standard deviation"),
        (SIX, ("--functional=30",), "--functional is '30'; write mean and standard deviation"),
        (SIX, ("--clinical=1,2,3",), "--clinical is '1,2,3'; write mean and standard deviation"),
        (SIX, ("--clinical=1,0",), "--clinical is '1,0'; write mean and standard deviation"),
        (SIX, ("--clinical=1,x",), "--clinical is 'x'; write a number"),
        (SIX, (*EASY, "--functional=5,2"), "the functional mean 5 is worse than the clinical"),
        (
            "client,pre,post\n1,2,3\n2,3,4\n3,5,6\n",
            (*EASY, "--method=HA"),
            "method HA needs changes that vary more",
        ),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(
    classify: Classify, text: str, options: tuple[str, ...], sentence: str
) -> None:
    assert sentence in classify(text, *options, "--json").trouble


@pytest.mark.parametrize("option", ["--method=XX", "--direction=sideways", "--unknown=1"])
def test_an_option_that_there_is_not_ends_with_status_two(classify: Classify, option: str) -> None:
    said = classify(SIX, option)

    assert said.status == 2
    assert "Traceback" not in said.err


def test_a_file_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    assert "No such file or directory" in run("classify", str(tmp_path / "none.csv")).trouble
