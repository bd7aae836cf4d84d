"""The corner for staff on a tablet: room, language, a trial, disconnect. Nothing clinical."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.clinical.instruments import Variant
from app.web import kiosk_forms
from app.web.dependencies import Instruments, Now, Writing, words_of
from app.web.kiosk_door import AtTablet, Looking, forget_token, let_in, speak
from app.web.kiosk_pages import RatingPage, StaffMenuPage, StaffPinPage, ThanksPage
from app.web.kiosk_ratings import TRIAL
from app.web.pages import go_to, render
from app.web.words import LANGUAGES, choose_language
from app.workflow import pair
from app.workflow.fill_in import FormLayout, FormMode, Sheet, Slot
from app.workflow.pair import OnTablet, Unlocking
from app.workflow.refusals import Refusal

router = APIRouter(prefix="/tablet")

LET_IN = [Depends(let_in)]
"""For answers that need nothing of the tablet but that it is connected."""

TRIAL_FORM = "outcome-4"
"""A form of our own, so that every installation has its words."""


@router.get("/staff")
def get_corner(request: Request, tablet: Looking) -> Response:
    if tablet.is_corner_open:
        return _menu(request, tablet)
    return render(request, "pages/kiosk/staff_pin.html", StaffPinPage(room=tablet.room))


@router.post("/staff")
def post_pin(
    request: Request, *, tablet: AtTablet, db: Writing, now: Now, pin: Annotated[str, Form()] = ""
) -> Response:
    unlocked = pair.unlock_corner(db, tablet, pin=pin[:20], now=now)
    if unlocked.outcome is Unlocking.OPEN:
        return go_to("/tablet/staff")
    error = words_of(request)(f"tablet.pin_{unlocked.outcome.value}", n=unlocked.minutes)
    page = StaffPinPage(room=tablet.room, error=error)
    status = 429 if unlocked.outcome is Unlocking.WAIT else 422
    return render(request, "pages/kiosk/staff_pin.html", page, status=status)


@router.post("/staff/room")
def post_room(
    tablet: AtTablet, db: Writing, now: Now, room: Annotated[str, Form()] = ""
) -> Response:
    pair.rename(db, tablet, room=room, now=now)
    return go_to("/tablet/staff")


@router.post("/staff/language")
def post_language(
    tablet: AtTablet, db: Writing, now: Now, language: Annotated[str, Form()] = ""
) -> Response:
    if language not in LANGUAGES:
        allowed = ", ".join(LANGUAGES)
        raise Refusal("language_not_offered", value=language[:12], allowed=allowed)
    pair.choose_language(db, tablet, language=language, now=now)
    return go_to("/tablet/staff")


@router.post("/staff/unpair")
def post_unpair(tablet: AtTablet, db: Writing, now: Now) -> Response:
    pair.disconnect_itself(db, tablet, now=now)
    page = go_to("/tablet")
    forget_token(page)
    return page


@router.post("/staff/test")
def post_trial(tablet: Looking) -> Response:
    return go_to(f"/tablet/visit/{TRIAL}/form?language={tablet.language}")


@router.get(f"/visit/{TRIAL}/form")
def get_trial(
    request: Request,
    *,
    tablet: Looking,
    registry: Instruments,
    language: str | None = None,
    mode: FormMode | None = None,
    layout: FormLayout | None = None,
) -> Response:
    chosen = choose_language(language)
    speak(request, chosen)
    instrument = registry.get(TRIAL_FORM)
    text = instrument.text(language=chosen, variant=Variant.ADULT)
    if text is None:
        raise Refusal("form_without_text", value=TRIAL_FORM)
    sheet = Sheet(
        visit_id=uuid.UUID(int=0),
        slot=Slot.START,
        instrument=instrument,
        text=text,
        languages=instrument.offered_languages(Variant.ADULT),
        mode=FormMode.LINE,
        layout=FormLayout.ALL,
        has_large_text=False,
        items=[item.key for item in instrument.items],
        goals={},
        initials=None,
    )
    form = kiosk_forms.form_of(sheet, room=tablet.room, mode=mode, layout=layout, visit=TRIAL)
    return render(request, "pages/kiosk/rating.html", RatingPage(form=form))


@router.post(f"/visit/{TRIAL}/form", dependencies=LET_IN)
def post_trial_form() -> Response:
    return go_to(f"/tablet/visit/{TRIAL}/thanks")


@router.get(f"/visit/{TRIAL}/thanks")
def get_trial_thanks(request: Request, tablet: Looking) -> Response:
    return render(request, "pages/kiosk/thanks.html", ThanksPage(room=tablet.room))


@router.post(f"/visit/{TRIAL}/started", status_code=204, dependencies=LET_IN)
@router.post(f"/visit/{TRIAL}/progress", status_code=204, dependencies=LET_IN)
def post_trial_state() -> None:
    return


def _menu(request: Request, tablet: OnTablet) -> Response:
    page = StaffMenuPage(room=tablet.room, language=tablet.language, languages=tuple(LANGUAGES))
    return render(request, "pages/kiosk/staff_menu.html", page)
