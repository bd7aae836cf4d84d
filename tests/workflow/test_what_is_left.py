"""What is left of a number when another is taken from it is controlled like a number."""

from collections.abc import Mapping

import pytest

from app.clinical.outcome_table import outcome_table
from app.records.episodes import Answer
from tests.support.by_hand import come, courses, drafted, place_of, told
from tests.support.clinic import Clinic
from tests.support.report_attack import TABLES, ReportAttacker
from tests.support.service import Course, Place

OUTCOMES = outcome_table(has_verdict=True, has_cut_off=True, has_other_edition=False)
RECOVERED, BETTER, UNCHANGED, WORSE = (150, 60), (250, 150), (150, 150), (150, 250)
ORDINARY_BETTER, ORDINARY, ORDINARY_WORSE = (90, 10), (60, 60), (60, 150)
ONE_SCORE = (150,)

EVERY_END = {RECOVERED: 30, BETTER: 10, UNCHANGED: 12, WORSE: 8, ORDINARY: 9, ONE_SCORE: 11}
"""80 courses of every kind."""


def ended(place: Place, ends: Mapping[tuple[int, ...], int]) -> list[Course]:
    """Return courses that accepted, by their scores."""
    every = [courses(place, n, scores=scores) for scores, n in ends.items()]
    return [one for group in every for one in group]


def difference(counts: dict[str, int | None], *names: str) -> int | None:
    """Return what is left of the first, where all are shown."""
    whole, *parts = (counts[name] for name in names)
    if whole is None or None in parts:
        return None
    return whole - sum(part or 0 for part in parts)


@pytest.mark.parametrize(
    ("ends", "names"),
    [
        (
            {RECOVERED: 45, UNCHANGED: 1, ORDINARY_BETTER: 8, ORDINARY: 9, ORDINARY_WORSE: 8},
            ("clinical", "recovered"),
        ),
        (
            {RECOVERED: 45, BETTER: 1, UNCHANGED: 8, WORSE: 8, ORDINARY: 9, ORDINARY_WORSE: 8},
            ("improved", "recovered"),
        ),
        (
            {RECOVERED: 45, BETTER: 8, UNCHANGED: 8, WORSE: 8, ORDINARY: 1},
            ("scored", "clinical"),
        ),
    ],
)
def test_the_only_one_is_not_told_by_two_numbers(
    clinic: Clinic, ends: Mapping[tuple[int, ...], int], names: tuple[str, str]
) -> None:
    """46 began in the clinical range and 45 recovered: so one did not."""
    place = place_of(clinic)
    come(clinic, place, ended(place, {**ends, ONE_SCORE: 12}))

    found = drafted(clinic)

    report, counts = found.report, told(found.report)
    assert found.refused is None
    assert any(counts.values())
    assert difference(counts, *names) is None
    assert list(ReportAttacker([report], OUTCOMES).found(threshold=5)) == []


def test_who_said_not_today_is_not_what_two_answers_leave_of_the_asked(clinic: Clinic) -> None:
    """86 of 118 accepted and 29 declined: so three said not today."""
    place = place_of(clinic)
    come(
        clinic,
        place,
        ended(place, {**EVERY_END, ONE_SCORE: 17}),
        courses(place, 29, answers=(Answer.ACCEPTED, Answer.WITHDRAWN)),
        courses(place, 3, answers=(Answer.NOT_TODAY,)),
        courses(place, 20, answers=(), scores=()),
    )

    counts = told(drafted(clinic).report)

    assert counts["*"] == 138
    assert difference(counts, "*", "not_offered", "accepted", "declined") is None


def test_who_was_never_asked_is_hidden_in_both_tables(clinic: Clinic) -> None:
    """120 courses and 118 who were asked: the two who were not are no outcome, either."""
    place = place_of(clinic)
    come(
        clinic,
        place,
        ended(place, EVERY_END),
        courses(place, 30, answers=(Answer.NOT_FOR_ME,), scores=()),
        courses(place, 8, answers=(Answer.NOT_TODAY,), scores=()),
        courses(place, 2, answers=(), scores=()),
    )

    report = drafted(clinic).report
    counts = told(report)

    assert counts["*"] == 120
    assert counts["not_offered"] is None
    assert counts.get("offered") is None
    assert difference(counts, "*", "accepted", "declined", "not_today") is None
    for table in (OUTCOMES, *TABLES):
        assert list(ReportAttacker([report], table).found(threshold=5)) == []


def test_who_declined_after_a_score_is_not_told_by_the_reasons(clinic: Clinic) -> None:
    """30 declined, and 29 have no score because they declined: so one has."""
    place = place_of(clinic)
    come(
        clinic,
        place,
        ended(place, EVERY_END),
        courses(place, 29, answers=(Answer.NOT_FOR_ME,), scores=()),
        courses(place, 1, answers=(Answer.ACCEPTED, Answer.WITHDRAWN)),
        courses(place, 20, answers=(), scores=()),
    )

    report = drafted(clinic).report

    assert difference(told(report), "declined", "declined_to_rate") is None
    for table in (OUTCOMES, *TABLES):
        assert list(ReportAttacker([report], table).found(threshold=5)) == []
