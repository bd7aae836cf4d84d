"""The rules that raise flags, as versioned data: what each one asks for, and on what ground."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from app.clinical.instruments import Evidence, Provenance


class RuleId(Enum):
    """The names of the rules, as stored with each flag."""

    CRITICAL_ITEM = "critical_item"
    DETERIORATION = "deterioration"
    OFF_TRACK = "off_track"
    OFF_TRACK_BAND = "off_track_band"
    NO_CHANGE = "no_change"
    ALLIANCE_DROP = "alliance_drop"
    ABOVE_CUTOFF_START = "above_cutoff_start"
    SAWTOOTH = "sawtooth"
    MISSING = "missing"
    NO_CONTACT = "no_contact"


class Level(Enum):
    """How soon a flag wants to be seen."""

    IMMEDIATE = "immediate"
    REVIEW = "review"
    DISCUSS = "discuss"
    NOTE = "note"

    @property
    def group(self) -> "Group":
        """The part of the worklist that a flag of this level puts its episode in."""
        match self:
            case Level.IMMEDIATE | Level.REVIEW:
                return Group.LOOK
            case Level.DISCUSS:
                return Group.WATCH
            case Level.NOTE:
                return Group.NOTE


class Group(Enum):
    """Parts of the worklist; a note is a sentence and moves no episode."""

    LOOK = "look"
    WATCH = "watch"
    NOTE = "note"


PARAMETERS: Mapping[RuleId, frozenset[str]] = MappingProxyType(
    {
        RuleId.CRITICAL_ITEM: frozenset(),
        RuleId.DETERIORATION: frozenset({"at_once_percent"}),
        RuleId.OFF_TRACK: frozenset({"first_session", "on_from", "off_below"}),
        RuleId.OFF_TRACK_BAND: frozenset({"in_a_row"}),
        RuleId.NO_CHANGE: frozenset({"first_look", "second_look"}),
        RuleId.ALLIANCE_DROP: frozenset(
            {
                *("earlier", "sd_multiple", "total_drop", "item_drop"),
                *("total_range", "item_range"),
                *("early_sessions", "early_percent", "early_needed"),
            }
        ),
        RuleId.ABOVE_CUTOFF_START: frozenset(),
        RuleId.SAWTOOTH: frozenset({"swings", "scores"}),
        RuleId.MISSING: frozenset({"in_a_row"}),
        RuleId.NO_CONTACT: frozenset({"days"}),
    }
)
"""The parameters that each rule needs, neither more nor fewer."""


class RuleParametersError(ValueError):
    """A rule lacks a parameter, has one too many, or one with an impossible value."""

    def __init__(self, *, rule: RuleId, parameters: Mapping[str, int | float]) -> None:
        self.rule = rule
        self.parameters = dict(parameters)
        self.allowed = tuple(sorted(PARAMETERS[rule]))
        super().__init__(
            f"rule {rule.value} has the parameters {self.parameters}; it needs exactly "
            f"{', '.join(self.allowed) or 'none'}, each a number greater than 0. "
            "Correct the rule before it is used."
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One edition of a rule.

    Attributes
    ----------
    id, version
        A change of any number is a new version; flags store both.
    level
        How soon the flag wants to be seen.
    parameters
        Limits of the rule. Names with ``drop`` and ``range`` are in tenths of a
        point; ``on_from`` and ``off_below`` are probabilities; the rest are
        counts, sessions, days or percent as their names say.
    provenance
        On what ground the rule has these numbers.

    Raises
    ------
    RuleParametersError
        If ``parameters`` are not exactly those in ``PARAMETERS``, or not above 0.
    """

    id: RuleId
    version: int
    level: Level
    parameters: Mapping[str, int | float]
    provenance: Provenance

    def __post_init__(self) -> None:
        values = self.parameters.values()
        if self.parameters.keys() != PARAMETERS[self.id] or not all(
            math.isfinite(value) and value > 0 for value in values
        ):
            raise RuleParametersError(rule=self.id, parameters=self.parameters)


FIRST_READING = dt.date(2026, 11, 21)
"""The day on which the sources of these rules and curves were read."""


def _ground(source: str, evidence: Evidence) -> Provenance:
    return Provenance(source=source, evidence=evidence, checked=FIRST_READING)


_FIRST_EDITION, _SECOND_EDITION = 1, 2

DEFAULT_RULES = (
    Rule(
        id=RuleId.CRITICAL_ITEM,
        version=_FIRST_EDITION,
        level=Level.IMMEDIATE,
        parameters={},
        provenance=_ground(
            "Each answer at or above the limit in the instrument's definition. For PHQ-9 item 9: "
            "Simon et al. 2013, doi:10.1176/appi.ps.201200587.",
            Evidence.PUBLISHED,
        ),
    ),
    Rule(
        id=RuleId.DETERIORATION,
        version=_FIRST_EDITION,
        level=Level.REVIEW,
        parameters={"at_once_percent": 150},
        provenance=_ground(
            "Reliable change for the worse since the start, confirmed by the next score, or one "
            "and a half times that at once; reliable change after Jacobson & Truax 1991, the "
            "confirmation is our choice against chance.",
            Evidence.CONVENTION,
        ),
    ),
    Rule(
        id=RuleId.OFF_TRACK,
        version=_FIRST_EDITION,
        level=Level.REVIEW,
        parameters={"first_session": 3, "on_from": 0.7, "off_below": 0.5},
        provenance=_ground(
            "Own simulation of 160 000 courses with a correct model: 26 % of patients flagged at "
            "some time, sensitivity .86 and precision .81 for no reliable improvement.",
            Evidence.SYNTHETIC,
        ),
    ),
    Rule(
        id=RuleId.OFF_TRACK_BAND,
        version=_FIRST_EDITION,
        level=Level.REVIEW,
        parameters={"in_a_row": 2},
        provenance=_ground(
            "Own simulation of 160 000 courses: two in a row beyond the 80 % band flag 13 % of "
            "patients at some time, precision .82 for no reliable improvement.",
            Evidence.SYNTHETIC,
        ),
    ),
    Rule(
        id=RuleId.NO_CHANGE,
        version=_FIRST_EDITION,
        level=Level.DISCUSS,
        parameters={"first_look": 6, "second_look": 12},
        provenance=_ground(
            "Session 6 rather than 3, since one class of depressed patients improves only after "
            "session 6: Saunders et al. 2019, PMC6428692. The second look is our choice.",
            Evidence.CONVENTION,
        ),
    ),
    Rule(
        id=RuleId.ALLIANCE_DROP,
        version=_SECOND_EDITION,
        level=Level.DISCUSS,
        parameters={
            "earlier": 3,
            "sd_multiple": 2,
            "total_drop": 40,
            "item_drop": 30,
            "total_range": 400,
            "item_range": 100,
            "early_sessions": 3,
            "early_percent": 10,
            "early_needed": 100,
        },
        provenance=_ground(
            "A fall below the patient's own earlier marks, since alliance scores bunch near the "
            "top and fixed limits flag culture (Janse et al. 2014); the sizes are our choice for "
            "four marks from 0 to 10. Where there are too few earlier marks, the lowest tenth of "
            "the site's own ratings in first sessions, from 100 of them on; also our choice.",
            Evidence.CONVENTION,
        ),
    ),
    Rule(
        id=RuleId.ABOVE_CUTOFF_START,
        version=_FIRST_EDITION,
        level=Level.NOTE,
        parameters={},
        provenance=_ground(
            "A first score on the ordinary side of the cut-off leaves little room to improve.",
            Evidence.CONVENTION,
        ),
    ),
    Rule(
        id=RuleId.SAWTOOTH,
        version=_FIRST_EDITION,
        level=Level.NOTE,
        parameters={"swings": 4, "scores": 5},
        provenance=_ground(
            "Four swings of at least a reliable change in at least five scores; a convention of "
            "the field.",
            Evidence.CONVENTION,
        ),
    ),
    Rule(
        id=RuleId.MISSING,
        version=_FIRST_EDITION,
        level=Level.NOTE,
        parameters={"in_a_row": 2},
        provenance=_ground(
            "Two attended sessions in a row without a score leave the course unknown; our choice.",
            Evidence.CONVENTION,
        ),
    ),
    Rule(
        id=RuleId.NO_CONTACT,
        version=_FIRST_EDITION,
        level=Level.NOTE,
        parameters={"days": 28},
        provenance=_ground(
            "Four weeks without a session in an open episode; a setting of the site.",
            Evidence.CONVENTION,
        ),
    ),
)
"""The rules as shipped. Whoever changes a number raises the version with it."""
