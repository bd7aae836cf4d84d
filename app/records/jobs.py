"""When the program's own jobs last ran, and who is running them now."""

import datetime as dt

from sqlmodel import Field, SQLModel

from app.records.base import moment


class Job(SQLModel, table=True):
    """A job that runs now and then; one process at a time holds its lease."""

    __tablename__ = "job"

    name: str = Field(primary_key=True, max_length=40)
    lease_until: dt.datetime | None = moment(nullable=True)
    finished_at: dt.datetime | None = moment(nullable=True)
