"""Look once a day for what no rating tells: nobody has come for long, a session was left open.

Which early alliance ratings are low here is gauged anew before, since it takes all ratings.
"""

import datetime as dt
import uuid
from collections.abc import Sequence

from app.instruments import Registry
from app.records import episodes, jobs, organizations, people, sessions
from app.records.base import DbSession
from app.records.engine import Database, enter_organization
from app.records.sessions import SessionStatus
from app.workflow import access, find, gauge, track

JOB = "keep_watch"

EVERY = dt.timedelta(hours=20)
"""A little under a day, so that a start at eight is not followed by one at nine."""

LEASE = dt.timedelta(hours=1)
"""After so long without an end, another process may take the job over."""

_JUST_HELD = dt.timedelta(days=3)
"""A session of these days may have ended without a score and without a button."""


def run_if_due(database: Database, *, registry: Registry, now: dt.datetime) -> int | None:
    """Look at the open courses if it is time and no other process does; return how many."""
    with database.writing() as db:
        if not jobs.claim(db, name=JOB, now=now, lease=LEASE, every=EVERY):
            return None
    try:
        looked_at = look(database, registry=registry, now=now)
    except BaseException:
        with database.writing() as db:
            jobs.give_back(db, name=JOB)
        raise
    with database.writing() as db:
        jobs.finish(db, name=JOB, now=now)
    return looked_at


def look(database: Database, *, registry: Registry, now: dt.datetime) -> int:
    """Look at every open course that time alone may have changed."""
    looked_at = 0
    with database.reading() as db:
        org_ids = [one.id for one in organizations.every_one(db)]
    for org_id in org_ids:
        with database.reading() as db:
            enter_organization(db, org_id=org_id)
            waiting = _changed_by_time(db, now=now)
            limits = gauge.limits_here(db, registry=registry)
        with database.writing() as db:
            enter_organization(db, org_id=org_id)
            gauge.keep(db, limits, now=now)
        for episode_id in waiting:
            # One short transaction for each, so that no tablet waits for the whole round.
            with database.writing() as db:
                enter_organization(db, org_id=org_id)
                _follow(db, episode_id, registry=registry, now=now)
        looked_at += len(waiting)
    return looked_at


def look_here(db: DbSession, *, registry: Registry, now: dt.datetime) -> None:
    """Look at the open courses of the organization at hand in the caller's transaction."""
    gauge.keep(db, gauge.limits_here(db, registry=registry), now=now)
    for episode_id in _changed_by_time(db, now=now):
        _follow(db, episode_id, registry=registry, now=now)


def _changed_by_time(db: DbSession, *, now: dt.datetime) -> Sequence[uuid.UUID]:
    program = access.the_program(db)
    days = people.organization(db, org_id=program.org_id).no_contact_days
    last = {episode.id: episode.opened_at for episode in episodes.open_ones(db, program)}
    for session in sessions.kept(db, program, episode_ids=list(last)):
        if session.status is SessionStatus.ATTENDED:
            last[session.episode_id] = session.planned_at
    return [
        episode_id
        for episode_id, at in last.items()
        if now - at >= dt.timedelta(days=days) or now - at <= _JUST_HELD
    ]


def _follow(db: DbSession, episode_id: uuid.UUID, *, registry: Registry, now: dt.datetime) -> None:
    found = find.episode(db, access.the_program(db), episode_id=episode_id, now=now)
    track.follow(db, episode=found.episode, registry=registry, now=now)
