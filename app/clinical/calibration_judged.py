"""What a calibration may show of the probability of improvement and of the rules."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.clinical.calibration_counts import Judged, RuleCount
from app.clinical.calibration_hiding import (
    FEWEST_BELOW,
    FEWEST_PATIENTS,
    may_share,
    with_partners,
)
from app.clinical.calibration_sums import Chances, Cross, Step
from app.clinical.figures import Z_95, Figure, FigureName, Interval, share
from app.clinical.rules import RuleId


@dataclass(frozen=True, slots=True)
class StepShown:
    """Patients whose probability of improvement lay between two limits.

    Attributes
    ----------
    low, high
        The limits, 0 to 1.
    chance
        Mean probability; ``None`` where it may not be shown.
    improved
        Share that ended reliably better.
    """

    low: float
    high: float
    chance: float | None
    improved: Figure | None


@dataclass(frozen=True, slots=True)
class ChancesShown:
    """The probability of reliable improvement beside what came.

    Attributes
    ----------
    brier
        Mean squared distance, from 0 (always right and sure) to 1.
    always_same
        What it would be if everybody were given the share that improved.
    steps
        By the size of the probability.
    """

    brier: Figure
    always_same: float
    steps: tuple[StepShown, ...]


@dataclass(frozen=True, slots=True)
class CrossShown:
    """How well the marks before the last score told the end."""

    sensitivity: Figure
    specificity: Figure
    predictive_value: Figure


@dataclass(frozen=True, slots=True)
class RuleShown:
    """How one rule did.

    Attributes
    ----------
    rule, rule_version
        The edition that was used.
    was_evaluated
        Whether it had something to go by for anybody.
    ever_marked
        Share of patients whom it marked at some session, the last one included.
    worse, not_better
        How its marks before the last score told who ended reliably worse, and who ended
        without reliable improvement.
    """

    rule: RuleId
    rule_version: int
    was_evaluated: bool
    ever_marked: Figure | None
    worse: CrossShown | None
    not_better: CrossShown | None


@dataclass(frozen=True, slots=True)
class JudgedShown:
    """How probability and rules did among patients whose course is over."""

    patients: int | None
    worse: Figure | None
    not_better: Figure | None
    chances: ChancesShown | None
    rules: tuple[RuleShown, ...]


def judged_shown(judged: Judged, *, whole: Judged | None = None) -> JudgedShown:
    """Return what may be shown of patients whose course is over.

    Parameters
    ----------
    judged
        The group.
    whole
        The group that it is part of, where that is shown as well.
    """

    def may(get: Callable[[Judged], int]) -> bool:
        parts = [(get(judged), judged.patients)]
        if whole is not None:
            parts.append((get(whole) - get(judged), whole.patients - judged.patients))
        return all(may_share(count, n) for count, n in parts)

    def figure(name: FigureName, get: Callable[[Judged], int]) -> Figure | None:
        return share(name, get(judged), judged.patients) if may(get) else None

    others = {one.rule: one for one in whole.rules} if whole else {}
    rest = whole.patients - judged.patients if whole else FEWEST_BELOW
    return JudgedShown(
        patients=judged.patients if min(judged.patients, rest) >= FEWEST_PATIENTS else None,
        worse=figure(FigureName.DETERIORATED, lambda one: one.worse),
        not_better=figure(FigureName.NOT_IMPROVED, lambda one: one.not_better),
        chances=_chances(judged.chances, whole=whole.chances if whole else None),
        rules=tuple(_rule(one, whole=others.get(one.rule)) for one in judged.rules),
    )


def _chances(chances: Chances, *, whole: Chances | None) -> ChancesShown | None:
    n, improved = chances.patients, chances.improved
    rest = [] if whole is None else [(whole.improved - improved, whole.patients - n)]
    if not all(may_share(*part) for part in [(improved, n), *rest]):
        return None
    mean = chances.squared / n
    spread = max(chances.fourth / n - mean**2, 0.0)
    reach = Z_95 * math.sqrt(spread / n)
    return ChancesShown(
        brier=Figure(
            FigureName.BRIER, n, mean, max(mean - reach, 0.0), mean + reach, Interval.LARGE_SAMPLE
        ),
        always_same=improved / n * (1 - improved / n),
        # The steps of those who left, taken from those of all, would show the others.
        steps=tuple(_steps([step for step in chances.steps if step.patients]))
        if whole is None
        else (),
    )


def _steps(steps: Sequence[Step]) -> Iterable[StepShown]:
    small = {
        place for place, step in enumerate(steps) if not may_share(step.improved, step.patients)
    }
    hidden = with_partners(
        [[step.patients, step.improved, step.patients - step.improved] for step in steps], small
    )
    for place, step in enumerate(steps):
        is_hidden = place in hidden
        yield StepShown(
            low=step.low,
            high=step.high,
            chance=None if is_hidden else step.chance / step.patients,
            improved=None
            if is_hidden
            else share(FigureName.IMPROVED, step.improved, step.patients),
        )


def _rule(one: RuleCount, *, whole: RuleCount | None) -> RuleShown:
    parts = [one] if whole is None else [one, _without(whole, one)]
    may_cross = all(_late_is_safe(part) for part in parts)
    may_not_better = may_cross and all(_may_cross(part.not_better) for part in parts)
    # Those who neither improved nor worsened are known from the two tables together.
    may_worse = may_cross and all(
        _may_cross(part.worse) and (not may_not_better or _may_part(part.not_better, part.worse))
        for part in parts
    )
    return RuleShown(
        rule=one.rule,
        rule_version=one.rule_version,
        was_evaluated=one.evaluated > 0,
        ever_marked=share(FigureName.EVER_MARKED, one.marked, one.patients)
        if all(may_share(part.marked, part.patients) for part in parts)
        else None,
        worse=_cross(one.worse) if may_worse else None,
        not_better=_cross(one.not_better) if may_not_better else None,
    )


def _late_is_safe(one: RuleCount) -> bool:
    """Whether those who were marked only at their last score are none, or enough."""
    late = one.marked - one.in_time
    return late == 0 or late >= FEWEST_PATIENTS


def _may_cross(cross: Cross) -> bool:
    return all(
        may_share(yes, yes + no)
        for yes, no in (
            (cross.marked_and_so, cross.unmarked_and_so),
            (cross.unmarked_and_not, cross.marked_and_not),
            (cross.marked_and_so, cross.marked_and_not),
        )
    )


def _may_part(wider: Cross, narrower: Cross) -> bool:
    return (
        min(
            wider.marked_and_so - narrower.marked_and_so,
            wider.unmarked_and_so - narrower.unmarked_and_so,
        )
        >= FEWEST_PATIENTS
    )


def _cross(cross: Cross) -> CrossShown:
    return CrossShown(
        sensitivity=share(
            FigureName.SENSITIVITY,
            cross.marked_and_so,
            cross.marked_and_so + cross.unmarked_and_so,
        ),
        specificity=share(
            FigureName.SPECIFICITY,
            cross.unmarked_and_not,
            cross.unmarked_and_not + cross.marked_and_not,
        ),
        predictive_value=share(
            FigureName.PREDICTIVE_VALUE,
            cross.marked_and_so,
            cross.marked_and_so + cross.marked_and_not,
        ),
    )


def _without(whole: RuleCount, part: RuleCount) -> RuleCount:
    return RuleCount(
        rule=whole.rule,
        rule_version=whole.rule_version,
        patients=whole.patients - part.patients,
        evaluated=whole.evaluated - part.evaluated,
        marked=whole.marked - part.marked,
        in_time=whole.in_time - part.in_time,
        worse=_cross_without(whole.worse, part.worse),
        not_better=_cross_without(whole.not_better, part.not_better),
    )


def _cross_without(whole: Cross, part: Cross) -> Cross:
    return Cross(
        marked_and_so=whole.marked_and_so - part.marked_and_so,
        marked_and_not=whole.marked_and_not - part.marked_and_not,
        unmarked_and_so=whole.unmarked_and_so - part.unmarked_and_so,
        unmarked_and_not=whole.unmarked_and_not - part.unmarked_and_not,
    )
