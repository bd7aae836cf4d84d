"""Whether a page about a patient is up to date: asked every other second, answered cheaply."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, Response

from app.web.dependencies import (
    SIGN_IN_COOKIE,
    NotSignedInError,
    Now,
    Reading,
    SecondFactorNeededError,
)
from app.workflow import access, sign_in, watch
from app.workflow.access import Role, Viewer

router = APIRouter()


def _watching(request: Request, db: Reading, now: Now) -> Viewer:
    """Let a member of staff in whose page asks by itself: it does not keep them signed in."""
    token = request.cookies.get(SIGN_IN_COOKIE)
    found = sign_in.resume(db, token=token, now=now, touches=False) if token else None
    if found is None:
        raise NotSignedInError
    if not found.is_complete:
        raise SecondFactorNeededError
    access.check_role(found.viewer, Role.CLINICIAN, Role.SUPERVISOR)
    request.state.viewer = found.viewer
    return found.viewer


Watching = Annotated[Viewer, Depends(_watching, scope="function")]


@router.get("/patients/{patient_id}/live")
def get_live(
    viewer: Watching,
    db: Reading,
    now: Now,
    patient_id: uuid.UUID,
    *,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    news = watch.news(db, viewer, patient_id=patient_id, now=now)
    tag = f'"{news.tag}"'
    if if_none_match == tag:
        return Response(status_code=304, headers={"ETag": tag})
    forms = [
        {
            "state": "expired" if visit.is_expired else visit.state.value,
            "slot": visit.slot.value,
            "room": visit.room,
            "set": visit.set_count,
            "of": visit.item_count,
        }
        for visit in news.visits
    ]
    return JSONResponse({"version": news.tag, "forms": forms}, headers={"ETag": tag})
