"""A paper form is typed in: which form and whose, then the answers or the total."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.clinical.instruments import Instrument, Purpose
from app.instruments import Registry
from app.web import course_forms
from app.web.dependencies import Clinical, Instruments, Now, PersonId, Writing, words_of
from app.web.forms import Problem
from app.web.pages import go_to, render
from app.web.paper_form import (
    PAPER_FIELDS,
    PaperForm,
    empty_form,
    read_answers,
    read_total,
    typed_form,
)
from app.web.person import PersonShown, heading
from app.web.typed import FormReader, Option, Typed, TypedForm, options
from app.web.words import CLINIC_ZONE, Words
from app.workflow import transcribe
from app.workflow.refusals import Refusal
from app.workflow.transcribe import (
    Answering,
    Held,
    PaperPlace,
    RespondentKind,
    Sheet,
    Slot,
)

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PaperChoice:
    """A form that somebody may have filled in."""

    instrument: str
    name: str
    respondent_id: uuid.UUID
    respondent: str
    is_taken: bool


@dataclass(frozen=True, slots=True)
class ChoosePaperPage:
    """Which form, and whose."""

    person: PersonShown
    episode_id: uuid.UUID
    session: Held
    choices: Sequence[PaperChoice]


@dataclass(frozen=True, slots=True)
class PaperPage:
    """The fields of one paper form."""

    person: PersonShown
    episode_id: uuid.UUID
    session: Held
    instrument: str
    name: str
    respondent_id: uuid.UUID
    respondent: str
    slots: Sequence[Option]
    form: PaperForm
    dated: str
    submission_key: uuid.UUID
    taken: Sequence[str]
    """Places in the session where a set counts already; a new one takes its place."""
    problems: Sequence[Problem]


@router.get("/sessions/{session_id}/paper")
def get_paper(
    request: Request,
    *,
    session_id: PersonId,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
    instrument: str | None = None,
    respondent: str | None = None,
) -> Response:
    words = words_of(request)
    place = transcribe.paper_place(db, viewer, session_id=session_id, now=now)
    if instrument is None:
        return _choose(request, place, registry)
    chosen = transcribe.instrument_named(instrument, registry=registry)
    answering = _answering(place, respondent)
    return _show(
        request,
        place,
        chosen,
        answering,
        form=empty_form(words, chosen, goals=place.goals),
        typed=_untouched(place, chosen),
        key=uuid.uuid4(),
    )


@router.post("/sessions/{session_id}/paper")
def post_paper(
    request: Request,
    *,
    session_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    words = words_of(request)
    place = transcribe.paper_place(db, viewer, session_id=session_id, now=now)
    chosen = transcribe.instrument_named(typed.first("instrument"), registry=registry)
    answering = _answering(place, typed.first("respondent"))
    reader = FormReader(typed, words)
    sheet = _read_sheet(reader, chosen, answering, goals=place.goals)
    if sheet and not reader.problems:
        try:
            stored = transcribe.enter_paper(
                db, viewer, session_id=session_id, sheet=sheet, registry=registry, now=now
            )
        except Refusal as refusal:
            reader.refuse(refusal, fields=PAPER_FIELDS)
        else:
            return go_to(f"/ratings/{stored.rating_id}?stored=yes")
    return _show(
        request,
        place,
        chosen,
        answering,
        form=typed_form(words, chosen, goals=place.goals, typed=typed),
        typed=typed,
        key=reader.key("submission_key"),
        problems=reader.problems,
    )


def _read_sheet(
    reader: FormReader,
    instrument: Instrument,
    answering: Answering,
    *,
    goals: Mapping[str, str],
) -> Sheet | None:
    dated = reader.day("dated", reader.words("paper.dated"))
    slot = reader.choice("slot", reader.words("paper.slot"), Slot)
    answers = read_answers(reader, instrument, goals=goals)
    total = read_total(reader)
    if dated is None or slot is None:
        return None
    return Sheet(
        submission_key=reader.key("submission_key"),
        instrument=instrument.key,
        respondent_id=answering.respondent_id,
        slot=slot,
        dated=dated,
        answers=answers,
        total=total,
    )


def _answering(place: PaperPlace, respondent: str | None) -> Answering:
    """Return whose form it is; the patient's when the address names nobody."""
    for one in place.respondents:
        is_wanted = (
            str(one.respondent_id) == respondent
            if respondent
            else one.kind is RespondentKind.PATIENT
        )
        if is_wanted:
            return one
    raise Refusal("respondent_unknown")


def _untouched(place: PaperPlace, instrument: Instrument) -> TypedForm:
    slot = Slot.END if instrument.purpose is Purpose.ALLIANCE else Slot.START
    day = place.session.planned_at.astimezone(CLINIC_ZONE).date()
    return TypedForm({"slot": [slot.value], "dated": [day.isoformat()]})


def _choose(request: Request, place: PaperPlace, registry: Registry) -> Response:
    words = words_of(request)
    page = ChoosePaperPage(
        person=heading(words, place.person),
        episode_id=place.episode_id,
        session=place.session,
        choices=[
            PaperChoice(
                instrument=key,
                name=course_forms.name_of_form(words, registry, key),
                respondent_id=one.respondent_id,
                respondent=name_of_answering(words, one),
                is_taken=any((key, one.respondent_id, slot) in place.taken for slot in Slot),
            )
            for key in place.forms.all
            if key in registry.instruments
            for one in place.respondents
        ],
    )
    return render(request, "pages/paper/choose.html", page)


def _show(
    request: Request,
    place: PaperPlace,
    instrument: Instrument,
    answering: Answering,
    *,
    form: PaperForm,
    typed: TypedForm,
    key: uuid.UUID,
    problems: Sequence[Problem] = (),
) -> Response:
    words = words_of(request)
    page = PaperPage(
        person=heading(words, place.person),
        episode_id=place.episode_id,
        session=place.session,
        instrument=instrument.key,
        name=course_forms.said(words, instrument.name),
        respondent_id=answering.respondent_id,
        respondent=name_of_answering(words, answering),
        slots=options(
            Slot, lambda one: words(f"paper.slot_{one.value}"), chosen=typed.first("slot")
        ),
        form=form,
        dated=typed.first("dated"),
        submission_key=key,
        taken=[
            words(f"paper.slot_{slot.value}")
            for slot in Slot
            if (instrument.key, answering.respondent_id, slot) in place.taken
        ],
        problems=problems,
    )
    return render(request, "pages/paper/form.html", page, status=422 if problems else 200)


def name_of_answering(words: Words, answering: Answering) -> str:
    """Return who answers: what they are called here, or what they are to the patient."""
    kind = words(f"enrol.kind_{answering.kind.value}")
    return f"{kind} ({answering.label})" if answering.label else kind
