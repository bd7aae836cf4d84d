"""Therapy sessions of a course: planned, attended, ended, or taken back."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web.dependencies import Clinical, Instruments, Now, PersonId, Writing, words_of
from app.web.forms import Problem
from app.web.pages import go_to, render
from app.web.person import PersonShown, heading
from app.web.typed import FormReader, Option, Typed, TypedForm, options
from app.web.words import CLINIC_ZONE, Words
from app.workflow import find, hold
from app.workflow.hold import Channel, Held, SessionStatus
from app.workflow.refusals import Refusal

router = APIRouter()

PLAN_FIELDS: Mapping[str, str] = {"session_day": "day", "session_not_yet": "day"}
"""Which field each refusal of the workflow is about."""

USUAL_HOUR = "10:00"
"""What stands in the field for the hour before anybody has chosen."""


@dataclass(frozen=True, slots=True)
class PlanForm:
    """When and how a session is held."""

    day: str
    hour: str
    channels: Sequence[Option]


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A therapy session with what can be done about it."""

    session_id: uuid.UUID
    number: int | None
    planned_at: dt.datetime
    status: SessionStatus
    channel: Channel
    ended_at: dt.datetime | None
    forms: int
    plan: PlanForm
    may_say: Sequence[SessionStatus]
    """What else may be noted about it."""
    may_end: bool
    may_type: bool
    """Whether a paper form can be typed in."""
    is_being_changed: bool


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """The sessions of a course, and a form for one more."""

    person: PersonShown
    episode_id: uuid.UUID
    is_open: bool
    sessions: Sequence[SessionRow]
    plan: PlanForm
    problems: Sequence[Problem]


@router.get("/episodes/{episode_id}/sessions")
def get_sessions(
    request: Request, episode_id: PersonId, viewer: Clinical, db: Writing, now: Now
) -> Response:
    found = hold.sessions_of(db, viewer, episode_id=episode_id, now=now)
    return _show(request, found, now=now)


@router.post("/episodes/{episode_id}/sessions")
def post_session(
    request: Request,
    *,
    episode_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    now: Now,
) -> Response:
    find.open_episode(db, viewer, episode_id=episode_id, now=now)
    reader = FormReader(typed, words_of(request))
    planned_at, channel = _read_plan(reader)
    if planned_at and channel and not reader.problems:
        try:
            hold.plan_session(
                db,
                viewer,
                episode_id=episode_id,
                planned_at=planned_at,
                channel=channel,
                now=now,
            )
        except Refusal as refusal:
            reader.refuse(refusal, fields=PLAN_FIELDS)
        else:
            return go_to(f"/episodes/{episode_id}/sessions")
    found = hold.sessions_of(db, viewer, episode_id=episode_id, now=now)
    return _show(request, found, now=now, reader=reader)


@router.post("/sessions/{session_id}/plan")
def post_plan(
    request: Request,
    *,
    session_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    episode_id = find.open_session(db, viewer, session_id=session_id, now=now).episode.id
    reader = FormReader(typed, words_of(request))
    planned_at, channel = _read_plan(reader)
    if planned_at and channel and not reader.problems:
        try:
            hold.change_plan(
                db,
                viewer,
                session_id=session_id,
                planned_at=planned_at,
                channel=channel,
                registry=registry,
                now=now,
            )
        except Refusal as refusal:
            reader.refuse(refusal, fields=PLAN_FIELDS)
        else:
            return go_to(f"/episodes/{episode_id}/sessions")
    found = hold.sessions_of(db, viewer, episode_id=episode_id, now=now)
    return _show(request, found, now=now, reader=reader, changed=session_id)


@router.post("/sessions/{session_id}/status")
def post_status(
    *,
    session_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    found = find.open_session(db, viewer, session_id=session_id, now=now)
    try:
        status = SessionStatus(typed.first("status"))
    except ValueError:
        allowed = ", ".join(status.value for status in SessionStatus)
        raise Refusal("session_status", value=typed.first("status")[:40], allowed=allowed) from None
    hold.set_status(db, viewer, session_id=session_id, status=status, registry=registry, now=now)
    return go_to(f"/episodes/{found.episode.id}/sessions")


@router.post("/sessions/{session_id}/end")
def post_end(
    session_id: PersonId, viewer: Clinical, db: Writing, registry: Instruments, now: Now
) -> Response:
    found = find.open_session(db, viewer, session_id=session_id, now=now)
    hold.end_session(db, viewer, session_id=session_id, registry=registry, now=now)
    return go_to(f"/episodes/{found.episode.id}/sessions")


@router.post("/sessions/{session_id}/undo-end")
def post_undo_end(
    session_id: PersonId, viewer: Clinical, db: Writing, registry: Instruments, now: Now
) -> Response:
    found = find.open_session(db, viewer, session_id=session_id, now=now)
    hold.undo_end(db, viewer, session_id=session_id, registry=registry, now=now)
    return go_to(f"/episodes/{found.episode.id}/sessions")


def _read_plan(reader: FormReader) -> tuple[dt.datetime | None, Channel | None]:
    planned_at = reader.moment("day", "hour", label=reader.words("session.hour"))
    channel = reader.choice("channel", reader.words("session.channel"), Channel)
    return planned_at, channel


def _show(
    request: Request,
    found: hold.SessionList,
    *,
    now: dt.datetime,
    reader: FormReader | None = None,
    changed: uuid.UUID | None = None,
) -> Response:
    words = words_of(request)
    again = _typed_plan(words, reader.typed) if reader else None
    today = now.astimezone(CLINIC_ZONE).date()
    page = SessionsPage(
        person=heading(words, found.person),
        episode_id=found.episode_id,
        is_open=found.is_open,
        sessions=[
            _row(
                words,
                held,
                is_open=found.is_open,
                today=today,
                again=again if held.session_id == changed else None,
            )
            for held in found.sessions
        ],
        plan=again
        if again and changed is None
        else _plan_form(words, day=today.isoformat(), hour=USUAL_HOUR, channel=Channel.ROOM.value),
        problems=_at_row(reader.problems, changed) if reader else (),
    )
    return render(request, "pages/sessions/list.html", page, status=422 if reader else 200)


def _at_row(problems: Sequence[Problem], session_id: uuid.UUID | None) -> Sequence[Problem]:
    """Return the problems at the fields of one row; the new session has the bare names."""
    if session_id is None:
        return problems
    return [Problem(field=f"{session_id}-{one.field}", text=one.text) for one in problems]


def _row(
    words: Words, held: Held, *, is_open: bool, today: dt.date, again: PlanForm | None
) -> SessionRow:
    local = held.planned_at.astimezone(CLINIC_ZONE)
    has_come = local.date() <= today
    is_on = held.status in {SessionStatus.PLANNED, SessionStatus.ATTENDED}
    return SessionRow(
        session_id=held.session_id,
        number=held.number,
        planned_at=held.planned_at,
        status=held.status,
        channel=held.channel,
        ended_at=held.ended_at,
        forms=held.forms,
        plan=again
        or _plan_form(
            words,
            day=local.date().isoformat(),
            hour=f"{local:%H:%M}",
            channel=held.channel.value,
        ),
        may_say=_may_say(held, has_come=has_come) if is_open else (),
        may_end=is_open and held.status is SessionStatus.ATTENDED,
        may_type=is_open and is_on and has_come,
        is_being_changed=again is not None,
    )


def _may_say(held: Held, *, has_come: bool) -> Sequence[SessionStatus]:
    if held.forms:
        return ()
    return [
        status
        for status in SessionStatus
        if status is not held.status
        and (has_come or status in {SessionStatus.PLANNED, SessionStatus.CANCELLED})
    ]


def _typed_plan(words: Words, typed: TypedForm) -> PlanForm:
    return _plan_form(
        words,
        day=typed.first("day"),
        hour=typed.first("hour"),
        channel=typed.first("channel"),
    )


def _plan_form(words: Words, *, day: str, hour: str, channel: str) -> PlanForm:
    channels = options(Channel, lambda one: words(f"session.channel_{one.value}"), chosen=channel)
    return PlanForm(day=day, hour=hour, channels=channels)
