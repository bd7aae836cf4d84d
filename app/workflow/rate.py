"""Accept a rating once, score it, and follow the course: all or nothing."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.clinical.instruments import Instrument, Item, Tenths, Variant
from app.clinical.scoring import (
    AnswerNotOfferedError,
    Score,
    TotalNotPossibleError,
    UnknownItemError,
    check_total,
    critical_answers,
    score,
)
from app.instruments import Registry
from app.records import audit, episodes, ratings, sessions
from app.records.audit import Actor, Event
from app.records.base import DbSession, new_id
from app.records.encryption import seal
from app.records.people import FormLayout, FormMode, RespondentKind
from app.records.ratings import Correction, InputKind, Placed, Source
from app.records.sessions import SessionKept, SessionStatus
from app.records.tablets import Slot
from app.workflow import access, track
from app.workflow.refusals import Conflict, Gone, Refusal

__all__ = [
    "Correction",
    "Filing",
    "FormLayout",
    "FormMode",
    "InputKind",
    "Slot",
    "Source",
    "Stored",
    "Submission",
    "Variant",
    "file_rating",
]


@dataclass(frozen=True, slots=True)
class Filing:
    """Where a rating belongs."""

    patient_id: uuid.UUID
    episode_id: uuid.UUID
    session_id: uuid.UUID
    respondent_id: uuid.UUID
    slot: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What was filled in, and how. ``repr`` shows no answers."""

    submission_key: uuid.UUID
    instrument: str
    answers: Mapping[str, Tenths | None] = field(repr=False)
    is_finished: bool
    source: Source
    rated_at: dt.datetime
    variant: Variant
    asked: tuple[str, ...] | None = None
    """The items that this form asked, where that differs from form to form."""
    typed_total: Tenths | None = field(default=None, repr=False)
    """A total copied from paper when the items were not."""
    language: str | None = None
    text_version: str | None = None
    form_mode: FormMode | None = None
    form_layout: FormLayout | None = None
    input_kind: InputKind | None = None
    device_width: int | None = None
    device_time: dt.datetime | None = None
    duration_ms: int | None = None
    visit_id: uuid.UUID | None = None
    tablet_id: uuid.UUID | None = None
    recorded_by: uuid.UUID | None = None
    replaces_id: uuid.UUID | None = None
    moved_from_id: uuid.UUID | None = None
    correction: Correction | None = None
    correction_note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """A rating that is kept. ``is_new`` is false for a second delivery of the same."""

    rating_id: uuid.UUID
    is_new: bool


_KEPT_AS_SENT = (
    "submission_key",
    "instrument",
    "is_finished",
    "source",
    "rated_at",
    "variant",
    "language",
    "text_version",
    "form_mode",
    "form_layout",
    "input_kind",
    "device_width",
    "device_time",
    "duration_ms",
    "visit_id",
    "tablet_id",
    "recorded_by",
    "moved_from_id",
)


class SubmissionKeyTakenError(Conflict):
    """The same key came before with something else in it."""

    def __init__(self) -> None:
        super().__init__("submission_key_taken")


def file_rating(
    db: DbSession,
    *,
    filing: Filing,
    submission: Submission,
    registry: Registry,
    actor: Actor,
    now: dt.datetime,
    is_history: bool = False,
) -> Stored:
    """Score and store a rating, once per submission key, and follow the course.

    A tablet sends again until it has heard "stored", so the same submission can
    arrive twice, even at the same moment. The second arrival changes nothing and
    gets the first one's id. ``is_history`` is for a rating that others follow at
    once: the course is looked at when the latest one is stored.
    """
    audit.take_turn(db)
    return filed_before(db, filing=filing, submission=submission) or file_new(
        db,
        filing=filing,
        submission=submission,
        registry=registry,
        actor=actor,
        now=now,
        is_history=is_history,
    )


def filed_before(db: DbSession, *, filing: Filing, submission: Submission) -> Stored | None:
    """Return what was stored under a submission key before; refuse it with something else in it.

    The caller has taken its turn to write.
    """
    stored = ratings.by_submission(db, submission_key=submission.submission_key)
    if stored is None:
        return None
    rating_id, fingerprint = stored
    if fingerprint != _fingerprint(filing, submission):
        raise SubmissionKeyTakenError
    return Stored(rating_id=rating_id, is_new=False)


def file_new(
    db: DbSession,
    *,
    filing: Filing,
    submission: Submission,
    registry: Registry,
    actor: Actor,
    now: dt.datetime,
    is_history: bool = False,
) -> Stored:
    """Score and store a rating that was not filed before, and follow the course."""
    instrument = registry.get(submission.instrument)
    given = _score(instrument, submission)
    place = _find_place(db, filing)
    rating_id = new_id()
    sequence = audit.append(
        db, _event(filing, submission, actor=actor, now=now, rating_id=rating_id)
    )
    row = {
        **_columns(filing, submission),
        **_replacing(place.record.history, filing, submission, has_total=given.total is not None),
        "id": rating_id,
        "instrument_version": instrument.version,
        "recorded_at": now,
        "body_hash": _fingerprint(filing, submission),
        "total": given.total if submission.is_finished else None,
        "total_lowest": instrument.scoring.lowest,
        "total_highest": instrument.scoring.highest,
        "is_prorated": given.is_prorated and submission.is_finished,
        "correction_note_sealed": _sealed_note(db, submission, rating_id=rating_id),
        "sequence": sequence,
    }
    filed = ratings.add(
        db, row, kind=place.respondent_kind, answers=_answered(instrument, submission)
    )
    has_answers = submission.typed_total is not None or any(
        value is not None for value in submission.answers.values()
    )
    if has_answers and place.session.status is SessionStatus.PLANNED:
        sessions.mark_attended(db, session_id=place.session.id)
    if is_history:
        return Stored(rating_id=rating_id, is_new=True)
    rated = track.JustRated(
        id=rating_id,
        session_id=filing.session_id,
        respondent_id=filing.respondent_id,
        critical=critical_answers(instrument, submission.answers),
    )
    record = place.record.with_new(filed)
    track.follow(db, episode=record.episode, registry=registry, now=now, rated=rated, record=record)
    return Stored(rating_id=rating_id, is_new=True)


@dataclass(frozen=True, slots=True)
class _Place:
    record: track.RecordOf[Placed]
    session: SessionKept
    respondent_kind: RespondentKind


def _find_place(db: DbSession, filing: Filing) -> _Place:
    """Return where a rating goes, if that is still open."""
    program = access.the_program(db)
    place = episodes.place(
        db, program, episode_id=filing.episode_id, respondent_id=filing.respondent_id
    )
    if place is None or place.episode.patient_id != filing.patient_id:
        raise access.NotThereError
    if place.episode.closed_at is not None:
        raise Gone("episode_closed")
    record = track.read_placed(db, program, episode=place.episode, baseline_id=place.baseline_id)
    session = next((one for one in record.sessions if one.id == filing.session_id), None)
    if session is None:
        raise access.NotThereError
    if session.status in {SessionStatus.CANCELLED, SessionStatus.NOT_ATTENDED}:
        raise Gone("session_did_not_happen")
    return _Place(record=record, session=session, respondent_kind=place.respondent_kind)


def _fingerprint(filing: Filing, submission: Submission) -> str:
    """Return the same value for the same content, whenever and however often it is sent."""
    content = {
        "filing": [str(getattr(filing, name)) for name in ("episode_id", "session_id")],
        "respondent": str(filing.respondent_id),
        "slot": filing.slot.value,
        "instrument": submission.instrument,
        "answers": sorted(
            (item, value) for item, value in submission.answers.items() if value is not None
        ),
        "total": submission.typed_total,
        "is_finished": submission.is_finished,
        "written": None if submission.source is Source.TABLET else _written(submission),
        "replaces": str(submission.replaces_id),
        "text_version": submission.text_version,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _score(instrument: Instrument, submission: Submission) -> Score:
    """Return the score by the instrument's own rule, or refuse with the allowed values."""
    try:
        if submission.typed_total is not None:
            if any(value is not None for value in submission.answers.values()):
                raise Refusal("items_and_total")
            check_total(instrument, submission.typed_total)
            return Score(
                total=submission.typed_total,
                subscales={},
                missing=(),
                is_prorated=False,
                why_no_total=None,
            )
        return score(instrument, submission.answers, asked=submission.asked)
    except UnknownItemError as error:
        raise Refusal(
            "unknown_item", value=error.item[:40], allowed=", ".join(error.allowed)
        ) from error
    except AnswerNotOfferedError as error:
        raise Refusal(
            "answer_not_offered",
            value=f"{error.item} = {error.value / 10:g}",
            allowed=_points(error.allowed),
        ) from error
    except TotalNotPossibleError as error:
        raise Refusal(
            "total_not_possible",
            value=f"{error.value / 10:g}",
            allowed=_points((error.lowest, error.highest)),
        ) from error


def _points(values: Sequence[Tenths]) -> str:
    """Write allowed values, in points: "0, 1, 2, 3", or the two ends of a line, "0–10"."""
    joint = "–" if len(values) == 2 else ", "  # noqa: PLR2004 - two values are the ends
    return joint.join(f"{value / 10:g}" for value in values)


def _written(submission: Submission) -> Sequence[str | None]:
    """Return what staff typed beside the answers. A tablet's time is set here, not sent."""
    return [
        submission.rated_at.date().isoformat(),
        submission.correction.value if submission.correction else None,
        submission.correction_note,
    ]


def _replacing(
    history: Sequence[Placed], filing: Filing, submission: Submission, *, has_total: bool
) -> Mapping[str, object]:
    """Return which earlier row this one takes the place of, and why."""
    if submission.replaces_id is not None:
        named = next((filed for filed in history if filed.id == submission.replaces_id), None)
        if named is None or not named.counts:
            raise Conflict("already_replaced")
        if not submission.is_finished:
            # Half a change is kept beside what was answered before; that still counts.
            return {"replaces_id": None, "correction": None}
        return {"replaces_id": named.id, "correction": submission.correction}
    same_place = [
        filed
        for filed in history
        if filed.counts
        and (filed.session_id, filed.slot) == (filing.session_id, filing.slot)
        and (filed.respondent_id, filed.instrument) == (filing.respondent_id, submission.instrument)
    ]
    loses_score = not has_total and any(filed.total is not None for filed in same_place)
    if not same_place or not submission.is_finished or loses_score:
        # An unfinished set takes the place of nothing, and one without a score of no score.
        return {"replaces_id": None, "correction": submission.correction}
    # Somebody may have begun again and left in between: were that set replaced instead, two
    # finished ones would count for one session.
    finished = [filed for filed in same_place if filed.is_finished]
    correction = submission.correction or Correction.SECOND_SET
    return {"replaces_id": (finished or same_place)[-1].id, "correction": correction}


def _columns(filing: Filing, submission: Submission) -> Mapping[str, object]:
    return {
        **{name: getattr(submission, name) for name in _KEPT_AS_SENT},
        "patient_id": filing.patient_id,
        "episode_id": filing.episode_id,
        "session_id": filing.session_id,
        "respondent_id": filing.respondent_id,
        "slot": filing.slot,
    }


def _answered(instrument: Instrument, submission: Submission) -> Sequence[tuple[Item, Tenths]]:
    return [
        (item, value)
        for item in instrument.items
        if (value := submission.answers.get(item.key)) is not None
    ]


def _sealed_note(db: DbSession, submission: Submission, *, rating_id: uuid.UUID) -> bytes | None:
    if not submission.correction_note:
        return None
    return seal(db, submission.correction_note, column="rating.correction_note", row_id=rating_id)


def _event(
    filing: Filing,
    submission: Submission,
    *,
    actor: Actor,
    now: dt.datetime,
    rating_id: uuid.UUID,
) -> Event:
    return Event(
        actor=actor,
        action="stored_rating",
        at=now,
        patient_id=filing.patient_id,
        details={
            "rating": rating_id.hex,
            "session": filing.session_id.hex,
            "instrument": submission.instrument,
            "source": submission.source.value,
        },
    )
