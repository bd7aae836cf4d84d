"""When each rule applies: from a situation to a finding, with the numbers it rests on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from statistics import median, variance

from app.clinical.expected_change import CurveKind
from app.clinical.instruments import Direction, Instrument, ReliableChangeValue, Tenths
from app.clinical.reliable_change import Side, better_by, reaches, side_of
from app.clinical.rules import Rule, RuleId
from app.clinical.situation import AllianceSeries, Finding, Firing, Situation, WhyNot
from app.clinical.trajectory import Expectation, Observation, Position, WhyNoBand


def find(situation: Situation, rule: Rule) -> tuple[Finding, ...]:
    """Return what a rule finds: one finding, and for critical items one for each answer.

    Parameters
    ----------
    situation
        All that is known of the episode now.
    rule
        One edition of a rule. In a closed episode only critical items and the
        end of ``no_contact`` are looked at.
    """
    if rule.id is RuleId.CRITICAL_ITEM:
        return _critical_items(situation)
    if not situation.is_open and rule.id is not RuleId.NO_CONTACT:
        return (_not(WhyNot.EPISODE_CLOSED),)
    return (_CONDITIONS[rule.id](situation, rule.parameters),)


_Parameters = Mapping[str, int | float]


def _not(why: WhyNot) -> Finding:
    return Finding(firing=None, why_not=why)


def _on(seen: Observation, numbers: Mapping[str, int | float], firing: Firing) -> Finding:
    return Finding(firing=firing, numbers=numbers, session=seen.session, reference=seen.reference)


def _critical_items(situation: Situation) -> tuple[Finding, ...]:
    rating = situation.rating
    if rating is None:
        return (_not(WhyNot.NO_RATING),)
    return tuple(
        Finding(
            firing=Firing.ON,
            numbers={"answer": critical.answer, "at_least": critical.at_least},
            session=rating.session,
            reference=rating.reference,
            item=critical.item,
        )
        for critical in rating.critical
    ) or (Finding(firing=Firing.OFF, session=rating.session, reference=rating.reference),)


def _deterioration(situation: Situation, parameters: _Parameters) -> Finding:
    value = situation.trajectory.reliable_change
    counted = situation.course.counted
    if value is None:
        return _not(WhyNot.NO_RELIABLE_CHANGE)
    if len(counted) < 2:  # noqa: PLR2004 (a change takes two scores)
        return _not(WhyNot.TOO_FEW_SCORES)
    first, previous, last = counted[0], counted[-2], counted[-1]
    direction = situation.direction
    worse = -better_by(first.score, last.score, direction=direction)
    before = -better_by(first.score, previous.score, direction=direction)
    at_once = reaches(worse, value, percent=int(parameters["at_once_percent"]))
    numbers = {
        "first": first.score,
        "previous": previous.score,
        "last": last.score,
        "worse_by": worse,
        "reliable_change": value.value,
        "at_once_percent": parameters["at_once_percent"],
    }
    if not reaches(worse, value):
        return _on(last, numbers, Firing.OFF)
    return _on(last, numbers, Firing.ON if at_once or reaches(before, value) else Firing.BETWEEN)


_BAND_OBSTACLES = {
    WhyNoBand.NO_INTAKE: WhyNot.NO_SCORE,
    WhyNoBand.NO_CURVE: WhyNot.NO_CURVE,
    WhyNoBand.INTAKE_OUTSIDE: WhyNot.INTAKE_OUTSIDE,
    WhyNoBand.SESSION_OUTSIDE: WhyNot.SESSION_OUTSIDE,
}


def _off_track(situation: Situation, parameters: _Parameters) -> Finding:
    trajectory = situation.trajectory
    if trajectory.why_no_band is not None:
        return _not(_BAND_OBSTACLES[trajectory.why_no_band])
    if trajectory.curve is None or trajectory.curve.kind is CurveKind.GENERAL:
        return _not(WhyNot.CURVE_NOT_LOCAL)
    if trajectory.reliable_change is None:
        return _not(WhyNot.NO_RELIABLE_CHANGE)
    last = situation.course.counted[-1]
    if last.session < parameters["first_session"]:
        return _not(WhyNot.TOO_EARLY)
    outlook = trajectory.outlook
    if outlook is None or outlook.p_improvement is None:
        return _not(WhyNot.SESSION_OUTSIDE)
    p_no_improvement = 1 - outlook.p_improvement
    numbers = {
        "first": situation.course.counted[0].score,
        "last": last.score,
        "p_no_improvement": p_no_improvement,
        "on_from": parameters["on_from"],
        "off_below": parameters["off_below"],
        "horizon": outlook.session,
        "reliable_change": trajectory.reliable_change.value,
    }
    firing = Firing.BETWEEN
    if p_no_improvement >= parameters["on_from"]:
        firing = Firing.ON
    elif p_no_improvement < parameters["off_below"]:
        firing = Firing.OFF
    return replace(_on(last, numbers, firing), uses_curve=True)


def _off_track_band(situation: Situation, parameters: _Parameters) -> Finding:
    trajectory = situation.trajectory
    if trajectory.why_no_band is not None:
        return _not(_BAND_OBSTACLES[trajectory.why_no_band])
    if trajectory.curve is not None and trajectory.curve.kind is not CurveKind.GENERAL:
        return _not(WhyNot.CURVE_HAS_OWN_RULE)
    if not situation.is_curve_accepted:
        return _not(WhyNot.CURVE_NOT_ACCEPTED)
    in_a_row = int(parameters["in_a_row"])
    numbers: dict[str, int | float] = {"in_a_row": in_a_row}
    beyond = []
    for back, point in enumerate(reversed(trajectory.points[-in_a_row:])):
        if point.expectation is not None:
            beyond.append(point.position is Position.WORSE_THAN_90)
            numbers[f"score_{back}"] = point.observation.score
            numbers[f"limit_{back}"] = _worst_limit(point.expectation, situation.direction)
    if len(beyond) < in_a_row:
        return _not(WhyNot.TOO_FEW_SCORES)
    firing = Firing.ON if all(beyond) else Firing.BETWEEN if beyond[0] else Firing.OFF
    return replace(_on(situation.course.counted[-1], numbers, firing), uses_curve=True)


def _worst_limit(at: Expectation, direction: Direction) -> Tenths:
    match direction:
        case Direction.HIGHER_IS_BETTER:
            return at.at_10
        case Direction.LOWER_IS_BETTER:
            return at.at_90


def _no_change(situation: Situation, parameters: _Parameters) -> Finding:
    """Find a change below the reliable one at a look, and at every score since.

    The look is the first score from ``first_look`` on, and again from
    ``second_look`` on. That it still holds is asked as well, so that a course
    read in from elsewhere is judged as one that was followed all along.
    """
    value = situation.trajectory.reliable_change
    counted = situation.course.counted
    if value is None:
        return _not(WhyNot.NO_RELIABLE_CHANGE)
    if not counted:
        return _not(WhyNot.NO_SCORE)
    look = max(
        (int(at) for at in parameters.values() if counted[-1].session >= at),
        default=None,
    )
    if look is None:
        return _not(WhyNot.TOO_EARLY)
    first, last = counted[0], counted[-1]
    changes = [abs(seen.score - first.score) for seen in counted if seen.session >= look]
    numbers = {
        "look": look,
        "first": first.score,
        "last": last.score,
        "largest_change": max(changes),
        "reliable_change": value.value,
    }
    return _on(last, numbers, Firing.OFF if reaches(max(changes), value) else Firing.ON)


def _alliance_drop(situation: Situation, parameters: _Parameters) -> Finding:
    series = situation.alliance
    if series is None or not series.ratings:
        return _not(WhyNot.NO_ALLIANCE)
    if not _fits_scale(series.instrument, parameters):
        return _not(WhyNot.OTHER_SCALE)
    earlier, latest = series.ratings[:-1], series.ratings[-1]
    sign = series.instrument.direction.value
    totals = [sign * rating.total for rating in earlier if rating.total is not None]
    if len(totals) < parameters["earlier"]:
        return _early_alliance(series, parameters)
    numbers: dict[str, int | float] = {**parameters, "earlier_ratings": len(totals)}
    has_dropped = False
    if latest.total is not None:
        below = Fraction(sum(totals), len(totals)) - sign * latest.total
        spread = variance([Fraction(total) for total in totals])
        # Squared, so that a fall of exactly the limit is found without rounding.
        beyond_spread = below > 0 and below**2 >= Fraction(parameters["sd_multiple"]) ** 2 * spread
        has_dropped = below >= parameters["total_drop"] and beyond_spread
        numbers |= {"total": latest.total, "below_mean": float(below), "sd": float(spread) ** 0.5}
    falls = _item_falls(series, least=parameters["earlier"])
    if falls:
        numbers["largest_item_fall"] = max(falls)
        has_dropped = has_dropped or max(falls) >= parameters["item_drop"]
    if latest.total is None and not falls:
        return _not(WhyNot.NO_ALLIANCE)
    return Finding(
        firing=Firing.ON if has_dropped else Firing.OFF,
        numbers=numbers,
        session=latest.session,
        reference=latest.reference,
    )


def _early_alliance(series: AllianceSeries, parameters: _Parameters) -> Finding:
    """Compare a rating with early ones at the site: there are too few of the patient's own."""
    early, latest = series.early, series.ratings[-1]
    is_known = early is not None and early.edition == series.instrument.version
    if early is None or not is_known or early.n < parameters["early_needed"]:
        return _not(WhyNot.TOO_FEW_ALLIANCES)
    if latest.total is None:
        return _not(WhyNot.NO_ALLIANCE)
    sign = series.instrument.direction.value
    return Finding(
        firing=Firing.ON if sign * latest.total <= sign * early.limit else Firing.OFF,
        numbers={
            "total": latest.total,
            "early_limit": early.limit,
            "early_ratings": early.n,
            "early_sessions": parameters["early_sessions"],
            "early_percent": parameters["early_percent"],
        },
        session=latest.session,
        reference=latest.reference,
    )


def _fits_scale(instrument: Instrument, parameters: _Parameters) -> bool:
    scoring = instrument.scoring
    return scoring.highest - scoring.lowest == parameters["total_range"] and all(
        item.highest - item.lowest == parameters["item_range"] for item in instrument.items
    )


def _item_falls(series: AllianceSeries, *, least: float) -> list[float]:
    """Return by how much each item of the latest rating lies below its own earlier median."""
    falls = []
    sign = series.instrument.direction.value
    latest = series.ratings[-1].items
    for item in series.instrument.items:
        now = latest.get(item.key)
        before = [
            sign * mark
            for rating in series.ratings[:-1]
            if (mark := rating.items.get(item.key)) is not None
        ]
        if now is not None and len(before) >= least:
            falls.append(median(before) - sign * now)
    return falls


def _above_cutoff_start(situation: Situation, parameters: _Parameters) -> Finding:  # noqa: ARG001 (the rule has no limits of its own)
    cut_off = situation.course.instrument.default_cut_off
    intake = situation.course.intake
    if cut_off is None:
        return _not(WhyNot.NO_CUT_OFF)
    if intake is None:
        return _not(WhyNot.NO_SCORE)
    side = side_of(intake.score, cut_off=cut_off, direction=situation.direction)
    numbers = {"first": intake.score, "cut_off": cut_off.value}
    return _on(intake, numbers, Firing.ON if side is Side.FUNCTIONAL else Firing.OFF)


def _sawtooth(situation: Situation, parameters: _Parameters) -> Finding:
    value = situation.trajectory.reliable_change
    counted = situation.course.counted
    if value is None:
        return _not(WhyNot.NO_RELIABLE_CHANGE)
    if len(counted) < parameters["scores"]:
        return _not(WhyNot.TOO_FEW_SCORES)
    swings = _swings((seen.score for seen in counted), value)
    numbers = {"swings": swings, "scores": len(counted), "reliable_change": value.value}
    return _on(counted[-1], numbers, Firing.ON if swings >= parameters["swings"] else Firing.OFF)


def _swings(scores: Iterable[Tenths], value: ReliableChangeValue) -> int:
    """Count moves of at least a reliable change, each against the one before it."""
    swings = 0
    heading = 0
    low = high = None
    for score in scores:
        low = score if low is None else min(low, score)
        high = score if high is None else max(high, score)
        if heading <= 0 and reaches(score - low, value):
            heading, swings, low, high = 1, swings + 1, score, score
        elif heading >= 0 and reaches(high - score, value):
            heading, swings, low, high = -1, swings + 1, score, score
    return swings


def _missing(situation: Situation, parameters: _Parameters) -> Finding:
    in_a_row = int(parameters["in_a_row"])
    attended = situation.course.attended
    if len(attended) < in_a_row:
        return _not(WhyNot.TOO_FEW_SESSIONS)
    scored = {seen.session for seen in situation.course.observations}
    is_missing = not scored.intersection(attended[-in_a_row:])
    return Finding(
        firing=Firing.ON if is_missing else Firing.OFF,
        numbers={"in_a_row": in_a_row},
        session=attended[-1],
    )


def _no_contact(situation: Situation, parameters: _Parameters) -> Finding:
    if not situation.is_open:
        return Finding(firing=Firing.OFF)
    if situation.days_since_contact is None:
        return _not(WhyNot.NO_SESSION)
    is_long = situation.days_since_contact >= parameters["days"]
    return Finding(
        firing=Firing.ON if is_long else Firing.OFF,
        numbers={"days_since_contact": situation.days_since_contact, "days": parameters["days"]},
    )


_CONDITIONS: Mapping[RuleId, Callable[[Situation, _Parameters], Finding]] = {
    RuleId.DETERIORATION: _deterioration,
    RuleId.OFF_TRACK: _off_track,
    RuleId.OFF_TRACK_BAND: _off_track_band,
    RuleId.NO_CHANGE: _no_change,
    RuleId.ALLIANCE_DROP: _alliance_drop,
    RuleId.ABOVE_CUTOFF_START: _above_cutoff_start,
    RuleId.SAWTOOTH: _sawtooth,
    RuleId.MISSING: _missing,
    RuleId.NO_CONTACT: _no_contact,
}
