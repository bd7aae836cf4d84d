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
from app.workflow import adopt, appraise, settle, vouch
from app.workflow.adopt import Chosen
from app.workflow.appraise import Appraisal, CurveKind, Flags, TopShare
from app.workflow.refusals import Refusal
from app.workflow.settle import ROUNDINGS, THRESHOLDS, ChangeMethod, Settled, Wishes

router = APIRouter()

_LIVE, _WAIT = "live", "wait"
_HIDE = "hide"

Option = tuple[str, str]
Text = Annotated[str, Form()]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportChoices:
    """How reports are made from now on, and what could be chosen instead."""

    threshold: str
    thresholds: Sequence[Option]
    hiding: str
    hidings: Sequence[Option]
    method: str
    methods: Sequence[Option]
    house_threshold: int
    needs_second: bool
    chosen: str | None


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
    reports: ReportChoices


@router.get("/quality")
def get_quality(
    request: Request, viewer: QualityLead, db: Writing, registry: Instruments, now: Now
) -> Response:
    found = appraise.appraise(db, viewer, now=now)
    choice, failing = adopt.chosen(db, viewer), vouch.no_longer_hold(db, viewer)
    reports = _report_choices(words_of(request), settle.settled(db, viewer))
    page = _page(
        words_of(request), found, registry, choice=choice, failing=failing, reports=reports
    )
    return render(request, "pages/quality/quality.html", page)


@router.post("/quality/curves")
def post_curves(
    viewer: QualityLead, db: Writing, now: Now, *, choice: Annotated[str, Form()] = ""
) -> Response:
    if choice not in {_LIVE, _WAIT}:
        raise Refusal("curves_choice", value=choice[:40], allowed=f"{_LIVE}, {_WAIT}")
    adopt.choose(db, viewer, goes_live_alone=choice == _LIVE, now=now)
    return go_to("/quality#going-live")


@router.post("/quality/reports")
def post_reports(
    viewer: QualityLead,
    db: Writing,
    now: Now,
    *,
    threshold: Text = "",
    hiding: Text = "",
    method: Text = "",
) -> Response:
    wishes = Wishes(
        threshold=_threshold(threshold), rounding=_rounding(hiding), method=_method(method)
    )
    settle.settle(db, viewer, wishes=wishes, now=now)
    return go_to("/quality#how-reports")


def _threshold(typed: str) -> int:
    allowed = {str(one): one for one in THRESHOLDS}
    if typed not in allowed:
        span = f"{THRESHOLDS.start}–{THRESHOLDS.stop - 1}"
        raise Refusal("report_threshold", value=typed[:40], allowed=span)
    return allowed[typed]


def _rounding(typed: str) -> int | None:
    allowed = {_HIDE: None, **{str(one): one for one in ROUNDINGS}}
    if typed not in allowed:
        raise Refusal("report_rounding", value=typed[:40], allowed=", ".join(allowed))
    return allowed[typed]


def _method(typed: str) -> ChangeMethod:
    allowed = {one.value: one for one in ChangeMethod}
    if typed not in allowed:
        raise Refusal("report_no_method", value=typed[:40], allowed=", ".join(allowed))
    return allowed[typed]


def _report_choices(words: Words, found: Settled | None) -> ReportChoices:
    wishes = found.wishes if found else settle.HOUSE_WISHES
    rounded = [(str(one), words("quality.round_to", base=one)) for one in ROUNDINGS]
    return ReportChoices(
        threshold=str(wishes.threshold),
        thresholds=[(str(one), words("quality.threshold_option", n=one)) for one in THRESHOLDS],
        hiding=_HIDE if wishes.rounding is None else str(wishes.rounding),
        hidings=[(_HIDE, words("quality.hide")), *rounded],
        method=wishes.method.value,
        methods=[(one.value, method_name(words, one)) for one in ChangeMethod],
        house_threshold=settle.HOUSE_WISHES.threshold,
        needs_second=wishes.is_exception,
        chosen=words("quality.live_chosen", date=words.date(found.at), who=found.by)
        if found
        else None,
    )


def method_name(words: Words, method: ChangeMethod) -> str:
    """Return what a method for reliable change is called, with the letters it goes by."""
    return f"{words(f'report.method_{method.value.lower()}')} ({method.value})"


def _page(
    words: Words,
    found: Appraisal,
    registry: Registry,
    *,
    choice: Chosen | None,
    failing: frozenset[str],
    reports: ReportChoices,
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
        reports=reports,
    )


def _name(words: Words, key: str, registry: Registry) -> str:
    # A curve outlives a definition that a site has taken away again.
    instrument = registry.instruments.get(key)
    language = cast("Literal['nb', 'nn', 'en']", words.language)
    return instrument.name.in_language(language) if instrument else key
