"""What a proposed curve must show before it may go live without a person's acceptance."""

from dataclasses import dataclass
from enum import Enum

FEWEST_PATIENTS = 200
"""Patients on whom a curve must have been looked at: with so many, a band that truly holds 80 %
is seen to hold from 74 to 86 % in 19 of 20 cases. A choice of this program."""

LOWEST_INSIDE, HIGHEST_INSIDE = 75, 85
"""Of 100 scores so many must lie in the band that should hold 80: the limits of the standing
alarm about a curve in force. A choice of this program."""


class Failing(Enum):
    """A check that a proposed curve does not pass."""

    NOT_CONVERGED = "not_converged"
    TOO_FEW_PATIENTS = "too_few_patients"
    OTHER_IN_FORCE = "other_in_force"
    HOLDS_WORSE = "holds_worse"
    BAND_OFF = "band_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is known about a proposed curve.

    Attributes
    ----------
    is_converged
        Whether the fit has reached its optimum.
    patients, scores
        On which it was looked at beside the curve in force; both hold for them.
    is_beside_the_one_in_force
        Whether that curve is still the one in force.
    inside
        How many of these scores lie in its 80 % band; ``None`` if there is no such score.
    error, error_now
        Mean distance of these scores from what it expects, in points, and from what the
        curve in force expects; ``None`` for the latter where no curve is in force.
    """

    is_converged: bool
    patients: int
    scores: int
    is_beside_the_one_in_force: bool
    inside: int | None
    error: float | None
    error_now: float | None


def failing(findings: Findings) -> tuple[Failing, ...]:
    """Return the checks that a proposed curve does not pass; none if it may go live.

    Parameters
    ----------
    findings
        What is known about it. Figures about too few patients are no ground for anything.
    """
    found: list[Failing] = []
    if not findings.is_converged:
        found.append(Failing.NOT_CONVERGED)
    if not findings.is_beside_the_one_in_force:
        found.append(Failing.OTHER_IN_FORCE)
    if findings.patients < FEWEST_PATIENTS or findings.inside is None or findings.error is None:
        return (*found, Failing.TOO_FEW_PATIENTS)
    if findings.error_now is not None and findings.error > findings.error_now:
        found.append(Failing.HOLDS_WORSE)
    # Whole numbers, so that exactly 75 and 85 % are inside.
    lowest, highest = LOWEST_INSIDE * findings.scores, HIGHEST_INSIDE * findings.scores
    if not lowest <= 100 * findings.inside <= highest:
        found.append(Failing.BAND_OFF)
    return tuple(found)
