"""Courses that have a first score, as columns; and how they are written down to be kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.clinical.counted_scores import CountedScores
from app.clinical.growth_statistics import Whole
from app.clinical.told_courses import ToldScores, texts_of

_WRITTEN = np.dtype("<i4")
"""Wide enough for tenths and sessions; the same on every machine."""


@dataclass(frozen=True, slots=True, eq=False)
class BegunCourses:
    """Courses with their scores that count, from the first one on.

    Attributes
    ----------
    course
        Which course each is, by a number of the caller's.
    sizes
        Number of scores of each course, 1 or more.
    sessions, scores
        Session number k and tenths of a point: one entry per score, course by course in order.
    first_at, earliest, latest
        Microseconds since 1970: when the first score of each course was given, and the
        earliest and the latest of them.
    oldest, newest
        The least and the greatest edition of the form of each course.
    text_versions
        The editions of the item text of each course, with blanks between them.
    """

    course: Sequence[int]
    sizes: Whole
    sessions: Whole
    scores: Whole
    first_at: Sequence[int]
    earliest: Sequence[int]
    latest: Sequence[int]
    oldest: Sequence[int]
    newest: Sequence[int]
    text_versions: Sequence[str]

    @property
    def starts(self) -> Whole:
        """Where each course begins among the scores."""
        return np.cumsum(self.sizes) - self.sizes


@dataclass(frozen=True, slots=True)
class WrittenCourse:
    """One course as it is kept."""

    sessions: bytes
    scores: bytes
    first_at: int | None = None
    earliest: int | None = None
    latest: int | None = None
    oldest: int | None = None
    newest: int | None = None
    text_versions: str = ""


NOT_BEGUN = WrittenCourse(b"", b"")
"""A course without a score that counts."""


def begun_courses(told: ToldScores, found: CountedScores) -> BegunCourses:
    """Return the courses that have begun, by their places among those told."""
    counted = told.of(found.rows)
    moments = counted.rated_at.view(np.int64)
    return BegunCourses(
        course=counted.course[found.starts].tolist(),
        sizes=found.sizes,
        sessions=found.sessions,
        scores=counted.score,
        first_at=moments[found.starts].tolist(),
        earliest=found.least_of(moments).tolist(),
        latest=found.greatest_of(moments).tolist(),
        oldest=found.least_of(counted.edition).tolist(),
        newest=found.greatest_of(counted.edition).tolist(),
        text_versions=_texts(counted, found),
    )


def written(begun: BegunCourses) -> Sequence[WrittenCourse]:
    """Return the courses as they are kept, one by one."""
    sessions, scores = (_parts(column, begun.sizes) for column in (begun.sessions, begun.scores))
    columns = (begun.first_at, begun.earliest, begun.latest, begun.oldest, begun.newest)
    return [
        WrittenCourse(*one)
        for one in zip(sessions, scores, *columns, begun.text_versions, strict=True)
    ]


def read_again(course: Sequence[int], columns: Sequence[Sequence[Any]]) -> BegunCourses:
    """Return courses that were kept.

    Parameters
    ----------
    course
        A number for each of them.
    columns
        What ``WrittenCourse`` has, in its order: one entry per course in each.
    """
    sessions, scores, first_at, earliest, latest, oldest, newest, text_versions = columns
    sizes = np.fromiter(map(len, sessions), np.int64, len(sessions)) // _WRITTEN.itemsize
    return BegunCourses(
        course,
        sizes,
        np.frombuffer(b"".join(sessions), _WRITTEN),
        np.frombuffer(b"".join(scores), _WRITTEN),
        first_at,
        earliest,
        latest,
        oldest,
        newest,
        text_versions,
    )


def _parts(column: Whole, sizes: Whole) -> list[bytes]:
    narrow = column.astype(_WRITTEN)
    if (narrow != column).any():
        raise OverflowError(int(np.abs(column).max()))
    whole, ends = narrow.tobytes(), (np.cumsum(sizes) * _WRITTEN.itemsize).tolist()
    return [whole[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


def _texts(counted: ToldScores, found: CountedScores) -> list[str]:
    column: NDArray[Any] = counted.text_version
    if not len(column) or (column == column[0]).all():
        return [" ".join(texts_of(column[:1]))] * len(found.starts)
    ends = np.append(found.starts[1:], len(column))
    return [
        " ".join(sorted(texts_of(column[begin:end])))
        for begin, end in zip(found.starts, ends, strict=True)
    ]
