"""Files as clinics have them are read; what cannot be used is refused by line, with the reason."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from app.instruments import load_registry
from app.records.people import RespondentKind
from app.workflow import read_table
from app.workflow.read_history import Entry, Frame, History, Moment, TimeColumn, read_history
from app.workflow.read_table import HistoryFileError

REGISTRY = load_registry(site_folder=Path(__file__).parent / "site")
START = dt.date(2025, 1, 6)
TODAY = dt.date(2025, 6, 2)


def reading(
    text: str | bytes, *, instrument: str = "hamilton", start: dt.date | None = START
) -> History:
    content = text.encode() if isinstance(text, str) else text
    frame = Frame(instrument=REGISTRY.get(instrument), start=start, today=TODAY)
    return read_history(content, frame)


def refusal(
    text: str | bytes, *, instrument: str = "hamilton", start: dt.date | None = START
) -> str:
    with pytest.raises(HistoryFileError) as refused:
        reading(text, instrument=instrument, start=start)
    return str(refused.value)


def refused_line(row: str, *, header: str = "client,week,score") -> str:
    history = reading(f"{header}\n{row}\n")
    assert history.entries == []
    (line,) = history.refused
    assert line.line == 2
    return line.why


def test_a_week_is_a_session_counted_from_the_start() -> None:
    history = reading("client,week,score\n101,0,26\n101,3,7\n")

    assert history.time is TimeColumn.WEEK
    assert history.entries == [
        Entry(
            line=2,
            client="101",
            moment=Moment(day=dt.date(2025, 1, 6), session=1),
            respondent=RespondentKind.PATIENT,
            answers={},
            total=260,
        ),
        Entry(
            line=3,
            client="101",
            moment=Moment(day=dt.date(2025, 1, 27), session=4),
            respondent=RespondentKind.PATIENT,
            answers={},
            total=70,
        ),
    ]


def test_a_session_number_counts_weeks_from_the_start() -> None:
    (entry,) = reading("client,session,score\n101,2,26\n").entries

    assert entry.moment == Moment(day=dt.date(2025, 1, 13), session=2)


@pytest.mark.parametrize("written", ["2025-02-28", "28.02.2025", "28.2.2025"])
def test_a_date_is_read_as_it_is_written_here_or_by_the_standard(written: str) -> None:
    (entry,) = reading(f"client,date,score\n101,{written},26\n", start=None).entries

    assert entry.moment == Moment(day=dt.date(2025, 2, 28), session=None)


def test_an_empty_score_is_no_rating_but_the_client_was_there() -> None:
    (entry,) = reading("client,week,score\n101,4,\n").entries

    assert not entry.is_rated
    assert entry.total is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_dialect_gives_the_same_entry(
    encoding: str, delimiter: str, decimal: str, newline: str
) -> None:
    rows = [["client", "session", "score"], ["Ærlig-1", "1", f"18{decimal}6"]]
    lines = [
        delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in rows
    ]
    content = (newline.join(lines) + newline).encode(encoding)

    (entry,) = reading(content, instrument="outcome-4").entries

    assert entry.client == "Ærlig-1"
    assert entry.total == 186


def test_items_are_read_and_other_columns_are_named_as_ignored() -> None:
    text = "client;week;q1;q2;q3;q4;endogenous;respondent\n101;0;3;2;1;0;1;partner\n"

    history = reading(text, instrument="phq-4")

    assert history.ignored == ["endogenous"]
    assert history.entries[0].answers == {"q1": 30, "q2": 20, "q3": 10, "q4": 0}
    assert history.entries[0].respondent is RespondentKind.PARTNER
    assert history.entries[0].total is None


def test_an_item_left_out_stays_missing() -> None:
    (entry,) = reading("client,week,q1,q2,q3,q4\n101,0,3,,1,0\n", instrument="phq-4").entries

    assert entry.answers == {"q1": 30, "q3": 10, "q4": 0}


def test_the_digits_of_a_turned_item_are_those_on_the_paper_form() -> None:
    instrument = REGISTRY.get("core-10")
    turned = [item.key for item in instrument.items if item.is_printed_turned]
    keys = [item.key for item in instrument.items]
    row = ["101", "0"] + ["3" if key in turned else "0" for key in keys]

    (entry,) = reading(
        ",".join(["client", "week", *keys]) + "\n" + ",".join(row) + "\n", instrument="core-10"
    ).entries

    assert {key for key in keys if entry.answers[key] == 10} == set(turned)


def test_items_and_a_score_must_agree() -> None:
    header = "client,week,q1,q2,q3,q4,score"

    history = reading(f"{header}\n101,0,3,2,1,0,6\n101,1,3,2,1,0,7\n", instrument="phq-4")

    assert [entry.line for entry in history.entries] == [2]
    assert history.refused[0].why == "score is 7, and the items give 6; correct one of them"


def test_lines_are_numbered_as_an_editor_shows_them() -> None:
    text = 'client,week,score,note\n\n101,0,26,"two\nlines"\n101,1,99,\n;;\n'

    history = reading(text)

    assert [entry.line for entry in history.entries] == [3]
    assert [line.line for line in history.refused] == [5, 6]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("101,0", "has 2 fields, and the first line names 3"),
        ("101,0,7,3", "a decimal comma, in quotation marks"),
        (",0,26", "client is empty"),
        ("=1+1,0,26", "client reads like a formula"),
        ("@SUM(A1),0,26", "client reads like a formula"),
        ("+47,0,26", "client reads like a formula"),
        (f"{'x' * 65},0,26", "client has 65 characters, and 64 are allowed"),
        ("a\x07b,0,26", "client holds control characters"),
        ("101,x,26", "week is not a number"),
        ("101,1.5,26", "week is 1.5; it must be a whole number from 0"),
        ("101,-1,26", "week is -1; it must be a whole number from 0"),
        ("101,1000,26", "week is 1000; it must be a whole number from 0 to 999"),
        ("101,30,26", "week falls on 2025-08-04, which is in the future"),
        ("101,0,NA", "score is not a number"),
        ("101,0,=2+2", "score is not a number"),
        ("101,0,1e3", "score is not a number"),
        ('101,0,"1.234,5"', "score is not a number"),
        ("101,0,7.25", "score has more than one decimal"),
        ("101,0,53", "hamilton total is 53; it goes from 0 to 52"),
        ("101,0,-1", "hamilton total is -1; it goes from 0 to 52"),
        ("101,0,7.5", "in steps of 1"),
    ],
)
def test_a_line_that_cannot_be_used_says_why(row: str, said: str) -> None:
    assert said in refused_line(row)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2025-02-30", "date is no day"),
        ("yesterday", "date is no day"),
        ("2025-06-03", "in the future"),
        ("2015-06-02", "a history goes back to 2015-06-02 at the most"),
    ],
)
def test_a_day_that_cannot_be_says_why(cell: str, said: str) -> None:
    assert said in refused_line(f"101,{cell},26", header="client,date,score")


def test_an_unknown_respondent_is_refused_with_those_that_there_are() -> None:
    said = refused_line("101,0,26,friend", header="client,week,score,respondent")

    assert "patient, partner, parent, other_next_of_kin" in said


def test_the_second_line_for_one_client_and_session_is_refused() -> None:
    history = reading("client,week,score\n101,0,26\n102,0,26\n101,0,25\n")

    assert [entry.line for entry in history.entries] == [2, 3]
    assert "session as line 2" in history.refused[0].why


def test_an_answer_that_is_not_offered_is_refused() -> None:
    history = reading("client,week,q1,q2,q3,q4\n101,0,4,0,0,0\n", instrument="phq-4")

    assert "phq-4 item 'q1' is 4; it offers 0, 1, 2, 3" in history.refused[0].why


def test_no_refusal_repeats_what_may_be_a_name() -> None:
    history = reading(
        "client,week,score,respondent\n=Kari,0,1,\n101,Kari,1,\n101,0,Kari,\n101,0,1,Kari\nKari\n"
    )

    assert len(history.refused) == 5
    assert all("kari" not in line.why.casefold() for line in history.refused)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "neither ';' nor ','"),
        ("client\tweek\tscore\n", "neither ';' nor ','"),
        (",,\n;;\n", "names none of them"),
        ("client,score\n", "names none of them; exactly one of date, session, week"),
        ("client,date,week,score\n", "names date and week"),
        ("week,score\n", "no column 'client'"),
        ("client,week\n", "neither a column 'score' nor one for each item"),
        ("client,week,h1\n", "the items h2, h3"),
        ("client,week,score,Score\n", "two columns are called 'score'"),
        ("client,week,score,a\x1bb\n", "control characters"),
        ('client,week,score\n"101"x,0,1\n', "line 2 is not CSV"),
        ('client,week,score\n"101,0,1\n', "is not CSV"),
        (b"client,week,score\n101,0,1\0\n", "NUL bytes"),
        ("client,week,score\n".encode("utf-16"), "NUL bytes"),
        (b"client,week,score\n\x81,0,1\n", "neither UTF-8 nor cp1252"),
        (b"," * 1_000_000, "names 1000001 columns, and 200 are allowed"),
        (b",\n" + b"a," * 1_000_000, "names 1000001 columns, and 200 are allowed"),
        ("client,week,score\n" + "1" * 200_000 + ",0,1\n", "field larger than field limit"),
    ],
)
def test_a_file_that_is_no_history_is_refused_with_a_sentence(text: str | bytes, said: str) -> None:
    assert said in refusal(text)


def test_counting_weeks_needs_a_day_to_count_from() -> None:
    assert "give --start" in refusal("client,week,score\n101,0,26\n", start=None)


def test_counting_beyond_the_last_day_there_is_is_refused() -> None:
    history = reading("client,week,score\n101,5,26\n", start=dt.date.max)

    assert "falls after the last day that there is" in history.refused[0].why


def test_a_patients_own_goals_cannot_be_imported() -> None:
    text = "client,week,g1,g2,g3\n101,0,1,2,3\n"

    assert "each patient's own words" in refusal(text, instrument="personal-goals")


def test_a_file_over_the_limit_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(read_table, "HISTORY", replace(read_table.HISTORY, bytes=35))

    said = refusal("client,week,score\n101,0,26\n101,1,26\n")

    assert "the file has 36 bytes, and 35 are allowed" in said


def test_a_file_with_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_table, "HISTORY", replace(read_table.HISTORY, lines=2))

    assert "the file has 4 lines, and 2 are allowed" in refusal(
        "client,week,score\n1,0,1\n2,0,1\n3,0,1\n"
    )
