"""Figures of a group: their denominators, what is missing, and that groups add up."""

from collections.abc import Sequence
from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.aggregates import (
    Counts,
    EndCounts,
    EpisodeCounts,
    Exclusion,
    FlagCounts,
    GroupSums,
    MeasuringCounts,
    NegativeCountError,
    UnaccountedError,
    age_band,
    change_figures,
    check_accounted,
    end_figures,
    measuring_figures,
)
from app.clinical.effect_sizes import d_pre, severity_reference
from app.clinical.figures import Figure
from app.clinical.instruments import Direction
from app.clinical.pair_sums import PairSums
from app.clinical.reliable_change import classify_end
from app.clinical.time_to_change import TimesToChange
from tests.clinical.made_up import four_lines

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER
SCALE = four_lines(reliable=50, cut_off=250)

TEAM = GroupSums(
    episodes=EpisodeCounts(started=30, planned=18, unplanned=6, agreed=15),
    measuring=MeasuringCounts(
        attended=200, with_outcome=150, with_alliance=120, offered=28, accepted=25, declined=3
    ),
    ends=EndCounts(
        recovered=8,
        improved=2,
        unchanged=9,
        deteriorated=1,
        started_clinical=16,
        one_score=3,
        one_score_clinical=2,
    ),
    flags=FlagCounts(raised=12, reviewed_in_time=9),
    outcome=PairSums.of([(180, 240), (220, 250), (150, 150), (200, 280)] * 5),
    alliance=PairSums.of([(340, 360), (360, 380)] * 6),
    times=TimesToChange(changed={3: 6, 5: 4}, left={6: 10}),
    excluded={Exclusion.ONE_SCORE: 3, Exclusion.DECLINED: 1},
    decisions={"continue": 5, "supervision": 4},
)

COUNT = st.integers(0, 40)
GROUPS = st.builds(
    GroupSums,
    episodes=st.builds(EpisodeCounts, COUNT, COUNT, COUNT, COUNT),
    ends=st.builds(EndCounts, *[COUNT] * 7),
    outcome=st.lists(st.tuples(COUNT, COUNT), max_size=5).map(PairSums.of),
    excluded=st.dictionaries(st.sampled_from(list(Exclusion)), st.integers(1, 9)),
    decisions=st.dictionaries(st.sampled_from(["continue", "end"]), st.integers(1, 9)),
)


def by_name(figures: Sequence[Figure]) -> dict[str, tuple[float | None, int]]:
    return {figure.name.value: (figure.value, figure.n) for figure in figures}


def test_each_share_has_its_own_denominator() -> None:
    assert by_name(measuring_figures(TEAM)) == {
        "measured_outcome": (0.75, 200),
        "measured_alliance": (0.6, 200),
        "accepted": (pytest.approx(25 / 28), 28),
        "declined": (pytest.approx(3 / 28), 28),
        "two_scores": (pytest.approx(20 / 24), 24),
        "unplanned": (0.25, 24),
        "agreed": (0.625, 24),
        "reviewed_in_time": (0.75, 12),
    }


def test_means_are_in_points_and_keep_the_sign_of_the_scale() -> None:
    found = by_name(change_figures(TEAM, direction=HIGHER))

    assert found["mean_first"] == (18.75, 20)
    assert found["mean_last"] == (23.0, 20)
    assert found["mean_change"] == (4.25, 20)
    assert found["alliance_first"] == (35.0, 12)
    assert found["alliance_change"] == (2.0, 12)
    assert by_name(change_figures(TEAM, direction=LOWER))["mean_change"] == (4.25, 20)


def test_effect_sizes_are_positive_when_better() -> None:
    better, worse = (
        by_name(change_figures(TEAM, direction=direction)) for direction in (HIGHER, LOWER)
    )

    for name in ("d_pre", "d_change", "d_av"):
        up, down = better[name][0], worse[name][0]
        assert up is not None
        assert up > 0
        assert down == -up


def test_the_severity_adjusted_effect_needs_the_sites_own_reference() -> None:
    reference = severity_reference(
        PairSums.of([(180, 240), (220, 250), (150, 150), (200, 280)] * 25), direction=HIGHER
    )

    without = by_name(change_figures(TEAM, direction=HIGHER))
    adjusted = by_name(change_figures(TEAM, direction=HIGHER, reference=reference))

    assert "severity_adjusted" not in without
    assert adjusted["severity_adjusted"][0] == pytest.approx(reference.effect)


def test_sessions_to_change_count_those_who_left() -> None:
    assert by_name(change_figures(TEAM, direction=HIGHER))["sessions_to_change"] == (5, 20)


def test_recovery_is_a_share_of_those_who_could_recover() -> None:
    recovered, improved, unchanged, deteriorated = end_figures(TEAM.ends)

    assert (recovered.figure.value, recovered.figure.n) == (0.5, 16)
    assert (improved.figure.value, improved.figure.n) == (0.5, 20)
    assert unchanged.figure.value == 0.45
    assert deteriorated.figure.value == 0.05


def test_the_missing_could_all_have_done_well_or_ill() -> None:
    recovered, improved, _, deteriorated = end_figures(TEAM.ends)

    assert recovered.missing == 2
    assert [recovered.low, recovered.high] == pytest.approx([8 / 18, 10 / 18])
    assert [improved.low, improved.high] == pytest.approx([10 / 23, 13 / 23])
    assert [deteriorated.low, deteriorated.high] == pytest.approx([1 / 23, 4 / 23])


def test_a_group_without_anybody_has_no_figures_and_no_errors() -> None:
    nobody = GroupSums()

    shown = (*measuring_figures(nobody), *change_figures(nobody, direction=HIGHER))

    assert {figure.value for figure in shown} == {None}
    assert {(one.low, one.high) for one in end_figures(nobody.ends)} == {(None, None)}


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        (200, 260, EndCounts(recovered=1, started_clinical=1)),
        (200, 250, EndCounts(improved=1, started_clinical=1)),
        (260, 320, EndCounts(improved=1)),
        (200, 210, EndCounts(unchanged=1, started_clinical=1)),
        (300, 200, EndCounts(deteriorated=1)),
    ],
)
def test_one_episode_is_counted_once(first: int, last: int, counts: EndCounts) -> None:
    found = EndCounts.of(classify_end(first, last, instrument=SCALE))

    assert found == counts
    assert found.n == 1


def test_without_a_reliable_change_value_nothing_is_counted() -> None:
    ended = classify_end(100, 300, instrument=four_lines(reliable=None, cut_off=250))

    assert EndCounts.of(ended) == EndCounts()


def test_every_ended_episode_is_accounted_for() -> None:
    check_accounted(TEAM)
    lost = TEAM + GroupSums(episodes=EpisodeCounts(planned=1))

    with pytest.raises(
        UnaccountedError, match=r"25 episodes ended, 20 have .* and 4 are"
    ) as refused:
        check_accounted(lost)

    assert (refused.value.ended, refused.value.scored, refused.value.excluded) == (25, 20, 4)


def test_a_count_below_zero_is_refused() -> None:
    with pytest.raises(NegativeCountError, match="planned is -1") as refused:
        EpisodeCounts(planned=-1)

    assert (refused.value.name, refused.value.count) == ("planned", -1)
    assert Counts() + Counts() == Counts()


@given(st.lists(GROUPS, min_size=1, max_size=5))
def test_merged_groups_have_the_figures_of_the_whole(groups: list[GroupSums]) -> None:
    forwards = reduce(add, groups)
    backwards = reduce(add, groups[::-1], GroupSums())

    assert forwards.episodes.ended == sum(group.episodes.ended for group in groups)
    assert forwards.ends.n == sum(group.ends.n for group in groups)
    assert dict(forwards.excluded) == dict(backwards.excluded)
    assert d_pre(forwards.outcome, direction=HIGHER) == d_pre(backwards.outcome, direction=HIGHER)
    assert forwards.outcome.n == sum(group.outcome.n for group in groups)


@pytest.mark.parametrize(
    ("years", "band"),
    [(5, None), (6, (6, 12)), (17, (13, 17)), (18, (18, 29)), (66, (50, 66)), (101, (67, None))],
)
def test_the_age_bands(years: int, band: tuple[int, int | None] | None) -> None:
    assert age_band(years) == band
