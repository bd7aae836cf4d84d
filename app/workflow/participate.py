"""The patient's yes or no to being asked. A no changes nothing in the help."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.records import audit, episodes, people
from app.records.audit import Actor, ActorKind, Event
from app.records.base import DbSession, new_id
from app.records.encryption import seal, unseal
from app.records.episodes import Answer, OtherChannel, Participation
from app.records.visibility import Viewer
from app.workflow import access, find
from app.workflow.refusals import Refusal

__all__ = [
    "Answer",
    "OtherChannel",
    "Said",
    "participation_of",
    "record_participation",
    "tell_participation",
]

LONGEST_REASON = 500
"""In characters. Nobody has to give a reason."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a patient said to being asked, and what was offered instead."""

    answer: Answer
    other_channel: OtherChannel
    reason: str | None = field(repr=False)
    at: dt.datetime
    told_to: str | None
    """The name of who wrote it down; missing when the patient said it on the tablet."""


def record_participation(
    db: DbSession,
    *,
    actor: Actor,
    patient_id: uuid.UUID,
    episode_id: uuid.UUID,
    session_id: uuid.UUID | None,
    answer: Answer,
    other_channel: OtherChannel,
    reason: str | None,
    now: dt.datetime,
) -> None:
    """Store a patient's yes or no. Whether the actor may is for the caller to have asked."""
    org_id: int = db.info["org_id"]
    row_id = new_id()
    event = Event(
        actor=actor,
        action="recorded_participation",
        at=now,
        patient_id=patient_id,
        details={
            "episode": episode_id.hex,
            "answer": answer.value,
            "other_channel": other_channel.value,
        },
    )
    sealed = seal(db, reason, column="participation.reason", row_id=row_id) if reason else None
    episodes.add(
        db,
        Participation(
            org_id=org_id,
            id=row_id,
            patient_id=patient_id,
            episode_id=episode_id,
            session_id=session_id,
            answer=answer,
            other_channel=other_channel,
            reason_sealed=sealed,
            recorded_at=now,
            recorded_by=actor.id if actor.kind is ActorKind.STAFF else None,
            sequence=audit.append(db, event),
        ),
    )


def tell_participation(
    db: DbSession,
    viewer: Viewer,
    *,
    episode_id: uuid.UUID,
    answer: Answer,
    other_channel: OtherChannel,
    reason: str | None,
    now: dt.datetime,
) -> None:
    """Store what a patient told a member of staff."""
    found = find.open_episode(db, viewer, episode_id=episode_id, now=now)
    if reason is not None and len(reason) > LONGEST_REASON:
        raise Refusal("reason_too_long", value=str(len(reason)), allowed=str(LONGEST_REASON))
    ground = access.ground_of(db, viewer, patient_id=found.patient.id)
    event = access.event_of(viewer, "recorded_participation", now=now, ground=ground)
    record_participation(
        db,
        actor=event.actor,
        patient_id=found.patient.id,
        episode_id=episode_id,
        session_id=None,
        answer=answer,
        other_channel=other_channel,
        reason=reason,
        now=now,
    )


def participation_of(db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID) -> Sequence[Said]:
    """Return what the patient has said in an episode, newest first."""
    rows = episodes.participation(db, viewer, episode_id=episode_id)
    staff_ids = {row.recorded_by for row in rows if row.recorded_by is not None}
    names = people.staff_names(db, viewer, staff_ids=staff_ids)
    return [
        Said(
            answer=row.answer,
            other_channel=row.other_channel,
            reason=unseal(db, row.reason_sealed, column="participation.reason", row_id=row.id),
            at=row.recorded_at,
            told_to=names.get(row.recorded_by) if row.recorded_by else None,
        )
        for row in rows
    ]
