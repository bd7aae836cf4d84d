"""Exports for research: the list, one of them, and what is done with it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web import vouching
from app.web.dependencies import (
    FILES_IN_LINE,
    Instruments,
    Now,
    QualityLead,
    parts_of,
    whoever_asks,
    words_of,
)
from app.web.exports import files, research_files
from app.web.exports.research_files import Outgoing
from app.web.forms import Problem, problem_of
from app.web.pages import go_to, render
from app.web.releases import At, Desk, StepShown, Text, instrument_name
from app.web.vouching import FRESH_MINUTES, NotVouched
from app.web.words import Words
from app.workflow import hand_out, second, share, show_shared
from app.workflow.access import Role
from app.workflow.hand_out import ResearchFile
from app.workflow.refusals import Refusal
from app.workflow.show_shared import ResearchState, Shared, SharedRow, SharedStep

router = APIRouter(prefix="/releases/research")

PATH = "/releases/research"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShown:
    """An export in the list."""

    id: uuid.UUID
    project: str
    about: str
    state: str
    line: str


@dataclass(frozen=True, slots=True)
class ResearchListPage:
    """What was asked for, the newest first."""

    rows: Sequence[RowShown]
    may_ask: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchPage:
    """One export."""

    id: uuid.UUID
    title: str
    project: str
    ground: str
    state: str
    state_name: str
    until: str
    watermark: str | None
    counts: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, str]]
    rules: Sequence[tuple[str, str]]
    steps: Sequence[StepShown]
    has_no_second: bool
    """The viewer asked for it, so that somebody else must agree."""
    may_answer: bool
    may_withdraw: bool
    kinds: Sequence[ResearchFile]
    asks_for_code: bool | None
    """What proves who somebody is before they act; missing when they have just done so."""
    fresh_minutes: int
    has_typed: str
    """Which of the forms was sent, and what was typed in it."""
    reason: str
    problems: Sequence[Problem]


@router.get("")
def get_list(at: At) -> Response:
    page = ResearchListPage(
        rows=[_row(at, row) for row in show_shared.see_all_shared(at.db, at.viewer, now=at.now)],
        may_ask=at.viewer.has(Role.QUALITY_LEAD),
    )
    return render(at.request, "pages/research/list.html", page)


@router.get("/{request_id}")
def get_one(at: At, request_id: uuid.UUID) -> Response:
    return _page(at, request_id)


@router.post("/{request_id}/vouch")
def post_vouch(at: At, request_id: uuid.UUID, proof: Text = "") -> Response:
    share.of_id(at.db, at.viewer, request_id)
    found = vouching.vouch(at.request, at.db, at.here, proof=proof, now=at.now)
    if isinstance(found, NotVouched):
        return _page(at, request_id, problems=found.problems, status=found.status)
    return found.kept_in(go_to(f"{PATH}/{request_id}"))


@router.post("/{request_id}/approve")
def post_approve(at: At, request_id: uuid.UUID, confirmed: Text = "") -> Response:
    try:
        second.agree_to_share(
            at.db,
            at.here,
            request_id=request_id,
            is_confirmed=confirmed == "yes",
            registry=at.registry,
            now=at.now,
        )
    except Refusal as refusal:
        if refusal.word != "research_confirm":
            raise
        problems = problem_of(at.words, refusal, field="confirmed")
        return _page(at, request_id, problems=problems, status=422)
    return go_to(f"{PATH}/{request_id}")


@router.post("/{request_id}/decline")
def post_decline(at: At, request_id: uuid.UUID, reason_decline: Text = "") -> Response:
    why = reason_decline
    try:
        second.decline_to_share(at.db, at.here, request_id=request_id, reason=why, now=at.now)
    except Refusal as refusal:
        return _again(at, request_id, refusal, reason=why, has_typed="decline")
    return go_to(f"{PATH}/{request_id}")


@router.post("/{request_id}/withdraw")
def post_withdraw(
    at: At, _: QualityLead, request_id: uuid.UUID, reason_withdraw: Text = ""
) -> Response:
    why = reason_withdraw
    try:
        share.stop_sharing(at.db, at.here, request_id=request_id, reason=why, now=at.now)
    except Refusal as refusal:
        return _again(at, request_id, refusal, reason=why, has_typed="withdraw")
    return go_to(f"{PATH}/{request_id}")


@router.get("/{request_id}/files/{kind}", dependencies=[FILES_IN_LINE])
def get_file(
    request: Request, request_id: str, kind: str, *, registry: Instruments, now: Now
) -> Response:
    # A file takes seconds; nobody else's writing must wait for it.
    with parts_of(request).database.writing() as db:
        here = whoever_asks(request, db, now=now)
        wanted = research_files.kind_of(kind)
        handed = hand_out.hand_out(
            db, here, request_id=files.id_of(request_id), kind=wanted, now=now
        )
    words = words_of(request)
    name = instrument_name(words, registry, handed.export.definition.instrument)
    found = research_files.file_of(Outgoing(handed, words, name), wanted)
    return Response(
        found.content,
        media_type=found.media_type,
        headers={"Content-Disposition": f'attachment; filename="{found.name}"'},
    )


def _again(
    at: Desk, request_id: uuid.UUID, refusal: Refusal, *, reason: str, has_typed: str
) -> Response:
    if not refusal.word.startswith("reason_"):
        raise refusal
    problems = problem_of(at.words, refusal, field=f"reason_{has_typed}")
    return _page(at, request_id, problems=problems, reason=reason, has_typed=has_typed, status=422)


def _row(at: Desk, row: SharedRow) -> RowShown:
    words = at.words
    return RowShown(
        id=row.id,
        project=row.project,
        about=_about(at, row),
        state=words(f"research.state_{_state(row)}"),
        line=words("research.last", moment=words.moment(row.changed_at), who=row.who),
    )


def _about(at: Desk, one: SharedRow | Shared) -> str:
    name = instrument_name(at.words, at.registry, one.instrument)
    years = research_files.years_told(at.words, one.first_year, one.last_year)
    return at.words("research.about", instrument=name, years=years)


def _state(one: SharedRow | Shared) -> str:
    return "expired" if one.has_expired else one.state.value


def _line(words: Words, step: SharedStep) -> str:
    moment = words.moment(step.done_at)
    if step.form is not None:
        file = words(f"research.kind_{step.form}")
        return words("research.done_taken_out", moment=moment, who=step.who, file=file)
    return words(f"research.done_{step.state.value}", moment=moment, who=step.who)


def _page(
    at: Desk,
    request_id: uuid.UUID,
    *,
    problems: Sequence[Problem] = (),
    reason: str = "",
    has_typed: str = "",
    status: int = 200,
) -> Response:
    seen = show_shared.see_shared(at.db, at.viewer, request_id=request_id, now=at.now)
    words = at.words
    is_lead = at.viewer.has(Role.QUALITY_LEAD)
    is_agreed = seen.state is ResearchState.APPROVED
    page = ResearchPage(
        id=seen.id,
        title=_about(at, seen),
        project=seen.project,
        ground=seen.ground,
        state=_state(seen),
        state_name=words(f"research.state_{_state(seen)}"),
        until=words.moment(seen.expires_at),
        watermark=_watermark(words, seen),
        counts=_counts(words, seen),
        facts=_facts(words, seen),
        rules=rules_shown(words, k=seen.k),
        steps=[StepShown(_line(words, one), one.reason) for one in reversed(seen.steps)],
        has_no_second=seen.waits and seen.is_mine,
        may_answer=seen.waits and not seen.is_mine,
        may_withdraw=is_lead and (is_agreed or seen.waits),
        kinds=list(research_files.WRITERS) if is_agreed and is_lead else (),
        asks_for_code=vouching.still_asks(at.db, at.here, now=at.now),
        fresh_minutes=FRESH_MINUTES,
        has_typed=has_typed,
        reason=reason,
        problems=problems,
    )
    return render(at.request, "pages/research/export.html", page, status=status)


def _watermark(words: Words, seen: Shared) -> str | None:
    if seen.hash is None:
        return None
    years = research_files.years_told(words, seen.first_year, seen.last_year)
    return research_files.watermark(words, seen.id, years=years, k=seen.k, hash_=seen.hash)


def _counts(words: Words, seen: Shared) -> Sequence[tuple[str, str]]:
    """Return how many patients are in it and how many are not, and why."""
    few = words("research.fewer_than", k=seen.k)
    return [
        (words(f"research.count_{name}", k=seen.k), few if n is None else str(n))
        for name, n in show_shared.counts_told(seen.counts, k=seen.k).items()
        if seen.has_teams or name != "without_team"
    ]


def _facts(words: Words, seen: Shared) -> Sequence[tuple[str, str]]:
    teams = words("research.with_teams" if seen.has_teams else "research.without_teams")
    return [
        (words("research.term_edition"), str(seen.edition)),
        (words("research.term_k"), str(seen.k)),
        (words("research.term_teams"), teams),
        (words("research.term_ground"), seen.ground),
    ]


def rules_shown(words: Words, *, k: int) -> Sequence[tuple[str, str]]:
    """Return what is told, what less, and what the file does not protect from."""
    return [
        (words(f"research.rule_{name}_heading"), words(f"research.rule_{name}", k=k))
        for name in ("identifying", "less", "alike", "limits", "handling")
    ]
