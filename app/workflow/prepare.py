"""Prepare what comes next for a patient: the next session, the next form and the tablet for it."""

import datetime as dt
import uuid
from dataclasses import dataclass

from app.instruments import Registry
from app.records.dossiers import Rooms
from app.records.sessions import Channel, SessionStatus
from app.records.tablets import Slot
from app.workflow import retell, track
from app.workflow.retell import Told

__all__ = ["Channel", "Slot"]


@dataclass(frozen=True, slots=True)
class NextSession:
    """The therapy session that is planned next."""

    at: dt.datetime
    channel: Channel


@dataclass(frozen=True, slots=True)
class StartOffer:
    """What the one button of the page hands over, and where."""

    slot: Slot
    instrument: str
    tablet_id: uuid.UUID | None
    """Without a free tablet a code is made."""
    room: str | None


def next_session(told: Told, *, now: dt.datetime) -> NextSession | None:
    """Return the session that is planned next, if one is."""
    ahead = [
        session
        for session in told.record.sessions
        if session.status is SessionStatus.PLANNED
        and now - session.planned_at < track.SESSION_LASTS
    ]
    return NextSession(ahead[0].planned_at, ahead[0].channel) if ahead else None


def start_offer(
    told: Told, registry: Registry, *, rooms: Rooms, now: dt.datetime
) -> StartOffer | None:
    """Return the form that comes next, on the tablet that was used last."""
    episode = told.record.episode
    slot = _next_slot(told, now=now)
    key = episode.main_instrument if slot is Slot.START else episode.alliance_instrument
    if episode.closed_at is not None or key is None or not _has_words(registry, key):
        return None
    free = [room for room in rooms.rooms if not room.is_busy]
    before = dt.datetime.min.replace(tzinfo=dt.UTC)
    room = max(free, key=lambda one: one.last_used or before, default=None)
    return StartOffer(
        slot=slot,
        instrument=key,
        tablet_id=room.tablet_id if room else None,
        room=room.room if room else None,
    )


def _next_slot(told: Told, *, now: dt.datetime) -> Slot:
    """Return whether the form before or the one after the session is due."""
    going_on = [one for one in retell.attended(told) if not track.is_over(one, now=now)]
    episode = told.record.episode
    if not going_on or episode.alliance_instrument is None:
        return Slot.START
    has_begun = going_on[-1].id in retell.score_by_session(told, episode.main_instrument)
    return Slot.END if has_begun else Slot.START


def _has_words(registry: Registry, key: str) -> bool:
    instrument = registry.instruments.get(key)
    return instrument is not None and bool(instrument.texts)
