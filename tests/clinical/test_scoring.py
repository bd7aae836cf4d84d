import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.scoring import (
    AnswerNotOfferedError,
    CriticalAnswer,
    TotalNotPossibleError,
    UnknownItemError,
    WhyNoTotal,
    check_total,
    critical_answers,
    score,
)
from tests.clinical.made_up import CODES, five_means, four_lines, nine_codes

ALL_WORST = {f"q{place}": 0 if place in {2, 3} else 30 for place in range(1, 10)}


def test_four_marks_add_up_to_the_total() -> None:
    result = score(four_lines(), {"l1": 73, "l2": 41, "l3": 0, "l4": 100})

    assert result.total == 214
    assert result.missing == ()
    assert not result.is_prorated
    assert result.why_no_total is None


def test_reversed_items_count_the_other_way_round() -> None:
    assert score(nine_codes(), ALL_WORST).total == 270
    assert score(nine_codes(), {f"q{place}": 0 for place in range(1, 10)}).total == 60


def test_an_empty_form_has_no_score_and_not_the_best_one() -> None:
    result = score(nine_codes(), {"q1": None})

    assert result.total is None
    assert result.why_no_total is WhyNoTotal.EMPTY
    assert result.subscales == {"first": None, "second": None}
    assert len(result.missing) == 9


def test_one_missing_mark_leaves_four_lines_without_a_total() -> None:
    result = score(four_lines(), {"l1": 73, "l2": 41, "l3": 0, "l4": None})

    assert result.total is None
    assert result.why_no_total is WhyNoTotal.TOO_MANY_MISSING
    assert result.missing == ("l4",)


def test_two_missing_of_nine_are_prorated_and_three_are_too_many() -> None:
    two_missing = ALL_WORST | {"q8": None, "q9": None}
    three_missing = two_missing | {"q7": None}

    assert score(nine_codes(), two_missing).total == 270
    assert score(nine_codes(), two_missing).is_prorated
    assert score(nine_codes(), three_missing).total is None
    assert score(nine_codes(), three_missing).why_no_total is WhyNoTotal.TOO_MANY_MISSING
    assert not score(nine_codes(), three_missing).is_prorated


@pytest.mark.parametrize(
    ("points_of_eight", "total"),
    [(1, 10), (2, 20), (3, 30), (4, 50), (5, 60), (12, 140), (20, 230)],
)
def test_a_prorated_total_is_rounded_half_up_to_a_whole_point(
    points_of_eight: int, total: int
) -> None:
    # Nine eighths of 4, 12 and 20 points are 4.5, 13.5 and 22.5: halves go up.
    keys = ["q1", "q4", "q5", "q6", "q7", "q8", "q9"]
    answers: dict[str, int | None] = {"q2": 30, "q3": None} | dict.fromkeys(keys, 0)
    for key in keys:
        answers[key] = 10 * min(3, points_of_eight)
        points_of_eight -= min(3, points_of_eight)

    assert score(nine_codes(), answers).total == total


def test_a_subscale_needs_all_its_items_even_where_the_total_is_prorated() -> None:
    result = score(nine_codes(), ALL_WORST | {"q9": None})

    assert result.total == 270
    assert result.subscales == {"first": 120, "second": None}


def test_a_mean_is_rounded_half_up_to_its_step() -> None:
    marks = {"g1": 70, "g2": 71, "g3": 71, "g4": 70, "g5": 71}

    assert score(five_means(), marks).total == 71
    assert score(five_means(step=10), marks).total == 70
    assert score(five_means(factor=10, step=10), marks).total == 710
    assert score(five_means(), {"g1": 70, "g2": 71, "g3": 71, "g4": 70}).total == 71


def test_an_item_that_is_not_counted_neither_adds_nor_is_missed() -> None:
    marks = {"g1": 50, "g2": 50, "g3": 50, "g4": 50, "g5": 50}

    assert score(five_means(), marks | {"aside": 100}).total == 50
    assert score(five_means(), marks).missing == ("aside",)
    assert not score(five_means(), marks).is_prorated
    assert score(five_means(), {"aside": 100}).why_no_total is WhyNoTotal.EMPTY


def test_only_the_goals_in_use_are_asked() -> None:
    result = score(five_means(), {"g1": 40, "g2": 70}, asked=["g1", "g2"])

    assert result.total == 55
    assert result.missing == ()
    assert not result.is_prorated


def test_an_answer_to_a_goal_that_is_not_in_use_is_refused() -> None:
    with pytest.raises(UnknownItemError) as refused:
        score(five_means(), {"g3": 40}, asked=["g1", "g2"])

    assert refused.value.item == "g3"
    assert refused.value.allowed == ("g1", "g2")


def test_a_goal_that_does_not_exist_cannot_be_asked() -> None:
    with pytest.raises(UnknownItemError) as refused:
        score(five_means(), {}, asked=["g9"])

    assert refused.value.item == "g9"


def test_an_unknown_item_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownItemError, match="has no item 'l5' on this form") as refused:
        score(four_lines(), {"l5": 10})

    assert refused.value.instrument == "four-lines"
    assert refused.value.allowed == ("l1", "l2", "l3", "l4")


@pytest.mark.parametrize("value", [-10, 5, 40])
def test_an_answer_between_or_beyond_the_codes_is_refused(value: int) -> None:
    with pytest.raises(AnswerNotOfferedError, match="it offers 0, 1, 2, 3") as refused:
        score(nine_codes(), {"q1": value})

    assert refused.value.item == "q1"
    assert refused.value.value == value
    assert refused.value.allowed == CODES


@pytest.mark.parametrize("value", [-1, 101])
def test_a_mark_off_the_line_is_refused(value: int) -> None:
    with pytest.raises(AnswerNotOfferedError, match="it offers 0 to 10") as refused:
        score(four_lines(), {"l1": value})

    assert refused.value.allowed == (0, 100)


def test_a_critical_answer_is_seen_on_an_unfinished_form() -> None:
    assert critical_answers(nine_codes(), {"q9": 10}) == (
        CriticalAnswer(item="q9", answer=10, at_least=10),
    )


def test_a_critical_item_below_its_limit_or_unanswered_is_not_critical() -> None:
    assert critical_answers(nine_codes(), {"q9": 0}) == ()
    assert critical_answers(nine_codes(), {"q9": None}) == ()
    assert critical_answers(nine_codes(), {}) == ()


def test_a_critical_answer_is_looked_for_in_valid_answers_only() -> None:
    with pytest.raises(AnswerNotOfferedError):
        critical_answers(nine_codes(), {"q9": 31})


@pytest.mark.parametrize("total", [0, 10, 270])
def test_a_total_from_paper_may_lie_anywhere_on_the_scale(total: int) -> None:
    check_total(nine_codes(), total)


@pytest.mark.parametrize("total", [-10, 5, 275, 280])
def test_a_total_that_the_scale_cannot_give_is_refused(total: int) -> None:
    with pytest.raises(TotalNotPossibleError, match="from 0 to 27 in steps of 1") as refused:
        check_total(nine_codes(), total)

    assert refused.value.value == total
    assert (refused.value.lowest, refused.value.highest, refused.value.step) == (0, 270, 10)


@given(st.lists(st.integers(0, 100), min_size=4, max_size=4))
def test_marks_of_a_tenth_add_up_without_a_rounding_error(marks: list[int]) -> None:
    answers = {f"l{place}": mark for place, mark in enumerate(marks, start=1)}

    assert score(four_lines(), answers).total == sum(marks)


@given(st.lists(st.sampled_from(CODES), min_size=9, max_size=9), st.integers(1, 9))
def test_a_missing_answer_never_gives_a_better_score_than_the_best_answer_would(
    given_answers: list[int], missing: int
) -> None:
    answers = {f"q{place}": answer for place, answer in enumerate(given_answers, start=1)}
    best = 30 if missing in {2, 3} else 0
    with_best = score(nine_codes(), answers | {f"q{missing}": best}).total
    without = score(nine_codes(), {key: a for key, a in answers.items() if key != f"q{missing}"})

    assert without.total is not None
    assert with_best is not None
    assert without.total >= with_best
