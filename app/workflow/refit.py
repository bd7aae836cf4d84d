"""Fit the curves anew at night, form by form; propose what has something new to say."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from app.clinical.instruments import Instrument
from app.clinical.own_curve import is_news
from app.instruments import Registry
from app.records import course_scores, jobs, organizations, proposals
from app.records.course_scores import Asked
from app.records.engine import Database, enter_organization
from app.workflow import adopt, fit
from app.workflow.agree import CLINIC_ZONE
from app.workflow.fit import CannotFitError

JOB = "refit"

EVERY = dt.timedelta(hours=20)
"""A little under a day, so that each night has its own."""

LEASE = dt.timedelta(hours=3)
"""After so long without an end, another process may take the job over."""

NIGHT_BEGINS, NIGHT_ENDS = dt.time(1), dt.time(5)
"""By the clinic's clock: no tablet is in use, and a fit may take what it needs."""


class Outcome(Enum):
    """What became of one form in one organization."""

    NOTHING_NEW = "nothing_new"
    PROPOSED = "proposed"
    ADOPTED = "adopted"
    NOT_FITTED = "not_fitted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Refitted:
    """What became of one form in one organization, for the log of the program."""

    org_id: int
    instrument: str
    outcome: Outcome
    version: str | None = None
    """The curve that was proposed, or put in force."""
    why: str | None = None
    error: Exception | None = None
    """What went wrong where nothing should."""


def is_night(now: dt.datetime) -> bool:
    """Return whether it is night in the clinic."""
    return NIGHT_BEGINS <= now.astimezone(CLINIC_ZONE).time() < NIGHT_ENDS


def run_if_due(
    database: Database, *, registry: Registry, now: dt.datetime
) -> list[Refitted] | None:
    """Fit anew if nobody has today; return what became of each form, or ``None``."""
    if not database.has_flags:
        return None
    with database.writing() as db:
        if not jobs.claim(db, name=JOB, now=now, lease=LEASE, every=EVERY):
            return None
    try:
        done = list(refit(database, registry=registry, now=now))
    except BaseException:
        with database.writing() as db:
            jobs.give_back(db, name=JOB)
        raise
    with database.writing() as db:
        jobs.finish(db, name=JOB, now=now)
    return done


def refit(database: Database, *, registry: Registry, now: dt.datetime) -> Iterator[Refitted]:
    """Fit every form of every organization anew; one that fails does not stop the others."""
    with database.reading() as db:
        org_ids = [one.id for one in organizations.every_one(db)]
    for org_id in org_ids:
        for instrument in fit.candidates(database, org_id=org_id, registry=registry):
            try:
                yield _one(database, org_id, instrument, now=now)
            except CannotFitError as error:
                yield Refitted(org_id, instrument.key, Outcome.NOT_FITTED, why=error.problem)
            except Exception as error:  # noqa: BLE001 - told in the log; the others have their turn
                yield Refitted(org_id, instrument.key, Outcome.FAILED, error=error)


def _one(database: Database, org_id: int, instrument: Instrument, *, now: dt.datetime) -> Refitted:
    version, outcome = None, Outcome.NOTHING_NEW
    if _has_news(database, org_id, instrument):
        proposed = fit.propose(database, org_id=org_id, instrument=instrument, since=None, now=now)
        version, outcome = proposed.curve.version, Outcome.PROPOSED
    with database.writing() as db:
        enter_organization(db, org_id=org_id)
        adopted = adopt.adopt_alone(db, instrument=instrument, now=now)
    if adopted is not None:
        version, outcome = adopted, Outcome.ADOPTED
    return Refitted(org_id, instrument.key, outcome, version=version)


def _has_news(database: Database, org_id: int, instrument: Instrument) -> bool:
    """Return whether enough has come since the last proposal; before the first one, always."""
    with database.reading() as db:
        enter_organization(db, org_id=org_id)
        last = proposals.newest(db, org_id=org_id, instrument=instrument.key)
        if last is None or last.edition != instrument.version:
            return True
        asked = Asked(
            org_id=org_id, instrument=instrument.key, edition=instrument.version, since=None
        )
        n_new = course_scores.closed_anew(db, asked, at=last.created_at, sequence=last.sequence)
    return is_news(n_new=n_new, n_before=last.closed_courses)
