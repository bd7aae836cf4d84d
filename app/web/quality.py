"""A quality lead's page: the service as a whole, month by month, with no person in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.instruments import Registry
from app.web.dependencies import Instruments, Now, QualityLead, Writing, words_of
from app.web.pages import render
from app.web.words import Words
from app.web.worklist import MOST_IN_TOP_PERCENT
from app.workflow import appraise
from app.workflow.appraise import Appraisal, CurveKind, Flags, TopShare

router = APIRouter()


@dataclass(frozen=True, slots=True)
class CurveRow:
    """A curve in use."""

    instrument: str
    name: str
    kind: CurveKind
    version: str
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class QualityPage:
    """The service as a whole in the last whole month."""

    month: str
    fewest: int
    in_treatment: int | None
    share: TopShare | None
    percent: int | None
    most_percent: int
    flags: Flags | None
    curves: Sequence[CurveRow]


@router.get("/quality")
def get_quality(
    request: Request, viewer: QualityLead, db: Writing, registry: Instruments, now: Now
) -> Response:
    found = appraise.appraise(db, viewer, now=now)
    return render(request, "pages/quality/quality.html", _page(words_of(request), found, registry))


def _page(words: Words, found: Appraisal, registry: Registry) -> QualityPage:
    share = found.share
    return QualityPage(
        month=words.date(found.month.first, form="MMMM y").capitalize(),
        fewest=found.fewest,
        in_treatment=found.in_treatment,
        share=share,
        percent=round(100 * share.top / share.total) if share else None,
        most_percent=MOST_IN_TOP_PERCENT,
        flags=found.flags,
        curves=[
            CurveRow(
                instrument=one.instrument,
                name=_name(words, one.instrument, registry),
                kind=one.kind,
                version=one.version,
                is_accepted=one.is_accepted,
            )
            for one in found.curves
        ],
    )


def _name(words: Words, key: str, registry: Registry) -> str:
    # A curve outlives a definition that a site has taken away again.
    instrument = registry.instruments.get(key)
    language = cast("Literal['nb', 'nn', 'en']", words.language)
    return instrument.name.in_language(language) if instrument else key
