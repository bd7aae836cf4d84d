from dataclasses import replace

import pytest

from app.clinical.flags import DEFAULT_RULES, Group, Level, RuleId, RuleParametersError
from app.clinical.rules import PARAMETERS


def test_each_rule_is_shipped_once_with_version_and_source() -> None:
    assert [rule.id for rule in DEFAULT_RULES] == list(RuleId)
    for rule in DEFAULT_RULES:
        assert rule.version >= 1
        assert rule.provenance.source


def test_the_shipped_levels() -> None:
    levels = {rule.id: rule.level for rule in DEFAULT_RULES}

    assert levels == {
        RuleId.CRITICAL_ITEM: Level.IMMEDIATE,
        RuleId.DETERIORATION: Level.REVIEW,
        RuleId.OFF_TRACK: Level.REVIEW,
        RuleId.OFF_TRACK_BAND: Level.REVIEW,
        RuleId.NO_CHANGE: Level.DISCUSS,
        RuleId.ALLIANCE_DROP: Level.DISCUSS,
        RuleId.ABOVE_CUTOFF_START: Level.NOTE,
        RuleId.SAWTOOTH: Level.NOTE,
        RuleId.MISSING: Level.NOTE,
        RuleId.NO_CONTACT: Level.NOTE,
    }


def test_levels_belong_to_groups_of_the_worklist() -> None:
    assert [level.group for level in Level] == [Group.LOOK, Group.LOOK, Group.WATCH, Group.NOTE]


def test_every_rule_says_which_parameters_it_needs() -> None:
    assert set(PARAMETERS) == set(RuleId)


@pytest.mark.parametrize(
    "parameters",
    [{}, {"days": 28, "weeks": 4}, {"day": 28}, {"days": 0}, {"days": -1}, {"days": float("nan")}],
    ids=["none", "one too many", "misspelt", "zero", "negative", "no number"],
)
def test_a_rule_with_wrong_parameters_is_refused(parameters: dict[str, float]) -> None:
    no_contact = DEFAULT_RULES[-1]

    with pytest.raises(RuleParametersError, match="needs exactly days") as refused:
        replace(no_contact, parameters=parameters)

    assert refused.value.rule is RuleId.NO_CONTACT
    assert refused.value.allowed == ("days",)


def test_a_rule_without_limits_of_its_own_takes_none() -> None:
    with pytest.raises(RuleParametersError, match="needs exactly none"):
        replace(DEFAULT_RULES[0], parameters={"at_least": 10})
