from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.curves import CurveKind, ReferenceCurve
from app.clinical.instruments import Direction
from app.clinical.trajectory import (
    Course,
    CourseOrderError,
    CurveOfAnotherInstrumentError,
    Observation,
    Position,
    WhyNoBand,
    compare,
    expectations,
)
from tests.clinical.made_up import a_course, a_curve, four_lines, mirrored


def positions(course: Course, curve: ReferenceCurve) -> list[Position | None]:
    return [point.position for point in compare(course, curve).points]


def test_without_a_curve_there_is_the_change_from_start_and_the_own_spread() -> None:
    trajectory = compare(a_course([150, 170, 160, 200]), None)

    assert trajectory.why_no_band is WhyNoBand.NO_CURVE
    assert trajectory.change == 50
    # Steps of 20, -10 and 40: standard deviation 25.166, over the root of 2.
    assert trajectory.own_spread == 18
    assert trajectory.next_score is None
    assert trajectory.outlook is None
    assert {(point.expectation, point.position) for point in trajectory.points} == {(None, None)}


def test_a_steady_rise_is_no_spread() -> None:
    assert compare(a_course([100, 130, 160, 190]), None).own_spread == 0


def test_two_scores_have_a_change_and_no_spread_yet() -> None:
    trajectory = compare(a_course([150, 170]), None)

    assert trajectory.change == 20
    assert trajectory.own_spread is None


def test_one_score_has_no_change() -> None:
    trajectory = compare(a_course([150]), None)

    assert trajectory.change is None
    assert trajectory.better_by is None


def test_a_fall_is_better_where_lower_is_better() -> None:
    course = a_course([250, 200], instrument=four_lines(direction=Direction.LOWER_IS_BETTER))

    trajectory = compare(course, None)

    assert trajectory.change == -50
    assert trajectory.better_by == 50


def test_an_episode_without_a_score_has_no_intake() -> None:
    trajectory = compare(a_course([None, None], first_session=-1), a_curve())

    assert trajectory.why_no_band is WhyNoBand.NO_INTAKE
    assert trajectory.points == ()
    assert trajectory.next_score is None
    assert trajectory.outlook is None
    assert trajectory.change is None
    assert expectations(trajectory.course, a_curve(), sessions=range(2, 5)) == ()


def test_the_band_is_drawn_from_session_2_with_its_five_lines() -> None:
    course = a_course([150])

    drawn = expectations(course, a_curve(), sessions=range(1, 15))

    assert [at.session for at in drawn] == list(range(2, 13))
    at_eight = drawn[6]
    # Mean 25.397, spread 6.858, as in the tests of the band.
    assert (at_eight.at_10, at_eight.at_25, at_eight.at_50, at_eight.at_75, at_eight.at_90) == (
        166,
        208,
        254,
        300,
        342,
    )
    assert at_eight.mean == 254


def test_at_intake_there_is_no_position_and_no_reason_either() -> None:
    trajectory = compare(a_course([150]), a_curve())

    assert trajectory.points[0].expectation is None
    assert trajectory.why_no_band is None
    assert trajectory.next_score is not None


@pytest.mark.parametrize(
    ("score", "position"),
    [
        (165, Position.WORSE_THAN_90),
        (166, Position.WORSE_THAN_75),
        (207, Position.WORSE_THAN_75),
        (208, Position.MIDDLE),
        (300, Position.MIDDLE),
        (301, Position.BETTER_THAN_75),
        (342, Position.BETTER_THAN_75),
        (343, Position.BETTER_THAN_90),
    ],
)
def test_a_score_on_a_limit_is_inside_it(score: int, position: Position) -> None:
    course = a_course([150, None, None, None, None, None, None, score])

    assert positions(course, a_curve())[-1] is position
    assert positions(mirrored(course), a_curve(direction=Direction.LOWER_IS_BETTER))[-1] is position


@given(st.lists(st.integers(0, 400), min_size=1, max_size=11), st.integers(100, 300))
def test_a_mirrored_scale_gives_mirrored_positions(scores: list[int], intake: int) -> None:
    course = a_course([intake, *scores])

    upright = compare(course, a_curve())
    turned = compare(mirrored(course), a_curve(direction=Direction.LOWER_IS_BETTER))

    assert [point.position for point in upright.points] == [
        point.position for point in turned.points
    ]
    assert upright.better_by == turned.better_by
    assert upright.own_spread == turned.own_spread


def test_an_intake_that_the_curve_does_not_cover_has_no_band() -> None:
    trajectory = compare(a_course([99, 150, 160]), a_curve(intakes=(100, 300)))

    assert trajectory.why_no_band is WhyNoBand.INTAKE_OUTSIDE
    assert [point.position for point in trajectory.points] == [None, None, None]
    assert trajectory.next_score is None
    assert trajectory.outlook is None


def test_past_the_last_session_of_the_curve_the_band_ends() -> None:
    trajectory = compare(a_course([150] * 6), a_curve(sessions=(2, 5)))

    assert trajectory.why_no_band is WhyNoBand.SESSION_OUTSIDE
    assert [point.position is None for point in trajectory.points] == [
        True,
        False,
        False,
        False,
        False,
        True,
    ]
    assert trajectory.next_score is None
    assert trajectory.outlook is None


def test_the_next_score_is_for_the_session_after_the_last_attended_one() -> None:
    trajectory = compare(a_course([150, 170, None]), a_curve())

    assert trajectory.next_score is not None
    assert trajectory.next_score.session == 4


def test_the_next_score_lies_in_the_range_where_8_in_10_of_the_like_lie() -> None:
    trajectory = compare(a_course([150]), a_curve())

    # As for a new patient at session 2: mean 15 + 5 ln 2, spread from 2, 2.5 ln 2 and 4.
    assert trajectory.next_score is not None
    assert trajectory.next_score.mean == 185
    assert (trajectory.next_score.low, trajectory.next_score.high) == (123, 246)


def test_a_next_score_never_leaves_the_scale() -> None:
    trajectory = compare(a_course([290, 400, 400, 400]), a_curve())

    assert trajectory.next_score is not None
    assert trajectory.next_score.high == 400


@pytest.mark.parametrize(("n_scores", "ahead"), [(1, 10), (7, 10), (8, 11), (9, 12), (11, 12)])
def test_the_outlook_is_to_the_horizon_and_not_beyond_the_curve(n_scores: int, ahead: int) -> None:
    trajectory = compare(a_course([150] * n_scores), a_curve(sessions=(2, 12)))

    assert trajectory.outlook is not None
    assert trajectory.outlook.session == ahead


def test_at_the_last_session_of_the_curve_there_is_nothing_to_look_out_to() -> None:
    trajectory = compare(a_course([150] * 12), a_curve(sessions=(2, 12)))

    assert trajectory.why_no_band is None
    assert trajectory.outlook is None


def test_the_outlook_gets_worse_with_each_score_that_does_not_rise() -> None:
    chances = []
    for n_scores in range(1, 7):
        outlook = compare(a_course([150] * n_scores), a_curve()).outlook
        assert outlook is not None
        assert outlook.p_improvement is not None
        chances.append(outlook.p_improvement)

    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.7
    assert chances[-1] < 0.3


def test_without_a_reliable_change_value_the_outlook_has_no_probability() -> None:
    trajectory = compare(a_course([150, 160], instrument=four_lines(reliable=None)), a_curve())

    assert trajectory.reliable_change is None
    assert trajectory.outlook is not None
    assert trajectory.outlook.p_improvement is None


def test_the_reliable_change_of_the_instrument_goes_before_that_of_the_curve() -> None:
    published = compare(a_course([150]), a_curve(reliable=62))
    from_curve = compare(
        a_course([150], instrument=four_lines(reliable=None)), a_curve(reliable=62)
    )

    assert published.reliable_change is not None
    assert published.reliable_change.value == 50
    assert from_curve.reliable_change is not None
    assert from_curve.reliable_change.value == 62


def test_scores_from_before_a_later_baseline_are_shown_and_not_counted() -> None:
    course = a_course([90, 240, 150, 170], first_session=-1)

    trajectory = compare(course, a_curve())

    assert [point.observation.session for point in trajectory.points] == [-1, 0, 1, 2]
    assert trajectory.change == 20
    assert [point.position is None for point in trajectory.points] == [True, True, True, False]


def test_an_unscored_session_counts_in_the_time_of_the_next_score() -> None:
    with_gap = compare(a_course([150, None, None, 170]), a_curve())

    assert with_gap.points[-1].observation.session == 4
    assert with_gap.points[-1].expectation is not None
    assert with_gap.points[-1].expectation.session == 4


def test_two_scores_for_one_session_are_refused() -> None:
    seen = a_course([150]).observations[0]

    with pytest.raises(CourseOrderError, match="session numbers must rise") as refused:
        Course(instrument=four_lines(), observations=(seen, seen), attended=(1,))

    assert (refused.value.earlier, refused.value.later) == (1, 1)


def test_attended_sessions_out_of_order_are_refused() -> None:
    with pytest.raises(CourseOrderError):
        Course(instrument=four_lines(), observations=(), attended=(2, 1))


def test_scores_without_a_first_session_are_not_counted() -> None:
    seen = Observation(session=2, score=150, reference="r2", weeks=1.0)

    course = Course(instrument=four_lines(), observations=(seen,), attended=())

    assert course.intake is None
    assert course.counted == ()
    assert course.latest_session == 2


def test_a_curve_of_another_instrument_is_refused() -> None:
    with pytest.raises(CurveOfAnotherInstrumentError) as refused:
        compare(a_course([150]), a_curve(instrument_key="nine-codes"))

    assert (refused.value.curve, refused.value.course) == ("nine-codes", "four-lines")


def test_scores_before_the_first_session_of_the_curve_do_not_inform_the_prediction() -> None:
    late_curve = a_curve(sessions=(4, 12))

    low_early = compare(a_course([150, 20, 20, 180]), late_curve)
    high_early = compare(a_course([150, 390, 390, 180]), late_curve)

    assert low_early.next_score == high_early.next_score
    assert low_early.points[1].expectation is None


@pytest.mark.parametrize("kind", list(CurveKind))
def test_the_kind_of_curve_changes_no_number(kind: CurveKind) -> None:
    course = a_course([150, 160, 140])

    of_kind = compare(course, a_curve(kind=kind))
    local = compare(course, a_curve())

    assert replace(of_kind, curve=None) == replace(local, curve=None)
