"""Appraise the service as a whole, month by month, without any person in sight."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.clinical.curves import CurveKind
from app.records import audit, curves, tallies
from app.records.base import DbSession
from app.records.visibility import Viewer
from app.workflow import access
from app.workflow.access import Role
from app.workflow.agree import CLINIC_ZONE, local_day

__all__ = ["CurveKind"]

FEWEST_PATIENTS = 5
"""A figure about fewer patients is not shown, nor one from which it could be worked out."""

SEES_NO_PERSON = "sees_no_person"
"""The ground on which a quality lead reads figures."""


@dataclass(frozen=True, slots=True)
class Month:
    """A whole month of the past, by the clinic's clock."""

    first: dt.date
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class TopShare:
    """Patients in the top group at the end of the month, of all in treatment then."""

    top: int
    total: int


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags that asked for a review and were raised in the month."""

    raised: int
    reviewed: int | None
    """Decided about before the month was over; missing where it cannot be shown."""


@dataclass(frozen=True, slots=True)
class CurveListed:
    """A curve in use, and whether the site lets it raise flags."""

    instrument: str
    kind: CurveKind
    version: str
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class Appraisal:
    """What a quality lead sees. A figure that is missing was about too few patients."""

    month: Month
    fewest: int
    in_treatment: int | None
    share: TopShare | None
    flags: Flags | None
    curves: Sequence[CurveListed]


def appraise(db: DbSession, viewer: Viewer, *, now: dt.datetime) -> Appraisal:
    """Return the figures of the last whole month.

    Months stand still. Figures that moved from day to day would tell, by what changed,
    about the one patient who came or went.
    """
    access.check_role(viewer, Role.QUALITY_LEAD)
    month = last_month(now)
    has_flags = db.info["has_flags"]
    audit.append(
        db,
        access.event_of(
            viewer, "saw_quality", now=now, ground=SEES_NO_PERSON, month=month.first.isoformat()
        ),
    )
    total = tallies.patients_in_treatment(db, org_id=viewer.org_id, at=month.until)
    return Appraisal(
        month=month,
        fewest=FEWEST_PATIENTS,
        in_treatment=total if may_show(total) else None,
        share=_share(db, viewer, month, total=total) if has_flags else None,
        flags=_flags(db, viewer, month) if has_flags else None,
        curves=_curves(db, viewer) if has_flags else (),
    )


def may_show(*patients: int) -> bool:
    """Return whether figures may stand side by side: none of them is about too few."""
    return all(count >= FEWEST_PATIENTS for count in patients)


def last_month(now: dt.datetime) -> Month:
    """Return the last month that is over."""
    this = local_day(now).replace(day=1)
    before = (this - dt.timedelta(days=1)).replace(day=1)
    return Month(first=before, since=_begin(before), until=_begin(this))


def _begin(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), CLINIC_ZONE).astimezone(dt.UTC)


def _share(db: DbSession, viewer: Viewer, month: Month, *, total: int) -> TopShare | None:
    top = tallies.patients_to_look_at(db, org_id=viewer.org_id, at=month.until)
    # Who is not in the top group is known from the two, so that group counts as well.
    return TopShare(top=top, total=total) if may_show(top, total - top) else None


def _flags(db: DbSession, viewer: Viewer, month: Month) -> Flags | None:
    within = {"since": month.since, "until": month.until}
    raised, patients = tallies.flags_raised(db, org_id=viewer.org_id, **within)
    if not may_show(patients):
        return None
    reviewed, done = tallies.flags_reviewed(db, org_id=viewer.org_id, **within)
    waiting = tallies.patients_not_reviewed(db, org_id=viewer.org_id, **within)
    return Flags(raised=raised, reviewed=reviewed if may_show(done, waiting) else None)


def _curves(db: DbSession, viewer: Viewer) -> Sequence[CurveListed]:
    in_use = curves.in_use(db, org_id=viewer.org_id)
    return [
        CurveListed(
            instrument=key,
            kind=used.curve.kind,
            version=used.curve.version,
            is_accepted=used.is_accepted,
        )
        for key, used in sorted(in_use.items())
    ]
