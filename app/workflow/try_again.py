"""Try the rules again at night, where figures are old and something new has come."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.instruments import Registry
from app.records import jobs, organizations, replays, rule_settings
from app.records.engine import Database, enter_organization
from app.workflow import rehearse, track

JOB = "rehearse"

EVERY = dt.timedelta(hours=20)
"""A little under a day, so that each night has its own."""

LEASE = dt.timedelta(hours=6)
"""After so long without an end, another process may take the job over."""

OLD_AFTER = dt.timedelta(days=7)
"""Figures of the same rules and curves move little in a week."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one organization at night, for the log of the program."""

    org_id: int
    error: Exception | None = None
    """What went wrong where nothing should."""


def run_if_due(
    database: Database, *, registry: Registry, now: dt.datetime
) -> Sequence[Tried] | None:
    """Rehearse where figures are old, if nobody has today; return what became of each."""
    if not database.has_flags:
        return None
    with database.writing() as db:
        if not jobs.claim(db, name=JOB, now=now, lease=LEASE, every=EVERY):
            return None
        org_ids = [one.id for one in organizations.every_one(db)]
    try:
        done = [
            tried
            for org_id in org_ids
            for tried in _try(database, org_id=org_id, registry=registry, now=now)
        ]
    except BaseException:
        with database.writing() as db:
            jobs.give_back(db, name=JOB)
        raise
    with database.writing() as db:
        jobs.finish(db, name=JOB, now=now)
    return done


def _try(
    database: Database, *, org_id: int, registry: Registry, now: dt.datetime
) -> Iterator[Tried]:
    """Rehearse where it is due; an organization that fails does not stop those behind it."""
    try:
        if _is_due(database, org_id=org_id, now=now):
            rehearse.keep(database, org_id=org_id, registry=registry, now=now)
            yield Tried(org_id)
    except Exception as error:  # noqa: BLE001 - told in the log; the others have their turn
        yield Tried(org_id, error)


def _is_due(database: Database, *, org_id: int, now: dt.datetime) -> bool:
    with database.reading() as db:
        enter_organization(db, org_id=org_id)
        kept = rule_settings.newest_bench(db, org_id=org_id)
        rules = track.rules_in_force(db, org_id=org_id)
        if kept is None:
            return replays.sessions_held(db, org_id=org_id) > 0
        if not rehearse.is_current(db, kept, rules):
            return True
        if now - kept.made_at < OLD_AFTER:
            return False
        # Where too few have come, all would be gone through to find that the old one stands.
        at, sequence = kept.made_at, kept.sequence
        came = replays.came_since(db, org_id=org_id, at=at, sequence=sequence)
        return came >= rehearse.FEWEST_NEW or rehearse.read_kept(kept, rules) is None
