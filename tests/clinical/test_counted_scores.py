"""Of the scores of a course those count that are told on a patient's page."""

from collections.abc import Mapping, Sequence

from app.clinical.counted_scores import count_scores

NOT_ATTENDED = -1


def counted(
    *rows: tuple[int, int, int],
    named: Mapping[int, int | None] | None = None,
    aside: Sequence[int] = (),
) -> list[list[tuple[int, int]]]:
    """Return row and session number of the scores that count, course by course."""
    courses, places, ranks = zip(*rows, strict=True)
    found = count_scores(courses, places=places, ranks=ranks, named=named or {}, aside=aside)
    pairs = list(zip(found.rows.tolist(), found.sessions.tolist(), strict=True))
    spans = [
        slice(begin, begin + size)
        for begin, size in zip(found.starts.tolist(), found.sizes.tolist(), strict=True)
    ]
    return [pairs[span] for span in spans]


def test_a_course_begins_with_its_first_score_and_counts_sessions_without_one() -> None:
    assert counted((0, 1, 5), (0, 3, 7), (1, 0, 2)) == [[(0, 1), (1, 3)], [(2, 1)]]


def test_scores_count_in_the_order_of_their_sessions() -> None:
    assert counted((0, 3, 5), (0, 1, 7), (0, 2, 6)) == [[(1, 1), (2, 2), (0, 3)]]


def test_of_a_session_the_score_of_the_highest_rank_counts() -> None:
    assert counted((0, 0, 5), (0, 0, 9), (0, 0, 7), (0, 1, 6)) == [[(1, 1), (3, 2)]]


def test_a_score_that_was_set_aside_counts_for_nothing() -> None:
    rows = ((0, 0, 5), (0, 1, 9), (0, 1, 7), (1, 0, 3))

    assert counted(*rows, aside=[3, 9]) == [[(0, 1), (2, 2)]]
    assert counted(*rows, aside=[3, 5, 7, 9]) == []


def test_a_score_of_a_session_that_was_not_attended_counts_for_nothing() -> None:
    assert counted((0, NOT_ATTENDED, 5), (0, 1, 6), (1, NOT_ATTENDED, 7)) == [[(1, 1)]]


def test_the_start_that_a_clinician_named_is_the_first_session() -> None:
    rows = ((0, 0, 5), (0, 1, 6), (0, 2, 7), (1, 0, 1), (1, 1, 2))

    assert counted(*rows, named={0: 6}) == [[(1, 1), (2, 2)], [(3, 1), (4, 2)]]
    assert counted(*rows, named={1: 2}) == [[(0, 1), (1, 2), (2, 3)], [(4, 1)]]


def test_a_named_score_that_counts_no_longer_is_no_start() -> None:
    assert counted((0, 0, 5), (0, 1, 6), (0, 1, 8), named={0: 6}) == [[(0, 1), (2, 2)]]


def test_a_course_whose_start_was_not_attended_has_not_begun() -> None:
    assert counted((0, 0, 5), (0, 1, 6), (1, 0, 4), named={0: None}) == [[(2, 1)]]
