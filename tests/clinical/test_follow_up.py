import pytest

from app.clinical.flags import (
    Decision,
    FlagState,
    ReviewStep,
    RuleId,
    StepNotAllowedError,
    allowed_steps,
    check_follow,
    follow,
    may_follow,
)

MAY_FOLLOW = {
    FlagState.OPEN: {
        ReviewStep.TAKEN: FlagState.TAKEN,
        ReviewStep.DECIDED: FlagState.DECIDED,
        ReviewStep.NOTE: FlagState.OPEN,
        ReviewStep.CLEARED: FlagState.CLEARED,
    },
    FlagState.TAKEN: {
        ReviewStep.TAKEN: FlagState.TAKEN,
        ReviewStep.DECIDED: FlagState.DECIDED,
        ReviewStep.NOTE: FlagState.TAKEN,
        ReviewStep.CLEARED: FlagState.CLEARED,
    },
    FlagState.DECIDED: {
        ReviewStep.DECIDED: FlagState.DECIDED,
        ReviewStep.NOTE: FlagState.DECIDED,
        ReviewStep.FOLLOWED_UP: FlagState.FOLLOWED_UP,
        ReviewStep.REOPENED: FlagState.OPEN,
        ReviewStep.CLEARED: FlagState.CLEARED,
    },
    FlagState.FOLLOWED_UP: {
        ReviewStep.NOTE: FlagState.FOLLOWED_UP,
        ReviewStep.REOPENED: FlagState.OPEN,
        ReviewStep.CLEARED: FlagState.CLEARED,
    },
    FlagState.CLEARED: {ReviewStep.NOTE: FlagState.CLEARED},
}


@pytest.mark.parametrize("state", list(FlagState))
@pytest.mark.parametrize("step", list(ReviewStep))
def test_what_may_follow_what(state: FlagState, step: ReviewStep) -> None:
    allowed = MAY_FOLLOW[state]

    assert may_follow(state, step, rule=RuleId.OFF_TRACK) is (step in allowed)
    if step in allowed:
        assert follow(state, step, rule=RuleId.OFF_TRACK) is allowed[step]
        check_follow(state, step, rule=RuleId.OFF_TRACK)
    else:
        with pytest.raises(StepNotAllowedError) as refused:
            check_follow(state, step, rule=RuleId.OFF_TRACK)
        assert (refused.value.state, refused.value.step) == (state, step)
        assert set(refused.value.allowed) == set(allowed)


@pytest.mark.parametrize("state", list(FlagState))
def test_a_critical_item_is_never_cleared_by_the_program(state: FlagState) -> None:
    assert not may_follow(state, ReviewStep.CLEARED, rule=RuleId.CRITICAL_ITEM)
    with pytest.raises(StepNotAllowedError, match=r"critical_item is .* cannot be cleared"):
        follow(state, ReviewStep.CLEARED, rule=RuleId.CRITICAL_ITEM)


def test_a_person_can_close_a_critical_item_after_a_decision() -> None:
    decided = follow(FlagState.OPEN, ReviewStep.DECIDED, rule=RuleId.CRITICAL_ITEM)

    assert follow(decided, ReviewStep.FOLLOWED_UP, rule=RuleId.CRITICAL_ITEM) is (
        FlagState.FOLLOWED_UP
    )


def test_the_steps_are_offered_in_the_order_of_a_review() -> None:
    assert allowed_steps(FlagState.OPEN, rule=RuleId.CRITICAL_ITEM) == (
        ReviewStep.TAKEN,
        ReviewStep.DECIDED,
        ReviewStep.NOTE,
    )


def test_only_decided_flags_wait_for_a_new_reason() -> None:
    assert {state for state in FlagState if state.is_reviewed} == {
        FlagState.DECIDED,
        FlagState.FOLLOWED_UP,
    }


def test_a_flag_keeps_its_place_in_the_worklist_until_it_is_followed_up_or_cleared() -> None:
    assert {state for state in FlagState if state.is_standing} == {
        FlagState.OPEN,
        FlagState.TAKEN,
        FlagState.DECIDED,
    }


def test_there_are_nine_decisions() -> None:
    assert len(Decision) == 9
