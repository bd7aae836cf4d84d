"""Move a number of a rule, or go back: a person's decision, kept with what the bench had to say."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from app.clinical.bench_figures import BenchFigures, UnreadableFiguresError, from_plain
from app.clinical.rule_bench import NOT_REPLAYED
from app.clinical.rule_editions import (
    FIRST_OWN_EDITION,
    EditionError,
    Leeway,
    allowed_beside,
    is_own,
    leeways_of,
    moved,
    own_edition,
)
from app.clinical.rules import DEFAULT_RULES, Level, Rule, RuleId
from app.records import audit, rule_settings
from app.records.base import DbSession, new_id
from app.records.encryption import seal, unseal
from app.records.engine import Database, enter_organization
from app.records.rule_settings import RuleBench, RuleSetting
from app.records.visibility import Viewer
from app.workflow import access, rehearse, track, weigh
from app.workflow.access import NotThereError, Role
from app.workflow.agree import local_day
from app.workflow.appraise import FEWEST_PATIENTS
from app.workflow.refusals import Conflict, Refusal
from app.workflow.weigh import GridTold, Number, QuestionTold

__all__ = ["Leeway", "Level", "Rule", "RuleId"]

REASON_LONGEST = 500
"""Characters of the reason for a move: a few sentences."""

LIVE_SESSIONS = 1000
"""Most sessions that are gone through while a page waits: some seconds on a small machine.

A bigger site's figures come from the command or from the nightly job.
"""

_COLUMN = "rule_setting.reason"
_SHIPPED = {rule.id: rule for rule in DEFAULT_RULES}


@dataclass(frozen=True, slots=True)
class MoveSeen:
    """A decision that was taken about a rule."""

    version: int
    parameters: Mapping[str, Number]
    at: dt.datetime
    by: str
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ParameterSeen:
    """A number that may be moved, and what the bench has to say of its values."""

    leeway: Leeway
    value: Number
    shipped: Number
    allowed: Sequence[Number]
    """Values that it may have beside the other numbers as they are now."""
    own: GridTold | None
    invented: GridTold | None


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """A rule in force, and what the bench has to say of it."""

    rule: Rule
    is_own: bool
    is_replayed: bool
    """Whether courses can be gone through again by it."""
    own: GridTold | None
    invented: GridTold | None
    parameters: Sequence[ParameterSeen]
    moves: Sequence[MoveSeen]


@dataclass(frozen=True, slots=True)
class QuestionsTold:
    """What the band and the prediction found; neither is the other."""

    band: QuestionTold
    prediction: QuestionTold


@dataclass(frozen=True, slots=True)
class BenchSeen:
    """The newest bench."""

    id: uuid.UUID
    made_at: dt.datetime
    is_current: bool
    sessions: int | None
    """Gone through; missing where too few patients stand behind it."""
    has_clinician_weeks: bool
    curves: Mapping[str, str]
    invented_patients: int
    own: QuestionsTold
    invented: QuestionsTold


@dataclass(frozen=True, slots=True)
class RulesSeen:
    """All rules in force, with the newest bench if there is one."""

    rules: Sequence[RuleSeen]
    bench: BenchSeen | None
    fewest: int
    held: int
    """Sessions that a new bench would go through."""

    @property
    def may_rehearse(self) -> bool:
        """Whether a page may go through them."""
        return self.held <= LIVE_SESSIONS


@dataclass(frozen=True, slots=True)
class Move:
    """What somebody wants, and what they had seen when they wanted it.

    Without a ``parameter`` the rule goes back to how it is shipped.
    """

    rule: RuleId
    parameter: str | None
    value: Number | None
    seen_version: int | None
    seen_bench: uuid.UUID | None
    reason: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Bench:
    row: RuleBench
    own: BenchFigures
    invented: BenchFigures


def look(db: DbSession, viewer: Viewer, *, now: dt.datetime) -> RulesSeen:
    """Return the rules and what the newest bench has to say of them, and write it down."""
    _check_may_decide(db, viewer)
    audit.append(db, access.event_of(viewer, "saw_rules", now=now, ground="quality"))
    rules = track.rules_in_force(db, org_id=viewer.org_id)
    bench = _newest(db, viewer)
    decided = rule_settings.settings(db, org_id=viewer.org_id)
    own = weigh.weigh(bench.own) if bench else ()
    invented = weigh.weigh(bench.invented, fewest=0) if bench else ()
    return RulesSeen(
        rules=[_rule(db, rule, own=own, invented=invented, decided=decided) for rule in rules],
        bench=_bench_seen(db, bench, rules) if bench else None,
        fewest=FEWEST_PATIENTS,
        held=rehearse.sessions_held(db, org_id=viewer.org_id),
    )


def check_may_rehearse(database: Database, viewer: Viewer) -> None:
    """Raise unless a page may go through this organization's courses now."""
    with database.reading() as db:
        enter_organization(db, org_id=viewer.org_id)
        _check_may_decide(db, viewer)
        held = rehearse.sessions_held(db, org_id=viewer.org_id)
    if held > LIVE_SESSIONS:
        raise Conflict("rule_too_many_sessions", value=str(held), allowed=str(LIVE_SESSIONS))


def check_value(rule: Rule, parameter: str, value: Number | None) -> Rule:
    """Return the rule with one number moved, or refuse the value with what is allowed."""
    leeway = next((one for one in leeways_of(rule.id) if one.parameter == parameter), None)
    if leeway is None:
        raise Refusal("rule_stays", value=rule.id.value)
    allowed = allowed_beside(rule, leeway)
    told = ", ".join(f"{one:g}" for one in allowed)
    if value is None:
        raise Refusal("rule_value", value="–", allowed=told)
    try:
        return moved(rule, parameter=parameter, value=value)
    except EditionError as error:
        raise Refusal("rule_value", value=f"{value:g}", allowed=told) from error


def decide(db: DbSession, viewer: Viewer, move: Move, *, now: dt.datetime) -> None:
    """Let a rule have another number from now on; flags that were raised keep their edition."""
    _check_may_decide(db, viewer)
    audit.take_turn(db)
    rules = track.rules_in_force(db, org_id=viewer.org_id)
    (rule,) = (one for one in rules if one.id is move.rule)
    wanted = _wanted(rule, move)
    reason = _reason(move.reason)
    if move.seen_version != rule.version:
        raise Conflict(
            "rule_changed", value=str(move.seen_version or "–"), allowed=str(rule.version)
        )
    if wanted.parameters == rule.parameters:
        raise Conflict("rule_as_it_is")
    changed = differing(rule, wanted)
    if len(changed) > 1:
        # The bench has no figures of both at once.
        raise Refusal("rule_one_at_a_time", value=str(len(changed)), allowed="1")
    bench = _newest(db, viewer)
    if bench is None or not rehearse.is_current(db, bench.row, rules):
        raise Conflict("rule_bench_old")
    if bench.row.id != move.seen_bench:
        raise Conflict("rule_bench_newer")
    _store(db, viewer, move, wanted=wanted, before=rule, bench=bench, reason=reason, now=now)


def differing(rule: Rule, other: Rule) -> Sequence[str]:
    """Return the names of the numbers in which two editions of a rule differ."""
    return [name for name, value in other.parameters.items() if value != rule.parameters[name]]


def _check_may_decide(db: DbSession, viewer: Viewer) -> None:
    access.check_role(viewer, Role.QUALITY_LEAD)
    if not db.info["has_flags"]:
        raise NotThereError


def _wanted(rule: Rule, move: Move) -> Rule:
    if not leeways_of(rule.id):
        raise Refusal("rule_stays", value=rule.id.value)
    if move.parameter is None:
        return _SHIPPED[rule.id]
    return check_value(rule, move.parameter, move.value)


def _reason(typed: str | None) -> str:
    if not typed:
        raise Refusal("rule_reason_missing")
    if len(typed) > REASON_LONGEST:
        raise Refusal("rule_reason_long", value=str(len(typed)), allowed=str(REASON_LONGEST))
    return typed


def _store(
    db: DbSession,
    viewer: Viewer,
    move: Move,
    *,
    wanted: Rule,
    before: Rule,
    bench: _Bench,
    reason: str,
    now: dt.datetime,
) -> None:
    is_shipped = wanted.parameters == _SHIPPED[move.rule].parameters
    edition = _SHIPPED[move.rule] if is_shipped else _next(db, viewer, wanted, now=now)
    at_site = rule_settings.at_site(db, org_id=viewer.org_id)
    editions = dict(rule_settings.read_editions(at_site.own_rules))
    editions.pop(move.rule, None)
    if not is_shipped:
        editions[move.rule] = edition
    figures = _figures(bench, before=before, after=edition)
    sequence = audit.append(
        db,
        access.event_of(
            viewer,
            "moved_rule",
            now=now,
            ground="quality",
            rule=move.rule.value,
            version=edition.version,
            before=dict(before.parameters),
            after=dict(edition.parameters),
            bench=bench.row.id.hex,
            figures=figures,
        ),
    )
    row_id = new_id()
    rule_settings.add(
        db,
        RuleSetting(
            org_id=viewer.org_id,
            id=row_id,
            rule=move.rule,
            version=edition.version,
            parameters=dict(edition.parameters),
            own_editions=rule_settings.as_kept(editions),
            bench_id=bench.row.id,
            figures=figures,
            reason_sealed=seal(db, reason, column=_COLUMN, row_id=row_id),
            decided_at=now,
            decided_by=viewer.staff_id,
            sequence=sequence,
        ),
    )


def _next(db: DbSession, viewer: Viewer, wanted: Rule, *, now: dt.datetime) -> Rule:
    highest = rule_settings.highest_version(db, org_id=viewer.org_id, rule=wanted.id)
    return own_edition(
        wanted.id,
        version=max(FIRST_OWN_EDITION, (highest or 0) + 1),
        parameters=wanted.parameters,
        decided_on=local_day(now),
    )


def _figures(bench: _Bench, *, before: Rule, after: Rule) -> dict[str, object]:
    """Return what was told of both editions, own and invented; what was hidden is missing."""
    (parameter,) = differing(before, after)
    found: dict[str, object] = {}
    for name, figures, fewest in (
        ("own", bench.own, FEWEST_PATIENTS),
        ("invented", bench.invented, 0),
    ):
        grid = _grid(weigh.weigh(figures, fewest=fewest), before.id, parameter)
        now = grid.now if grid else None
        then = grid.at(after.parameters[parameter]) if grid else None
        found[name] = {
            "now": asdict(now) if now else None,
            "proposed": asdict(then) if then else None,
        }
    return found


def _newest(db: DbSession, viewer: Viewer) -> _Bench | None:
    row = rule_settings.newest_bench(db, org_id=viewer.org_id)
    if row is None:
        return None
    try:
        return _Bench(row, from_plain(row.figures), from_plain(row.simulated))
    except UnreadableFiguresError:
        # From a version of the program that counted otherwise: as good as none.
        return None


def _bench_seen(db: DbSession, bench: _Bench, rules: Sequence[Rule]) -> BenchSeen:
    return BenchSeen(
        id=bench.row.id,
        made_at=bench.row.made_at,
        is_current=rehearse.is_current(db, bench.row, rules),
        sessions=weigh.sessions(bench.own),
        has_clinician_weeks=bool(bench.own.clinician_weeks),
        curves=bench.row.curves,
        invented_patients=bench.row.simulated_patients,
        own=_questions(bench.own, fewest=FEWEST_PATIENTS),
        invented=_questions(bench.invented, fewest=0),
    )


def _questions(figures: BenchFigures, *, fewest: int) -> QuestionsTold:
    return QuestionsTold(
        band=weigh.band_question(figures, fewest=fewest),
        prediction=weigh.prediction_question(figures, fewest=fewest),
    )


def _rule(
    db: DbSession,
    rule: Rule,
    *,
    own: Sequence[GridTold],
    invented: Sequence[GridTold],
    decided: Sequence[tuple[RuleSetting, str]],
) -> RuleSeen:
    return RuleSeen(
        rule=rule,
        is_own=is_own(rule.version),
        is_replayed=rule.id not in NOT_REPLAYED,
        own=_grid(own, rule.id, None),
        invented=_grid(invented, rule.id, None),
        parameters=[
            ParameterSeen(
                leeway=one,
                value=rule.parameters[one.parameter],
                shipped=_SHIPPED[rule.id].parameters[one.parameter],
                allowed=allowed_beside(rule, one),
                own=_grid(own, rule.id, one.parameter),
                invented=_grid(invented, rule.id, one.parameter),
            )
            for one in leeways_of(rule.id)
        ],
        moves=[
            MoveSeen(
                version=row.version,
                parameters=row.parameters,
                at=row.decided_at,
                by=name,
                reason=unseal(db, row.reason_sealed, column=_COLUMN, row_id=row.id) or "",
            )
            for row, name in decided
            if row.rule is rule.id
        ],
    )


def _grid(grids: Sequence[GridTold], rule: RuleId, parameter: str | None) -> GridTold | None:
    """Return the grid of a number; of none in particular, the first that tells what is now."""
    own = [one for one in grids if one.rule is rule and parameter in {None, one.parameter}]
    return next((one for one in own if one.now is not None), own[0] if own else None)
