"""A statistician fits a curve to a file of scores and gets lme4's numbers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.clinical import growth_optimum
from tests.support.commands import Run

ORACLES = Path(__file__).parents[1] / "oracles"
COURSES = ORACLES / "growth"
FITS = {
    (case["file"].removesuffix(".csv"), fit["method"]): {**case, **fit}
    for case in json.loads((ORACLES / "growth_model.json").read_text())["cases"]
    for fit in case["fits"]
}
REGULAR = (COURSES / "regular.csv").read_text()

Fit = Callable[..., dict[str, Any]]


@pytest.fixture
def fit(run: Run, tmp_path: Path) -> Fit:
    """Fit a table, given as text or as a file, and return the JSON."""

    def fit(table: str | Path, *options: str) -> dict[str, Any]:
        if isinstance(table, str):
            file = tmp_path / "courses.csv"
            file.write_text(table, encoding="utf-8")
        else:
            file = table
        said = run("growth", str(file), "--json", *options)
        assert said.status == 0, said.err
        told: dict[str, Any] = json.loads(said.out)
        return told

    return fit


def numbers(told: dict[str, Any]) -> list[float]:
    """Everything about the model but its notes, for comparing two runs."""
    fixed = [part[key] for part in told["fixed"].values() for key in ("estimate", "se")]
    return [*fixed, *told["random"].values(), told["loglik"], told["n_scores"], told["n_clients"]]


def as_first_lines(table: str) -> str:
    """The table with each client's first score as its first line instead of in a column."""
    header, *lines = table.splitlines()
    assert header == "client,session,score,intake"
    seen: set[str] = set()
    rows = ["client,session,score"]
    for line in lines:
        client, session, score, intake = line.split(",")
        if client not in seen:
            seen.add(client)
            rows.append(f"{client},1,{intake}")
        rows.append(f"{client},{session},{score}")
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize(("name", "method"), [("dropout-and-gaps", "REML"), ("no-intake", "ML")])
def test_the_numbers_are_those_of_lme4(fit: Fit, name: str, method: str) -> None:
    theirs = FITS[name, method]

    told = fit(
        COURSES / theirs["file"],
        *([] if theirs["intake"] else ["--no-intake"]),
        *(["--ml"] if method == "ML" else []),
    )

    estimates = {key: part["estimate"] for key, part in told["fixed"].items()}
    errors = {key: part["se"] for key, part in told["fixed"].items()}
    assert estimates == pytest.approx(theirs["fixed"], rel=1e-6)
    assert errors == pytest.approx(theirs["se"], rel=1e-6)
    assert told["loglik"] == pytest.approx(theirs["loglik"], abs=1e-6)
    assert told["center"] == (pytest.approx(theirs["center"]) if theirs["intake"] else None)
    assert (told["n_clients"], told["n_scores"]) == (theirs["n_clients"], theirs["n_scores"])
    for key in ("sd_intercept", "sd_slope", "sigma"):
        assert told["random"][key] == pytest.approx(theirs["random"][key], rel=1e-6)
    assert told["converged"] is True
    assert told["boundary"] is theirs["boundary"]


def test_a_first_line_is_the_first_score_and_is_not_fitted(fit: Fit) -> None:
    by_column = fit(REGULAR)

    by_line = fit(as_first_lines(REGULAR))

    assert numbers(by_line) == pytest.approx(numbers(by_column), rel=1e-9)


def test_lines_may_come_in_any_order(fit: Fit) -> None:
    header, *lines = as_first_lines(REGULAR).splitlines()

    shuffled = fit("\n".join([header, *sorted(lines, key=lambda line: line[::-1])]))

    assert numbers(shuffled) == pytest.approx(numbers(fit(REGULAR)), rel=1e-9)


def test_a_spreadsheet_with_semicolons_and_decimal_commas_is_read(fit: Fit) -> None:
    table = "\ufeff" + REGULAR.replace(",", ";").replace(".", ",")

    assert numbers(fit(table)) == pytest.approx(numbers(fit(REGULAR)), rel=1e-12)


def test_other_columns_are_ignored_and_clients_are_text(fit: Fit) -> None:
    header, *lines = REGULAR.replace("c0", "00").splitlines()
    table = "\n".join([f"note,{header}", *(f"x,{line}" for line in lines)])

    told = fit(table)

    assert numbers(told) == pytest.approx(numbers(fit(REGULAR)), rel=1e-12)


def test_a_client_without_a_first_score_is_left_out_and_counted(fit: Fit) -> None:
    table = as_first_lines(REGULAR)

    told = fit(table + "late,1,\nlate,2,14\nlate,3,15\nonce,1,12.5\n")

    assert told["left_out"] == {"clients_without_intake": 1, "clients_without_scores": 1}
    assert numbers(told) == pytest.approx(numbers(fit(table)), rel=1e-12)


def test_a_missing_score_is_no_score(fit: Fit) -> None:
    table = REGULAR + "c001,9,,15.1\nc002,9,NA,\n".replace("15.1", intake_of("c001"))

    assert numbers(fit(table)) == pytest.approx(numbers(fit(REGULAR)), rel=1e-12)


def intake_of(client: str) -> str:
    (line, *_) = [line for line in REGULAR.splitlines() if line.startswith(client)]
    return line.rsplit(",", 1)[1]


def test_a_center_moves_intercept_and_time_and_nothing_else(fit: Fit) -> None:
    at_mean, at_ten = fit(REGULAR), fit(REGULAR, "--center", "10")

    assert at_ten["center"] == 10
    assert at_ten["random"] == at_mean["random"]
    assert at_ten["loglik"] == pytest.approx(at_mean["loglik"], abs=1e-9)
    for name, per_intake in (("intercept", "intake"), ("time", "intake:time")):
        moved = at_mean["fixed"][name]["estimate"] + at_mean["fixed"][per_intake]["estimate"] * (
            10 - at_mean["center"]
        )
        assert at_ten["fixed"][name]["estimate"] == pytest.approx(moved)


def test_lines_without_a_score_are_predicted_from_the_scored_ones(fit: Fit, tmp_path: Path) -> None:
    theirs = FITS["far-apart", "REML"]
    (theirs_of_first, *_) = theirs["predictions"]
    table = (COURSES / theirs["file"]).read_text()
    header, *lines = table.splitlines()
    own = [line for line in lines if line.startswith(theirs_of_first["client"])]
    # The oracle asks a quarter of a log unit after the latest session of all, 200.
    asked = f"{theirs_of_first['client']},{200 * 2.718281828459045**0.25},,"
    new = tmp_path / "new.csv"
    new.write_text("\n".join([header, "new,2,,20", *own, asked]))

    told = fit(COURSES / theirs["file"], "--predict", str(new))

    of_new, of_known = told["predictions"]
    assert of_known["mean"] == pytest.approx(theirs_of_first["mean"], abs=1e-6)
    assert of_known["se_true"] == pytest.approx(theirs_of_first["se_true"], abs=1e-6)
    sigma = told["random"]["sigma"]
    assert of_known["sd_obs"] ** 2 == pytest.approx(of_known["se_true"] ** 2 + sigma**2)
    # Nobody has seen the new client: what is expected of all is expected of this one.
    assert (of_new["client"], of_new["session"]) == ("new", 2)
    assert of_new["mean"] == pytest.approx(of_new["expected"])
    assert of_new["hi80"] - of_new["mean"] == pytest.approx(1.2815515655446 * of_new["sd_obs"])
    assert of_new["mean"] - of_new["lo80"] == pytest.approx(1.2815515655446 * of_new["sd_obs"])


def test_whom_to_predict_needs_a_first_score_too(fit: Fit, tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("client,session,score\na,1,15\na,3,\nb,1,\nb,3,\n")

    told = fit(as_first_lines(REGULAR), "--predict", str(new))

    assert [(one["client"], one["session"]) for one in told["predictions"]] == [("a", 3)]
    assert told["predictions_left_out"] == {"clients_without_intake": 1}


def test_time_may_be_counted_as_it_is(fit: Fit) -> None:
    theirs = FITS["irregular-weeks", "REML"]

    told = fit(COURSES / theirs["file"], "--time", "linear")

    assert told["loglik"] == pytest.approx(theirs["loglik"], abs=1e-6)


def test_a_first_session_fitted_twice_over_is_noticed(fit: Fit) -> None:
    header, *lines = REGULAR.splitlines()
    firsts = {line.split(",")[0]: line.split(",")[3] for line in lines}
    repeated = [f"{client},1,{intake},{intake}" for client, intake in firsts.items()]

    (note,) = [
        note for note in fit("\n".join([header, *lines, *repeated]))["notes"] if "repeats" in note
    ]

    assert "leave these lines out" in note.lower()


def test_two_clients_say_nothing_about_how_clients_differ(fit: Fit) -> None:
    table = "client,session,score\n" + "".join(
        f"{client},{session},{score}\n"
        for client, scores in (("a", (20, 18, 17, 13, 14)), ("b", (12, 11, 13, 9, 10)))
        for session, score in enumerate(scores, start=1)
    )

    told = fit(table)

    assert told["boundary"] is True
    assert told["random"]["sd_intercept"] == told["random"]["sd_slope"] == 0
    assert any("Two clients" in note for note in told["notes"])


def test_without_json_there_is_a_table_to_read(run: Run, tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("client,session,score\na,1,15\na,3,\nb,1,\n")
    file = tmp_path / "courses.csv"
    file.write_text(as_first_lines(REGULAR) + "late,1,\nlate,2,14\nonce,1,12.5\n")

    said = run("growth", str(file), "--predict", str(new))

    assert said.status == 0
    assert said.out.startswith("280 scores of 40 clients, REML, log-likelihood -")
    assert "intake:time" in said.out
    assert "Left out: 1 clients without a first score." in said.out
    assert "Left out: 1 clients without a score to fit." in said.out
    assert "Not predicted: 1 clients without a first score." in said.out
    assert "intake" not in run("growth", str(file), "--no-intake").out


def test_a_search_that_did_not_end_is_told(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth_optimum, "MOST_STEPS", 1)

    told = fit(REGULAR)

    assert told["converged"] is False
    assert any("do not use these numbers" in note for note in told["notes"])


HEADER = "client,session,score\n"
FEW = HEADER + "".join(f"{c},{s},{c * s + s % 3}\n" for c in (1, 2, 3) for s in (1, 2, 3, 5))


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (FEW + "4,2,zwölf\n", (), "line 14, column 'score': is no number"),
        (FEW + "4,2,1 2\n", (), "line 14, column 'score': '1 2' is no number"),
        (FEW + "4,two,12\n", (), "line 14, column 'session': is no number"),
        (FEW + "4,,12\n", (), "line 14, column 'session': is missing"),
        (FEW + "4,0,12\n", (), "line 14, column 'session': '0' has no logarithm"),
        (FEW + "4,-1,12\n", ("--time", "linear"), "line 14, column 'session': '-1' is negative"),
        (FEW + ",1,12\n", (), "line 14, column 'client': is empty"),
        (FEW + "4,1,inf\n", (), "line 14, column 'score': is no number"),
        (FEW + "4,1\n", (), "line 14: has 2 cells, and the first line names 3"),
        ("client,score\n1,2\n", (), "column 'session': is not there"),
        (HEADER, (), "there are scores of 0 patients to fit"),
        ("", (), "is empty"),
        (HEADER + "1,1,3\n1,2,4\n1,3,6\n", (), "there are scores of 1 patients to fit"),
        (FEW, ("--center", "nan"), "--center is nan"),
        (FEW, ("--center", "12", "--no-intake"), "--no-intake fits without first scores"),
        (
            "client,session,score,intake\n1,2,3,4\n1,3,4,5\n",
            (),
            "line 3, column 'intake': '5' is another first score",
        ),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(
    run: Run, tmp_path: Path, table: str, options: tuple[str, ...], words: str
) -> None:
    file = tmp_path / "courses.csv"
    file.write_text(table, encoding="utf-8")

    assert words in run("growth", str(file), *options).trouble


def test_a_file_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    assert "No such file" in run("growth", str(tmp_path / "nowhere.csv")).trouble
