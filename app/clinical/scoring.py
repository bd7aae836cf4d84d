"""Answers to a score: what counts, what may be missing, and which answers are refused.

All values are integers in tenths of a point, so that sums are exact and a
prorated total is rounded by whole-number arithmetic alone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from app.clinical.instruments import Instrument, Item, Method, Tenths


class WhyNoTotal(Enum):
    """Why a form has no total."""

    EMPTY = "empty"
    TOO_MANY_MISSING = "too_many_missing"


@dataclass(frozen=True, slots=True)
class Score:
    """What one form says in numbers.

    Attributes
    ----------
    total
        The score in tenths, or ``None`` if the form has none.
    subscales
        Score of each subscale in tenths, in the instrument's order; ``None``
        for a subscale with a missing item.
    missing
        Keys of the items that were asked and not answered, in the order of the form.
    is_prorated
        Whether ``total`` stands in for a form with missing items.
    why_no_total
        The reason when ``total`` is ``None``, else ``None``.
    """

    total: Tenths | None
    subscales: Mapping[str, Tenths | None]
    missing: tuple[str, ...]
    is_prorated: bool
    why_no_total: WhyNoTotal | None


@dataclass(frozen=True, slots=True)
class CriticalAnswer:
    """An answer that must be seen at once, with the limit that it reached (both in tenths)."""

    item: str
    answer: Tenths
    at_least: Tenths


class UnknownItemError(ValueError):
    """An answer names an item that the form does not ask."""

    def __init__(self, *, instrument: str, item: str, allowed: tuple[str, ...]) -> None:
        self.instrument = instrument
        self.item = item
        self.allowed = allowed
        super().__init__(
            f"{instrument} has no item '{item}' on this form; it asks {', '.join(allowed)}. "
            "Send answers under these keys only."
        )


class AnswerNotOfferedError(ValueError):
    """An answer is not one of those that the item offers."""

    def __init__(self, *, instrument: str, item: Item, value: Tenths) -> None:
        self.instrument = instrument
        self.item = item.key
        self.value = value
        self.allowed = item.codes or (item.lowest, item.highest)
        super().__init__(
            f"{instrument} item '{item.key}' is {_points(value)}; it offers {_offers(item)}. "
            "Send one of these, or nothing for an item that was not answered."
        )


class TotalNotPossibleError(ValueError):
    """A total typed in from paper is one that the instrument cannot give."""

    def __init__(self, *, instrument: Instrument, value: Tenths) -> None:
        scoring = instrument.scoring
        self.instrument = instrument.key
        self.value = value
        self.lowest = scoring.lowest
        self.highest = scoring.highest
        self.step = scoring.step
        super().__init__(
            f"{instrument.key} total is {_points(value)}; it goes from {_points(scoring.lowest)} "
            f"to {_points(scoring.highest)} in steps of {_points(scoring.step)}. "
            "Check the paper form and type the total again."
        )


def score(
    instrument: Instrument,
    answers: Mapping[str, Tenths | None],
    *,
    asked: Collection[str] | None = None,
) -> Score:
    """Return the score of one form by the instrument's own rule.

    Parameters
    ----------
    instrument
        The definition that the form was filled in by.
    answers
        Answer in tenths by item key. ``None``, or no entry, is a missing answer;
        it never counts as 0.
    asked
        Keys of the items that this form asks, where that differs from form to
        form (personal goals: the goals in use). Without it, all items.

    Returns
    -------
    Score
        With a total if at most ``scoring.max_missing`` counted items are missing
        and at least one is answered. A sum with missing items is prorated,
        sum times items divided by answered items; a prorated sum or a mean is
        rounded half up to a multiple of ``scoring.step``. A subscale needs all
        its items, for the published rules on missing items are about totals.

    Raises
    ------
    UnknownItemError
        If ``answers`` or ``asked`` names an item that the form does not have.
    AnswerNotOfferedError
        If an answer is not one that its item offers.
    """
    items = _asked_items(instrument, asked)
    _check_answers(instrument, items, answers)
    counted = [item for item in items if item.is_counted]
    values = _values(counted, answers)
    why_no_total = _why_no_total(instrument, asked=len(counted), answered=len(values))
    is_partial = len(values) < len(counted)
    return Score(
        total=None if why_no_total else _combine(instrument, values, n_items=len(counted)),
        subscales={
            key: _subscale(instrument, [item for item in items if item.subscale == key], answers)
            for key in instrument.scoring.subscales
        },
        missing=tuple(item.key for item in items if answers.get(item.key) is None),
        is_prorated=is_partial and why_no_total is None,
        why_no_total=why_no_total,
    )


def critical_answers(
    instrument: Instrument, answers: Mapping[str, Tenths | None]
) -> tuple[CriticalAnswer, ...]:
    """Return the answers that must be seen at once, also from an unfinished form.

    Parameters
    ----------
    instrument
        The definition that names the critical items and their limits.
    answers
        Answer in tenths by item key, as the patient gave it (not turned round
        for a reversed item).

    Raises
    ------
    UnknownItemError, AnswerNotOfferedError
        As for :func:`score`.
    """
    _check_answers(instrument, instrument.items, answers)
    return tuple(
        CriticalAnswer(item=critical.item, answer=answer, at_least=critical.at_least)
        for critical in instrument.critical_items
        if (answer := answers.get(critical.item)) is not None and answer >= critical.at_least
    )


def check_total(instrument: Instrument, total: Tenths) -> None:
    """Refuse a typed-in total that the instrument cannot give.

    Parameters
    ----------
    instrument
        The definition with range and step of the total.
    total
        The total in tenths, as read from a paper form.

    Raises
    ------
    TotalNotPossibleError
        If ``total`` is outside the range or between two steps.
    """
    scoring = instrument.scoring
    if not scoring.lowest <= total <= scoring.highest or total % scoring.step:
        raise TotalNotPossibleError(instrument=instrument, value=total)


def _asked_items(instrument: Instrument, asked: Collection[str] | None) -> tuple[Item, ...]:
    if asked is None:
        return instrument.items
    known = tuple(item.key for item in instrument.items)
    for key in asked:
        if key not in known:
            raise UnknownItemError(instrument=instrument.key, item=key, allowed=known)
    return tuple(item for item in instrument.items if item.key in asked)


def _check_answers(
    instrument: Instrument, items: tuple[Item, ...], answers: Mapping[str, Tenths | None]
) -> None:
    by_key = {item.key: item for item in items}
    for key, answer in answers.items():
        item = by_key.get(key)
        if item is None:
            raise UnknownItemError(instrument=instrument.key, item=key, allowed=tuple(by_key))
        if answer is not None and not item.allows(answer):
            raise AnswerNotOfferedError(instrument=instrument.key, item=item, value=answer)


def _values(items: list[Item], answers: Mapping[str, Tenths | None]) -> list[Tenths]:
    """Return the answered items' values, reversed items turned round."""
    return [
        item.turned(answer) if item.is_reversed else answer
        for item in items
        if (answer := answers.get(item.key)) is not None
    ]


def _why_no_total(instrument: Instrument, *, asked: int, answered: int) -> WhyNoTotal | None:
    if answered == 0:
        return WhyNoTotal.EMPTY
    if asked - answered > instrument.scoring.max_missing:
        return WhyNoTotal.TOO_MANY_MISSING
    return None


def _combine(instrument: Instrument, values: list[Tenths], *, n_items: int) -> Tenths:
    scoring = instrument.scoring
    total = scoring.factor * sum(values)
    match scoring.method:
        case Method.SUM if len(values) == n_items:
            return total
        case Method.SUM:
            return _round_half_up(total * n_items, len(values), step=scoring.step)
        case Method.MEAN:
            return _round_half_up(total, len(values), step=scoring.step)


def _subscale(
    instrument: Instrument, items: list[Item], answers: Mapping[str, Tenths | None]
) -> Tenths | None:
    values = _values(items, answers)
    if not values or len(values) < len(items):
        return None
    return _combine(instrument, values, n_items=len(items))


def _round_half_up(numerator: int, denominator: int, *, step: Tenths) -> Tenths:
    """Return numerator / denominator as the nearest multiple of ``step``, halves upwards."""
    return (2 * numerator + denominator * step) // (2 * denominator * step) * step


def _points(value: Tenths) -> str:
    return f"{value / 10:g}"


def _offers(item: Item) -> str:
    if item.codes:
        return ", ".join(_points(code) for code in item.codes)
    return f"{_points(item.lowest)} to {_points(item.highest)}"
