"""A statistician asks of a table which numbers may leave the house."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.attacker import Attacker
from tests.support.commands import Run
from tests.support.disclosed import numbers, reasons

TABLE = """unit,Quarter,category,n
north/team-1,Q1,better,12
north/team-1,Q1,same,3
north/team-2,Q1,better,8
north/team-2,Q1,same,9
south,Q1,better,22
south,Q2,same,31
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A table of three teams in two quarters."""
    path = tmp_path / "table.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def release(run: Run, file: Path, *options: str) -> dict[str, Any]:
    said = run("control", str(file), "--json", *options)
    assert said.status == 0, said.err
    told: dict[str, Any] = json.loads(said.out)
    return told


def test_every_cell_of_every_level_is_told_with_its_reason(run: Run, file: Path) -> None:
    told = release(run, file, "--threshold=5")

    assert set(told) == {"cells", "refused"}
    assert told["refused"] is None
    assert len(told["cells"]) == 5 * 3 * 3
    assert set(told["cells"][0]) == {"dims", "n", "why"}
    assert set(told["cells"][0]["dims"]) == {"unit", "Quarter", "category"}
    assert numbers(told)["north", "Q1", "better"] == 20
    assert numbers(told)["*", "*", "*"] == 85
    assert numbers(told)["north/team-1", "Q1", "same"] is None
    assert reasons(told)["north/team-1", "Q1", "same"] == "primary"
    assert "complementary" in reasons(told).values()
    assert list(Attacker([told]).found(threshold=5)) == []


def test_a_cell_that_is_not_in_the_file_is_empty(run: Run, file: Path) -> None:
    assert numbers(release(run, file))["south", "Q1", "same"] == 0


def test_none_and_all_of_a_group_are_hidden_in_the_sensitive_dimension(
    run: Run, file: Path
) -> None:
    told = numbers(release(run, file, "--sensitive", "category"))

    assert told["south", "Q1", "better"] is None
    assert told["south", "Q1", "same"] is None
    assert told["north/team-1", "Q2", "same"] == 0


def test_what_has_come_since_an_earlier_release_is_hidden(
    run: Run, file: Path, tmp_path: Path
) -> None:
    first = tmp_path / "first.json"
    first.write_text(run("control", str(file), "--json").out, encoding="utf-8")
    file.write_text(
        TABLE.replace("Q2,same,31", "Q2,same,33") + "north/team-2,Q2,better,10\n", encoding="utf-8"
    )

    told = release(run, file, "--earlier", str(first))

    assert reasons(told)["south", "Q2", "same"] == "differencing"
    assert reasons(told)["south", "*", "*"] == "differencing"
    assert told["refused"] is None


def test_a_release_that_differs_by_a_few_as_a_whole_is_refused(
    run: Run, file: Path, tmp_path: Path
) -> None:
    first = tmp_path / "first.json"
    first.write_text(run("control", str(file), "--json").out, encoding="utf-8")
    file.write_text(TABLE.replace("Q2,same,31", "Q2,same,33"), encoding="utf-8")

    told = release(run, file, "--earlier", str(first))

    assert "grand total" in told["refused"]
    assert set(numbers(told).values()) == {None}


def test_rounding_hides_nothing(run: Run, file: Path) -> None:
    told = release(run, file, "--round=5")

    assert numbers(told)["north/team-1", "Q1", "same"] == 5
    assert numbers(told)["north/team-1", "*", "*"] == 15
    assert set(reasons(told).values()) == {None}


def test_without_json_the_table_is_told_line_by_line(run: Run, file: Path) -> None:
    lines = run("control", str(file)).out.splitlines()

    assert lines[0] == "unit\tQuarter\tcategory\tn\twhy"
    assert "north/team-1\tQ1\tsame\thidden\tprimary" in lines
    assert "*\t*\t*\t85\t" in lines


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("unit,n\n", "has no rows"),
        ("n;\n5;\n", "at least one dimension"),
        ("unit,n,quarter\na,5,Q1\n", "last the number of patients"),
        ("unit,unit,n\na,b,5\n", "there twice"),
        (",n\na,5\n", "without a name"),
        ("unit,n\na,5\na,6\n", "line 3: is the same cell as line 2: a"),
        ("unit,n\na,-3\n", "line 2, column 'n': '-3' is no number of patients"),
        ("unit,n\na,2.5\n", "'2.5' is no number of patients"),
        ("unit,n\na,many\n", "'many' is no number of patients"),
        ("unit,n\na,\n", "'' is no number of patients"),
        ("unit,n\na,99999999999999999999999\n", "from 0 to 1,000,000,000"),
        ("unit,n\na,0000000000000000000000099999999999\n", "from 0 to 1,000,000,000"),
        ("unit,n\n*,5\n", "'*' stands for all"),
        ("unit,n\nnorth//a,5\n", "'north//a' is no value"),
        ("unit,n\n/a,5\n", "'/a' is no value"),
        ("unit,n\n,5\n", "column 'unit'"),
        ("unit,n\na,5,6\n", "has 3 cells"),
        ("unit,n\nnorth,5\nnorth/a,6\n", "'north' in unit is both"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_in_a_sentence(
    run: Run, file: Path, text: str, told: str
) -> None:
    file.write_text(text, encoding="utf-8")

    assert told in run("control", str(file), "--json").trouble


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--threshold=2",), "choose 3 to 10"),
        (("--threshold=11",), "choose 3 to 10"),
        (("--round=4",), "choose 3 or 5"),
        (("--sensitive=colour",), "choose one of: unit, Quarter, category"),
        (("--earlier=nowhere.json",), "nowhere.json"),
    ],
)
def test_an_option_that_is_not_allowed_is_refused_in_a_sentence(
    run: Run, file: Path, options: tuple[str, ...], told: str
) -> None:
    assert told in run("control", str(file), "--json", *options).trouble


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "no list 'cells'"),
        ('{"cells": [5]}', "cell 1 lacks"),
        ('{"cells": [{"dims": {"unit": 5}, "n": 5}]}', "no text"),
        ('{"cells": [{"dims": {"unit": "a"}, "n": -5}]}', "cell 1 has an 'n'"),
        ('{"cells": [{"dims": {"unit": "a"}, "n": true}]}', "cell 1 has an 'n'"),
        ('{"cells": [{"dims": {}, "n": 5}, {"dims": {}, "n": 6}]}', "cell 2 is there twice"),
    ],
)
def test_an_earlier_release_that_is_none_is_refused_in_a_sentence(
    run: Run, file: Path, tmp_path: Path, text: str, told: str
) -> None:
    earlier = tmp_path / "earlier.json"
    earlier.write_text(text, encoding="utf-8")

    assert told in run("control", str(file), f"--earlier={earlier}").trouble


def test_a_release_that_was_refused_has_told_nothing(run: Run, file: Path, tmp_path: Path) -> None:
    plain = run("control", str(file), "--json").out
    cells = [cell | {"n": None} for cell in json.loads(plain)["cells"]]
    refused = tmp_path / "refused.json"
    refused.write_text(json.dumps({"cells": cells, "refused": "no"}), encoding="utf-8")

    assert run("control", str(file), "--json", f"--earlier={refused}").out == plain
