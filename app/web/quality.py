"""A quality lead's page: the service as a whole, month by month, with no person in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.instruments import Registry
from app.web.dependencies import Instruments, Now, QualityLead, Writing, words_of
from app.web.pages import go_to, render
from app.web.words import Words
from app.web.worklist import MOST_IN_TOP_PERCENT
from app.workflow import adopt, appraise, vouch
from app.workflow.adopt import Chosen
from app.workflow.appraise import Appraisal, CurveKind, Flags, TopShare
from app.workflow.refusals import Refusal

router = APIRouter()

_LIVE, _WAIT = "live", "wait"


@dataclass(frozen=True, slots=True)
class CurveRow:
    """A curve in use."""

    instrument: str
    name: str
    kind: CurveKind
    version: str
    is_accepted: bool
    no_longer_holds: bool
    """Whether the band holds too little, or too much, for the newest patients."""


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
    curves_go_live_alone: bool
    chosen: str | None
    checks: str


@router.get("/quality")
def get_quality(
    request: Request, viewer: QualityLead, db: Writing, registry: Instruments, now: Now
) -> Response:
    found = appraise.appraise(db, viewer, now=now)
    choice, failing = adopt.chosen(db, viewer), vouch.no_longer_hold(db, viewer)
    page = _page(words_of(request), found, registry, choice=choice, failing=failing)
    return render(request, "pages/quality/quality.html", page)


@router.post("/quality/curves")
def post_curves(
    viewer: QualityLead, db: Writing, now: Now, *, choice: Annotated[str, Form()] = ""
) -> Response:
    if choice not in {_LIVE, _WAIT}:
        raise Refusal("curves_choice", value=choice[:40], allowed=f"{_LIVE}, {_WAIT}")
    adopt.choose(db, viewer, goes_live_alone=choice == _LIVE, now=now)
    return go_to("/quality#going-live")


def _page(
    words: Words,
    found: Appraisal,
    registry: Registry,
    *,
    choice: Chosen | None,
    failing: frozenset[str],
) -> QualityPage:
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
                no_longer_holds=one.instrument in failing,
            )
            for one in found.curves
        ],
        curves_go_live_alone=choice is not None and choice.goes_live_alone,
        chosen=words("quality.live_chosen", date=words.date(choice.at), who=choice.by)
        if choice
        else None,
        checks=words(
            "quality.live_checks",
            n=adopt.FEWEST_PATIENTS,
            low=adopt.LOWEST_INSIDE,
            high=adopt.HIGHEST_INSIDE,
        ),
    )


def _name(words: Words, key: str, registry: Registry) -> str:
    # A curve outlives a definition that a site has taken away again.
    instrument = registry.instruments.get(key)
    language = cast("Literal['nb', 'nn', 'en']", words.language)
    return instrument.name.in_language(language) if instrument else key
