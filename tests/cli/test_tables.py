"""Tables come as spreadsheets, R and old systems write them; a trouble names line and column."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.cli.tables import Row, Sheet, TableError, read_sheet


def sheet(folder: Path, text: str | bytes) -> Sheet:
    path = folder / "table.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_sheet(path, names="client, pre, post")


def rows(folder: Path, text: str | bytes) -> list[Row]:
    return list(sheet(folder, text).rows)


def trouble(folder: Path, text: str | bytes) -> TableError:
    with pytest.raises(TableError) as refused:
        rows(folder, text)
    return refused.value


@pytest.mark.parametrize(
    "text",
    [
        "Client,Pre\nÅse,7.5\n",
        "\ufeffclient;PRE \r\nÅse;7,5\r\n",
        "client\tpre\nÅse\t7.5",
        "client;pre\nÅse;7.5\n".encode("cp1252"),
        '"client","pre"\n\n"Åse","7.5"\n,\n',
    ],
)
def test_the_same_table_is_read_from_every_program(tmp_path: Path, text: str | bytes) -> None:
    (row,) = rows(tmp_path, text)

    assert row.text("client") == "Åse"
    assert row.number("pre") == Decimal("7.5")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", "12"),
        ("-3,25", "-3.25"),
        ("\N{MINUS SIGN}3", "-3"),
        ("+4.", "4"),
        (",5", "0.5"),
        ("1e+2", "100"),
        ("0", "0"),
    ],
)
def test_a_number_is_what_is_written(tmp_path: Path, cell: str, value: str) -> None:
    (row,) = rows(tmp_path, f"client;pre\na;{cell}\n")

    assert row.number("pre") == Decimal(value)


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "NaN", ".", " ", "NULL"])
def test_what_is_missing_is_no_number(tmp_path: Path, cell: str) -> None:
    (row,) = rows(tmp_path, f"client;pre\na;{cell}\n")

    assert row.number("pre") is None


@pytest.mark.parametrize(
    "cell", ["twelve", "1.000,5", "1 000", "inf", "--1", "0x1F", "१२", "1e999", "1_0", "9" * 50]
)
def test_what_is_no_number_is_refused_with_line_and_column(tmp_path: Path, cell: str) -> None:
    (row,) = rows(tmp_path, f"client;pre\na;{cell}\n")

    with pytest.raises(TableError, match=r"^table.csv, line 2, column 'pre': ") as refused:
        row.number("pre")

    assert (refused.value.line, refused.value.column) == (2, "pre")


def test_a_number_too_large_to_be_a_score_is_refused(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "client;pre\na;1234567890\n")

    with pytest.raises(TableError, match="'1234567890' is too large; at most 1,000,000,000"):
        row.number("pre")


def test_a_comma_is_no_decimal_comma_where_it_parts_the_cells(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, 'client,pre\na,"1,000"\n')

    with pytest.raises(TableError, match=r"'1,000' is no number; write it like 12 or 7.3, or"):
        row.number("pre")


def test_a_name_in_the_wrong_column_is_not_repeated(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "client;pre\n7;Kari Nordmann\n")

    with pytest.raises(TableError) as refused:
        row.number("pre")

    assert "Kari" not in str(refused.value)


@pytest.mark.parametrize("cell", ["12345678901", "123456 78901"])
def test_a_number_of_birth_in_the_wrong_column_is_not_repeated(tmp_path: Path, cell: str) -> None:
    (row,) = rows(tmp_path, f"client;pre\na;{cell}\n")

    with pytest.raises(TableError, match="column 'pre': is ") as refused:
        row.number("pre")

    assert "78901" not in str(refused.value)


@pytest.mark.parametrize("cell", ["", "2.5", "-1"])
def test_a_count_is_whole_and_not_missing(tmp_path: Path, cell: str) -> None:
    (row,) = rows(tmp_path, f"unit;n\na;{cell}\n")

    with pytest.raises(TableError, match=r"line 2, column 'n': .* whole number of 0 or more"):
        row.whole("n")


def test_a_count_may_be_written_with_a_point(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "unit;n\na;7.0\n")

    assert row.whole("n") == 7


def test_a_cell_that_must_hold_something_is_asked_for(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "client;pre\n;7\n")

    with pytest.raises(TableError, match="line 2, column 'client': is empty; give it a value"):
        row.text("client")


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    found = sheet(tmp_path, "client;before;post\n")

    found.check_columns("client", "post")
    with pytest.raises(TableError, match=r"line 1, column 'pre': is not there; .*client, before"):
        found.check_columns("client", "pre", "post")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "table.csv: is empty; give a first line such as client, pre, post, and rows"),
        ("\ufeff \n\n", "table.csv: is empty"),
        ("client\n1\n", "the first line holds neither ';' nor ',' nor "),
        ("a,b\n1,2,3\n", "line 2: has 3 cells, and the first line names 2"),
        ("a,b\n\n1\n", "line 3: has 1 cells"),
        ("a,B,b\n1,2,3\n", "line 1, column 'b': is there twice"),
        ("a\x07,b\n1,2\n", "line 1: holds control characters"),
        ('a,b\n"1"x,2\n', "line 2 is not CSV"),
        (b"a,b\n\x00\n", "the file holds NUL bytes"),
        (b"a,b\n\x81,2\n", "the file is neither UTF-8 nor cp1252"),
        ("a," * 200 + "b\n", "the first line names 201 columns, and 200 are allowed"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in str(trouble(tmp_path, text))


def test_a_table_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    with path.open("wb") as file:
        file.truncate(300 * 1024 * 1024)

    with pytest.raises(TableError, match=r"has 314572800 bytes, and 268435456 are allowed"):
        read_sheet(path, names="client, pre, post")
