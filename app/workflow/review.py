"""Review a flag: take it, decide, note, follow up. What may follow what is the core's to say."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.clinical.curves import CurveKind
from app.clinical.follow_up import Decision, FlagState, ReviewStep, allowed_steps
from app.clinical.follow_up import follow as state_after
from app.clinical.instruments import Direction, Instrument, Purpose, Tenths
from app.clinical.rules import Level, RuleId
from app.instruments import Registry
from app.records import audit, curves, flags, people, ratings, reviews, rule_settings
from app.records.base import DbSession, new_id
from app.records.encryption import seal
from app.records.flags import Traced
from app.records.people import RespondentKind
from app.records.reviews import Review
from app.records.visibility import Viewer
from app.workflow import access, find, track, weigh
from app.workflow.access import NotThereError
from app.workflow.agree import local_day
from app.workflow.find import Person
from app.workflow.place import item_number, note_of, session_offset
from app.workflow.refusals import Conflict, Refusal
from app.workflow.track import Record
from app.workflow.weigh import Quote

__all__ = ["CurveKind", "Decision", "FlagState", "Level", "ReviewStep", "RuleId"]

NOTE_LONGEST = 4000
"""Characters in one note."""

DUE_WITHIN = dt.timedelta(days=366)
"""A follow-up later than a year from now is a mistyped year."""


@dataclass(frozen=True, slots=True)
class StepSeen:
    """One step in the review of a flag."""

    step: ReviewStep
    at: dt.datetime
    by: str | None
    """Missing when a rule did it."""
    decision: Decision | None
    due_on: dt.date | None
    note: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class AnswerSeen:
    """What was answered to a critical question once."""

    on: dt.datetime
    answer: Tenths = field(repr=False)
    is_counted: bool


@dataclass(frozen=True, slots=True)
class FlagSeen:
    """A flag with all that its rule saw and all that was done about it."""

    person: Person
    flag_id: uuid.UUID
    episode_id: uuid.UUID
    rule: RuleId
    rule_version: int
    level: Level
    state: FlagState
    instrument: str
    """The main instrument of the course, or for a critical answer the one it was given on."""
    direction: Direction
    numbers: Mapping[str, int | float]
    item: int | None
    """The number of the critical question on its form."""
    session: int | None
    session_offset: int
    on: dt.datetime
    score: Tenths | None = field(repr=False)
    raised_at: dt.datetime
    curve: tuple[str, CurveKind] | None
    """Version and kind of the curve that the rule used."""
    quote: Quote | None
    """What the rule has done at this site, where that is known."""
    steps: Sequence[StepSeen]
    may: Sequence[ReviewStep]
    """What a person may do now."""
    newest: int
    """The number of the newest step; somebody else's step makes it grow."""
    due_on: dt.date | None
    is_overdue: bool
    answers: Sequence[AnswerSeen] = field(repr=False)
    """For a critical answer: those to the same question, newest first."""
    procedure_texts: Mapping[str, str]
    """For a critical answer: what the site has decided that staff do, by language."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody writes about a flag."""

    note: str | None = field(default=None, repr=False)
    decision: Decision | None = None
    due_on: dt.date | None = None
    seen: int | None = None
    """The newest step on the page that was answered; without it nothing is compared."""


def look_at(
    db: DbSession, viewer: Viewer, *, flag_id: uuid.UUID, registry: Registry, now: dt.datetime
) -> FlagSeen:
    """Return a flag, and write down that it was seen."""
    raised = _raised(db, viewer, flag_id=flag_id, now=now)
    patient = find.patient(db, viewer, patient_id=raised.flag.patient_id, now=now)
    find.log(db, viewer, "saw_flag", patient_id=patient.id, now=now, flag=flag_id.hex)
    record = track.read_record(db, viewer, episode=raised.episode)
    about = _followed_then(raised, registry=registry)
    main = raised.episode.main_instrument
    numbering = track.number_sessions(record, instrument=main, now=now)
    filed = next((one for one in record.history if one.id == raised.standing.rating_id), None)
    # What was moved to another patient is that patient's: no number of it is shown here.
    is_ours = filed is None or not filed.is_withdrawn
    k = numbering.of_session.get(filed.session_id) if filed else None
    offset = session_offset(record, numbering)
    decided = _decided(raised)
    due_on = decided.due_on if decided and raised.state is FlagState.DECIDED else None
    is_critical = raised.flag.rule is RuleId.CRITICAL_ITEM
    return FlagSeen(
        person=find.person(db, patient),
        flag_id=raised.flag.id,
        episode_id=raised.episode.id,
        rule=raised.flag.rule,
        rule_version=raised.flag.rule_version,
        level=raised.flag.level,
        state=raised.state,
        instrument=raised.instrument if is_critical and raised.instrument else about.key,
        direction=about.direction,
        numbers=raised.standing.numbers if is_ours else {},
        item=item_number(raised, registry=registry),
        session=k + offset if k is not None else None,
        session_offset=offset,
        on=filed.rated_at if filed else raised.flag.raised_at,
        score=filed.total if filed and is_ours else None,
        raised_at=raised.flag.raised_at,
        curve=_curve(db, raised),
        quote=weigh.quote(
            rule_settings.at_site(db, org_id=viewer.org_id).quotes,
            rule=raised.flag.rule,
            version=raised.flag.rule_version,
        ),
        steps=_steps(db, raised),
        may=_may(raised),
        newest=_newest(raised),
        due_on=due_on,
        is_overdue=due_on is not None and due_on < local_day(now),
        answers=_answers(db, viewer, raised, record) if is_critical else (),
        procedure_texts=_procedure(db, viewer) if is_critical else {},
    )


def take(
    db: DbSession, viewer: Viewer, *, flag_id: uuid.UUID, entry: Entry, now: dt.datetime
) -> uuid.UUID:
    """Take a flag, or take it over from a colleague; return the patient."""
    return _step(db, viewer, ReviewStep.TAKEN, flag_id=flag_id, entry=entry, now=now)


def decide(
    db: DbSession, viewer: Viewer, *, flag_id: uuid.UUID, entry: Entry, now: dt.datetime
) -> uuid.UUID:
    """Decide what comes of a flag; return the patient it is about."""
    if entry.decision is None:
        allowed = ", ".join(decision.value for decision in Decision)
        raise Refusal("review_decision_missing", allowed=allowed)
    today = local_day(now)
    if entry.due_on is not None and not today <= entry.due_on <= today + DUE_WITHIN:
        raise Refusal(
            "review_due",
            value=entry.due_on.isoformat(),
            allowed=f"{today.isoformat()} – {(today + DUE_WITHIN).isoformat()}",
        )
    return _step(db, viewer, ReviewStep.DECIDED, flag_id=flag_id, entry=entry, now=now)


def note(
    db: DbSession, viewer: Viewer, *, flag_id: uuid.UUID, entry: Entry, now: dt.datetime
) -> uuid.UUID:
    """Add a note to a flag and leave it where it is; return the patient it is about."""
    if not entry.note:
        raise Refusal("review_note_missing")
    return _step(db, viewer, ReviewStep.NOTE, flag_id=flag_id, entry=entry, now=now)


def follow_up(
    db: DbSession, viewer: Viewer, *, flag_id: uuid.UUID, entry: Entry, now: dt.datetime
) -> uuid.UUID:
    """Close a flag: what was decided has been done and looked at; return the patient."""
    return _step(db, viewer, ReviewStep.FOLLOWED_UP, flag_id=flag_id, entry=entry, now=now)


def _step(
    db: DbSession,
    viewer: Viewer,
    step: ReviewStep,
    *,
    flag_id: uuid.UUID,
    entry: Entry,
    now: dt.datetime,
) -> uuid.UUID:
    if entry.note and len(entry.note) > NOTE_LONGEST:
        raise Refusal("review_note_too_long", value=str(len(entry.note)), allowed=str(NOTE_LONGEST))
    # Two people may press at once: the second one must see what the first one did.
    audit.take_turn(db)
    raised = _raised(db, viewer, flag_id=flag_id, now=now)
    if entry.seen is not None and entry.seen != _newest(raised):
        raise Conflict("review_changed")
    flag = raised.flag
    state = state_after(raised.state, step, rule=flag.rule)
    details = {"flag": flag.id.hex, "step": step.value}
    if entry.decision is not None:
        details["decision"] = entry.decision.value
    sequence = find.log(db, viewer, "reviewed_flag", patient_id=flag.patient_id, now=now, **details)
    row_id = new_id()
    sealed = seal(db, entry.note, column="review.note", row_id=row_id) if entry.note else None
    reviews.add(
        db,
        Review(
            org_id=viewer.org_id,
            id=row_id,
            flag_id=flag.id,
            patient_id=flag.patient_id,
            episode_id=flag.episode_id,
            step=step,
            state=state,
            decision=entry.decision,
            note_sealed=sealed,
            due_on=entry.due_on,
            reviewed_at=now,
            reviewed_by=viewer.staff_id,
            sequence=sequence,
        ),
    )
    return flag.patient_id


def _raised(db: DbSession, viewer: Viewer, *, flag_id: uuid.UUID, now: dt.datetime) -> Traced:
    # An installation without flags shows none, also none from before it was switched off.
    found = flags.traced(db, viewer, flag_id=flag_id) if db.info["has_flags"] else None
    if found is None:
        raise NotThereError(
            access.event_of(viewer, "refused", now=now, ground="none", asked_for=flag_id.hex)
        )
    return found


def _decided(raised: Traced) -> Review | None:
    steps = [one.review for one in raised.steps if one.review.step is ReviewStep.DECIDED]
    return steps[-1] if steps else None


def _newest(raised: Traced) -> int:
    return max((one.review.sequence for one in raised.steps), default=0)


def _followed_then(raised: Traced, *, registry: Registry) -> Instrument:
    """Return the form whose course the flag is about, also when another is followed by now."""
    named = registry.get(raised.instrument or raised.episode.main_instrument)
    is_outcome = named.purpose is Purpose.OUTCOME
    return named if is_outcome else registry.get(raised.episode.main_instrument)


def _may(raised: Traced) -> Sequence[ReviewStep]:
    by_rules = {ReviewStep.CLEARED, ReviewStep.REOPENED}
    return [
        step for step in allowed_steps(raised.state, rule=raised.flag.rule) if step not in by_rules
    ]


def _steps(db: DbSession, raised: Traced) -> Sequence[StepSeen]:
    return [
        StepSeen(
            step=one.review.step,
            at=one.review.reviewed_at,
            by=one.by,
            decision=one.review.decision,
            due_on=one.review.due_on,
            note=note_of(db, one),
        )
        for one in reversed(raised.steps)
    ]


def _curve(db: DbSession, raised: Traced) -> tuple[str, CurveKind] | None:
    curve_id = raised.flag.curve_id
    curve = curves.of_id(db, org_id=raised.flag.org_id, curve_id=curve_id) if curve_id else None
    return (curve.version, curve.kind) if curve else None


def _answers(db: DbSession, viewer: Viewer, raised: Traced, record: Record) -> Sequence[AnswerSeen]:
    item = raised.flag.item
    asked = [
        filed
        for filed in record.history
        if filed.instrument == raised.instrument
        and filed.respondent_kind is RespondentKind.PATIENT
        and not filed.is_withdrawn
    ]
    given = ratings.answers_of(db, viewer, rating_ids=[filed.id for filed in asked])
    return [
        AnswerSeen(on=filed.rated_at, answer=given[filed.id][item], is_counted=filed.counts)
        for filed in reversed(asked)
        if item is not None and item in given[filed.id]
    ]


def _procedure(db: DbSession, viewer: Viewer) -> Mapping[str, str]:
    return people.organization(db, org_id=viewer.org_id).procedure_texts
