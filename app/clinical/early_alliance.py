"""Which early alliance ratings are low at a site, for patients with too few of their own.

A fall below one's own earlier marks can be seen from the fourth rating on. Before that a
rating can only be compared with those of others, and only with those of the same site:
alliance scores bunch near the top, and where they bunch differs from culture to culture.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.clinical.instruments import Direction, Tenths


@dataclass(frozen=True, slots=True)
class EarlyLimit:
    """Where the lowest part of a site's early alliance ratings ends.

    Attributes
    ----------
    limit
        The rating nearest the middle that still belongs to it, in tenths.
    n
        How many ratings it was worked out from.
    edition
        Edition of the form that they were given on.
    """

    limit: Tenths
    n: int
    edition: int


def lowest_part(
    counts: Mapping[Tenths, int], *, percent: float, direction: Direction
) -> Tenths | None:
    """Return where the lowest part of ratings ends.

    Equal ratings are kept together, so that the part holds at most ``percent`` of them and
    mostly fewer: whoever is in it is rarer than it says, never more common.

    Parameters
    ----------
    counts
        How many ratings there are of each total, in tenths.
    percent
        Between 0 and 100.
    direction
        Whether the low end is that of small numbers.

    Returns
    -------
    Tenths | None
        ``None`` if the lowest rating alone is more common than ``percent``, or there is none.
    """
    n, below, found = sum(counts.values()), 0, None
    for total in sorted(counts, key=lambda total: direction.value * total):
        below += counts[total]
        if 100 * below > percent * n:
            break
        found = total
    return found
