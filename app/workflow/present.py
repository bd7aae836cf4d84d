"""Present releases: which there are, what one holds, and what became of it."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.clinical import written_report
from app.clinical.disclosure import Why
from app.clinical.report import Report
from app.clinical.teams_compared import TeamsCompared, teams_compared
from app.records import people, releases
from app.records.base import DbSession
from app.records.encryption import unseal
from app.records.releases import Release, ReleaseState, ReleaseStep
from app.records.visibility import Viewer
from app.workflow import access, sign
from app.workflow.access import NotThereError, Role
from app.workflow.withdraw import REASON

__all__ = ["ReleaseState", "Why"]

MOST_RELEASES = 200
"""On one page; with four a year and form that is many years."""


@dataclass(frozen=True, slots=True)
class HiddenCell:
    """A cell that is hidden, and why; for the one who releases."""

    unit: str
    period: str
    age: str
    category: str
    why: Why


@dataclass(frozen=True, slots=True)
class StepSeen:
    """Something that was done with a release."""

    state: ReleaseState
    done_at: dt.datetime
    who: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release in the list."""

    id: uuid.UUID
    instrument: str
    first: dt.date
    last: dt.date
    state: ReleaseState
    changed_at: dt.datetime
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSeen:
    """One release."""

    id: uuid.UUID
    organization: str
    report: Report
    hash: str
    state: ReleaseState
    steps: Sequence[StepSeen]
    is_exception: bool
    is_mine: bool
    """Drafted by the viewer."""
    is_overtaken: bool
    """A draft that was checked before something else was signed."""
    supersedes: uuid.UUID | None
    superseded_by: uuid.UUID | None
    hidden: Sequence[HiddenCell]
    """Why cells are hidden; empty for whoever does not release."""
    teams: Sequence[TeamsCompared]
    """From nothing but what the report shows."""

    @property
    def is_draft(self) -> bool:
        """Whether nobody has signed it, nor given it up."""
        return self.state in sign.OPEN


def see_releases(db: DbSession, viewer: Viewer) -> Sequence[ReleaseRow]:
    """Return the releases of the viewer's organization, the newest first.

    Drafts are among them that the viewer may see.
    """
    access.check_role(viewer, Role.QUALITY_LEAD, Role.ADMINISTRATOR)
    rows = releases.newest(db, org_id=viewer.org_id, most=MOST_RELEASES)
    steps: dict[uuid.UUID, list[ReleaseStep]] = {row.id: [] for row in rows}
    for step in releases.steps_of(db, org_id=viewer.org_id, release_ids=steps):
        steps[step.release_id].append(step)
    rows = [row for row in rows if _may_see(viewer, row, steps[row.id])]
    last = {row.id: steps[row.id][-1] for row in rows}
    names = people.staff_names(db, viewer, staff_ids={step.done_by for step in last.values()})
    return [
        ReleaseRow(
            id=row.id,
            instrument=row.instrument,
            first=row.first_day,
            last=row.last_day,
            state=last[row.id].state,
            changed_at=last[row.id].done_at,
            who=names[last[row.id].done_by],
        )
        for row in rows
    ]


def see_release(db: DbSession, viewer: Viewer, *, release_id: uuid.UUID) -> ReleaseSeen:
    """Return one release of the viewer's organization, or a draft that the viewer may see."""
    access.check_role(viewer, Role.QUALITY_LEAD, Role.ADMINISTRATOR)
    row = sign.of_id(db, viewer, release_id)
    steps = releases.steps_of(db, org_id=viewer.org_id, release_ids=[row.id])
    if not _may_see(viewer, row, steps):
        raise NotThereError
    names = people.staff_names(db, viewer, staff_ids={step.done_by for step in steps})
    report = written_report.report_of(row.written)
    return ReleaseSeen(
        id=row.id,
        organization=people.organization(db, org_id=viewer.org_id).name,
        report=report,
        hash=row.hash,
        state=steps[-1].state,
        steps=[_step(db, step, names=names) for step in steps],
        is_exception=row.is_exception,
        is_mine=row.drafted_by == viewer.staff_id,
        is_overtaken=row.checked_to != releases.last_signature(db, org_id=viewer.org_id),
        supersedes=row.supersedes,
        superseded_by=releases.successor_of(db, org_id=viewer.org_id, release_id=row.id),
        hidden=_hidden(row) if viewer.has(Role.QUALITY_LEAD) else (),
        teams=teams_compared(report),
    )


def _may_see(viewer: Viewer, row: Release, steps: Sequence[ReleaseStep]) -> bool:
    """Return whether this is out, or a draft that the viewer signs or must agree to.

    Whoever has no part in a draft does not see figures that may never leave.
    """
    is_out = any(step.state is ReleaseState.SIGNED for step in steps)
    waits_for_second = row.is_exception and steps[-1].state in sign.OPEN
    return is_out or waits_for_second or viewer.has(Role.QUALITY_LEAD)


def _step(db: DbSession, step: ReleaseStep, *, names: Mapping[uuid.UUID, str]) -> StepSeen:
    return StepSeen(
        state=step.state,
        done_at=step.done_at,
        who=names[step.done_by],
        reason=unseal(db, step.reason_sealed, column=REASON, row_id=step.id),
    )


def _hidden(row: Release) -> Sequence[HiddenCell]:
    return [
        HiddenCell(unit=unit, period=period, age=age, category=category, why=Why(why))
        for unit, period, age, category, why in row.hidden
    ]
