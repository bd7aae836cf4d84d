"""Hold therapy sessions: plan, note who came, and end them. A session's number is counted."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.instruments import Registry
from app.records import ratings, sessions
from app.records.base import DbSession, new_id
from app.records.episodes import Episode
from app.records.sessions import Channel, SessionKept, SessionStatus, TherapySession
from app.records.visibility import Viewer
from app.workflow import find, track
from app.workflow.agree import local_day
from app.workflow.find import FoundSession, Person
from app.workflow.refusals import Conflict, Refusal
from app.workflow.take_back import take_back

__all__ = [
    "Channel",
    "Held",
    "Person",
    "SessionList",
    "SessionStatus",
    "change_plan",
    "count_sessions",
    "end_session",
    "held_in",
    "plan_session",
    "session_of",
    "sessions_of",
    "set_status",
    "undo_end",
]

PLANNED_AHEAD = dt.timedelta(days=731)
"""A session later than two years from now is a mistyped year."""


@dataclass(frozen=True, slots=True)
class Held:
    """A therapy session on a list."""

    session_id: uuid.UUID
    number: int | None
    """1 for the first that the patient came to; missing for the others."""
    planned_at: dt.datetime
    status: SessionStatus
    channel: Channel
    ended_at: dt.datetime | None
    forms: int
    """How many ratings that count were given in it."""


@dataclass(frozen=True, slots=True)
class SessionList:
    """The therapy sessions of an episode, newest first."""

    person: Person
    episode_id: uuid.UUID
    is_open: bool
    sessions: Sequence[Held]


def sessions_of(
    db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID, now: dt.datetime
) -> SessionList:
    """Return the sessions of an episode, and write down that they were seen."""
    found = find.episode(db, viewer, episode_id=episode_id, now=now)
    find.log(
        db,
        viewer,
        "saw_sessions",
        patient_id=found.patient.id,
        now=now,
        episode=episode_id.hex,
    )
    return SessionList(
        person=find.person(db, found.patient),
        episode_id=episode_id,
        is_open=found.episode.closed_at is None,
        sessions=held_in(db, viewer, episode_id=episode_id),
    )


def held_in(db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID) -> Sequence[Held]:
    """Return the sessions of an episode, newest first. Write it down where you show it."""
    rows = sessions.kept(db, viewer, episode_ids=[episode_id])
    forms = _forms_by_session(db, viewer, episode_id=episode_id)
    numbers = count_sessions(rows)
    return [_held(row, numbers=numbers, forms=forms) for row in reversed(rows)]


def session_of(
    db: DbSession, viewer: Viewer, *, session_id: uuid.UUID, now: dt.datetime
) -> tuple[Person, Held]:
    """Return one session with its number. The caller writes down what was seen of it."""
    found = find.session(db, viewer, session_id=session_id, now=now)
    held = held_in(db, viewer, episode_id=found.episode.id)
    (one,) = (session for session in held if session.session_id == session_id)
    return find.person(db, found.patient), one


def count_sessions(rows: Sequence[SessionKept]) -> Mapping[uuid.UUID, int]:
    """Return the numbers of the sessions that the patient came to; ``rows`` are in order."""
    came = [row for row in rows if row.status is SessionStatus.ATTENDED]
    return {row.id: number for number, row in enumerate(came, start=1)}


def plan_session(
    db: DbSession,
    viewer: Viewer,
    *,
    episode_id: uuid.UUID,
    planned_at: dt.datetime,
    channel: Channel,
    now: dt.datetime,
) -> uuid.UUID:
    """Plan a session, or write one down that has been."""
    found = find.open_episode(db, viewer, episode_id=episode_id, now=now)
    _check_time(found.episode, planned_at, now=now)
    row = TherapySession(
        org_id=viewer.org_id,
        id=new_id(),
        episode_id=episode_id,
        patient_id=found.patient.id,
        planned_at=planned_at,
        status=SessionStatus.PLANNED,
        channel=channel,
        created_at=now,
        created_by=viewer.staff_id,
    )
    find.log(
        db, viewer, "planned_session", patient_id=found.patient.id, now=now, session=row.id.hex
    )
    sessions.add(db, row)
    return row.id


def change_plan(
    db: DbSession,
    viewer: Viewer,
    *,
    session_id: uuid.UUID,
    planned_at: dt.datetime,
    channel: Channel,
    registry: Registry,
    now: dt.datetime,
) -> None:
    """Move a session to another time, or hold it in another way."""
    found = find.open_session(db, viewer, session_id=session_id, now=now)
    _check_time(found.episode, planned_at, now=now)
    if found.session.status is not SessionStatus.PLANNED:
        _check_day_has_come(planned_at, now=now)
    _log(db, viewer, found, "moved_session", now=now, channel=channel)
    found.session.planned_at = planned_at
    found.session.channel = channel
    db.flush()
    track.follow(db, episode=found.episode, registry=registry, now=now)


def set_status(
    db: DbSession,
    viewer: Viewer,
    *,
    session_id: uuid.UUID,
    status: SessionStatus,
    registry: Registry,
    now: dt.datetime,
) -> None:
    """Note what became of a session, or take the note back."""
    found = find.open_session(db, viewer, session_id=session_id, now=now)
    if found.session.status is status:
        return
    if status in {SessionStatus.ATTENDED, SessionStatus.NOT_ATTENDED}:
        _check_day_has_come(found.session.planned_at, now=now)
    if status is not SessionStatus.ATTENDED and _has_forms(db, viewer, found):
        raise Conflict("session_has_ratings")
    if status is not SessionStatus.ATTENDED:
        take_back(
            db,
            org_id=viewer.org_id,
            episode_id=found.episode.id,
            session_id=session_id,
            now=now,
        )
    _log(db, viewer, found, "set_session_status", now=now, status=status)
    found.session.status = status
    if status is not SessionStatus.ATTENDED:
        found.session.ended_at = None
    db.flush()
    track.follow(db, episode=found.episode, registry=registry, now=now)


def end_session(
    db: DbSession,
    viewer: Viewer,
    *,
    session_id: uuid.UUID,
    registry: Registry,
    now: dt.datetime,
) -> None:
    """End a session that the patient came to."""
    found = find.open_session(db, viewer, session_id=session_id, now=now)
    if found.session.status is not SessionStatus.ATTENDED:
        raise Conflict("session_not_attended")
    if found.session.ended_at is not None:
        return
    _log(db, viewer, found, "ended_session", now=now)
    found.session.ended_at = now
    db.flush()
    track.follow(db, episode=found.episode, registry=registry, now=now)


def undo_end(
    db: DbSession,
    viewer: Viewer,
    *,
    session_id: uuid.UUID,
    registry: Registry,
    now: dt.datetime,
) -> None:
    """Take back that a session was ended."""
    found = find.open_session(db, viewer, session_id=session_id, now=now)
    if found.session.ended_at is None:
        return
    _log(db, viewer, found, "undid_session_end", now=now)
    found.session.ended_at = None
    db.flush()
    track.follow(db, episode=found.episode, registry=registry, now=now)


def _held(
    row: SessionKept,
    *,
    numbers: Mapping[uuid.UUID, int],
    forms: Mapping[uuid.UUID, int],
) -> Held:
    return Held(
        session_id=row.id,
        number=numbers.get(row.id),
        planned_at=row.planned_at,
        status=row.status,
        channel=row.channel,
        ended_at=row.ended_at,
        forms=forms.get(row.id, 0),
    )


def _forms_by_session(
    db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID
) -> Mapping[uuid.UUID, int]:
    """Return how many forms were answered in each session; one left untouched is none."""
    found: dict[uuid.UUID, int] = {}
    for filed, answers in ratings.with_answers(db, viewer, episode_id=episode_id):
        if filed.counts and (answers or filed.total is not None):
            found[filed.session_id] = found.get(filed.session_id, 0) + 1
    return found


def _has_forms(db: DbSession, viewer: Viewer, found: FoundSession) -> bool:
    forms = _forms_by_session(db, viewer, episode_id=found.episode.id)
    return found.session.id in forms


def _check_time(episode: Episode, planned_at: dt.datetime, *, now: dt.datetime) -> None:
    earliest, latest = local_day(episode.opened_at), local_day(now + PLANNED_AHEAD)
    if not earliest <= local_day(planned_at) <= latest:
        raise Refusal(
            "session_day",
            value=local_day(planned_at).isoformat(),
            allowed=f"{earliest.isoformat()} – {latest.isoformat()}",
        )


def _check_day_has_come(planned_at: dt.datetime, *, now: dt.datetime) -> None:
    if local_day(planned_at) > local_day(now):
        raise Conflict("session_not_yet", value=local_day(planned_at).isoformat())


def _log(
    db: DbSession,
    viewer: Viewer,
    found: FoundSession,
    action: str,
    *,
    now: dt.datetime,
    status: SessionStatus | None = None,
    channel: Channel | None = None,
) -> None:
    details = {"status": status, "channel": channel}
    find.log(
        db,
        viewer,
        action,
        patient_id=found.patient.id,
        now=now,
        session=found.session.id.hex,
        **{name: value.value for name, value in details.items() if value is not None},
    )
