"""The numbers that a rule saw, one line each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.web.words import Words


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One number that a rule saw."""

    name: str
    value: str


def _points(words: Words, value: float) -> str:
    return words.tenths(round(value))


def _answer(words: Words, value: float) -> str:
    return words.whole(round(value))


def _in_100(words: Words, value: float) -> str:
    return words("review.in_100", p=round(100 * value))


def _count(words: Words, value: float) -> str:
    return words.number(value, digits=0)


_WRITTEN: Mapping[str, Callable[[Words, float], str]] = {
    "answer": _answer,
    "at_least": _answer,
    "first": _points,
    "previous": _points,
    "last": _points,
    "worse_by": _points,
    "largest_change": _points,
    "reliable_change": _points,
    "at_once_percent": _count,
    "p_no_improvement": _in_100,
    "on_from": _in_100,
    "off_below": _in_100,
    "horizon": _count,
    "score_2": _points,
    "limit_2": _points,
    "score_1": _points,
    "limit_1": _points,
    "score_0": _points,
    "limit_0": _points,
    "in_a_row": _count,
    "look": _count,
    "total": _points,
    "below_mean": _points,
    "sd": _points,
    "largest_item_fall": _points,
    "total_drop": _points,
    "item_drop": _points,
    "sd_multiple": _count,
    "earlier": _count,
    "earlier_ratings": _count,
    "early_limit": _points,
    "early_ratings": _count,
    "early_sessions": _count,
    "early_percent": _count,
    "total_range": _points,
    "item_range": _points,
    "cut_off": _points,
    "swings": _count,
    "scores": _count,
    "days_since_contact": _count,
    "days": _count,
}
"""How each number is written, in the order of the page."""

_SESSIONS = frozenset({"horizon", "look"})
"""Numbers that name a session, counted from the start score."""


def number_rows(
    words: Words, numbers: Mapping[str, int | float], *, session_offset: int
) -> Sequence[NumberRow]:
    """Return every number that a rule saw, with its name."""
    return [
        NumberRow(
            name=words(f"review.number_{name}"),
            value=write(words, numbers[name] + (session_offset if name in _SESSIONS else 0)),
        )
        for name, write in _WRITTEN.items()
        if name in numbers
    ]
