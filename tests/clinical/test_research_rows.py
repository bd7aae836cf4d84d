"""Rows for research: nobody stands alone in them, and nothing leads back to anybody."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical import research_rows, written_research
from app.clinical.ages import AGE_BANDS
from app.clinical.research_rows import (
    End,
    EndedCourse,
    NamesError,
    ResearchPerson,
    Told,
    deidentify,
    exported,
    teams_shown,
)
from app.clinical.written_research import NoExportError
from tests.support.ended import A_YEAR, CHILD, MIDDLE, a_course, names_for, several, told


def known(one: ResearchPerson) -> tuple[str | None, int | None, bool, str]:
    return one.age, one.year, one.team is not None, one.length


def test_a_service_by_hand() -> None:
    """Nine adults and two children in two teams, k = 5, worked out on paper.

    Five of 18 to 29 in one team and year: told all. Three of 18 to 29 and two of 30 to 49 in the
    other team: too few each, as adults five, told so with their team. A child is with one other
    child only, even when least is told: both stay out, since their courses are longer than all
    others and length is always told.
    """
    courses = [
        *several(5),
        *several(3, team="fjell", first=200),
        *several(2, team="fjell", first=300, age=MIDDLE),
        a_course(90, 130, days=[0, 200], age=CHILD),
        a_course(80, 100, days=[0, 210], age=CHILD),
    ]

    found = told(courses)

    assert Counter(known(one) for one in found.people) == {
        ("18 to 29", 2025, True, "0 to 12"): 5,
        ("18 or more", 2025, True, "0 to 12"): 5,
    }
    assert found.told == {Told.ALL: 5, Told.AGE_GROUP: 5, Told.NO_TEAM: 0, Told.LEAST: 0}
    assert found.left_out == 2
    assert len({one.team for one in found.people}) == 2


def test_then_no_team_is_told_and_then_neither_age_nor_year() -> None:
    courses = [
        *several(8),
        *several(8, team="fjell", first=150),
        # Of another year: three in each team, six adults together.
        *several(3, year=2024, first=200),
        *several(3, year=2024, first=250, team="fjell"),
        # And of a third: two and three, alike in nothing but in having been here.
        *several(2, year=2023, first=300),
        *several(3, year=2022, first=350, age=None, team="fjell"),
    ]

    found = told(courses)

    assert found.told == {Told.ALL: 16, Told.AGE_GROUP: 0, Told.NO_TEAM: 6, Told.LEAST: 5}
    assert Counter(known(one) for one in found.people) == {
        ("18 to 29", 2025, True, "0 to 12"): 16,
        ("18 or more", 2024, False, "0 to 12"): 6,
        (None, None, False, "0 to 12"): 5,
    }
    assert found.left_out == 0


def test_an_unknown_age_is_as_good_to_know_as_another() -> None:
    found = told([*several(5), *several(4, age=None, first=200)], has_teams=False)

    assert Counter(one.age for one in found.people) == {"18 to 29": 5}
    assert found.left_out == 4


@pytest.mark.parametrize(
    "courses",
    [
        [a_course(100, 140 + place) for place in range(6)],
        [a_course(100 + place, 140) for place in range(6)],
        [a_course(100 + place, 140 + place) for place in range(6)],
    ],
    ids=["same first score", "same last score", "same change"],
)
def test_those_who_are_all_alike_in_a_score_are_too_few(courses: list[EndedCourse]) -> None:
    assert told(courses, has_teams=False).people == ()
    assert len(told([*courses, a_course(70, 260)], has_teams=False).people) == 7


def test_one_score_only_is_no_change_of_nought() -> None:
    found = told([a_course(100 + place) for place in range(5)], has_teams=False)

    assert [one.length for one in found.people] == ["one score"] * 5
    assert {len(one.scores) for one in found.people} == {1}


@pytest.mark.parametrize(
    ("day", "week", "length"),
    [
        (6, 0, "0 to 12"),
        (7, 1, "0 to 12"),
        (90, 12, "0 to 12"),
        (91, 13, "13 to 26"),
        (188, 26, "13 to 26"),
        (189, 27, "27 to 52"),
        (370, 52, "27 to 52"),
        (371, 53, "53 or more"),
    ],
)
def test_time_is_whole_weeks_since_the_first_score(day: int, week: int, length: str) -> None:
    found = told(
        [a_course(100 + one, 200 + 3 * one, days=[0, day]) for one in range(5)], has_teams=False
    )

    assert {one.scores[1].week for one in found.people} == {week}
    assert {one.length for one in found.people} == {length}


def test_a_team_of_one_therapist_is_not_told_nor_found_by_being_the_only_one() -> None:
    alone = several(20, team="one", therapists=frozenset({"t"}))
    large, small = several(9, team="large"), several(6, team="small")

    assert teams_shown([*large, *small], k=5) == {"large", "small"}
    assert teams_shown([*alone, *large, *small], k=5) == set()
    assert teams_shown([*alone, *large, *small, *several(40, team="huge")], k=5) == {"huge"}
    assert teams_shown([*several(4, team="few"), *large, *small], k=5) == {"large"}
    assert teams_shown(alone, k=5) == set()


def test_patients_of_one_or_two_therapists_are_told_apart_from_those_of_more() -> None:
    three = [
        replace(course, therapists=frozenset({f"t{place % 3}"}))
        for place, course in enumerate(several(9))
    ]
    two = [
        replace(course, therapists=frozenset({f"t{place % 2}"}))
        for place, course in enumerate(several(9))
    ]

    assert not told(three).is_of_one_therapist
    assert told(two).is_of_one_therapist
    assert told(several(9, therapists=frozenset({"t"}))).is_of_one_therapist
    # Who is left out does not make them more.
    assert told(
        [*two, a_course(100, 200, days=[0, 7], age=None, therapists=frozenset({"t9"}))]
    ).is_of_one_therapist
    assert not told([]).is_of_one_therapist


def test_teams_are_told_only_where_that_is_asked_for() -> None:
    found = told([*several(9), *several(9, team="fjell")], has_teams=False)

    assert {one.team for one in found.people} == {None}


def test_fewer_than_five_alike_are_refused() -> None:
    with pytest.raises(ValueError, match="k is 4; it must be 5 or more"):
        told(several(9), k=4)


@pytest.mark.parametrize("names", [["a"] * 6, ["a", "b", "c"], ["a", "b", "c", "d", "e", "a"]])
def test_names_must_be_enough_and_different(names: list[str]) -> None:
    with pytest.raises(NamesError, match="6 are needed"):
        deidentify(several(5), k=5, has_teams=True, names=names)


@pytest.mark.parametrize(("alone", "said"), [(0, 0), (1, None), (4, None)])
def test_how_many_are_left_out_is_not_told_of_few(alone: int, said: int | None) -> None:
    made = told([*several(5), *several(alone, end=End.UNPLANNED)])

    assert made.left_out == alone
    assert exported(A_YEAR, made).left_out == said


def test_many_that_are_left_out_are_counted() -> None:
    lengths = [[0, 100], [0, 200], [0, 400]]
    few = [
        a_course(100 + 7 * place, 150 + place, days=days) for days in lengths for place in range(2)
    ]

    assert exported(A_YEAR, told([*several(5), *few])).left_out == 6


def test_what_was_written_is_read_back_as_it_was() -> None:
    export = exported(A_YEAR, told([*several(7), *several(6, team="fjell", first=300)]))

    text = written_research.text_of(export)

    assert written_research.export_of(text) == export
    assert written_research.text_of(written_research.export_of(text)) == text
    with pytest.raises(NoExportError, match=r"this is no research export: people"):
        written_research.export_of(text.replace('"people"', '"persons"'))


@st.composite
def services(draw: st.DrawFn) -> list[EndedCourse]:
    """Return the ended courses of a service, each marked by a first score of its own."""
    n = draw(st.integers(0, 60))
    found = []
    for place in range(n):
        more = draw(st.lists(st.integers(0, 400), max_size=3))
        totals = [draw(st.integers(0, 400)) if draw(st.booleans()) else place, *more]
        found.append(
            a_course(
                *totals,
                days=[0, *sorted(draw(st.integers(0, 500)) for _ in more)],
                team=draw(st.sampled_from(["a", "b", "c"])),
                therapists=frozenset([draw(st.sampled_from(["t1", "t2", "t3", "t4"]))]),
                age=draw(st.sampled_from([None, *AGE_BANDS[2:4]])),
                year=draw(st.sampled_from([2024, 2025])),
                end=draw(st.sampled_from(End)),
            )
        )
    return found


@given(services(), st.integers(5, 7), st.booleans())
def test_of_each_class_there_are_k_and_everybody_is_counted(
    courses: list[EndedCourse],
    k: int,
    has_teams: bool,  # noqa: FBT001 - Hypothesis gives it by place
) -> None:
    found = told(courses, k=k, has_teams=has_teams)

    assert all(n >= k for n in research_rows.classes(found.people).values())
    assert len({one.person for one in found.people}) == len(found.people)
    assert len(found.people) + found.left_out == len(courses)
    assert sum(found.told.values()) == len(found.people)
    for members in by_class(found.people).values():
        assert len({one.scores[0].score for one in members}) > 1
        assert len({one.scores[-1].score for one in members}) > 1


@given(services(), st.booleans())
def test_whoever_knows_all_but_the_scores_has_k_to_choose_from(
    courses: list[EndedCourse],
    has_teams: bool,  # noqa: FBT001 - as above
) -> None:
    """The attacker knows age band, year, team, ending and length of everybody, and the rule.

    For each person, those rows are counted that could be theirs: what is told fits, and what is
    not told is open. The real name of each team in the file is known to the attacker as well.
    """
    names = names_for(courses)
    found = deidentify(courses, k=5, has_teams=has_teams, names=names)
    own = dict(zip(names, courses, strict=False))
    teams = {one.team: own[one.person].team for one in found.people if one.team}

    for one in found.people:
        target = own[one.person]
        fits = [row for row in found.people if could_be(row, target, teams=teams)]
        assert one in fits
        assert len(fits) >= 5


def could_be(row: ResearchPerson, target: EndedCourse, *, teams: Mapping[str, str]) -> bool:
    low = target.age[0] if target.age else None
    ages = {None, "unknown"} if low is None else {None, "18 or more", f"{low} to {{}}"}
    age_fits = row.age in ages or (low is not None and str(row.age).startswith(f"{low} to"))
    return (
        age_fits
        and row.year in {None, target.year}
        and (row.team is None or teams[row.team] == target.team)
        and row.end is target.end
    )


@given(services())
def test_nothing_that_came_in_goes_out_but_scores(courses: list[EndedCourse]) -> None:
    marked = [
        replace(course, team=f"TEAM-{course.team}", therapists=frozenset({"THERAPIST"}))
        for course in courses
    ]

    text = written_research.text_of(exported(A_YEAR, told(marked)))

    assert "TEAM-" not in text
    assert "THERAPIST" not in text
    assert '"day"' not in text


@given(services(), st.randoms(use_true_random=False))
def test_the_place_in_the_file_tells_nothing_of_the_order_before(
    courses: list[EndedCourse], chance: Random
) -> None:
    """Whoever knows the order in which patients came in finds rows in the order of their names."""
    names = names_for(courses)
    pairs = list(zip(courses, names, strict=False))
    teams = {course.team for course in courses}
    chance.shuffle(pairs)

    found = deidentify(courses, k=5, has_teams=len(teams) < 2, names=names)
    shuffled = deidentify(
        [course for course, _ in pairs],
        k=5,
        has_teams=len(teams) < 2,
        names=[*(name for _, name in pairs), *names[len(courses) :]],
    )

    assert shuffled == found
    assert [one.person for one in found.people] == sorted(one.person for one in found.people)


def test_two_exports_of_the_same_patients_cannot_be_joined_by_name_or_by_place() -> None:
    courses = [a_course(place, 400 - place) for place in range(300)]

    one, other = told(courses, seed=1), told(courses, seed=2)

    assert not {row.person for row in one.people} & {row.person for row in other.people}
    assert not {row.team for row in one.people} & {row.team for row in other.people}
    places = [[row.scores[0].score for row in each.people] for each in (one, other)]
    assert sorted(places[0]) == sorted(places[1]) == list(range(300))
    # As many patients stand in the same place by chance as in a shuffled list: one, mostly.
    in_place = sum(a == b for a, b in zip(*places, strict=True))
    assert in_place < 8
    assert abs(order_alike(*places)) < 0.2
    assert abs(order_alike(places[0], list(range(300)))) < 0.2


def test_the_attack_by_order_finds_rows_that_were_not_shuffled() -> None:
    assert order_alike(list(range(300)), [2 * place for place in range(300)]) == 1


def test_by_the_scores_two_exports_could_be_joined_so_that_courses_leave_once() -> None:
    courses = [a_course(place, 400 - place) for place in range(20)]

    one, other = told(courses, seed=1), told(courses, seed=2)

    by_scores = {row.scores: row for row in other.people}
    assert all(row.scores in by_scores for row in one.people)


def order_alike(one: Sequence[int], other: Sequence[int]) -> float:
    """Return Kendall's tau of two orders."""
    pairs = list(itertools.combinations(zip(one, other, strict=True), 2))
    agree = sum((a[0] < b[0]) == (a[1] < b[1]) for a, b in pairs)
    return 2 * agree / len(pairs) - 1


def by_class(
    people: Sequence[ResearchPerson],
) -> Mapping[tuple[Hashable, ...], Sequence[ResearchPerson]]:
    found: dict[tuple[Hashable, ...], list[ResearchPerson]] = defaultdict(list)
    for one in people:
        found[one.known].append(one)
    return found
