"""Pages where a clinician hands a form over and sees how far it has come."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal, cast

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.instruments import Registry
from app.web.dependencies import Clinical, Instruments, Now, Writing, words_of
from app.web.forms import Problem
from app.web.pages import go_to, render
from app.web.words import Words
from app.workflow import find, hand_over, offer, watch
from app.workflow.access import Viewer
from app.workflow.hand_over import Order, Slot
from app.workflow.offer import Offers, RespondentKind
from app.workflow.refusals import Refusal
from app.workflow.watch import VisitNow

router = APIRouter()

BY_CODE: Final = "code"
"""In place of a tablet: a code is made to type on one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a group."""

    value: str
    label: str
    is_chosen: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class StartPage:
    """What can be handed over to a patient, on which tablet, to whom."""

    patient_id: str
    who: str = field(repr=False)
    forms: Sequence[Choice]
    tablets: Sequence[Choice]
    respondents: Sequence[Choice] = field(repr=False)
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class VisitPage:
    """One form that was handed over: its code while it waits, then how far it is."""

    patient_id: str
    visit_id: str
    who: str = field(repr=False)
    form: str
    room: str | None
    state: str
    is_under_way: bool
    code: str | None = field(repr=False)
    started: str
    until: str
    live_tag: str


@dataclass(frozen=True, slots=True)
class TypedOrder:
    """What was chosen for a form to be handed over."""

    form: str
    slot: str
    instrument: str
    tablet: str
    respondent: str
    session: str
    episode: str


def _typed(
    *,
    form: Annotated[str, Form()] = "",
    slot: Annotated[str, Form()] = "",
    instrument: Annotated[str, Form()] = "",
    tablet: Annotated[str, Form()] = "",
    respondent: Annotated[str, Form()] = "",
    session: Annotated[str, Form()] = "",
    episode: Annotated[str, Form()] = "",
) -> TypedOrder:
    chosen_slot, _, chosen_form = form.partition(":")
    return TypedOrder(
        form=form,
        slot=slot or chosen_slot,
        instrument=instrument or chosen_form,
        tablet=tablet,
        respondent=respondent,
        session=session,
        episode=episode,
    )


@router.get("/patients/{patient_id}/visits")
def get_start(
    request: Request,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
    *,
    patient_id: uuid.UUID,
) -> Response:
    return _start_page(request, viewer, db, registry, now=now, patient_id=patient_id)


@router.post("/patients/{patient_id}/visits")
def post_visit(
    request: Request,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
    *,
    patient_id: uuid.UUID,
    typed: Annotated[TypedOrder, Depends(_typed)],
) -> Response:
    try:
        with db.begin_nested():
            order = _order(typed, patient_id=patient_id)
            begun = hand_over.start(db, viewer, order=order, registry=registry, now=now)
    except Refusal as refusal:
        return _start_page(
            request,
            viewer,
            db,
            registry,
            now=now,
            patient_id=patient_id,
            typed=typed,
            refusal=refusal,
        )
    return go_to(f"/visits/{begun.visit_id}" if begun.has_code else f"/patients/{patient_id}")


@router.get("/visits/{visit_id}")
def get_visit(
    request: Request,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
    *,
    visit_id: uuid.UUID,
) -> Response:
    person, visit = watch.visit_now(db, viewer, visit_id=visit_id, now=now)
    news = watch.news(db, viewer, patient_id=visit.patient_id, now=now)
    words = words_of(request)
    page = VisitPage(
        patient_id=str(visit.patient_id),
        visit_id=str(visit.visit_id),
        who=_initial(words, person),
        form=_name(registry, visit.instrument, words),
        room=visit.room,
        state=state_of(words, visit),
        is_under_way=visit.is_under_way,
        code=visit.code,
        started=words.clock(visit.created_at),
        until=words.clock(visit.expires_at),
        live_tag=news.tag,
    )
    return render(request, "pages/tablets/visit.html", page)


@router.post("/visits/{visit_id}/cancel")
def post_cancel(viewer: Clinical, db: Writing, now: Now, visit_id: uuid.UUID) -> Response:
    patient_id = hand_over.cancel(db, viewer, visit_id=visit_id, now=now)
    return go_to(f"/patients/{patient_id}")


def state_of(words: Words, visit: VisitNow) -> str:
    """Return in words how far a form has come."""
    state = "expired" if visit.is_expired else visit.state.value
    return words(f"tablets.visit_{state}", n=visit.set_count, m=visit.item_count)


def _start_page(
    request: Request,
    viewer: Viewer,
    db: Writing,
    registry: Registry,
    *,
    now: dt.datetime,
    patient_id: uuid.UUID,
    typed: TypedOrder | None = None,
    refusal: Refusal | None = None,
) -> Response:
    person = offer.see_person(db, viewer, patient_id=patient_id, now=now)
    words = words_of(request)
    offers = offer.offers(db, viewer, patient_id=patient_id, registry=registry, now=now)
    page = StartPage(
        patient_id=str(patient_id),
        who=_initial(words, person),
        forms=_forms(offers, registry, words, chosen=typed.form if typed else ""),
        tablets=_tablets(offers, words, chosen=typed.tablet if typed else ""),
        respondents=_respondents(offers, words, chosen=typed.respondent if typed else ""),
        problems=_problems(words, refusal),
    )
    status = refusal.status if refusal else 200
    return render(request, "pages/tablets/start.html", page, status=status)


def _order(typed: TypedOrder, *, patient_id: uuid.UUID) -> Order:
    try:
        slot = Slot(typed.slot)
    except ValueError as error:
        raise Refusal("malformed_choice", value=typed.slot[:40], allowed="start, end") from error
    return Order(
        patient_id=patient_id,
        slot=slot,
        tablet_id=None if typed.tablet == BY_CODE else _id(typed.tablet),
        instrument=typed.instrument[:40] or None,
        respondent_id=_id(typed.respondent) if typed.respondent else None,
        session_id=_id(typed.session) if typed.session else None,
        episode_id=_id(typed.episode) if typed.episode else None,
    )


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Refusal("choose_tablet") from error


def _problems(words: Words, refusal: Refusal | None) -> Sequence[Problem]:
    if refusal is None:
        return ()
    what = words(f"errors.{refusal.word}", **refusal.values)
    do = words(f"errors.{refusal.word}_do", **refusal.values)
    is_about_form = refusal.word.startswith(("form_", "no_goals", "malformed"))
    return [Problem(field="form" if is_about_form else "tablet", text=f"{what} {do}")]


def _forms(offers: Offers, registry: Registry, words: Words, *, chosen: str) -> Sequence[Choice]:
    found = []
    for offered in offers.forms:
        slot = Slot.END if offered.is_alliance else Slot.START
        value = f"{slot.value}:{offered.instrument}"
        found.append(
            Choice(
                value=value,
                label=_name(registry, offered.instrument, words),
                is_chosen=value == chosen or (not chosen and offered.is_main),
                note=words(f"tablets.slot_{slot.value}"),
            )
        )
    return found


def _tablets(offers: Offers, words: Words, *, chosen: str) -> Sequence[Choice]:
    free = next((one.tablet_id for one in offers.tablets if not one.is_busy), None)
    found = [
        Choice(
            value=str(offered.tablet_id),
            label=offered.room,
            is_chosen=str(offered.tablet_id) == chosen
            or (not chosen and offered.tablet_id == free),
            note=words("tablets.is_busy") if offered.is_busy else "",
        )
        for offered in offers.tablets
    ]
    by_code = Choice(
        value=BY_CODE,
        label=words("tablets.by_code"),
        is_chosen=chosen == BY_CODE or (not chosen and free is None),
        note=words("tablets.by_code_note"),
    )
    return [*found, by_code]


def _respondents(offers: Offers, words: Words, *, chosen: str) -> Sequence[Choice]:
    return [
        Choice(
            value=str(offered.respondent_id),
            label=words(f"tablets.respondent_{offered.kind.value}"),
            # Never whoever happens to stand first: the patient's answers would be filed on them.
            is_chosen=str(offered.respondent_id) == chosen
            or (not chosen and offered.kind is RespondentKind.PATIENT),
            note=offered.label or "",
        )
        for offered in offers.respondents
    ]


def _name(registry: Registry, key: str, words: Words) -> str:
    instrument = registry.instruments.get(key)
    if instrument is None:
        return key
    return instrument.name.in_language(cast("Literal['nb', 'nn', 'en']", words.language))


def _initial(words: Words, person: find.Person) -> str:
    """Return enough to tell two patients apart across a desk, and no more."""
    if person.name:
        return f"{person.name[0].upper()}."
    return words("tablets.number", number=person.number)
