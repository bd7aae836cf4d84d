"""The rows of a patient's page: the numbers as a table, the items, others' views, other forms."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.clinical.form_texts import FormText
from app.clinical.instruments import Instrument, Tenths
from app.clinical.trajectory import expectations
from app.instruments import Registry
from app.web.chart_sheet import Figure
from app.web.charts import small_figure
from app.web.course_forms import said
from app.web.course_picture import has_band, mark_text, other_picture, small_picture
from app.web.patient_flags import FlagShown
from app.web.words import Words
from app.workflow.look import Dossier, Seen
from app.workflow.retell import Given, OtherView, SessionTold, Source


@dataclass(frozen=True, slots=True)
class OldValue:
    """A value that no longer counts; it stays in the table, struck through."""

    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Row:
    """One session in the table of the same numbers."""

    number: int
    day: str
    outcome: str
    band: str
    alliance: str
    old: Sequence[OldValue]
    note: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item now and before, in its own units, and in words."""

    title: str = field(repr=False)
    now: Tenths | None = field(repr=False)
    before: Tenths | None = field(repr=False)
    lowest: Tenths
    highest: Tenths
    value: str = field(repr=False)
    change: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Items:
    """The answers to one form, the latest beside the one before."""

    now: str
    before: str | None
    rows: Sequence[ItemRow]


@dataclass(frozen=True, slots=True)
class SmallChart:
    """A small figure with its sentence."""

    name: str
    title: str = field(repr=False)
    text: str = field(repr=False)
    figure: Figure = field(repr=False)
    instrument: str


def table_rows(words: Words, dossier: Dossier, *, flags: Sequence[FlagShown]) -> Sequence[Row]:
    """Return the numbers of the chart, session by session."""
    bands = _bands(words, dossier)
    notes = _notes_by_session(words, dossier, flags)
    return [
        Row(
            number=one.number,
            day=words.date(one.on, form="d. MMM y"),
            outcome=_value(words, one.outcome),
            band=bands.get(one.number, ""),
            alliance=_value(words, one.alliance),
            old=[_old(words, given) for given in one.replaced],
            note="; ".join([*notes.get(one.number, ()), *_how(words, one)]),
        )
        for one in dossier.sessions
    ]


def items_of(
    words: Words, dossier: Dossier, *, instrument: Instrument, is_alliance: bool
) -> Items | None:
    """Return the answers to a form, the latest beside the one before; ``None`` without any."""
    given = [
        (one.number, rating)
        for one in dossier.sessions
        if (rating := one.alliance if is_alliance else one.outcome) is not None and rating.answers
    ]
    if not given:
        return None
    (session, now), before = given[-1], given[-2] if len(given) > 1 else None
    earlier = before[1].answers if before else {}
    titles = _titles(words, dossier, instrument)
    return Items(
        now=words("patient_page.item_session", session=session),
        before=words("patient_page.item_session", session=before[0]) if before else None,
        rows=[
            ItemRow(
                title=titles[item.key],
                now=now.answers.get(item.key),
                before=earlier.get(item.key),
                lowest=item.lowest,
                highest=item.highest,
                value=_answer(words, now.answers.get(item.key), is_coded=bool(item.codes)),
                change=_change(
                    words,
                    now.answers.get(item.key),
                    earlier.get(item.key),
                    is_coded=bool(item.codes),
                ),
            )
            for item in instrument.items
            if item.key in now.answers or item.key in earlier
        ],
    )


def further_charts(words: Words, dossier: Dossier) -> Sequence[SmallChart]:
    """Return the patient's courses on other instruments."""
    return [_further(words, dossier, seen) for seen in dossier.further]


def other_charts(words: Words, dossier: Dossier, *, registry: Registry) -> Sequence[SmallChart]:
    """Return how next of kin see the course, each apart, with the difference in words."""
    return [
        _other(words, dossier, other, instrument=registry.get(other.instrument), at=at)
        for at, other in enumerate(dossier.others)
        if other.instrument in registry.instruments and other.points
    ]


def _value(words: Words, given: Given | None) -> str:
    if given is None:
        return words("chart.no_answer")
    if given.total is None:
        return words("chart.unfinished")
    return words.tenths(given.total)


def _old(words: Words, given: Given) -> OldValue:
    if given.is_withdrawn:
        return OldValue("–", words("chart.withdrawn"))  # it is another patient's number
    return OldValue(_value(words, given), words("chart.replaced"))


def _bands(words: Words, dossier: Dossier) -> Mapping[int, str]:
    """Return the limits of the drawn band for each session that has one."""
    if not has_band(dossier, is_shared=False):
        return {}
    seen = dossier.seen
    course, offset = seen.trajectory.course, seen.session_offset
    wanted = [one.number - offset for one in dossier.sessions if one.number - offset > 1]
    return {
        one.session + offset: f"{words.tenths(one.at_10)}–{words.tenths(one.at_90)}"
        for one in expectations(course, seen.trajectory.curve, sessions=wanted)
    }


def _notes_by_session(
    words: Words, dossier: Dossier, flags: Sequence[FlagShown]
) -> Mapping[int, Sequence[str]]:
    found: dict[int, list[str]] = {}
    latest = max((one.number for one in dossier.sessions), default=1)
    reasons = {flag.flag_id: flag.reason for flag in flags}
    for flag in dossier.flags:
        if flag.number is not None:
            at = latest if flag.session is None else flag.session
            found.setdefault(at, []).append(f"{flag.number}: {reasons[flag.flag_id]}")
    for mark in dossier.marks:
        found.setdefault(mark.session, []).append(mark_text(words, mark))
    return found


def _how(words: Words, one: SessionTold) -> Sequence[str]:
    given = [rating for rating in (one.outcome, one.alliance) if rating is not None]
    said_of = [
        words(f"chart.source_{rating.source.value}")
        for rating in given
        if rating.source is not Source.TABLET
    ]
    said_of += [words("chart.prorated") for rating in given if rating.is_prorated]
    return list(dict.fromkeys(said_of))


def _titles(words: Words, dossier: Dossier, instrument: Instrument) -> Mapping[str, str]:
    """Return what each item is called: its words, the patient's own goal, or its number."""
    text = _text_of(words, dossier, instrument)
    titles = {}
    for number, item in enumerate(instrument.items, start=1):
        own = dossier.episode.goals.get(item.key) if instrument.item_texts_from_episode else None
        shipped = text.items.get(item.key) if text else None
        numbered = words("patient_page.item_number", number=number)
        titles[item.key] = own or (shipped.title if shipped else numbered)
    return titles


def _text_of(words: Words, dossier: Dossier, instrument: Instrument) -> FormText | None:
    wanted = dossier.episode.variant
    exact = instrument.text(language=words.language, variant=wanted)
    return exact or next(
        (text for text in instrument.texts if text.language == words.language), None
    )


def _answer(words: Words, value: Tenths | None, *, is_coded: bool) -> str:
    if value is None:
        return words("patient_page.item_missing")
    return words.whole(value) if is_coded else words.tenths(value)


def _change(words: Words, now: Tenths | None, before: Tenths | None, *, is_coded: bool) -> str:
    if now is None or before is None:
        return ""
    by = now - before
    if not is_coded:
        return words.tenths(by, sign=True)
    return f"+{words.whole(by)}" if by > 0 else words.whole(by)


def _further(words: Words, dossier: Dossier, seen: Seen) -> SmallChart:
    latest = seen.trajectory.course.observations[-1]
    most = words.whole(seen.instrument.scoring.highest)
    session = latest.session + seen.session_offset
    text = words(
        "patient_page.latest_of", score=words.tenths(latest.score), most=most, session=session
    )
    if seen.trajectory.change is not None:
        change = words.tenths(seen.trajectory.change, sign=True)
        text = f"{text} {words('patient_page.change_is', by=change)}"
    return SmallChart(
        name=f"form-{seen.instrument.key}",
        title=said(words, seen.instrument.name),
        text=text,
        figure=small_figure(small_picture(words, dossier, seen)),
        instrument=seen.instrument.key,
    )


def _other(
    words: Words, dossier: Dossier, other: OtherView, *, instrument: Instrument, at: int
) -> SmallChart:
    who = _who(words, other, dossier.respondents)
    latest = other.points[-1]
    most = words.whole(instrument.scoring.highest)
    text = words(
        "patient_page.latest_of",
        score=words.tenths(latest.total),
        most=most,
        session=latest.session,
    )
    beside = _difference(words, dossier, other, who=who)
    return SmallChart(
        name=f"other-{at}",
        title=f"{who} · {said(words, instrument.name)}",
        text=f"{text} {beside}".strip(),
        figure=small_figure(other_picture(words, dossier, instrument=instrument, other=other)),
        instrument=instrument.key,
    )


def _difference(words: Words, dossier: Dossier, other: OtherView, *, who: str) -> str:
    """Return the difference in the latest session that both have rated, in words."""
    if other.instrument != dossier.seen.instrument.key:
        return ""
    own = {
        one.number: one.outcome.total
        for one in dossier.sessions
        if one.outcome is not None and one.outcome.total is not None
    }
    both = [point for point in other.points if point.session in own]
    if not both:
        return ""
    by = both[-1].total - (own[both[-1].session] or 0)
    key = (
        "patient_page.differ_not"
        if by == 0
        else "patient_page.differ"
        if by > 0
        else "patient_page.differ_lower"
    )
    return words(key, session=both[-1].session, who=who, by=words.tenths(abs(by)))


def _who(words: Words, other: OtherView, labels: Mapping[uuid.UUID, str | None]) -> str:
    kind = words(f"patient_page.respondent_{other.kind.value}")
    label = labels.get(other.respondent_id)
    return f"{kind} ({label})" if label else kind
