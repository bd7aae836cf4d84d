"""A rating is put right: new values, another patient, or another start."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.clinical.instruments import Tenths
from app.web import course_forms
from app.web.dependencies import Clinical, Instruments, Now, PersonId, Writing, words_of
from app.web.forms import Problem
from app.web.pages import go_to, render
from app.web.paper_form import (
    PAPER_FIELDS,
    PaperForm,
    filled_form,
    read_answers,
    read_total,
    typed_form,
)
from app.web.person import PersonShown, heading
from app.web.typed import FormReader, Option, Typed, TypedForm
from app.web.words import CLINIC_ZONE, Words
from app.workflow import correct, find, retrace, transcribe
from app.workflow.correct import BY_STAFF, Change, Correction, MovePlace
from app.workflow.refusals import Refusal
from app.workflow.retrace import RatingSeen

router = APIRouter()

REASON_FIELDS: Mapping[str, str] = {"reason_missing": "reason", "reason_too_long": "reason"}
CHANGE_FIELDS: Mapping[str, str] = {**PAPER_FIELDS, **REASON_FIELDS, "correction": "correction"}
MOVE_FIELDS: Mapping[str, str] = {
    **REASON_FIELDS,
    "slot_taken": "session",
    "session_not_yet": "session",
    "respondent_missing": "session",
    "move_same_patient": "session",
}
"""Which field each refusal of the workflow is about."""


@dataclass(frozen=True, slots=True)
class CorrectPage:
    """New values for a rating, with the reason."""

    person: PersonShown
    rating_id: uuid.UUID
    name: str
    rated_at: dt.datetime
    form: PaperForm
    corrections: Sequence[Option]
    reason: str = field(repr=False)
    dated: str
    submission_key: uuid.UUID
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class MovePage:
    """Whose rating it is. First the patient is chosen, then the session."""

    person: PersonShown
    rating_id: uuid.UUID
    name: str
    others: Sequence[PersonShown]
    to: PersonShown | None
    sessions: Sequence[Option]
    reason: str = field(repr=False)
    submission_key: uuid.UUID
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class BaselinePage:
    """The rating from which change is counted."""

    person: PersonShown
    rating_id: uuid.UUID
    name: str
    rated_at: dt.datetime
    total: Tenths | None = field(repr=False)
    reason: str = field(repr=False)
    problems: Sequence[Problem]


@router.get("/ratings/{rating_id}/correct")
def get_correct(
    request: Request,
    *,
    rating_id: PersonId,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
    why: str | None = None,
) -> Response:
    words = words_of(request)
    find.changeable_rating(db, viewer, rating_id=rating_id, now=now)
    seen = retrace.rating_seen(db, viewer, rating_id=rating_id, registry=registry, now=now)
    instrument = transcribe.instrument_named(seen.line.instrument, registry=registry)
    is_again = why == Correction.REDONE_TOGETHER.value
    answered = now if is_again else seen.line.rated_at
    # What is done anew is answered anew: nothing of the first answer stands in the fields.
    form = filled_form(
        words,
        instrument,
        goals=seen.goals,
        answers={} if is_again else seen.answers,
        total=None if is_again else seen.line.total,
    )
    untouched = TypedForm(
        {
            "correction": [why or ""],
            "dated": [answered.astimezone(CLINIC_ZONE).date().isoformat()],
        }
    )
    page = _correct_page(
        words,
        seen,
        name=course_forms.said(words, instrument.name),
        form=form,
        typed=untouched,
        key=uuid.uuid4(),
        problems=(),
    )
    return render(request, "pages/paper/correct.html", page)


@router.post("/ratings/{rating_id}/correct")
def post_correct(
    request: Request,
    *,
    rating_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    words = words_of(request)
    seen = retrace.rating_seen(db, viewer, rating_id=rating_id, registry=registry, now=now)
    instrument = transcribe.instrument_named(seen.line.instrument, registry=registry)
    reader = FormReader(typed, words)
    correction = reader.choice("correction", words("paper.correction"), Correction)
    reason = reader.paragraph("reason", words("paper.reason"), is_needed=True)
    dated = reader.day("dated", words("paper.dated"))
    answers = read_answers(reader, instrument, goals=seen.goals)
    total = read_total(reader)
    if correction and reason and dated and not reader.problems:
        change = Change(
            submission_key=reader.key("submission_key"),
            correction=correction,
            reason=reason,
            dated=dated,
            answers=answers,
            total=total,
        )
        try:
            stored = correct.correct(
                db, viewer, rating_id=rating_id, change=change, registry=registry, now=now
            )
        except Refusal as refusal:
            reader.refuse(refusal, fields=CHANGE_FIELDS)
        else:
            return go_to(f"/ratings/{stored.rating_id}?stored=yes")
    page = _correct_page(
        words,
        seen,
        name=course_forms.said(words, instrument.name),
        form=typed_form(words, instrument, goals=seen.goals, typed=typed),
        typed=typed,
        key=reader.key("submission_key"),
        problems=reader.problems,
    )
    return render(request, "pages/paper/correct.html", page, status=422)


@router.get("/ratings/{rating_id}/move")
def get_move(
    request: Request,
    *,
    rating_id: PersonId,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
    to: uuid.UUID | None = None,
) -> Response:
    words = words_of(request)
    find.standing_rating(db, viewer, rating_id=rating_id, now=now)
    seen = retrace.rating_seen(db, viewer, rating_id=rating_id, registry=registry, now=now)
    if to is None:
        others = correct.who_it_may_belong_to(db, viewer, rating_id=rating_id, now=now)
        place = None
    else:
        others = ()
        place = correct.places_for(db, viewer, patient_id=to, now=now)
    page = MovePage(
        person=heading(words, seen.person),
        rating_id=rating_id,
        name=course_forms.name_of_form(words, registry, seen.line.instrument),
        others=[heading(words, person) for person in others],
        to=heading(words, place.person) if place else None,
        sessions=_session_options(words, place, chosen="") if place else (),
        reason="",
        submission_key=uuid.uuid4(),
        problems=(),
    )
    return render(request, "pages/paper/move.html", page)


@router.post("/ratings/{rating_id}/move")
def post_move(
    request: Request,
    *,
    rating_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    words = words_of(request)
    seen = retrace.rating_seen(db, viewer, rating_id=rating_id, registry=registry, now=now)
    reader = FormReader(typed, words)
    patient_id = reader.identifier("to", words("paper.right_patient"))
    if patient_id is None:
        raise Refusal("form_key")
    place = correct.places_for(db, viewer, patient_id=patient_id, now=now)
    session_id = reader.identifier("session", words("paper.right_session"))
    reason = reader.paragraph("reason", words("paper.reason"), is_needed=True)
    if session_id and reason and not reader.problems:
        try:
            stored = correct.move(
                db,
                viewer,
                rating_id=rating_id,
                to_session_id=session_id,
                reason=reason,
                submission_key=reader.key("submission_key"),
                registry=registry,
                now=now,
            )
        except Refusal as refusal:
            reader.refuse(refusal, fields=MOVE_FIELDS)
        else:
            return go_to(f"/ratings/{stored.rating_id}?stored=yes")
    page = MovePage(
        person=heading(words, seen.person),
        rating_id=rating_id,
        name=course_forms.name_of_form(words, registry, seen.line.instrument),
        others=(),
        to=heading(words, place.person),
        sessions=_session_options(words, place, chosen=typed.first("session")),
        reason=typed.first("reason"),
        submission_key=reader.key("submission_key"),
        problems=reader.problems,
    )
    return render(request, "pages/paper/move.html", page, status=422)


@router.get("/ratings/{rating_id}/baseline")
def get_baseline(
    request: Request,
    *,
    rating_id: PersonId,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    words = words_of(request)
    find.changeable_rating(db, viewer, rating_id=rating_id, now=now)
    seen = retrace.rating_seen(db, viewer, rating_id=rating_id, registry=registry, now=now)
    page = BaselinePage(
        person=heading(words, seen.person),
        rating_id=rating_id,
        name=course_forms.name_of_form(words, registry, seen.line.instrument),
        rated_at=seen.line.rated_at,
        total=seen.line.total,
        reason="",
        problems=(),
    )
    return render(request, "pages/paper/baseline.html", page)


@router.post("/ratings/{rating_id}/baseline")
def post_baseline(
    request: Request,
    *,
    rating_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    words = words_of(request)
    seen = retrace.rating_seen(db, viewer, rating_id=rating_id, registry=registry, now=now)
    reader = FormReader(typed, words)
    reason = reader.paragraph("reason", words("paper.reason"), is_needed=True)
    if reason and not reader.problems:
        try:
            correct.name_baseline(
                db, viewer, rating_id=rating_id, reason=reason, registry=registry, now=now
            )
        except Refusal as refusal:
            reader.refuse(refusal, fields=REASON_FIELDS)
        else:
            return go_to(f"/episodes/{seen.episode_id}/ratings")
    page = BaselinePage(
        person=heading(words, seen.person),
        rating_id=rating_id,
        name=course_forms.name_of_form(words, registry, seen.line.instrument),
        rated_at=seen.line.rated_at,
        total=seen.line.total,
        reason=typed.first("reason"),
        problems=reader.problems,
    )
    return render(request, "pages/paper/baseline.html", page, status=422)


def _correct_page(
    words: Words,
    seen: RatingSeen,
    *,
    name: str,
    form: PaperForm,
    typed: TypedForm,
    key: uuid.UUID,
    problems: Sequence[Problem],
) -> CorrectPage:
    return CorrectPage(
        person=heading(words, seen.person),
        rating_id=seen.line.rating_id,
        name=name,
        rated_at=seen.line.rated_at,
        form=form,
        corrections=[
            Option(
                value=one.value,
                label=words(f"paper.correction_{one.value}"),
                is_chosen=one.value == typed.first("correction"),
            )
            for one in BY_STAFF
        ],
        reason=typed.first("reason"),
        dated=typed.first("dated"),
        submission_key=key,
        problems=problems,
    )


def _session_options(words: Words, place: MovePlace, *, chosen: str) -> Sequence[Option]:
    return [
        Option(
            value=str(held.session_id),
            label=words.moment(held.planned_at),
            is_chosen=str(held.session_id) == chosen,
            hint=words(f"session.status_{held.status.value}"),
        )
        for held in place.sessions
    ]
