import pytest

from app.clinical.curves import CurveKind, ReferenceCurve
from app.clinical.flags import FlagState, Level, RuleId, StandingFlag
from app.clinical.instruments import Direction
from app.clinical.overview import (
    Shape,
    Status,
    Summary,
    SummaryKey,
    Talk,
    TalkPoint,
    shape_of,
    status_of,
    summarize,
    summarize_together,
)
from app.clinical.trajectory import Course, Trajectory, compare
from tests.clinical.made_up import a_course, a_curve, four_lines, mirrored
from tests.clinical.test_flags import a_flag


def status(
    course: Course,
    *flags: StandingFlag,
    curve: ReferenceCurve | None = None,
    may_use_curve: bool = True,
) -> Status:
    return status_of(compare(course, curve), standing=flags, may_use_curve=may_use_curve)


def summary(trajectory: Trajectory, *flags: StandingFlag, may_use_curve: bool = True) -> Summary:
    return summarize(trajectory, standing=flags, may_use_curve=may_use_curve)


def shape(*scores: int, reliable: int | None = 50) -> Shape:
    """The shape of a course, the same upright and turned round."""
    course = a_course(scores, instrument=four_lines(reliable=reliable))
    upright = shape_of(compare(course, None))
    turned = shape_of(compare(mirrored(course), None))
    assert upright == turned
    return upright.shape


class TestStatus:
    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            (RuleId.CRITICAL_ITEM, Status.LOOK),
            (RuleId.DETERIORATION, Status.LOOK),
            (RuleId.OFF_TRACK, Status.LOOK),
            (RuleId.OFF_TRACK_BAND, Status.LOOK),
            (RuleId.NO_CHANGE, Status.WATCH),
            (RuleId.ALLIANCE_DROP, Status.WATCH),
            (RuleId.MISSING, Status.STALE),
            (RuleId.NO_CONTACT, Status.STALE),
            (RuleId.SAWTOOTH, Status.EXPECTED),
            (RuleId.ABOVE_CUTOFF_START, Status.EXPECTED),
        ],
    )
    def test_a_flag_gives_its_group(self, rule: RuleId, expected: Status) -> None:
        course = a_course([150, 180, 200])

        assert status(course, a_flag(rule), curve=a_curve()) is expected

    def test_the_most_pressing_flag_decides(self) -> None:
        course = a_course([150])
        flags = [a_flag(RuleId.NO_CONTACT), a_flag(RuleId.NO_CHANGE), a_flag(RuleId.OFF_TRACK)]

        assert status(course, *flags) is Status.LOOK
        assert status(course, *flags[:2]) is Status.WATCH
        assert status(course, *flags[:1]) is Status.STALE

    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            (FlagState.OPEN, Status.LOOK),
            (FlagState.TAKEN, Status.LOOK),
            (FlagState.DECIDED, Status.LOOK),
            (FlagState.FOLLOWED_UP, Status.EXPECTED),
            (FlagState.CLEARED, Status.EXPECTED),
        ],
    )
    def test_a_decided_flag_keeps_its_group_until_it_is_followed_up(
        self, state: FlagState, expected: Status
    ) -> None:
        flag = a_flag(RuleId.CRITICAL_ITEM, state=state)

        assert status(a_course([150, 180, 200]), flag, curve=a_curve()) is expected

    @pytest.mark.parametrize("scores", [[], [150], [150, 20]])
    def test_before_three_answers_it_is_too_early(self, scores: list[int]) -> None:
        assert status(a_course(scores), curve=a_curve()) is Status.EARLY

    @pytest.mark.parametrize(
        ("last", "expected"),
        [
            (137, Status.WATCH),
            (138, Status.EXPECTED),
            (272, Status.EXPECTED),
            (273, Status.BETTER),
        ],
    )
    def test_the_latest_score_beside_the_band(self, last: int, expected: Status) -> None:
        # New patients from 15: at session 3 a tenth lie below 13.8, a tenth above 27.2.
        assert status(a_course([150, 180, last]), curve=a_curve()) is expected

    def test_without_a_curve_that_may_be_used_nothing_is_said_of_what_is_expected(self) -> None:
        course = a_course([150, 180, 20])

        assert status(course) is Status.UNCOMPARED
        assert status(course, curve=a_curve(intakes=(200, 300))) is Status.UNCOMPARED
        assert (
            status(course, curve=a_curve(kind=CurveKind.GENERAL), may_use_curve=False)
            is Status.UNCOMPARED
        )


class TestShape:
    @pytest.mark.parametrize("scores", [(), (150,), (150, 390)])
    def test_no_trend_before_three_answers(self, scores: tuple[int, ...]) -> None:
        assert shape(*scores) is Shape.EARLY

    @pytest.mark.parametrize(
        ("scores", "expected"),
        [
            ((150, 150, 200), Shape.UP),
            ((150, 150, 199), Shape.FLAT),
            ((150, 150, 100), Shape.DOWN),
            ((150, 150, 101), Shape.FLAT),
            ((150, 230, 205), Shape.UP_DOWN),
            ((150, 230, 206), Shape.UP),
            ((150, 200, 175), Shape.UP_DOWN),
            ((150, 200, 176), Shape.FLAT),
            ((150, 199, 150), Shape.FLAT),
            ((150, 230, 100), Shape.DOWN),
        ],
    )
    def test_a_change_counts_from_the_reliable_change_on(
        self, scores: tuple[int, ...], expected: Shape
    ) -> None:
        assert shape(*scores) is expected

    @pytest.mark.parametrize(
        ("scores", "expected"),
        [
            # Steps of 20 and 20 have no spread: a tenth of the scale is asked for.
            ((150, 170, 190), Shape.UP),
            ((150, 170, 189), Shape.FLAT),
            # Steps of 60 and -10: own spread 35, and 97 would be needed.
            ((150, 210, 200), Shape.FLAT),
        ],
    )
    def test_without_a_reliable_change_the_own_spread_decides(
        self, scores: tuple[int, ...], expected: Shape
    ) -> None:
        assert shape(*scores, reliable=None) is expected

    def test_it_names_the_best_and_the_latest_session(self) -> None:
        found = shape_of(compare(a_course([150, 260, None, 200]), None))

        assert found.shape is Shape.UP_DOWN
        assert (found.best_session, found.latest_session) == (2, 4)
        assert (found.better_by, found.below_best, found.scores) == (50, 60, 3)


class TestSummary:
    def test_the_top_flag_gives_the_sentence_with_its_numbers(self) -> None:
        trajectory = compare(a_course([150, 100, 100]), None)
        flags = [
            a_flag(RuleId.NO_CHANGE),
            a_flag(RuleId.DETERIORATION, numbers={"worse_by": 50}),
        ]

        found = summary(trajectory, *flags)

        assert found.key is SummaryKey.DETERIORATION
        assert found.numbers == {"worse_by": 50}

    def test_a_flag_not_yet_reviewed_goes_before_one_that_is(self) -> None:
        trajectory = compare(a_course([150, 100, 100]), None)
        decided = a_flag(RuleId.DETERIORATION, state=FlagState.DECIDED)

        assert summary(trajectory, decided).key is SummaryKey.DETERIORATION
        assert summary(trajectory, decided, a_flag(RuleId.OFF_TRACK)).key is SummaryKey.OFF_TRACK
        assert (
            summary(trajectory, decided, a_flag(RuleId.CRITICAL_ITEM)).key
            is SummaryKey.CRITICAL_ITEM
        )

    def test_a_note_does_not_take_the_place_of_the_course(self) -> None:
        trajectory = compare(a_course([150, 180, 220]), None)

        assert summary(trajectory, a_flag(RuleId.SAWTOOTH)).key is SummaryKey.UP
        assert summary(trajectory, a_flag(RuleId.MISSING)).key is SummaryKey.MISSING

    @pytest.mark.parametrize("rule", list(RuleId))
    @pytest.mark.parametrize("level", [Level.IMMEDIATE, Level.REVIEW, Level.DISCUSS])
    def test_every_rule_has_a_sentence_at_whatever_level_a_site_gives_it(
        self, rule: RuleId, level: Level
    ) -> None:
        flag = StandingFlag(
            rule=rule,
            level=level,
            state=FlagState.OPEN,
            session=1,
            reference=None,
            item=None,
            numbers={},
        )

        assert summary(compare(a_course([150]), None), flag).key.value == rule.value

    def test_a_single_score_below_the_band_is_said_once_there_are_three(self) -> None:
        third = compare(a_course([150, 180, 137]), a_curve())
        second = compare(a_course([150, 20]), a_curve())

        assert summary(third).key is SummaryKey.BELOW_ONCE
        assert summary(third, may_use_curve=False).key is SummaryKey.FLAT
        assert summary(second).key is SummaryKey.EARLY

    @pytest.mark.parametrize(
        ("scores", "key"),
        [
            ([150], SummaryKey.EARLY),
            ([150, 150, 200], SummaryKey.UP),
            ([150, 230, 200], SummaryKey.UP_DOWN),
            ([150, 150, 150], SummaryKey.FLAT),
            ([150, 150, 90], SummaryKey.DOWN),
        ],
    )
    def test_else_the_shape_of_the_course(self, scores: list[int], key: SummaryKey) -> None:
        assert summary(compare(a_course(scores), None)).key is key

    def test_its_numbers_leave_out_what_there_is_not(self) -> None:
        assert summary(compare(a_course([]), None)).numbers == {"scores": 0, "below_best": 0}
        assert summary(compare(a_course([150, 230, 200]), None)).numbers == {
            "scores": 3,
            "below_best": 30,
            "better_by": 50,
            "best_session": 2,
            "latest_session": 3,
        }


class TestTogether:
    def talk(self, scores: list[int], *rules: RuleId) -> list[Talk]:
        trajectory = compare(a_course(scores), None)
        found = summarize_together(trajectory, standing=[a_flag(rule) for rule in rules])
        return [point.talk for point in found.talk]

    def test_what_went_well_and_what_was_heavier_is_something_to_talk_about(self) -> None:
        assert self.talk([150, 150, 200]) == [Talk.UP]
        assert self.talk([150, 150, 100]) == [Talk.LOW]

    def test_a_dip_is_talked_about_only_with_a_flag_about_it(self) -> None:
        dip = [150, 230, 200]

        assert self.talk(dip) == []
        assert self.talk(dip, RuleId.NO_CHANGE) == []
        assert self.talk(dip, RuleId.OFF_TRACK) == [Talk.LOW]

    def test_little_change_is_talked_about_only_with_a_flag_about_it(self) -> None:
        flat = [150, 150, 150]

        assert self.talk(flat) == []
        assert self.talk(flat, RuleId.NO_CHANGE) == [Talk.FLAT]
        assert self.talk(flat, RuleId.OFF_TRACK_BAND) == [Talk.FLAT]

    def test_a_flag_never_says_what_the_course_does_not_show(self) -> None:
        assert self.talk([150, 200, 240], RuleId.OFF_TRACK) == [Talk.UP]

    def test_a_critical_item_is_never_on_the_shared_page(self) -> None:
        assert self.talk([150, 150, 150], RuleId.CRITICAL_ITEM) == []

    def test_too_early_there_is_nothing_but_the_alliance(self) -> None:
        assert self.talk([150, 20], RuleId.OFF_TRACK) == []
        assert self.talk([150, 20], RuleId.ALLIANCE_DROP) == [Talk.ALLIANCE]

    def test_points_name_the_session_they_are_about(self) -> None:
        trajectory = compare(a_course([150, 180, None, 220]), None)
        drop = StandingFlag(
            rule=RuleId.ALLIANCE_DROP,
            level=Level.DISCUSS,
            state=FlagState.DECIDED,
            session=3,
            reference="a3",
            item=None,
            numbers={},
        )

        found = summarize_together(trajectory, standing=[drop])

        assert found.course.shape is Shape.UP
        assert found.talk == (
            TalkPoint(talk=Talk.UP, session=4),
            TalkPoint(talk=Talk.ALLIANCE, session=3),
        )

    def test_a_flag_that_is_over_is_not_talked_about(self) -> None:
        trajectory = compare(a_course([150, 150, 150]), None)
        over = a_flag(RuleId.NO_CHANGE, state=FlagState.FOLLOWED_UP)

        assert summarize_together(trajectory, standing=[over]).talk == ()


def test_where_lower_is_better_a_fall_is_up() -> None:
    course = a_course([250, 250, 190], instrument=four_lines(direction=Direction.LOWER_IS_BETTER))

    assert shape_of(compare(course, None)).shape is Shape.UP
