"""Supervise: what is open in the teams, for how long, and what was decided and not followed up."""

import datetime as dt
import statistics
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.clinical.follow_up import Decision, FlagState, ReviewStep
from app.clinical.instruments import Direction
from app.clinical.rules import Group, Level, RuleId
from app.instruments import Registry
from app.records import episodes, flags, people
from app.records.base import DbSession
from app.records.flags import Traced
from app.records.people import NameDisplay, Patient
from app.records.reviews import Review
from app.records.visibility import Viewer
from app.workflow import access, find
from app.workflow.access import Role
from app.workflow.agree import local_day
from app.workflow.place import asks_for_review, item_number

__all__ = ["Decision", "FlagState", "Level", "NameDisplay"]

LOOKS_BACK = dt.timedelta(days=90)
"""The time over which the days from flag to decision are counted."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A flag that somebody still has something to do about."""

    flag_id: uuid.UUID
    patient_id: uuid.UUID
    number: int
    name: str | None
    team: str
    clinicians: Sequence[str]
    rule: RuleId
    level: Level
    direction: Direction
    numbers: Mapping[str, int | float]
    item: int | None
    state: FlagState
    days_open: int
    """Since it was raised, or opened again."""
    decision: Decision | None
    decided_at: dt.datetime | None
    due_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Speed:
    """Days from flag to decision over the last months."""

    median_days: float
    decided: int


@dataclass(frozen=True, slots=True)
class TeamLoad:
    """How many patients of the teams are in the top group."""

    top: int
    total: int


@dataclass(frozen=True, slots=True)
class Supervision:
    """The flags of the teams that somebody supervises."""

    teams: Sequence[str]
    open: Sequence[Waiting]
    overdue: Sequence[Waiting]
    decided: Sequence[Waiting]
    """Decided, not followed up, and not overdue."""
    speed: Speed | None
    load: TeamLoad
    display: NameDisplay


@dataclass(frozen=True, slots=True)
class _Around:
    """What the rows are filled in from."""

    patients: Mapping[uuid.UUID, Patient]
    clinicians: Mapping[uuid.UUID, Sequence[str]]
    teams: Mapping[uuid.UUID, str]
    registry: Registry
    now: dt.datetime


def supervision(
    db: DbSession, viewer: Viewer, *, registry: Registry, now: dt.datetime
) -> Supervision:
    """Return what waits in the viewer's supervised teams, and write down who was shown."""
    access.check_role(viewer, Role.SUPERVISOR)
    raised = []
    if db.info["has_flags"]:
        raised = list(flags.traced_of_supervised(db, viewer, since=now - LOOKS_BACK))
    standing = [one for one in raised if _is_waiting(one)]
    ids = {one.flag.patient_id for one in standing}
    around = _Around(
        patients={row.id: row for row in people.patients(db, viewer, patient_ids=ids)},
        clinicians=people.clinicians_of(db, viewer, patient_ids=ids),
        teams={team.id: team.name for team in people.teams_of(db, viewer)},
        registry=registry,
        now=now,
    )
    rows = [_waiting(db, one, around) for one in standing]
    today = local_day(now)
    reviewed = [row for row in rows if row.state is FlagState.DECIDED]
    find.log_list(db, viewer, "saw_supervision", patient_ids=ids, now=now)
    return Supervision(
        teams=[
            name for team_id, name in around.teams.items() if team_id in viewer.supervised_teams
        ],
        open=sorted((row for row in rows if not row.state.is_reviewed), key=_by_level_and_age),
        overdue=sorted((row for row in reviewed if _is_overdue(row, today)), key=_by_due),
        decided=sorted((row for row in reviewed if not _is_overdue(row, today)), key=_by_due),
        speed=_speed(raised, now=now),
        load=_load(db, viewer, standing),
        display=people.organization(db, org_id=viewer.org_id).name_display,
    )


def _is_waiting(one: Traced) -> bool:
    # A closed course asks for nothing more, except that an answer about danger is seen.
    is_still_asked = one.episode.closed_at is None or one.flag.rule is RuleId.CRITICAL_ITEM
    return one.state.is_standing and asks_for_review(one) and is_still_asked


def _waiting(db: DbSession, one: Traced, around: _Around) -> Waiting:
    patient = around.patients[one.flag.patient_id]
    decided = _last(one, ReviewStep.DECIDED) if one.state is FlagState.DECIDED else None
    return Waiting(
        flag_id=one.flag.id,
        patient_id=patient.id,
        number=patient.number,
        name=people.name_of(db, patient),
        team=around.teams[one.episode.team_id],
        clinicians=around.clinicians.get(patient.id, ()),
        rule=one.flag.rule,
        level=one.flag.level,
        direction=around.registry.get(one.episode.main_instrument).direction,
        numbers=one.standing.numbers,
        item=item_number(one, registry=around.registry),
        state=one.state,
        days_open=(local_day(around.now) - local_day(_opened_at(one))).days,
        decision=decided.decision if decided else None,
        decided_at=decided.reviewed_at if decided else None,
        due_on=decided.due_on if decided else None,
    )


def _last(one: Traced, step: ReviewStep) -> Review | None:
    found = [taken.review for taken in one.steps if taken.review.step is step]
    return found[-1] if found else None


def _opened_at(one: Traced) -> dt.datetime:
    reopened = _last(one, ReviewStep.REOPENED)
    return reopened.reviewed_at if reopened else one.flag.raised_at


def _is_overdue(row: Waiting, today: dt.date) -> bool:
    return row.due_on is not None and row.due_on < today


def _by_level_and_age(row: Waiting) -> tuple[int, int, int]:
    return list(Level).index(row.level), -row.days_open, row.number


def _by_due(row: Waiting) -> tuple[bool, dt.date, int]:
    return row.due_on is None, row.due_on or dt.date.max, row.number


def _speed(raised: Sequence[Traced], *, now: dt.datetime) -> Speed | None:
    days = [
        span.total_seconds() / 86400
        for one in raised
        for span in _spans(one, since=now - LOOKS_BACK)
    ]
    return Speed(median_days=statistics.median(days), decided=len(days)) if days else None


def _spans(one: Traced, *, since: dt.datetime) -> Sequence[dt.timedelta]:
    """Return how long each opening lasted until the first decision about it."""
    spans: list[dt.timedelta] = []
    opened: dt.datetime | None = one.flag.raised_at
    for taken in one.steps:
        review = taken.review
        if review.step is ReviewStep.REOPENED:
            opened = review.reviewed_at
        elif review.step is ReviewStep.DECIDED and opened is not None:
            if review.reviewed_at >= since:
                spans.append(review.reviewed_at - opened)
            opened = None
    return spans


def _load(db: DbSession, viewer: Viewer, standing: Sequence[Traced]) -> TeamLoad:
    pressing = {
        one.flag.patient_id
        for one in standing
        if one.flag.level.group is Group.LOOK and one.episode.closed_at is None
    }
    return TeamLoad(top=len(pressing), total=episodes.supervised_patients(db, viewer))
