"""A form of the workflow as the pages on a tablet show it."""

import math
import uuid
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from app.clinical.form_texts import FormText
from app.clinical.instruments import Instrument, Item, Purpose, Variant
from app.web.kiosk_pages import (
    Form,
    FormItem,
    HandOverPage,
    Layout,
    Mode,
    Moment,
    Step,
)
from app.web.words import LANGUAGES
from app.workflow.fill_in import FormLayout, FormMode, Sheet, Slot
from app.workflow.pair import OnTablet

SECONDS_PER_ITEM: Final = 12
"""What an item takes at most, so that "under one minute" is not a promise that breaks."""

LINES_OF_OURS: Final = 4
"""Our own forms have four lines, and the hand-over page says so."""


def form_of(
    sheet: Sheet,
    *,
    room: str,
    mode: FormMode | None,
    layout: FormLayout | None,
    marks: Mapping[str, int] | None = None,
    missing: tuple[str, ...] = (),
    key: str | None = None,
    visit: str | None = None,
) -> Form:
    """Return the rating page's form. ``marks`` are those of a page that was sent without script."""
    return Form(
        visit=visit or str(sheet.visit_id),
        room=room,
        heading=sheet.text.heading,
        lead=sheet.text.lead,
        items=tuple(
            _item(item, sheet.text, goals=sheet.goals)
            for item in sheet.instrument.items
            if item.key in sheet.items
        ),
        low_end=sheet.text.low_end,
        high_end=sheet.text.high_end,
        language=sheet.text.language,
        languages=languages_of(sheet),
        variant=sheet.text.variant.value,
        text_version=sheet.text.version,
        submission_key=key or str(uuid.uuid4()),
        mode=Mode(_mode(sheet.instrument, mode or sheet.mode).value),
        layout=Layout((layout or sheet.layout).value),
        is_large_text=sheet.has_large_text,
        has_faces=sheet.text.variant is Variant.CHILD,
        initials=sheet.initials,
        marks=marks or {},
        asks_about=missing,
    )


def hand_over_page_of(sheet: Sheet, tablet: OnTablet) -> HandOverPage:
    """Return the page on which the tablet is handed over."""
    seconds = len(sheet.items) * SECONDS_PER_ITEM
    query = urlencode(
        {
            "language": sheet.text.language,
            "mode": sheet.mode.value,
            "layout": sheet.layout.value,
        }
    )
    return HandOverPage(
        visit=str(sheet.visit_id),
        room=tablet.room,
        moment=_moment(sheet),
        item_count=len(sheet.items),
        about_minutes=0 if seconds <= 60 else math.ceil(seconds / 60),  # noqa: PLR2004 - a minute
        language=sheet.text.language,
        languages=languages_of(sheet),
        form_path=f"/tablet/visit/{sheet.visit_id}/form?{query}",
        initials=sheet.initials,
    )


def languages_of(sheet: Sheet) -> tuple[str, ...]:
    """Return the languages that the form and the words around it are both in."""
    return tuple(code for code in sheet.languages if code in LANGUAGES)


def _item(item: Item, text: FormText, *, goals: Mapping[str, str]) -> FormItem:
    words = text.items.get(item.key)
    return FormItem(
        key=item.key,
        title=words.title if words else goals.get(item.key, ""),
        hint=words.hint if words else "",
        lowest=item.lowest,
        highest=item.highest,
        codes=tuple(
            Step(value=code, label=text.answers.get(str(code), f"{code / 10:g}"))
            for code in item.codes
        ),
    )


def _mode(instrument: Instrument, wanted: FormMode) -> FormMode:
    """Return how items are answered: coded ones by their words, lines as the reader likes."""
    if instrument.codes:
        return FormMode.CODES
    return FormMode.LINE if wanted is FormMode.CODES else wanted


def _moment(sheet: Sheet) -> Moment:
    is_ours = len(sheet.items) == LINES_OF_OURS and not sheet.instrument.codes
    if is_ours and (sheet.slot, sheet.instrument.purpose) == (Slot.START, Purpose.OUTCOME):
        return Moment.BEFORE
    if is_ours and (sheet.slot, sheet.instrument.purpose) == (Slot.END, Purpose.ALLIANCE):
        return Moment.AFTER
    return Moment.OTHER
