from collections.abc import Mapping

import pytest

from app.clinical.curves import CurveKind
from app.clinical.flags import (
    DEFAULT_RULES,
    DuplicateRuleError,
    FlagState,
    Level,
    Outcome,
    Rated,
    RuleId,
    StandingFlag,
    Verdict,
    WhyNot,
    evaluate,
)
from app.clinical.scoring import CriticalAnswer
from tests.clinical.made_up import a_course, a_curve
from tests.clinical.situations import a_situation, an_alliance

LEVELS = {rule.id: rule.level for rule in DEFAULT_RULES}
REVIEWED = [FlagState.DECIDED, FlagState.FOLLOWED_UP]
NOT_REVIEWED = [FlagState.OPEN, FlagState.TAKEN]


def a_flag(
    rule: RuleId,
    *,
    state: FlagState = FlagState.OPEN,
    numbers: Mapping[str, int | float] | None = None,
    session: int = 1,
    reference: str | None = "r1",
    item: str | None = None,
) -> StandingFlag:
    return StandingFlag(
        rule=rule,
        level=LEVELS[rule],
        state=state,
        session=session,
        reference=reference,
        item=item,
        numbers=numbers or {},
    )


def of_rule(verdicts: tuple[Verdict, ...], rule: RuleId) -> Verdict:
    (verdict,) = (verdict for verdict in verdicts if verdict.rule is rule)
    return verdict


def test_every_rule_gives_a_verdict_with_its_version() -> None:
    verdicts = evaluate(a_situation(a_course([200])))

    assert [verdict.rule for verdict in verdicts] == list(RuleId)
    assert {
        verdict.rule: verdict.rule_version for verdict in verdicts if verdict.rule_version != 1
    } == {RuleId.ALLIANCE_DROP: 2}


def test_a_quiet_course_raises_nothing() -> None:
    verdicts = evaluate(
        a_situation(
            a_course([150, 200, 240]), curve=a_curve(), alliance=an_alliance(380, 380, 380, 380)
        )
    )

    assert not {Outcome.RAISED, Outcome.REOPENED} & {verdict.outcome for verdict in verdicts}


def test_a_new_flag_carries_level_place_and_numbers() -> None:
    verdict = of_rule(evaluate(a_situation(a_course([200, 120]))), RuleId.DETERIORATION)

    assert verdict.outcome is Outcome.RAISED
    assert verdict.level is Level.REVIEW
    assert (verdict.session, verdict.reference, verdict.item) == (2, "r2", None)
    assert verdict.numbers["worse_by"] == 80
    assert verdict.why_not is None


def test_what_cannot_be_evaluated_says_why_and_leaves_a_flag_alone() -> None:
    flag = a_flag(RuleId.OFF_TRACK)

    verdict = of_rule(
        evaluate(a_situation(a_course([200, 120, 120])), standing=[flag]), RuleId.OFF_TRACK
    )

    assert (verdict.outcome, verdict.why_not) == (Outcome.NOT_EVALUATED, WhyNot.NO_CURVE)


def test_only_a_flag_that_rests_on_the_curve_names_it() -> None:
    verdicts = evaluate(a_situation(a_course([150] * 7), curve=a_curve()))

    assert of_rule(verdicts, RuleId.OFF_TRACK).outcome is Outcome.RAISED
    assert of_rule(verdicts, RuleId.OFF_TRACK).curve_version == "made-up-1"
    assert of_rule(verdicts, RuleId.NO_CHANGE).outcome is Outcome.RAISED
    assert of_rule(verdicts, RuleId.NO_CHANGE).curve_version is None


@pytest.mark.parametrize("state", NOT_REVIEWED)
def test_a_flag_that_stands_is_not_raised_again(state: FlagState) -> None:
    flag = a_flag(RuleId.DETERIORATION, state=state, numbers={"worse_by": 10})

    verdict = of_rule(
        evaluate(a_situation(a_course([300, 120])), standing=[flag]), RuleId.DETERIORATION
    )

    assert verdict.outcome is Outcome.HOLDS


def test_a_flag_that_was_cleared_before_does_not_hold_back_a_new_one() -> None:
    flag = a_flag(RuleId.DETERIORATION, state=FlagState.CLEARED, numbers={"worse_by": 80})

    verdict = of_rule(
        evaluate(a_situation(a_course([200, 120])), standing=[flag]), RuleId.DETERIORATION
    )

    assert verdict.outcome is Outcome.RAISED


@pytest.mark.parametrize("state", [*NOT_REVIEWED, *REVIEWED])
def test_a_flag_whose_reason_is_gone_is_cleared(state: FlagState) -> None:
    flag = a_flag(RuleId.DETERIORATION, state=state, numbers={"worse_by": 80})

    verdict = of_rule(
        evaluate(a_situation(a_course([200, 120, 190])), standing=[flag]), RuleId.DETERIORATION
    )

    assert verdict.outcome is Outcome.CLEARED


def test_between_on_and_off_nothing_is_raised_and_nothing_is_cleared() -> None:
    situation = a_situation(a_course([200, 150]))
    flag = a_flag(RuleId.DETERIORATION, numbers={"worse_by": 80})

    without = of_rule(evaluate(situation), RuleId.DETERIORATION)
    with_flag = of_rule(evaluate(situation, standing=[flag]), RuleId.DETERIORATION)

    assert without.outcome is Outcome.QUIET
    assert with_flag.outcome is Outcome.HOLDS


@pytest.mark.parametrize("state", REVIEWED)
@pytest.mark.parametrize(
    ("last", "outcome"), [(120, Outcome.HOLDS), (71, Outcome.HOLDS), (70, Outcome.REOPENED)]
)
def test_a_decided_deterioration_opens_again_one_reliable_change_further_down(
    state: FlagState, last: int, outcome: Outcome
) -> None:
    flag = a_flag(RuleId.DETERIORATION, state=state, numbers={"worse_by": 80})

    verdict = of_rule(
        evaluate(a_situation(a_course([200, 120, last])), standing=[flag]), RuleId.DETERIORATION
    )

    assert verdict.outcome is outcome


@pytest.mark.parametrize("state", REVIEWED)
def test_a_decided_no_change_opens_again_at_the_second_look(state: FlagState) -> None:
    flag = a_flag(RuleId.NO_CHANGE, state=state, numbers={"look": 6})

    at_11 = evaluate(a_situation(a_course([200] * 11)), standing=[flag])
    at_12 = evaluate(a_situation(a_course([200] * 12)), standing=[flag])

    assert of_rule(at_11, RuleId.NO_CHANGE).outcome is Outcome.HOLDS
    assert of_rule(at_12, RuleId.NO_CHANGE).outcome is Outcome.REOPENED


@pytest.mark.parametrize("state", REVIEWED)
def test_a_decided_alliance_drop_opens_again_for_a_drop_at_another_session(
    state: FlagState,
) -> None:
    flag = a_flag(RuleId.ALLIANCE_DROP, state=state, session=4, reference="a4")

    same = a_situation(a_course([200]), alliance=an_alliance(380, 380, 380, 300))
    another = a_situation(a_course([200]), alliance=an_alliance(380, 380, 380, 360, 300))
    over = a_situation(a_course([200]), alliance=an_alliance(380, 380, 380, 300, 380))

    outcomes = [
        of_rule(evaluate(situation, standing=[flag]), RuleId.ALLIANCE_DROP).outcome
        for situation in (same, another, over)
    ]
    assert outcomes == [Outcome.HOLDS, Outcome.REOPENED, Outcome.CLEARED]


@pytest.mark.parametrize("state", REVIEWED)
def test_a_correction_of_the_rating_behind_a_decided_alliance_drop_is_no_new_drop(
    state: FlagState,
) -> None:
    """What was put right is another row; the session, and what was decided about it, is not."""
    before = a_flag(RuleId.ALLIANCE_DROP, state=state, session=4, reference="as-first-typed")

    put_right = a_situation(a_course([200]), alliance=an_alliance(380, 380, 380, 310))

    verdict = of_rule(evaluate(put_right, standing=[before]), RuleId.ALLIANCE_DROP)
    assert verdict.outcome is Outcome.HOLDS


@pytest.mark.parametrize("state", REVIEWED)
@pytest.mark.parametrize(
    "rule", [RuleId.OFF_TRACK, RuleId.SAWTOOTH, RuleId.NO_CONTACT], ids=lambda rule: rule.value
)
def test_a_decided_flag_stays_decided_while_its_reason_lasts(
    rule: RuleId, state: FlagState
) -> None:
    course = a_course([200, 140, 200, 140, 200, 140])
    situation = a_situation(course, curve=a_curve(), days_since_contact=40)
    assert of_rule(evaluate(situation), rule).outcome is Outcome.RAISED

    verdict = of_rule(evaluate(situation, standing=[a_flag(rule, state=state)]), rule)

    assert verdict.outcome is Outcome.HOLDS


def test_off_track_holds_between_its_limits_and_clears_below() -> None:
    flag = a_flag(RuleId.OFF_TRACK)
    curve = a_curve(kind=CurveKind.SYNTHETIC)

    def outcome(*scores: int) -> Outcome:
        situation = a_situation(a_course(scores), curve=curve)
        return of_rule(evaluate(situation, standing=[flag]), RuleId.OFF_TRACK).outcome

    assert outcome(150, 150, 150, 150, 150) is Outcome.HOLDS
    assert outcome(150, 200, 240, 260) is Outcome.CLEARED


class TestCriticalItems:
    def two_critical(self, reference: str) -> tuple[Verdict, ...]:
        critical = tuple(CriticalAnswer(item=item, answer=20, at_least=10) for item in ("q6", "q9"))
        rating = Rated(reference=reference, session=1, critical=critical)
        flag = a_flag(RuleId.CRITICAL_ITEM, state=FlagState.FOLLOWED_UP, reference="r1", item="q9")
        return evaluate(
            a_situation(a_course([200]), rating=rating),
            rules=DEFAULT_RULES[:1],
            standing=[flag],
        )

    def test_each_answer_has_a_flag_of_its_own_and_none_twice(self) -> None:
        outcomes = {verdict.item: verdict.outcome for verdict in self.two_critical("r1")}

        assert outcomes == {"q6": Outcome.RAISED, "q9": Outcome.HOLDS}

    def test_the_same_answer_at_the_next_rating_is_a_new_flag(self) -> None:
        outcomes = [verdict.outcome for verdict in self.two_critical("r2")]

        assert outcomes == [Outcome.RAISED, Outcome.RAISED]

    @pytest.mark.parametrize("state", list(FlagState))
    def test_a_later_rating_without_it_clears_no_critical_item(self, state: FlagState) -> None:
        flag = a_flag(RuleId.CRITICAL_ITEM, state=state, item="q9")
        rating = Rated(reference="r2", session=2, critical=())

        verdicts = evaluate(a_situation(a_course([200, 200]), rating=rating), standing=[flag])

        assert of_rule(verdicts, RuleId.CRITICAL_ITEM).outcome is Outcome.QUIET


def test_a_rule_that_is_left_out_is_not_looked_at() -> None:
    assert evaluate(a_situation(a_course([200, 50, 50])), rules=()) == ()


def test_two_editions_of_a_rule_at_once_are_refused() -> None:
    with pytest.raises(DuplicateRuleError, match="no_contact is given twice") as refused:
        evaluate(a_situation(a_course([200])), rules=[*DEFAULT_RULES, DEFAULT_RULES[-1]])

    assert refused.value.rule is RuleId.NO_CONTACT


def test_the_same_situation_gives_the_same_verdicts() -> None:
    situation = a_situation(a_course([150] * 7), curve=a_curve())

    assert evaluate(situation) == evaluate(situation)
