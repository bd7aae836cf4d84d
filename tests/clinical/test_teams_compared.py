"""Teams of a report beside each other: only what is shown is drawn; numbers by hand."""

from dataclasses import replace

import pytest

from app.clinical.figures import FigureName
from app.clinical.report import OTHER, Report, Unit
from app.clinical.teams_compared import TeamsCompared, teams_compared
from tests.support.told_reports import by_teams, mean_of

THREE = {"a": (30, 60), "b": (51, 85), "c": (20, 40)}
"""101 of 185 together."""


def only(report: Report) -> TeamsCompared:
    (found,) = teams_compared(report)
    return found


def test_lines_and_values_of_three_teams_by_hand() -> None:
    found = only(by_teams(THREE))

    assert found.name is FigureName.IMPROVED
    assert found.funnel.target == pytest.approx(101 / 185)
    assert [dot.value for dot in found.funnel.dots] == [0.5, 0.6, 0.5]
    # z: -0.7148, 1.0009, -0.5836, which chance explains: their squares drawn in are 0.43.
    assert found.funnel.tau == 0
    # sqrt(0.545946 * 0.454054 / 60) = 0.064277, times 3.0902 and 1.95996.
    assert found.lines_of(60) == pytest.approx((0.34731, 0.41997, 0.67193, 0.74458), abs=5e-5)
    assert all(found.is_ordinary(dot) for dot in found.funnel.dots)
    assert all(dot.shrunken.value == pytest.approx(101 / 185) for dot in found.funnel.dots)


def test_the_lines_hold_the_limits_that_the_table_of_dots_has() -> None:
    found = only(by_teams({**THREE, "d": (90, 100), "e": (20, 100)}))

    assert found.funnel.tau is not None
    assert found.funnel.tau > 0
    for dot in found.funnel.dots:
        assert found.lines_of(dot.n)[1:3] == pytest.approx((dot.low, dot.high))


def test_a_team_far_out_is_more_than_ordinary() -> None:
    # Eleven teams at one half and one at 0.95: drawing the outermost in keeps the lines narrow.
    counts = {f"t{at:02}": (100, 200) for at in range(11)}

    found = only(by_teams({**counts, "far": (190, 200)}))

    assert [dot.key for dot in found.funnel.dots if not found.is_ordinary(dot)] == ["far"]


def test_lines_stay_from_none_to_all() -> None:
    found = only(by_teams({"a": (28, 31), "b": (29, 32), "c": (27, 31)}))

    assert found.lines_of(30)[-1] == 1.0
    assert all(0 <= value <= 1 for line in found.lines for value in line.at)
    assert found.lines[0].n == 30
    assert found.lines[-1].n == pytest.approx(1.05 * 32)


def test_only_teams_of_which_both_counts_are_shown_have_a_dot() -> None:
    counts = {**THREE, "d": (None, 50), "e": (20, None), "f": (12, 29), "g": (13, 30)}
    together = Unit(OTHER, "", (Unit("h", "Team h"), Unit("i", "Team i")))

    found = only(by_teams(counts, more_units=[together]))

    assert [dot.key for dot in found.funnel.dots] == ["a", "b", "c", "g"]
    # d and e are hidden, f has 29, h and i are shown together only.
    assert found.without_dot == 5


@pytest.mark.parametrize("category", ["improved", "scored"])
def test_a_share_without_its_counts_has_no_dot(category: str) -> None:
    report = by_teams({**THREE, "d": (25, 50)})
    counts = [
        replace(one, n=None) if (one.unit, one.category) == ("d", category) else one
        for one in report.counts
    ]

    found = only(replace(report, counts=tuple(counts)))

    assert [dot.key for dot in found.funnel.dots] == ["a", "b", "c"]


def test_counts_without_their_share_have_no_dot() -> None:
    report = by_teams({**THREE, "d": (25, 50)})
    figures = [
        replace(one, n=None, value=None, low=None, high=None) if one.unit == "d" else one
        for one in report.figures
    ]

    found = only(replace(report, figures=tuple(figures)))

    assert [dot.key for dot in found.funnel.dots] == ["a", "b", "c"]


def test_the_order_is_that_of_the_report() -> None:
    backwards = dict(reversed(THREE.items()))

    assert [dot.key for dot in only(by_teams(backwards)).funnel.dots] == ["c", "b", "a"]


@pytest.mark.parametrize(
    "counts",
    [
        {"a": (30, 60), "b": (51, 85), "c": (20, 29)},
        {"a": (30, 60), "b": (51, 85), "c": (None, None)},
        {"a": (60, 60), "b": (85, 85), "c": (40, 40)},
        {"a": (None, None), "b": (None, None), "c": (None, None)},
    ],
)
def test_too_few_teams_or_all_alike_are_not_compared(counts: dict[str, tuple[int, int]]) -> None:
    found = only(by_teams(counts))

    assert (found.funnel.dots, found.lines, found.lines_of(50)) == ((), (), ())
    assert found.without_dot == 3


def test_an_organization_of_two_teams_has_none_beside_each_other() -> None:
    assert teams_compared(by_teams({"a": (30, 60), "b": (51, 85)})) == ()


def test_what_the_report_does_not_tell_of_is_not_compared() -> None:
    assert [one.name for one in teams_compared(by_teams(THREE))] == [FigureName.IMPROVED]
    dropout = by_teams(THREE, name=FigureName.UNPLANNED)
    assert [one.name for one in teams_compared(dropout)] == [FigureName.UNPLANNED]


def test_change_beyond_the_expected_is_compared_by_what_all_intervals_say() -> None:
    # Half of an interval is t times the standard error: t(49) = 2.0096, t(79) = 1.9905,
    # t(39) = 2.0227, so single courses vary by 4.926, 4.943 and 5.003 points.
    means = {"a": mean_of(50, 1.0, 1.4), "b": mean_of(80, -0.5, 1.1), "c": mean_of(40, 0.2, 1.6)}

    found = only(by_teams({}, means=means))

    # (49 * 24.27 + 79 * 24.43 + 39 * 25.03) / 167 = 24.52; all together are
    # (50 * 1.0 + 80 * -0.5 + 40 * 0.2) / 170 = 0.1059.
    assert found.variance == pytest.approx(24.52, abs=0.01)
    assert found.funnel.target == pytest.approx(0.1059, abs=5e-5)
    # sqrt(24.52 / 50) = 0.7003, times 1.96 and 3.09.
    assert found.lines_of(50) == pytest.approx((-2.058, -1.267, 1.478, 2.270), abs=0.002)
    assert found.lowest is None


def test_means_without_an_interval_or_with_too_few_are_left_out() -> None:
    means = {
        "a": mean_of(50, 1.0, 1.4),
        "b": mean_of(80, -0.5, 1.1),
        "c": mean_of(40, 0.2, 1.6),
        "d": replace(mean_of(60, 4.0, 1.2), low=None),
        "e": mean_of(29, 3.0, 1.9),
    }

    found = only(by_teams({}, means=means))

    assert [dot.key for dot in found.funnel.dots] == ["a", "b", "c"]
    assert found.without_dot == 2


@pytest.mark.parametrize("half", [0.0, None])
def test_means_that_do_not_vary_are_not_compared(half: float | None) -> None:
    one = mean_of(50, 1.0, half or 0.0)
    one = one if half is not None else replace(one, low=None, high=None)

    found = only(by_teams({}, means=dict.fromkeys("abc", one)))

    assert found.funnel.dots == ()
