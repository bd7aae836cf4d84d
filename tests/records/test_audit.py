"""Whoever changes the log behind the program's back is found out."""

import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from app.records import audit
from app.records.audit import CHAIN_START, PROGRAM, Actor, ActorKind, AuditEntry, Event
from app.records.base import DbSession
from app.records.engine import enter_organization, open_engine
from tests.support.clinic import MONDAY, Clinic
from tests.support.databases import Store

HERE: Final = 1
THERE: Final = 2
ENTRIES: Final = 25

Row = dict[str, Any]
Log = list[Row]
Tamper = Callable[[Log, random.Random], None]


def change(log: Log, chance: random.Random) -> None:
    """Change one field of one entry."""
    row = chance.choice(log)
    field = chance.choice([name for name in row if name not in {"org_id", "sequence"}])
    row[field] = another(field, row[field], chance)


def change_and_borrow_a_hash(log: Log, chance: random.Random) -> None:
    """Change an entry and put the hash of another one on it."""
    one, other = chance.sample(log, 2)
    one["action"] = another("action", one["action"], chance)
    one["hash"] = other["hash"]


def remove(log: Log, chance: random.Random) -> None:
    """Take out an entry that is not the newest."""
    log.pop(chance.randrange(len(log) - 1))


def remove_and_close_up(log: Log, chance: random.Random) -> None:
    """Take out an entry and number those after it anew."""
    remove(log, chance)
    number(log)


def swap(log: Log, chance: random.Random) -> None:
    """Let two entries change places."""
    one, other = chance.sample(log, 2)
    one["sequence"], other["sequence"] = other["sequence"], one["sequence"]


def put_in(log: Log, chance: random.Random) -> None:
    """Put a copy of an entry between others."""
    log.insert(chance.randrange(1, len(log)), dict(chance.choice(log)))
    number(log)


TAMPERINGS: Final[tuple[Tamper, ...]] = (
    change,
    change_and_borrow_a_hash,
    remove,
    remove_and_close_up,
    swap,
    put_in,
)


def number(log: Log) -> None:
    for at, row in enumerate(log, start=1):
        row["sequence"] = at


def another(field: str, value: object, chance: random.Random) -> object:
    """Return something else that may stand in a field."""
    match value:
        case None:
            return "clinician" if field == "role" else uuid.UUID(int=chance.getrandbits(128))
        case uuid.UUID():
            return uuid.UUID(int=chance.getrandbits(128))
        case dt.datetime():
            return value + dt.timedelta(microseconds=chance.choice([-1, 1, 10**9]))
        case ActorKind():
            return chance.choice([kind for kind in ActorKind if kind is not value])
        case dict():
            return {**value, "number": -1 - chance.randrange(100)}
        case str():
            return value[:-1] + ("0" if value[-1:] != "0" else "1")
        case _:
            raise TypeError(type(value))


@pytest.fixture
def whole(clinic: Clinic) -> Log:
    """The log of an organization in which something has happened."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=HERE)
        for at in range(ENTRIES):
            audit.append(db, event(at))
    with clinic.database.reading() as db:
        enter_organization(db, org_id=HERE)
        rows = db.execute(select(AuditEntry).order_by(col(AuditEntry.sequence))).scalars()
        return [row.model_dump() for row in rows]


@pytest.fixture
def unguarded(empty_store: Store) -> Iterator[DbSession]:
    """A database in which nothing keeps anybody from changing the log."""
    engine = open_engine(empty_store.owner_url, file_key=empty_store.file_key)
    tables = [SQLModel.metadata.tables[name] for name in ("organization", "audit_entry")]
    SQLModel.metadata.create_all(engine, tables=tables)
    with DbSession(engine) as db:
        for org_id in (HERE, THERE):
            db.execute(
                sa.insert(tables[0]).values(
                    id=org_id,
                    name="Solvik",
                    language="nb",
                    is_synthetic=True,
                    created_at=MONDAY,
                    name_display="full",
                    no_contact_days=28,
                    help_texts={},
                    procedure_texts={},
                )
            )
        db.commit()
        yield db
    engine.dispose()


def event(at: int) -> Event:
    member = Actor(kind=ActorKind.STAFF, id=uuid.UUID(int=at), role="clinician", ground="treats")
    return Event(
        actor=member if at % 3 else PROGRAM,
        action=("saw_client_page", "stored_rating", "saw_worklist")[at % 3],
        at=MONDAY + dt.timedelta(minutes=at),
        patient_id=uuid.UUID(int=1000 + at % 4) if at % 5 else None,
        details={"patients": [uuid.UUID(int=1000 + at).hex], "form": "ærlig", "number": at},
    )


def lay_out(db: DbSession, log: Log) -> None:
    """Let the log be this one."""
    db.execute(sa.delete(AuditEntry))
    if log:
        db.execute(sa.insert(AuditEntry), log)
    db.commit()
    db.expunge_all()


def as_written(log: Log) -> set[tuple[object, ...]]:
    return {tuple(repr(row[name]) for name in sorted(row)) for row in log}


def test_a_log_that_nobody_touched_is_whole(whole: Log, unguarded: DbSession) -> None:
    lay_out(unguarded, whole)

    assert audit.verify(unguarded, org_id=HERE) == (ENTRIES, None)
    assert audit.head(unguarded, org_id=HERE) == (ENTRIES, whole[-1]["hash"])


def test_an_empty_log_is_whole(unguarded: DbSession) -> None:
    assert audit.verify(unguarded, org_id=HERE) == (0, None)
    assert audit.head(unguarded, org_id=HERE) == (0, CHAIN_START)


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_every_change_is_found(whole: Log, unguarded: DbSession, tamper: Tamper) -> None:
    for seed in range(40):
        changed = [dict(row) for row in whole]
        tamper(changed, random.Random(seed))  # noqa: S311 - chance that a seed repeats
        lay_out(unguarded, changed)

        fit, broken = audit.verify(unguarded, org_id=HERE)

        assert as_written(changed) != as_written(whole), seed
        assert broken is not None, seed
        assert broken.sequence == fit + 1, seed


@pytest.mark.parametrize("left", [0, 1, 12, ENTRIES - 1])
def test_entries_taken_off_the_end_are_missed_by_a_head_that_was_kept(
    whole: Log, unguarded: DbSession, left: int
) -> None:
    lay_out(unguarded, whole)
    kept = audit.head(unguarded, org_id=HERE)
    lay_out(unguarded, whole[:left])

    alone = audit.verify(unguarded, org_id=HERE)
    beside_it = audit.verify(unguarded, org_id=HERE, kept=kept)

    assert alone == (left, None)
    assert beside_it == (left, audit.BrokenChain(HERE, left + 1, "missing"))


def test_a_log_written_anew_is_told_by_a_head_that_was_kept(
    whole: Log, unguarded: DbSession
) -> None:
    lay_out(unguarded, whole)
    kept = audit.head(unguarded, org_id=HERE)
    lay_out(unguarded, [])
    unguarded.info["org_id"] = HERE
    for at in range(ENTRIES + 5):
        audit.append(unguarded, event(at + 1))

    alone = audit.verify(unguarded, org_id=HERE)
    beside_it = audit.verify(unguarded, org_id=HERE, kept=kept)

    assert alone == (ENTRIES + 5, None)
    assert beside_it == (ENTRIES - 1, audit.BrokenChain(HERE, ENTRIES, "changed"))


def test_a_log_that_went_on_still_has_the_head_that_was_kept(
    whole: Log, unguarded: DbSession
) -> None:
    lay_out(unguarded, whole[:10])
    kept = audit.head(unguarded, org_id=HERE)
    lay_out(unguarded, whole)

    assert audit.verify(unguarded, org_id=HERE, kept=kept) == (ENTRIES, None)


def test_entries_of_another_organization_are_no_part_of_the_log(
    whole: Log, unguarded: DbSession
) -> None:
    theirs = [{**row, "org_id": THERE} for row in whole]
    lay_out(unguarded, [*whole, *theirs])

    assert audit.verify(unguarded, org_id=HERE) == (ENTRIES, None)
    assert audit.verify(unguarded, org_id=THERE)[1] is not None


def test_a_number_in_the_log_is_given_once(whole: Log, unguarded: DbSession) -> None:
    lay_out(unguarded, whole)
    again = {**whole[-1], "action": "saw_nothing"}

    with pytest.raises(sa.exc.IntegrityError):
        unguarded.execute(sa.insert(AuditEntry), [again])


def test_each_entry_says_who_whose_on_what_ground_and_when(whole: Log) -> None:
    third = whole[1]

    assert third["actor_id"] == uuid.UUID(int=1)
    assert third["role"] == "clinician"
    assert third["ground"] == "treats"
    assert third["patient_id"] == uuid.UUID(int=1001)
    assert third["at"] == MONDAY + dt.timedelta(minutes=1)
    assert third["at"].tzinfo is not None
