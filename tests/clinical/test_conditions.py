"""Each rule at its limits: just on, just off, and when it has nothing to go by."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.conditions import find
from app.clinical.curves import CurveKind, ReferenceCurve
from app.clinical.evidence import Boundary
from app.clinical.flags import (
    DEFAULT_RULES,
    AllianceRating,
    AllianceSeries,
    Rated,
    RuleId,
    Situation,
    WhyNot,
)
from app.clinical.instruments import Direction, Instrument, Purpose
from app.clinical.scoring import CriticalAnswer
from app.clinical.situation import Finding, Firing
from app.clinical.trajectory import Course, Outlook, compare
from tests.clinical.made_up import (
    a_course,
    a_curve,
    five_means,
    four_lines,
    mirrored,
    ten_short_lines,
)

RULES = {rule.id: rule for rule in DEFAULT_RULES}


def a_situation(
    course: Course,
    *,
    curve: ReferenceCurve | None = None,
    is_curve_accepted: bool = False,
    alliance: AllianceSeries | None = None,
    days_since_contact: int | None = 7,
    is_open: bool = True,
    rating: Rated | None = None,
) -> Situation:
    return Situation(
        trajectory=compare(course, curve),
        is_curve_accepted=is_curve_accepted,
        rating=rating,
        alliance=alliance,
        days_since_contact=days_since_contact,
        is_open=is_open,
    )


def the_finding(rule: RuleId, situation: Situation) -> Finding:
    (finding,) = find(situation, RULES[rule])
    return finding


def an_alliance(
    *totals: int | None, items: Sequence[Sequence[int | None]] | None = None
) -> AllianceSeries:
    """Ratings with these totals; without items, each total is spread over the four lines."""
    ratings = []
    for session, total in enumerate(totals, start=1):
        marks = [total // 4 if total is not None else None] * 4
        if items is not None:
            marks = list(items[session - 1])
        ratings.append(
            AllianceRating(
                session=session,
                reference=f"a{session}",
                total=total,
                items={f"l{place}": mark for place, mark in enumerate(marks, start=1)},
            )
        )
    return AllianceSeries(instrument=four_lines(purpose=Purpose.ALLIANCE), ratings=tuple(ratings))


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


class TestOffTrack:
    def with_p(self, p_no_improvement: float, *, kind: CurveKind = CurveKind.LOCAL) -> Situation:
        """A course of three scores for which the outlook is known."""
        situation = a_situation(a_course([150, 150, 150]), curve=a_curve(kind=kind))
        outlook = situation.trajectory.outlook
        assert outlook is not None
        known = Outlook(
            session=outlook.session,
            prediction=outlook.prediction,
            p_improvement=1 - p_no_improvement,
        )
        return replace(situation, trajectory=replace(situation.trajectory, outlook=known))

    @pytest.mark.parametrize("kind", [CurveKind.LOCAL, CurveKind.SYNTHETIC])
    @pytest.mark.parametrize(
        ("p_no_improvement", "firing"),
        [
            (0.75, Firing.ON),
            (0.6875, Firing.BETWEEN),
            (0.5, Firing.BETWEEN),
            (0.4375, Firing.OFF),
        ],
    )
    def test_on_from_seven_tenths_and_off_below_a_half(
        self, kind: CurveKind, p_no_improvement: float, firing: Firing
    ) -> None:
        finding = the_finding(RuleId.OFF_TRACK, self.with_p(p_no_improvement, kind=kind))

        assert finding.firing is firing
        assert finding.uses_curve
        assert finding.numbers["p_no_improvement"] == p_no_improvement
        assert finding.numbers["horizon"] == 10

    def test_on_at_the_limit_itself(self) -> None:
        at_limit = replace(
            RULES[RuleId.OFF_TRACK],
            parameters={"first_session": 3, "on_from": 0.75, "off_below": 0.5},
        )

        (finding,) = find(self.with_p(0.75), at_limit)

        assert finding.firing is Firing.ON

    def test_a_course_that_stands_still_gets_off_track(self) -> None:
        flat = a_situation(a_course([150] * 7), curve=a_curve())
        rising = a_situation(a_course([150, 200, 240, 260]), curve=a_curve())

        assert the_finding(RuleId.OFF_TRACK, flat).firing is Firing.ON
        assert the_finding(RuleId.OFF_TRACK, rising).firing is Firing.OFF

    def test_never_before_session_3(self) -> None:
        early = a_situation(a_course([150, 20]), curve=a_curve())
        third_session = a_situation(a_course([150, None, 20]), curve=a_curve())

        assert the_finding(RuleId.OFF_TRACK, early).why_not is WhyNot.TOO_EARLY
        assert the_finding(RuleId.OFF_TRACK, third_session).firing is Firing.ON

    @pytest.mark.parametrize("is_accepted", [True, False])
    def test_a_general_curve_never_raises_it(self, is_accepted: bool) -> None:  # noqa: FBT001 (given by pytest)
        situation = a_situation(
            a_course([150, 50, 50]),
            curve=a_curve(kind=CurveKind.GENERAL),
            is_curve_accepted=is_accepted,
        )

        assert the_finding(RuleId.OFF_TRACK, situation).why_not is WhyNot.CURVE_NOT_LOCAL

    @pytest.mark.parametrize("rule", [RuleId.OFF_TRACK, RuleId.OFF_TRACK_BAND])
    def test_where_the_curve_does_not_hold_it_says_why(self, rule: RuleId) -> None:
        curve = a_curve(intakes=(100, 300), sessions=(2, 4))
        none = a_situation(a_course([150, 50, 50]))
        nobody = a_situation(a_course([]), curve=curve)
        intake = a_situation(a_course([310, 50, 50]), curve=curve)
        session = a_situation(a_course([150, 50, 50, 50, 50]), curve=curve)

        assert the_finding(rule, none).why_not is WhyNot.NO_CURVE
        assert the_finding(rule, nobody).why_not is WhyNot.NO_SCORE
        assert the_finding(rule, intake).why_not is WhyNot.INTAKE_OUTSIDE
        assert the_finding(rule, session).why_not is WhyNot.SESSION_OUTSIDE

    def test_at_the_last_session_of_the_curve_there_is_no_outlook(self) -> None:
        situation = a_situation(a_course([150] * 4), curve=a_curve(sessions=(2, 4)))

        assert the_finding(RuleId.OFF_TRACK, situation).why_not is WhyNot.SESSION_OUTSIDE


class TestOffTrackBand:
    # New patients from 15: a tenth lie below 12.3 at session 2 and below 13.8 at session 3.

    def general(self, *scores: int | None, is_accepted: bool = True) -> Situation:
        return a_situation(
            a_course(scores),
            curve=a_curve(kind=CurveKind.GENERAL),
            is_curve_accepted=is_accepted,
        )

    @pytest.mark.parametrize(
        ("scores", "firing"),
        [
            ([150, 122, 137], Firing.ON),
            ([150, 123, 137], Firing.BETWEEN),
            ([150, 122, 138], Firing.OFF),
            ([150, 123, 138], Firing.OFF),
            ([150, 122, None, 100], Firing.ON),
        ],
    )
    def test_two_in_a_row_beyond_nine_in_ten(
        self, scores: list[int | None], firing: Firing
    ) -> None:
        assert the_finding(RuleId.OFF_TRACK_BAND, self.general(*scores)).firing is firing

    def test_where_lower_is_better_the_bad_side_is_above(self) -> None:
        course = a_course([150, 122, 137])
        turned = a_situation(
            mirrored(course),
            curve=a_curve(kind=CurveKind.GENERAL, direction=Direction.LOWER_IS_BETTER),
            is_curve_accepted=True,
        )

        finding = the_finding(RuleId.OFF_TRACK_BAND, turned)

        assert finding.firing is Firing.ON
        assert finding.numbers == {
            "in_a_row": 2,
            "score_0": 263,
            "limit_0": 262,
            "score_1": 278,
            "limit_1": 277,
        }
        assert finding.uses_curve

    def test_it_keeps_scores_and_limits_the_latest_first(self) -> None:
        finding = the_finding(RuleId.OFF_TRACK_BAND, self.general(150, 122, 137))

        assert finding.numbers == {
            "in_a_row": 2,
            "score_0": 137,
            "limit_0": 138,
            "score_1": 122,
            "limit_1": 123,
        }

    def test_the_first_score_is_not_one_of_the_two(self) -> None:
        finding = the_finding(RuleId.OFF_TRACK_BAND, self.general(150, 20))

        assert finding.why_not is WhyNot.TOO_FEW_SCORES

    def test_it_waits_for_the_site_to_accept_the_curve(self) -> None:
        finding = the_finding(RuleId.OFF_TRACK_BAND, self.general(150, 50, 50, is_accepted=False))

        assert finding.why_not is WhyNot.CURVE_NOT_ACCEPTED

    @pytest.mark.parametrize("kind", [CurveKind.LOCAL, CurveKind.SYNTHETIC])
    def test_the_own_curve_has_its_own_rule(self, kind: CurveKind) -> None:
        situation = a_situation(
            a_course([150, 50, 50]), curve=a_curve(kind=kind), is_curve_accepted=True
        )

        finding = the_finding(RuleId.OFF_TRACK_BAND, situation)

        assert finding.why_not is WhyNot.CURVE_HAS_OWN_RULE


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


class TestAllianceDrop:
    def drop(self, alliance: AllianceSeries | None) -> Finding:
        return the_finding(RuleId.ALLIANCE_DROP, a_situation(a_course([150]), alliance=alliance))

    @pytest.mark.parametrize(
        ("last", "firing"), [(340, Firing.ON), (341, Firing.OFF), (400, Firing.OFF)]
    )
    def test_a_fall_of_four_points_below_the_own_mean(self, last: int, firing: Firing) -> None:
        assert self.drop(an_alliance(380, 380, 380, last)).firing is firing

    @pytest.mark.parametrize(("last", "firing"), [(300, Firing.ON), (301, Firing.OFF)])
    def test_or_of_twice_the_own_spread_if_that_is_more(self, last: int, firing: Firing) -> None:
        # Mean 36.0 and standard deviation 3.0: the limit is 6.0 below.
        assert self.drop(an_alliance(330, 360, 390, last)).firing is firing

    def test_a_mean_between_tenths_is_not_rounded(self) -> None:
        # Mean 37.0667: the limit is 33.0667, so 33.0 is below it and 33.1 is not.
        assert self.drop(an_alliance(370, 371, 371, 330)).firing is Firing.ON
        assert self.drop(an_alliance(370, 371, 371, 331)).firing is Firing.OFF

    @pytest.mark.parametrize(("mark", "firing"), [(65, Firing.ON), (66, Firing.OFF)])
    def test_one_item_three_points_below_its_own_median(self, mark: int, firing: Firing) -> None:
        earlier = [[95, 95, 95, 95], [95, 95, 95, 95], [90, 95, 95, 95]]

        series = an_alliance(380, 380, 375, 285 + mark, items=[*earlier, [mark, 95, 95, 95]])

        assert self.drop(series).firing is firing
        assert self.drop(series).numbers["largest_item_fall"] == 95 - mark

    def test_the_median_of_an_even_number_of_marks_lies_between_them(self) -> None:
        earlier = [[90, 95, 95, 95], [91, 95, 95, 95], [92, 95, 95, 95], [93, 95, 95, 95]]
        on_it = an_alliance(375, 376, 377, 378, 346, items=[*earlier, [61, 95, 95, 95]])
        short_of_it = an_alliance(375, 376, 377, 378, 347, items=[*earlier, [62, 95, 95, 95]])

        assert self.drop(on_it).firing is Firing.ON
        assert self.drop(short_of_it).firing is Firing.OFF

    def test_an_unfinished_form_is_judged_by_the_marks_it_has(self) -> None:
        whole = [95, 95, 95, 95]
        fallen = an_alliance(380, 380, 380, None, items=[whole] * 3 + [[60, 95, None, None]])
        blank = an_alliance(380, 380, 380, None, items=[whole] * 3 + [[None] * 4])

        assert self.drop(fallen).firing is Firing.ON
        assert "total" not in self.drop(fallen).numbers
        assert self.drop(blank).why_not is WhyNot.NO_ALLIANCE

    def test_totals_typed_from_paper_without_marks_are_enough(self) -> None:
        series = an_alliance(380, 380, 380, 340, items=[[None] * 4] * 4)

        assert self.drop(series).firing is Firing.ON
        assert "largest_item_fall" not in self.drop(series).numbers

    def test_fewer_than_three_earlier_ratings_are_only_shown(self) -> None:
        assert self.drop(an_alliance(380, 380, 100)).why_not is WhyNot.TOO_FEW_ALLIANCES
        assert self.drop(an_alliance(380, 380, None, 100)).why_not is WhyNot.TOO_FEW_ALLIANCES

    def test_without_alliance_ratings_there_is_nothing_to_look_at(self) -> None:
        assert self.drop(None).why_not is WhyNot.NO_ALLIANCE
        assert self.drop(an_alliance()).why_not is WhyNot.NO_ALLIANCE

    @pytest.mark.parametrize(
        "scale", [five_means(), ten_short_lines()], ids=["another total", "other marks"]
    )
    def test_limits_for_four_lines_are_not_used_on_another_scale(self, scale: Instrument) -> None:
        series = replace(an_alliance(380, 380, 380, 100), instrument=scale)

        assert self.drop(series).why_not is WhyNot.OTHER_SCALE

    def test_it_is_about_the_latest_alliance_rating(self) -> None:
        finding = self.drop(an_alliance(380, 380, 380, 340))

        assert (finding.session, finding.reference) == (4, "a4")
        assert finding.numbers["earlier_ratings"] == 3
        assert finding.numbers["total"] == 340
        assert finding.numbers["below_mean"] == 40
        assert finding.numbers["sd"] == 0

    def test_a_high_spread_alone_is_no_drop(self) -> None:
        assert self.drop(an_alliance(100, 200, 300, 200)).firing is Firing.OFF


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


@pytest.mark.parametrize(
    ("kind", "is_accepted", "may_use"),
    [
        (CurveKind.LOCAL, False, True),
        (CurveKind.SYNTHETIC, False, True),
        (CurveKind.GENERAL, False, False),
        (CurveKind.GENERAL, True, True),
        (None, True, False),
    ],
)
def test_a_general_curve_says_more_than_a_band_only_when_accepted(
    kind: CurveKind | None,
    is_accepted: bool,  # noqa: FBT001 (given by pytest)
    may_use: bool,  # noqa: FBT001 (given by pytest)
) -> None:
    curve = a_curve(kind=kind) if kind else None

    situation = a_situation(a_course([150]), curve=curve, is_curve_accepted=is_accepted)

    assert situation.may_use_curve is may_use
