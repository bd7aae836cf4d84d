"""Keep up what is known of each course, so that a curve is fitted without reading them all."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from app.clinical.begun_courses import NOT_BEGUN, BegunCourses, written
from app.records import audit, course_rows, kept_courses
from app.records.base import DbSession
from app.records.course_rows import Opened
from app.records.course_scores import Asked
from app.records.engine import Database, enter_organization
from app.workflow.sum_up import Tally, batches, read, tally_of

Heard = Callable[[int, int], None]
"""Is told how many courses have been read, and of how many, again and again."""

_AT_A_TIME = 25
"""Courses that are read in one transaction: a few thousandths of a second."""

_SOON_READ = 2000
"""Courses that are read without a pause: as many as change in a day at a large service."""

_PAUSES = 3
"""How many times as long as such a transaction the next one waits for: nobody else may write
to the embedded database meanwhile, and whoever wants to looks only now and then."""


def keep_up(database: Database, asked: Asked, *, heard: Heard) -> Tally:
    """Read the courses that are new or have changed, and keep what was read; sum up all.

    A few at a time, each in a transaction of its own: whoever hands in a form meanwhile waits
    no longer than these take.
    """
    may_be_more = True
    while may_be_more:
        with database.writing() as db:
            enter_organization(db, org_id=asked.org_id)
            may_be_more = kept_courses.forget_changed(db, org_id=asked.org_id)
    with database.reading() as db:
        enter_organization(db, org_id=asked.org_id)
        opened = course_rows.opened(db, asked)
    return tally_of(opened, asked, others=_kept_anew(database, asked, opened, heard=heard))


def _kept_anew(
    database: Database, asked: Asked, opened: Opened, *, heard: Heard
) -> Iterator[tuple[Sequence[uuid.UUID], BegunCourses]]:
    in_all = len(opened.patient)
    done = in_all - len(opened.others)
    pauses = _PAUSES if len(opened.others) > _SOON_READ else 0
    for courses in batches(sorted(opened.others), at_a_time=_AT_A_TIME):
        began = time.monotonic()
        with database.writing() as db:
            enter_organization(db, org_id=asked.org_id)
            begun = _keep(db, asked, courses)
        time.sleep(pauses * (time.monotonic() - began))
        yield courses, begun
        done += len(courses)
        heard(done, in_all)
    heard(in_all, in_all)


def _keep(db: DbSession, asked: Asked, courses: Sequence[uuid.UUID]) -> BegunCourses:
    # Before anything is read: nobody else may take up the note of a change that comes now.
    audit.take_turn(db)
    begun = read(db, asked, courses=courses)
    as_kept = dict(zip(begun.course, written(begun), strict=True))
    kept_courses.keep(
        db,
        [
            {
                "org_id": asked.org_id,
                "episode_id": course,
                "instrument": asked.instrument,
                **asdict(as_kept.get(place, NOT_BEGUN)),
            }
            for place, course in enumerate(courses)
        ],
    )
    return begun
