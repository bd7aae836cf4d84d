"""What a calibration may show: each figure with n and interval, and nothing about too few."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.calibration_counts import Judged, Recent, Report, RuleCount
from app.clinical.calibration_figures import ReportShown, shown
from app.clinical.calibration_hiding import FEWEST_PATIENTS, may_share, with_partners
from app.clinical.calibration_sums import (
    By,
    Cell,
    Chances,
    ChanceSum,
    Cross,
    Line,
    LineSum,
    Step,
)
from app.clinical.figures import Figure
from app.clinical.rules import RuleId

NO_CHANCES = ChanceSum().as_chances()
ENOUGH = Cross(marked_and_so=12, marked_and_not=8, unmarked_and_so=6, unmarked_and_not=34)
FEWER_WORSE = Cross(marked_and_so=6, marked_and_not=14, unmarked_and_so=0, unmarked_and_not=40)


def a_cell(
    by: By, key: str, *, patients: int, outside: Sequence[int] = (10, 6, 5), n: int = 3
) -> Cell:
    """A cell in which each patient has n scores, and so many patients one score outside."""
    half, drawn, widest = outside
    return Cell(
        by=by,
        key=key,
        patients=patients,
        scores=n * patients,
        inside=(n * patients - half, n * patients - drawn, n * patients - widest),
        patients_inside=(patients, patients, patients),
        patients_outside=(half, drawn, widest),
    )


def a_rule(
    *, not_better: Cross = ENOUGH, worse: Cross = FEWER_WORSE, marked: int = 20, in_time: int = 20
) -> RuleCount:
    return RuleCount(
        rule=RuleId.OFF_TRACK,
        rule_version=1,
        patients=60,
        evaluated=58,
        marked=marked,
        in_time=in_time,
        worse=worse,
        not_better=not_better,
    )


def judged(*rules: RuleCount, patients: int = 60, chances: Chances = NO_CHANCES) -> Judged:
    return Judged(patients=patients, worse=6, not_better=18, chances=chances, rules=rules)


def a_report(
    *cells: Cell,
    ended: Judged | None = None,
    left: Judged | None = None,
    line: Line | None = None,
    recent: Recent | None = None,
) -> Report:
    return Report(
        patients=100,
        courses=120,
        cells=cells,
        line=line or LineSum().as_line(),
        ended=ended,
        left=left,
        recent=recent or Recent(patients=0, scores=0, inside=0, known=0),
    )


def value(figure: Figure | None) -> float | None:
    return None if figure is None else figure.value


def shares(report: ReportShown, by: By) -> list[tuple[float | None, ...]]:
    return [tuple(value(one) for one in cell.inside) for cell in report.cells if cell.by is by]


class TestHiding:
    @pytest.mark.parametrize(
        ("count", "n", "may"),
        [(5, 10, True), (4, 10, False), (6, 10, False), (5, 9, False), (0, 50, False)],
    )
    def test_a_share_needs_enough_on_both_sides(self, count: int, n: int, *, may: bool) -> None:
        assert may_share(count, n) is may

    def test_nothing_hides_without_a_reason(self) -> None:
        assert with_partners([[10], [20]], set()) == set()

    def test_one_alone_takes_the_smallest_with_it(self) -> None:
        assert with_partners([[3], [40], [12]], {0}) == {0, 2}

    def test_two_that_are_too_few_together_take_a_third(self) -> None:
        assert with_partners([[1], [2], [40], [12]], {0, 1}) == {0, 1, 3}

    def test_two_that_are_enough_together_are_left_alone(self) -> None:
        assert with_partners([[3], [2], [40]], {0, 1}) == {0, 1}

    @given(
        st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=8),
    )
    def test_what_hides_is_never_one_alone_nor_too_few(self, pairs: list[tuple[int, int]]) -> None:
        small = {place for place, pair in enumerate(pairs) if min(pair) < FEWEST_PATIENTS}

        hidden = with_partners(pairs, small)

        assert small <= hidden
        if hidden and len(hidden) < len(pairs):
            assert len(hidden) > 1
            for kind in range(2):
                assert sum(pairs[place][kind] for place in hidden) >= FEWEST_PATIENTS
        if not small:
            assert not hidden


class TestCoverage:
    def test_a_share_of_scores_with_wilsons_interval(self) -> None:
        report = shown(a_report(a_cell(By.WHOLE, "all", patients=20, n=1, outside=(10, 6, 5))))

        (cell,) = report.cells
        half, drawn, widest = cell.inside
        assert (cell.patients, cell.scores) == (20, 20)
        assert half is not None
        # Wilson for 10 of 20: 0.2993 to 0.7007.
        assert (half.value, half.n) == (0.5, 20)
        assert (half.low, half.high) == pytest.approx((0.2993, 0.7007), abs=1e-4)
        assert (value(drawn), value(widest)) == (0.7, 0.75)

    def test_where_too_few_are_outside_only_that_band_is_left_out(self) -> None:
        report = shown(a_report(a_cell(By.WHOLE, "all", patients=20, outside=(10, 6, 4))))

        assert [tuple(one is None for one in cell.inside) for cell in report.cells] == [
            (False, False, True)
        ]

    def test_a_small_group_hides_and_the_smallest_other_with_it(self) -> None:
        groups = [("nb", 80), ("nn", 12), ("en", 3)]

        report = shown(a_report(*(a_cell(By.LANGUAGE, key, patients=n) for key, n in groups)))

        assert [cell.patients for cell in report.cells] == [80, None, None]
        assert [cell.scores for cell in report.cells] == [240, None, None]
        first, *hidden = shares(report, By.LANGUAGE)
        assert None not in first
        assert hidden == [(None, None, None)] * 2

    def test_a_group_apart_hides_when_everybody_else_is_too_few(self) -> None:
        whole = a_cell(By.WHOLE, "all", patients=40, outside=(30, 20, 12))
        most = a_cell(By.APART, "dropped_out", patients=36, outside=(22, 14, 6))
        some = a_cell(By.APART, "ended_worse", patients=12, outside=(10, 7, 6))

        report = shown(a_report(whole, most, some))

        # Of the rest, 4 patients are left beside the first group.
        by_key = {cell.key: cell for cell in report.cells}
        assert by_key["dropped_out"].patients is None
        assert by_key["dropped_out"].inside == (None, None, None)
        assert by_key["ended_worse"].patients == 12
        assert value(by_key["ended_worse"].inside[1]) == pytest.approx(29 / 36)

    @given(
        st.lists(
            st.tuples(st.integers(0, 40), st.integers(0, 40)).filter(
                lambda pair: pair[1] <= pair[0]
            ),
            min_size=1,
            max_size=6,
        )
    )
    def test_no_small_group_can_be_had_by_subtraction(self, sizes: list[tuple[int, int]]) -> None:
        cells = [
            a_cell(By.AGE, str(at), patients=n, outside=(out, out, out))
            for at, (n, out) in enumerate(sizes)
            if n
        ]

        report = shown(a_report(*cells))

        for kind in ("patients", "outside"):
            hidden = [
                cell.patients if kind == "patients" else cell.patients_outside[1]
                for cell, seen in zip(cells, report.cells, strict=True)
                if (seen.patients if kind == "patients" else seen.inside[1]) is None
            ]
            if hidden and len(hidden) < len(cells):
                assert len(hidden) > 1
                assert sum(hidden) >= FEWEST_PATIENTS


class TestLine:
    def test_the_straight_line_by_hand(self) -> None:
        # Ten patients: predicted 1, 2, 3 and so on, observed 2 m - 1 and one point off in turn.
        sums = LineSum()
        for m in range(1, 11):
            sums.add_patient([(float(m), 2.0 * m - 1 + (1 if m % 2 else -1))])

        line = shown(a_report(line=sums.as_line())).line

        # Sum of (m - 5.5)(off) is -5, of (m - 5.5)^2 is 82.5: the slope is 2 - 5 / 82.5.
        assert line is not None
        assert line.slope.value == pytest.approx(2 - 5 / 82.5)
        assert line.intercept.value == pytest.approx(10 - (2 - 5 / 82.5) * 5.5)
        assert line.mean_error.value == pytest.approx(4.5)
        # Residual sum of squares 10 - 25 / 82.5, 8 degrees of freedom, t = 2.306.
        se = ((10 - 25 / 82.5) / 8 / 82.5) ** 0.5
        assert line.slope.high == pytest.approx(2 - 5 / 82.5 + 2.306 * se, abs=1e-3)
        assert line.slope.n == 10

    def test_too_few_patients_have_no_line(self) -> None:
        sums = LineSum()
        for m in range(9):
            sums.add_patient([(float(m), float(m)), (m + 0.5, float(m))])
        sums.add_patient([])

        assert sums.patients == 9
        assert shown(a_report(line=sums.as_line())).line is None

    def test_predictions_that_are_all_alike_have_no_line(self) -> None:
        sums = LineSum()
        for _ in range(12):
            sums.add_patient([(15.0, 14.0)])

        assert shown(a_report(line=sums.as_line())).line is None


class TestRules:
    def rule(self, one: RuleCount, *, left: RuleCount | None = None) -> object:
        report = shown(
            a_report(ended=judged(one), left=judged(left, patients=60) if left else None)
        )
        assert report.ended is not None
        (found,) = report.ended.rules
        return found

    def test_sensitivity_specificity_and_predictive_value_by_hand(self) -> None:
        report = shown(a_report(ended=judged(a_rule())))

        assert report.ended is not None
        (found,) = report.ended.rules
        assert found.was_evaluated
        assert value(found.ever_marked) == pytest.approx(20 / 60)
        assert found.not_better is not None
        assert found.not_better.sensitivity.value == pytest.approx(12 / 18)
        assert found.not_better.sensitivity.n == 18
        assert found.not_better.specificity.value == pytest.approx(34 / 42)
        assert found.not_better.specificity.n == 42
        assert found.not_better.predictive_value.value == pytest.approx(12 / 20)
        assert found.not_better.predictive_value.low == pytest.approx(0.3866, abs=1e-4)

    def test_a_table_with_a_small_count_is_left_out_as_a_whole(self) -> None:
        report = shown(a_report(ended=judged(a_rule())))

        # Nobody who ended worse was without a mark: 0 tells of everybody.
        assert report.ended is not None
        assert report.ended.rules[0].worse is None

    def test_two_tables_that_would_show_a_third_are_not_both_shown(self) -> None:
        worse = Cross(marked_and_so=9, marked_and_not=11, unmarked_and_so=5, unmarked_and_not=35)

        report = shown(a_report(ended=judged(a_rule(worse=worse))))

        # 12 - 9 marked patients neither improved nor worsened.
        assert report.ended is not None
        assert report.ended.rules[0].not_better is not None
        assert report.ended.rules[0].worse is None

    def test_both_tables_are_shown_where_the_third_is_large_enough(self) -> None:
        worse = Cross(marked_and_so=6, marked_and_not=14, unmarked_and_so=5, unmarked_and_not=35)
        wider = Cross(marked_and_so=12, marked_and_not=8, unmarked_and_so=12, unmarked_and_not=28)

        report = shown(a_report(ended=judged(a_rule(worse=worse, not_better=wider))))

        assert report.ended is not None
        assert report.ended.rules[0].worse is not None
        assert report.ended.rules[0].not_better is not None

    @pytest.mark.parametrize(("late", "is_shown"), [(0, True), (3, False), (5, True)])
    def test_a_few_who_were_marked_too_late_hide_the_tables(
        self, late: int, *, is_shown: bool
    ) -> None:
        report = shown(a_report(ended=judged(a_rule(marked=20 + late))))

        assert report.ended is not None
        assert (report.ended.rules[0].not_better is not None) is is_shown
        assert report.ended.rules[0].ever_marked is not None

    def test_a_rule_that_hardly_ever_marks_is_not_counted_out(self) -> None:
        nobody = Cross(marked_and_so=0, marked_and_not=0, unmarked_and_so=20, unmarked_and_not=40)

        report = shown(
            a_report(ended=judged(a_rule(marked=0, in_time=0, worse=nobody, not_better=nobody)))
        )

        assert report.ended is not None
        assert report.ended.rules[0].ever_marked is None

    def test_those_who_left_are_not_shown_where_the_others_would_be_too_few(self) -> None:
        part = Cross(marked_and_so=11, marked_and_not=7, unmarked_and_so=5, unmarked_and_not=30)
        some = RuleCount(
            rule=RuleId.OFF_TRACK, rule_version=1, patients=53, evaluated=53, marked=18,
            in_time=18, worse=FEWER_WORSE, not_better=part,
        )  # fmt: skip
        left = Judged(patients=53, worse=5, not_better=16, chances=NO_CHANCES, rules=(some,))

        report = shown(a_report(ended=judged(a_rule()), left=left))

        assert report.left is not None
        assert report.left.patients == 53
        assert (report.left.worse, report.left.not_better) == (None, None)
        assert report.left.rules[0].ever_marked is None
        assert report.left.rules[0].not_better is None


class TestChances:
    def chances(self, *steps: tuple[int, int]) -> Chances:
        """Steps of (patients, improved), with the middle of each step as probability."""
        found = [
            Step(at / 5, (at + 1) / 5, n, n * (at / 5 + 0.1), improved)
            for at, (n, improved) in enumerate(steps)
        ]
        squared = sum(
            step.improved * (1 - at / 5 - 0.1) ** 2
            + (step.patients - step.improved) * (at / 5 + 0.1) ** 2
            for at, step in enumerate(found)
        )
        return Chances(steps=tuple(found), squared=squared, fourth=squared**2)

    def test_the_score_of_always_saying_the_same_stands_beside(self) -> None:
        report = shown(
            a_report(
                ended=judged(chances=self.chances((0, 0), (20, 6), (20, 10), (20, 14), (0, 0)))
            )
        )

        assert report.ended is not None
        assert report.ended.chances is not None
        found = report.ended.chances
        # 6 * .49 + 14 * .09, 20 * .25, and 14 * .09 + 6 * .49 over 60 patients.
        assert found.brier.value == pytest.approx((4.2 + 5.0 + 4.2) / 60)
        assert found.brier.n == 60
        assert found.always_same == pytest.approx(0.25)
        assert [(step.low, value(step.improved)) for step in found.steps] == [
            (0.2, 0.3),
            (0.4, 0.5),
            (0.6, 0.7),
        ]
        assert found.steps[0].chance == pytest.approx(0.3)

    def test_a_small_step_hides_with_another(self) -> None:
        report = shown(
            a_report(
                ended=judged(chances=self.chances((8, 1), (20, 6), (30, 15), (40, 30), (0, 0)))
            )
        )

        assert report.ended is not None
        assert report.ended.chances is not None
        assert [step.improved is None for step in report.ended.chances.steps] == [
            True,
            True,
            False,
            False,
        ]

    def test_hardly_anybody_improved_and_nothing_is_said(self) -> None:
        report = shown(
            a_report(ended=judged(chances=self.chances((30, 2), *itertools.repeat((0, 0), 4))))
        )

        assert report.ended is not None
        assert report.ended.chances is None


def test_the_newest_are_shown_when_they_are_enough() -> None:
    few = Recent(patients=9, scores=40, inside=30, known=0)
    enough = Recent(patients=10, scores=40, inside=30, known=0)

    assert shown(a_report(recent=few)).recent is None
    assert value(shown(a_report(recent=enough)).recent) == 0.75
