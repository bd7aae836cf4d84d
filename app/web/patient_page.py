"""The page of one patient: how it goes, for the clinician or to look at together."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.instruments import Registry
from app.web import patient_flags, patient_rows, patient_words
from app.web.chart_sheet import Figure
from app.web.charts import figures
from app.web.course_forms import said
from app.web.course_picture import course_picture, key_to
from app.web.dependencies import Clinical, Instruments, Now, Writing, words_of
from app.web.naming import shown_name
from app.web.pages import home_of, render
from app.web.patient_flags import CriticalShown, FlagShown, NoteShown, NotLookedAtShown
from app.web.patient_rows import Items, Row, SmallChart
from app.web.patient_words import CurveNote, Fact
from app.web.pictures import Shade
from app.web.together_page import together_page
from app.web.visits import BY_CODE, state_of
from app.web.words import Words
from app.workflow import look
from app.workflow.look import Answer, Dossier
from app.workflow.prepare import Slot, StartOffer
from app.workflow.watch import VisitNow

router = APIRouter()

TOGETHER: Final = "together"
"""The view that is shared with the patient."""

SAID_FOR: Final = dt.timedelta(minutes=15)
"""How long the page says that a form has come to an end."""


@dataclass(frozen=True, slots=True)
class StartShown:
    """The one button of the page."""

    slot: str
    tablet: str
    word: str
    form: str


@dataclass(frozen=True, slots=True)
class VisitShown:
    """A form on a tablet: how far it is, and the code while one is waited for."""

    visit_id: uuid.UUID
    form: str
    room: str | None
    state: str
    code: str | None = field(repr=False)
    until: str
    is_under_way: bool


@dataclass(frozen=True, slots=True)
class CourseLink:
    """One of the patient's courses of treatment."""

    address: str
    text: str
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPage:
    """How it goes with one patient, for the clinician."""

    patient_id: uuid.UUID
    episode_id: uuid.UUID
    back: str
    back_word: str
    title: str = field(repr=False)
    facts_line: str = field(repr=False)
    here: str
    together: str
    is_open: bool
    live_tag: str
    courses: Sequence[CourseLink]
    start: StartShown | None
    visits: Sequence[VisitShown]
    said_no: str | None = field(repr=False)
    critical: CriticalShown | None
    facts: Sequence[Fact]
    instrument: str
    back_to_main: str | None
    """The name of the main instrument, when another one is shown."""
    take: str
    figure: Figure | None = field(repr=False)
    key: Sequence[tuple[str, str]]
    """What is drawn, by the name of its swatch."""
    curve: CurveNote | None
    rows: Sequence[Row] = field(repr=False)
    has_band: bool
    has_alliance: bool
    before: Items | None
    after: Items | None
    flags: Sequence[FlagShown]
    earlier_flags: Sequence[FlagShown]
    not_looked_at: Sequence[NotLookedAtShown]
    notes: Sequence[NoteShown]
    others: Sequence[SmallChart]
    further: Sequence[SmallChart]
    is_provisional: bool
    about: str
    about_key: str
    printed: str


@router.get("/patients/{patient_id}")
def get_patient(
    request: Request,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
    *,
    patient_id: uuid.UUID,
    episode: uuid.UUID | None = None,
    view: str = "",
    instrument: str | None = None,
) -> Response:
    dossier = look.look_at(
        db,
        viewer,
        patient_id=patient_id,
        episode_id=episode,
        instrument=instrument,
        registry=registry,
        now=now,
    )
    words = words_of(request)
    if view == TOGETHER:
        shared = together_page(words, dossier, for_me=_address(dossier))
        return render(request, "pages/patient/together.html", shared)
    page = patient_page(words, dossier, registry=registry, back=home_of(viewer), now=now)
    return render(request, "pages/patient/patient.html", page)


def patient_page(
    words: Words, dossier: Dossier, *, registry: Registry, back: str, now: dt.datetime
) -> PatientPage:
    """Return the page for the clinician."""
    patient, episode, seen = dossier.patient, dossier.episode, dossier.seen
    flags = patient_flags.standing_flags(words, dossier)
    main = dossier.main.instrument
    rows = patient_rows.table_rows(words, dossier, flags=flags)
    picture = course_picture(words, dossier, shade=Shade.CLINICIAN)
    return PatientPage(
        patient_id=patient.patient_id,
        episode_id=episode.episode_id,
        back=back,
        back_word="patient_page.back" if back == "/" else "patient_page.back_team",
        title=shown_name(words, patient.name, number=patient.number, display=patient.name_display),
        facts_line=patient_words.facts_line(words, dossier, now=now),
        here=_address(dossier),
        together=f"{_address(dossier)}&view={TOGETHER}",
        is_open=episode.closed_at is None,
        live_tag=f'"{dossier.tag}"',
        courses=_courses(words, dossier),
        start=_start(words, dossier.start, registry=registry),
        visits=_visits(words, dossier.visits, registry=registry, now=now),
        said_no=_said_no(words, dossier),
        critical=patient_flags.critical(words, dossier),
        facts=patient_words.facts(words, dossier),
        instrument=said(words, seen.instrument.name),
        back_to_main=said(words, main.name) if seen.instrument.key != main.key else None,
        take=patient_words.take(words, dossier),
        figure=figures(picture) if seen.trajectory.course.observations else None,
        key=key_to(picture),
        curve=patient_words.curve_note(words, dossier),
        rows=rows,
        has_band=any(row.band for row in rows),
        has_alliance=dossier.alliance is not None,
        before=patient_rows.items_of(words, dossier, instrument=seen.instrument, is_alliance=False),
        after=patient_rows.items_of(words, dossier, instrument=dossier.alliance, is_alliance=True)
        if dossier.alliance
        else None,
        flags=flags,
        earlier_flags=patient_flags.earlier_flags(words, dossier),
        not_looked_at=patient_flags.not_looked_at(words, dossier),
        notes=patient_flags.notes(words, dossier),
        others=patient_rows.other_charts(words, dossier, registry=registry),
        further=patient_rows.further_charts(words, dossier),
        is_provisional=seen.instrument.is_provisional,
        about=patient_words.about_line(words, dossier),
        about_key=seen.instrument.key,
        printed=patient_words.printed_line(words, dossier, now=now),
    )


def _address(dossier: Dossier) -> str:
    episode = f"?episode={dossier.episode.episode_id}"
    shown = dossier.seen.instrument.key
    chosen = "" if shown == dossier.episode.main else f"&instrument={shown}"
    return f"/patients/{dossier.patient.patient_id}{episode}{chosen}"


def _courses(words: Words, dossier: Dossier) -> Sequence[CourseLink]:
    """Return the courses to choose among; alone there is nothing to choose."""
    if len(dossier.courses) < 2:  # noqa: PLR2004 (a choice is between two at least)
        return ()
    found = []
    for one in dossier.courses:
        opened = words.date(one.opened_at)
        text = words("patient_page.course_open", opened=opened)
        if one.closed_at is not None:
            closed = words.date(one.closed_at)
            text = words("patient_page.course_closed", opened=opened, closed=closed)
        address = f"/patients/{dossier.patient.patient_id}?episode={one.episode_id}"
        found.append(CourseLink(address=address, text=text, is_shown=one.is_shown))
    return found


def _start(words: Words, offer: StartOffer | None, *, registry: Registry) -> StartShown | None:
    if offer is None:
        return None
    where = (
        words("patient_page.start_room", room=offer.room)
        if offer.room
        else words("patient_page.start_code")
    )
    when = "patient_page.start_before" if offer.slot is Slot.START else "patient_page.start_after"
    return StartShown(
        slot=offer.slot.value,
        tablet=str(offer.tablet_id) if offer.tablet_id else BY_CODE,
        word=where,
        form=words(when, form=said(words, registry.get(offer.instrument).name)),
    )


def _visits(
    words: Words, visits: Sequence[VisitNow], *, registry: Registry, now: dt.datetime
) -> Sequence[VisitShown]:
    """Return the forms that are under way, and those that have just come to an end."""
    return [
        VisitShown(
            visit_id=visit.visit_id,
            form=_form_name(words, registry, visit.instrument),
            room=visit.room,
            state=state_of(words, visit),
            code=visit.code,
            until=words.clock(visit.expires_at),
            is_under_way=visit.is_under_way,
        )
        for visit in visits
        if visit.is_under_way or now - visit.changed_at < SAID_FOR
    ]


def _form_name(words: Words, registry: Registry, key: str) -> str:
    instrument = registry.instruments.get(key)
    return said(words, instrument.name) if instrument else key


def _said_no(words: Words, dossier: Dossier) -> str | None:
    no = dossier.said_no
    if no is None or no.answer is Answer.ACCEPTED:
        return None
    sentences = [
        words(f"patient_page.answer_{no.answer.value}", date=words.date(no.at, form="d. MMMM")),
        words(f"patient_page.channel_{no.other_channel.value}"),
    ]
    return " ".join([*sentences, f"«{no.reason}»" if no.reason else ""]).strip()
