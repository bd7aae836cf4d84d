"""The scores of one patient in one episode, in the order of sessions."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from app.clinical.instruments import Instrument, Tenths


class CourseOrderError(ValueError):
    """The scores of a course are not in the order of its sessions, one for each."""

    def __init__(self, *, earlier: int, later: int) -> None:
        self.earlier = earlier
        self.later = later
        super().__init__(
            f"session {later} comes after session {earlier} in a course; session numbers must "
            "rise. Give one score for each session, the one that counts, in order."
        )


@dataclass(frozen=True, slots=True)
class Observation:
    """One score that counts.

    Attributes
    ----------
    session
        k: 1 at the intake rating; every attended session since counts one more,
        scored or not. Scores from before a later chosen baseline have 0 or less.
    score
        In tenths.
    reference
        Name of the rating that gave it, for tracing.
    weeks
        Time since the intake rating.
    """

    session: int
    score: Tenths
    reference: str
    weeks: float


@dataclass(frozen=True, slots=True)
class Course:
    """The scores of one patient in one episode on one instrument.

    Attributes
    ----------
    instrument
        The definition that all the scores were given by.
    observations
        In the order of sessions, at most one for each.
    attended
        k of every attended session, scored or not, in order.

    Raises
    ------
    CourseOrderError
        If sessions do not rise, in ``observations`` or in ``attended``.
    """

    instrument: Instrument
    observations: tuple[Observation, ...]
    attended: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_rising(seen.session for seen in self.observations)
        _check_rising(self.attended)

    @property
    def intake(self) -> Observation | None:
        """The score at session 1, which others are compared with."""
        return next((seen for seen in self.observations if seen.session == 1), None)

    @property
    def counted(self) -> tuple[Observation, ...]:
        """Scores from intake on, by which change is measured; none without an intake."""
        if self.intake is None:
            return ()
        return tuple(seen for seen in self.observations if seen.session >= 1)

    @property
    def latest_session(self) -> int:
        """K of the last session that was attended or scored; 0 before the first."""
        return max(
            (*self.attended[-1:], *(seen.session for seen in self.observations[-1:])), default=0
        )


def _check_rising(sessions: Iterable[int]) -> None:
    numbers = tuple(sessions)
    for earlier, later in itertools.pairwise(numbers):
        if later <= earlier:
            raise CourseOrderError(earlier=earlier, later=later)
