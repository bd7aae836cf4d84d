"""What a calibration has counted: coverage, prediction, rules, and the newest patients."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from app.clinical.calibration_sums import Cell, Chances, ChanceSum, Cross, CrossSum, Line
from app.clinical.reliable_change import Change
from app.clinical.replay import RuleCourse
from app.clinical.rules import Rule, RuleId

LAST_PATIENTS = 200
"""So many of the newest patients tell whether a curve still holds. A choice of this program: a
true 80 % band then covers 75 to 85 % of their scores nearly always."""

HOLDS_FROM, HOLDS_TO = 75, 85
"""Percent of their scores that the 80 % band must cover, both included. The same choice."""


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How one rule did, one closed course for each patient.

    Attributes
    ----------
    rule, rule_version
        The edition that was used.
    patients
        All who were looked at, whether the rule could speak or not.
    evaluated
        Of those, for whom it had something to go by at some session.
    marked
        Whom it marked at any session, the last one included.
    in_time
        Whom it marked before the last score.
    worse
        By whether they ended reliably worse than they began.
    not_better
        By whether they ended without reliable improvement.
    """

    rule: RuleId
    rule_version: int
    patients: int
    evaluated: int
    marked: int
    in_time: int
    worse: Cross
    not_better: Cross


@dataclass(frozen=True, slots=True)
class Judged:
    """How probability and rules did among patients whose course is over.

    Attributes
    ----------
    patients
        With at least two scores, one course each: the newest.
    worse, not_better
        How many ended reliably worse, and without reliable improvement.
    chances, rules
        What was said of them.
    """

    patients: int
    worse: int
    not_better: int
    chances: Chances
    rules: tuple[RuleCount, ...]


class Known(Enum):
    """How many of the newest patients a curve was fitted to as well."""

    NONE = "none"
    SOME = "some"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest patients beside the 80 % band of the curve itself.

    Attributes
    ----------
    patients, scores, inside
        How many, and how many of their scores lie in the band.
    known
        Patients of those whom the curve was fitted to as well.
    """

    patients: int
    scores: int
    inside: int
    known: int

    @property
    def known_share(self) -> Known:
        """For how many of them the band may fit better than it would for new ones."""
        if not self.known:
            return Known.NONE
        return Known.ALL if self.known == self.patients else Known.SOME

    @property
    def holds(self) -> bool | None:
        """Whether the band still covers what it should; ``None`` before there are enough."""
        if self.patients < LAST_PATIENTS:
            return None
        return HOLDS_FROM * self.scores <= 100 * self.inside <= HOLDS_TO * self.scores


@dataclass(frozen=True, slots=True)
class Report:
    """What was counted. Small groups are in it: pages show it through ``calibration_figures``.

    Attributes
    ----------
    patients, courses
        Tested: with a score where the curve holds.
    cells
        Coverage by group.
    line
        Observed scores beside the ones predicted from the patient's own scores before.
    ended, left
        All whose course is over, and those among them who left; ``None`` without a
        reliable-change value.
    recent
        The newest patients.
    """

    patients: int
    courses: int
    cells: tuple[Cell, ...]
    line: Line
    ended: Judged | None
    left: Judged | None
    recent: Recent


@dataclass(slots=True)
class RuleSum:
    """How one rule did, while it is still being counted."""

    evaluated: int = 0
    marked: int = 0
    in_time: int = 0
    worse: CrossSum = field(default_factory=CrossSum)
    not_better: CrossSum = field(default_factory=CrossSum)


@dataclass(slots=True)
class JudgedSum:
    """Patients whose course is over, while they are still being counted."""

    rules: Sequence[Rule]
    patients: int = 0
    worse: int = 0
    not_better: int = 0
    chances: ChanceSum = field(default_factory=ChanceSum)
    by_rule: dict[RuleId, RuleSum] = field(default_factory=lambda: defaultdict(RuleSum))

    def add(
        self, said: Sequence[RuleCourse], *, chance: float | None, ended: Change, last: int
    ) -> None:
        """Count one patient: what the rules said, and how it ended at session ``last``."""
        is_worse, is_better = ended is Change.DETERIORATED, ended is Change.IMPROVED
        self.patients += 1
        self.worse += is_worse
        self.not_better += not is_better
        if chance is not None:
            self.chances.add(chance, improved=is_better)
        for one in said:
            count = self.by_rule[one.rule]
            in_time = any(session < last for session in one.raised)
            count.evaluated += bool(one.evaluated)
            count.marked += one.was_raised
            count.in_time += in_time
            count.worse.add(marked=in_time, so=is_worse)
            count.not_better.add(marked=in_time, so=not is_better)

    def as_judged(self) -> Judged:
        """Return what has been counted."""
        return Judged(
            patients=self.patients,
            worse=self.worse,
            not_better=self.not_better,
            chances=self.chances.as_chances(),
            rules=tuple(
                RuleCount(
                    rule=rule.id,
                    rule_version=rule.version,
                    patients=self.patients,
                    evaluated=self.by_rule[rule.id].evaluated,
                    marked=self.by_rule[rule.id].marked,
                    in_time=self.by_rule[rule.id].in_time,
                    worse=self.by_rule[rule.id].worse.as_cross(),
                    not_better=self.by_rule[rule.id].not_better.as_cross(),
                )
                for rule in self.rules
            ),
        )
