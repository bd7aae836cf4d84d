"""A site may move some numbers of a rule, so far and no further."""

import datetime as dt
from typing import Any

import pytest

from app.clinical.rule_editions import (
    FIRST_OWN_EDITION,
    LEEWAYS,
    EditionError,
    allowed_beside,
    is_own,
    leeways_of,
    moved,
    own_edition,
)
from app.clinical.rules import DEFAULT_RULES, PARAMETERS, Rule, RuleId

TODAY = dt.date(2026, 11, 30)
RULES = {rule.id: rule for rule in DEFAULT_RULES}


def edition(rule: RuleId, **changed: Any) -> Rule:  # noqa: ANN401 - wrong on purpose
    parameters: dict[str, Any] = {**RULES[rule].parameters, **changed}
    return own_edition(
        rule,
        version=FIRST_OWN_EDITION,
        parameters=parameters,
        decided_on=TODAY,
    )


def test_no_shipped_edition_can_be_taken_for_a_sites_own() -> None:
    assert not any(is_own(rule.version) for rule in DEFAULT_RULES)
    with pytest.raises(EditionError, match="version of rule missing is 1; allowed here: 1001"):
        own_edition(RuleId.MISSING, version=1, parameters={"in_a_row": 3}, decided_on=TODAY)


def test_every_limit_is_about_a_number_that_its_rule_has_and_holds_the_shipped_one() -> None:
    for one in LEEWAYS:
        assert one.parameter in PARAMETERS[one.rule]
        assert RULES[one.rule].parameters[one.parameter] in one.values
        assert list(one.values) == sorted(set(one.values))
        assert one.ground


@pytest.mark.parametrize(
    "rule", [RuleId.CRITICAL_ITEM, RuleId.ABOVE_CUTOFF_START, RuleId.NO_CONTACT]
)
def test_some_rules_stay_as_they_are(rule: RuleId) -> None:
    assert leeways_of(rule) == ()
    with pytest.raises(EditionError):
        edition(rule)
    with pytest.raises(EditionError, match="nothing but what is shipped"):
        moved(RULES[rule], parameter="days", value=30)


def test_a_number_may_be_moved_within_its_limits() -> None:
    tried = moved(RULES[RuleId.OFF_TRACK], parameter="on_from", value=0.8)

    assert tried.parameters == {"first_session": 3, "on_from": 0.8, "off_below": 0.5}
    assert RULES[RuleId.OFF_TRACK].parameters["on_from"] == 0.7


@pytest.mark.parametrize(
    ("rule", "parameter", "value"),
    [
        (RuleId.OFF_TRACK, "on_from", 0.95),
        (RuleId.OFF_TRACK, "on_from", 0.72),
        (RuleId.OFF_TRACK, "on_from", 0.5),
        (RuleId.OFF_TRACK, "off_below", 0.2),
        (RuleId.NO_CHANGE, "second_look", 18),
        (RuleId.ALLIANCE_DROP, "total_range", 300),
        (RuleId.MISSING, "in_a_row", float("nan")),
        (RuleId.MISSING, "in_a_row", True),
        (RuleId.MISSING, "in_a_row", "2"),
        (RuleId.MISSING, "in_a_row", None),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(
    rule: RuleId, parameter: str, value: object
) -> None:
    with pytest.raises(EditionError) as refused:
        edition(rule, **{parameter: value})

    assert (refused.value.rule, refused.value.parameter) == (rule, parameter)
    assert refused.value.allowed
    assert "Choose one of these." in str(refused.value)


@pytest.mark.parametrize(
    ("rule", "parameter", "value"),
    [(RuleId.OFF_TRACK, "off_below", 0.7), (RuleId.NO_CHANGE, "second_look", 6)],
)
def test_a_number_that_passes_the_other_is_refused(
    rule: RuleId, parameter: str, value: float
) -> None:
    with pytest.raises(EditionError):
        edition(rule, **{parameter: value})
    with pytest.raises(EditionError) as refused:
        moved(RULES[rule], parameter=parameter, value=value)

    assert value not in refused.value.allowed


def test_a_number_must_stay_on_its_side_of_the_other() -> None:
    rule = RULES[RuleId.OFF_TRACK]
    on_from, off_below = leeways_of(RuleId.OFF_TRACK)[1:]

    assert allowed_beside(rule, on_from) == on_from.values[1:]
    assert allowed_beside(rule, off_below) == (0.3, 0.4, 0.5, 0.6)


@pytest.mark.parametrize("parameters", [{}, {"in_a_row": 2, "days": 3}, {"days": 3}])
def test_numbers_that_lack_or_are_too_many_make_no_rule(parameters: dict[str, int]) -> None:
    with pytest.raises(EditionError):
        own_edition(
            RuleId.MISSING, version=FIRST_OWN_EDITION, parameters=parameters, decided_on=TODAY
        )


def test_an_edition_from_before_a_number_was_added_has_it_as_shipped() -> None:
    shipped = RULES[RuleId.ALLIANCE_DROP].parameters
    early = ("early_sessions", "early_percent", "early_needed")
    before = {name: value for name, value in shipped.items() if name not in early}

    made = own_edition(
        RuleId.ALLIANCE_DROP,
        version=1001,
        parameters={**before, "total_drop": 50},
        decided_on=TODAY,
    )

    assert made.parameters == {**shipped, "total_drop": 50}
    with pytest.raises(EditionError):
        own_edition(
            RuleId.ALLIANCE_DROP,
            version=1001,
            parameters={**shipped, "early_needed": 10},
            decided_on=TODAY,
        )


def test_an_own_edition_says_that_the_site_set_it_and_keeps_its_level() -> None:
    made = own_edition(RuleId.MISSING, version=1004, parameters={"in_a_row": 3}, decided_on=TODAY)

    assert (made.version, made.level) == (1004, RULES[RuleId.MISSING].level)
    assert made.provenance.source.startswith("Set by this site")
    assert made.provenance.checked == TODAY
