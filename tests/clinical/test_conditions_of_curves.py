"""Rules that rest on a curve, at their limits and where the curve does not hold."""

from dataclasses import replace

import pytest

from app.clinical.conditions import find
from app.clinical.curves import CurveKind
from app.clinical.flags import RuleId, Situation, WhyNot
from app.clinical.instruments import Direction
from app.clinical.situation import Firing
from app.clinical.trajectory import Outlook
from tests.clinical.made_up import a_course, a_curve, mirrored
from tests.clinical.situations import RULES, a_situation, the_finding


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
