"""Who saw or changed what; appended only, each entry sealed to the one before."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, SQLModel, col, select

from app.records.base import DbSession, ask, choice, moment, table_of

CHAIN_START = "0" * 64
"""What stands before the first entry of an organization."""


_CHAIN_LOCK = 4711
"""First half of the advisory lock; the second is the organization."""


class ActorKind(Enum):
    """Who did it."""

    STAFF = "staff"
    TABLET = "tablet"
    PROGRAM = "program"


class AuditEntry(SQLModel, table=True):
    """One thing that somebody saw or did."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("ix_audit_entry_patient", "org_id", "patient_id", "sequence"),
        sa.Index("ix_audit_entry_actor", "org_id", "actor_id", "sequence"),
    )

    org_id: int = Field(primary_key=True, foreign_key="organization.id")
    sequence: int = Field(primary_key=True)
    at: dt.datetime = moment()
    actor_kind: ActorKind = choice(ActorKind, "actor_kind")
    actor_id: uuid.UUID | None = None
    role: str | None = Field(default=None, max_length=60)
    action: str = Field(max_length=60)
    ground: str = Field(max_length=60)
    """On what ground: treats, supervises, tablet, administers, program."""
    patient_id: uuid.UUID | None = None
    details: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    """Identifiers and numbers of ours; never answers, names or free text."""
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting, as it will stand in the log."""

    kind: ActorKind
    id: uuid.UUID | None
    role: str | None
    ground: str


PROGRAM = Actor(kind=ActorKind.PROGRAM, id=None, role=None, ground="program")
"""The program itself: nightly jobs, imports, rules."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, to be written to the log together with the change itself."""

    actor: Actor
    action: str
    at: dt.datetime
    patient_id: uuid.UUID | None = None
    details: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """The first entry that does not fit the one before it."""

    org_id: int
    sequence: int
    reason: str


_ENTRY = table_of(AuditEntry)
_INSERT = sa.insert(_ENTRY)
_HEAD = (
    sa.select(_ENTRY.c.sequence, _ENTRY.c.hash)
    .where(_ENTRY.c.org_id == sa.bindparam("org"))
    .order_by(_ENTRY.c.sequence.desc())
    .limit(1)
)
_TAKE_TURN = sa.text("SELECT pg_advisory_xact_lock(:lock, :org)")


def take_turn(db: DbSession) -> None:
    """Wait until no other transaction writes in the organization at hand.

    There is one chain for each organization: on PostgreSQL two transactions must not
    read the same last entry. SQLite has one writer anyway.
    """
    org_id: int = db.info["org_id"]
    if db.info.get("turn_of") == org_id or db.get_bind().dialect.name != "postgresql":
        return
    ask(db, _TAKE_TURN, lock=_CHAIN_LOCK, org=org_id)
    # What was taken inside a savepoint is given back if that is undone.
    db.info["turn_of"] = None if db.in_nested_transaction() else org_id


def append(db: DbSession, event: Event) -> int:
    """Write an entry and return its number, which orders everything in the organization."""
    take_turn(db)
    org_id: int = db.info["org_id"]
    last, previous_hash = _newest_here(db, org_id=org_id)
    sequence = last + 1
    row = {
        "org_id": org_id,
        "sequence": sequence,
        "at": event.at,
        "actor_kind": event.actor.kind,
        "actor_id": event.actor.id,
        "role": event.actor.role,
        "action": event.action,
        "ground": event.actor.ground,
        "patient_id": event.patient_id,
        "details": event.details,
        "previous_hash": previous_hash,
    }
    row["hash"] = _hash(row)
    ask(db, _INSERT, **row)
    # What was written inside a savepoint is gone if that is undone.
    is_sure = not db.in_nested_transaction()
    db.info["newest_entry"] = (org_id, sequence, row["hash"]) if is_sure else None
    return sequence


def _newest_here(db: DbSession, *, org_id: int) -> tuple[int, str]:
    """Return the head of the chain; what this transaction wrote last is it, for it has the turn."""
    newest: tuple[int, int, str] | None = db.info.get("newest_entry")
    if newest is None or newest[0] != org_id:
        return head(db, org_id=org_id)
    return newest[1], newest[2]


def verify(
    db: DbSession, *, org_id: int, kept: tuple[int, str] | None = None
) -> tuple[int, BrokenChain | None]:
    """Read the whole chain; return how many entries fit, and the first that does not.

    The chain alone cannot tell that its newest entries were taken away, or that all of it
    was written anew; ``kept``, a head that was kept somewhere else, can.
    """
    question = (
        select(AuditEntry)
        .where(AuditEntry.org_id == org_id)
        .order_by(col(AuditEntry.sequence))
        .execution_options(yield_per=1000)
    )
    # Closed also when the reading stops half-way: PostgreSQL keeps a cursor open for it.
    with closing(db.execute(question).scalars()) as rows:
        return _verify(rows, org_id=org_id, kept=kept)


def _verify(
    rows: Iterable[AuditEntry], *, org_id: int, kept: tuple[int, str] | None
) -> tuple[int, BrokenChain | None]:
    fit, previous_hash = 0, CHAIN_START
    for row in rows:
        if row.sequence != fit + 1:
            return fit, BrokenChain(org_id, fit + 1, "missing")
        is_kept = kept is None or row.sequence != kept[0] or row.hash == kept[1]
        is_whole = row.previous_hash == previous_hash and row.hash == _hash(row.model_dump())
        if not (is_kept and is_whole):
            return fit, BrokenChain(org_id, row.sequence, "changed")
        fit, previous_hash = row.sequence, row.hash
    if kept is not None and fit < kept[0]:
        return fit, BrokenChain(org_id, fit + 1, "missing")
    return fit, None


def head(db: DbSession, *, org_id: int) -> tuple[int, str]:
    """Return the number and hash of the newest entry, to be kept somewhere else."""
    last = ask(db, _HEAD, org=org_id).first()
    return (last[0], last[1]) if last else (0, CHAIN_START)


def newest(db: DbSession, *, org_id: int, before: int | None, most: int) -> Sequence[AuditEntry]:
    """Return the newest entries, or the newest of those before a number."""
    question = select(AuditEntry).where(AuditEntry.org_id == org_id)
    if before is not None:
        question = question.where(AuditEntry.sequence < before)
    return (
        db.execute(question.order_by(col(AuditEntry.sequence).desc()).limit(most)).scalars().all()
    )


def entries_about(
    db: DbSession,
    *,
    org_id: int,
    patient_id: uuid.UUID,
    before: int | None = None,
    most: int | None = None,
) -> Sequence[AuditEntry]:
    """Return who saw or changed a patient's record, newest first; lists that showed them too."""
    on_a_list = sa.cast(AuditEntry.details, sa.String).contains(patient_id.hex, autoescape=True)
    is_about = sa.or_(
        col(AuditEntry.patient_id) == patient_id,
        sa.and_(col(AuditEntry.patient_id).is_(None), on_a_list),
    )
    question = select(AuditEntry).where(AuditEntry.org_id == org_id).where(is_about)
    if before is not None:
        question = question.where(AuditEntry.sequence < before)
    return (
        db.execute(question.order_by(col(AuditEntry.sequence).desc()).limit(most)).scalars().all()
    )


def _hash(row: dict[str, object]) -> str:
    plain = {key: _plain(value) for key, value in row.items() if key != "hash"}
    words = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(words.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, Enum):
        return value.value
    return value
