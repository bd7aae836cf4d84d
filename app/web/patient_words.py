"""The sentences at the top of a patient's page: who, how it goes, and what it is compared with."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.clinical.curves import CurveKind
from app.clinical.instruments import Boundary, ReliableChangeValue, Tenths
from app.clinical.overview import Shape, Status, Summary, SummaryKey
from app.clinical.reliable_change import reaches
from app.clinical.rules import RuleId
from app.clinical.trajectory import WhyNoBand
from app.web import flag_words
from app.web.course_forms import said
from app.web.course_picture import cause_of
from app.web.words import CLINIC_ZONE, Words
from app.workflow.heed import FlagSeen
from app.workflow.look import Dossier, Seen

_SAYS_IT_ALL = frozenset({RuleId.DETERIORATION, RuleId.NO_CHANGE})
"""Rules whose reason already tells how the score stands beside the start."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One of the three numbers at the top."""

    term: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class CurveNote:
    """What the course is compared with, and how far that can be trusted."""

    badge: str
    text: str


def facts_line(words: Words, dossier: Dossier, *, now: dt.datetime) -> str:
    """Return who it is and where the course stands, in one line."""
    patient, episode = dossier.patient, dossier.episode
    parts = [
        words("worklist.number", number=patient.number),
        words(f"patient_page.variant_{episode.variant.value}"),
    ]
    if patient.birth_year is not None:
        parts.append(words("patient_page.born", year=patient.birth_year))
    day = words.date(episode.opened_at, form="d. MMMM y")
    parts.append(words("patient_page.sessions_since", n=len(dossier.sessions), date=day))
    parts.append(_what_is_next(words, dossier, now=now))
    return " · ".join(parts)


def facts(words: Words, dossier: Dossier) -> Sequence[Fact]:
    """Return the three numbers: now, change since the start, working together."""
    return [_now(words, dossier.seen), _change(words, dossier), _alliance(words, dossier)]


def take(words: Words, dossier: Dossier) -> str:
    """Return what the course says in a sentence or two, by rule, from what the flags rest on."""
    seen = dossier.seen
    if not seen.trajectory.course.observations:
        return words("chart.nothing_yet")
    if not dossier.has_flags:
        return ""
    top = _top_flag(dossier)
    is_main = seen.instrument.key == dossier.episode.main
    if top is None or not is_main:
        sentences = [_course_sentence(words, seen, seen.summary), _beside_expected(words, seen)]
    else:
        sentences = [flag_words.reason(words, cause_of(top, dossier)) + "."]
        if top.rule not in _SAYS_IT_ALL and seen.shape.shape is not Shape.EARLY:
            sentences.append(_course_sentence(words, seen, _shape_summary(seen)))
    return " ".join(sentence for sentence in sentences if sentence)


def curve_note(words: Words, dossier: Dossier) -> CurveNote | None:
    """Return what is said about the comparison; a missing curve is a state of its own."""
    seen = dossier.seen
    curve = seen.trajectory.curve
    if not dossier.has_flags or seen.trajectory.why_no_band is WhyNoBand.NO_INTAKE:
        return None
    if curve is None:
        return CurveNote("", words("patient_page.no_curve"))
    text = _why_no_band(words, seen)
    if curve.kind is CurveKind.GENERAL and not seen.is_curve_accepted:
        text = f"{words('patient_page.curve_not_accepted')} {text}".strip()
    return CurveNote(words(f"patient_page.badge_{curve.kind.value}"), text)


def about_line(words: Words, dossier: Dossier) -> str:
    """Return the line that leads to the numbers and their sources."""
    instrument = dossier.seen.instrument
    if instrument.is_provisional:
        return words("patient_page.about_provisional")
    return words("patient_page.about_form", name=said(words, instrument.name))


def printed_line(words: Words, dossier: Dossier, *, now: dt.datetime) -> str:
    """Return what stands at the foot of a print: the day, and the editions of forms and curve."""
    used = [dossier.seen.instrument, *([dossier.alliance] if dossier.alliance else [])]
    forms = [
        words("patient_page.form_edition", name=said(words, one.name), version=one.version)
        for one in used
    ]
    curve = dossier.seen.trajectory.curve
    compared = words("patient_page.no_comparison")
    if curve is not None and dossier.seen.trajectory.why_no_band is None:
        compared = words("patient_page.curve_edition", curve=curve.version)
    return words(
        "patient_page.printed",
        moment=words.moment(now),
        forms=", ".join(forms),
        curve=compared if dossier.has_flags else "",
    ).strip()


def _what_is_next(words: Words, dossier: Dossier, *, now: dt.datetime) -> str:
    if dossier.episode.closed_at is not None:
        return words("patient_page.closed_on", date=words.date(dossier.episode.closed_at))
    ahead = dossier.next_session
    if ahead is None:
        return words("patient_page.no_next")
    clock = words.clock(ahead.at)
    if ahead.at.astimezone(CLINIC_ZONE).date() == now.astimezone(CLINIC_ZONE).date():
        return words("patient_page.next_today", clock=clock)
    return words("patient_page.next_on", date=words.date(ahead.at, form="d. MMMM"), clock=clock)


def _now(words: Words, seen: Seen) -> Fact:
    scores = [
        (one.session + seen.session_offset, one.score)
        for one in seen.trajectory.course.observations
    ]
    if not scores:
        return Fact(words("patient_page.now_empty"), "–", words("patient_page.no_score"))
    session, score = scores[-1]
    term = words("patient_page.now", session=session)
    return Fact(term, words.tenths(score), _step(words, scores))


def _step(words: Words, scores: Sequence[tuple[int, Tenths]]) -> str:
    """Return how the latest of these scores stands beside the one before it."""
    if len(scores) == 1:
        return words("patient_page.first_score")
    (before, earlier), (_, later) = scores[-2:]
    change = later - earlier
    if change == 0:
        return words("patient_page.same", session=before)
    way = "patient_page.up" if change > 0 else "patient_page.down"
    return words(way, by=words.tenths(abs(change)), session=before)


def _change(words: Words, dossier: Dossier) -> Fact:
    trajectory = dossier.seen.trajectory
    term = words("patient_page.since_start")
    if trajectory.change is None:
        has_score = bool(trajectory.course.observations)
        text = words("patient_page.one_score_only") if has_score else words("patient_page.no_score")
        return Fact(term, "–", text)
    value = words.tenths(trajectory.change, sign=True)
    if not dossier.has_flags:
        return Fact(term, value, "")
    if trajectory.reliable_change is not None:
        return Fact(term, value, _meaning(words, trajectory.change, trajectory.reliable_change))
    if trajectory.own_spread is not None:
        return Fact(
            term, value, words("patient_page.own_spread", s=words.tenths(trajectory.own_spread))
        )
    return Fact(term, value, words("patient_page.no_reliable_change"))


def _meaning(words: Words, change: Tenths, value: ReliableChangeValue) -> str:
    match value.boundary:
        case Boundary.INCLUSIVE:
            way = "inclusive"
        case Boundary.STRICT:
            way = "strict"
    what = "clear" if reaches(abs(change), value) else "chance"
    return words(f"patient_page.{what}_{way}", r=words.whole(value.value))


def _alliance(words: Words, dossier: Dossier) -> Fact:
    term = words("patient_page.alliance")
    if dossier.alliance is None:
        return Fact(term, "–", words("patient_page.no_alliance"))
    scores = [
        (one.number, total)
        for one in dossier.sessions
        if one.alliance is not None and (total := one.alliance.total) is not None
    ]
    if not scores:
        return Fact(term, "–", words("patient_page.no_score"))
    return Fact(term, words.tenths(scores[-1][1]), _step(words, scores))


def _top_flag(dossier: Dossier) -> FlagSeen | None:
    """Return the flag that the summary is about, if it is about one."""
    key = dossier.main.summary.key.value
    return next((flag for flag in dossier.flags if flag.rule.value == key and flag.number), None)


def _course_sentence(words: Words, seen: Seen, summary: Summary) -> str:
    told = flag_words.course_reason(
        words,
        summary,
        direction=seen.instrument.direction,
        session_offset=seen.session_offset,
    )
    return f"{told}."


def _shape_summary(seen: Seen) -> Summary:
    shape = seen.shape
    return Summary(
        key=SummaryKey(shape.shape.value),
        numbers={
            "scores": shape.scores,
            "below_best": shape.below_best,
            "better_by": shape.better_by or 0,
            "best_session": shape.best_session or 0,
        },
    )


def _beside_expected(words: Words, seen: Seen) -> str:
    match seen.status:
        case Status.EXPECTED:
            return words("patient_page.latest_expected")
        case Status.BETTER:
            return words("patient_page.latest_better")
        case Status.LOOK | Status.WATCH | Status.STALE | Status.UNCOMPARED | Status.EARLY:
            return ""


def _why_no_band(words: Words, seen: Seen) -> str:
    curve = seen.trajectory.curve
    match seen.trajectory.why_no_band:
        case WhyNoBand.INTAKE_OUTSIDE if curve is not None:
            low, high = words.tenths(curve.lowest_intake), words.tenths(curve.highest_intake)
            return words("patient_page.intake_outside", low=low, high=high)
        case WhyNoBand.SESSION_OUTSIDE if curve is not None:
            last = curve.last_session + seen.session_offset
            return words("patient_page.session_outside", session=last)
        case _:
            return ""
