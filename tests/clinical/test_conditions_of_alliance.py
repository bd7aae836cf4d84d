"""The rule on the alliance, at its limits and on scales that it was not made for."""

from dataclasses import replace

import pytest

from app.clinical.early_alliance import EarlyLimit
from app.clinical.flags import AllianceSeries, RuleId, WhyNot
from app.clinical.instruments import Direction, Instrument
from app.clinical.situation import Finding, Firing
from tests.clinical.made_up import a_course, five_means, four_lines, ten_short_lines
from tests.clinical.situations import a_situation, an_alliance, the_finding

EARLY = EarlyLimit(limit=290, n=100, edition=four_lines().version)
"""The lowest of a site's early ratings are 29.0 and less."""


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

    @pytest.mark.parametrize(
        ("last", "firing"), [(290, Firing.ON), (291, Firing.OFF), (None, None)]
    )
    def test_and_stand_beside_the_lowest_early_ratings_of_the_site(
        self, last: int | None, firing: Firing | None
    ) -> None:
        for totals in [(last,), (380, last), (380, 380, last)]:
            finding = self.drop(replace(an_alliance(*totals), early=EARLY))

            assert finding.firing is firing
            if firing is not None:
                assert finding.session == len(totals)
                assert finding.numbers == {
                    "total": last,
                    "early_limit": 290,
                    "early_ratings": 100,
                    "early_sessions": 3,
                    "early_percent": 10,
                }

    @pytest.mark.parametrize(
        "early",
        [replace(EARLY, n=99), replace(EARLY, edition=EARLY.edition + 1)],
        ids=["too few", "another edition"],
    )
    def test_but_not_beside_too_few_or_those_of_another_form(self, early: EarlyLimit) -> None:
        finding = self.drop(replace(an_alliance(380, 100), early=early))

        assert finding.why_not is WhyNot.TOO_FEW_ALLIANCES

    def test_with_enough_of_their_own_the_site_is_not_looked_at(self) -> None:
        steady = replace(an_alliance(250, 250, 250, 250), early=EARLY)

        assert self.drop(steady).firing is Firing.OFF
        assert "early_limit" not in self.drop(steady).numbers

    def test_where_less_is_better_a_high_rating_is_the_low_one(self) -> None:
        series = an_alliance(120)
        turned = series.instrument.model_copy(update={"direction": Direction.LOWER_IS_BETTER})
        early = replace(EARLY, limit=110)

        assert self.drop(replace(series, instrument=turned, early=early)).firing is Firing.ON

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
