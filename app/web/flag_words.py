"""What a flag is called: its reason, its line of facts, and why it is shown."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.clinical.instruments import Direction
from app.clinical.overview import Summary, SummaryKey
from app.clinical.rule_editions import FIRST_OWN_EDITION, is_own
from app.clinical.rules import RuleId
from app.web.words import Words
from app.workflow.weigh import Quote

Numbers = Mapping[str, int | float]

_COUNTS = {
    RuleId.NO_CHANGE: "look",
    RuleId.SAWTOOTH: "swings",
    RuleId.MISSING: "in_a_row",
    RuleId.NO_CONTACT: "days_since_contact",
}
"""Rules whose sentence is about a count, and which of its numbers that is."""

_SAID_TO_VARY = frozenset(
    {
        RuleId.DETERIORATION,
        RuleId.OFF_TRACK,
        RuleId.OFF_TRACK_BAND,
        RuleId.NO_CHANGE,
        RuleId.ALLIANCE_DROP,
        RuleId.SAWTOOTH,
    }
)
"""Rules that also mark ordinary courses; how often is said beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What the words of a flag are made from.

    ``item`` is the number of the critical question on its form. ``session_offset`` is what
    is added to a session counted from the start score to get its number among all sessions.
    """

    rule: RuleId
    numbers: Numbers
    direction: Direction
    item: int | None = None
    session_offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """The session a flag is about, and the score given in it, where there is one."""

    session: int | None
    on: dt.datetime
    score: int | None = None


def reason(words: Words, cause: Cause) -> str:
    """Return the reason in one sentence, without a full stop."""
    numbers = cause.numbers
    match cause.rule:
        case RuleId.CRITICAL_ITEM:
            return words("flag.reason_critical_item", item=cause.item or "–")
        case RuleId.DETERIORATION:
            return words(
                _side(f"flag.reason_{cause.rule.value}", cause),
                by=_tenths(words, numbers, "worse_by"),
            )
        case RuleId.ALLIANCE_DROP:
            return _alliance_reason(words, numbers)
        case RuleId.OFF_TRACK_BAND | RuleId.ABOVE_CUTOFF_START:
            times = words(f"flag.times_{_in_a_row(numbers)}")
            return words(_side(f"flag.reason_{cause.rule.value}", cause), times=times)
        case RuleId.OFF_TRACK:
            return words("flag.reason_off_track")
        case RuleId.NO_CHANGE | RuleId.SAWTOOTH | RuleId.MISSING | RuleId.NO_CONTACT:
            count = int(numbers.get(_COUNTS[cause.rule], 0))
            return words(f"flag.reason_{cause.rule.value}", n=count)


def course_reason(
    words: Words, summary: Summary, *, direction: Direction, session_offset: int = 0
) -> str:
    """Return where a course stands in one sentence, when no flag has more to say."""
    numbers = summary.numbers
    match summary.key:
        case SummaryKey.BELOW_ONCE:
            return words(f"flag.reason_below_once_{_way(direction)}")
        case SummaryKey.EARLY:
            return words("flag.reason_early", n=int(numbers.get("scores", 0)))
        case SummaryKey.UP_DOWN:
            session = int(numbers.get("best_session", 0)) + session_offset
            by = _tenths(words, numbers, "below_best")
            return words("flag.reason_updown", session=session, by=by)
        case SummaryKey.UP | SummaryKey.DOWN:
            by = words.tenths(abs(int(numbers.get("better_by", 0))))
            return words(f"flag.reason_{summary.key.value}", by=by)
        case SummaryKey.FLAT:
            return words("flag.reason_flat")
        case _:
            cause = Cause(
                rule=RuleId(summary.key.value),
                numbers=numbers,
                direction=direction,
                session_offset=session_offset,
            )
            return reason(words, cause)


def fact(words: Words, cause: Cause, occasion: Occasion) -> str:
    """Return one line of facts with the date."""
    numbers, day = cause.numbers, words.date(occasion.on, form="d. MMMM")
    if occasion.session is None:
        return words("flag.fact_raised", date=day)
    at = {"session": occasion.session, "date": day}
    match cause.rule:
        case RuleId.CRITICAL_ITEM:
            return words("flag.fact_critical", **at, answer=_whole(words, numbers, "answer"))
        case RuleId.ALLIANCE_DROP:
            return words("flag.fact_alliance", **at, score=words.tenths(occasion.score))
        case RuleId.OFF_TRACK_BAND:
            score, limit = (_tenths(words, numbers, name) for name in ("score_0", "limit_0"))
            return words("flag.fact_band", **at, score=score, limit=limit)
        case RuleId.MISSING | RuleId.NO_CONTACT | RuleId.SAWTOOTH | RuleId.ABOVE_CUTOFF_START:
            return words("flag.fact_session", **at)
        case RuleId.DETERIORATION | RuleId.OFF_TRACK | RuleId.NO_CHANGE:
            last, first = (_tenths(words, numbers, name) for name in ("last", "first"))
            return words("flag.fact_score", **at, score=last, first=first)


def why(words: Words, cause: Cause) -> str:
    """Return the rule in plain words with the numbers it saw."""
    key = f"flag.why_{cause.rule.value}"
    if cause.rule is RuleId.OFF_TRACK_BAND:
        key = _side(key, cause)
    if "early_limit" in cause.numbers:
        key = "flag.why_alliance_early"
    return words(key, **_WHY[cause.rule](words, cause))


def how_often(words: Words, rule: RuleId, quote: Quote | None) -> str | None:
    """Return what the rule has done here, or that it is not known, where that is a question."""
    if quote is None:
        return words("flag.how_often") if rule in _SAID_TO_VARY else None
    return words(
        "flag.how_often_here",
        per=words.number(quote.per_100, digits=1),
        flagged=quote.flagged,
        ended=quote.ended,
        same=quote.not_improved,
    )


def rests_on(words: Words, rule: RuleId, *, version: int) -> str:
    """Return which edition of a rule raised a flag."""
    name = rule_name(words, rule)
    if is_own(version):
        return words("flag.rests_on_own", rule=name, version=version - FIRST_OWN_EDITION + 1)
    return words("flag.rests_on", rule=name, version=version)


def edition(words: Words, version: int) -> str:
    """Return what an edition of a rule is called: one of the site's own, or the shipped one."""
    if is_own(version):
        return words("numbers.rule_edition_own", version=version - FIRST_OWN_EDITION + 1)
    return words("numbers.rule_edition", version=version)


def rule_name(words: Words, rule: RuleId) -> str:
    """Return the short name of a rule."""
    return words(f"flag.rule_{rule.value}")


def _alliance_reason(words: Words, numbers: Numbers) -> str:
    if "early_limit" in numbers:
        return words("flag.reason_alliance_early")
    below = numbers.get("below_mean", 0)
    if below >= numbers.get("total_drop", 0) > 0:
        return words("flag.reason_alliance_drop", by=words.tenths(round(below)))
    fall = round(numbers.get("largest_item_fall", 0))
    return words("flag.reason_alliance_drop_item", by=words.tenths(fall))


def _way(direction: Direction) -> str:
    match direction:
        case Direction.HIGHER_IS_BETTER:
            return "higher"
        case Direction.LOWER_IS_BETTER:
            return "lower"


def _side(key: str, cause: Cause) -> str:
    return f"{key}_{_way(cause.direction)}"


def _tenths(words: Words, numbers: Numbers, name: str) -> str:
    return words.tenths(round(numbers[name])) if name in numbers else "–"


def _whole(words: Words, numbers: Numbers, name: str) -> str:
    return words.whole(round(numbers[name])) if name in numbers else "–"


def _in_100(numbers: Numbers, name: str) -> int:
    return round(100 * numbers.get(name, 0))


def _critical_values(words: Words, cause: Cause) -> dict[str, object]:
    return {name: _whole(words, cause.numbers, name) for name in ("answer", "at_least")}


def _deterioration_values(words: Words, cause: Cause) -> dict[str, object]:
    numbers = cause.numbers
    scores = {name: _tenths(words, numbers, name) for name in ("first", "previous", "last")}
    percent = int(numbers.get("at_once_percent", 0))
    return {**scores, "limit": _whole(words, numbers, "reliable_change"), "percent": percent}


def _off_track_values(words: Words, cause: Cause) -> dict[str, object]:
    numbers = cause.numbers
    return {
        "p": _in_100(numbers, "p_no_improvement"),
        "on": _in_100(numbers, "on_from"),
        "off": _in_100(numbers, "off_below"),
        "horizon": int(numbers.get("horizon", 0)) + cause.session_offset,
        "limit": _whole(words, numbers, "reliable_change"),
    }


def _band_values(words: Words, cause: Cause) -> dict[str, object]:
    names = {"last": "score_0", "limit": "limit_0", "before": "score_1", "limit_before": "limit_1"}
    scores = {place: _tenths(words, cause.numbers, name) for place, name in names.items()}
    return {**scores, "times": words(f"flag.times_{_in_a_row(cause.numbers)}")}


def _in_a_row(numbers: Numbers) -> int:
    # A flag from before the number was kept with it was raised by two.
    return int(numbers.get("in_a_row", 2))


def _no_change_values(words: Words, cause: Cause) -> dict[str, object]:
    return {
        "look": int(cause.numbers.get("look", 0)) + cause.session_offset,
        "limit": _whole(words, cause.numbers, "reliable_change"),
        "largest": _tenths(words, cause.numbers, "largest_change"),
    }


def _alliance_values(words: Words, cause: Cause) -> dict[str, object]:
    return {
        "total_drop": _whole(words, cause.numbers, "total_drop"),
        "item_drop": _whole(words, cause.numbers, "item_drop"),
        "below": _tenths(words, cause.numbers, "below_mean"),
        "fall": _tenths(words, cause.numbers, "largest_item_fall"),
        "total": _tenths(words, cause.numbers, "total"),
        "limit": _tenths(words, cause.numbers, "early_limit"),
        "n": int(cause.numbers.get("early_ratings", 0)),
        **{name: int(cause.numbers.get(f"early_{name}", 0)) for name in ("percent", "sessions")},
    }


def _start_values(words: Words, cause: Cause) -> dict[str, object]:
    return {name: _tenths(words, cause.numbers, name) for name in ("first", "cut_off")}


def _sawtooth_values(words: Words, cause: Cause) -> dict[str, object]:
    return {
        "swings": int(cause.numbers.get("swings", 0)),
        "scores": int(cause.numbers.get("scores", 0)),
        "limit": _whole(words, cause.numbers, "reliable_change"),
    }


def _missing_values(words: Words, cause: Cause) -> dict[str, object]:  # noqa: ARG001 (one shape for all rules)
    return {"count": int(cause.numbers.get("in_a_row", 0))}


def _contact_values(words: Words, cause: Cause) -> dict[str, object]:  # noqa: ARG001 (one shape for all rules)
    numbers = cause.numbers
    return {"limit": int(numbers.get("days", 0)), "days": int(numbers.get("days_since_contact", 0))}


_WHY: Mapping[RuleId, Callable[[Words, Cause], dict[str, object]]] = {
    RuleId.CRITICAL_ITEM: _critical_values,
    RuleId.DETERIORATION: _deterioration_values,
    RuleId.OFF_TRACK: _off_track_values,
    RuleId.OFF_TRACK_BAND: _band_values,
    RuleId.NO_CHANGE: _no_change_values,
    RuleId.ALLIANCE_DROP: _alliance_values,
    RuleId.ABOVE_CUTOFF_START: _start_values,
    RuleId.SAWTOOTH: _sawtooth_values,
    RuleId.MISSING: _missing_values,
    RuleId.NO_CONTACT: _contact_values,
}
"""The numbers that each rule's explanation names."""
