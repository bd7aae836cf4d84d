"""What may follow what in the review of a flag."""

from dataclasses import dataclass
from enum import Enum

from app.clinical.rules import RuleId


class FlagState(Enum):
    """Where a flag stands in its review."""

    OPEN = "open"
    TAKEN = "taken"
    DECIDED = "decided"
    FOLLOWED_UP = "followed_up"
    CLEARED = "cleared"

    @property
    def is_reviewed(self) -> bool:
        """Whether somebody has decided, so that only a new reason opens the flag again."""
        return self in {FlagState.DECIDED, FlagState.FOLLOWED_UP}

    @property
    def is_standing(self) -> bool:
        """Whether the flag still gives its episode a place in the worklist."""
        return self in {FlagState.OPEN, FlagState.TAKEN, FlagState.DECIDED}


class ReviewStep(Enum):
    """What can happen to a flag after it was raised.

    ``TAKEN``
        Somebody takes it, or takes it over from a colleague.
    ``DECIDED``
        A decision from the closed set, also one that replaces an earlier one.
    ``NOTE``
        A note; the flag stays as it is.
    ``FOLLOWED_UP``
        What was decided has been done and looked at: a person closes the flag.
    ``REOPENED``
        The rule found a new reason.
    ``CLEARED``
        The rule no longer applies, found by the program and not by a person.
    """

    TAKEN = "taken"
    DECIDED = "decided"
    NOTE = "note"
    FOLLOWED_UP = "followed_up"
    REOPENED = "reopened"
    CLEARED = "cleared"


class Decision(Enum):
    """What a clinician can decide after a flag."""

    TALKED_CONTINUE = "talked_continue"
    CHANGED_GOAL = "changed_goal"
    CHANGED_METHOD = "changed_method"
    CHANGED_FREQUENCY = "changed_frequency"
    INVOLVE_NETWORK = "involve_network"
    OTHER_CLINICIAN = "other_clinician"
    OTHER_SERVICE = "other_service"
    MEASUREMENT_ERROR = "measurement_error"
    PATIENT_PREFERS_NO_ACTION = "patient_prefers_no_action"


class StepNotAllowedError(ValueError):
    """A step cannot follow in the state that the flag is in."""

    def __init__(self, *, rule: RuleId, state: FlagState, step: ReviewStep) -> None:
        self.rule = rule
        self.state = state
        self.step = step
        self.allowed = allowed_steps(state, rule=rule)
        super().__init__(
            f"flag {rule.value} is {state.value} and cannot be {step.value}; what may follow is "
            f"{', '.join(allowed.value for allowed in self.allowed)}. "
            "Load the page again to see what has happened since."
        )


@dataclass(frozen=True, slots=True)
class _Way:
    step: ReviewStep
    to: FlagState


_WAYS = {
    FlagState.OPEN: (
        _Way(ReviewStep.TAKEN, FlagState.TAKEN),
        _Way(ReviewStep.DECIDED, FlagState.DECIDED),
        _Way(ReviewStep.NOTE, FlagState.OPEN),
        _Way(ReviewStep.CLEARED, FlagState.CLEARED),
    ),
    FlagState.TAKEN: (
        _Way(ReviewStep.TAKEN, FlagState.TAKEN),
        _Way(ReviewStep.DECIDED, FlagState.DECIDED),
        _Way(ReviewStep.NOTE, FlagState.TAKEN),
        _Way(ReviewStep.CLEARED, FlagState.CLEARED),
    ),
    FlagState.DECIDED: (
        _Way(ReviewStep.DECIDED, FlagState.DECIDED),
        _Way(ReviewStep.NOTE, FlagState.DECIDED),
        _Way(ReviewStep.FOLLOWED_UP, FlagState.FOLLOWED_UP),
        _Way(ReviewStep.REOPENED, FlagState.OPEN),
        _Way(ReviewStep.CLEARED, FlagState.CLEARED),
    ),
    FlagState.FOLLOWED_UP: (
        _Way(ReviewStep.NOTE, FlagState.FOLLOWED_UP),
        _Way(ReviewStep.REOPENED, FlagState.OPEN),
        _Way(ReviewStep.CLEARED, FlagState.CLEARED),
    ),
    # A trouble that comes back after it was over is a flag of its own.
    FlagState.CLEARED: (_Way(ReviewStep.NOTE, FlagState.CLEARED),),
}


def follow(state: FlagState, step: ReviewStep, *, rule: RuleId) -> FlagState:
    """Return the state of a flag after a step.

    Parameters
    ----------
    state
        The state before.
    step
        What is done.
    rule
        The rule that raised the flag. A critical item is never cleared by the
        program: only a person can close it.

    Raises
    ------
    StepNotAllowedError
        If ``step`` cannot follow in ``state``.
    """
    for way in _ways(state, rule):
        if way.step is step:
            return way.to
    raise StepNotAllowedError(rule=rule, state=state, step=step)


def may_follow(state: FlagState, step: ReviewStep, *, rule: RuleId) -> bool:
    """Return whether ``step`` can follow in ``state``; the yes/no twin of :func:`check_follow`."""
    return step in allowed_steps(state, rule=rule)


def check_follow(state: FlagState, step: ReviewStep, *, rule: RuleId) -> None:
    """Refuse a step that cannot follow.

    Raises
    ------
    StepNotAllowedError
        If ``step`` cannot follow in ``state``.
    """
    follow(state, step, rule=rule)


def allowed_steps(state: FlagState, *, rule: RuleId) -> tuple[ReviewStep, ...]:
    """Return the steps that can follow in ``state``, in the order of a review."""
    return tuple(way.step for way in _ways(state, rule))


def _ways(state: FlagState, rule: RuleId) -> tuple[_Way, ...]:
    ways = _WAYS[state]
    if rule is RuleId.CRITICAL_ITEM:
        return tuple(way for way in ways if way.step is not ReviewStep.CLEARED)
    return ways
