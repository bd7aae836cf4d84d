"""Place a course among others by need: its status, the flag that decides it, and why."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from app.clinical.follow_up import FlagState
from app.clinical.overview import Status, Summary, status_of, summarize
from app.clinical.rules import Group, Level, RuleId
from app.clinical.trajectory import Trajectory
from app.instruments import Registry
from app.records.base import DbSession
from app.records.curves import CurveInUse
from app.records.encryption import unseal
from app.records.flags import Step, Traced
from app.records.sessions import SessionStatus
from app.workflow import track
from app.workflow.track import Numbering, Record

__all__ = ["FlagState", "Status"]

_STALE_RULES = frozenset({RuleId.MISSING, RuleId.NO_CONTACT})
_GROUPS, _LEVELS, _RULES = tuple(Group), tuple(Level), tuple(RuleId)


class Part(Enum):
    """Parts of the list, in the order of need."""

    LOOK = "look"
    WATCH = "watch"
    EXPECTED = "expected"
    UNCOMPARED = "uncompared"
    EARLY = "early"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class TopFlag:
    """The flag that gives a course its place in the list."""

    flag_id: uuid.UUID
    rule: RuleId
    numbers: Mapping[str, int | float]
    item: int | None
    """The number of the critical question on its form."""
    state: FlagState
    level: Level
    moved_at: dt.datetime | None
    """When its review came where it is."""
    moved_by: str | None
    note: str | None

    @property
    def is_pressing(self) -> bool:
        """Whether it belongs to the top group."""
        return self.level.group is Group.LOOK


@dataclass(frozen=True, slots=True)
class Place:
    """Where a course stands in the list, and why."""

    status: Status
    part: Part
    summary: Summary
    session_offset: int
    """What is added to a session counted from the start score to get its number among all."""
    top: TopFlag | None

    @property
    def is_reviewed(self) -> bool:
        """Whether somebody has decided about the flag that gave it this place."""
        return self.top is not None and self.top.state.is_reviewed

    @property
    def is_immediate(self) -> bool:
        """Whether an answer must be seen at once and nobody has decided about it."""
        return self.top is not None and self.top.level is Level.IMMEDIATE and not self.is_reviewed


def place_course(
    db: DbSession,
    record: Record,
    trajectory: Trajectory,
    *,
    raised: Sequence[Traced],
    curve: CurveInUse | None,
    registry: Registry,
    now: dt.datetime,
) -> Place:
    """Return where a course stands, by its scores and the flags that were raised in it."""
    numbering = track.number_sessions(record, instrument=record.episode.main_instrument, now=now)
    standing = [
        track.as_standing(flag.standing, record=record, numbering=numbering) for flag in raised
    ]
    may_use = track.may_raise_flags(curve)
    status = status_of(trajectory, standing=standing, may_use_curve=may_use)
    top = top_of(raised)
    return Place(
        status=status,
        part=_part_of(status),
        summary=summarize(trajectory, standing=standing, may_use_curve=may_use),
        session_offset=session_offset(record, numbering),
        top=_top_flag(db, top, registry=registry) if top else None,
    )


def asks_for_review(raised: Traced) -> bool:
    """Whether a flag is more than a sentence: it gives its course a place in the list."""
    return raised.flag.level.group is not Group.NOTE or raised.flag.rule in _STALE_RULES


def top_of(raised: Sequence[Traced]) -> Traced | None:
    """Return the flag that gives a course its place: in the higher group, one not yet seen."""
    return min(
        (one for one in raised if one.state.is_standing and asks_for_review(one)),
        key=lambda one: (
            _GROUPS.index(one.flag.level.group),
            one.state.is_reviewed,
            _LEVELS.index(one.flag.level),
            _RULES.index(one.flag.rule),
        ),
        default=None,
    )


def _top_flag(db: DbSession, top: Traced, *, registry: Registry) -> TopFlag:
    step = top.last_step
    return TopFlag(
        flag_id=top.flag.id,
        rule=top.flag.rule,
        numbers=top.standing.numbers,
        item=item_number(top, registry=registry),
        state=top.state,
        level=top.flag.level,
        moved_at=step.review.reviewed_at if step else None,
        moved_by=step.by if step else None,
        note=note_of(db, step) if step else None,
    )


def item_number(raised: Traced, *, registry: Registry) -> int | None:
    """Return the number of the critical question on its form."""
    instrument = registry.instruments.get(raised.instrument) if raised.instrument else None
    keys = [one.key for one in instrument.items] if instrument else []
    return keys.index(raised.flag.item) + 1 if raised.flag.item in keys else None


def note_of(db: DbSession, step: Step) -> str | None:
    """Return what somebody wrote beside a step."""
    review = step.review
    return unseal(db, review.note_sealed, column="review.note", row_id=review.id)


def _part_of(status: Status) -> Part:
    match status:
        case Status.LOOK:
            return Part.LOOK
        case Status.WATCH:
            return Part.WATCH
        case Status.EXPECTED | Status.BETTER:
            return Part.EXPECTED
        case Status.UNCOMPARED:
            return Part.UNCOMPARED
        case Status.EARLY:
            return Part.EARLY
        case Status.STALE:
            return Part.STALE


def session_offset(record: Record, numbering: Numbering) -> int:
    """Return what is added to a session counted from the start score for its number among all."""
    came = [one.id for one in record.sessions if one.status is SessionStatus.ATTENDED]
    numbered = [(at, numbering.of_session[one]) for at, one in enumerate(came, start=1)]
    return next((at - k for at, k in numbered), 0)
