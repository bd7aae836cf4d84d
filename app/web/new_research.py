"""An export for research is asked for: a form, whole years, a project and a legal ground."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from app.web import vouching
from app.web.dependencies import QualityLead
from app.web.forms import Problem, Typed, problem_of, text_of
from app.web.new_release import Option, instruments_of
from app.web.pages import go_to, render
from app.web.releases import At, Desk
from app.web.research import PATH, rules_shown
from app.web.vouching import FRESH_MINUTES, NotVouched
from app.web.words import CLINIC_ZONE
from app.workflow import share
from app.workflow.refusals import Refusal
from app.workflow.share import EXPIRES_AFTER, LONGEST_PROJECT, Wanted
from app.workflow.withdraw import LONGEST_REASON

router = APIRouter(prefix=PATH)

YEARS_BACK: Final = 10
"""So many whole years can be chosen."""

YES: Final = "yes"

_FIELD_OF: Final = {
    "report_instrument": "instrument",
    "research_years": "last_year",
    "research_project": "project",
    "research_ground": "ground",
    "research_confirm": "confirmed",
}
"""The field that a refusal is about."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed."""

    instrument: str = ""
    first_year: str = ""
    last_year: str = ""
    teams: str = ""
    project: str = ""
    ground: str = field(default="", repr=False)
    confirmed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResearchPage:
    """What an export is to be about."""

    form: Form
    kept: Sequence[tuple[str, str]]
    """What was typed, while somebody proves who they are."""
    instruments: Sequence[Option]
    years: Sequence[Option]
    longest_project: int
    longest_ground: int
    days: int
    rules: Sequence[tuple[str, str]]
    asks_for_code: bool | None
    fresh_minutes: int
    problems: Sequence[Problem]


def _form(typed: Typed) -> Form:
    return Form(**{name: text_of(typed, name) for name in Form.__dataclass_fields__})


Filled = Annotated[Form, Depends(_form)]


@router.get("/new")
def get_new(at: At, _: QualityLead) -> Response:
    return _page(at, Form())


@router.post("/new/vouch")
def post_vouch(at: At, _: QualityLead, typed: Typed, form: Filled) -> Response:
    found = vouching.vouch(at.request, at.db, at.here, proof=text_of(typed, "proof"), now=at.now)
    if isinstance(found, NotVouched):
        return _page(at, form, problems=found.problems, status=found.status)
    return found.kept_in(_page(at, form, has_vouched=True))


@router.post("/new")
def post_new(at: At, _: QualityLead, form: Filled) -> Response:
    missing = _missing(at, form)
    if missing:
        return _page(at, form, problems=missing, status=422)
    wanted = Wanted(
        instrument=form.instrument,
        first_year=int(form.first_year),
        last_year=int(form.last_year),
        has_teams=form.teams == YES,
        project=form.project,
        ground=form.ground,
        is_confirmed=form.confirmed == YES,
    )
    try:
        found = share.ask_to_share(at.db, at.here, wanted=wanted, registry=at.registry, now=at.now)
    except Refusal as refusal:
        name = "proof" if refusal.word == "not_vouched" else "instrument"
        problems = problem_of(at.words, refusal, field=_FIELD_OF.get(refusal.word, name))
        status = 422 if refusal.word in _FIELD_OF else refusal.status
        return _page(at, form, problems=problems, status=status)
    return go_to(f"{PATH}/{found}")


def _missing(at: Desk, form: Form) -> Sequence[Problem]:
    """Return what was not chosen among what there is."""
    years = dict(_years(at))
    chosen: Mapping[str, bool] = {
        "instrument": form.instrument in dict(instruments_of(at)),
        "first_year": form.first_year in years,
        "last_year": form.last_year in years,
    }
    return [
        Problem(name, at.words(f"errors.research_choose_{name}"))
        for name, is_there in chosen.items()
        if not is_there
    ]


def _years(at: Desk) -> Sequence[Option]:
    this = at.now.astimezone(CLINIC_ZONE).year
    return [(str(year), str(year)) for year in range(this - 1, this - 1 - YEARS_BACK, -1)]


def _page(
    at: Desk,
    form: Form,
    *,
    problems: Sequence[Problem] = (),
    has_vouched: bool = False,
    status: int = 200,
) -> Response:
    page = NewResearchPage(
        form=form,
        kept=[(name, getattr(form, name)) for name in Form.__dataclass_fields__],
        instruments=instruments_of(at),
        years=_years(at),
        longest_project=LONGEST_PROJECT,
        longest_ground=LONGEST_REASON,
        days=EXPIRES_AFTER.days,
        rules=rules_shown(at.words, k=share.least_alike(at.db, at.viewer)),
        asks_for_code=None if has_vouched else vouching.still_asks(at.db, at.here, now=at.now),
        fresh_minutes=FRESH_MINUTES,
        problems=problems,
    )
    return render(at.request, "pages/research/new.html", page, status=status)
