"""Into what categories ended courses are counted, and which of them are shown.

Innermost categories are as fine as the figures need; what is shown are sums of them, and
sums may overlap: the recovered are among the improved. Wherever one category lies in
another, what is left of that one is a category too and goes through control: else it could
be worked out, 46 in the clinical range less 45 recovered. Each table classifies the same
patients, one course each, in its own way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from app.clinical.figures import FigureName
from app.clinical.report import EVERYBODY

Members = Mapping[str, frozenset[str]]


class Leaf(Enum):
    """What a course came to: one of these each."""

    RECOVERED = "recovered"
    IMPROVED = "clinical_improved"
    UNCHANGED = "clinical_unchanged"
    DETERIORATED = "clinical_deteriorated"
    ORDINARY_IMPROVED = "ordinary_improved"
    ORDINARY_UNCHANGED = "ordinary_unchanged"
    ORDINARY_DETERIORATED = "ordinary_deteriorated"
    UNJUDGED = "unjudged"
    ONE_SCORE = "one_score"
    REFUSED = "declined_to_rate"
    NEVER_SCORED = "never_scored"
    NOT_OFFERED = "not_offered"
    OTHER_EDITION = "other_edition"


_CLINICAL = (Leaf.RECOVERED, Leaf.IMPROVED, Leaf.UNCHANGED, Leaf.DETERIORATED)
_ORDINARY = (Leaf.ORDINARY_IMPROVED, Leaf.ORDINARY_UNCHANGED, Leaf.ORDINARY_DETERIORATED)
_NOT_RECOVERED = (Leaf.IMPROVED, Leaf.UNCHANGED, Leaf.DETERIORATED)
_WITHOUT = (Leaf.ONE_SCORE, Leaf.REFUSED, Leaf.NEVER_SCORED, Leaf.NOT_OFFERED, Leaf.OTHER_EDITION)

SCORED = "scored"
CLINICAL = "clinical"
RECOVERED = "recovered"
IMPROVED = "improved"
UNCHANGED = "unchanged"
DETERIORATED = "deteriorated"
ORDINARY = "ordinary"
NOT_RECOVERED = "not_recovered"
BETTER_NOT_RECOVERED = "better_not_recovered"
ONE_SCORE = "one_score"
STARTED = "started"
PLANNED, UNPLANNED = "planned", "unplanned"
AGREED, NOT_AGREED = "agreed", "not_agreed"
ACCEPTED, DECLINED, NOT_TODAY = "accepted", "declined", "not_today"
DECLINED_EARLY, DECLINED_LATER = Leaf.REFUSED.value, "declined_later"
NOT_ASKED = Leaf.NOT_OFFERED.value
REASONS = frozenset((*(leaf.value for leaf in _WITHOUT), DECLINED_LATER, NOT_TODAY))
"""Why there are no scores, or no more. That nobody is among them tells of nobody."""

ALLIANCE_SCORED, NO_ALLIANCE = "alliance_scored", "no_alliance_scores"
FLAGGED, NOT_FLAGGED = "flagged", "not_flagged"


@dataclass(frozen=True, slots=True)
class Table:
    """One way to classify ended courses.

    Attributes
    ----------
    shown
        The categories that are shown, in order, and the innermost ones in each.
    total
        What all of them together are called in a report.
    """

    shown: Members
    total: str = EVERYBODY

    def alike(self, other: "Table") -> frozenset[str]:
        """Return the categories that both have, other than everybody."""
        return frozenset(self.shown.keys() & other.shown.keys()) - {EVERYBODY}


def _plain(**shown: tuple[str, ...]) -> Table:
    every = frozenset().union(*shown.values())
    return Table({**{name: frozenset(held) for name, held in shown.items()}, EVERYBODY: every})


def outcome_table(*, has_verdict: bool, has_cut_off: bool, has_other_edition: bool) -> Table:
    """Return what ended courses came to on the outcome instrument.

    Parameters
    ----------
    has_verdict
        Whether the instrument has a reliable-change value.
    has_cut_off
        Whether it has a cut-off; without one nobody can recover.
    has_other_edition
        Whether any scores were given on another edition of the form.
    """
    judged = [*_CLINICAL, *_ORDINARY] if has_cut_off else [*_ORDINARY]
    scored = judged if has_verdict else [Leaf.UNJUDGED]
    without = [leaf for leaf in _WITHOUT if has_other_edition or leaf is not Leaf.OTHER_EDITION]
    shown = {SCORED: _set(*scored)}
    if has_verdict:
        better = (Leaf.RECOVERED, Leaf.IMPROVED, Leaf.ORDINARY_IMPROVED)
        shown[IMPROVED] = _set(*better) & shown[SCORED]
        shown[UNCHANGED] = _set(Leaf.UNCHANGED, Leaf.ORDINARY_UNCHANGED) & shown[SCORED]
        shown[DETERIORATED] = _set(Leaf.DETERIORATED, Leaf.ORDINARY_DETERIORATED) & shown[SCORED]
    if has_verdict and has_cut_off:
        shown[CLINICAL] = _set(*_CLINICAL)
        shown[RECOVERED] = _set(Leaf.RECOVERED)
        shown[NOT_RECOVERED] = _set(*_NOT_RECOVERED)
        shown[BETTER_NOT_RECOVERED] = _set(Leaf.IMPROVED, Leaf.ORDINARY_IMPROVED)
        shown[ORDINARY] = _set(*_ORDINARY)
    for leaf in without:
        shown[leaf.value] = _set(leaf)
    return Table({**shown, EVERYBODY: _set(*scored, *without)})


BEGINNINGS = Table({EVERYBODY: frozenset((STARTED,))}, total=STARTED)
ENDINGS = _plain(planned=(PLANNED,), unplanned=(UNPLANNED,))
AGREEMENTS = _plain(agreed=(AGREED,), not_agreed=(NOT_AGREED,))
ANSWERS = Table(
    {
        ACCEPTED: frozenset((ACCEPTED,)),
        DECLINED: frozenset((DECLINED_EARLY, DECLINED_LATER)),
        DECLINED_EARLY: frozenset((DECLINED_EARLY,)),
        DECLINED_LATER: frozenset((DECLINED_LATER,)),
        NOT_TODAY: frozenset((NOT_TODAY,)),
        NOT_ASKED: frozenset((NOT_ASKED,)),
        EVERYBODY: frozenset((ACCEPTED, DECLINED_EARLY, DECLINED_LATER, NOT_TODAY, NOT_ASKED)),
    }
)
"""Who was never asked is counted here and among the outcomes, by the same definition."""

ALLIANCES = _plain(alliance_scored=(ALLIANCE_SCORED,), no_alliance_scores=(NO_ALLIANCE,))
FLAGS = _plain(flagged=(FLAGGED,), not_flagged=(NOT_FLAGGED,))

ASKED = "asked"
"""Everybody but who was never asked: no category, since those two tell it."""

SHARES: Mapping[FigureName, tuple[str, str]] = {
    FigureName.TWO_SCORES: (SCORED, EVERYBODY),
    FigureName.RECOVERED: (RECOVERED, CLINICAL),
    FigureName.IMPROVED: (IMPROVED, SCORED),
    FigureName.UNCHANGED: (UNCHANGED, SCORED),
    FigureName.DETERIORATED: (DETERIORATED, SCORED),
    FigureName.UNPLANNED: (UNPLANNED, EVERYBODY),
    FigureName.AGREED: (AGREED, EVERYBODY),
    FigureName.ACCEPTED: (ACCEPTED, ASKED),
    FigureName.DECLINED: (DECLINED, ASKED),
    FigureName.FLAGGED: (FLAGGED, EVERYBODY),
}
"""Shares of patients, by what they count of what."""


def _set(*leaves: Leaf) -> frozenset[str]:
    return frozenset(leaf.value for leaf in leaves)
