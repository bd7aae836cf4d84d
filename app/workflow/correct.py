"""Put a rating right: new values in its place, or moved to the patient it belongs to.

Nothing is written over. The old row stays, named by the new one, with the reason.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from app.clinical.instruments import Tenths
from app.instruments import Registry
from app.records import endings, episodes, people, ratings
from app.records.audit import Actor
from app.records.base import DbSession, new_id
from app.records.encryption import seal
from app.records.episodes import Baseline
from app.records.people import RespondentKind
from app.records.ratings import Correction, Filed, Source, Withdrawal
from app.records.sessions import SessionStatus
from app.records.visibility import Viewer
from app.workflow import access, agree, find, hold, rate, track, transcribe
from app.workflow.find import FoundRating, FoundSession, Person
from app.workflow.hold import Held
from app.workflow.rate import Filing, Stored, Submission
from app.workflow.refusals import Conflict, Refusal

__all__ = [
    "BY_STAFF",
    "Change",
    "Correction",
    "MovePlace",
    "Person",
    "Stored",
    "correct",
    "move",
    "name_baseline",
    "places_for",
    "who_it_may_belong_to",
]

BY_STAFF = (
    Correction.TYPING_ERROR,
    Correction.CHANGED_BY_RESPONDENT,
    Correction.REDONE_TOGETHER,
)
"""Why a member of staff may put other values in the place of a rating."""

LONGEST_REASON = 500
"""In characters."""

LATEST_SESSIONS = 12
"""A rating on the wrong patient is found soon; older sessions are not offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New values for a rating, and why. The answers are the digits as on paper."""

    submission_key: uuid.UUID
    correction: Correction
    reason: str = field(repr=False)
    dated: dt.date
    answers: Mapping[str, Tenths | None] = field(default_factory=dict, repr=False)
    total: Tenths | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MovePlace:
    """A patient to whom a rating may belong, with the sessions to choose among."""

    person: Person
    sessions: Sequence[Held]


def correct(
    db: DbSession,
    viewer: Viewer,
    *,
    rating_id: uuid.UUID,
    change: Change,
    registry: Registry,
    now: dt.datetime,
) -> Stored:
    """Put new values in the place of a rating; both stay visible."""
    found = find.rating(db, viewer, rating_id=rating_id, now=now)
    find.check_open(found.episode)
    if change.correction not in BY_STAFF:
        allowed = ", ".join(reason.value for reason in BY_STAFF)
        raise Refusal("correction", value=change.correction.value, allowed=allowed)
    _check_reason(change.reason)
    transcribe.check_filled_in(change.answers, change.total)
    filed = found.rating
    instrument = transcribe.instrument_named(filed.instrument, registry=registry)
    goals = agree.goals_of(db, viewer, episode_id=filed.episode_id)
    held = find.session(db, viewer, session_id=filed.session_id, now=now).session
    submission = Submission(
        submission_key=change.submission_key,
        instrument=filed.instrument,
        answers=transcribe.printed_answers(instrument, change.answers),
        asked=transcribe.asked_items(instrument, goals=goals),
        typed_total=change.total,
        is_finished=True,
        source=Source.PAPER,
        rated_at=transcribe.moment_of(change.dated, held, found.episode, now=now),
        variant=filed.variant,
        language=filed.language,
        text_version=filed.text_version,
        recorded_by=viewer.staff_id,
        replaces_id=filed.id,
        correction=change.correction,
        correction_note=change.reason,
    )
    return rate.file_rating(
        db,
        filing=_filing(filed),
        submission=submission,
        registry=registry,
        actor=_actor(db, viewer, found.patient.id, now=now),
        now=now,
    )


def who_it_may_belong_to(
    db: DbSession, viewer: Viewer, *, rating_id: uuid.UUID, now: dt.datetime
) -> Sequence[Person]:
    """Return the other patients of the viewer with an open course; one entry names them all."""
    found = find.rating(db, viewer, rating_id=rating_id, now=now)
    open_ones = episodes.open_ones(db, viewer)
    others = {episode.patient_id for episode in open_ones} - {found.patient.id}
    patients = people.patients(db, viewer, patient_ids=others)
    find.log_list(db, viewer, "saw_move_list", patient_ids=[row.id for row in patients], now=now)
    return [find.person(db, patient) for patient in patients]


def places_for(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    now: dt.datetime,
) -> MovePlace:
    """Return the latest sessions of a patient in which a rating may have been given."""
    patient = access.see_patient(db, viewer, patient_id=patient_id, action="saw_sessions", now=now)
    rows = [
        episode
        for episode in episodes.of_patient(db, viewer, patient_id=patient_id)
        if episode.closed_at is None
    ]
    held = [
        session
        for episode in rows
        for session in hold.held_in(db, viewer, episode_id=episode.id)
        if session.status in {SessionStatus.PLANNED, SessionStatus.ATTENDED}
        and agree.local_day(session.planned_at) <= agree.local_day(now)
    ]
    held.sort(key=lambda session: session.planned_at, reverse=True)
    return MovePlace(person=find.person(db, patient), sessions=held[:LATEST_SESSIONS])


def move(
    db: DbSession,
    viewer: Viewer,
    *,
    rating_id: uuid.UUID,
    to_session_id: uuid.UUID,
    reason: str,
    submission_key: uuid.UUID,
    registry: Registry,
    now: dt.datetime,
) -> Stored:
    """Move a rating that was filed on the wrong patient. Both patients are the viewer's.

    The old row stays without counting, and so do the rows that it had taken the place of.
    The wrong patient's episode may be closed by now: what is not theirs has to go all the same.
    """
    found = find.rating(db, viewer, rating_id=rating_id, now=now)
    target = find.open_session(db, viewer, session_id=to_session_id, now=now)
    _check_reason(reason)
    if target.patient.id == found.patient.id:
        raise Refusal("move_same_patient")
    is_again = ratings.by_submission(db, submission_key=submission_key) is not None
    if not is_again:
        _check_movable(db, viewer, found, target, now=now)
    stored = rate.file_rating(
        db,
        filing=Filing(
            patient_id=target.patient.id,
            episode_id=target.episode.id,
            session_id=to_session_id,
            respondent_id=_same_respondent(db, viewer, found, target),
            slot=found.rating.slot,
        ),
        submission=_moved(
            db,
            viewer,
            found.rating,
            reason=reason,
            submission_key=submission_key,
            registry=registry,
        ),
        registry=registry,
        actor=_actor(db, viewer, target.patient.id, now=now),
        now=now,
    )
    if stored.is_new:
        gone = _withdraw(db, viewer, found, reason=reason, moved_to=stored.rating_id, now=now)
        track.let_go(db, episode=found.episode, rating_ids=gone, now=now)
        track.follow(db, episode=found.episode, registry=registry, now=now)
    return stored


def name_baseline(
    db: DbSession,
    viewer: Viewer,
    *,
    rating_id: uuid.UUID,
    reason: str,
    registry: Registry,
    now: dt.datetime,
) -> None:
    """Name the rating from which change is counted; the newest name counts."""
    found = find.rating(db, viewer, rating_id=rating_id, now=now)
    find.check_open(found.episode)
    _check_reason(reason)
    filed = found.rating
    if (
        not filed.counts
        or filed.total is None
        or filed.respondent_kind is not RespondentKind.PATIENT
        or filed.instrument != found.episode.main_instrument
    ):
        raise Conflict("baseline_needs_score")
    row_id = new_id()
    sequence = find.log(
        db, viewer, "named_baseline", patient_id=found.patient.id, now=now, rating=rating_id.hex
    )
    episodes.add(
        db,
        Baseline(
            org_id=viewer.org_id,
            id=row_id,
            episode_id=filed.episode_id,
            rating_id=rating_id,
            reason_sealed=seal(db, reason, column="baseline.reason", row_id=row_id),
            chosen_at=now,
            chosen_by=viewer.staff_id,
            sequence=sequence,
        ),
    )
    track.follow(db, episode=found.episode, registry=registry, now=now)


def _filing(filed: Filed) -> Filing:
    return Filing(
        patient_id=filed.patient_id,
        episode_id=filed.episode_id,
        session_id=filed.session_id,
        respondent_id=filed.respondent_id,
        slot=filed.slot,
    )


def _actor(db: DbSession, viewer: Viewer, patient_id: uuid.UUID, *, now: dt.datetime) -> Actor:
    ground = access.ground_of(db, viewer, patient_id=patient_id)
    return access.event_of(viewer, "stored_rating", now=now, ground=ground).actor


def _check_reason(reason: str) -> None:
    if not reason:
        raise Refusal("reason_missing")
    if len(reason) > LONGEST_REASON:
        raise Refusal("reason_too_long", value=str(len(reason)), allowed=str(LONGEST_REASON))


def _check_movable(
    db: DbSession,
    viewer: Viewer,
    found: FoundRating,
    target: FoundSession,
    *,
    now: dt.datetime,
) -> None:
    if not found.rating.counts:
        raise Conflict("already_replaced")
    if agree.local_day(target.session.planned_at) > agree.local_day(now):
        day = agree.local_day(target.session.planned_at)
        raise Conflict("session_not_yet", value=day.isoformat())
    respondent_id = _same_respondent(db, viewer, found, target)
    for filed in ratings.of_episodes(db, viewer, episode_ids=[target.episode.id]):
        place = (filed.session_id, filed.slot, filed.instrument, filed.respondent_id)
        wanted = (
            target.session.id,
            found.rating.slot,
            found.rating.instrument,
            respondent_id,
        )
        if filed.counts and place == wanted:
            raise Conflict("slot_taken")


def _same_respondent(
    db: DbSession, viewer: Viewer, found: FoundRating, target: FoundSession
) -> uuid.UUID:
    """Return who stands to the right patient as the respondent stood to the wrong one."""
    for row in people.respondents(db, viewer, patient_ids=[target.patient.id]):
        if row.kind is found.rating.respondent_kind and row.ended_at is None:
            return row.id
    raise Refusal("respondent_missing", value=found.rating.respondent_kind.value)


def _moved(
    db: DbSession,
    viewer: Viewer,
    filed: Filed,
    *,
    reason: str,
    submission_key: uuid.UUID,
    registry: Registry,
) -> Submission:
    answers = ratings.answers_of(db, viewer, rating_ids=[filed.id])[filed.id]
    # The goals of the right patient are others; what was answered was all that was asked.
    was_whole = filed.total is not None
    is_about_goals = registry.get(filed.instrument).item_texts_from_episode
    return Submission(
        submission_key=submission_key,
        instrument=filed.instrument,
        answers=answers,
        asked=tuple(answers) if is_about_goals and was_whole else None,
        typed_total=None if answers else filed.total,
        is_finished=filed.is_finished,
        source=filed.source,
        rated_at=filed.rated_at,
        variant=filed.variant,
        language=filed.language,
        text_version=filed.text_version,
        form_mode=filed.form_mode,
        form_layout=filed.form_layout,
        input_kind=filed.input_kind,
        device_width=filed.device_width,
        device_time=filed.device_time,
        duration_ms=filed.duration_ms,
        recorded_by=viewer.staff_id,
        moved_from_id=filed.id,
        correction=Correction.WRONG_PATIENT,
        correction_note=reason,
    )


def _withdraw(
    db: DbSession,
    viewer: Viewer,
    found: FoundRating,
    *,
    reason: str,
    moved_to: uuid.UUID,
    now: dt.datetime,
) -> Collection[uuid.UUID]:
    """Withdraw a rating and the rows before it, all of them the other patient's; return which."""
    history = ratings.of_episodes(db, viewer, episode_ids=[found.episode.id])
    known: dict[uuid.UUID | None, Filed] = {filed.id: filed for filed in history}
    gone: list[uuid.UUID] = []
    filed: Filed | None = found.rating
    while filed is not None and not filed.is_withdrawn:
        row_id = new_id()
        sequence = find.log(
            db,
            viewer,
            "withdrew_rating",
            patient_id=found.patient.id,
            now=now,
            rating=filed.id.hex,
            moved_to=moved_to.hex,
        )
        row = Withdrawal(
            org_id=viewer.org_id,
            id=row_id,
            rating_id=filed.id,
            reason_sealed=seal(db, reason, column="withdrawal.reason", row_id=row_id),
            withdrawn_at=now,
            withdrawn_by=viewer.staff_id,
            sequence=sequence,
        )
        ratings.withdraw(db, row)
        gone.append(filed.id)
        filed = known.get(filed.replaces_id)
    endings.forget(db, episode_id=found.episode.id)
    return gone
