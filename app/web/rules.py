"""The rules of this site: what each does here, what another limit would do, and the decision."""

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.clinical.rules import Rule, RuleId
from app.web import bench_words, flag_words, number_words
from app.web.bench_words import FiguresShown, ParameterShown, ProposalShown, QuestionRow
from app.web.dependencies import (
    REHEARSALS_IN_LINE,
    Instruments,
    Now,
    QualityLead,
    Writing,
    parts_of,
    step_in,
    words_of,
)
from app.web.forms import Problem
from app.web.pages import go_to, render
from app.web.source_words import SourceShown, source_shown
from app.web.typed import FormReader, Typed, TypedForm
from app.web.words import Words
from app.workflow import move_rule, rehearse
from app.workflow.access import NotThereError, Role, Viewer
from app.workflow.move_rule import Move, RuleSeen, RulesSeen
from app.workflow.refusals import Conflict, Refusal
from app.workflow.weigh import Number

router = APIRouter(prefix="/rules")

FIELDS: Final[Mapping[str, str]] = {
    "rule_reason_missing": "reason",
    "rule_reason_long": "reason",
    "rule_value": "values",
    "rule_one_at_a_time": "values",
}
"""Which field each refusal of the workflow is about."""

_VALUE = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class BenchShown:
    """The newest bench, in words."""

    line: str
    is_current: bool
    questions: Sequence[QuestionRow]
    curves: Sequence[str]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule in the list."""

    key: str
    name: str
    level: str
    edition: str
    numbers: Sequence[str]
    is_movable: bool
    is_replayed: bool
    own: FiguresShown | None
    invented: FiguresShown | None


@dataclass(frozen=True, slots=True)
class RulesPage:
    """All rules."""

    rules: Sequence[RuleRow]
    bench: BenchShown | None
    is_own_told: bool
    """Whether any figure of the site's own courses may be told."""
    fewest: int
    may_rehearse: bool
    most: int


@dataclass(frozen=True, slots=True)
class MoveShown:
    """A decision that was taken."""

    line: str
    numbers: str
    reason: str


@dataclass(frozen=True, slots=True)
class RulePage:
    """One rule."""

    key: str
    name: str
    level: str
    edition: str
    version: int
    numbers: Sequence[str]
    source: SourceShown
    certainty: str
    is_replayed: bool
    why_stays: str | None
    parameters: Sequence[ParameterShown]
    bench: BenchShown | None
    bench_id: uuid.UUID | None
    proposal: ProposalShown | None
    moves: Sequence[MoveShown]
    may_go_back: bool
    must_go_back_singly: bool
    """Whether more than one number is moved: each goes back on its own."""
    reason: str
    fewest: int
    may_rehearse: bool
    most: int
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class Desk:
    """A quality lead at work."""

    request: Request
    viewer: Viewer
    db: Writing
    now: dt.datetime


def _desk(request: Request, viewer: QualityLead, db: Writing, now: Now) -> Desk:
    return Desk(request=request, viewer=viewer, db=db, now=now)


At = Annotated[Desk, Depends(_desk, scope="function")]


@router.get("")
def get_rules(at: At) -> Response:
    words = words_of(at.request)
    seen = move_rule.look(at.db, at.viewer, now=at.now)
    rows = [_row(words, one) for one in seen.rules]
    page = RulesPage(
        rules=rows,
        bench=_bench(words, seen),
        is_own_told=any(row.own is not None for row in rows),
        fewest=seen.fewest,
        may_rehearse=seen.may_rehearse,
        most=move_rule.LIVE_SESSIONS,
    )
    return render(at.request, "pages/rules/list.html", page)


@router.post("/rehearsals", dependencies=[REHEARSALS_IN_LINE])
def post_rehearsal(request: Request, registry: Instruments, now: Now) -> Response:
    viewer = step_in(request, role=Role.QUALITY_LEAD, now=now)
    database = parts_of(request).database
    move_rule.check_may_rehearse(database, viewer)
    rehearse.keep(database, org_id=viewer.org_id, registry=registry, now=now, by=viewer)
    return go_to("/rules")


@router.get("/{rule}")
def get_rule(at: At, *, rule: str, parameter: str = "", value: str = "") -> Response:
    reader = FormReader(
        TypedForm({"parameter": [parameter], "value": [value]}), words_of(at.request)
    )
    return _show(at, _known(rule), reader)


@router.post("/{rule}")
def post_rule(typed: Typed, at: At, *, rule: str) -> Response:
    key, reader = _known(rule), FormReader(typed, words_of(at.request))
    move = _move(key, reader)
    if not reader.problems:
        try:
            move_rule.decide(at.db, at.viewer, move, now=at.now)
        except Conflict:
            raise
        except Refusal as refusal:
            reader.refuse(refusal, fields=FIELDS)
        else:
            return go_to(f"/rules/{key.value}")
    return _show(at, key, reader)


def _known(rule: str) -> RuleId:
    try:
        return RuleId(rule)
    except ValueError:
        raise NotThereError from None


def _move(rule: RuleId, reader: FormReader) -> Move:
    typed = reader.typed
    return Move(
        rule=rule,
        parameter=typed.first("parameter") or None,
        value=_number(typed.first("value")),
        seen_version=_whole(typed.first("version")),
        seen_bench=_identifier(typed.first("bench")),
        reason=reader.paragraph("reason", reader.words("rules.reason")),
    )


def _number(text: str) -> Number | None:
    plain = text.strip().replace(",", ".")
    if not _VALUE.fullmatch(plain):
        return None
    number = float(plain)
    return int(number) if number.is_integer() else number


def _whole(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004 - no edition has so many
    return int(text) if is_number else None


def _identifier(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _show(at: Desk, rule: RuleId, reader: FormReader) -> Response:
    words = words_of(at.request)
    seen = move_rule.look(at.db, at.viewer, now=at.now)
    (one,) = (found for found in seen.rules if found.rule.id is rule)
    typed = reader.typed
    name, value = typed.first("parameter"), _number(typed.first("value"))
    chosen = next((found for found in one.parameters if found.leeway.parameter == name), None)
    proposal = None
    if name:
        try:
            then = move_rule.check_value(one.rule, name, value)
        except Refusal as refusal:
            if refusal.word not in FIELDS:
                raise
            if not reader.problems:
                reader.refuse(refusal, fields=FIELDS)
        else:
            proposal = bench_words.proposal_shown(words, chosen, then) if chosen else None
    page = _page(words, seen, one, proposal=proposal, reader=reader)
    status = 422 if reader.problems else 200
    return render(at.request, "pages/rules/rule.html", page, status=status)


def _row(words: Words, one: RuleSeen) -> RuleRow:
    rule = one.rule
    return RuleRow(
        key=rule.id.value,
        name=flag_words.rule_name(words, rule.id),
        level=words(f"flag.level_{rule.level.value}"),
        edition=flag_words.edition(words, rule.version),
        numbers=number_words.parameters(words, rule),
        is_movable=bool(one.parameters),
        is_replayed=one.is_replayed,
        own=bench_words.figures_shown(words, one.own.now if one.own else None),
        invented=bench_words.figures_shown(words, one.invented.now if one.invented else None),
    )


def _bench(words: Words, seen: RulesSeen) -> BenchShown | None:
    bench = seen.bench
    if bench is None:
        return None
    made, invented = words.date(bench.made_at), bench.invented_patients
    line = words("rules.bench_line_few", date=made, invented=invented, fewest=seen.fewest)
    if bench.sessions is not None:
        line = words("rules.bench_line", date=made, sessions=bench.sessions, invented=invented)
    return BenchShown(
        line=line,
        is_current=bench.is_current,
        questions=bench_words.question_rows(words, bench),
        curves=sorted(f"{key}: {version}" for key, version in bench.curves.items()),
    )


def _page(
    words: Words,
    seen: RulesSeen,
    one: RuleSeen,
    *,
    proposal: ProposalShown | None,
    reader: FormReader,
) -> RulePage:
    rule = one.rule
    n_moved = sum(found.value != found.shipped for found in one.parameters)
    chosen = (proposal.parameter, proposal.value) if proposal else None
    return RulePage(
        key=rule.id.value,
        name=flag_words.rule_name(words, rule.id),
        level=words(f"flag.level_{rule.level.value}"),
        edition=flag_words.edition(words, rule.version),
        version=rule.version,
        numbers=number_words.parameters(words, rule),
        source=source_shown(words, rule.provenance.source),
        certainty=number_words.certainty_of(words, rule.provenance),
        is_replayed=one.is_replayed,
        why_stays=None if one.parameters else _why_stays(words, rule),
        parameters=[
            bench_words.parameter_shown(words, found, chosen=chosen) for found in one.parameters
        ],
        bench=_bench(words, seen),
        bench_id=seen.bench.id if seen.bench else None,
        proposal=proposal,
        moves=[
            MoveShown(
                line=words(
                    "rules.move_line",
                    date=words.date(move.at),
                    who=move.by,
                    edition=flag_words.edition(words, move.version),
                ),
                numbers="; ".join(
                    number_words.parameter(words, name, value)
                    for name, value in move.parameters.items()
                ),
                reason=move.reason,
            )
            for move in one.moves
        ],
        may_go_back=one.is_own and n_moved == 1,
        must_go_back_singly=n_moved > 1,
        reason=reader.typed.first("reason"),
        fewest=seen.fewest,
        may_rehearse=seen.may_rehearse,
        most=move_rule.LIVE_SESSIONS,
        problems=reader.problems,
    )


def _why_stays(words: Words, rule: Rule) -> str:
    known = {RuleId.CRITICAL_ITEM, RuleId.NO_CONTACT}
    return words(f"rules.stays_{rule.id.value}" if rule.id in known else "rules.stays_without")
