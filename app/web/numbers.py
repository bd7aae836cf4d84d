"""About the numbers: each form's own limits with their sources, curves, and the rules in force."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.clinical.evidence import Evidence
from app.clinical.instruments import Direction, Instrument
from app.instruments import Registry
from app.web import number_words
from app.web.course_forms import said
from app.web.dependencies import Instruments, Now, QualityLead, SignedIn, Writing, words_of
from app.web.number_words import NumberShown, RuleShown
from app.web.pages import go_to, render
from app.web.proposals import ProposalShown, proposal_shown
from app.web.source_words import SourceShown, source_shown
from app.web.words import Words
from app.workflow import accept, adopt
from app.workflow.accept import CurveKind, CurveStanding
from app.workflow.access import NotThereError, Role, Viewer
from app.workflow.adopt import ProposalSeen

router = APIRouter(prefix="/numbers")


@dataclass(frozen=True, slots=True)
class FormLine:
    """One form in the list."""

    key: str
    name: str
    purpose: str
    direction: str
    is_provisional: bool
    curve_badge: str | None


@dataclass(frozen=True, slots=True)
class NumbersPage:
    """All forms, and the rules in force."""

    forms: Sequence[FormLine]
    rules: Sequence[RuleShown]


@dataclass(frozen=True, slots=True)
class CurveShown:
    """The curve in use, and whether it may raise marks."""

    badge: str
    version: str
    version_line: str
    reach: str
    strata: Sequence[str]
    parameters: Sequence[tuple[str, str]]
    source: SourceShown
    certainty: str
    reliable_change: NumberShown | None
    decided: str | None
    is_general: bool
    may_accept: bool
    may_withdraw: bool
    may_take_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """Everything that is known about the numbers of one form."""

    key: str
    name: str
    purpose: str
    direction: str
    items: str
    edition: str
    is_provisional: bool
    scoring: Sequence[str]
    scoring_sources: Sequence[NumberShown]
    limits: Sequence[NumberShown]
    others: Sequence[NumberShown]
    notes: Sequence[str]
    languages: Sequence[str]
    installed: Sequence[str]
    licence_class: str
    owner: str
    terms: str
    is_non_commercial: bool
    allows_local_curves: bool
    licence_source: SourceShown
    licence_checked: str
    curve: CurveShown | None
    proposal: ProposalShown | None


@router.get("")
def get_numbers(request: Request, viewer: SignedIn, db: Writing, registry: Instruments) -> Response:
    words = words_of(request)
    standing = accept.curves_in_use(db, viewer)
    page = NumbersPage(
        forms=[_line(words, one, standing) for one in registry.instruments.values()],
        rules=number_words.rules_shown(words, accept.rules_in_force(db, viewer)),
    )
    return render(request, "pages/numbers/list.html", page)


@router.get("/{instrument}")
def get_form(
    request: Request, viewer: SignedIn, db: Writing, registry: Instruments, *, instrument: str
) -> Response:
    found = _known(registry, instrument)
    words = words_of(request)
    standing = accept.curves_in_use(db, viewer).get(found.key)
    page = form_page(
        words,
        found,
        registry=registry,
        standing=standing,
        proposal=adopt.proposal(db, viewer, instrument=found.key),
        viewer=viewer,
    )
    return render(request, "pages/numbers/form.html", page)


@router.post("/{instrument}/accept")
def post_accept(
    viewer: QualityLead,
    db: Writing,
    now: Now,
    *,
    instrument: str,
    version: Annotated[str, Form()] = "",
) -> Response:
    return _decide(db, viewer, instrument=instrument, version=version, is_accepted=True, now=now)


@router.post("/{instrument}/withdraw")
def post_withdraw(
    viewer: QualityLead,
    db: Writing,
    now: Now,
    *,
    instrument: str,
    version: Annotated[str, Form()] = "",
) -> Response:
    return _decide(db, viewer, instrument=instrument, version=version, is_accepted=False, now=now)


@router.post("/{instrument}/take-out")
def post_take_out(
    viewer: QualityLead,
    db: Writing,
    now: Now,
    *,
    instrument: str,
    version: Annotated[str, Form()] = "",
) -> Response:
    accept.take_out(db, viewer, instrument=instrument, version=version, now=now)
    return go_to(f"/numbers/{instrument}")


@router.post("/{instrument}/adopt")
def post_adopt(
    viewer: QualityLead,
    db: Writing,
    now: Now,
    registry: Instruments,
    *,
    instrument: str,
    version: Annotated[str, Form()] = "",
) -> Response:
    found = _known(registry, instrument)
    adopt.adopt(db, viewer, instrument=found, version=version, now=now)
    return go_to(f"/numbers/{found.key}")


def form_page(
    words: Words,
    found: Instrument,
    *,
    registry: Registry,
    standing: CurveStanding | None,
    proposal: ProposalSeen | None,
    viewer: Viewer,
) -> FormPage:
    """Return the page about one form."""
    licence = found.licence
    return FormPage(
        key=found.key,
        name=said(words, found.name),
        purpose=words(f"numbers.purpose_{found.purpose.value}"),
        direction=_direction(words, found),
        items=words("numbers.items", n=len(found.items)),
        edition=words("numbers.edition", version=found.version),
        is_provisional=found.is_provisional,
        scoring=number_words.scoring_of(words, found),
        scoring_sources=number_words.scoring_sources(words, found),
        limits=number_words.limits_of(words, found),
        others=number_words.other_numbers(words, found),
        notes=[said(words, note) for note in found.notes],
        languages=number_words.languages_of(words, found),
        installed=number_words.installed_texts(words, found, registry=registry),
        licence_class=words(f"numbers.class_{licence.licence_class.value}"),
        owner=licence.owner,
        terms=said(words, licence.terms),
        is_non_commercial=licence.is_non_commercial,
        allows_local_curves=licence.allows_local_curves,
        licence_source=source_shown(words, licence.source),
        licence_checked=words("numbers.checked", date=words.date(licence.checked)),
        curve=_curve(words, standing, viewer=viewer) if standing else None,
        proposal=proposal_shown(words, proposal) if proposal else None,
    )


def _decide(
    db: Writing,
    viewer: Viewer,
    *,
    instrument: str,
    version: str,
    is_accepted: bool,
    now: dt.datetime,
) -> Response:
    accept.decide(
        db, viewer, instrument=instrument, version=version, is_accepted=is_accepted, now=now
    )
    return go_to(f"/numbers/{instrument}")


def _known(registry: Registry, key: str) -> Instrument:
    found = registry.instruments.get(key)
    if found is None:
        raise NotThereError
    return found


def _line(words: Words, one: Instrument, standing: Mapping[str, CurveStanding]) -> FormLine:
    curve = standing.get(one.key)
    return FormLine(
        key=one.key,
        name=said(words, one.name),
        purpose=words(f"numbers.purpose_{one.purpose.value}"),
        direction=_direction(words, one),
        is_provisional=one.is_provisional,
        curve_badge=_badge(words, curve) if curve else None,
    )


def _direction(words: Words, one: Instrument) -> str:
    match one.direction:
        case Direction.HIGHER_IS_BETTER:
            return words("numbers.higher_is_better")
        case Direction.LOWER_IS_BETTER:
            return words("numbers.lower_is_better")


def _badge(words: Words, standing: CurveStanding) -> str:
    return words(f"patient_page.badge_{standing.curve.kind.value}")


def _curve(words: Words, standing: CurveStanding, *, viewer: Viewer) -> CurveShown:
    curve = standing.curve
    may_decide = standing.needs_acceptance and viewer.has(Role.QUALITY_LEAD)
    is_own = curve.kind is CurveKind.LOCAL and curve.evidence is Evidence.COMPUTED
    evidence = words(
        "numbers.evidence_own" if is_own else f"numbers.evidence_{curve.evidence.value}"
    )
    change = curve.reliable_change
    return CurveShown(
        badge=_badge(words, standing),
        version=curve.version,
        version_line=words("numbers.curve_version", version=curve.version),
        reach=number_words.curve_reach(words, curve),
        strata=number_words.strata_of(words, curve),
        parameters=number_words.curve_parameters(words, curve),
        source=source_shown(words, curve.source),
        certainty=f"{words('numbers.evidence')}: {evidence}",
        reliable_change=number_words.reliable_change_of(words, change) if change else None,
        decided=_decided(words, standing)
        if standing.needs_acceptance or standing.decided
        else None,
        is_general=standing.needs_acceptance,
        may_accept=may_decide and not standing.is_accepted,
        may_withdraw=may_decide and standing.is_accepted,
        may_take_out=curve.kind is CurveKind.LOCAL and viewer.has(Role.QUALITY_LEAD),
    )


def _decided(words: Words, standing: CurveStanding) -> str:
    decided = standing.decided
    if decided is None:
        return words("numbers.not_accepted")
    if decided.by is None:
        return words("numbers.accepted_alone", date=words.date(decided.at))
    key = "numbers.accepted" if decided.is_accepted else "numbers.withdrawn"
    return words(key, date=words.date(decided.at), who=decided.by)
