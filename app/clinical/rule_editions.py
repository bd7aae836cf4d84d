"""Editions of a rule that a site sets for itself: which numbers may move, how far, and why.

The shipped rules stand in ``rules``. A site may move some of their numbers, within limits
that are stated here with their grounds. Each move is an edition of its own with a number
that no shipped edition will ever have, so that a flag tells for ever by which one it came.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.clinical.evidence import Evidence, Provenance
from app.clinical.rules import DEFAULT_RULES, Rule, RuleId

Number = int | float

FIRST_OWN_EDITION = 1001
"""The number of a site's first edition of a rule; shipped editions stay below it."""

LIMITS_SET = dt.date(2026, 11, 30)
"""The day on which these limits were set."""


@dataclass(frozen=True, slots=True)
class Leeway:
    """How far a site may move one number of a rule.

    Attributes
    ----------
    rule, parameter
        Which number of which rule.
    values
        Every value that it may have, rising, in the unit of ``Rule.parameters``.
    ground
        Why it may go so far and no further.
    """

    rule: RuleId
    parameter: str
    values: tuple[Number, ...]
    ground: str


LEEWAYS = (
    Leeway(
        RuleId.DETERIORATION,
        "at_once_percent",
        (100, 125, 150, 175, 200),
        "100: the first reliable change for the worse is shown at once; nothing smaller is told "
        "from chance (Jacobson & Truax 1991). 200: twice that waits for no second score.",
    ),
    Leeway(
        RuleId.OFF_TRACK,
        "first_session",
        (3, 4, 5, 6),
        "3: the prediction then rests on two scores after the first. 6: no later than the first "
        "look of the rule about no change as shipped.",
    ),
    Leeway(
        RuleId.OFF_TRACK,
        "on_from",
        (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9),
        "0.5: below it, improvement is the likelier outcome. 0.9: own simulation of 160 000 "
        "courses has .86 of those without improvement found at .7 and .80 at .8; beyond .9 the "
        "rule finds few of them.",
    ),
    Leeway(
        RuleId.OFF_TRACK,
        "off_below",
        (0.3, 0.4, 0.5, 0.6, 0.7),
        "Below the limit that raises the flag, so that one score does not raise and end it in "
        "turn; 0.3: a flag must be able to end.",
    ),
    Leeway(
        RuleId.OFF_TRACK_BAND,
        "in_a_row",
        (2, 3),
        "2: one score below the 80 % band marks a third to half of ordinary courses at some time "
        "(own simulations). 3: the band holds from session 2, and later than 4 is late.",
    ),
    Leeway(
        RuleId.NO_CHANGE,
        "first_look",
        (4, 5, 6, 7, 8, 9, 10),
        "4: session 3 is too early for some (Saunders et al. 2019, PMC6428692). 10: the horizon "
        "of predictions.",
    ),
    Leeway(
        RuleId.NO_CHANGE,
        "second_look",
        (8, 10, 12, 14, 16),
        "After the first look. 16: our choice; few courses are longer.",
    ),
    Leeway(
        RuleId.ALLIANCE_DROP,
        "earlier",
        (2, 3, 4, 5),
        "2: the fewest ratings that have a spread. 5: our choice; many courses have no more.",
    ),
    Leeway(
        RuleId.ALLIANCE_DROP,
        "sd_multiple",
        (1, 2, 3),
        "1: within one's own swing is chance. 3: beyond three hardly any rating falls.",
    ),
    Leeway(
        RuleId.ALLIANCE_DROP,
        "total_drop",
        (20, 30, 40, 50, 60),
        "2 to 6 points of 40: our choice around 4.",
    ),
    Leeway(
        RuleId.ALLIANCE_DROP,
        "item_drop",
        (20, 30, 40, 50),
        "2 to 5 points of 10 on one mark: our choice around 3.",
    ),
    Leeway(
        RuleId.SAWTOOTH,
        "swings",
        (3, 4, 5, 6),
        "3: two swings are one move there and back. 6: our choice.",
    ),
    Leeway(
        RuleId.SAWTOOTH,
        "scores",
        (4, 5, 6, 8),
        "4: the fewest scores with three swings between them. 8: our choice.",
    ),
    Leeway(
        RuleId.MISSING,
        "in_a_row",
        (1, 2, 3, 4),
        "1: each attended session without a score. 4: a month of weekly sessions.",
    ),
)
"""Every number that a site may move. What is not here stays as shipped.

``critical_item`` has no number at all: an answer that must be seen at once is seen at once.
After how many days ``no_contact`` is raised is a setting of the organization. The ranges of
``alliance_drop`` say which scale it is for.
"""

ADDED_SINCE: Mapping[RuleId, tuple[str, ...]] = {
    RuleId.ALLIANCE_DROP: ("early_sessions", "early_percent", "early_needed")
}
"""Numbers that a rule got when sites could move it already: an edition from before lacks them."""

_SHIPPED = {rule.id: rule for rule in DEFAULT_RULES}
_OF = {(one.rule, one.parameter): one for one in LEEWAYS}
_IN_ORDER = {
    RuleId.OFF_TRACK: ("off_below", "on_from"),
    RuleId.NO_CHANGE: ("first_look", "second_look"),
}
"""Rules of which one number must stay below another."""


class EditionError(ValueError):
    """A rule cannot have these numbers; what is wrong, with which value, and what is allowed."""

    def __init__(
        self, *, rule: RuleId, parameter: str, value: object, allowed: Sequence[Number]
    ) -> None:
        self.rule = rule
        self.parameter = parameter
        self.value = value
        self.allowed = tuple(allowed)
        told = ", ".join(f"{one:g}" for one in self.allowed) or "nothing but what is shipped"
        super().__init__(
            f"{parameter} of rule {rule.value} is {value}; allowed here: {told}. "
            "Choose one of these."
        )


def leeways_of(rule: RuleId) -> tuple[Leeway, ...]:
    """Return how far each number of a rule may be moved; nothing for a rule that stays."""
    return tuple(one for one in LEEWAYS if one.rule is rule)


def is_own(version: int) -> bool:
    """Whether an edition is one that a site has set."""
    return version >= FIRST_OWN_EDITION


def moved(rule: Rule, *, parameter: str, value: Number) -> Rule:
    """Return a rule with one number moved, as a thing to try: its edition is not numbered yet.

    Raises
    ------
    EditionError
        If the number may not be moved, or not to this value beside the others.
    """
    return moved_together(rule, {parameter: value})


def moved_together(rule: Rule, values: Mapping[str, Number]) -> Rule:
    """Return a rule with some numbers moved at once, as a thing to try.

    They are judged beside each other, not beside what they take the place of.

    Raises
    ------
    EditionError
        If one of them may not be moved, or not to its value beside the others.
    """
    for name, value in values.items():
        if (rule.id, name) not in _OF:
            raise EditionError(rule=rule.id, parameter=name, value=value, allowed=())
    parameters = {**rule.parameters, **values}
    for name in values:
        _check(rule.id, parameters, about=name)
    return replace(rule, parameters=parameters)


def allowed_beside(rule: Rule, leeway: Leeway) -> tuple[Number, ...]:
    """Return the values that one number may have while the others stay as they are."""
    return tuple(_allowed(rule.id, rule.parameters, leeway))


def own_edition(
    rule: RuleId, *, version: int, parameters: Mapping[str, Number], decided_on: dt.date
) -> Rule:
    """Return the edition that a site has decided on, or refuse what it may not be.

    Parameters
    ----------
    rule
        Which rule.
    version
        ``FIRST_OWN_EDITION`` or more.
    parameters
        All numbers of the rule; those of ``ADDED_SINCE`` are as shipped if they are missing.
    decided_on
        When the site decided.

    Raises
    ------
    EditionError
        If the version is one of the shipped, if a number lacks or is one too many, or if a
        value is not allowed: then no rule may be made of it.
    """
    shipped = _SHIPPED[rule]
    if not is_own(version):
        raise EditionError(
            rule=rule, parameter="version", value=version, allowed=(FIRST_OWN_EDITION,)
        )
    added = {name: shipped.parameters[name] for name in ADDED_SINCE.get(rule, ())}
    parameters = {**added, **parameters}
    if parameters.keys() != shipped.parameters.keys() or not leeways_of(rule):
        names = ", ".join(sorted(parameters))
        raise EditionError(rule=rule, parameter="parameters", value=names, allowed=())
    for name in parameters:
        _check(rule, parameters, about=name)
    return replace(
        shipped,
        version=version,
        parameters=dict(parameters),
        provenance=Provenance(
            source="Set by this site, beside the figures of its rule bench. As shipped: "
            f"{shipped.provenance.source}",
            evidence=Evidence.CONVENTION,
            checked=decided_on,
        ),
    )


def _check(rule: RuleId, parameters: Mapping[str, Number], *, about: str) -> None:
    leeway = _OF.get((rule, about))
    # What is stored may be anything.
    value: object = parameters[about]
    allowed: Sequence[Number] = (_SHIPPED[rule].parameters[about],)
    if leeway is not None:
        allowed = tuple(_allowed(rule, parameters, leeway))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value not in allowed:
        raise EditionError(rule=rule, parameter=about, value=value, allowed=allowed)


def _allowed(rule: RuleId, parameters: Mapping[str, Number], leeway: Leeway) -> Iterator[Number]:
    below, above = _IN_ORDER.get(rule, ("", ""))
    for value in leeway.values:
        if leeway.parameter == below and value >= parameters[above]:
            continue
        if leeway.parameter == above and value <= parameters[below]:
            continue
        yield value
