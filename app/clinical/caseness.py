"""Recovery as the English talking therapies count it, from two scales read together.

A person is a case who is over the cut-off on either scale. Recovered is a case who is
under both at the end; improved is who got reliably better on one scale and not reliably
worse on the other. The definitions belong to PHQ-9 with GAD-7, or with the scale of the
disorder in its place; the numbers are those of the instruments' definitions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from app.clinical.figures import Figure, FigureName, share
from app.clinical.instruments import Instrument, Tenths
from app.clinical.reliable_change import Change, Side, classify_change, side_of

FEWEST_SESSIONS = 2
"""Attended sessions of treatment that make a finished course."""


class NoNormsError(ValueError):
    """An instrument lacks the cut-off or the reliable change that a case is judged by."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"{key} has no cut-off or no reliable-change value; both are needed to count cases. "
            "Choose another instrument."
        )


@dataclass(frozen=True, slots=True)
class ScaleEnd:
    """First and last score of one finished course on one scale, in tenths."""

    instrument: Instrument
    first: Tenths
    last: Tenths


@dataclass(frozen=True, slots=True)
class CaseEnd:
    """How one finished course ended, over both scales."""

    was_case: bool
    has_recovered: bool
    has_improved: bool
    has_deteriorated: bool


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """Finished courses of a group; groups are merged by adding them.

    Attributes
    ----------
    finished
        Courses with at least ``FEWEST_SESSIONS`` and both scores on both scales.
    cases
        Of these, those over a cut-off at the start: the denominator of recovery.
    recovered, improved, deteriorated
        As the module's head says.
    reliably_recovered
        Recovered and improved.
    """

    finished: int = 0
    cases: int = 0
    recovered: int = 0
    improved: int = 0
    deteriorated: int = 0
    reliably_recovered: int = 0

    @classmethod
    def of(cls, ends: Iterable[CaseEnd]) -> Self:
        """Return the counts of single courses."""
        every = list(ends)
        return cls(
            finished=len(every),
            cases=sum(end.was_case for end in every),
            recovered=sum(end.has_recovered for end in every),
            improved=sum(end.has_improved for end in every),
            deteriorated=sum(end.has_deteriorated for end in every),
            reliably_recovered=sum(end.has_recovered and end.has_improved for end in every),
        )

    def __add__(self, other: "CaseCounts") -> "CaseCounts":
        return CaseCounts(
            finished=self.finished + other.finished,
            cases=self.cases + other.cases,
            recovered=self.recovered + other.recovered,
            improved=self.improved + other.improved,
            deteriorated=self.deteriorated + other.deteriorated,
            reliably_recovered=self.reliably_recovered + other.reliably_recovered,
        )


def case_end(scales: Sequence[ScaleEnd]) -> CaseEnd:
    """Return how one finished course ended.

    Parameters
    ----------
    scales
        Both scales of the course; where only one was used, that one.

    Raises
    ------
    NoNormsError
        If an instrument lacks a cut-off or a reliable-change value.

    References
    ----------
    NHS Talking Therapies manual (2024), chapter on outcomes.
    """
    judged = [_judge(scale) for scale in scales]
    changes = [change for _, _, change in judged]
    was_case = any(started for started, _, _ in judged)
    return CaseEnd(
        was_case=was_case,
        has_recovered=was_case and not any(ended for _, ended, _ in judged),
        has_improved=Change.IMPROVED in changes and Change.DETERIORATED not in changes,
        has_deteriorated=Change.DETERIORATED in changes and Change.IMPROVED not in changes,
    )


def case_figures(counts: CaseCounts) -> tuple[Figure, ...]:
    """Return the shares, each of those it belongs to."""
    return (
        share(FigureName.CASE_RECOVERY, counts.recovered, counts.cases),
        share(FigureName.CASE_RELIABLE_RECOVERY, counts.reliably_recovered, counts.cases),
        share(FigureName.CASE_IMPROVEMENT, counts.improved, counts.finished),
        share(FigureName.CASE_DETERIORATION, counts.deteriorated, counts.finished),
    )


def _judge(scale: ScaleEnd) -> tuple[bool, bool, Change]:
    """Return whether the first and the last score are those of a case, and the change."""
    instrument = scale.instrument
    cut_off, value = instrument.default_cut_off, instrument.reliable_change
    if cut_off is None or value is None:
        raise NoNormsError(instrument.key)
    direction = instrument.direction
    started, ended = (
        side_of(score, cut_off=cut_off, direction=direction) is Side.CLINICAL
        for score in (scale.first, scale.last)
    )
    change = classify_change(scale.first, scale.last, value=value, direction=direction)
    return started, ended, change
