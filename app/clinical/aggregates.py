"""Closed episodes of a group to figures, each with its denominator and its doubt.

A group is one unit in one period on one instrument, perhaps of one age band. The
database counts and sums it in one statement; groups are merged by adding; every figure
here is computed from what was added. A figure stands beside how many it could not be
computed for, and why, and beside what it would be if all of those had done well, or ill.

What is computed here is not yet fit to be shown: ``disclosure`` decides what may leave.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Self

from app.clinical.ages import AGE_BANDS, age_band
from app.clinical.effect_sizes import (
    SeverityReference,
    d_av,
    d_change,
    d_pre,
    severity_adjusted,
)
from app.clinical.figures import Figure, FigureName, mean, share
from app.clinical.instruments import Direction
from app.clinical.pair_sums import PairSums
from app.clinical.reliable_change import Category, EndResult, Side
from app.clinical.time_to_change import TimesToChange, median_sessions

__all__ = ["AGE_BANDS", "age_band"]

TENTHS = 10
"""Scores come in tenths of a point and are shown in points."""


class Exclusion(Enum):
    """Why a closed episode has no first and last score on the instrument."""

    NOT_OFFERED = "not_offered"
    DECLINED = "declined"
    NEVER_SCORED = "never_scored"
    ONE_SCORE = "one_score"
    OTHER_EDITION = "other_edition"


class NegativeCountError(ValueError):
    """A count is below zero: somebody subtracted, or added what was counted otherwise."""

    def __init__(self, name: str, count: int) -> None:
        self.name = name
        self.count = count
        super().__init__(f"{name} is {count}; it must be 0 or more. Count the group again.")


class UnaccountedError(ValueError):
    """Ended episodes are neither among those with two scores nor excluded for a reason."""

    def __init__(self, *, ended: int, scored: int, excluded: int) -> None:
        self.ended = ended
        self.scored = scored
        self.excluded = excluded
        super().__init__(
            f"{ended} episodes ended, {scored} have a first and a last score, and {excluded} are "
            "excluded for a reason; the last two must make up the first. Count the group again."
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """Whole numbers about a group, which are merged by adding them."""

    def __post_init__(self) -> None:
        for part in fields(self):
            count = getattr(self, part.name)
            if count < 0:
                raise NegativeCountError(part.name, count)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            **{
                part.name: getattr(self, part.name) + getattr(other, part.name)
                for part in fields(self)
            }
        )


@dataclass(frozen=True, slots=True)
class EpisodeCounts(Counts):
    """Episodes: how many began, and how those that ended in the period did so.

    Attributes
    ----------
    started
        Begun in the period.
    planned, unplanned
        Ended in the period, by how. Unplanned endings are what dropout means here.
    agreed
        Of those that ended, with patient and clinician agreed about it.
    """

    started: int = 0
    planned: int = 0
    unplanned: int = 0
    agreed: int = 0

    @property
    def ended(self) -> int:
        """Ended in the period."""
        return self.planned + self.unplanned


@dataclass(frozen=True, slots=True)
class MeasuringCounts(Counts):
    """How often the help was measured, and what people said to being asked.

    Attributes
    ----------
    attended
        Therapy sessions attended in the episodes that ended in the period.
    with_outcome, with_alliance
        Of these, with a score.
    offered, accepted, declined
        Patients asked to rate, and their first answer.
    """

    attended: int = 0
    with_outcome: int = 0
    with_alliance: int = 0
    offered: int = 0
    accepted: int = 0
    declined: int = 0


@dataclass(frozen=True, slots=True)
class EndCounts(Counts):
    """Ended episodes by what their first and last score say.

    Attributes
    ----------
    recovered, improved, unchanged, deteriorated
        By category; one episode is in one of them. Recovered ones are improved too.
    started_clinical
        Of all these, those that began on the clinical side: only they can recover.
    one_score, one_score_clinical
        Ended episodes with a first score only, and those of them that began there on
        the clinical side. They make the best and the worst case.
    """

    recovered: int = 0
    improved: int = 0
    unchanged: int = 0
    deteriorated: int = 0
    started_clinical: int = 0
    one_score: int = 0
    one_score_clinical: int = 0

    @classmethod
    def of(cls, result: EndResult) -> Self:
        """Return the counts of one ended episode with both scores."""
        is_clinical = int(result.started is Side.CLINICAL)
        match result.category:
            case None:
                return cls()
            case Category.RECOVERED:
                return cls(recovered=1, started_clinical=is_clinical)
            case Category.IMPROVED:
                return cls(improved=1, started_clinical=is_clinical)
            case Category.UNCHANGED:
                return cls(unchanged=1, started_clinical=is_clinical)
            case Category.DETERIORATED:
                return cls(deteriorated=1, started_clinical=is_clinical)

    @property
    def n(self) -> int:
        """Episodes with a category."""
        return self.recovered + self.improved + self.unchanged + self.deteriorated


@dataclass(frozen=True, slots=True)
class FlagCounts(Counts):
    """Flags of the group that ask for a review.

    Attributes
    ----------
    raised
        In the episodes that ended in the period.
    reviewed_in_time
        Of these, decided about before the episode ended.
    """

    raised: int = 0
    reviewed_in_time: int = 0


@dataclass(frozen=True, slots=True)
class GroupSums:
    """All that the database counts and sums about one group.

    Attributes
    ----------
    episodes, measuring, ends, flags
        Counts.
    outcome
        First and last scores of ended episodes that have both, in tenths.
    alliance
        The same of the alliance instrument.
    times
        Sessions until reliable change.
    excluded
        Ended episodes that are not in ``outcome``, by reason.
    decisions
        Decisions about flags, by kind.
    """

    episodes: EpisodeCounts = field(default_factory=EpisodeCounts)
    measuring: MeasuringCounts = field(default_factory=MeasuringCounts)
    ends: EndCounts = field(default_factory=EndCounts)
    flags: FlagCounts = field(default_factory=FlagCounts)
    outcome: PairSums = field(default_factory=PairSums)
    alliance: PairSums = field(default_factory=PairSums)
    times: TimesToChange = field(default_factory=TimesToChange)
    excluded: Mapping[Exclusion, int] = field(default_factory=dict)
    decisions: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "GroupSums") -> "GroupSums":
        return GroupSums(
            episodes=self.episodes + other.episodes,
            measuring=self.measuring + other.measuring,
            ends=self.ends + other.ends,
            flags=self.flags + other.flags,
            outcome=self.outcome + other.outcome,
            alliance=self.alliance + other.alliance,
            times=self.times + other.times,
            excluded=Counter(self.excluded) + Counter(other.excluded),
            decisions=Counter(self.decisions) + Counter(other.decisions),
        )


@dataclass(frozen=True, slots=True)
class Bounded:
    """A share of those with both scores, and how far those without the last could move it.

    Attributes
    ----------
    figure
        The share among those with both scores.
    missing
        How many more belong to the denominator and have no last score.
    low, high
        The share of all of them if none, or all, of the missing had the property;
        ``None`` if there is nobody.
    """

    figure: Figure
    missing: int
    low: float | None
    high: float | None


def check_accounted(sums: GroupSums) -> None:
    """Refuse a group in which ended episodes have been lost on the way.

    Raises
    ------
    UnaccountedError
        If those with two scores and those excluded are not all that ended.
    """
    ended, scored = sums.episodes.ended, sums.outcome.n
    excluded = sum(sums.excluded.values())
    if scored + excluded != ended:
        raise UnaccountedError(ended=ended, scored=scored, excluded=excluded)


def measuring_figures(sums: GroupSums) -> tuple[Figure, ...]:
    """Return how well the group is measured: the figures to read before all others."""
    measuring, episodes = sums.measuring, sums.episodes
    return (
        share(FigureName.MEASURED_OUTCOME, measuring.with_outcome, measuring.attended),
        share(FigureName.MEASURED_ALLIANCE, measuring.with_alliance, measuring.attended),
        share(FigureName.ACCEPTED, measuring.accepted, measuring.offered),
        share(FigureName.DECLINED, measuring.declined, measuring.offered),
        share(FigureName.TWO_SCORES, sums.outcome.n, episodes.ended),
        share(FigureName.UNPLANNED, episodes.unplanned, episodes.ended),
        share(FigureName.AGREED, episodes.agreed, episodes.ended),
        share(FigureName.REVIEWED_IN_TIME, sums.flags.reviewed_in_time, sums.flags.raised),
    )


def change_figures(
    sums: GroupSums, *, direction: Direction, reference: SeverityReference | None = None
) -> tuple[Figure, ...]:
    """Return means in points, effect sizes, and the sessions until change.

    Parameters
    ----------
    sums
        Of the group.
    direction
        Which way scores of the outcome instrument move when a patient gets better.
        Means keep the sign of the scale; effect sizes are positive when better.
    reference
        The site's own, for the severity-adjusted effect size; without one it is left out.
    """
    outcome = sums.outcome
    adjusted = () if reference is None else (severity_adjusted(outcome, reference=reference),)
    return (
        *_means(outcome, FigureName.MEAN_FIRST, FigureName.MEAN_LAST, FigureName.MEAN_CHANGE),
        d_pre(outcome, direction=direction),
        d_change(outcome, direction=direction),
        d_av(outcome, direction=direction),
        *adjusted,
        median_sessions(sums.times),
        *_means(
            sums.alliance,
            FigureName.ALLIANCE_FIRST,
            FigureName.ALLIANCE_LAST,
            FigureName.ALLIANCE_CHANGE,
        ),
    )


def end_figures(ends: EndCounts) -> tuple[Bounded, ...]:
    """Return the shares by category, with their best and worst cases.

    Reliably improved are the recovered ones too. Recovery is a share of those who began
    on the clinical side; without a cut-off nobody did, and it has no value.
    """
    every, clinical = ends.n, ends.started_clinical
    return (
        _bounded(FigureName.RECOVERED, ends.recovered, clinical, ends.one_score_clinical),
        _bounded(FigureName.IMPROVED, ends.recovered + ends.improved, every, ends.one_score),
        _bounded(FigureName.UNCHANGED, ends.unchanged, every, ends.one_score),
        _bounded(FigureName.DETERIORATED, ends.deteriorated, every, ends.one_score),
    )


def _bounded(name: FigureName, count: int, n: int, missing: int) -> Bounded:
    everybody = n + missing
    return Bounded(
        figure=share(name, count, n),
        missing=missing,
        low=count / everybody if everybody else None,
        high=(count + missing) / everybody if everybody else None,
    )


def _means(
    sums: PairSums, first: FigureName, last: FigureName, change: FigureName
) -> tuple[Figure, ...]:
    asked = (
        (first, lambda: sums.mean_before, lambda: sums.variance_before),
        (last, lambda: sums.mean_after, lambda: sums.variance_after),
        (change, lambda: sums.mean_change, lambda: sums.variance_change),
    )
    return tuple(
        mean(name, n=sums.n, value=value, variance=variance, unit=TENTHS)
        for name, value, variance in asked
    )
