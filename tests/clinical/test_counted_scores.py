"""Of the scores of a course those count that are told on a patient's page."""

from collections.abc import Mapping

from app.clinical.counted_scores import count_scores

NONE = 0


def counted(
    *rows: tuple[str, str, int], named: Mapping[str, int | None] | None = None
) -> list[list[tuple[int, int]]]:
    """Return place and session number of the scores that count, course by course."""
    courses, sessions, ranks = zip(*rows, strict=True)
    found = count_scores(courses, sessions=sessions, ranks=ranks, named=named or {})
    pairs = list(zip(found.rows.tolist(), found.sessions.tolist(), strict=True))
    spans = [
        slice(begin, begin + size)
        for begin, size in zip(found.starts.tolist(), found.sizes.tolist(), strict=True)
    ]
    return [pairs[span] for span in spans]


def test_a_course_begins_with_its_first_score_and_counts_sessions_without_one() -> None:
    assert counted(
        ("a", "s1", NONE), ("a", "s2", 5), ("a", "s3", NONE), ("a", "s4", 7), ("b", "s5", 2)
    ) == [[(1, 1), (3, 3)], [(4, 1)]]


def test_of_a_session_the_score_of_the_highest_rank_counts() -> None:
    assert counted(("a", "s1", 5), ("a", "s1", 9), ("a", "s1", 7), ("a", "s2", 6)) == [
        [(1, 1), (3, 2)]
    ]


def test_a_course_without_a_score_that_counts_is_none() -> None:
    assert counted(("a", "s1", NONE), ("b", "s2", 4), ("c", "s3", NONE)) == [[(1, 1)]]
    assert counted(("a", "s1", NONE)) == []


def test_the_start_that_a_clinician_named_is_the_first_session() -> None:
    rows = (("a", "s1", 5), ("a", "s2", 6), ("a", "s3", 7), ("b", "s4", 1), ("b", "s5", 2))

    assert counted(*rows, named={"a": 6}) == [[(1, 1), (2, 2)], [(3, 1), (4, 2)]]
    assert counted(*rows, named={"b": 2}) == [[(0, 1), (1, 2), (2, 3)], [(4, 1)]]


def test_a_named_score_that_counts_no_longer_is_no_start() -> None:
    assert counted(("a", "s1", 5), ("a", "s2", 6), ("a", "s2", 8), named={"a": 6}) == [
        [(0, 1), (2, 2)]
    ]


def test_a_course_whose_start_was_not_attended_has_not_begun() -> None:
    assert counted(("a", "s1", 5), ("a", "s2", 6), ("b", "s3", 4), named={"a": None}) == [[(2, 1)]]


def test_scores_of_some_courses_can_be_asked_for() -> None:
    found = count_scores(["a", "a", "b"], sessions=["s1", "s2", "s3"], ranks=[1, 2, 3], named={})

    assert found.of_courses([False, True]) == [False, False, True]
