"""The attacks that a release must stand, one after the other."""

import random
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from app.clinical.disclosure import (
    DimensionError,
    Rules,
    TableTooLargeError,
    ThresholdError,
    control,
)
from app.clinical.disclosure_cover import Problem
from app.clinical.disclosure_figures import (
    is_of_one_therapist,
    may_show_mean,
    may_show_quantiles,
    may_show_rate,
)
from app.clinical.disclosure_grid import Grid, LevelError, axis_of
from app.clinical.disclosure_protect import protect
from app.clinical.disclosure_sensitive import by_the_rule
from tests.support.attacker import Attacker
from tests.support.disclosed import Counts, numbers, printed, reasons, released

THREE_TEAMS: Counts = {("north/a",): 12, ("north/b",): 3, ("south",): 30}


def test_a_small_cell_cannot_be_found_by_subtracting_from_the_margin() -> None:
    release = released(["team"], {("a",): 12, ("b",): 3, ("c",): 30})

    shown = numbers(release)
    assert shown["b",] is None
    assert [shown["a",], shown["c",], shown["*",]].count(None) == 1
    assert reasons(release)["b",] == "primary"
    assert "complementary" in reasons(release).values()


def test_of_two_partners_the_smaller_one_is_hidden() -> None:
    assert numbers(released(["team"], {("a",): 12, ("b",): 3, ("c",): 30}))["a",] is None


def test_the_quarter_between_two_nested_periods_cannot_be_found() -> None:
    half: Counts = {("a", "Q1"): 20, ("a", "Q2"): 15, ("b", "Q1"): 40, ("b", "Q2"): 30}
    first = released(["team", "quarter"], half)
    second = released(
        ["team", "quarter"], half | {("a", "Q3"): 2, ("b", "Q3"): 31}, earlier=[first]
    )

    assert numbers(first)["a", "*"] == 35
    assert numbers(second)["a", "*"] is None
    assert reasons(second)["a", "*"] == "differencing"
    assert list(Attacker([first, second]).found(threshold=5)) == []


def test_patients_who_came_since_the_last_release_cannot_be_counted() -> None:
    first = released(["team"], {("a",): 20, ("b",): 40})
    second = released(["team"], {("a",): 23, ("b",): 52}, earlier=[first])

    assert reasons(second)["a",] == "differencing"
    assert second["refused"] is None


def test_a_release_is_refused_when_the_whole_differs_by_a_few() -> None:
    first = released(["team"], {("a",): 20, ("b",): 40})
    second = released(["team"], {("a",): 20, ("b",): 44}, earlier=[first])

    assert "1 to 4 patients" in second["refused"]
    assert set(numbers(second).values()) == {None}
    assert reasons(second)["*",] == "differencing"


def test_two_overlapping_groupings_do_not_give_away_what_lies_between_them() -> None:
    by_team = released(["team"], {("a",): 21, ("b",): 40, ("c",): 17})
    without_c = released(["team"], {("a",): 21, ("b",): 37, ("d",): 20}, earlier=[by_team])

    assert numbers(by_team)["b",] == 40
    assert numbers(without_c)["b",] is None


def test_the_same_counts_grouped_anew_are_attacked_together() -> None:
    fine: Counts = {("a", "x"): 2, ("a", "y"): 9, ("b", "x"): 8, ("b", "y"): 9, ("c", "x"): 7}
    coarse: Counts = {("a",): 11, ("b",): 17, ("c",): 7}
    first = released(["team", "category"], fine)
    second = released(["team"], coarse, earlier=[first])

    hidden_before = [team for team in "abc" if numbers(first)[team, "*"] is None]
    assert all(numbers(second)[team,] is None for team in hidden_before)


def test_a_unit_minus_its_visible_teams_gives_no_hidden_team() -> None:
    release = released(["team"], THREE_TEAMS)

    shown = numbers(release)
    assert shown["north/b",] is None
    assert shown["north/a",] is None or shown["north",] is None
    assert list(Attacker([release]).found(threshold=5)) == []


def test_a_rate_does_not_give_back_a_hidden_count() -> None:
    assert may_show_rate(numerator=5, denominator=10, threshold=5, is_shown=True)
    assert not may_show_rate(numerator=4, denominator=20, threshold=5, is_shown=True)
    assert not may_show_rate(numerator=16, denominator=20, threshold=5, is_shown=True)
    assert not may_show_rate(numerator=5, denominator=9, threshold=3, is_shown=True)
    assert not may_show_rate(numerator=50, denominator=100, threshold=5, is_shown=False)


def test_a_mean_is_of_at_least_ten_who_are_shown() -> None:
    assert may_show_mean(n=10, threshold=5, is_shown=True)
    assert not may_show_mean(n=9, threshold=5, is_shown=True)
    assert not may_show_mean(n=25, threshold=5, is_shown=False)


def test_the_lowest_score_of_a_small_group_is_the_score_of_somebody() -> None:
    assert may_show_quantiles(n=20, threshold=5, is_shown=True)
    assert not may_show_quantiles(n=19, threshold=5, is_shown=True)


@pytest.mark.parametrize(
    ("patients", "of", "is_theirs"),
    [
        ([10, 10, 10], 30, False),
        ([30, 30], 60, True),
        ([71, 15, 14], 100, True),
        ([70, 15, 15, 0], 100, False),
        ([20, 4, 4, 4, 4, 4], 20, True),
    ],
)
def test_the_figure_of_a_team_is_not_that_of_a_therapist(
    patients: list[int], of: int, *, is_theirs: bool
) -> None:
    assert is_of_one_therapist(patients, of=of) is is_theirs


def test_that_all_or_none_of_a_group_got_worse_is_not_told() -> None:
    counts: Counts = {
        ("a", "better"): 0,
        ("a", "worse"): 30,
        ("b", "better"): 20,
        ("b", "worse"): 25,
        ("c", "better"): 18,
        ("c", "worse"): 33,
        ("d", "better"): 0,
        ("d", "worse"): 0,
    }

    shown = numbers(released(["team", "change"], counts, sensitive="change"))
    plain = numbers(released(["team", "change"], counts))

    assert shown["a", "better"] is None
    assert shown["a", "worse"] is None
    assert shown["d", "better"] == 0
    assert None not in plain.values()


def test_a_group_is_larger_than_each_of_its_cells_that_is_shown() -> None:
    # 27 in A-n got better, and all of n shows 4 who got worse. With A-n hidden, 0 to 4 of
    # them would be in A-n; but at 0 the 27 would be all of A-n, and the rule had hidden them.
    better = [("A", "n", 27), ("A", "o", 5), ("B", "n", 5), ("B", "o", 1)]
    worse = [("A", "n", 1), ("A", "o", 1), ("B", "n", 3), ("B", "o", 2)]
    counts: Counts = {(site, team, "better"): n for site, team, n in better}
    counts |= {(site, team, "worse"): n for site, team, n in worse}

    release = released(["site", "team", "change"], counts, threshold=4, sensitive="change")

    assert list(Attacker([release], sensitive="change").found(threshold=4)) == []


def test_by_the_rule_a_shown_zero_means_that_nobody_is_there() -> None:
    axes = (axis_of("team", frozenset("abc")), axis_of("change", frozenset("xy")))
    grid = Grid(axes)
    innermost = np.array([[20, 2], [0, 0], [9, 9]])
    cells = grid.totals(innermost)
    nothing = np.zeros_like(cells, dtype=np.bool_)
    secret = (cells > 0) & (cells < 5)
    problem = Problem(
        grid=grid,
        cells=cells,
        secret=secret,
        watched=nothing,
        known=nothing,
        floor=np.zeros_like(cells),
        room=5,
    )
    of_b = np.zeros_like(nothing)
    of_b[1] = True

    told = by_the_rule(problem, sensitive=1)
    with_secret_zero = by_the_rule(
        replace(problem, secret=secret | (of_b & np.array([True, False, False]))), sensitive=1
    )

    # Columns x, y, *: the 20 of a are not all of a, the 9 of c not all of c.
    assert told.floor[:, 2].tolist() == [21, 0, 10, 30]
    assert not told.floor[:, :2].any()
    assert (told.known == of_b).all()
    assert not with_secret_zero.known.any()
    assert (with_secret_zero.secret == (secret | of_b)).all()
    assert by_the_rule(problem, sensitive=None) is problem


def test_what_an_earlier_release_has_given_away_is_not_hidden_again() -> None:
    counts: Counts = {("a",): 21, ("b",): 40, ("c",): 3, ("d",): 6}
    careless = printed(control(["team"], counts, rules=Rules()))
    for cell in careless["cells"]:
        cell["n"] = {"a": None, "b": 40, "c": 3, "d": 6, "*": 70}[cell["dims"]["team"]]

    again = numbers(released(["team"], counts, earlier=[careless]))

    assert again["a",] == 21
    assert again["c",] is None


def test_rounding_repeated_gives_the_same_number_again() -> None:
    counts: Counts = {("a",): 12, ("b",): 13, ("c",): 2}

    again = [numbers(printed(control(["team"], counts, rules=Rules(rounding=5)))) for _ in range(3)]

    assert again[0] == {("a",): 10, ("b",): 15, ("c",): 0, ("*",): 25}
    assert again[1] == again[2] == again[0]


def test_rounding_to_three_follows_the_norwegian_custom() -> None:
    counts: Counts = {("a",): 1, ("b",): 2, ("c",): 4, ("d",): 5}

    rounded = numbers(printed(control(["team"], counts, rules=Rules(rounding=3))))

    assert rounded == {("a",): 0, ("b",): 3, ("c",): 3, ("d",): 6, ("*",): 12}


def test_the_same_table_again_hides_the_same_cells() -> None:
    counts: Counts = {("a", "x"): 3, ("a", "y"): 14, ("b", "x"): 8, ("b", "y"): 9, ("c", "x"): 21}
    first = released(["team", "category"], counts)

    again = released(["team", "category"], counts, earlier=[first])

    assert numbers(again) == numbers(first)


def test_what_one_release_hides_another_setting_does_not_show() -> None:
    counts: Counts = {("a", "x"): 4, ("a", "y"): 14, ("b", "x"): 8, ("b", "y"): 9, ("c", "x"): 21}
    strict = released(["team", "category"], counts, threshold=6)
    mild = released(["team", "category"], counts, threshold=3, earlier=[strict])

    assert list(Attacker([strict, mild]).found(threshold=3)) == []
    assert list(Attacker([strict]).found(threshold=6)) == []
    assert [k for k, n in numbers(strict).items() if n is None and numbers(mild)[k]] == []


def test_what_is_out_but_hidden_by_rule_now_is_hidden_as_if_nobody_remembered() -> None:
    counts: Counts = {("a", "x"): 0, ("a", "y"): 0, ("b", "x"): 21, ("b", "y"): 14}
    first = released(["team", "category"], counts, sensitive="category")
    second = released(
        ["team", "category"], counts | {("a", "y"): 30}, sensitive="category", earlier=[first]
    )

    assert numbers(first)["a", "x"] == 0
    assert numbers(second)["a", "x"] is None
    assert list(Attacker([second]).found(threshold=5)) == []


def test_every_level_and_margin_is_in_the_release() -> None:
    release = released(["team", "quarter"], {("n/a", "Q1"): 9, ("n/b", "Q2"): 8, ("s", "Q1"): 7})

    assert set(numbers(release)) == set(product(["n/a", "n/b", "n", "s", "*"], ["Q1", "Q2", "*"]))


def test_a_service_smaller_than_the_threshold_shows_nothing_but_empty_cells() -> None:
    release = released(["team"], {("a",): 2, ("b",): 1, ("c",): 0})

    assert numbers(release) == {("a",): None, ("b",): None, ("c",): 0, ("*",): None}


@pytest.mark.parametrize("threshold", [2, 11, 0, -5])
def test_a_threshold_outside_3_to_10_is_refused(threshold: int) -> None:
    with pytest.raises(ThresholdError, match="3 to 10"):
        Rules(threshold=threshold)


def test_a_sensitive_dimension_that_is_not_there_is_refused() -> None:
    with pytest.raises(DimensionError, match="team"):
        control(["team"], {("a",): 9}, rules=Rules(sensitive="change"))


def test_a_unit_that_is_also_a_team_is_refused() -> None:
    with pytest.raises(LevelError, match="'north'"):
        control(["team"], {("north",): 9, ("north/a",): 8}, rules=Rules())


def test_a_table_that_is_too_large_is_refused_before_it_is_made() -> None:
    counts: Counts = {(str(place), str(place), str(place)): 5 for place in range(100)}

    with pytest.raises(TableTooLargeError, match="200,000"):
        control(["a", "b", "c"], counts, rules=Rules())


def every_table(
    shown: dict[tuple[str, ...], int | None], *, rows: str, columns: str
) -> list[dict[tuple[str, str], int]]:
    """Return each table of whole counts, none above 14, that agrees with what is shown."""
    places = list(product(rows, columns))
    found: list[dict[tuple[str, str], int]] = []

    def go_on(table: dict[tuple[str, str], int]) -> None:
        if len(table) == len(places):
            found.append(dict(table))
            return
        place = places[len(table)]
        told = shown[place]
        for count in range(15) if told is None else [told]:
            table[place] = count
            if agrees(table):
                go_on(table)
            del table[place]

    def agrees(table: dict[tuple[str, str], int]) -> bool:
        margins: list[tuple[tuple[str, str], list[tuple[str, str]]]] = [(("*", "*"), places)]
        margins += [((row, "*"), [(row, column) for column in columns]) for row in rows]
        margins += [(("*", column), [(row, column) for row in rows]) for column in columns]
        for margin, parts in margins:
            told = shown[margin]
            inside = [table[part] for part in parts if part in table]
            if told is None:
                continue
            if sum(inside) > told or (len(inside) == len(parts) and sum(inside) != told):
                return False
        return True

    go_on({})
    return found


@pytest.mark.parametrize("seed", range(12))
def test_all_tables_that_agree_with_a_release_leave_each_hidden_cell_open(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- invented, and the same again
    counts: Counts = {
        place: chance.choice([0, 1, 2, 3, 4, 5, 5, 6, 7]) for place in product("ab", "xyz")
    }
    threshold = 3

    release = released(["team", "category"], counts, threshold=threshold)

    tables = every_table(numbers(release), rows="ab", columns="xyz")
    assert any(table == counts for table in tables)
    for place in product("ab", "xyz"):
        if numbers(release)[place] is None:
            values = {table[place] for table in tables}
            assert max(values) - min(values) >= threshold, (place, counts)


def test_a_ring_that_no_box_protects_is_closed_by_hiding_its_last_cell() -> None:
    grid = Grid((axis_of("team", frozenset("abc")), axis_of("category", frozenset("xyz"))))
    innermost = np.array([[4, 4, 20], [20, 4, 4], [6, 20, 4]])
    cells = grid.totals(innermost)
    secret = (cells > 0) & (cells < 5)
    is_open = secret.copy()
    is_open[2, 0] = True

    hidden = protect(
        Problem(
            grid=grid,
            cells=cells,
            secret=secret,
            watched=np.zeros_like(secret),
            known=~is_open,
            floor=np.zeros_like(cells),
            room=5,
        )
    )

    assert (hidden == is_open).all()
