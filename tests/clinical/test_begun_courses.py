"""A database's texts become courses, and courses are read again as they were written."""

import datetime as dt
from dataclasses import replace

import pytest

from app.clinical.begun_courses import BegunCourses, begun_courses, read_again, written
from app.clinical.counted_scores import count_scores
from app.clinical.told_courses import (
    NUMBER_ABOVE,
    RANK_ABOVE,
    TEXT_WIDTH,
    ToldScores,
    microseconds,
    moment_at,
    told_scores,
)

NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


def score(
    session: str, *, rank: int, total: int, edition: int = 1, day: int = 0, text: str = ""
) -> str:
    """Return a score as a database strings it together."""
    at = f"{NOON + dt.timedelta(days=day):%Y-%m-%d %H:%M:%S.%f}"
    return "".join(
        [
            *(session, str(RANK_ABOVE + rank), str(NUMBER_ABOVE + total)),
            *(str(NUMBER_ABOVE + edition), at, text.ljust(TEXT_WIDTH)),
        ]
    )


def told() -> ToldScores:
    """Return two courses, the second of which knows no session of its second score."""
    return told_scores(
        ["s1s2", "s3"],
        scores=[
            score("s2", rank=1 << 41, total=-120, day=2, text="b")
            + score("s1", rank=3, total=0, edition=2, day=3, text="a"),
            score("s3", rank=4, total=250) + score("s1", rank=5, total=9),
        ],
        name_width=2,
    )


def begun() -> BegunCourses:
    one = told()
    return begun_courses(one, count_scores(one.course, places=one.place, ranks=one.rank, named={}))


def test_a_text_is_taken_apart_into_scores() -> None:
    found = told()

    assert found.course.tolist() == [0, 0, 1, 1]
    assert found.place.tolist() == [1, 0, 0, -1]
    assert found.rank.tolist() == [1 << 41, 3, 4, 5]
    assert found.score.tolist() == [-120, 0, 250, 9]
    assert found.edition.tolist() == [1, 2, 1, 1]


def test_courses_without_a_score_are_none() -> None:
    found = told_scores(["s1", ""], scores=["", ""], name_width=2)

    courses = begun_courses(
        found, count_scores(found.course, places=found.place, ranks=found.rank, named={})
    )

    assert list(courses.course) == []
    assert list(written(courses)) == []


def test_a_sign_that_takes_two_bytes_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        told_scores(["å1"], scores=[score("å1", rank=1, total=1)], name_width=2)


def test_what_is_told_of_a_course_is_of_its_scores_that_count() -> None:
    courses = begun()

    assert list(courses.course) == [0, 1]
    assert courses.sizes.tolist() == [2, 1]
    assert courses.sessions.tolist() == [1, 2, 1]
    assert courses.scores.tolist() == [0, -120, 250]
    assert [moment_at(one) for one in courses.first_at] == [NOON + dt.timedelta(days=3), NOON]
    assert [moment_at(one) for one in courses.earliest] == [NOON + dt.timedelta(days=2), NOON]
    assert [moment_at(one) for one in courses.latest] == [NOON + dt.timedelta(days=3), NOON]
    assert (courses.oldest, courses.newest) == ([1, 1], [2, 1])
    assert courses.text_versions == ["a b", ""]


def test_a_moment_is_told_in_microseconds() -> None:
    moment = NOON + dt.timedelta(microseconds=1)

    assert moment_at(microseconds(moment)) == moment
    assert microseconds(moment) == 1_796_040_000_000_001


def test_courses_are_read_again_as_they_were_written() -> None:
    courses = begun()
    kept = written(courses)

    again = read_again([8, 9], [[getattr(one, name) for one in kept] for name in kept[0].__slots__])

    assert list(again.course) == [8, 9]
    for name in ("sizes", "sessions", "scores", "starts"):
        assert getattr(again, name).tolist() == getattr(courses, name).tolist()
    for name in ("first_at", "earliest", "latest", "oldest", "newest", "text_versions"):
        assert getattr(again, name) == getattr(courses, name)


def test_a_number_too_wide_to_be_kept_is_refused() -> None:
    courses = begun()
    too_wide = courses.scores.copy()
    too_wide[0] = 2**40

    with pytest.raises(OverflowError):
        written(replace(courses, scores=too_wide))
