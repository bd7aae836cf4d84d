"""What a bench counted is told so that nothing can be worked out about few patients."""

import pytest

from app.clinical.bench_figures import Asked, BenchFigures, Cell, Count, CourseEnd, Grid
from app.clinical.rules import RuleId
from app.workflow import weigh


def a_grid(**cells: tuple[int, int, CourseEnd]) -> BenchFigures:
    """Cells by name: so many patients, flagged by these editions, with this end."""
    grid = Grid(RuleId.NO_CHANGE, "first_look", (4, 6, 8), 1)
    for patients, flagged, end in cells.values():
        grid.cells[Cell(flagged, 0, end, is_off_path=False)] = Count(patients, patients)
    return BenchFigures(sessions=100, grids=(grid,))


def test_nothing_can_be_worked_out_about_few_by_taking_one_value_from_another() -> None:
    figures = a_grid(
        none=(10, 0b000, CourseEnd.OPEN),
        first=(3, 0b001, CourseEnd.OPEN),
        both=(6, 0b011, CourseEnd.OPEN),
    )

    (told,) = weigh.weigh(figures)
    (everything,) = weigh.weigh(figures, fewest=0)

    # Nine by the first, six by the second: three between. None by the third.
    assert [one.value for one in told.shown] == [6]
    assert list(told.hidden) == [4, 8]
    assert [one.value for one in everything.shown] == [4, 6, 8]


def test_the_few_who_have_not_ended_are_not_told_by_those_who_have() -> None:
    figures = a_grid(
        none=(10, 0, CourseEnd.OPEN),
        ended=(12, 0b010, CourseEnd.UNCHANGED),
        better=(8, 0b011, CourseEnd.IMPROVED),
        open=(2, 0b111, CourseEnd.OPEN),
    )

    now = weigh.weigh(figures)[0].now

    assert now is not None
    assert now.flagged.number == 22
    assert now.ended.number is None
    assert now.not_improved.number is None


def test_the_few_who_got_worse_are_not_told_by_those_who_stayed() -> None:
    figures = a_grid(
        none=(10, 0, CourseEnd.OPEN),
        same=(3, 0b010, CourseEnd.UNCHANGED),
        worse=(5, 0b011, CourseEnd.WORSE),
        better=(8, 0b111, CourseEnd.IMPROVED),
    )

    now = weigh.weigh(figures)[0].now

    assert now is not None
    assert now.not_improved.number == 8
    assert now.worse.number is None


@pytest.mark.parametrize(("still_open", "marked"), [(0, 8), (1, None), (4, None), (5, 8)])
def test_the_few_whose_course_goes_on_are_not_told_by_the_question_about_the_band(
    still_open: int, marked: int | None
) -> None:
    grid = Grid(RuleId.OFF_TRACK_BAND, "in_a_row", (2,), 0)
    for patients, flagged, end in (
        (8, 1, CourseEnd.UNCHANGED),
        (9, 0, CourseEnd.IMPROVED),
        (still_open, 1, CourseEnd.OPEN),
    ):
        cell = Cell(flagged, 0, end, is_off_path=False)
        grid.cells[cell] = Count(patients, patients)
    quiet = {"is_foreseen_worse": False, "ended_off_path": False, "ended_worse": False}
    figures = BenchFigures(sessions=100, grids=(grid,))
    figures.questions[Asked(is_marked_off_path=True, **quiet)] = Count(8, 8)
    figures.questions[Asked(is_marked_off_path=False, **quiet)] = Count(9, 9)

    assert weigh.band_question(figures).marked.number == marked
    assert weigh.band_question(figures, fewest=0).marked.number == 8


@pytest.mark.parametrize(
    "kept", [None, "[]", "3", "{", '{"missing": {"version": 1}}', '{"missing": 3}']
)
def test_what_cannot_be_read_of_a_bench_is_not_known(kept: str | None) -> None:
    assert weigh.quote(kept, rule=RuleId.MISSING, version=1) is None


HIDDEN = weigh.Part(None, None)


@pytest.mark.parametrize(
    ("unchanged", "improved", "shown"),
    [(1, 4, [6]), (4, 1, [6]), (5, 0, [4, 6]), (0, 5, [4, 6]), (5, 5, [4, 6]), (0, 0, [4, 6])],
)
def test_how_the_few_between_two_values_ended_cannot_be_worked_out(
    unchanged: int, improved: int, shown: list[int]
) -> None:
    """20 flagged, 10 not improved, beside 15 and 9: the five between are one and four."""
    cells = {
        "none": (10, 0b000, CourseEnd.IMPROVED),
        "both": (9, 0b011, CourseEnd.UNCHANGED),
        "both_better": (6, 0b011, CourseEnd.IMPROVED),
    }
    between = {"same": (unchanged, CourseEnd.UNCHANGED), "better": (improved, CourseEnd.IMPROVED)}
    for one in (0b001, 0b010):
        more = {key: (n, one, end) for key, (n, end) in between.items() if n}

        (told,) = weigh.weigh(a_grid(**cells, **more))

        assert [one.value for one in told.shown if one.value != 8] == shown


def test_where_the_few_between_two_values_ended_cannot_be_worked_out() -> None:
    def told(off_path: int) -> list[float]:
        grid = Grid(RuleId.NO_CHANGE, "first_look", (4, 6), 1)
        for n, flagged, is_off in ((10, 0, False), (9, 0b11, False), (9, 0b11, True)):
            grid.cells[Cell(flagged, 0, CourseEnd.UNCHANGED, is_off)] = Count(n, n)
        for n, is_off in ((10 - off_path, False), (off_path, True)):
            grid.cells[Cell(0b01, 0, CourseEnd.UNCHANGED, is_off)] = Count(n, n)
        return [one.value for one in weigh.weigh(BenchFigures(grids=(grid,)))[0].shown]

    assert told(off_path=3) == [6]
    assert told(off_path=5) == [4, 6]


def two_values(*, late: tuple[int, int], first_at: tuple[dict[int, int], dict[int, int]]) -> Grid:
    """Twenty flagged by both, so many of them by one or by both at the last session."""
    grid = Grid(RuleId.NO_CHANGE, "first_look", (4, 6), 1)
    grid.cells[Cell(0, 0, CourseEnd.UNCHANGED, is_off_path=False)] = Count(10, 10)
    only_second, both = late
    for n, bits in ((20 - sum(late), 0b00), (only_second, 0b01), (both, 0b11)):
        grid.cells[Cell(0b11, bits, CourseEnd.UNCHANGED, is_off_path=False)] = Count(n, n)
    grid.first_at = [{k: Count(n, n) for k, n in one.items()} for one in first_at]
    return grid


@pytest.mark.parametrize(("more", "first", "now"), [(3, None, 6), (5, 11, 6), (0, 6, 6)])
def test_the_few_whom_one_value_flags_too_late_are_not_told(
    more: int, first: int | None, now: int
) -> None:
    grid = two_values(late=(more, 6), first_at=({4: 20}, {4: 20}))

    four, six = weigh.weigh(BenchFigures(sessions=1, grids=(grid,)))[0].shown

    assert (four.late.number, six.late.number) == (first, now)


@pytest.mark.parametrize(
    ("spans", "told"),
    [({4: 20}, [0, 20, 0, 0]), ({4: 12, 7: 8}, [None] * 4), ({4: 10, 7: 10}, [0, 10, 10, 0])],
)
def test_the_few_whom_one_value_flags_in_another_span_are_not_told(
    spans: dict[int, int], told: list[int | None]
) -> None:
    now = {4: 15, 7: 5} if None in told else {4: 20}
    grid = two_values(late=(0, 0), first_at=(spans, now))

    four, six = weigh.weigh(BenchFigures(sessions=1, grids=(grid,)))[0].shown

    assert [n for _, n in four.first_at] == told
    assert [n for _, n in six.first_at] == [0, now[4], now.get(7, 0), 0]


def test_what_is_hidden_does_not_say_of_how_many_either() -> None:
    figures = a_grid(
        none=(10, 0, CourseEnd.UNCHANGED),
        same=(18, 0b010, CourseEnd.UNCHANGED),
        better=(2, 0b010, CourseEnd.IMPROVED),
    )

    now = weigh.weigh(figures)[0].now

    assert now is not None
    assert now.flagged == weigh.Part(20, 30)
    # Two improved: eighteen of the twenty would say so, and so would eighteen of all.
    assert (now.not_improved, now.worse, now.found) == (HIDDEN,) * 3
    assert (now.off_path, now.late) == (HIDDEN,) * 2


def test_the_few_whom_a_rule_did_not_find_are_not_told() -> None:
    """Of all without improvement is told beside another rule."""
    figures = a_grid(
        none=(10, 0, CourseEnd.IMPROVED),
        missed=(3, 0, CourseEnd.WORSE),
        same=(10, 0b010, CourseEnd.UNCHANGED),
        better=(10, 0b010, CourseEnd.IMPROVED),
    )

    now = weigh.weigh(figures)[0].now

    assert now is not None
    assert (now.not_improved, now.found) == (HIDDEN, HIDDEN)


def asked(*, marked: bool, off_path: bool = False) -> Asked:
    return Asked(
        is_marked_off_path=marked,
        is_foreseen_worse=marked,
        ended_off_path=off_path,
        ended_worse=False,
    )


def test_a_question_that_marked_too_few_tells_nothing_of_them() -> None:
    figures = BenchFigures(sessions=100)
    figures.questions = {
        asked(marked=True): Count(10, 10),
        asked(marked=True, off_path=True): Count(10, 10),
        asked(marked=False): Count(3, 3),
    }

    told = weigh.prediction_question(figures)

    assert (told.marked, told.ended_off_path, told.ended_worse) == (HIDDEN,) * 3
    assert weigh.prediction_question(figures, fewest=0).ended_off_path == weigh.Part(10, 20)


@pytest.mark.parametrize(("last", "marked"), [(0, 8), (3, None), (6, 8)])
def test_the_few_whom_only_the_last_score_put_off_the_path_are_not_told(
    last: int, marked: int | None
) -> None:
    grid = Grid(RuleId.OFF_TRACK_BAND, "in_a_row", (2,), 0)
    for n, flagged, late in ((8, 1, 0), (last, 1, 1), (9, 0, 0), (20, 1, 0)):
        end = CourseEnd.OPEN if n == 20 else CourseEnd.UNCHANGED
        grid.cells[Cell(flagged, late, end, is_off_path=False)] = Count(n, n)
    grid.cells[Cell(1, 0, CourseEnd.UNCHANGED, is_off_path=False)] = Count(8, 8)
    figures = BenchFigures(sessions=100, grids=(grid,))
    figures.questions = {asked(marked=True): Count(8, 8), asked(marked=False): Count(19, 19)}

    assert weigh.band_question(figures).marked.number == marked


@pytest.mark.parametrize(("patients", "told"), [(0, None), (4, None), (5, 100)])
def test_sessions_of_few_patients_are_not_told(patients: int, told: int | None) -> None:
    figures = a_grid(none=(patients, 0, CourseEnd.OPEN))

    assert weigh.sessions(figures) == told
    assert weigh.sessions(figures, fewest=0) == 100


def test_between_two_benches_came_as_many_as_patients_or_as_ends() -> None:
    before = a_grid(open=(6, 0, CourseEnd.OPEN), ended=(4, 0b010, CourseEnd.WORSE))
    three_ended = a_grid(open=(3, 0, CourseEnd.OPEN), ended=(7, 0b010, CourseEnd.WORSE))
    four_and_three = a_grid(open=(7, 0, CourseEnd.OPEN), ended=(7, 0b010, CourseEnd.WORSE))

    assert weigh.came_between(before, before) == 0
    assert weigh.came_between(before, three_ended) == 3
    assert weigh.came_between(before, four_and_three) == 4
