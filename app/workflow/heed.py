"""Heed the flags of a course: what each one saw, where its review stands, what was noted."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from app.clinical.flags import Outcome, StandingFlag, Verdict, WhyNot, evaluate
from app.clinical.follow_up import Decision, FlagState, ReviewStep
from app.clinical.instruments import Instrument, Tenths
from app.clinical.rules import Level, Rule, RuleId
from app.clinical.situation import AllianceSeries, Situation
from app.clinical.trajectory import Trajectory
from app.instruments import Registry
from app.records import flags
from app.records.base import DbSession
from app.records.curves import CurveInUse
from app.records.dossiers import FlagKept, ReviewKept
from app.records.early_alliances import Limits
from app.records.encryption import unseal
from app.records.ratings import Filed
from app.records.visibility import Viewer
from app.workflow import retell, track, weigh
from app.workflow.retell import Told
from app.workflow.weigh import Quote

__all__ = ["Decision", "FlagState", "Level", "ReviewStep", "RuleId", "WhyNot"]

_OF_NO_INTEREST = frozenset(
    {
        WhyNot.NO_RATING,
        WhyNot.CURVE_NOT_LOCAL,
        WhyNot.CURVE_HAS_OWN_RULE,
        WhyNot.EPISODE_CLOSED,
    }
)
"""Reasons that say nothing of the course: another rule looks at the same, or none has to."""

_PLAN_CHANGES = frozenset(
    {
        Decision.CHANGED_GOAL,
        Decision.CHANGED_METHOD,
        Decision.CHANGED_FREQUENCY,
        Decision.INVOLVE_NETWORK,
        Decision.OTHER_CLINICIAN,
    }
)
"""Decisions after which the help goes on in another way; they are marked on the chart."""


class Panel(Enum):
    """Which panel of the chart a flag is about."""

    OUTCOME = "outcome"
    ALLIANCE = "alliance"
    FOOT = "foot"
    """Neither: it is about no score that is drawn."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the review of a flag."""

    step: ReviewStep
    at: dt.datetime
    by: str | None
    """Missing when a rule did it."""
    decision: Decision | None
    due_on: dt.date | None
    note: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class FlagSeen:
    """A flag as the patient's page shows it."""

    flag_id: uuid.UUID
    number: int | None
    """The same on the chart, in the list and in the table; missing when it no longer stands."""
    rule: RuleId
    rule_version: int
    level: Level
    state: FlagState
    item: int | None
    """The number of the critical question on its form."""
    numbers: Mapping[str, int | float]
    panel: Panel
    session: int | None
    on: dt.datetime
    score: Tenths | None = field(repr=False)
    curve: str | None
    quote: Quote | None
    """What the rule has done at this site, where that is known."""
    steps: Sequence[Step]

    @property
    def is_critical(self) -> bool:
        """Whether it is about an answer that must be seen at once."""
        return self.rule is RuleId.CRITICAL_ITEM


@dataclass(frozen=True, slots=True)
class NotLookedAt:
    """A rule that has nothing to go by."""

    rule: RuleId
    why: WhyNot


@dataclass(frozen=True, slots=True)
class Context:
    """What the flags of a course are read against."""

    told: Told
    registry: Registry
    curves: Sequence[CurveInUse]
    """Every version, since an old flag names the one that raised it."""
    rules: Sequence[Rule]
    """Those in force here."""
    quotes: str | None
    """What the newest bench has to say of them, as it is kept."""
    limits: Limits
    """Where the lowest early alliance ratings end here, by form."""


def flags_seen(db: DbSession, kept: Sequence[FlagKept], context: Context) -> Sequence[FlagSeen]:
    """Return the flags by need: those that stand are numbered, those that are over come last."""
    shown = [_seen(db, one, context) for one in sorted(kept, key=_by_need)]
    standing = [one for one in shown if one.state.is_standing]
    over = [one for one in shown if not one.state.is_standing]
    return [*(replace(one, number=number) for number, one in enumerate(standing, start=1)), *over]


def critical_not_decided(
    db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID
) -> Sequence[uuid.UUID]:
    """Return the flags of answers that must be seen at once and that nobody has decided on."""
    if not db.info["has_flags"]:
        return ()
    return [
        one.flag.id
        for one in flags.of_episodes(db, viewer, episode_ids=[episode_id])
        if one.flag.rule is RuleId.CRITICAL_ITEM
        and one.state.is_standing
        and not one.state.is_reviewed
    ]


def as_standing(
    kept: Sequence[FlagKept], context: Context, *, now: dt.datetime
) -> Sequence[StandingFlag]:
    """Return the flags in the form that the clinical core reads."""
    record = context.told.record
    numbering = track.number_sessions(record, instrument=record.episode.main_instrument, now=now)
    return [track.as_standing(one.standing, record=record, numbering=numbering) for one in kept]


def not_looked_at(
    trajectory: Trajectory, context: Context, *, alliance: Instrument | None, may_use_curve: bool
) -> Sequence[NotLookedAt]:
    """Return the rules that cannot be looked at in this course, each with the reason."""
    record = context.told.record
    series = None
    if alliance is not None:
        ratings = retell.alliance_ratings(context.told, alliance.key)
        series = AllianceSeries(alliance, ratings, early=context.limits.get(alliance.key))
    situation = Situation(
        trajectory=trajectory,
        is_curve_accepted=may_use_curve,
        rating=None,
        alliance=series,
        days_since_contact=0,
        is_open=record.episode.closed_at is None,
    )
    return [
        NotLookedAt(verdict.rule, why)
        for verdict in evaluate(situation, rules=context.rules)
        if (why := _why_not(verdict)) is not None
    ]


def plan_changes(flags: Sequence[FlagSeen]) -> Sequence[dt.datetime]:
    """Return when it was decided to help in another way."""
    return [step.at for flag in flags for step in flag.steps if step.decision in _PLAN_CHANGES]


def _why_not(verdict: Verdict) -> WhyNot | None:
    is_worth_telling = (
        verdict.outcome is Outcome.NOT_EVALUATED and verdict.why_not not in _OF_NO_INTEREST
    )
    return verdict.why_not if is_worth_telling else None


def _by_need(kept: FlagKept) -> tuple[int, bool, int]:
    standing = kept.standing
    level = list(Level).index(kept.flag.level)
    return level, standing.state.is_reviewed, -kept.flag.sequence


def _seen(db: DbSession, kept: FlagKept, context: Context) -> FlagSeen:
    flag, standing = kept.flag, kept.standing
    told = context.told
    filed = next((row for row in told.record.history if row.id == standing.rating_id), None)
    # What was moved to another patient is that patient's: here it is only said that it was.
    is_ours = filed is None or not filed.is_withdrawn
    versions = {version.id: version.curve.version for version in context.curves}
    return FlagSeen(
        flag_id=flag.id,
        number=None,
        rule=flag.rule,
        rule_version=flag.rule_version,
        level=flag.level,
        state=standing.state,
        item=_item_number(context, filed, flag.item),
        numbers=standing.numbers if is_ours else {},
        panel=_panel(told, filed) if is_ours else Panel.FOOT,
        session=told.numbers.get(filed.session_id) if filed else None,
        on=filed.rated_at if filed else flag.raised_at,
        score=filed.total if filed and is_ours else None,
        curve=versions.get(flag.curve_id) if flag.curve_id else None,
        quote=weigh.quote(context.quotes, rule=flag.rule, version=flag.rule_version),
        steps=[_step(db, one) for one in kept.reviews],
    )


def _panel(told: Told, filed: Filed | None) -> Panel:
    episode = told.record.episode
    panels = {
        episode.alliance_instrument: Panel.ALLIANCE,
        episode.main_instrument: Panel.OUTCOME,
    }
    has_score = filed is not None and filed.total is not None
    return panels.get(filed.instrument, Panel.FOOT) if filed and has_score else Panel.FOOT


def _item_number(context: Context, filed: Filed | None, item: str | None) -> int | None:
    instrument = context.registry.instruments.get(filed.instrument) if filed else None
    keys = [one.key for one in instrument.items] if instrument else []
    return keys.index(item) + 1 if item in keys else None


def _step(db: DbSession, kept: ReviewKept) -> Step:
    review = kept.review
    return Step(
        step=review.step,
        at=review.reviewed_at,
        by=kept.by,
        decision=review.decision,
        due_on=review.due_on,
        note=unseal(db, review.note_sealed, column="review.note", row_id=review.id),
    )
