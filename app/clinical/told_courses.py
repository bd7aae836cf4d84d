"""Courses as a database tells them, a text for each, to columns of their scores.

An object of Python for each of millions of scores costs more than to read them. So a
database strings together what belongs to a course, each part of it as wide as all of
its kind, and some thousand courses are taken apart here at once.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.clinical.growth_statistics import Whole

Moments = NDArray[np.datetime64]
Texts = NDArray[np.bytes_]

RANK_ABOVE = 10**13
"""Added to a rank, so that all have 14 digits: more than there will ever be ratings."""

NUMBER_ABOVE = 5 * 10**9
"""Added to a score and an edition, so that all have 10 digits, also when they are below 0."""

MOMENT_WIDTH = 26
"""Of a moment in UTC, as in ``2026-11-30 09:00:00.000000``."""

TEXT_WIDTH = 40
"""Of the edition of an item text, with blanks at its end."""

_EPOCH, _MICROSECOND = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.timedelta(microseconds=1)
_RANK_WIDTH, _NUMBER_WIDTH = 14, 10
_NOT_ATTENDED = -1


@dataclass(frozen=True, slots=True, eq=False)
class ToldScores:
    """Scores of some courses, whether they count or not: one entry for each in every column.

    Attributes
    ----------
    course
        The course of each score: its place among those told; never decreasing.
    place
        How many attended sessions of the course were before that of the score; -1 where
        that one was not attended.
    rank
        Of several scores of one session the one of the highest rank counts.
    score
        Tenths of a point.
    edition, text_version
        Of the form and of its item text, the latter with blanks at its end.
    rated_at
        In UTC.
    """

    course: Whole
    place: Whole
    rank: Whole
    score: Whole
    edition: Whole
    rated_at: Moments
    text_version: Texts

    def of(self, rows: Whole) -> Self:
        """Return some of the scores, by their places."""
        return type(self)(*(getattr(self, name)[rows] for name in self.__slots__))


def told_scores(sessions: Sequence[str], *, scores: Sequence[str], name_width: int) -> ToldScores:
    """Return the scores of some courses, out of what a database has told.

    Parameters
    ----------
    sessions
        One text per course: the names of its attended sessions in order, nothing between them.
    scores
        One text per course: of each score the name of its session, rank, score, edition of
        the form, moment and edition of the item text, nothing between them.
    name_width
        How many characters the name of a session has.
    """
    kinds = [
        ("session", f"S{name_width}"),
        ("rank", f"S{_RANK_WIDTH}"),
        ("score", f"S{_NUMBER_WIDTH}"),
        ("edition", f"S{_NUMBER_WIDTH}"),
        ("rated_at", f"S{MOMENT_WIDTH}"),
        ("text_version", f"S{TEXT_WIDTH}"),
    ]
    told = np.frombuffer(_bytes_of(scores), dtype=kinds)
    course = _numbers(scores, width=told.dtype.itemsize)
    return ToldScores(
        course=course,
        place=_places(sessions, course=course, asked=told["session"].tolist(), width=name_width),
        rank=_whole(told["rank"]) - RANK_ABOVE,
        score=_whole(told["score"]) - NUMBER_ABOVE,
        edition=_whole(told["edition"]) - NUMBER_ABOVE,
        rated_at=told["rated_at"].astype("datetime64[us]"),
        text_version=told["text_version"],
    )


def microseconds(moment: dt.datetime) -> int:
    """Return a moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_at(told: int) -> dt.datetime:
    """Return the moment that so many microseconds since 1970 are."""
    return _EPOCH + told * _MICROSECOND


def texts_of(told: Texts) -> frozenset[str]:
    """Return which editions of the item text there are in a column."""
    return frozenset(one.decode().rstrip() for one in set(told.tolist())) - {""}


def _bytes_of(texts: Sequence[str]) -> bytes:
    # A sign that takes two bytes would shift all that comes after it: better none is read.
    return "".join(texts).encode("ascii")


def _numbers(texts: Sequence[str], *, width: int) -> Whole:
    """Return for each part of some texts the number of the text that it is from."""
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) // width
    return np.repeat(np.arange(len(texts)), sizes)


def _places(sessions: Sequence[str], *, course: Whole, asked: list[bytes], width: int) -> Whole:
    """Return the place of each session that is asked for, within its own course."""
    names = np.frombuffer(_bytes_of(sessions), dtype=f"S{width}").tolist()
    row_of = dict(zip(names, range(len(names)), strict=True))
    rows = np.fromiter(
        map(row_of.get, asked, repeat(_NOT_ATTENDED)), dtype=np.int64, count=len(asked)
    )
    owner = _numbers(sessions, width=width)
    firsts = np.searchsorted(owner, np.arange(len(sessions)))
    is_there = rows != _NOT_ATTENDED
    # A session of another course is none of this one.
    is_there[is_there] = owner[rows[is_there]] == course[is_there]
    return np.where(is_there, rows - firsts[course], _NOT_ATTENDED)


def _whole(column: Texts) -> Whole:
    """Return the numbers that a column of digits stands for."""
    width = column.dtype.itemsize
    digits = np.ascontiguousarray(column).view(np.uint8).reshape(-1, width)
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    # Not a product of matrices: for whole numbers that is slower.
    sums: Whole = ((digits - ord("0")) * powers).sum(axis=1)
    return sums
