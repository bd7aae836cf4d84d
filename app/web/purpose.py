"""What the program is for: a page that anybody may read, in the edition of this installation."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web.dependencies import Config, words_of
from app.web.pages import render

router = APIRouter()

EDITION: Final = 1
"""Raised with every change of what the page says."""

WRITTEN_ON: Final = dt.date(2026, 11, 22)
"""The day of this edition."""

WITH_FLAGS: Final = ("core", "on_what", "on_means", "on_not", "responsible", "not_urgent")
WITHOUT_FLAGS: Final = ("core", "off_not", "off_state", "responsible", "not_urgent")
"""The paragraphs of the two texts, by the names of their words."""


@dataclass(frozen=True, slots=True)
class PurposePage:
    """What this installation is for."""

    edition: str
    paragraphs: Sequence[str]


@router.get("/intended-purpose")
def get_purpose(request: Request, settings: Config) -> Response:
    words = words_of(request)
    names = WITH_FLAGS if settings.shows_flags else WITHOUT_FLAGS
    page = PurposePage(
        edition=words("purpose.version", version=EDITION, date=words.date(WRITTEN_ON)),
        paragraphs=[words(f"purpose.{name}") for name in names],
    )
    return render(request, "pages/intended_purpose.html", page)
