"""What a tablet sends: that a form was started, how far it is, and its answers."""

import re
import uuid
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
)
from starlette.datastructures import FormData

from app.clinical.instruments import Variant
from app.web import kiosk_forms
from app.web.dependencies import TABLETS_IN_LINE, Instruments, Now, Writing
from app.web.forms import Typed, text_of
from app.web.kiosk_door import AtTablet, open_door, speak
from app.web.kiosk_pages import RatingPage
from app.web.pages import go_to, render
from app.workflow import fill_in
from app.workflow.fill_in import Filled, FormLayout, FormMode, InputKind
from app.workflow.refusals import Refusal

router = APIRouter(prefix="/tablet")

TRIAL: Final = "trial"
"""In place of a visit: staff try a form, and nothing is stored."""

LONGEST_MS: Final = 2**31 - 1
"""More than three weeks; what the column holds."""

_ANSWER = "answer."
_WHOLE = re.compile(r"-?[0-9]{1,6}")


class FromTablet(BaseModel):
    """What comes in is checked once and never repeated in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class RatingIn(FromTablet):
    """One filled-in form."""

    visit: uuid.UUID | Literal["trial"]
    submission_key: uuid.UUID
    answers: Annotated[
        dict[Annotated[str, Field(max_length=40)], StrictInt | None],
        Field(max_length=200, repr=False),
    ]
    is_finished: StrictBool
    mode: FormMode
    layout: FormLayout
    language: Annotated[str, Field(max_length=12)]
    variant: Variant
    text_version: Annotated[str, Field(max_length=40)]
    input: InputKind | None
    device_width: Annotated[StrictInt, Field(ge=1, le=20_000)]
    device_time: AwareDatetime
    duration_ms: Annotated[StrictInt, Field(ge=0, le=LONGEST_MS)]
    replaces: uuid.UUID | None = None


class ProgressIn(FromTablet):
    """How many items are set."""

    set: Annotated[StrictInt, Field(ge=0, le=1000)]


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post("/ratings", dependencies=[TABLETS_IN_LINE])
def post_rating(
    request: Request, *, registry: Instruments, now: Now, body: Annotated[bytes, Depends(_body)]
) -> Response:
    with open_door(request, now=now) as (db, tablet):
        sent = _read(request, body)
        speak(request, sent.language)
        if not isinstance(sent.visit, uuid.UUID):
            return _stored(TRIAL, visit=TRIAL)
        rating_id = fill_in.submit(
            db, tablet, visit_id=sent.visit, filled=_as_filled(sent), registry=registry, now=now
        )
    return _stored(str(rating_id), visit=str(sent.visit))


def _read(request: Request, body: bytes) -> RatingIn:
    """Return what a tablet sent; whoever is not let in does not hear what is wrong with it."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise HTTPException(status_code=415)
    try:
        return RatingIn.model_validate_json(body)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        for one in found:
            if one["type"] == "timezone_aware":
                allowed = f"{str(one['input'])[:19]}+01:00"
                raise Refusal("naive_time", value=str(one["input"])[:40], allowed=allowed) from None
        raise RequestValidationError(found) from None


def _as_filled(sent: RatingIn) -> Filled:
    return Filled(
        submission_key=sent.submission_key,
        answers=sent.answers,
        is_finished=sent.is_finished,
        mode=sent.mode,
        layout=sent.layout,
        language=sent.language,
        variant=sent.variant,
        text_version=sent.text_version,
        input_kind=sent.input,
        device_width=sent.device_width,
        device_time=sent.device_time,
        duration_ms=sent.duration_ms,
        replaces_id=sent.replaces,
    )


@router.post("/visit/{visit_id}/started", status_code=204)
def post_started(tablet: AtTablet, db: Writing, now: Now, visit_id: uuid.UUID) -> None:
    fill_in.note_started(db, tablet, visit_id=visit_id, now=now)


@router.post("/visit/{visit_id}/progress", status_code=204)
def post_progress(
    tablet: AtTablet, db: Writing, now: Now, visit_id: uuid.UUID, progress: ProgressIn
) -> None:
    fill_in.note_progress(db, tablet, visit_id=visit_id, set_count=progress.set, now=now)


@router.post("/visit/{visit_id}/form")
def post_form(
    request: Request,
    *,
    tablet: AtTablet,
    db: Writing,
    registry: Instruments,
    now: Now,
    visit_id: uuid.UUID,
    fields: Typed,
) -> Response:
    language = _text(fields, "language")
    speak(request, language)
    sheet = fill_in.start_sheet(
        db, tablet, visit_id=visit_id, language=language or None, registry=registry, now=now
    )
    answers = _answers(fields)
    missing = tuple(key for key in sheet.items if answers.get(key) is None)
    if missing and not _text(fields, "has_asked"):
        form = kiosk_forms.form_of(
            sheet,
            room=tablet.room,
            mode=FormMode.BUTTONS,
            layout=FormLayout.ALL,
            marks={key: value for key, value in answers.items() if value is not None},
            missing=missing,
            key=_text(fields, "submission_key"),
        )
        return render(request, "pages/kiosk/rating.html", RatingPage(form=form), status=422)
    filled = _filled(fields, answers=dict.fromkeys(missing) | dict(answers), sheet=sheet)
    fill_in.submit(db, tablet, visit_id=visit_id, filled=filled, registry=registry, now=now)
    return go_to(f"/tablet/visit/{visit_id}/thanks")


def _filled(fields: FormData, *, answers: Mapping[str, int | None], sheet: fill_in.Sheet) -> Filled:
    return Filled(
        submission_key=_key(fields),
        answers=answers,
        is_finished=True,
        mode=FormMode.CODES if sheet.instrument.codes else FormMode.BUTTONS,
        layout=FormLayout.ALL,
        language=sheet.text.language,
        variant=sheet.text.variant,
        text_version=_text(fields, "text_version"),
        input_kind=None,
        device_width=None,
        device_time=None,
        duration_ms=None,
        replaces_id=None,
    )


def _answers(fields: FormData) -> Mapping[str, int | None]:
    """Return the answers of a plain form in tenths; an empty one is missing."""
    found: dict[str, int | None] = {}
    for name, value in fields.multi_items():
        if not name.startswith(_ANSWER) or not isinstance(value, str):
            continue
        key = name.removeprefix(_ANSWER)
        if value and not _WHOLE.fullmatch(value):
            raise Refusal("answer_not_number", value=key[:40])
        found[key] = int(value) if value else None
    return found


def _key(fields: FormData) -> uuid.UUID:
    try:
        return uuid.UUID(_text(fields, "submission_key"))
    except ValueError as error:
        raise Refusal("form_incomplete", value="submission_key") from error


def _text(fields: FormData, name: str) -> str:
    return text_of(fields, name)[:80]


def _stored(rating: str, *, visit: str) -> Response:
    content = {"rating": rating, "next": f"/tablet/visit/{visit}/thanks"}
    return JSONResponse(content, status_code=201)
