"""A curve and the rules are judged on courses that the curve was made without."""

from dataclasses import replace

import numpy as np
import pytest

from app.clinical.ages import age_band
from app.clinical.calibration import borders_of
from app.clinical.calibration_counts import LAST_PATIENTS, Recent, Report, RuleCount
from app.clinical.calibration_figures import shown
from app.clinical.calibration_sums import Apart, By, ChanceSum, Cross, Limits, age_key
from app.clinical.curves import CurveKind, ReferenceCurve
from app.clinical.rules import RuleId
from tests.clinical.judged import (
    TRUE,
    calibrator,
    cell,
    drawn,
    drawn_counts,
    one_course,
    report_of,
    turned,
)
from tests.clinical.made_up import a_curve, four_lines


def rule(report: Report, wanted: RuleId) -> RuleCount:
    assert report.ended is not None
    (found,) = (one for one in report.ended.rules if one.rule is wanted)
    return found


class TestKnownTruth:
    @pytest.mark.parametrize("session", [2, 6, 10])
    def test_bands_cover_what_they_say_of_20_000_patients(self, session: int) -> None:
        limits = Limits(TRUE, lowest=0, highest=400)
        covered = np.zeros(3)

        for (intake, score), n in drawn_counts(patients=20_000, session=session).items():
            covered += n * np.array(limits.inside(intake=intake, session=session, score=score))

        half, drawn_band, widest = covered / 20_000
        assert drawn_band == pytest.approx(0.80, abs=0.01)
        assert widest == pytest.approx(0.95, abs=0.01)
        # A score that equals a limit is inside, which widens each band by a tenth of a point:
        # of the narrowest that is some 0.8 % of the patients.
        assert half == pytest.approx(0.508, abs=0.01)

    def test_a_true_curve_is_found_to_be_true(self) -> None:
        report = report_of(*([one] for one in drawn(patients=3000)))

        whole, line = cell(report, By.WHOLE), shown(report).line
        assert (whole.patients, whole.scores) == (3000, 15_000)
        assert whole.inside[1] / whole.scores == pytest.approx(0.80, abs=0.01)
        assert line is not None
        for figure, truth in [(line.slope, 1), (line.intercept, 0), (line.mean_error, 0)]:
            assert figure.low is not None
            assert figure.high is not None
            assert figure.low < truth < figure.high
            assert figure.high - figure.low < 1.0

    @pytest.mark.parametrize(
        ("wrong", "covered"),
        [({"sigma": 1.5}, 0.75), ({"sigma": 6.0}, 0.90), ({"time": 6.0}, 0.60)],
    )
    def test_a_wrong_curve_is_noticed(self, wrong: dict[str, float], covered: float) -> None:
        curve = replace(TRUE, parameters=replace(TRUE.parameters, **wrong))

        report = report_of(*([one] for one in drawn(patients=1000)), curve=curve)

        whole = cell(report, By.WHOLE)
        share = whole.inside[1] / whole.scores
        assert share < covered if covered < 0.8 else share > covered
        assert report.recent.holds is False

    def test_a_curve_that_promises_too_much_errs_on_the_whole(self) -> None:
        curve = replace(TRUE, parameters=replace(TRUE.parameters, time=4.0))

        line = shown(report_of(*([one] for one in drawn(patients=500)), curve=curve)).line

        assert line is not None
        assert line.mean_error.high is not None
        assert line.mean_error.high < 0

    def test_a_true_curve_still_holds_for_the_newest(self) -> None:
        report = report_of(*([one] for one in drawn(patients=1000)))

        assert report.recent.patients == LAST_PATIENTS
        assert report.recent.holds is True


class TestCoverage:
    def test_limits_count_as_inside(self) -> None:
        # At session 2 after 15: mean 15 + 2 ln 2 = 16.386, and
        # sd = sqrt(4 + 2 * 0.2 * 2 * 1.5 * 0.6931 + 2.25 * 0.4805 + 9) = 3.863, so that the
        # middle 80 % ends at 16.386 + 1.2816 * 3.863 = 21.34.
        report = report_of([one_course([150, 213])], [one_course([150, 214])])

        assert cell(report, By.WHOLE).inside == (0, 1, 2)
        assert cell(report, By.WHOLE).patients_outside == (2, 1, 0)

    def test_each_group_counts_a_patient_once(self) -> None:
        report = report_of(
            [one_course([130, 140, 150], years=17), one_course([150, 160], years=18, began=2)],
            [one_course([170, 180], years=70, language="en")],
        )

        assert cell(report, By.WHOLE).patients == 2
        assert cell(report, By.WHOLE).scores == 4
        assert cell(report, By.SESSION, "2").patients == 2
        assert cell(report, By.SESSION, "2").scores == 3
        assert [cell(report, By.START, third).scores for third in ("low", "middle", "high")] == [
            2,
            1,
            1,
        ]
        assert [cell(report, By.AGE, band).patients for band in ("13-17", "18-29", "67+")] == [
            1,
            1,
            1,
        ]
        assert cell(report, By.LANGUAGE, "en").scores == 1
        assert (report.patients, report.courses) == (2, 3)

    def test_those_whom_a_band_serves_worst_stand_apart(self) -> None:
        # Reliable change is 5 points.
        report = report_of(
            [one_course([120, 150])],
            [one_course([180, 190], has_left=True)],
            [one_course([150, 100])],
            [one_course([150, 100], is_closed=False)],
        )

        assert cell(report, By.APART, Apart.LOWEST_STARTS.value).patients == 1
        assert cell(report, By.APART, Apart.HIGHEST_STARTS.value).patients == 1
        assert cell(report, By.APART, Apart.DROPPED_OUT.value).patients == 1
        assert cell(report, By.APART, Apart.ENDED_WORSE.value).patients == 1

    def test_where_the_curve_does_not_hold_nothing_is_counted(self) -> None:
        curve = a_curve(intakes=(100, 300), sessions=(2, 3))

        report = report_of(
            [one_course([90, 100])],
            [one_course([310, 300])],
            [one_course([200, None, None, 250])],
            curve=curve,
        )

        assert (report.patients, report.courses, report.cells) == (0, 0, ())
        assert report.recent == Recent(patients=0, scores=0, inside=0, known=0)
        assert report.ended is not None
        assert report.ended.patients == 3

    def test_sessions_come_in_their_order(self) -> None:
        report = report_of([one_course([150] * 12)])

        sessions = [one.key for one in report.cells if one.by is By.SESSION]
        assert sessions == [str(k) for k in range(2, 13)]

    def test_groups_come_in_their_order(self) -> None:
        report = report_of(
            [one_course([180, 190], years=70)],
            [one_course([120, 130], years=8)],
            [one_course([150, 160], years=None)],
            [one_course([150, 160], years=15)],
        )

        told = {by: [one.key for one in report.cells if one.by is by] for by in By}
        assert told[By.START] == ["low", "middle", "high"]
        assert told[By.AGE] == ["6-12", "13-17", "67+", "unknown"]
        assert told[By.APART] == ["lowest_starts", "highest_starts"]

    @pytest.mark.parametrize(
        ("years", "band"),
        [(None, "unknown"), (5, "unknown"), (6, "6-12"), (17, "13-17"), (66, "50-66"), (67, "67+")],
    )
    def test_ages_stand_in_bands(self, years: int | None, band: str) -> None:
        assert age_key(age_band(years)) == band

    def test_thirds_and_tenths_are_those_of_the_first_scores(self) -> None:
        borders = borders_of(dict.fromkeys(range(10, 310, 10), 1))

        assert borders.thirds == (100, 200)
        assert borders.tenths == (30, 270)

    def test_without_first_scores_there_are_no_borders(self) -> None:
        with pytest.raises(ValueError, match="no first scores"):
            borders_of({})


class TestNewest:
    def recent(self, *began: int, known_from: int = 10**6) -> Recent:
        counting = calibrator()
        for at in began:
            # The older ones lie outside the band.
            scores = [150, 160] if at >= 100 else [150, 400]
            counting.add_patient([one_course(scores, began=at, is_known=at >= known_from)])
        return counting.report().recent

    def test_only_the_newest_are_looked_at_in_whatever_order_they_come(self) -> None:
        newest_first = self.recent(*range(299, -1, -1), known_from=250)

        assert newest_first == Recent(patients=200, scores=200, inside=200, known=50)
        assert newest_first == self.recent(*range(300), known_from=250)

    def test_too_few_tell_nothing(self) -> None:
        assert self.recent(*range(199)).holds is None

    @pytest.mark.parametrize(
        ("inside", "holds"), [(749, False), (750, True), (850, True), (851, False)]
    )
    def test_three_quarters_to_five_and_eighty_hold(self, inside: int, *, holds: bool) -> None:
        assert Recent(patients=200, scores=1000, inside=inside, known=0).holds is holds

    def test_a_patient_counts_with_the_newest_course(self) -> None:
        counting = calibrator()
        counting.add_patient(
            [one_course([150, 400], began=1), one_course([150, 160, 160], began=2)]
        )

        assert counting.report().recent == Recent(patients=1, scores=2, inside=2, known=0)

    def test_those_the_curve_was_made_from_are_not_tested(self) -> None:
        counting = calibrator()
        counting.add_patient([one_course([150, 160], is_tested=False)])

        report = counting.report()

        assert (report.patients, report.recent.patients) == (0, 1)
        assert report.ended is not None
        assert report.ended.patients == 0


class TestRules:
    def test_a_mark_counts_when_it_came_before_the_last_score(self) -> None:
        # Worse by 5 is reliable; by 7.5 it is marked at once.
        report = report_of(
            [one_course([200, 120, 120])],  # marked at 2, ended worse
            [one_course([200, 120, 200])],  # marked at 2, ended as it began
            [one_course([200, 200, 120])],  # marked at the last score only
            [one_course([200, 210, 250])],  # never marked, ended better
            [one_course([200, 210, 200])],  # never marked, ended as it began
            curve=a_curve(),
        )

        found = rule(report, RuleId.DETERIORATION)
        assert (found.patients, found.evaluated, found.marked, found.in_time) == (5, 5, 3, 2)
        assert found.worse == Cross(
            marked_and_so=1, marked_and_not=1, unmarked_and_so=1, unmarked_and_not=2
        )
        assert found.not_better == Cross(
            marked_and_so=2, marked_and_not=0, unmarked_and_so=2, unmarked_and_not=1
        )
        assert report.ended is not None
        assert (report.ended.worse, report.ended.not_better) == (2, 4)

    def test_those_who_left_are_counted_by_themselves_as_well(self) -> None:
        report = report_of(
            [one_course([200, 120, 120], has_left=True)],
            [one_course([200, 210, 250])],
            curve=a_curve(),
        )

        assert report.ended is not None
        assert report.left is not None
        assert (report.ended.patients, report.left.patients, report.left.worse) == (2, 1, 1)

    def test_of_several_courses_the_newest_that_is_over_counts(self) -> None:
        report = report_of(
            [
                one_course([200, 120, 120], began=1),
                one_course([200, 250], began=2),
                one_course([200, 120], began=3, is_closed=False),
            ],
            curve=a_curve(),
        )

        assert report.ended is not None
        assert (report.ended.patients, report.ended.worse) == (1, 0)

    def test_a_course_with_one_score_has_no_end(self) -> None:
        report = report_of([one_course([200])], curve=a_curve())

        assert report.ended is not None
        assert report.ended.patients == 0

    @pytest.mark.parametrize(
        ("kind", "speaks"),
        [
            (CurveKind.LOCAL, RuleId.OFF_TRACK),
            (CurveKind.SYNTHETIC, RuleId.OFF_TRACK),
            (CurveKind.GENERAL, RuleId.OFF_TRACK_BAND),
        ],
    )
    def test_the_rule_for_the_kind_of_curve_speaks(self, kind: CurveKind, speaks: RuleId) -> None:
        report = report_of([one_course([200, 60, 50, 40, 40])], curve=a_curve(kind=kind))

        silent = {RuleId.OFF_TRACK, RuleId.OFF_TRACK_BAND} - {speaks}
        assert rule(report, speaks).in_time == 1
        assert rule(report, *silent).evaluated == 0

    def test_without_a_reliable_change_nobody_ended_in_any_way(self) -> None:
        counting = calibrator(instrument=four_lines(reliable=None), curve=a_curve())
        counting.add_patient([one_course([200, 120, 120], instrument=four_lines(reliable=None))])

        report = counting.report()

        assert (report.ended, report.left) == (None, None)
        assert report.patients == 1

    def test_the_reliable_change_of_the_curve_serves(self) -> None:
        counting = calibrator(instrument=four_lines(reliable=None), curve=a_curve(reliable=60))
        counting.add_patient([one_course([200, 120], instrument=four_lines(reliable=None))])

        report = counting.report()

        assert report.ended is not None
        assert report.ended.worse == 1


class TestChances:
    def test_the_first_look_is_at_session_three_and_the_last_score_is_what_came(self) -> None:
        report = report_of(
            [one_course([150, 150, 150, 150, 250])],
            [one_course([150, 220, 250, 260])],
            curve=a_curve(),
        )

        assert report.ended is not None
        chances = report.ended.chances
        assert (chances.patients, chances.improved) == (2, 2)
        # The first stood still, the second was far ahead, at the first look.
        assert [step.patients for step in chances.steps] == [0, 0, 0, 1, 1]
        # All improved: the squared distance is that of each probability from 1.
        assert chances.squared > 0.1

    @pytest.mark.parametrize("scores", [[150, 160, 160], [150, 160], [150, None, None, 160]])
    def test_without_a_later_score_there_is_nothing_to_compare(
        self, scores: list[int | None]
    ) -> None:
        report = report_of([one_course(scores)], curve=a_curve())

        assert report.ended is not None
        assert report.ended.chances.patients == 0

    def test_the_sums_by_hand(self) -> None:
        counting = ChanceSum()
        for chance, improved in [(0.2, True), (0.9, True), (0.6, False), (1.0, True)]:
            counting.add(chance, improved=improved)

        chances = counting.as_chances()

        # Distances from what came: 0.8, 0.1, 0.6 and none.
        assert chances.squared == pytest.approx(1.01)
        assert chances.fourth == pytest.approx(0.5393)
        assert [step.patients for step in chances.steps] == [0, 1, 0, 1, 2]
        assert chances.steps[4].chance == pytest.approx(1.9)


def mirror_of(curve: ReferenceCurve) -> ReferenceCurve:
    """40 less each score: the mean falls where it rose, and the spread stays."""
    numbers = curve.parameters
    return replace(
        curve,
        lowest_intake=400 - curve.highest_intake,
        highest_intake=400 - curve.lowest_intake,
        parameters=replace(
            numbers,
            intercept=40 - numbers.intercept,
            center=40 - numbers.center,
            time=-numbers.time,
        ),
    )


def test_a_scale_turned_round_is_judged_alike() -> None:
    courses = [replace(one, is_closed=True) for one in drawn(patients=60)]
    straight = report_of(*([one] for one in courses))
    counting = calibrator(curve=mirror_of(TRUE), instrument=turned(courses[0]).course.instrument)
    for one in courses:
        counting.add_patient([turned(one)])

    mirrored = counting.report()

    assert cell(mirrored, By.WHOLE) == cell(straight, By.WHOLE)
    assert mirrored.ended is not None
    assert straight.ended is not None
    assert mirrored.ended.rules == straight.ended.rules
    assert mirrored.ended.chances.squared == pytest.approx(straight.ended.chances.squared)
