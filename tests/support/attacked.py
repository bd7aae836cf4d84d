"""A municipality that releases quarter after quarter, and somebody who keeps every release."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.clinical.disclosure_cover import EFFORT
from tests.support.attacker import Attacker, Found
from tests.support.disclosed import Counts, municipality, released

DIMENSIONS = ("team", "quarter", "category")


@dataclass(frozen=True, slots=True)
class Attacked:
    """What came of it."""

    hidden: int
    cells: int
    refused: int
    found: Sequence[Found]


def attacked(seed: int, *, quarters: int, threshold: int = 5) -> Attacked:
    """Release a municipality's quarters one by one, and attack all releases together.

    Every second municipality releases a sensitive category. Every fifth may look long
    for the fewest cells to hide; the others take the first cover that holds.
    """
    effort = EFFORT if seed % 5 == 0 else 0
    quarter = municipality(seed)
    sensitive = "category" if seed % 2 else None
    counts: Counts = {}
    releases: list[dict[str, Any]] = []
    refused = 0
    for number in range(1, quarters + 1):
        counts |= quarter(number)
        release = released(
            DIMENSIONS,
            counts,
            earlier=releases,
            threshold=threshold,
            sensitive=sensitive,
            effort=effort,
        )
        if release["refused"] is None:
            releases.append(release)
        else:
            refused += 1
    cells = [cell for release in releases for cell in release["cells"]]
    return Attacked(
        hidden=sum(cell["n"] is None for cell in cells),
        cells=len(cells),
        refused=refused,
        found=list(Attacker(releases, sensitive=sensitive).found(threshold=threshold))
        if releases
        else [],
    )
