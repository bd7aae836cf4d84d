"""Show what is shared for research: what was asked for, what became of it, and how many it is."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.clinical import written_report, written_research
from app.clinical.research_rows import ResearchExport
from app.records import people, research_exports
from app.records.base import DbSession
from app.records.encryption import unseal
from app.records.research_exports import (
    ResearchContent,
    ResearchRequest,
    ResearchState,
    ResearchStep,
)
from app.records.visibility import Viewer
from app.workflow import access, share
from app.workflow.access import Role
from app.workflow.de_identify import Counts

__all__ = ["Counts", "ResearchState"]

MOST_EXPORTS = 200
"""On one page."""

_REASONS = ("left_out", "unscored", "declined", "other_edition")
"""Why somebody is not in an export."""


@dataclass(frozen=True, slots=True)
class SharedStep:
    """Something that was done with an export."""

    state: ResearchState
    form: str | None
    done_at: dt.datetime
    who: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRow:
    """An export in the list."""

    id: uuid.UUID
    instrument: str
    first_year: int
    last_year: int
    project: str
    state: ResearchState
    has_expired: bool
    changed_at: dt.datetime
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One export, without its rows: nobody reads rows about patients on a page.

    Attributes
    ----------
    k, counts
        As they were agreed to; before that, as they were when it was asked for.
    hash
        Of the content; nothing before somebody agreed.
    is_mine
        Asked for by the viewer, who can not agree to it.
    """

    id: uuid.UUID
    instrument: str
    edition: int
    first_year: int
    last_year: int
    k: int
    has_teams: bool
    project: str
    ground: str = field(repr=False)
    counts: Counts
    state: ResearchState
    has_expired: bool
    expires_at: dt.datetime
    hash: str | None
    is_mine: bool
    steps: Sequence[SharedStep]

    @property
    def waits(self) -> bool:
        """Whether a second person can still agree, or not."""
        return self.state is ResearchState.ASKED and not self.has_expired


class ExportChangedError(RuntimeError):
    """An export is not what was agreed to: somebody has changed the database."""

    def __init__(self, request_id: uuid.UUID) -> None:
        super().__init__(
            f"research export {request_id.hex} does not have the hash it was kept with; "
            "restore the database from a backup and verify the log"
        )
        self.request_id = request_id


def counts_told(counts: Counts, *, k: int) -> Mapping[str, int | None]:
    """Return how many patients an export is about, as people read it.

    ``None`` stands for fewer than ``k``, but some. A report hides how many of a service have no
    score, or do not want to be asked, where they are few, and here nobody learns it either: if
    one of the reasons is of few, all are told together; if all together are few, the number of
    everybody, from which they could be worked out, is not there.
    """
    told: dict[str, int | None] = {"ended": counts.ended, "included": counts.included}
    for name in ("as_group", "without_team", "told_least"):
        told[name] = _unless_few(getattr(counts, name), k=k)
    reasons = {name: _unless_few(getattr(counts, name), k=k) for name in _REASONS}
    if None not in reasons.values():
        return {**told, **reasons}
    together = _unless_few(counts.ended - counts.included, k=k)
    if together is None:
        del told["ended"]
    return {**told, "not_included": together}


def _unless_few(n: int, *, k: int) -> int | None:
    return None if 0 < n < k else n


def see_all_shared(db: DbSession, viewer: Viewer, *, now: dt.datetime) -> Sequence[SharedRow]:
    """Return the exports of the viewer's organization, the newest first."""
    access.check_role(viewer, Role.QUALITY_LEAD, Role.ADMINISTRATOR)
    rows = research_exports.newest(db, org_id=viewer.org_id, most=MOST_EXPORTS)
    steps = research_exports.steps_of(
        db, org_id=viewer.org_id, request_ids=[row.id for row in rows]
    )
    last = {row.id: steps[row.id][-1] for row in rows}
    names = people.staff_names(db, viewer, staff_ids={step.done_by for step in last.values()})
    return [
        SharedRow(
            id=row.id,
            instrument=row.instrument,
            first_year=row.first_year,
            last_year=row.last_year,
            project=project_of(db, row),
            state=share.standing(steps[row.id]),
            has_expired=share.has_expired(row, share.standing(steps[row.id]), now=now),
            changed_at=last[row.id].done_at,
            who=names[last[row.id].done_by],
        )
        for row in rows
    ]


def see_shared(db: DbSession, viewer: Viewer, *, request_id: uuid.UUID, now: dt.datetime) -> Shared:
    """Return one export of the viewer's organization."""
    access.check_role(viewer, Role.QUALITY_LEAD, Role.ADMINISTRATOR)
    row = share.of_id(db, viewer, request_id)
    steps = research_exports.steps_of(db, org_id=row.org_id, request_ids=[row.id])[row.id]
    content = research_exports.content_of(db, org_id=row.org_id, request_id=row.id)
    names = people.staff_names(db, viewer, staff_ids={step.done_by for step in steps})
    state = share.standing(steps)
    return Shared(
        id=row.id,
        instrument=row.instrument,
        edition=row.edition,
        first_year=row.first_year,
        last_year=row.last_year,
        k=content.k if content else row.k,
        has_teams=row.has_teams,
        project=project_of(db, row),
        ground=unseal(db, row.ground_sealed, column=share.GROUND, row_id=row.id) or "",
        counts=Counts(**(content.counts if content else row.counts)),
        state=state,
        has_expired=share.has_expired(row, state, now=now),
        expires_at=row.expires_at,
        hash=content.hash if content else None,
        is_mine=row.asked_by == viewer.staff_id,
        steps=[_step(db, step, names=names) for step in steps],
    )


def export_in(db: DbSession, content: ResearchContent) -> ResearchExport:
    """Return what was agreed to, if it is still that."""
    written = unseal(db, content.written_sealed, column=share.WRITTEN, row_id=content.id) or ""
    if written_report.hash_of(written) != content.hash:
        raise ExportChangedError(content.id)
    return written_research.export_of(written)


def project_of(db: DbSession, row: ResearchRequest) -> str:
    """Return the name of the project that an export is for."""
    return unseal(db, row.project_sealed, column=share.PROJECT, row_id=row.id) or ""


def _step(db: DbSession, step: ResearchStep, *, names: Mapping[uuid.UUID, str]) -> SharedStep:
    return SharedStep(
        state=step.state,
        form=step.form,
        done_at=step.done_at,
        who=names[step.done_by],
        reason=unseal(db, step.reason_sealed, column=share.REASON, row_id=step.id),
    )
