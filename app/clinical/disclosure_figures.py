"""Which figures about a group may stand beside its counts."""

from collections.abc import Sequence

LEAST_FOR_A_RATE = 10
"""Patients. Of fewer, a rate or a mean tells too much of each (house rule)."""

LEAST_FOR_QUANTILES = 20
"""Patients. The lowest, the highest and the quantiles are scores of single patients."""

LEAST_THERAPISTS = 3
"""Therapists. The figure of one is theirs, and of two each can work out the other's."""

MOST_OF_ONE_THERAPIST = 0.7
"""Share of a team's patients, 0 to 1, above which its figure is that therapist's."""


def may_show_rate(*, numerator: int, denominator: int, threshold: int, is_shown: bool) -> bool:
    """Return whether a share of a group may be shown.

    Parameters
    ----------
    numerator, denominator
        Distinct patients.
    threshold
        Fewest distinct patients in a cell that is shown.
    is_shown
        Whether the table shows both counts. A rate of a hidden count would give it back,
        multiplied by the denominator.
    """
    return (
        is_shown
        and denominator >= max(LEAST_FOR_A_RATE, threshold)
        and numerator >= threshold
        and denominator - numerator >= threshold
    )


def may_show_mean(*, n: int, threshold: int, is_shown: bool) -> bool:
    """Return whether the mean of a group may be shown.

    Parameters
    ----------
    n
        Distinct patients whose scores are in the mean.
    threshold
        Fewest distinct patients in a cell that is shown.
    is_shown
        Whether the table shows the count.
    """
    return is_shown and n >= max(LEAST_FOR_A_RATE, threshold)


def may_show_quantiles(*, n: int, threshold: int, is_shown: bool) -> bool:
    """Return whether quantiles, the lowest and the highest score of a group may be shown.

    Parameters
    ----------
    n
        Distinct patients whose scores they are of.
    threshold
        Fewest distinct patients in a cell that is shown.
    is_shown
        Whether the table shows the count.
    """
    return is_shown and n >= max(LEAST_FOR_QUANTILES, threshold)


def is_of_one_therapist(patients: Sequence[int], *, of: int) -> bool:
    """Return whether the figure of a team is really one about a therapist.

    Parameters
    ----------
    patients
        Distinct patients of each therapist in the team; those without any do not count.
    of
        Distinct patients of the team. Who has two therapists counts with each of them, so
        that the sum over therapists is larger.
    """
    working = [n for n in patients if n > 0]
    return len(working) < LEAST_THERAPISTS or max(working) > MOST_OF_ONE_THERAPIST * of
