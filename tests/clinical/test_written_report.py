"""A report is written the same way each time, and read back as it was."""

import json
from dataclasses import replace

import pytest

from app.clinical import written_report
from app.clinical.written_report import NoReportError
from tests.support import reports


def test_what_was_written_is_read_back_as_it_was() -> None:
    report = reports.drafted().report

    assert written_report.report_of(written_report.text_of(report)) == report


def test_the_same_report_has_the_same_text_and_another_one_another() -> None:
    report = reports.drafted().report
    other = replace(report, units=report.units[:-1])

    texts = [written_report.text_of(one) for one in (report, reports.drafted().report, other)]

    assert texts[0] == texts[1]
    assert len({written_report.hash_of(text) for text in texts}) == 2


def test_anybody_can_work_out_the_hash_with_plain_json() -> None:
    text = written_report.text_of(reports.drafted().report)

    again = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert again == text
    assert written_report.hash_of("") == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_figure_that_is_no_number_is_not_written(value: float) -> None:
    report = reports.drafted().report
    spoiled = replace(report, figures=(replace(report.figures[0], value=value),))

    with pytest.raises(ValueError, match="not JSON compliant"):
        written_report.text_of(spoiled)


@pytest.mark.parametrize("text", ["", "{}", '{"definition":1}', "[]"])
def test_another_text_is_no_report(text: str) -> None:
    with pytest.raises(NoReportError, match="this is no report"):
        written_report.report_of(text)
