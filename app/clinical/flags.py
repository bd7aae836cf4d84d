"""Rules and a situation to verdicts: which flags are raised, hold, open again, or are over.

Evaluation is pure and repeatable: the same situation, standing flags and rules give
the same verdicts, and each verdict carries the numbers that it was reached by, the
version of its rule and of the curve that it rests on.

What a rule is stands in ``rules``, what it looks at in ``situation``, when it applies in
``conditions``, and what may be done about a flag in ``follow_up``. All but the conditions
may be had from here too.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from app.clinical.conditions import find
from app.clinical.follow_up import (
    Decision,
    FlagState,
    ReviewStep,
    StepNotAllowedError,
    allowed_steps,
    check_follow,
    follow,
    may_follow,
)
from app.clinical.rules import DEFAULT_RULES, Group, Level, Rule, RuleId, RuleParametersError
from app.clinical.situation import (
    AllianceRating,
    AllianceSeries,
    Finding,
    Firing,
    Rated,
    Situation,
    WhyNot,
)

__all__ = [
    "DEFAULT_RULES",
    "AllianceRating",
    "AllianceSeries",
    "Decision",
    "DuplicateRuleError",
    "FlagState",
    "Group",
    "Level",
    "Outcome",
    "Rated",
    "ReviewStep",
    "Rule",
    "RuleId",
    "RuleParametersError",
    "Situation",
    "StandingFlag",
    "StepNotAllowedError",
    "Verdict",
    "WhyNot",
    "allowed_steps",
    "check_follow",
    "evaluate",
    "follow",
    "may_follow",
]


_GIVEN_UP = frozenset(
    {WhyNot.CURVE_NOT_LOCAL, WhyNot.CURVE_NOT_ACCEPTED, WhyNot.CURVE_HAS_OWN_RULE}
)
"""Why a rule that rests on a curve is asked no more; no later score could end its flag."""


class Outcome(Enum):
    """What an evaluation means for the flags of an episode.

    ``RAISED``
        A new flag.
    ``REOPENED``
        A flag that was decided has a new reason: review step ``REOPENED``.
    ``HOLDS``
        A flag stands and nothing is new.
    ``CLEARED``
        A flag stands and its reason is gone: review step ``CLEARED``.
    ``QUIET``
        No flag stands and there is no reason for one.
    ``NOT_EVALUATED``
        The rule has nothing to go by; a flag that stands is left as it is, unless the
        curve that it rests on may raise flags no more: then it is cleared.
    """

    RAISED = "raised"
    REOPENED = "reopened"
    HOLDS = "holds"
    CLEARED = "cleared"
    QUIET = "quiet"
    NOT_EVALUATED = "not_evaluated"


@dataclass(frozen=True, slots=True)
class StandingFlag:
    """A flag of the episode that has not been cleared.

    Attributes
    ----------
    rule, level, state
        The rule that raised it, how soon it wants to be seen, and where its review stands.
    session, reference, item
        The session k and rating that it was raised for or last opened again for, and
        the critical item.
    numbers
        What the rule saw then.
    """

    rule: RuleId
    level: Level
    state: FlagState
    session: int | None
    reference: str | None
    item: str | None
    numbers: Mapping[str, int | float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says of an episode now.

    Attributes
    ----------
    rule, rule_version, level
        The edition of the rule that was used.
    outcome, why_not
        ``why_not`` is given with ``NOT_EVALUATED`` and with nothing else.
    session, reference, item
        The session k, rating and critical item that it is about, where there is one.
    numbers
        Every score, limit and count that the rule saw; scores in tenths.
    curve_version
        The curve that it rests on, if it rests on one.
    """

    rule: RuleId
    rule_version: int
    level: Level
    outcome: Outcome
    why_not: WhyNot | None
    session: int | None
    reference: str | None
    item: str | None
    numbers: Mapping[str, int | float]
    curve_version: str | None


class DuplicateRuleError(ValueError):
    """Two editions of one rule were to be used at once."""

    def __init__(self, rule: RuleId) -> None:
        self.rule = rule
        super().__init__(
            f"rule {rule.value} is given twice; each may be given once. "
            "Choose the edition that is in force."
        )


def evaluate(
    situation: Situation,
    *,
    rules: Sequence[Rule] = DEFAULT_RULES,
    standing: Sequence[StandingFlag] = (),
) -> tuple[Verdict, ...]:
    """Return what each rule says, in the order of ``rules``.

    Critical items have one verdict for each answer that reaches its limit, and
    one flag each. Every other rule has at most one flag that is not cleared; when
    that flag was decided, it opens again only for a new reason:

    - deterioration: worse by one more reliable change than when it was raised;
    - no change: the second look;
    - alliance drop: a drop at another session;
    - the rest: none while the old reason lasts.

    Parameters
    ----------
    situation
        All that is known of the episode now.
    rules
        At most one edition of each rule; a rule left out is not looked at.
    standing
        The episode's flags that have not been cleared, critical items of all states.

    Raises
    ------
    DuplicateRuleError
        If a rule is given twice.
    """
    for rule_id, count in Counter(rule.id for rule in rules).items():
        if count > 1:
            raise DuplicateRuleError(rule_id)
    return tuple(
        _verdict(situation, rule, finding, _flag_of(standing, rule.id, finding))
        for rule in rules
        for finding in find(situation, rule)
    )


def _flag_of(
    standing: Sequence[StandingFlag], rule: RuleId, finding: Finding
) -> StandingFlag | None:
    """Return the flag that the finding would raise a second time."""
    of_rule = [
        flag for flag in standing if flag.rule is rule and flag.state is not FlagState.CLEARED
    ]
    if rule is RuleId.CRITICAL_ITEM:
        cause = (finding.reference, finding.item)
        of_rule = [flag for flag in of_rule if (flag.reference, flag.item) == cause]
    return of_rule[-1] if of_rule else None


def _verdict(
    situation: Situation, rule: Rule, finding: Finding, flag: StandingFlag | None
) -> Verdict:
    curve = situation.trajectory.curve
    return Verdict(
        rule=rule.id,
        rule_version=rule.version,
        level=rule.level,
        outcome=_outcome(finding, flag),
        why_not=finding.why_not,
        session=finding.session,
        reference=finding.reference,
        item=finding.item,
        numbers=finding.numbers,
        curve_version=curve.version if curve and finding.uses_curve else None,
    )


def _outcome(finding: Finding, flag: StandingFlag | None) -> Outcome:
    match finding.firing:
        case None:
            is_given_up = flag is not None and finding.why_not in _GIVEN_UP
            return Outcome.CLEARED if is_given_up else Outcome.NOT_EVALUATED
        case Firing.ON:
            return _outcome_when_on(finding, flag)
        case Firing.BETWEEN:
            return Outcome.HOLDS if flag else Outcome.QUIET
        case Firing.OFF:
            return Outcome.CLEARED if flag else Outcome.QUIET


def _outcome_when_on(finding: Finding, flag: StandingFlag | None) -> Outcome:
    if flag is None:
        return Outcome.RAISED
    if flag.state.is_reviewed and _is_new_reason(finding, flag):
        return Outcome.REOPENED
    return Outcome.HOLDS


def _is_new_reason(finding: Finding, flag: StandingFlag) -> bool:
    numbers, before = finding.numbers, flag.numbers
    match flag.rule:
        case RuleId.DETERIORATION:
            return numbers["worse_by"] - before["worse_by"] >= numbers["reliable_change"]
        case RuleId.NO_CHANGE:
            return numbers["look"] > before["look"]
        case RuleId.ALLIANCE_DROP:
            return finding.session != flag.session
        case (
            RuleId.CRITICAL_ITEM
            | RuleId.OFF_TRACK
            | RuleId.OFF_TRACK_BAND
            | RuleId.ABOVE_CUTOFF_START
            | RuleId.SAWTOOTH
            | RuleId.MISSING
            | RuleId.NO_CONTACT
        ):
            return False
