"""Each rule at its limits: just on, just off, and when it has nothing to go by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.conditions import find
from app.clinical.curves import CurveKind
from app.clinical.evidence import Boundary
from app.clinical.flags import Rated, RuleId, WhyNot
from app.clinical.scoring import CriticalAnswer
from app.clinical.situation import Firing
from tests.clinical.made_up import a_course, a_curve, four_lines, mirrored
from tests.clinical.situations import RULES, a_situation, an_alliance, the_finding


class TestCriticalItem:
    def test_each_critical_answer_is_a_finding_of_its_own(self) -> None:
        answers = (
            CriticalAnswer(item="q9", answer=10, at_least=10),
            CriticalAnswer(item="q6", answer=30, at_least=20),
        )
        rating = Rated(reference="r1", session=1, critical=answers)

        found = find(a_situation(a_course([150]), rating=rating), RULES[RuleId.CRITICAL_ITEM])

        assert [(finding.item, finding.firing) for finding in found] == [
            ("q9", Firing.ON),
            ("q6", Firing.ON),
        ]
        assert found[0].numbers == {"answer": 10, "at_least": 10}
        assert (found[0].reference, found[0].session) == ("r1", 1)

    def test_a_rating_without_critical_answers_is_quiet(self) -> None:
        rating = Rated(reference="r1", session=1, critical=())

        finding = the_finding(RuleId.CRITICAL_ITEM, a_situation(a_course([150]), rating=rating))

        assert finding.firing is Firing.OFF

    def test_without_a_rating_there_is_nothing_to_look_at(self) -> None:
        finding = the_finding(RuleId.CRITICAL_ITEM, a_situation(a_course([150])))

        assert (finding.firing, finding.why_not) == (None, WhyNot.NO_RATING)

    def test_it_is_looked_at_in_a_closed_episode_too(self) -> None:
        answer = CriticalAnswer(item="q9", answer=10, at_least=10)
        rating = Rated(reference="r1", session=1, critical=(answer,))

        finding = the_finding(
            RuleId.CRITICAL_ITEM, a_situation(a_course([150]), rating=rating, is_open=False)
        )

        assert finding.firing is Firing.ON


class TestDeterioration:
    @pytest.mark.parametrize(
        ("scores", "firing"),
        [
            ([200, 151], Firing.OFF),
            ([200, 150], Firing.BETWEEN),
            ([200, 150, 150], Firing.ON),
            ([200, 150, 151], Firing.OFF),
            ([200, 151, 150], Firing.BETWEEN),
            ([200, 126], Firing.BETWEEN),
            ([200, 125], Firing.ON),
            ([200, 260], Firing.OFF),
            ([200, 100, 100, 160], Firing.OFF),
        ],
    )
    def test_a_reliable_fall_counts_when_confirmed_or_half_as_large_again(
        self, scores: list[int], firing: Firing
    ) -> None:
        course = a_course(scores, instrument=four_lines(reliable=50))

        assert the_finding(RuleId.DETERIORATION, a_situation(course)).firing is firing
        assert the_finding(RuleId.DETERIORATION, a_situation(mirrored(course))).firing is firing

    def test_a_computed_value_must_be_passed_by_both_scores(self) -> None:
        scale = four_lines(reliable=50, boundary=Boundary.STRICT)

        on_it = a_situation(a_course([200, 150, 149], instrument=scale))
        beyond = a_situation(a_course([200, 149, 149], instrument=scale))
        at_once = a_situation(a_course([200, 125], instrument=scale))

        assert the_finding(RuleId.DETERIORATION, on_it).firing is Firing.BETWEEN
        assert the_finding(RuleId.DETERIORATION, beyond).firing is Firing.ON
        assert the_finding(RuleId.DETERIORATION, at_once).firing is Firing.BETWEEN

    def test_the_fall_is_from_the_first_score_and_not_from_the_best(self) -> None:
        situation = a_situation(a_course([200, 300, 210, 205]))

        assert the_finding(RuleId.DETERIORATION, situation).firing is Firing.OFF

    def test_it_keeps_the_numbers_it_saw(self) -> None:
        finding = the_finding(RuleId.DETERIORATION, a_situation(a_course([200, 150, 140])))

        assert finding.numbers == {
            "first": 200,
            "previous": 150,
            "last": 140,
            "worse_by": 60,
            "reliable_change": 50,
            "at_once_percent": 150,
        }
        assert (finding.session, finding.reference) == (3, "r3")

    def test_one_score_is_too_few(self) -> None:
        finding = the_finding(RuleId.DETERIORATION, a_situation(a_course([200])))

        assert finding.why_not is WhyNot.TOO_FEW_SCORES


@pytest.mark.parametrize(
    "rule", [RuleId.DETERIORATION, RuleId.NO_CHANGE, RuleId.OFF_TRACK, RuleId.SAWTOOTH]
)
def test_without_a_reliable_change_value_four_rules_are_not_evaluated(rule: RuleId) -> None:
    course = a_course([200, 100, 200, 100, 200, 100], instrument=four_lines(reliable=None))

    finding = the_finding(rule, a_situation(course, curve=a_curve()))

    assert (finding.firing, finding.why_not) == (None, WhyNot.NO_RELIABLE_CHANGE)


def test_the_curve_of_the_demonstration_brings_its_own_reliable_change() -> None:
    course = a_course([200, 139, 139], instrument=four_lines(reliable=None))
    curve = a_curve(kind=CurveKind.SYNTHETIC, reliable=60)

    finding = the_finding(RuleId.DETERIORATION, a_situation(course, curve=curve))

    assert finding.firing is Firing.ON


@pytest.mark.parametrize("rule", [rule for rule in RuleId if rule is not RuleId.CRITICAL_ITEM])
def test_a_closed_episode_gets_no_new_flags(rule: RuleId) -> None:
    course = a_course([260, 160, 260, 160, 260, 160], instrument=four_lines(cut_off=250))

    finding = the_finding(
        rule,
        a_situation(
            course,
            curve=a_curve(),
            alliance=an_alliance(380, 380, 380, 300),
            days_since_contact=90,
            is_open=False,
        ),
    )

    assert finding.firing in {None, Firing.OFF}


class TestNoChange:
    @pytest.mark.parametrize(
        ("scores", "firing"),
        [
            ([200, 200, 200, 200, 200, 249], Firing.ON),
            ([200, 200, 200, 200, 200, 250], Firing.OFF),
            ([200, 200, 200, 200, 200, 151], Firing.ON),
            ([200, 200, 200, 200, 200, 150], Firing.OFF),
            ([200, None, None, None, None, None, None, 210], Firing.ON),
            ([200, 290, 200, 200, 200, 210], Firing.ON),
        ],
    )
    def test_less_than_a_reliable_change_at_the_first_score_from_session_6(
        self, scores: list[int | None], firing: Firing
    ) -> None:
        course = a_course(scores)

        assert the_finding(RuleId.NO_CHANGE, a_situation(course)).firing is firing
        assert the_finding(RuleId.NO_CHANGE, a_situation(mirrored(course))).firing is firing

    def test_session_5_is_too_early(self) -> None:
        situation = a_situation(a_course([200] * 5))

        assert the_finding(RuleId.NO_CHANGE, situation).why_not is WhyNot.TOO_EARLY

    def test_a_change_after_the_look_ends_it_until_the_second_look(self) -> None:
        after_first_look = a_course([200] * 6 + [260, 200, 200, 200, 200])
        at_second_look = a_course([200] * 6 + [260, 200, 200, 200, 200, 200])

        first = the_finding(RuleId.NO_CHANGE, a_situation(after_first_look))
        second = the_finding(RuleId.NO_CHANGE, a_situation(at_second_look))

        assert (first.firing, first.numbers["look"]) == (Firing.OFF, 6)
        assert (second.firing, second.numbers["look"]) == (Firing.ON, 12)

    def test_a_course_read_in_later_is_judged_as_one_that_was_followed(self) -> None:
        finding = the_finding(RuleId.NO_CHANGE, a_situation(a_course([200] * 9)))

        assert finding.firing is Firing.ON
        assert finding.numbers == {
            "look": 6,
            "first": 200,
            "last": 200,
            "largest_change": 0,
            "reliable_change": 50,
        }

    def test_an_episode_without_a_score_is_not_looked_at(self) -> None:
        finding = the_finding(RuleId.NO_CHANGE, a_situation(a_course([])))

        assert finding.why_not is WhyNot.NO_SCORE


class TestAboveCutoffStart:
    @pytest.mark.parametrize(
        ("boundary", "first", "firing"),
        [
            (Boundary.INCLUSIVE, 251, Firing.ON),
            (Boundary.INCLUSIVE, 250, Firing.OFF),
            (Boundary.STRICT, 251, Firing.ON),
            (Boundary.STRICT, 250, Firing.OFF),
        ],
    )
    def test_only_a_first_score_on_the_ordinary_side(
        self, boundary: Boundary, first: int, firing: Firing
    ) -> None:
        course = a_course([first, 100], instrument=four_lines(cut_off=250, boundary=boundary))

        finding = the_finding(RuleId.ABOVE_CUTOFF_START, a_situation(course))

        assert finding.firing is firing
        assert finding.numbers == {"first": first, "cut_off": 250}
        assert (finding.session, finding.reference) == (1, "r1")

    def test_without_a_cut_off_or_a_score_it_is_not_evaluated(self) -> None:
        no_score = a_situation(a_course([], instrument=four_lines(cut_off=250)))
        no_cut_off = a_situation(a_course([390]))

        assert the_finding(RuleId.ABOVE_CUTOFF_START, no_score).why_not is WhyNot.NO_SCORE
        assert the_finding(RuleId.ABOVE_CUTOFF_START, no_cut_off).why_not is WhyNot.NO_CUT_OFF


class TestSawtooth:
    @pytest.mark.parametrize(
        ("scores", "swings"),
        [
            ([200, 250, 200, 250, 200], 4),
            ([200, 250, 200, 250, 201], 3),
            ([200, 249, 200, 249, 200], 0),
            ([100, 150, 200, 250, 300, 350], 1),
            ([200, 230, 260, 230, 200, 230, 260, 230, 200], 4),
            ([200, 150, 200, 150, 200], 4),
            ([200, 200, 200, 200, 200], 0),
            # The small dip to 160 is not the bottom that the last rise is measured from.
            ([150, 200, 160, 230, 180, 215], 2),
            ([250, 200, 240, 170, 220, 185], 2),
        ],
    )
    def test_swings_are_moves_of_a_reliable_change_against_the_one_before(
        self, scores: list[int], swings: int
    ) -> None:
        finding = the_finding(RuleId.SAWTOOTH, a_situation(a_course(scores)))

        assert finding.numbers["swings"] == swings
        assert finding.firing is (Firing.ON if swings == 4 else Firing.OFF)

    @given(st.lists(st.integers(0, 400), min_size=5, max_size=12))
    def test_a_mirrored_scale_swings_as_often(self, scores: list[int]) -> None:
        course = a_course(scores)

        upright = the_finding(RuleId.SAWTOOTH, a_situation(course))
        turned = the_finding(RuleId.SAWTOOTH, a_situation(mirrored(course)))

        assert upright.numbers == turned.numbers

    def test_four_scores_are_too_few(self) -> None:
        finding = the_finding(RuleId.SAWTOOTH, a_situation(a_course([200, 250, 200, 250])))

        assert finding.why_not is WhyNot.TOO_FEW_SCORES


class TestMissing:
    @pytest.mark.parametrize(
        ("scores", "firing"),
        [
            ([150, None, None], Firing.ON),
            ([150, None], Firing.OFF),
            ([150, None, 160, None], Firing.OFF),
            ([150, None, None, 160], Firing.OFF),
        ],
    )
    def test_two_attended_sessions_in_a_row_without_a_score(
        self, scores: list[int | None], firing: Firing
    ) -> None:
        assert the_finding(RuleId.MISSING, a_situation(a_course(scores))).firing is firing

    def test_it_is_raised_before_there_is_any_score(self) -> None:
        course = a_course([None, None], first_session=-1)

        finding = the_finding(RuleId.MISSING, a_situation(course))

        assert (finding.firing, finding.session) == (Firing.ON, 0)

    def test_one_session_is_too_few(self) -> None:
        finding = the_finding(RuleId.MISSING, a_situation(a_course([None], first_session=0)))

        assert finding.why_not is WhyNot.TOO_FEW_SESSIONS


class TestNoContact:
    @pytest.mark.parametrize(("days", "firing"), [(28, Firing.ON), (27, Firing.OFF)])
    def test_four_weeks_without_a_session(self, days: int, firing: Firing) -> None:
        situation = a_situation(a_course([150]), days_since_contact=days)

        assert the_finding(RuleId.NO_CONTACT, situation).firing is firing

    def test_in_a_closed_episode_it_is_over(self) -> None:
        situation = a_situation(a_course([150]), days_since_contact=90, is_open=False)

        assert the_finding(RuleId.NO_CONTACT, situation).firing is Firing.OFF

    def test_without_a_day_to_count_from_it_is_not_evaluated(self) -> None:
        situation = a_situation(a_course([150]), days_since_contact=None)

        assert the_finding(RuleId.NO_CONTACT, situation).why_not is WhyNot.NO_SESSION
