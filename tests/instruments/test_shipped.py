"""Shipped definitions score as their forms say, worked out by hand."""

import pytest

from app.clinical.instruments import (
    Instrument,
)
from app.clinical.scoring import CriticalAnswer, WhyNoTotal, critical_answers, score
from app.instruments import UnknownInstrumentError
from tests.support.shipped import (
    MAY_BE_MISSING,
    REVERSED,
    SHIPPED,
    TOTALS,
    answers,
    each_shipped,
    worst_answers,
)


def test_these_and_no_others_are_shipped() -> None:
    assert set(SHIPPED.instruments) == set(TOTALS)


def test_an_unknown_instrument_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownInstrumentError, match=r"'hamilton'.*phq-9") as refusal:
        SHIPPED.get("hamilton")

    assert refusal.value.key == "hamilton"
    assert "outcome-4" in refusal.value.allowed


@each_shipped
def test_the_lowest_highest_and_worst_forms_have_the_totals_worked_out_by_hand(
    instrument: Instrument,
) -> None:
    forms = (
        answers(instrument, end="lowest"),
        answers(instrument, end="highest"),
        worst_answers(instrument),
    )

    assert tuple(score(instrument, form).total for form in forms) == TOTALS[instrument.key]


@each_shipped
def test_an_empty_form_has_no_score(instrument: Instrument) -> None:
    empty = score(instrument, {})

    assert empty.total is None
    assert empty.why_no_total is WhyNoTotal.EMPTY
    assert all(subscale is None for subscale in empty.subscales.values())


@each_shipped
def test_as_many_answers_may_be_missing_as_the_form_allows_and_no_more(
    instrument: Instrument,
) -> None:
    allowed = MAY_BE_MISSING.get(instrument.key, 0)
    counted = [item.key for item in instrument.items if item.is_counted]
    form = worst_answers(instrument)

    at_the_limit = score(instrument, form | dict.fromkeys(counted[:allowed]))
    beyond_it = score(instrument, form | dict.fromkeys(counted[: allowed + 1]))

    assert at_the_limit.total == TOTALS[instrument.key][2]
    assert at_the_limit.is_prorated == (allowed > 0)
    assert beyond_it.total is None


@pytest.mark.parametrize(
    ("key", "given", "total"),
    [
        # 7 points on 8 of 9 items is 7.875; 4 points is 4.5, and halves go up.
        ("phq-9", [10, 10, 10, 10, 10, 10, 10, 0, None], 80),
        ("phq-9", [10, 10, 10, 10, 0, 0, 0, 0, None], 50),
        # 5 points on 7 of 9 items is 6.43.
        ("phq-9", [10, 10, 10, 10, 10, 0, 0, None, None], 60),
        # 6 points on 5 of 7 items is 8.4.
        ("gad-7", [20, 10, 10, 10, 10, None, None], 80),
        # 11 points on 9 of 10 items is 12.2; items 2 and 3 are at their best here.
        ("core-10", [30, 40, 40, 30, 30, 0, 10, 10, 0, None], 120),
    ],
)
def test_a_form_with_a_missing_answer_is_prorated_to_whole_points(
    key: str, given: list[int | None], total: int
) -> None:
    instrument = SHIPPED.get(key)

    prorated = score(
        instrument, dict(zip([item.key for item in instrument.items], given, strict=True))
    )

    assert prorated.total == total
    assert prorated.is_prorated


@each_shipped
def test_the_reversed_items_are_those_of_the_form(instrument: Instrument) -> None:
    found = {item.key for item in instrument.items if item.is_reversed}

    assert found == REVERSED.get(instrument.key, set())


def test_support_on_the_core_10_lowers_the_total() -> None:
    form = dict.fromkeys([f"q{number}" for number in range(1, 11)], 20)

    with_support = score(SHIPPED.get("core-10"), form | {"q2": 40})
    without_support = score(SHIPPED.get("core-10"), form | {"q2": 0})

    assert (with_support.total, without_support.total) == (180, 220)


def test_a_printed_core_10_adds_up_to_the_sum_of_its_printed_digits() -> None:
    instrument = SHIPPED.get("core-10")
    printed = [10, 30, 40, 0, 10, 0, 20, 10, 20, 0]

    typed = {
        item.key: item.from_paper(digit)
        for item, digit in zip(instrument.items, printed, strict=True)
    }

    assert score(instrument, typed).total == 140


@pytest.mark.parametrize(
    ("key", "items"), [("core-10", {"q2", "q3"}), ("oq-45", REVERSED["oq-45"])]
)
def test_forms_that_print_turned_digits_say_so(key: str, items: set[str]) -> None:
    found = {item.key for item in SHIPPED.get(key).items if item.is_printed_turned}

    assert found == items


def test_subscales_are_those_of_the_form() -> None:
    anxious = score(SHIPPED.get("phq-4"), {"q1": 30, "q2": 20, "q3": 10, "q4": 0})
    allied = score(
        SHIPPED.get("wai-sr"),
        dict.fromkeys(["q1", "q2", "q10", "q12"], 50)
        | dict.fromkeys(["q3", "q5", "q7", "q9"], 30)
        | dict.fromkeys(["q4", "q6", "q8", "q11"], 10),
    )

    assert anxious.subscales == {"anxiety": 50, "depression": 10}
    assert allied.subscales == {"task": 200, "bond": 120, "goal": 40}
    assert allied.total == 360


def test_a_helpful_child_has_no_more_difficulties() -> None:
    instrument = SHIPPED.get("sdq")
    helpful = dict.fromkeys(("q1", "q4", "q9", "q17", "q20"), 20)
    best = {item.key: 20 if item.is_reversed else 0 for item in instrument.items} | helpful

    found = score(instrument, best)

    assert found.total == 0
    assert found.subscales["prosocial"] == 100


def test_only_goals_in_use_count() -> None:
    goals = SHIPPED.get("personal-goals")

    both = score(goals, {"g1": 30, "g3": 80}, asked=["g1", "g3"])
    one_left_out = score(goals, {"g1": 30}, asked=["g1", "g3"])

    assert both.total == 55
    assert one_left_out.total is None
    assert one_left_out.missing == ("g3",)


@pytest.mark.parametrize(
    ("key", "items"), [("phq-9", {"q9"}), ("core-10", {"q6"}), ("oq-45", {"q8"})]
)
def test_the_slightest_answer_about_suicide_is_seen_also_in_an_unfinished_form(
    key: str, items: set[str]
) -> None:
    instrument = SHIPPED.get(key)
    critical = items.copy().pop()

    assert {found.item for found in instrument.critical_items} == items
    assert critical_answers(instrument, {critical: 0}) == ()
    assert critical_answers(instrument, {critical: 10}) == (
        CriticalAnswer(item=critical, answer=10, at_least=10),
    )
