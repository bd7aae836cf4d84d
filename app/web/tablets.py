"""Pages where staff connect tablets to rooms, and look after them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from app.web.dependencies import Now, Writing, needs, words_of
from app.web.forms import Problem, problem_of
from app.web.pages import go_to, render
from app.web.words import Words
from app.workflow import pair
from app.workflow.access import Viewer
from app.workflow.pair import Approval, Room
from app.workflow.refusals import Refusal

router = APIRouter(prefix="/tablets")

LookingAfter = Annotated[Viewer, Depends(needs(*pair.MAY_CONNECT), scope="function")]
"""Someone who may connect and disconnect tablets. No page here shows a person."""

IN_TOUCH: Final = dt.timedelta(minutes=3)
"""A tablet that has asked for something within this time is in touch."""

FIELDS: Final = {"pin_digits": "pin", "pin_too_easy": "pin"}
"""Which field a refusal is about; the room when it is not written here."""


@dataclass(frozen=True, slots=True)
class RoomRow:
    """One connected tablet."""

    tablet_id: str
    room: str
    state: str
    is_in_touch: bool
    seen: str
    connected: str


@dataclass(frozen=True, slots=True)
class TabletsPage:
    """The connected tablets, and a form to connect one more."""

    rooms: Sequence[RoomRow]
    code: str
    room: str
    longest_room: int
    problems: Sequence[Problem]


@router.get("")
def get_tablets(
    request: Request,
    viewer: LookingAfter,
    db: Writing,
    now: Now,
    *,
    code: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    return _page(request, viewer, db, now=now, code=code)


@router.post("")
def post_tablet(
    request: Request,
    viewer: LookingAfter,
    db: Writing,
    now: Now,
    *,
    code: Annotated[str, Form()] = "",
    room: Annotated[str, Form()] = "",
    pin: Annotated[str, Form()] = "",
) -> Response:
    words = words_of(request)
    try:
        approved = pair.approve(db, viewer, code=code[:40], room=room[:200], pin=pin[:20], now=now)
    except Refusal as refusal:
        problems = problem_of(words, refusal, field=FIELDS.get(refusal.word, "room"))
        return _page(request, viewer, db, now=now, code=code, room=room, problems=problems)
    if approved.outcome is Approval.CONNECTED:
        return go_to("/tablets")
    text = words(f"tablets.{approved.outcome.value}", n=approved.minutes)
    problems = [Problem(field="code", text=text)]
    return _page(request, viewer, db, now=now, code=code, room=room, problems=problems)


@router.post("/{tablet_id}/revoke")
def post_revoke(viewer: LookingAfter, db: Writing, now: Now, tablet_id: uuid.UUID) -> Response:
    pair.revoke(db, viewer, tablet_id=tablet_id, now=now)
    return go_to("/tablets")


def _page(
    request: Request,
    viewer: Viewer,
    db: Writing,
    *,
    now: dt.datetime,
    code: str = "",
    room: str = "",
    problems: Sequence[Problem] = (),
) -> Response:
    words = words_of(request)
    page = TabletsPage(
        rooms=[_row(found, words, now=now) for found in pair.rooms(db, viewer, now=now)],
        code=code[:40],
        room=room[:200],
        longest_room=pair.LONGEST_ROOM,
        problems=problems,
    )
    return render(request, "pages/tablets/list.html", page, status=422 if problems else 200)


def _row(found: Room, words: Words, *, now: dt.datetime) -> RoomRow:
    # It has just shown its code when it is connected, so that counts as well.
    seen = found.last_seen_at or found.paired_at
    is_in_touch = now - seen < IN_TOUCH
    state = words(f"tablets.doing_{found.state.value}" if found.state else "tablets.doing_nothing")
    return RoomRow(
        tablet_id=str(found.tablet_id),
        room=found.room,
        state=state if is_in_touch else words("tablets.out_of_touch"),
        is_in_touch=is_in_touch,
        seen=words.moment(seen),
        connected=words.date(found.paired_at),
    )
