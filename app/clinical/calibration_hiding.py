"""Which figures about few patients hide, and behind what.

A figure stands on at least ``FEWEST_BELOW`` patients, with at least ``FEWEST_PATIENTS`` for
whom it is so and for whom it is not. What could be worked out from the figures beside it by
subtraction hides too: in a table with a known total never one group alone, nor groups that
hold fewer than that together.
"""

from collections.abc import Sequence

FEWEST_PATIENTS = 5
"""Fewest patients a count may be about. Our default, stricter than the three of helsedata.no."""

FEWEST_BELOW = 10
"""Fewest patients that a share or a mean may be computed from. Our default."""


def may_share(count: int, n: int) -> bool:
    """Return whether a share of patients may be shown: ``count`` of ``n``."""
    return n >= FEWEST_BELOW and min(count, n - count) >= FEWEST_PATIENTS


def with_partners(amounts: Sequence[Sequence[int]], small: set[int]) -> set[int]:
    """Return the places to hide, so that what hides together is not too few.

    Parameters
    ----------
    amounts
        For each place, how many patients each of its counts is about; the first decides
        which place is the smallest.
    small
        Places that must be hidden.
    """
    hidden = set(small)
    others = sorted(
        (place for place in range(len(amounts)) if place not in small),
        key=lambda place: amounts[place][0],
    )
    for place in others:
        together = [sum(amounts[at][kind] for at in hidden) for kind in range(len(amounts[0]))]
        if not hidden or (len(hidden) > 1 and min(together) >= FEWEST_PATIENTS):
            break
        hidden.add(place)
    return hidden
