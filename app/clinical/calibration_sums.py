"""Counts and sums by which a curve and the rules are judged; nobody can be found in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from app.clinical.ages import AgeBand
from app.clinical.curves import ReferenceCurve
from app.clinical.expected_change import expected, quantile
from app.clinical.instruments import Tenths

BANDS = (50, 80, 95)
"""The middle shares of new patients, in percent, that bands are drawn or asked for."""

DRAWN = 80
"""The band that is drawn on the page of a patient, in percent."""

CHANCE_STEPS = 5
"""The probability of reliable improvement is looked at in so many equal steps. A choice."""


class By(Enum):
    """What scores are looked at by.

    ``WHOLE``, ``SESSION``, ``START`` (thirds of first scores), ``AGE`` and ``LANGUAGE`` each
    hold every score once. ``APART`` holds the groups that a band serves worst: those who
    begin at either end, and those who ended reliably worse; and those who left.
    """

    WHOLE = "whole"
    SESSION = "session"
    START = "start"
    AGE = "age"
    LANGUAGE = "language"
    APART = "apart"


class Apart(Enum):
    """Groups that are shown by themselves."""

    LOWEST_STARTS = "lowest_starts"
    HIGHEST_STARTS = "highest_starts"
    ENDED_WORSE = "ended_worse"
    DROPPED_OUT = "dropped_out"


@dataclass(frozen=True, slots=True)
class Cell:
    """Scores of one group beside the bands.

    Attributes
    ----------
    by, key
        What the group was made by, and which one it is.
    patients, scores
        How many stand in it.
    inside
        Scores inside each band of ``BANDS``, the limits included.
    patients_inside, patients_outside
        Patients with at least one score inside, and outside, each band.
    """

    by: By
    key: str
    patients: int
    scores: int
    inside: tuple[int, int, int]
    patients_inside: tuple[int, int, int]
    patients_outside: tuple[int, int, int]


@dataclass(slots=True)
class CellSum:
    """A cell that still grows."""

    patients: int = 0
    scores: int = 0
    inside: list[int] = field(default_factory=lambda: [0] * len(BANDS))
    patients_inside: list[int] = field(default_factory=lambda: [0] * len(BANDS))
    patients_outside: list[int] = field(default_factory=lambda: [0] * len(BANDS))

    def add_patient(self, scores: list[tuple[bool, ...]]) -> None:
        """Count the scores of one patient: for each, whether it is inside each band."""
        self.patients += 1
        self.scores += len(scores)
        for at in range(len(BANDS)):
            inside = sum(score[at] for score in scores)
            self.inside[at] += inside
            self.patients_inside[at] += inside > 0
            self.patients_outside[at] += inside < len(scores)

    def as_cell(self, by: By, key: str) -> Cell:
        """Return what has been counted."""
        return Cell(
            by=by,
            key=key,
            patients=self.patients,
            scores=self.scores,
            inside=_three(self.inside),
            patients_inside=_three(self.patients_inside),
            patients_outside=_three(self.patients_outside),
        )


@dataclass(frozen=True, slots=True)
class Line:
    """Sums over pairs of a predicted score m and the observed one y, in points.

    Attributes
    ----------
    patients, n
        How many stand behind the sums, and pairs.
    m, y, mm, my, yy
        Sums of m - c, y - c, and of their squares and product, with c = ``center``: the
        first predicted score, which keeps the sums small.
    """

    patients: int
    n: int
    center: float
    m: float
    y: float
    mm: float
    my: float
    yy: float


@dataclass(slots=True)
class LineSum:
    """Sums that still grow."""

    patients: int = 0
    n: int = 0
    center: float | None = None
    m: float = 0.0
    y: float = 0.0
    mm: float = 0.0
    my: float = 0.0
    yy: float = 0.0

    def add_patient(self, pairs: list[tuple[float, float]]) -> None:
        """Add the predicted and observed scores of one patient."""
        if not pairs:
            return
        self.patients += 1
        if self.center is None:
            self.center = pairs[0][0]
        for predicted, observed in pairs:
            m, y = predicted - self.center, observed - self.center
            self.n += 1
            self.m += m
            self.y += y
            self.mm += m * m
            self.my += m * y
            self.yy += y * y

    def as_line(self) -> Line:
        """Return the sums."""
        return Line(
            patients=self.patients,
            n=self.n,
            center=self.center or 0.0,
            m=self.m,
            y=self.y,
            mm=self.mm,
            my=self.my,
            yy=self.yy,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """Patients whose probability lay in one step, and what came.

    Attributes
    ----------
    low, high
        The limits of the step, 0 to 1.
    patients, chance, improved
        How many, the sum of their probabilities, and how many ended reliably better.
    """

    low: float
    high: float
    patients: int
    chance: float
    improved: int


@dataclass(frozen=True, slots=True)
class Chances:
    """The probability of reliable improvement beside what came, one look for each patient.

    Attributes
    ----------
    steps
        From 0 to 1 in ``CHANCE_STEPS`` equal steps.
    squared, fourth
        Sums of the second and fourth power of the distance of the probability from what
        came (1 or 0).
    """

    steps: tuple[Step, ...]
    squared: float
    fourth: float

    @property
    def patients(self) -> int:
        """Patients that were looked at."""
        return sum(step.patients for step in self.steps)

    @property
    def improved(self) -> int:
        """Of those, who ended reliably better."""
        return sum(step.improved for step in self.steps)


@dataclass(slots=True)
class ChanceSum:
    """Probabilities that are still being counted."""

    patients: list[int] = field(default_factory=lambda: [0] * CHANCE_STEPS)
    chance: list[float] = field(default_factory=lambda: [0.0] * CHANCE_STEPS)
    improved: list[int] = field(default_factory=lambda: [0] * CHANCE_STEPS)
    squared: float = 0.0
    fourth: float = 0.0

    def add(self, chance: float, *, improved: bool) -> None:
        """Count one patient."""
        at = min(int(chance * CHANCE_STEPS), CHANCE_STEPS - 1)
        self.patients[at] += 1
        self.chance[at] += chance
        self.improved[at] += improved
        self.squared += (chance - improved) ** 2
        self.fourth += (chance - improved) ** 4

    def as_chances(self) -> Chances:
        """Return what has been counted."""
        steps = zip(self.patients, self.chance, self.improved, strict=True)
        return Chances(
            steps=tuple(
                Step(at / CHANCE_STEPS, (at + 1) / CHANCE_STEPS, *step)
                for at, step in enumerate(steps)
            ),
            squared=self.squared,
            fourth=self.fourth,
        )


@dataclass(frozen=True, slots=True)
class Cross:
    """Patients by whether a rule had marked them before their last score, and how they ended."""

    marked_and_so: int
    marked_and_not: int
    unmarked_and_so: int
    unmarked_and_not: int


@dataclass(slots=True)
class CrossSum:
    """A table of four that still grows."""

    counts: dict[tuple[bool, bool], int] = field(default_factory=dict)

    def add(self, *, marked: bool, so: bool) -> None:
        """Count one patient."""
        self.counts[marked, so] = self.counts.get((marked, so), 0) + 1

    def as_cross(self) -> Cross:
        """Return what has been counted."""
        return Cross(
            marked_and_so=self.counts.get((True, True), 0),
            marked_and_not=self.counts.get((True, False), 0),
            unmarked_and_so=self.counts.get((False, True), 0),
            unmarked_and_not=self.counts.get((False, False), 0),
        )


class Limits:
    """The limits of the bands for each first score and session, worked out once each."""

    def __init__(self, curve: ReferenceCurve, *, lowest: Tenths, highest: Tenths) -> None:
        self._curve, self._lowest, self._highest = curve, lowest, highest
        self._known: dict[tuple[Tenths, int], tuple[tuple[Tenths, Tenths], ...]] = {}

    def inside(self, *, intake: Tenths, session: int, score: Tenths) -> tuple[bool, ...]:
        """Return for each band whether a score lies in it, the limits included.

        Parameters
        ----------
        intake, score
            In tenths.
        session
            k at which the curve holds.
        """
        known = self._known.get((intake, session))
        if known is None:
            known = self._known[intake, session] = self._limits(intake, session)
        return tuple(low <= score <= high for low, high in known)

    def _limits(self, intake: Tenths, session: int) -> tuple[tuple[Tenths, Tenths], ...]:
        at = expected(self._curve, intake=intake, session=session)
        ends: Mapping[str, Tenths] = {"lowest": self._lowest, "highest": self._highest}
        return tuple(
            (
                quantile(at, (100 - band) / 200, **ends),
                quantile(at, (100 + band) / 200, **ends),
            )
            for band in BANDS
        )


def age_key(band: AgeBand | None) -> str:
    """Return what a group by age is called; ``unknown`` without a band."""
    if band is None:
        return "unknown"
    youngest, oldest = band
    return f"{youngest}+" if oldest is None else f"{youngest}-{oldest}"


def _three(values: list[int]) -> tuple[int, int, int]:
    first, second, third = values
    return first, second, third
