"""Courses gone through again with other numbers in the rules: who is flagged, and how it ended."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.clinical.bench_figures import (
    Asked,
    BenchFigures,
    Cell,
    Count,
    CourseEnd,
    Grid,
    UnreadableFiguresError,
    from_plain,
    to_plain,
)
from app.clinical.curves import CurveKind, ReferenceCurve
from app.clinical.replay import moments, replay
from app.clinical.rule_bench import Lived, Trial, bench, may_speak, trials_around, trials_between
from app.clinical.rule_editions import moved
from app.clinical.rules import DEFAULT_RULES, Rule, RuleId
from app.clinical.situation import AllianceSeries
from tests.clinical.made_up import a_course, a_curve, mirrored
from tests.clinical.situations import RULES, an_alliance

STANDS_STILL = [150, 150, 150, 150, 150, 150, 150]
GOES_WELL = [150, 200, 240, 250, 260, 270]
FALLS = [200, 190, 150, 110, 90, 80]
FALLS_LATE = [200, 210, 200, 205, 210, 60]


def lived(
    scores: Sequence[int | None],
    *,
    patient: int = 0,
    is_over: bool = True,
    curve: ReferenceCurve | None = None,
    alliance: AllianceSeries | None = None,
    is_mirrored: bool = False,
) -> Lived:
    course = a_course(scores)
    return Lived(
        patient=patient,
        course=mirrored(course) if is_mirrored else course,
        curve=curve,
        alliance=alliance,
        is_over=is_over,
    )


def clinic(curve: ReferenceCurve | None = None) -> list[Lived]:
    courses = (STANDS_STILL, GOES_WELL, FALLS, FALLS_LATE)
    return [lived(scores, patient=at, curve=curve) for at, scores in enumerate(courses)]


def between(courses: Sequence[Lived], proposed: Rule) -> Grid:
    trials = trials_between(DEFAULT_RULES, [proposed])
    found = bench(courses, trials=trials).grid(proposed.id)
    assert found is not None
    return found


def around(courses: Sequence[Lived], rule: RuleId, parameter: str) -> Grid:
    found = bench(courses, trials=trials_around(DEFAULT_RULES)).grid(rule, parameter)
    assert found is not None
    return found


def test_a_look_two_sessions_later_flags_later_and_whom_it_flags_is_the_same() -> None:
    grid = around([lived(STANDS_STILL)], RuleId.NO_CHANGE, "first_look")

    assert grid.values[grid.in_force] == 6
    assert {value: list(grid.side(at).first_at) for at, value in enumerate(grid.values)} == {
        4: [4],
        5: [5],
        6: [6],
        7: [7],
        8: [],
        9: [],
        10: [],
    }


def test_a_flag_that_comes_at_the_last_session_comes_too_late() -> None:
    grid = around([lived(STANDS_STILL)], RuleId.NO_CHANGE, "first_look")

    late = {value: grid.side(at).late.courses for at, value in enumerate(grid.values)}
    assert late == {4: 0, 5: 0, 6: 0, 7: 1, 8: 0, 9: 0, 10: 0}


def test_nothing_is_too_late_in_a_course_that_goes_on() -> None:
    grid = around([lived(STANDS_STILL, is_over=False)], RuleId.NO_CHANGE, "first_look")

    side = grid.side(grid.values.index(7))
    assert (side.flagged, side.ended, side.late) == (Count(1, 1), Count(), Count())
    assert grid.base.ended == Count()


def test_how_flagged_courses_ended_is_counted_apart() -> None:
    grid = around(clinic(), RuleId.DETERIORATION, "at_once_percent")

    side = grid.side(grid.in_force)

    # Reliable change is 5 points: both that fall are flagged, one of them at its last session.
    assert side.flagged == Count(2, 2)
    assert side.first_at == {4: Count(1, 1), 6: Count(1, 1)}
    assert (side.ended, side.not_improved, side.worse) == (Count(2, 2),) * 3
    assert side.late == Count(1, 1)
    assert grid.base.courses == Count(4, 4)
    assert (grid.base.not_improved, grid.base.worse) == (Count(3, 3), Count(2, 2))


def test_a_course_without_a_second_score_has_no_known_end() -> None:
    grid = around([lived([150, None, None])], RuleId.MISSING, "in_a_row")

    assert grid.base.ended == Count()
    assert grid.side(grid.in_force).flagged == Count(1, 1)
    assert grid.side(grid.in_force).ended == Count()


def test_two_courses_of_one_patient_are_two_courses_and_one_patient() -> None:
    courses = [lived(STANDS_STILL, patient=7), lived(STANDS_STILL, patient=7)]

    side = around(courses, RuleId.NO_CHANGE, "first_look").side(2)

    assert side.flagged == Count(2, 1)


def test_a_flag_that_comes_again_after_it_was_over_is_two_flags_and_one_course() -> None:
    grid = around([lived([200, 190, 120, 125, 200, 110])], RuleId.DETERIORATION, "at_once_percent")

    side = grid.side(grid.in_force)

    assert (side.flags, side.flagged.courses) == (2, 1)


def test_rules_as_they_are_beside_themselves_give_the_same_figures() -> None:
    figures = bench(clinic(a_curve()), trials=trials_between(DEFAULT_RULES, []))

    assert {grid.rule for grid in figures.grids} == set(RuleId) - {
        RuleId.CRITICAL_ITEM,
        RuleId.NO_CONTACT,
    }
    for grid in figures.grids:
        now, proposed = grid.side(0), grid.side(1)
        assert replace(now, value=1) == proposed
        assert grid.only(0, 1) == grid.only(1, 0) == Count()
    assert any(grid.flags[0] for grid in figures.grids)


def test_a_stricter_limit_lets_go_of_some_and_takes_nobody_in() -> None:
    scores = ([150, 170, 160, 175, 165, 170], STANDS_STILL, GOES_WELL)
    courses = [lived(one, patient=at, curve=a_curve()) for at, one in enumerate(scores)]
    grid = around(courses, RuleId.OFF_TRACK, "on_from")

    for place in range(len(grid.values) - 1):
        assert grid.only(place + 1, place) == Count()
    assert grid.side(0).flagged.courses > grid.side(len(grid.values) - 1).flagged.courses


def test_a_mirrored_scale_gives_the_mirrored_courses_the_same_figures() -> None:
    turned = [
        lived(scores, patient=at, is_mirrored=True)
        for at, scores in enumerate((STANDS_STILL, GOES_WELL, FALLS, FALLS_LATE))
    ]

    assert bench(turned, trials=trials_around(DEFAULT_RULES)) == bench(
        clinic(), trials=trials_around(DEFAULT_RULES)
    )


@pytest.mark.parametrize("kind", [CurveKind.LOCAL, CurveKind.GENERAL, CurveKind.SYNTHETIC])
def test_band_and_prediction_are_both_seen_whatever_the_curve_is(kind: CurveKind) -> None:
    courses = clinic(a_curve(kind=kind))
    figures = bench(courses, trials=trials_around(DEFAULT_RULES))

    band, prediction = figures.grid(RuleId.OFF_TRACK_BAND), figures.grid(RuleId.OFF_TRACK)

    assert band is not None
    assert prediction is not None
    assert band.side(band.in_force).flagged.courses == 2
    assert prediction.side(prediction.in_force).flagged.courses >= 2


def test_off_the_path_and_worse_than_at_the_start_are_two_questions() -> None:
    """Who stands still is off the path and not worse; who falls is both."""
    curve = a_curve()
    still, falls, well = (lived(one, curve=curve) for one in (STANDS_STILL, FALLS, GOES_WELL))

    def asked(one: Lived) -> Asked:
        (found,) = bench([one], trials=()).questions
        return found

    assert (asked(still).ended_worse, asked(falls).ended_worse) == (False, True)
    assert asked(falls).is_foreseen_worse
    assert asked(falls).is_marked_off_path
    assert not asked(still).is_foreseen_worse
    assert asked(well) == Asked(
        is_marked_off_path=False,
        is_foreseen_worse=False,
        ended_off_path=False,
        ended_worse=False,
    )


@pytest.mark.parametrize("after", [[], [None]])
def test_what_was_said_on_the_way_does_not_rest_on_the_last_score(after: list[None]) -> None:
    """Only the last score puts these off the path, or lets them be foreseen to end worse."""

    def asked(scores: Sequence[int | None]) -> Asked:
        (found,) = bench([lived([*scores, *after], curve=a_curve())], trials=()).questions
        return found

    second_beyond, falls_last = asked([200, 230, 80, 70]), asked([200, 240, 250, 255, 60])
    both_before = asked([200, 80, 70, 75])

    assert second_beyond.ended_off_path
    assert not second_beyond.is_marked_off_path
    assert falls_last.ended_worse
    assert not falls_last.is_foreseen_worse
    assert both_before.is_marked_off_path
    assert both_before.is_foreseen_worse


@pytest.mark.parametrize(
    ("rule", "speaks"),
    [
        (RuleId.OFF_TRACK, {CurveKind.LOCAL, CurveKind.SYNTHETIC}),
        (RuleId.OFF_TRACK_BAND, {CurveKind.GENERAL}),
        (RuleId.MISSING, {None, *CurveKind}),
    ],
)
def test_a_rule_speaks_where_the_curve_lets_it(rule: RuleId, speaks: set[CurveKind | None]) -> None:
    """Held against the rules themselves, of which the bench tries two as if."""
    assert {kind for kind in (None, *CurveKind) if may_speak(rule, kind)} == speaks
    for kind in CurveKind:
        curve = a_curve(kind=kind)
        seen = tuple(moments(a_course(STANDS_STILL), curve, is_curve_accepted=True))
        (told,) = replay(seen, rules=(RULES[rule],))
        assert bool(told.evaluated) is (kind in speaks)


def test_without_a_curve_neither_question_is_asked() -> None:
    assert bench(clinic(), trials=()).questions == {}


def test_a_falling_alliance_is_gone_through_as_well() -> None:
    falling = an_alliance(360, 360, 360, 300, 300, 300)
    grid = around([lived(GOES_WELL, alliance=falling)], RuleId.ALLIANCE_DROP, "total_drop")

    flagged = {value: grid.side(at).flagged.courses for at, value in enumerate(grid.values)}
    assert flagged == {20: 1, 30: 1, 40: 1, 50: 1, 60: 1}
    assert list(grid.side(0).first_at) == [4]


def test_a_course_without_a_session_counts_nowhere() -> None:
    figures = bench([lived([])], trials=trials_around(DEFAULT_RULES))

    assert figures.sessions == 0
    assert all(grid.base.courses == Count() for grid in figures.grids)


def test_no_trial_weakens_what_must_be_seen_at_once() -> None:
    tried = {edition.id for trial in trials_around(DEFAULT_RULES) for edition in trial.editions}
    between = {
        edition.id for trial in trials_between(DEFAULT_RULES, []) for edition in trial.editions
    }

    assert RuleId.CRITICAL_ITEM not in tried | between


def test_every_number_that_may_be_moved_has_a_trial_around_what_is_in_force() -> None:
    for trial in trials_around(DEFAULT_RULES):
        assert trial.editions[trial.in_force] is RULES[trial.editions[0].id]
        if trial.parameter is not None:
            assert len(trial.editions) > 1


def test_a_number_in_force_that_is_offered_no_longer_is_tried_as_it_is() -> None:
    older = replace(RULES[RuleId.MISSING], parameters={"in_a_row": 9})

    (trial,) = trials_around([older])

    assert trial.editions[trial.in_force] is older
    assert [one.parameters["in_a_row"] for one in trial.editions] == [1, 2, 3, 4, 9]


def test_figures_that_were_kept_come_back_as_they_were() -> None:
    figures = bench(clinic(a_curve()), trials=trials_around(DEFAULT_RULES))
    figures.clinician_weeks = 12

    assert from_plain(to_plain(figures)) == figures


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"sessions": -1, "clinician_weeks": None, "grids": [], "questions": []},
        {"sessions": 1, "clinician_weeks": None, "grids": [3], "questions": []},
        {"sessions": 1, "clinician_weeks": None, "grids": {}, "questions": []},
        {"sessions": True, "clinician_weeks": None, "grids": [], "questions": []},
        {
            "sessions": 1,
            "clinician_weeks": None,
            "questions": [],
            "grids": [
                {
                    "rule": "invented",
                    "parameter": None,
                    "values": [0],
                    "in_force": 0,
                    "flags": [0],
                    "cells": [],
                    "first_at": [[]],
                }
            ],
        },
        {
            "sessions": 1,
            "clinician_weeks": None,
            "questions": [],
            "grids": [
                {
                    "rule": "missing",
                    "parameter": None,
                    "values": [0],
                    "in_force": 1,
                    "flags": [0],
                    "cells": [],
                    "first_at": [[]],
                }
            ],
        },
        {
            "sessions": 1,
            "clinician_weeks": None,
            "questions": [],
            "grids": [
                {
                    "rule": "missing",
                    "parameter": 3,
                    "values": ["a"],
                    "in_force": 0,
                    "flags": [0],
                    "cells": [],
                    "first_at": [[]],
                }
            ],
        },
    ],
)
def test_anything_else_that_was_kept_is_refused(kept: dict[str, object]) -> None:
    with pytest.raises(UnreadableFiguresError, match="run samklang bench again"):
        from_plain(kept)


def test_counts_of_cells_add_up() -> None:
    grid = Grid(RuleId.MISSING, None, (0, 1), 0)
    grid.cells[Cell(0b01, 0, CourseEnd.IMPROVED, is_off_path=False)] = Count(3, 2)
    grid.cells[Cell(0b11, 0b10, CourseEnd.WORSE, is_off_path=True)] = Count(1, 1)

    grid.cells[Cell(0b11, 0b01, CourseEnd.WORSE, is_off_path=True)] = Count()

    assert grid.only(0, 1) == Count(3, 2)
    assert grid.only(0, 1, lambda cell: cell.end is CourseEnd.WORSE) == Count()
    assert (grid.later(1, 0), grid.later(0, 1)) == (Count(1, 1), Count())
    assert grid.side(0).flagged == Count(4, 3)
    assert grid.side(1).off_path == Count(1, 1)
    assert BenchFigures().grid(RuleId.MISSING) is None


def test_a_trial_of_more_than_one_number_is_told_by_its_place() -> None:
    both = moved(
        moved(RULES[RuleId.NO_CHANGE], parameter="second_look", value=14),
        parameter="first_look",
        value=8,
    )

    grid = between([lived(STANDS_STILL)], both)

    assert (grid.parameter, grid.values) == (None, (0, 1))
    assert Trial((both,), None, 0).grid().values == (0,)
    assert grid.only(0, 1) == Count(1, 1)
