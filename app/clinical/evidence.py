"""Numbers about an instrument, each with its source: cut-offs, reliable change, bands.

A number without a source is no number here. What is from memory is marked
"unverified" and may be shown, never decide.
"""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import Enum
from typing import Annotated, Self

from pydantic import Field, Strict, model_validator

from app.clinical.form_texts import Definition, Key, Problem, Sentence, Words

Tenths = Annotated[int, Strict()]
"""A score, an answer or a distance between scores, in tenths of a point."""


class Evidence(Enum):
    """How far a number can be trusted."""

    PUBLISHED = "published"
    COMPUTED = "computed"
    CONVENTION = "convention"
    ASSUMPTION = "assumption"
    SYNTHETIC = "synthetic"
    UNVERIFIED = "unverified"


class Boundary(Enum):
    """Which scores lie on the clinical side of a cut-off, or count as reliable change.

    ``INCLUSIVE``: the number itself counts (a published "10 or more").
    ``STRICT``: only scores beyond it count (computed values).
    """

    INCLUSIVE = "inclusive"
    STRICT = "strict"


class Provenance(Definition):
    """Where a number or a rule comes from."""

    source: Sentence
    evidence: Evidence
    checked: dt.date


class Quantity(Definition):
    """One number about an instrument that no rule uses, with its source.

    ``points`` is in points as printed, with its own decimals (a mean of 2.91 is
    no score); a share such as a reliability is a ``ratio`` (0 to 1).
    """

    name: Key
    label: Words
    points: Decimal | None = None
    ratio: Annotated[float, Field(ge=0, le=1)] | None = None
    sample_size: Annotated[int, Field(gt=0)] | None = None
    provenance: Provenance

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.points is None) == (self.ratio is None):
            raise ValueError(f"number '{self.name}' needs either points or ratio, and not both")
        return self


class CutOff(Definition):
    """The border between the clinical and the ordinary range, in tenths."""

    value: Tenths
    boundary: Boundary
    name: Key = "clinical"
    label: Words | None = None
    """What the border is called on screen; none for the one that needs no name."""
    is_default: bool = True
    provenance: Provenance


class ReliabilityKind(Enum):
    """How a reliability was found; test-retest is usually the lower one."""

    ALPHA = "alpha"
    TEST_RETEST = "test-retest"


class ReliableChangeValue(Definition):
    """The smallest change that is unlikely to be measurement error, in tenths."""

    value: Annotated[Tenths, Field(gt=0)]
    boundary: Boundary
    sd: Annotated[Tenths, Field(gt=0)] | None = None
    reliability: Annotated[float, Field(ge=0, lt=1)] | None = None
    reliability_kind: ReliabilityKind | None = None
    critical: Annotated[float, Field(gt=0)] | None = None
    """The normal deviate that the value was computed with (1.96 for 95 %)."""
    sample_size: Annotated[int, Field(gt=0)] | None = None
    provenance: Provenance


class Band(Definition):
    """A named range of severity that begins at ``lowest`` (tenths, inclusive)."""

    name: Key
    label: Words
    lowest: Tenths
    provenance: Provenance


def border_problems(
    cut_offs: Sequence[CutOff], bands: Sequence[Band], *, lowest: Tenths, highest: Tenths
) -> Iterator[Problem]:
    """Yield what is wrong with borders on a scale from ``lowest`` to ``highest`` (tenths)."""
    inside = f"from {lowest} to {highest} (tenths)"
    for cut_off in cut_offs:
        where = f"cut_offs[{cut_off.name}]"
        if not lowest <= cut_off.value <= highest:
            yield Problem(f"{where}.value", f"is {cut_off.value}", inside)
        yield from _boundary_problems(where, cut_off)
        if cut_off.is_default and cut_off.provenance.evidence is Evidence.UNVERIFIED:
            yield Problem(f"{where}.is_default", "an unverified number decides", "false")
    if sum(cut_off.is_default for cut_off in cut_offs) > 1:
        yield Problem("cut_offs", "more than one is_default", "at most one")
    starts = [band.lowest for band in bands]
    if starts != sorted(set(starts)) or not all(lowest <= start <= highest for start in starts):
        yield Problem("bands", f"begin at {starts}", f"rising, {inside}")


def reliable_change_problems(change: ReliableChangeValue, *, span: Tenths) -> Iterator[Problem]:
    """Yield what is wrong with a reliable change on a scale ``span`` tenths wide."""
    yield from _boundary_problems("reliable_change", change)
    if change.value > span:
        yield Problem("reliable_change.value", f"is {change.value}", f"at most {span}")
    if change.provenance.evidence is Evidence.UNVERIFIED:
        yield Problem("reliable_change", "an unverified number decides", "put it in quantities")
    if change.provenance.evidence is Evidence.COMPUTED:
        yield from _computation_problems(change)


def _computation_problems(change: ReliableChangeValue) -> Iterator[Problem]:
    if change.sd is None or change.reliability is None or change.critical is None:
        yield Problem("reliable_change", "is computed", "sd, reliability and critical beside it")
    else:
        computed = change.critical * change.sd * math.sqrt(2 * (1 - change.reliability))
        if abs(change.value - computed) > 1:
            yield Problem("reliable_change.value", f"is {change.value}", f"about {computed:.1f}")


def _boundary_problems(where: str, border: CutOff | ReliableChangeValue) -> Iterator[Problem]:
    is_computed = border.provenance.evidence is Evidence.COMPUTED
    if is_computed and border.boundary is not Boundary.STRICT:
        yield Problem(f"{where}.boundary", "a computed value is not beyond itself", "strict")
