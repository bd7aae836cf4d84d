"""Compare a course with what is expected, and raise flags, in the transaction of the rating."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.clinical.course import Course, Observation
from app.clinical.curves import CurveKind
from app.clinical.flags import DEFAULT_RULES, Outcome, StandingFlag, Verdict, evaluate
from app.clinical.follow_up import FlagState, ReviewStep
from app.clinical.follow_up import follow as state_after
from app.clinical.instruments import Instrument, Tenths
from app.clinical.rules import Rule, RuleId
from app.clinical.scoring import CriticalAnswer
from app.clinical.situation import AllianceRating, AllianceSeries, Rated, Situation
from app.clinical.trajectory import compare
from app.instruments import Registry
from app.records import audit, curves, episodes, flags, people, ratings, reviews, sessions
from app.records.audit import PROGRAM, Event
from app.records.base import DbSession, new_id
from app.records.curves import CurveInUse
from app.records.episodes import Episode
from app.records.flags import Standing
from app.records.people import RespondentKind
from app.records.ratings import Filed
from app.records.sessions import SessionStatus, TherapySession
from app.records.tablets import Slot
from app.workflow import access

SESSION_LASTS = dt.timedelta(hours=3)
"""A session that began so long ago is over, though nobody pressed the button."""


@dataclass(frozen=True, slots=True)
class JustRated:
    """The rating that was just stored, and its answers that must be seen at once."""

    id: uuid.UUID
    session_id: uuid.UUID
    respondent_id: uuid.UUID
    critical: tuple[CriticalAnswer, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of one episode, as far as its course is concerned."""

    episode: Episode
    sessions: Sequence[TherapySession]
    history: Sequence[Filed]
    baseline_id: uuid.UUID | None
    """The rating that a clinician named as the start."""

    def counted(self, instrument: str) -> Sequence[Filed]:
        """Return the patient's own ratings on an instrument that count and have a score."""
        return [
            filed
            for filed in self.history
            if filed.counts
            and filed.instrument == instrument
            and filed.respondent_kind is RespondentKind.PATIENT
        ]


@dataclass(frozen=True, slots=True)
class Numbering:
    """The session numbers k of an episode: 1 at the intake rating."""

    of_session: Mapping[uuid.UUID, int]
    attended: tuple[int, ...]


def follow(
    db: DbSession,
    *,
    episode: Episode,
    registry: Registry,
    now: dt.datetime,
    rated: JustRated | None = None,
) -> None:
    """Look at an episode by the rules in force; raise, reopen and end flags.

    An installation without flags keeps ratings and nothing more.
    """
    if not db.info["has_flags"]:
        return
    record = read_record(db, access.the_program(db), episode=episode)
    standing = flags.of_episodes(db, access.the_program(db), episode_ids=[episode.id])
    curve = curves.in_use(db, org_id=episode.org_id).get(episode.main_instrument)
    situation = _situation(db, record, registry=registry, curve=curve, rated=rated, now=now)
    numbering = number_sessions(record, instrument=episode.main_instrument, now=now)
    verdicts = evaluate(
        situation,
        rules=_rules_in_force(db, org_id=episode.org_id),
        standing=[
            as_standing(flag, record=record, numbering=numbering)
            for flag in standing
            if flag.state is not FlagState.CLEARED
        ],
    )
    for verdict in verdicts:
        _act(db, episode, verdict, standing=standing, curve=curve, record=record, now=now)


def read_record(db: DbSession, viewer: access.Viewer, *, episode: Episode) -> Record:
    """Return the sessions and ratings of an episode."""
    baseline = episodes.baseline_of(db, viewer, episode_id=episode.id)
    return Record(
        episode=episode,
        sessions=sessions.of_episodes(db, viewer, episode_ids=[episode.id]),
        history=ratings.of_episodes(db, viewer, episode_ids=[episode.id]),
        baseline_id=baseline.rating_id if baseline else None,
    )


def build_course(record: Record, instrument: Instrument, *, now: dt.datetime) -> Course:
    """Return the patient's own course on an instrument, one score for each session."""
    by_session = _score_by_session(record.counted(instrument.key))
    numbering = number_sessions(record, instrument=instrument.key, now=now)
    starts = {session.id: session.planned_at for session in record.sessions}
    zero = next(
        (starts[session_id] for session_id, k in numbering.of_session.items() if k == 1), None
    )
    return Course(
        instrument=instrument,
        observations=tuple(
            Observation(
                session=k,
                score=total,
                reference=by_session[session_id].id.hex,
                weeks=(starts[session_id] - zero).total_seconds() / 604800 if zero else 0.0,
            )
            for session_id, k in numbering.of_session.items()
            if session_id in by_session and (total := by_session[session_id].total) is not None
        ),
        attended=numbering.attended,
    )


def number_sessions(record: Record, *, instrument: str, now: dt.datetime) -> Numbering:
    """Return session numbers: 1 at the intake rating, one more for each attended session.

    The intake is the first counted score on the instrument, or the rating that a clinician
    named. A session that still goes on without a score is left out: it may yet be scored.
    """
    by_session = _score_by_session(record.counted(instrument))
    over = [
        session
        for session in record.sessions
        if session.status is SessionStatus.ATTENDED
        and (session.id in by_session or is_over(session, now=now))
    ]
    intake = _intake_session(record, by_session, over)
    offset = next((at for at, session in enumerate(over) if session.id == intake), None)
    if offset is None:
        return Numbering(of_session={}, attended=())
    numbers = {session.id: at - offset + 1 for at, session in enumerate(over)}
    return Numbering(of_session=numbers, attended=tuple(numbers.values()))


def is_over(session: TherapySession, *, now: dt.datetime) -> bool:
    """Whether a therapy session has ended, or must have."""
    return session.ended_at is not None or now - session.planned_at >= SESSION_LASTS


def build_alliance(
    db: DbSession, viewer: access.Viewer, record: Record, *, registry: Registry, course: Course
) -> AllianceSeries | None:
    """Return the patient's alliance ratings in the order of sessions."""
    key = record.episode.alliance_instrument
    if key is None:
        return None
    instrument = registry.get(key)
    by_session = _latest_by_session(record.counted(key))
    answers = ratings.answers_of(db, viewer, rating_ids=[filed.id for filed in by_session.values()])
    return AllianceSeries(
        instrument=instrument,
        ratings=tuple(
            AllianceRating(
                session=at,
                reference=filed.id.hex,
                total=filed.total,
                items={item.key: answers[filed.id].get(item.key) for item in instrument.items},
            )
            for at, session in enumerate(_in_order(record.sessions), start=1)
            if (filed := by_session.get(session.id)) is not None
        ),
    )


def _situation(
    db: DbSession,
    record: Record,
    *,
    registry: Registry,
    curve: CurveInUse | None,
    rated: JustRated | None,
    now: dt.datetime,
) -> Situation:
    course = build_course(record, registry.get(record.episode.main_instrument), now=now)
    return Situation(
        trajectory=compare(course, curve.curve if curve else None),
        is_curve_accepted=may_raise_flags(curve),
        rating=_rated(record, rated),
        alliance=build_alliance(
            db, access.the_program(db), record, registry=registry, course=course
        ),
        days_since_contact=_days_since_contact(record, now=now),
        is_open=record.episode.closed_at is None,
    )


def may_raise_flags(curve: CurveInUse | None) -> bool:
    """Whether a curve may do more than be drawn: one of the site's own, or one it accepted."""
    if curve is None:
        return False
    return curve.curve.kind is not CurveKind.GENERAL or curve.is_accepted


def _rated(record: Record, rated: JustRated | None) -> Rated | None:
    filed = next((filed for filed in record.history if rated and filed.id == rated.id), None)
    if rated is None or filed is None or filed.respondent_kind is not RespondentKind.PATIENT:
        return None
    order = [session.id for session in _in_order(record.sessions)]
    return Rated(
        reference=rated.id.hex,
        session=order.index(rated.session_id) + 1,
        critical=rated.critical,
    )


def _days_since_contact(record: Record, *, now: dt.datetime) -> int | None:
    last = max(
        (
            session.planned_at
            for session in record.sessions
            if session.status is SessionStatus.ATTENDED
        ),
        default=record.episode.opened_at,
    )
    return max((now - last).days, 0)


def _rules_in_force(db: DbSession, *, org_id: int) -> Sequence[Rule]:
    days = people.organization(db, org_id=org_id).no_contact_days
    return [
        replace(rule, parameters={"days": days}) if rule.id is RuleId.NO_CONTACT else rule
        for rule in DEFAULT_RULES
    ]


def _score_by_session(counted: Sequence[Filed]) -> Mapping[uuid.UUID, Filed]:
    """Return the rating whose score counts for each session: the one from its start first."""
    scored = [filed for filed in counted if filed.total is not None]
    ends = _latest_by_session([filed for filed in scored if filed.slot is Slot.END])
    starts = _latest_by_session([filed for filed in scored if filed.slot is Slot.START])
    return {**ends, **starts}


def _latest_by_session(counted: Sequence[Filed]) -> Mapping[uuid.UUID, Filed]:
    return {filed.session_id: filed for filed in counted}


def _intake_session(
    record: Record, by_session: Mapping[uuid.UUID, Filed], over: Sequence[TherapySession]
) -> uuid.UUID | None:
    for session_id, filed in by_session.items():
        if filed.id == record.baseline_id:
            return session_id
    return next((session.id for session in over if session.id in by_session), None)


def _in_order(all_sessions: Sequence[TherapySession]) -> Sequence[TherapySession]:
    return [session for session in all_sessions if session.status is SessionStatus.ATTENDED]


def as_standing(standing: Standing, *, record: Record, numbering: Numbering) -> StandingFlag:
    """Return a kept flag in the form that the clinical core reads."""
    filed = next((filed for filed in record.history if filed.id == standing.rating_id), None)
    return StandingFlag(
        rule=standing.flag.rule,
        level=standing.flag.level,
        state=standing.state,
        session=numbering.of_session.get(filed.session_id) if filed else None,
        reference=standing.rating_id.hex if standing.rating_id else None,
        item=standing.flag.item,
        numbers=standing.numbers,
    )


def _act(
    db: DbSession,
    episode: Episode,
    verdict: Verdict,
    *,
    standing: Sequence[Standing],
    curve: CurveInUse | None,
    record: Record,
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
    episode: Episode,
    verdict: Verdict,
    *,
    curve: CurveInUse | None,
    record: Record,
    now: dt.datetime,
) -> None:
    flag_id = new_id()
    rating_id = _id_of(verdict.reference)
    filed = next((filed for filed in record.history if filed.id == rating_id), None)
    sequence = audit.append(db, _event(episode, "raised_flag", verdict, flag_id, now=now))
    flags.add(
        db,
        flags.Flag(
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
    episode: Episode,
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
    episode: Episode, action: str, verdict: Verdict, flag_id: uuid.UUID, *, now: dt.datetime
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
