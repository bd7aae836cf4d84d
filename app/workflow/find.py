"""Find what an address points at: a patient, an episode, a therapy session or a rating.

What is not there and what is not the viewer's end in the same error. Pages write down
that somebody looked; a change is written down by the function that makes it.
"""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field

from app.records import audit, episodes, people, ratings, sessions
from app.records.base import DbSession
from app.records.episodes import Episode
from app.records.people import NameDisplay, Patient
from app.records.ratings import Filed
from app.records.sessions import TherapySession
from app.records.visibility import Viewer
from app.workflow import access
from app.workflow.access import NotThereError
from app.workflow.refusals import Conflict, Gone

__all__ = ["FoundEpisode", "FoundRating", "FoundSession", "Person"]


@dataclass(frozen=True, slots=True)
class Person:
    """How a page names the patient it is about."""

    patient_id: uuid.UUID
    number: int
    name: str | None = field(repr=False)
    display: NameDisplay
    """How the organization wants patients to be named."""


@dataclass(frozen=True, slots=True)
class FoundEpisode:
    """An episode with its patient."""

    patient: Patient
    episode: Episode


@dataclass(frozen=True, slots=True)
class FoundSession:
    """A therapy session with its episode and patient."""

    patient: Patient
    episode: Episode
    session: TherapySession


@dataclass(frozen=True, slots=True)
class FoundRating:
    """A rating with its episode and patient."""

    patient: Patient
    episode: Episode
    rating: Filed


def patient(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID, now: dt.datetime) -> Patient:
    """Return a patient whom the viewer may see."""
    found = people.patient(db, viewer, patient_id=patient_id)
    if found is None:
        raise _not_there(viewer, patient_id, now=now)
    return found


def episode(
    db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID, now: dt.datetime
) -> FoundEpisode:
    """Return an episode of a patient whom the viewer may see."""
    found = episodes.episode(db, viewer, episode_id=episode_id)
    if found is None:
        raise _not_there(viewer, episode_id, now=now)
    return FoundEpisode(
        patient=patient(db, viewer, patient_id=found.patient_id, now=now), episode=found
    )


def open_episode(
    db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID, now: dt.datetime
) -> FoundEpisode:
    """Return an episode in which something may still be changed."""
    found = episode(db, viewer, episode_id=episode_id, now=now)
    check_open(found.episode)
    return found


def session(
    db: DbSession, viewer: Viewer, *, session_id: uuid.UUID, now: dt.datetime
) -> FoundSession:
    """Return a therapy session of a patient whom the viewer may see."""
    held = sessions.session(db, viewer, session_id=session_id)
    if held is None:
        raise _not_there(viewer, session_id, now=now)
    found = episode(db, viewer, episode_id=held.episode_id, now=now)
    return FoundSession(patient=found.patient, episode=found.episode, session=held)


def open_session(
    db: DbSession, viewer: Viewer, *, session_id: uuid.UUID, now: dt.datetime
) -> FoundSession:
    """Return a therapy session of an episode in which something may still be changed."""
    found = session(db, viewer, session_id=session_id, now=now)
    check_open(found.episode)
    return found


def rating(db: DbSession, viewer: Viewer, *, rating_id: uuid.UUID, now: dt.datetime) -> FoundRating:
    """Return a rating of a patient whom the viewer may see."""
    filed = ratings.filed(db, viewer, rating_id=rating_id)
    if filed is None:
        raise _not_there(viewer, rating_id, now=now)
    found = episode(db, viewer, episode_id=filed.episode_id, now=now)
    return FoundRating(patient=found.patient, episode=found.episode, rating=filed)


def standing_rating(
    db: DbSession, viewer: Viewer, *, rating_id: uuid.UUID, now: dt.datetime
) -> FoundRating:
    """Return a rating that no later row has taken the place of."""
    found = rating(db, viewer, rating_id=rating_id, now=now)
    if not found.rating.counts:
        raise Conflict("already_replaced")
    return found


def changeable_rating(
    db: DbSession, viewer: Viewer, *, rating_id: uuid.UUID, now: dt.datetime
) -> FoundRating:
    """Return a standing rating of an episode in which something may still be changed."""
    found = standing_rating(db, viewer, rating_id=rating_id, now=now)
    check_open(found.episode)
    return found


def check_open(found: Episode) -> None:
    """Refuse a change in an episode that is closed."""
    if found.closed_at is not None:
        raise Gone("episode_closed")


def person(db: DbSession, found: Patient) -> Person:
    """Return how a page names a patient."""
    organization = people.organization(db, org_id=found.org_id)
    return Person(
        patient_id=found.id,
        number=found.number,
        name=people.name_of(db, found),
        display=organization.name_display,
    )


def log(
    db: DbSession,
    viewer: Viewer,
    action: str,
    *,
    patient_id: uuid.UUID,
    now: dt.datetime,
    **details: object,
) -> int:
    """Write down what a member of staff saw or did with a patient's record; return the number."""
    ground = access.ground_of(db, viewer, patient_id=patient_id)
    return audit.append(
        db,
        access.event_of(viewer, action, now=now, ground=ground, patient_id=patient_id, **details),
    )


def log_list(
    db: DbSession,
    viewer: Viewer,
    action: str,
    *,
    patient_ids: Collection[uuid.UUID],
    now: dt.datetime,
) -> None:
    """Write down that a list of patients was seen: one entry that names them all."""
    names = sorted(patient_id.hex for patient_id in patient_ids)
    audit.append(db, access.event_of(viewer, action, now=now, ground="list", patients=names))


def _not_there(viewer: Viewer, asked_for: uuid.UUID, *, now: dt.datetime) -> NotThereError:
    return NotThereError(
        access.event_of(viewer, "refused", now=now, ground="none", asked_for=asked_for.hex)
    )
