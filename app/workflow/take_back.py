"""Take forms back from tablets when their course or session ends, never from under a hand."""

import datetime as dt
import uuid

from app.records import visits
from app.records.base import DbSession
from app.records.tablets import Visit, VisitState
from app.workflow.refusals import Conflict

ABANDONED_AFTER = dt.timedelta(minutes=10)
"""A form that was started and not touched for so long is left behind."""


def move(visit: Visit, state: VisitState, *, now: dt.datetime) -> None:
    """Note how far a form has come. A code is not shown any longer than it can be typed."""
    visit.state = state
    visit.changed_at = now
    visit.code_sealed = None


def is_being_filled_in(visit: Visit, *, now: dt.datetime) -> bool:
    """Whether somebody has the form before them."""
    return visit.state is VisitState.STARTED and now - visit.changed_at < ABANDONED_AFTER


def take_back(
    db: DbSession,
    *,
    org_id: int,
    episode_id: uuid.UUID,
    session_id: uuid.UUID | None = None,
    now: dt.datetime,
) -> None:
    """Take back the forms of a course, or of one session, that nobody has begun.

    Raises
    ------
    Conflict
        If a patient is filling one in: what they have set would be lost.
    """
    open_ones = visits.open_ones(db, org_id=org_id, episode_id=episode_id, session_id=session_id)
    if any(is_being_filled_in(one, now=now) for one in open_ones):
        raise Conflict("form_being_filled_in")
    for one in open_ones:
        move(one, VisitState.CANCELLED, now=now)
    db.flush()
