"""Pages on the tablet: connect, wait, hand over, rate without script, decline, thanks."""

import uuid
from typing import Annotated

import segno
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import JSONResponse, Response

from app.web import kiosk_forms
from app.web.dependencies import Config, Instruments, Now, Reading, Writing, parts_of, words_of
from app.web.kiosk_door import (
    CLEAR_CACHE,
    AtTablet,
    Looking,
    keep_token,
    speak,
    token_of,
)
from app.web.kiosk_pages import EndedPage, PairPage, RatingPage, ThanksPage, WaitingPage
from app.web.pages import go_to, render
from app.workflow import fill_in, pair, redeem
from app.workflow.fill_in import (
    Answer,
    Farewell,
    FormLayout,
    FormMode,
    OtherChannel,
    Sheet,
    VisitState,
)
from app.workflow.pair import NotConnectedError, OnTablet
from app.workflow.redeem import Typing
from app.workflow.refusals import Gone

router = APIRouter(prefix="/tablet")

Language = Annotated[str | None, Query(max_length=12)]

_STATUS_OF_TYPING = {
    Typing.UNKNOWN: 422,
    Typing.USED: 410,
    Typing.EXPIRED: 410,
    Typing.WAIT: 429,
}


@router.get("")
def get_tablet(request: Request, db: Writing, now: Now, settings: Config) -> Response:
    token = token_of(request)
    try:
        tablet = pair.resume(db, token=token, now=now)
    except NotConnectedError:
        code = pair.waiting_for_approval(db, token=token, now=now)
        return _pair_page(request, code, base_url=settings.base_url)
    visit_id = fill_in.waiting_on(db, tablet, now=now)
    if visit_id is not None:
        return go_to(f"/tablet/visit/{visit_id}")
    pair.close_corner(db, tablet)
    speak(request, tablet.language)
    page = render(request, "pages/kiosk/waiting.html", WaitingPage(room=tablet.room))
    if token is not None:
        keep_token(page, token)
    return page


@router.get("/state")
def get_state(request: Request, *, db: Reading, now: Now) -> Response:
    try:
        tablet = pair.resume(db, token=token_of(request), now=now)
    except NotConnectedError:
        return JSONResponse({"state": "unpaired"})
    visit_id = fill_in.waiting_on(db, tablet, now=now)
    if tablet.is_due:
        # Asked for every other second, written down once a minute: not worth a turn to
        # write each time, so this one write has a transaction of its own.
        with parts_of(request).database.writing() as seen:
            pair.note_seen(seen, tablet, now=now)
    if visit_id is None:
        return JSONResponse({"state": "waiting"})
    return JSONResponse({"state": "visit", "visit": str(visit_id)})


@router.post("/pairing")
def post_pairing(request: Request, db: Writing, now: Now) -> Response:
    try:
        pair.resume(db, token=token_of(request), now=now)
    except NotConnectedError:
        address = request.client.host if request.client else ""
        started = pair.start_pairing(db, address=address, now=now)
        page = go_to("/tablet")
        keep_token(page, started.token)
        return page
    return go_to("/tablet")


@router.post("/code")
def post_code(
    request: Request, *, tablet: AtTablet, db: Writing, now: Now, code: Annotated[str, Form()] = ""
) -> Response:
    typed = redeem.type_code(db, tablet, code=code[:40], now=now)
    if typed.visit_id is not None:
        return go_to(f"/tablet/visit/{typed.visit_id}")
    words = words_of(request)
    error = words(f"tablet.code_{typed.outcome.value}", n=typed.minutes)
    page = WaitingPage(room=tablet.room, code_error=error)
    status = _STATUS_OF_TYPING[typed.outcome]
    return render(request, "pages/kiosk/waiting.html", page, status=status)


@router.get("/visit/{visit_id}")
def get_hand_over(
    request: Request,
    *,
    tablet: AtTablet,
    db: Writing,
    registry: Instruments,
    now: Now,
    visit_id: uuid.UUID,
    language: Language = None,
) -> Response:
    try:
        sheet = fill_in.open_sheet(
            db, tablet, visit_id=visit_id, language=language, registry=registry, now=now
        )
    except Gone:
        return go_to("/tablet")
    speak(request, sheet.text.language)
    page = kiosk_forms.hand_over_page_of(sheet, tablet)
    return _cleared(render(request, "pages/kiosk/hand_over.html", page))


@router.get("/visit/{visit_id}/form")
def get_form(
    request: Request,
    *,
    tablet: AtTablet,
    db: Writing,
    registry: Instruments,
    now: Now,
    visit_id: uuid.UUID,
    language: Language = None,
    mode: FormMode | None = None,
    layout: FormLayout | None = None,
) -> Response:
    try:
        sheet = fill_in.start_sheet(
            db, tablet, visit_id=visit_id, language=language, registry=registry, now=now
        )
    except Gone:
        return go_to("/tablet")
    return _rating_page(request, tablet, sheet, mode=mode, layout=layout)


@router.post("/visit/{visit_id}/decline")
def post_decline(
    tablet: AtTablet,
    *,
    db: Writing,
    now: Now,
    visit_id: uuid.UUID,
    kind: Annotated[Answer, Form()],
    other_channel: Annotated[OtherChannel, Form()] = OtherChannel.NONE,
) -> Response:
    fill_in.decline(
        db, tablet, visit_id=visit_id, answer=kind, other_channel=other_channel, now=now
    )
    return go_to(f"/tablet/visit/{visit_id}/thanks")


@router.get("/visit/{visit_id}/thanks")
def get_thanks(
    request: Request,
    *,
    tablet: Looking,
    db: Reading,
    registry: Instruments,
    now: Now,
    visit_id: uuid.UUID,
) -> Response:
    try:
        over = fill_in.farewell(db, tablet, visit_id=visit_id, registry=registry, now=now)
    except Gone:
        return go_to("/tablet")
    speak(request, over.language)
    help_text = _help_text(request, over)
    if over.state is VisitState.DONE:
        thanks = ThanksPage(room=tablet.room, help_text=help_text)
        return _cleared(render(request, "pages/kiosk/thanks.html", thanks))
    ended = EndedPage(
        room=tablet.room, was_declined=over.state is VisitState.DECLINED, help_text=help_text
    )
    return _cleared(render(request, "pages/kiosk/ended.html", ended))


def _rating_page(
    request: Request,
    tablet: OnTablet,
    sheet: Sheet,
    *,
    mode: FormMode | None,
    layout: FormLayout | None,
) -> Response:
    speak(request, sheet.text.language)
    form = kiosk_forms.form_of(sheet, room=tablet.room, mode=mode, layout=layout)
    return render(request, "pages/kiosk/rating.html", RatingPage(form=form))


def _help_text(request: Request, over: Farewell) -> tuple[str, ...]:
    """Return whom to call: the site's own words, or the national numbers where it has none."""
    if not over.is_critical:
        return ()
    text = over.help_text.strip() or words_of(request)("tablet.help_national")
    return tuple(part.strip() for part in text.splitlines() if part.strip())


def _pair_page(request: Request, code: pair.Waiting | None, *, base_url: str | None) -> Response:
    if code is None:
        return render(request, "pages/kiosk/pair.html", PairPage())
    base = (base_url or str(request.base_url)).rstrip("/")
    picture = segno.make(f"{base}/tablets?code={code.code}", error="m", micro=False)
    page = PairPage(
        code=code.code,
        qr_picture=picture.svg_data_uri(scale=5, border=2, light="#fff"),
        minutes_left=code.minutes_left,
    )
    return render(request, "pages/kiosk/pair.html", page)


def _cleared(page: Response) -> Response:
    page.headers.update(CLEAR_CACHE)
    return page
