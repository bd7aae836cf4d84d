"""From a patient's page to the figure of the course: what is drawn, and in which words."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.clinical.course import Observation
from app.clinical.instruments import Direction, Instrument, LicenceClass, Tenths
from app.clinical.overview import Talk
from app.clinical.trajectory import expectations
from app.web.course_forms import said
from app.web.flag_words import Cause, reason
from app.web.pictures import (
    LEAST_SESSIONS,
    SPARE_SESSIONS,
    Ahead,
    Dot,
    Expected,
    FootMark,
    Limit,
    Panel,
    Picture,
    Ring,
    Shade,
    Zone,
)
from app.web.words import Words
from app.workflow.heed import FlagSeen
from app.workflow.heed import Panel as FlagPanel
from app.workflow.look import Dossier, Seen
from app.workflow.retell import Mark, MarkKind, OtherView

ALLIANCE_FLOOR: Final = 0.6
"""Alliance scores bunch near the top, so the panel starts at this share of the scale, or lower."""

LEAST_BELOW: Final = 0.05
"""Share of the scale that is left free below the lowest alliance score."""


def course_picture(words: Words, dossier: Dossier, *, shade: Shade) -> Picture:
    """Return the main figure of a page."""
    seen = dossier.seen
    is_clinician = shade is Shade.CLINICIAN
    dots = _dots(words, dossier, shade=shade)
    earlier = [dot for dot in dots if dot.session <= seen.session_offset]
    return Picture(
        shade=shade,
        outcome=_outcome_panel(words, seen.instrument, dots[len(earlier) :]),
        earlier=earlier,
        alliance=_alliance_panel(words, dossier, shade=shade),
        zone=_zone(words, seen) if is_clinician and dossier.has_flags else None,
        expected=_expected(dossier, is_shared=not is_clinician),
        band_labels=(words("chart.band80"), words("chart.band50")),
        ahead=_ahead(words, dossier) if is_clinician else None,
        rings=_rings(dossier) if is_clinician else _talk_rings(dossier),
        marks=_foot_marks(words, dossier.marks),
        dates=_dates(words, dossier, dots),
        axis=words("chart.session_axis"),
    )


def small_picture(words: Words, dossier: Dossier, seen: Seen) -> Picture:
    """Return the figure of another instrument: the patient's own course and nothing else."""
    most, days = words.whole(seen.instrument.scoring.highest), days_of(words, dossier)
    dots = [
        _dot(words, one.session + seen.session_offset, one.score, most=most, days=days)
        for one in seen.trajectory.course.counted
    ]
    panel = _outcome_panel(words, seen.instrument, dots)
    return Picture(
        shade=Shade.CLINICIAN, outcome=panel, axis=words("chart.session_axis"), is_small=True
    )


def other_picture(
    words: Words, dossier: Dossier, *, instrument: Instrument, other: OtherView
) -> Picture:
    """Return the figure of how next of kin see the course."""
    most, days = words.whole(instrument.scoring.highest), days_of(words, dossier)
    dots = [_dot(words, one.session, one.total, most=most, days=days) for one in other.points]
    panel = _outcome_panel(words, instrument, dots)
    return Picture(
        shade=Shade.CLINICIAN, outcome=panel, axis=words("chart.session_axis"), is_small=True
    )


def key_to(picture: Picture) -> Sequence[tuple[str, str]]:
    """Return the key to the drawing; the rings are told by their numbers in the list."""
    found = []
    if picture.expected:
        found += [("band80", picture.band_labels[0]), ("band50", picture.band_labels[1])]
    if picture.zone is not None:
        found.append(("zone", picture.zone.label))
    if picture.ahead is not None:
        found.append(("next", picture.ahead.label))
    found += [("mark", mark.text) for mark in picture.marks]
    return found


def has_band(dossier: Dossier, *, is_shared: bool) -> bool:
    """Whether expected scores are drawn; a general curve is not shown to patients unaccepted."""
    seen = dossier.seen
    may_show = seen.may_use_curve or not is_shared
    return dossier.has_flags and may_show and seen.trajectory.why_no_band is None


def panel_title(words: Words, instrument: Instrument) -> str:
    """Return what a panel is called: our own form in plain words, others by their name."""
    if instrument.licence.licence_class is LicenceClass.BUNDLED:
        return words("chart.panel_outcome")
    return said(words, instrument.name)


def direction_word(words: Words, instrument: Instrument) -> str:
    """Return which way is better."""
    match instrument.direction:
        case Direction.HIGHER_IS_BETTER:
            return words("chart.higher_better")
        case Direction.LOWER_IS_BETTER:
            return words("chart.lower_better")


def mark_text(words: Words, mark: Mark) -> str:
    """Return what a mark at the foot says."""
    if mark.kind is MarkKind.GAP:
        return words("chart.mark_gap", n=mark.days)
    return words(f"chart.mark_{mark.kind.value}")


def days_of(words: Words, dossier: Dossier) -> Mapping[int, str]:
    """Return the day of each session in short."""
    return {one.number: words.day(one.on) for one in dossier.sessions}


def session_of_talk(dossier: Dossier, session: int | None) -> int | None:
    """Return the number among all sessions of one that is counted from the start score."""
    return None if session is None else session + dossier.seen.session_offset


def cause_of(flag: FlagSeen, dossier: Dossier) -> Cause:
    """Return what the words of a flag are made from."""
    return Cause(
        rule=flag.rule,
        numbers=flag.numbers,
        direction=dossier.main.instrument.direction,
        item=flag.item,
        session_offset=dossier.main.session_offset,
    )


def _outcome_panel(words: Words, instrument: Instrument, dots: Sequence[Dot]) -> Panel:
    return Panel(
        title=panel_title(words, instrument),
        lowest=instrument.scoring.lowest,
        highest=instrument.scoring.highest,
        dots=dots,
        cut_off=_cut_off(words, instrument),
        direction=direction_word(words, instrument),
    )


def _cut_off(words: Words, instrument: Instrument) -> Limit | None:
    cut_off = instrument.default_cut_off
    if cut_off is None:
        return None
    way = "higher" if instrument.direction is Direction.HIGHER_IS_BETTER else "lower"
    return Limit(cut_off.value, words(f"chart.cut_off_{way}", c=words.whole(cut_off.value)))


def _alliance_panel(words: Words, dossier: Dossier, *, shade: Shade) -> Panel | None:
    instrument = dossier.alliance
    if instrument is None:
        return None
    most, days = words.whole(instrument.scoring.highest), days_of(words, dossier)
    lines = (
        _lines_by_session(words, dossier, FlagPanel.ALLIANCE) if shade is Shade.CLINICIAN else {}
    )
    dots = [
        _dot(words, one.number, total, most=most, days=days, lines=lines.get(one.number, ()))
        for one in dossier.sessions
        if one.alliance is not None and (total := one.alliance.total) is not None
    ]
    if not dots:
        return None
    cut_off = instrument.default_cut_off
    return Panel(
        title=words("chart.panel_alliance"),
        lowest=_alliance_floor(instrument, dots),
        highest=instrument.scoring.highest,
        dots=dots,
        cut_off=Limit(cut_off.value, words.whole(cut_off.value)) if cut_off else None,
    )


def _alliance_floor(instrument: Instrument, dots: Sequence[Dot]) -> Tenths:
    low, high = instrument.scoring.lowest, instrument.scoring.highest
    usual = low + round(ALLIANCE_FLOOR * (high - low))
    below = min(dot.value for dot in dots) - round(LEAST_BELOW * (high - low))
    return max(low, min(usual, below))


def _dots(words: Words, dossier: Dossier, *, shade: Shade) -> Sequence[Dot]:
    most = words.whole(dossier.seen.instrument.scoring.highest)
    days = days_of(words, dossier)
    is_clinician = shade is Shade.CLINICIAN
    lines = _lines_by_session(words, dossier, FlagPanel.OUTCOME) if is_clinician else {}
    found = []
    for one in dossier.seen.trajectory.course.observations:
        number = one.session + dossier.seen.session_offset
        found.append(
            _dot(words, number, one.score, most=most, days=days, lines=lines.get(number, ()))
        )
    return found


def _dot(
    words: Words,
    session: int,
    value: Tenths,
    *,
    most: str,
    days: Mapping[int, str],
    lines: Sequence[str] = (),
) -> Dot:
    label = words.tenths(value)
    text = [
        words("chart.hover_title", session=session, date=days.get(session, "–")),
        words("chart.hover_score", score=label, most=most),
        *lines,
    ]
    return Dot(session=session, value=value, label=label, text="<br>".join(text))


def _lines_by_session(
    words: Words, dossier: Dossier, panel: FlagPanel
) -> Mapping[int, Sequence[str]]:
    found: dict[int, list[str]] = {}
    for flag in dossier.flags:
        if flag.number is not None and flag.session is not None and flag.panel is panel:
            line = f"{flag.number}. {reason(words, cause_of(flag, dossier))}"
            found.setdefault(flag.session, []).append(line)
    return found


def _zone(words: Words, seen: Seen) -> Zone | None:
    reliable, intake = seen.trajectory.reliable_change, seen.trajectory.course.intake
    if reliable is None or intake is None:
        return None
    scoring = seen.instrument.scoring
    return Zone(
        low=max(scoring.lowest, intake.score - reliable.value),
        high=min(scoring.highest, intake.score + reliable.value),
        label=words("chart.zone", r=words.whole(reliable.value)),
    )


def _expected(dossier: Dossier, *, is_shared: bool) -> Sequence[Expected]:
    if not has_band(dossier, is_shared=is_shared):
        return ()
    seen = dossier.seen
    latest = max((one.number for one in dossier.sessions), default=0)
    last = max(LEAST_SESSIONS, latest + SPARE_SESSIONS) - seen.session_offset
    found = expectations(seen.trajectory.course, seen.trajectory.curve, sessions=range(2, last + 1))
    return [
        Expected(
            session=one.session + seen.session_offset,
            at_10=one.at_10,
            at_25=one.at_25,
            at_50=one.at_50,
            at_75=one.at_75,
            at_90=one.at_90,
        )
        for one in found
    ]


def _ahead(words: Words, dossier: Dossier) -> Ahead | None:
    seen, episode = dossier.seen, dossier.episode
    found = seen.trajectory.next_score
    if found is None or not seen.may_use_curve or episode.closed_at is not None:
        return None
    number = found.session + seen.session_offset
    ends = {
        "a": words.number(found.low / 10, digits=0),
        "b": words.number(found.high / 10, digits=0),
    }
    return Ahead(
        session=number,
        mean=found.mean,
        low=found.low,
        high=found.high,
        label=words("chart.next_session", **ends),
        text=words("chart.next_hover", session=number, **ends),
    )


def _rings(dossier: Dossier) -> Sequence[Ring]:
    """Return one numbered point for each flag that stands, at the foot if it is about no score."""
    is_main = dossier.seen.instrument.key == dossier.episode.main
    latest = max((one.number for one in dossier.sessions), default=1)
    found = []
    for flag in dossier.flags:
        if flag.number is None:
            continue
        is_drawn = flag.panel is FlagPanel.ALLIANCE or (flag.panel is FlagPanel.OUTCOME and is_main)
        found.append(
            Ring(
                number=flag.number,
                session=latest if flag.session is None else flag.session,
                value=flag.score if is_drawn else None,
                is_alliance=flag.panel is FlagPanel.ALLIANCE,
                is_reviewed=flag.state.is_reviewed,
            )
        )
    return found


def _talk_rings(dossier: Dossier) -> Sequence[Ring]:
    if not dossier.has_flags:
        return ()
    scores = {
        _number(dossier, one): one.score for one in dossier.seen.trajectory.course.observations
    }
    alliances = {
        one.number: one.alliance.total for one in dossier.sessions if one.alliance is not None
    }
    found = []
    for number, point in enumerate(dossier.seen.together.talk, start=1):
        is_alliance = point.talk is Talk.ALLIANCE
        session = session_of_talk(dossier, point.session)
        value = (alliances if is_alliance else scores).get(session or 0)
        if session is not None and value is not None:
            found.append(Ring(number, session, value, is_alliance, is_reviewed=False))
    return found


def _number(dossier: Dossier, one: Observation) -> int:
    return one.session + dossier.seen.session_offset


def _foot_marks(words: Words, marks: Sequence[Mark]) -> Sequence[FootMark]:
    """Return one mark for each session; several at one session share it."""
    texts: dict[int, list[str]] = {}
    for mark in marks:
        texts.setdefault(mark.session, []).append(mark_text(words, mark))
    return [FootMark(session, ", ".join(dict.fromkeys(told))) for session, told in texts.items()]


def _dates(words: Words, dossier: Dossier, dots: Sequence[Dot]) -> Mapping[int, str]:
    days = days_of(words, dossier)
    if not dots:
        return {}
    first, last = dots[0].session, dots[-1].session
    shown = {first, last} if last - first > 1 else {first}
    return {session: days[session] for session in sorted(shown) if session in days}
