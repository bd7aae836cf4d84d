"""When the program's own jobs last ran, and who is running them now."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel, col

from app.records.base import DbSession, moment


class Job(SQLModel, table=True):
    """A job that runs now and then; one process at a time holds its lease."""

    __tablename__ = "job"

    name: str = Field(primary_key=True, max_length=40)
    lease_until: dt.datetime | None = moment(nullable=True)
    finished_at: dt.datetime | None = moment(nullable=True)


def claim(
    db: DbSession, *, name: str, now: dt.datetime, lease: dt.timedelta, every: dt.timedelta
) -> bool:
    """Take a job if it is due and nobody holds it; whoever gets True runs it.

    One statement, so that two processes cannot both find it free.
    """
    insert = (
        postgresql.insert(Job) if db.get_bind().dialect.name == "postgresql" else sqlite.insert(Job)
    )
    is_free = sa.or_(col(Job.lease_until).is_(None), col(Job.lease_until) <= now)
    is_due = sa.or_(col(Job.finished_at).is_(None), col(Job.finished_at) <= now - every)
    taken = db.execute(
        insert.values(name=name, lease_until=now + lease)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"lease_until": now + lease},
            where=sa.and_(is_free, is_due),
        )
        .returning(col(Job.name))
    ).first()
    return taken is not None


def finish(db: DbSession, *, name: str, now: dt.datetime) -> None:
    """Give a job back as done."""
    db.execute(
        sa.update(Job).where(col(Job.name) == name).values(lease_until=None, finished_at=now)
    )


def give_back(db: DbSession, *, name: str) -> None:
    """Give a job back undone, so that the next round takes it up again."""
    db.execute(sa.update(Job).where(col(Job.name) == name).values(lease_until=None))
