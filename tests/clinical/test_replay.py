"""A course is lived through again, session by session, by the rules as they are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.curves import CurveKind, ReferenceCurve
from app.clinical.flags import DEFAULT_RULES, DuplicateRuleError, RuleId
from app.clinical.replay import Moment, RuleCourse, moments, replay
from app.clinical.rules import Rule
from app.clinical.situation import Firing
from app.clinical.trajectory import Course
from tests.clinical.made_up import a_course, a_curve
from tests.clinical.situations import RULES, an_alliance, the_finding


def through(
    course: Course,
    *,
    curve: ReferenceCurve | None = None,
    is_curve_accepted: bool = False,
) -> dict[RuleId, RuleCourse]:
    seen = moments(course, curve, is_curve_accepted=is_curve_accepted)
    return {found.rule: found for found in replay(seen)}


def test_a_flag_is_raised_where_it_would_have_been_and_again_after_it_was_over() -> None:
    # Reliable change is 5 points; one and a half times that counts at once.
    course = a_course([200, 190, 120, 125, 200, 110])

    found = through(course)[RuleId.DETERIORATION]

    assert found.evaluated == (2, 3, 4, 5, 6)
    assert found.raised == (3, 6)
    assert found.flagged == (3, 4, 6)
    assert found.rule_version == 1


def test_a_worsening_of_less_than_half_more_waits_for_the_next_score() -> None:
    found = through(a_course([200, 150, 150]))[RuleId.DETERIORATION]

    assert found.raised == (3,)
    assert found.was_raised


def test_a_quiet_course_raises_nothing() -> None:
    found = through(a_course([150, 200, 240, 250, 260, 270]), curve=a_curve())

    assert not any(said.was_raised or said.flagged for said in found.values())
    assert found[RuleId.OFF_TRACK].evaluated == (3, 4, 5, 6)


def test_a_course_that_stands_still_leaves_the_expected_path() -> None:
    found = through(a_course([150] * 7), curve=a_curve())

    assert found[RuleId.OFF_TRACK].was_raised
    assert found[RuleId.NO_CHANGE].raised == (6,)
    assert found[RuleId.NO_CHANGE].flagged == (6, 7)


def test_a_rule_with_nothing_to_go_by_is_not_counted_as_one_that_kept_quiet() -> None:
    found = through(a_course([150] * 4))

    assert found[RuleId.OFF_TRACK].evaluated == ()
    assert found[RuleId.CRITICAL_ITEM].evaluated == ()
    assert found[RuleId.NO_CONTACT].evaluated == ()


@pytest.mark.parametrize("is_accepted", [True, False])
def test_a_general_curve_raises_flags_only_where_it_is_accepted(*, is_accepted: bool) -> None:
    general = a_curve(kind=CurveKind.GENERAL)

    found = through(a_course([200, 60, 50, 40]), curve=general, is_curve_accepted=is_accepted)

    assert found[RuleId.OFF_TRACK_BAND].was_raised is is_accepted
    assert found[RuleId.OFF_TRACK].evaluated == ()


def test_sessions_without_a_score_are_lived_through_as_well() -> None:
    found = through(a_course([200, None, None, 210]))[RuleId.MISSING]

    assert (found.evaluated, found.raised, found.flagged) == ((2, 3, 4), (3,), (3,))


def test_the_alliance_of_later_sessions_is_not_known_yet() -> None:
    course = a_course([200, 210, 220, 230, 240])
    alliance = an_alliance(380, 370, 375, 300, 380)

    seen = moments(course, None, is_curve_accepted=False, alliance=alliance)
    (found,) = replay(seen, rules=[RULES[RuleId.ALLIANCE_DROP]])

    assert (found.raised, found.flagged) == ((4,), (4,))


def test_two_sets_of_rules_see_the_same_moments() -> None:
    seen = list(moments(a_course([200, 160, 150, 140]), None, is_curve_accepted=False))
    rule = RULES[RuleId.DETERIORATION]
    stricter = replace(rule, version=2, parameters={"at_once_percent": 100})

    (now,), (then,) = replay(seen, rules=[rule]), replay(seen, rules=[stricter])

    assert (now.raised, then.raised) == ((4,), (3,))
    assert (now.rule_version, then.rule_version) == (1, 2)


def test_a_rule_given_twice_is_refused() -> None:
    seen = moments(a_course([200]), None, is_curve_accepted=False)

    with pytest.raises(DuplicateRuleError):
        replay(seen, rules=[DEFAULT_RULES[1], DEFAULT_RULES[1]])


scores = st.lists(st.none() | st.integers(0, 400), min_size=1, max_size=12)


@given(scores=scores, more=scores)
def test_what_comes_later_changes_nothing_of_what_was_said(
    scores: list[int | None], more: list[int | None]
) -> None:
    first = [200, *scores]
    curve = a_curve()

    short, long = (
        through(a_course(first), curve=curve),
        through(a_course([*first, *more]), curve=curve),
    )

    for rule, said in long.items():
        assert tuple(k for k in said.raised if k <= len(first)) == short[rule].raised
        assert tuple(k for k in said.flagged if k <= len(first)) == short[rule].flagged


@given(scores=scores)
def test_a_flag_is_only_raised_where_its_condition_says_so(scores: list[int | None]) -> None:
    seen: dict[int, Moment] = {
        moment.session: moment
        for moment in moments(a_course([200, *scores]), a_curve(), is_curve_accepted=True)
    }
    rules: list[Rule] = [rule for rule in DEFAULT_RULES if rule.id is not RuleId.CRITICAL_ITEM]

    for said in replay(seen.values(), rules=rules):
        for session, moment in seen.items():
            finding = the_finding(said.rule, moment.situation)
            assert (session in said.evaluated) is (finding.firing is not None)
            assert session not in said.raised or finding.firing is Firing.ON
