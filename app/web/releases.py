"""Releases: the list, one of them, and what is done with it."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.clinical.report import EVERYBODY
from app.instruments import Registry
from app.web import report_charts, report_tables, teams_beside, vouching
from app.web.dependencies import (
    FILES_IN_LINE,
    HalfSignedIn,
    Instruments,
    Now,
    Releasing,
    Writing,
    parts_of,
    whoever_asks,
    words_of,
)
from app.web.exports import as_json, files
from app.web.exports.signed import Signed
from app.web.forms import Problem, problem_of
from app.web.pages import go_to, render
from app.web.report_charts import ChartShown
from app.web.report_tables import CountTable, PartRow, UnitFigures
from app.web.report_words import ReportWords
from app.web.teams_beside import TeamsShown
from app.web.vouching import FRESH_MINUTES, NotVouched
from app.web.words import Words
from app.workflow import present, sign, take_out, withdraw
from app.workflow.access import Role, Viewer
from app.workflow.present import ReleaseRow, ReleaseSeen, ReleaseState
from app.workflow.refusals import Refusal
from app.workflow.sign_in import OpenSignIn
from app.workflow.take_out import FileKind

router = APIRouter(prefix="/releases")


@dataclass(frozen=True, slots=True)
class RowShown:
    """A release in the list."""

    id: uuid.UUID
    title: str
    state: ReleaseState
    line: str


@dataclass(frozen=True, slots=True)
class ReleasesPage:
    """What has been released, the newest first."""

    rows: Sequence[RowShown]
    may_prepare: bool


@dataclass(frozen=True, slots=True)
class StepShown:
    """What was done, when and by whom."""

    line: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class WhyHidden:
    """Why cells are hidden, and which."""

    reason: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePage:
    """One release."""

    id: uuid.UUID
    title: str
    state: ReleaseState
    watermark: str
    steps: Sequence[StepShown]
    supersedes: uuid.UUID | None
    superseded_by: uuid.UUID | None
    is_draft: bool
    is_overtaken: bool
    needs_second: bool
    house_threshold: int
    may_approve: bool
    may_sign: bool
    may_withdraw: bool
    may_draw_anew: bool
    kinds: Sequence[FileKind]
    asks_for_code: bool | None
    """What proves who somebody is before they sign; missing when they have just done so."""
    fresh_minutes: int
    charts: Sequence[ChartShown]
    teams: TeamsShown | None
    units: Sequence[UnitFigures]
    over_time: str
    """Where its figures stand beside those of other periods."""
    parts: Sequence[PartRow]
    part_names: Sequence[str]
    counts: Sequence[CountTable]
    definitions: Sequence[tuple[str, str]]
    why_hidden: Sequence[WhyHidden]
    reason: str
    """As it was typed."""
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody at work with releases."""

    request: Request
    viewer: Viewer
    here: OpenSignIn
    db: Writing
    registry: Registry
    now: dt.datetime

    @property
    def words(self) -> Words:
        """The words of the reader."""
        return words_of(self.request)


def _desk(
    request: Request,
    viewer: Releasing,
    here: HalfSignedIn,
    *,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Desk:
    return Desk(request=request, viewer=viewer, here=here, db=db, registry=registry, now=now)


At = Annotated[Desk, Depends(_desk, scope="function")]
Text = Annotated[str, Form()]


@router.get("")
def get_releases(at: At) -> Response:
    page = ReleasesPage(
        rows=[_row(at, row) for row in present.see_releases(at.db, at.viewer)],
        may_prepare=at.viewer.has(Role.QUALITY_LEAD),
    )
    return render(at.request, "pages/releases/list.html", page)


@router.get("/schema")
def get_schema() -> Response:
    return Response(as_json.schema(), media_type="application/schema+json")


@router.get("/{release_id}")
def get_release(at: At, release_id: uuid.UUID) -> Response:
    return _page(at, release_id)


@router.post("/{release_id}/vouch")
def post_vouch(at: At, release_id: uuid.UUID, proof: Text = "") -> Response:
    present.see_release(at.db, at.viewer, release_id=release_id)
    found = vouching.vouch(at.request, at.db, at.here, proof=proof, now=at.now)
    if isinstance(found, NotVouched):
        return _page(at, release_id, problems=found.problems, status=found.status)
    return found.kept_in(go_to(f"/releases/{release_id}"))


@router.post("/{release_id}/approve")
def post_approve(at: At, release_id: uuid.UUID) -> Response:
    sign.approve(at.db, at.here, release_id=release_id, now=at.now)
    return go_to(f"/releases/{release_id}")


@router.post("/{release_id}/sign")
def post_sign(at: At, release_id: uuid.UUID) -> Response:
    sign.sign(at.db, at.here, release_id=release_id, now=at.now)
    return go_to(f"/releases/{release_id}")


@router.post("/{release_id}/withdraw")
def post_withdraw(at: At, release_id: uuid.UUID, reason: Text = "") -> Response:
    try:
        withdraw.withdraw(at.db, at.here, release_id=release_id, reason=reason, now=at.now)
    except Refusal as refusal:
        if not refusal.word.startswith("reason_"):
            raise
        problems = problem_of(at.words, refusal, field="reason")
        return _page(at, release_id, problems=problems, reason=reason, status=422)
    return go_to(f"/releases/{release_id}")


@router.get("/{release_id}/files/{kind}", dependencies=[FILES_IN_LINE])
def get_file(
    request: Request, release_id: str, kind: str, *, registry: Instruments, now: Now
) -> Response:
    # A file takes seconds; nobody else's writing must wait for it.
    with parts_of(request).database.writing() as db:
        here = whoever_asks(request, db, now=now)
        wanted = files.kind_of(kind)
        seen = take_out.take_out(db, here, release_id=files.id_of(release_id), kind=wanted, now=now)
        files.check_can_write(wanted)
    found = files.file_of(_signed(words_of(request), registry, seen), wanted)
    return Response(
        found.content,
        media_type=found.media_type,
        headers={"Content-Disposition": f'attachment; filename="{found.name}"'},
    )


def instrument_name(words: Words, registry: Registry, key: str) -> str:
    """Return the name of a form; a release outlives a definition that was taken away."""
    instrument = registry.instruments.get(key)
    language = cast("Literal['nb', 'nn', 'en']", words.language)
    return instrument.name.in_language(language) if instrument else key


def _said(words: Words, registry: Registry, seen: ReleaseSeen) -> ReportWords:
    name = instrument_name(words, registry, seen.report.definition.instrument)
    return ReportWords(words, seen.report, name)


def _signed(words: Words, registry: Registry, seen: ReleaseSeen) -> Signed:
    signed_at = next(one.done_at for one in seen.steps if one.state is ReleaseState.SIGNED)
    return Signed(
        id=seen.id.hex,
        hash=seen.hash,
        organization=seen.organization,
        signed_at=signed_at,
        said=_said(words, registry, seen),
    )


def _row(at: Desk, row: ReleaseRow) -> RowShown:
    words = at.words
    name = instrument_name(words, at.registry, row.instrument)
    first, last = words.date(row.first), words.date(row.last)
    return RowShown(
        id=row.id,
        title=words("report.title", instrument=name, first=first, last=last),
        state=row.state,
        line=_line(words, row.state, row.changed_at, row.who),
    )


def _line(words: Words, state: ReleaseState, at: dt.datetime, who: str) -> str:
    return words(f"releases.done_{state.value}", moment=words.moment(at), who=who)


def _page(
    at: Desk,
    release_id: uuid.UUID,
    *,
    problems: Sequence[Problem] = (),
    reason: str = "",
    status: int = 200,
) -> Response:
    seen = present.see_release(at.db, at.viewer, release_id=release_id)
    words = at.words
    said = _said(words, at.registry, seen)
    is_lead = at.viewer.has(Role.QUALITY_LEAD)
    waits = seen.is_draft and seen.is_exception and seen.state is not ReleaseState.APPROVED
    is_out = seen.state is ReleaseState.SIGNED
    page = ReleasePage(
        id=seen.id,
        title=said.title,
        state=seen.state,
        watermark=said.watermark(release=seen.id.hex, hash_=seen.hash),
        steps=[
            StepShown(_line(words, one.state, one.done_at, one.who), one.reason)
            for one in reversed(seen.steps)
        ],
        supersedes=seen.supersedes,
        superseded_by=seen.superseded_by,
        is_draft=seen.is_draft,
        is_overtaken=seen.is_draft and seen.is_overtaken,
        needs_second=waits,
        house_threshold=sign.house_threshold(),
        may_approve=waits and not seen.is_mine,
        may_sign=is_lead and seen.is_draft and not waits and not seen.is_overtaken,
        may_withdraw=is_lead and seen.state is not ReleaseState.WITHDRAWN,
        may_draw_anew=is_lead and (is_out or (seen.is_draft and seen.is_overtaken)),
        kinds=list(files.WRITERS) if is_out and is_lead else (),
        asks_for_code=vouching.still_asks(at.db, at.here, now=at.now),
        fresh_minutes=FRESH_MINUTES,
        charts=report_charts.charts(said),
        teams=teams_beside.teams_shown(said, seen.teams),
        units=report_tables.whole_figures(said),
        over_time=_over_time(seen),
        parts=report_tables.part_figures(said),
        part_names=[said.period(path) for path in report_tables.part_paths(said.report)],
        counts=report_tables.count_tables(said),
        definitions=said.definitions(),
        why_hidden=_why_hidden(said, seen) if seen.is_draft else (),
        reason=reason,
        problems=problems,
    )
    return render(at.request, "pages/releases/release.html", page, status=status)


def _over_time(seen: ReleaseSeen) -> str:
    """Return where figures over time are shown; without a choice where this is not in force."""
    if seen.state is not ReleaseState.SIGNED:
        return "/releases/over-time"
    asked = seen.report.definition
    chosen = {"form": asked.instrument, "step": asked.step.value}
    return f"/releases/over-time?{urlencode(chosen)}"


def _why_hidden(said: ReportWords, seen: ReleaseSeen) -> Sequence[WhyHidden]:
    found: dict[str, list[str]] = {}
    for cell in seen.hidden:
        parts = [said.unit(cell.unit), said.period(cell.period)]
        parts += [] if cell.age == EVERYBODY else [said.age(cell.age)]
        parts += [] if cell.category == EVERYBODY else [said.category(cell.category)]
        reason = said.words(
            f"releases.why_{cell.why.value}", threshold=said.report.definition.threshold
        )
        found.setdefault(reason, []).append(", ".join(parts))
    return [WhyHidden(reason, cells) for reason, cells in found.items()]
