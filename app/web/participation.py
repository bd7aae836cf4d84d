"""The patient's yes or no to being asked, as told to a member of staff."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web.dependencies import Clinical, Now, PersonId, Writing, words_of
from app.web.forms import Problem
from app.web.pages import go_to, render
from app.web.person import PersonShown, heading
from app.web.typed import FormReader, Option, Typed, TypedForm, options
from app.web.words import Words
from app.workflow import agree, find, participate
from app.workflow.agree import Course
from app.workflow.participate import Answer, OtherChannel, Said
from app.workflow.refusals import Refusal

router = APIRouter()

SAYING_FIELDS: Mapping[str, str] = {"reason_too_long": "reason"}
"""Which field each refusal of the workflow is about."""


@dataclass(frozen=True, slots=True)
class SaidRow:
    """What the patient has said before."""

    answer: str
    other_channel: str
    reason: str | None
    at: dt.datetime
    told_to: str | None


@dataclass(frozen=True, slots=True)
class ParticipationPage:
    """The patient's yes or no to being asked."""

    person: PersonShown
    episode_id: uuid.UUID
    is_open: bool
    answers: Sequence[Option]
    channels: Sequence[Option]
    reason: str
    said: Sequence[SaidRow]
    problems: Sequence[Problem]


@router.get("/episodes/{episode_id}/participation")
def get_participation(
    request: Request, episode_id: PersonId, viewer: Clinical, db: Writing, now: Now
) -> Response:
    course = agree.course(db, viewer, episode_id=episode_id, now=now)
    said = participate.participation_of(db, viewer, episode_id=episode_id)
    return _show_participation(request, course, said)


@router.post("/episodes/{episode_id}/participation")
def post_participation(
    request: Request,
    *,
    episode_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    now: Now,
) -> Response:
    found = find.open_episode(db, viewer, episode_id=episode_id, now=now)
    reader = FormReader(typed, words_of(request))
    answer = reader.choice("answer", reader.words("enrol.answer"), Answer)
    channel = reader.choice("other_channel", reader.words("enrol.other_channel"), OtherChannel)
    reason = reader.paragraph("reason", reader.words("enrol.reason"))
    if answer and channel and not reader.problems:
        try:
            participate.tell_participation(
                db,
                viewer,
                episode_id=episode_id,
                answer=answer,
                other_channel=channel,
                reason=reason,
                now=now,
            )
        except Refusal as refusal:
            reader.refuse(refusal, fields=SAYING_FIELDS)
        else:
            return go_to(f"/patients/{found.patient.id}")
    course = agree.course(db, viewer, episode_id=episode_id, now=now)
    said = participate.participation_of(db, viewer, episode_id=episode_id)
    return _show_participation(request, course, said, reader=reader)


def _show_participation(
    request: Request, course: Course, said: Sequence[Said], *, reader: FormReader | None = None
) -> Response:
    words = words_of(request)
    typed = reader.typed if reader else TypedForm({"other_channel": ["none"]})
    chosen = typed.first("other_channel")
    page = ParticipationPage(
        person=heading(words, course.person),
        episode_id=course.episode_id,
        is_open=course.is_open,
        answers=options(
            Answer, lambda one: words(f"enrol.answer_{one.value}"), chosen=typed.first("answer")
        ),
        channels=options(
            OtherChannel, lambda one: words(f"enrol.channel_{one.value}"), chosen=chosen
        ),
        reason=typed.first("reason"),
        said=[_said_row(words, one) for one in said],
        problems=reader.problems if reader else (),
    )
    status = 422 if reader else 200
    return render(request, "pages/patients/participation.html", page, status=status)


def _said_row(words: Words, said: Said) -> SaidRow:
    return SaidRow(
        answer=words(f"enrol.answer_{said.answer.value}"),
        other_channel=words(f"enrol.channel_{said.other_channel.value}"),
        reason=said.reason,
        at=said.at,
        told_to=said.told_to,
    )
