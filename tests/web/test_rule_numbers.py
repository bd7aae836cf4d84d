"""The numbers that a rule saw, as they are written on the page of a flag."""

from app.web.rule_numbers import number_rows
from app.web.words import Words


def test_an_answer_is_written_as_it_stands_on_the_form() -> None:
    rows = number_rows(Words("nb"), {"answer": 10, "at_least": 10}, session_offset=0)

    assert [(row.name, row.value) for row in rows] == [
        ("Svaret", "1"),
        ("Merkes fra og med", "1"),
    ]


def test_a_score_keeps_its_decimal_and_a_session_is_counted_as_on_the_chart() -> None:
    rows = number_rows(Words("nb"), {"first": 180, "look": 6}, session_offset=2)

    assert [row.value for row in rows] == ["18,0", "8"]
