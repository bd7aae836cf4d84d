"""Line up what the reports that are out say of one figure, period after period."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.clinical import figures_over_time, written_report
from app.clinical.figures import FigureName
from app.clinical.figures_over_time import OverTime
from app.clinical.outcome_table import SHARES
from app.clinical.report import Step
from app.records import releases
from app.records.base import DbSession
from app.records.releases import ReleaseState, ReleaseStep
from app.records.visibility import Viewer
from app.workflow import access
from app.workflow.access import Role
from app.workflow.refusals import Refusal
from app.workflow.withhold import BASIS

__all__ = ["FigureName", "OverTime", "Step"]

PREFERRED = FigureName.IMPROVED
"""What is shown first, where reports show it."""

_OF_FLAGS = frozenset({FigureName.FLAGGED, FigureName.REVIEWED_IN_TIME})
"""Not shown by an installation without flags, also if earlier reports have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinedUp:
    """One figure over time, and what else can be chosen.

    Attributes
    ----------
    instruments
        Forms with reports in force.
    instrument, step, name
        What is shown; ``None`` where there is no report in force.
    steps
        Parts of the calendar that reports have figures of, and how many of them.
    names
        Figures that reports show a value of.
    found
        The figure; ``None`` where reports show no value of it.
    """

    instruments: Sequence[str] = ()
    instrument: str | None = None
    step: Step | None = None
    name: FigureName | None = None
    steps: Mapping[Step, int]
    names: Sequence[FigureName] = ()
    found: OverTime | None = None


def line_up(
    db: DbSession,
    viewer: Viewer,
    *,
    instrument: str | None = None,
    name: FigureName | None = None,
    step: Step | None = None,
) -> LinedUp:
    """Return a figure over time from the reports in force on one form.

    What is not chosen is the form of the newest report, the parts of the calendar of which
    there are most, and whether patients got better.
    """
    access.check_role(viewer, Role.QUALITY_LEAD, Role.ADMINISTRATOR)
    if name is not None and name not in _that_reports_have(db):
        raise Refusal("series_figure", value=name.value)
    rows = releases.ever_signed(db, org_id=viewer.org_id)
    in_force = _in_force(db, viewer, [row.id for row in rows])
    rows = [row for row in reversed(rows) if row.id in in_force]
    instruments = list(dict.fromkeys(row.instrument for row in rows))
    if instrument is not None and instrument not in instruments:
        raise Refusal("series_form", value=instrument[:40], allowed=", ".join(instruments) or "–")
    if not instruments:
        return LinedUp(steps={})
    chosen = instrument or instruments[0]
    reports = [written_report.report_of(row.written) for row in rows if row.instrument == chosen]
    steps = figures_over_time.steps_of(reports)
    step = step or max(steps, key=lambda one: steps[one])
    allowed = _that_reports_have(db)
    names = [one for one in figures_over_time.names_of(reports, step) if one in allowed]
    name = name or (PREFERRED if PREFERRED in names or not names else names[0])
    return LinedUp(
        instruments=instruments,
        instrument=chosen,
        step=step,
        name=name,
        steps=steps,
        names=names,
        found=figures_over_time.over_time(reports, name=name, step=step) if name in names else None,
    )


def _that_reports_have(db: DbSession) -> frozenset[FigureName]:
    """Return the figures that a report can have here; others are of other pages."""
    every = frozenset((*SHARES, *BASIS))
    return every if db.info["has_flags"] else every - _OF_FLAGS


def _in_force(
    db: DbSession, viewer: Viewer, release_ids: Sequence[uuid.UUID]
) -> frozenset[uuid.UUID]:
    """Return the releases that nobody has withdrawn or replaced."""
    last: dict[uuid.UUID, ReleaseStep] = {}
    for step in releases.steps_of(db, org_id=viewer.org_id, release_ids=release_ids):
        last[step.release_id] = step
    return frozenset(
        release_id for release_id, step in last.items() if step.state is ReleaseState.SIGNED
    )
