"""Sessions until change, with those who left before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.time_to_change import TimesToChange, change_by_session, median_sessions

COUNTS = st.dictionaries(st.integers(2, 12), st.integers(1, 9), max_size=6)

REMISSION = TimesToChange(
    changed={6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1},
    left={6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1},
)
"""The treated group of Freireich et al. (1963), weeks of remission of 21 patients."""


def test_the_remission_times_that_every_textbook_has() -> None:
    found = change_by_session(REMISSION)

    assert [step.session for step in found] == [6, 7, 10, 13, 16, 22, 23]
    assert [step.waiting for step in found] == [21, 17, 15, 12, 11, 7, 6]
    assert [1 - step.share for step in found] == pytest.approx(
        [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=5e-5
    )


def test_the_intervals_are_those_of_the_double_log() -> None:
    # R, survival: survfit(conf.type = "log-log") gives these for weeks 6 and 22.
    found = change_by_session(REMISSION)

    assert (1 - found[0].high, 1 - found[0].low) == pytest.approx((0.620, 0.952), abs=5e-4)
    assert (1 - found[5].high, 1 - found[5].low) == pytest.approx((0.268, 0.747), abs=5e-4)


def test_the_median_remission_is_23_weeks() -> None:
    found = median_sessions(REMISSION)

    assert (found.value, found.low, found.high, found.n) == (23, 13, None, 21)


def test_who_left_early_counts_as_waiting_until_then() -> None:
    # Of 20, ten left after the second session; of the other ten, half changed in the fourth.
    found = change_by_session(TimesToChange(changed={4: 5}, left={2: 10, 6: 5}))

    assert [(step.waiting, step.share) for step in found] == [(10, 0.5)]


def test_where_few_changed_there_is_no_median() -> None:
    found = median_sessions(TimesToChange(changed={4: 5}, left={8: 20}))

    assert (found.value, found.n) == (None, 25)


def test_a_small_group_has_no_median() -> None:
    assert median_sessions(TimesToChange(changed={4: 19})).value is None
    assert median_sessions(TimesToChange(changed={4: 20})).value == 4


def test_when_all_have_changed_nobody_waits() -> None:
    (step,) = change_by_session(TimesToChange(changed={3: 25}))

    assert (step.share, step.low, step.high) == (1, 1, 1)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_groups_add_up(
    changed: dict[int, int], left: dict[int, int], more: dict[int, int], gone: dict[int, int]
) -> None:
    one, other = TimesToChange(changed, left), TimesToChange(more, gone)

    whole = one + other

    assert whole.n == one.n + other.n
    steps = change_by_session(whole)
    assert [step.share for step in steps] == sorted(step.share for step in steps)
    assert sum(step.changed for step in steps) == sum(whole.changed.values())
