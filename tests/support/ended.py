"""Ended courses as rows for research are made from them."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

from app.clinical import research_rows
from app.clinical.ages import AgeBand
from app.clinical.research_rows import (
    Deidentified,
    End,
    EndedCourse,
    GivenScore,
    ResearchDefinition,
    deidentify,
)

YOUNG: Final[AgeBand] = (18, 29)
MIDDLE: Final[AgeBand] = (30, 49)
CHILD: Final[AgeBand] = (6, 12)
A_YEAR: Final = ResearchDefinition(
    version=1,
    instrument="outcome-4",
    edition=1,
    first_year=2025,
    last_year=2025,
    k=5,
    has_teams=True,
)


def a_course(*totals: int, days: Sequence[int] | None = None, **changed: Any) -> EndedCourse:  # noqa: ANN401 - any field
    """Return a planned course of somebody of 18 to 29 with these scores, one a week."""
    given_on = days if days is not None else [7 * place for place in range(len(totals))]
    scores = tuple(
        GivenScore(place, day, total)
        for place, (day, total) in enumerate(zip(given_on, totals, strict=True), start=1)
    )
    usual: dict[str, Any] = {
        "team": "fjord",
        "therapists": frozenset({f"t{totals[0] % 3}"}),
        "age": YOUNG,
        "year": 2025,
        "end": End.PLANNED,
        "scores": scores,
    }
    return EndedCourse(**(usual | changed))


def several(n: int, *, first: int = 100, **changed: Any) -> list[EndedCourse]:  # noqa: ANN401 - as above
    """Return courses of two scores each, all different."""
    return [a_course(first + place, first + 3 * place + 40, **changed) for place in range(n)]


def names_for(courses: Sequence[EndedCourse], *, seed: int = 1) -> list[str]:
    chance = Random(seed)  # noqa: S311 - the same again
    return [f"{chance.getrandbits(64):016x}" for _ in range(research_rows.names_needed(courses))]


def told(
    courses: Sequence[EndedCourse], *, k: int = 5, has_teams: bool = True, seed: int = 1
) -> Deidentified:
    return deidentify(courses, k=k, has_teams=has_teams, names=names_for(courses, seed=seed))
