"""Compare a course with what is expected, and raise flags, in the transaction of the rating."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from app.clinical.flags import DEFAULT_RULES, Outcome, Verdict, evaluate
from app.clinical.follow_up import FlagState, ReviewStep
from app.clinical.follow_up import follow as state_after
from app.clinical.rules import Rule, RuleId
from app.clinical.scoring import CriticalAnswer
from app.clinical.situation import Rated, Situation
from app.clinical.trajectory import compare
from app.instruments import Registry
from app.records import (
    audit,
    early_alliances,
    episodes,
    flags,
    organizations,
    ratings,
    reviews,
    rule_settings,
    yardsticks,
)
from app.records.audit import PROGRAM, Event
from app.records.base import DbSession, new_id
from app.records.curves import CurveInUse
from app.records.early_alliances import Limits
from app.records.episodes import Episode, EpisodeRow
from app.records.flags import Standing
from app.records.people import RespondentKind
from app.records.ratings import Placed
from app.records.sessions import SessionStatus
from app.workflow import access
from app.workflow.access import Viewer
from app.workflow.gather import (
    SESSION_LASTS,
    Numbering,
    Record,
    RecordOf,
    as_standing,
    build_alliance,
    build_course,
    is_over,
    may_raise_flags,
    number_sessions,
    read_placed,
    read_record,
    year_of,
)

__all__ = [
    "SESSION_LASTS",
    "JustRated",
    "Numbering",
    "Record",
    "RecordOf",
    "as_standing",
    "build_alliance",
    "build_course",
    "follow",
    "is_over",
    "may_raise_flags",
    "number_sessions",
    "read_placed",
    "read_record",
    "rules_as_kept",
    "rules_in_force",
]


@dataclass(frozen=True, slots=True)
class JustRated:
    """The rating that was just stored, and its answers that must be seen at once."""

    id: uuid.UUID
    session_id: uuid.UUID
    respondent_id: uuid.UUID
    critical: tuple[CriticalAnswer, ...]


def follow(
    db: DbSession,
    *,
    episode: Episode | EpisodeRow,
    registry: Registry,
    now: dt.datetime,
    rated: JustRated | None = None,
    record: RecordOf[Placed] | None = None,
) -> None:
    """Look at an episode by the rules in force; raise, reopen and end flags.

    Whoever has just read and changed the ``record`` hands it on. An installation without
    flags keeps ratings and nothing more.
    """
    if not db.info["has_flags"]:
        return
    program = access.the_program(db)
    record = record or _read(db, program, episode=episode)
    standing = flags.of_episodes(db, program, episode_ids=[episode.id])
    measure = yardsticks.yardstick(
        db,
        org_id=episode.org_id,
        instrument=episode.main_instrument,
        patient_id=episode.patient_id,
        year=year_of(episode.opened_at),
    )
    curve = measure.curve
    numbering = number_sessions(record, instrument=episode.main_instrument, now=now)
    situation = _situation(
        db,
        record,
        registry=registry,
        curve=curve,
        rated=rated,
        numbering=numbering,
        limits=early_alliances.read_limits(measure.early_limits),
        now=now,
    )
    verdicts = evaluate(
        situation,
        rules=_rules(measure.no_contact_days, measure.own_rules),
        standing=[
            as_standing(flag, record=record, numbering=numbering)
            for flag in standing
            if flag.state is not FlagState.CLEARED
        ],
    )
    for verdict in verdicts:
        _act(db, episode, verdict, standing=standing, curve=curve, record=record, now=now)


def change_main(db: DbSession, *, episode: Episode, to: str, now: dt.datetime) -> None:
    """Follow a course with another form; what the old one raised is over, its answers stay."""
    if to != episode.main_instrument:
        program = access.the_program(db)
        filed = ratings.of_episodes(db, program, episode_ids=[episode.id])
        old = {one.id for one in filed if one.instrument == episode.main_instrument}
        let_go(db, episode=episode, rating_ids=old, now=now)
    episode.main_instrument = to


def let_go(
    db: DbSession, *, episode: Episode, rating_ids: Collection[uuid.UUID], now: dt.datetime
) -> None:
    """End the flags that rest on ratings which say nothing of this course any more.

    An answer that must be seen at once is ended by a person alone.
    """
    if not db.info["has_flags"]:
        return
    program = access.the_program(db)
    for one in flags.of_episodes(db, program, episode_ids=[episode.id]):
        is_over = not one.state.is_standing or one.flag.rule is RuleId.CRITICAL_ITEM
        if is_over or one.rating_id not in rating_ids:
            continue
        details: dict[str, object] = {"flag": one.flag.id.hex, "rule": one.flag.rule.value}
        event = Event(PROGRAM, "cleared_flag", now, episode.patient_id, details)
        reviews.add(
            db,
            reviews.Review(
                org_id=episode.org_id,
                flag_id=one.flag.id,
                patient_id=episode.patient_id,
                episode_id=episode.id,
                step=ReviewStep.CLEARED,
                state=state_after(one.state, ReviewStep.CLEARED, rule=one.flag.rule),
                numbers={},
                reviewed_at=now,
                sequence=audit.append(db, event),
            ),
        )


def _read(db: DbSession, program: Viewer, *, episode: Episode | EpisodeRow) -> RecordOf[Placed]:
    baseline = episodes.baseline_of(db, program, episode_id=episode.id)
    return read_placed(
        db, program, episode=episode, baseline_id=baseline.rating_id if baseline else None
    )


def _situation(
    db: DbSession,
    record: RecordOf[Placed],
    *,
    registry: Registry,
    curve: CurveInUse | None,
    rated: JustRated | None,
    numbering: Numbering,
    limits: Limits,
    now: dt.datetime,
) -> Situation:
    course = build_course(record, registry.get(record.episode.main_instrument), now=now)
    return Situation(
        trajectory=compare(course, curve.curve if curve else None),
        is_curve_accepted=may_raise_flags(curve),
        rating=_rated(record, rated, numbering=numbering),
        alliance=build_alliance(
            db,
            access.the_program(db),
            record,
            registry=registry,
            numbering=numbering,
            limits=limits,
        ),
        days_since_contact=_days_since_contact(record, now=now),
        is_open=record.episode.closed_at is None,
    )


def _rated(
    record: RecordOf[Placed], rated: JustRated | None, *, numbering: Numbering
) -> Rated | None:
    filed = next((filed for filed in record.history if rated and filed.id == rated.id), None)
    if rated is None or filed is None or filed.respondent_kind is not RespondentKind.PATIENT:
        return None
    return Rated(
        reference=rated.id.hex,
        session=numbering.of_session[rated.session_id],
        critical=rated.critical,
    )


def _days_since_contact(record: RecordOf[Placed], *, now: dt.datetime) -> int | None:
    last = max(
        (
            session.planned_at
            for session in record.sessions
            if session.status is SessionStatus.ATTENDED
        ),
        default=record.episode.opened_at,
    )
    return max((now - last).days, 0)


def rules_in_force(db: DbSession, *, org_id: int) -> Sequence[Rule]:
    """Return the rules as this organization has set them."""
    kept = rule_settings.at_site(db, org_id=org_id).own_rules
    return _rules(organizations.no_contact_days(db, org_id=org_id), kept)


def rules_as_kept(own_rules: str | None) -> Sequence[Rule]:
    """Return the rules as an organization has set them, of which all but the days is read."""
    return _rules(None, own_rules)


@lru_cache(maxsize=256)
def _rules(no_contact_days: int | None, own_rules: str | None) -> Sequence[Rule]:
    """Return the rules in force; what an organization has set is part of what is looked up."""
    own = rule_settings.read_editions(own_rules)
    rules = [own.get(rule.id, rule) for rule in DEFAULT_RULES]
    if no_contact_days is None:
        return tuple(rules)
    days = {"days": no_contact_days}
    return tuple(
        replace(rule, parameters=days) if rule.id is RuleId.NO_CONTACT else rule for rule in rules
    )


def _act(
    db: DbSession,
    episode: Episode | EpisodeRow,
    verdict: Verdict,
    *,
    standing: Sequence[Standing],
    curve: CurveInUse | None,
    record: RecordOf[Placed],
    now: dt.datetime,
) -> None:
    match verdict.outcome:
        case Outcome.RAISED:
            _raise(db, episode, verdict, curve=curve, record=record, now=now)
        case Outcome.REOPENED:
            _step(db, episode, verdict, ReviewStep.REOPENED, standing=standing, now=now)
        case Outcome.CLEARED:
            _step(db, episode, verdict, ReviewStep.CLEARED, standing=standing, now=now)
        case Outcome.HOLDS | Outcome.QUIET | Outcome.NOT_EVALUATED:
            pass


def _raise(
    db: DbSession,
    episode: Episode | EpisodeRow,
    verdict: Verdict,
    *,
    curve: CurveInUse | None,
    record: RecordOf[Placed],
    now: dt.datetime,
) -> None:
    flag_id = new_id()
    rating_id = _id_of(verdict.reference)
    filed = next((filed for filed in record.history if filed.id == rating_id), None)
    sequence = audit.append(db, _event(episode, "raised_flag", verdict, flag_id, now=now))
    flags.add(
        db,
        flags.FlagRow(
            org_id=episode.org_id,
            id=flag_id,
            patient_id=episode.patient_id,
            episode_id=episode.id,
            session_id=filed.session_id if filed else None,
            rating_id=rating_id,
            rule=verdict.rule,
            rule_version=verdict.rule_version,
            level=verdict.level,
            item=verdict.item,
            curve_id=curve.id if curve and verdict.curve_version else None,
            numbers=dict(verdict.numbers),
            raised_at=now,
            sequence=sequence,
        ),
    )


def _step(
    db: DbSession,
    episode: Episode | EpisodeRow,
    verdict: Verdict,
    step: ReviewStep,
    *,
    standing: Sequence[Standing],
    now: dt.datetime,
) -> None:
    before = next(
        flag
        for flag in reversed(standing)
        if flag.flag.rule is verdict.rule and flag.state is not FlagState.CLEARED
    )
    action = "reopened_flag" if step is ReviewStep.REOPENED else "cleared_flag"
    sequence = audit.append(db, _event(episode, action, verdict, before.flag.id, now=now))
    reviews.add(
        db,
        reviews.Review(
            org_id=episode.org_id,
            flag_id=before.flag.id,
            patient_id=episode.patient_id,
            episode_id=episode.id,
            step=step,
            state=state_after(before.state, step, rule=verdict.rule),
            rating_id=_id_of(verdict.reference),
            numbers=dict(verdict.numbers),
            reviewed_at=now,
            sequence=sequence,
        ),
    )


def _event(
    episode: Episode | EpisodeRow,
    action: str,
    verdict: Verdict,
    flag_id: uuid.UUID,
    *,
    now: dt.datetime,
) -> Event:
    return Event(
        actor=PROGRAM,
        action=action,
        at=now,
        patient_id=episode.patient_id,
        details={
            "flag": flag_id.hex,
            "rule": verdict.rule.value,
            "rule_version": verdict.rule_version,
        },
    )


def _id_of(reference: str | None) -> uuid.UUID | None:
    return None if reference is None else uuid.UUID(hex=reference)
