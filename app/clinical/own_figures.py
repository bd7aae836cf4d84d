"""What a clinician's own courses come to, for nobody but that clinician.

Counts always stand with what they are counted of. Means are shown for at least five
courses: of fewer the courses themselves tell more, and the clinician may read them.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from app.clinical.figures import Figure, FigureName, mean
from app.clinical.pair_sums import PairSums

FEWEST_COURSES = 5
"""With fewer a mean says less than the courses themselves; the house's own number, as the
least that stand behind a figure of the service."""

TENTHS = 10
"""Scores come in tenths of a point and are shown in points."""

OUTCOME = (FigureName.MEAN_FIRST, FigureName.MEAN_LAST, FigureName.MEAN_CHANGE)
ALLIANCE = (FigureName.ALLIANCE_FIRST, FigureName.ALLIANCE_LAST, FigureName.ALLIANCE_CHANGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCourses:
    """Closed courses of one clinician on one form, counted.

    Attributes
    ----------
    ended
        Courses that closed.
    planned, agreed
        Of these, ended as planned; and with patient and clinician agreed about it.
    attended, with_outcome, with_alliance
        Sessions that patients came to; of these, with a score of either kind.
    recovered, improved, unchanged, deteriorated
        Courses with two scores by what the reliable change says; each is in one. Those who
        recovered are not among the improved here.
    one_score, declined, never_scored, not_offered, other_edition
        Courses without two scores, by reason; each is in one.
    outcome, alliance
        First and last scores, in tenths.
    raised, reviewed_in_time
        Flags that ask for a review; of these, decided about before the course closed.
    has_verdict, has_cut_off
        Whether the form has a reliable-change value, and a cut-off that one can recover past.
    """

    ended: int
    planned: int
    agreed: int
    attended: int
    with_outcome: int
    with_alliance: int
    recovered: int
    improved: int
    unchanged: int
    deteriorated: int
    one_score: int
    declined: int
    never_scored: int
    not_offered: int
    other_edition: int
    outcome: PairSums
    alliance: PairSums
    raised: int
    reviewed_in_time: int
    has_verdict: bool
    has_cut_off: bool


def means(sums: PairSums, names: tuple[FigureName, FigureName, FigureName]) -> tuple[Figure, ...]:
    """Return the mean first score, last score and change, in points; none of too few courses.

    Parameters
    ----------
    sums
        First and last scores, in tenths.
    names
        What the three means are called. The change keeps the sign of the scale.
    """
    if sums.n < FEWEST_COURSES:
        return ()
    first, last, change = names
    asked = (
        (first, sums.mean_before, sums.variance_before),
        (last, sums.mean_after, sums.variance_after),
        (change, sums.mean_change, sums.variance_change),
    )
    return tuple(
        mean(
            name, n=sums.n, value=partial(_given, middle), variance=partial(_given, v), unit=TENTHS
        )
        for name, middle, v in asked
    )


def _given(number: Fraction) -> Fraction:
    return number
