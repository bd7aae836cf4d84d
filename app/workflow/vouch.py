"""Vouch for a curve and its rules: what a calibration found, as far as it may be shown."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from app.clinical.calibration_counts import HOLDS_FROM, HOLDS_TO, LAST_PATIENTS, Known
from app.clinical.calibration_figures import CellShown, LineShown, ReportShown, shown
from app.clinical.calibration_hiding import FEWEST_BELOW, FEWEST_PATIENTS
from app.clinical.calibration_judged import (
    ChancesShown,
    CrossShown,
    JudgedShown,
    RuleShown,
)
from app.clinical.calibration_sums import BANDS, DRAWN, By
from app.clinical.curves import ReferenceCurve
from app.clinical.own_curve import FEWEST_COURSES
from app.records import calibrations, curves, proposals
from app.records.base import DbSession
from app.records.calibrations import Calibration, Way
from app.records.visibility import Viewer
from app.workflow.access import NotThereError, Role
from app.workflow.agree import CLINIC_ZONE
from app.workflow.calibrate import report_of
from app.workflow.set_apart import TRAINED_SHARE

__all__ = [
    "BANDS",
    "DRAWN",
    "FEWEST_BELOW",
    "FEWEST_PATIENTS",
    "FEWEST_TO_TRAIN",
    "HOLDS_FROM",
    "HOLDS_TO",
    "LAST_PATIENTS",
    "By",
    "CellShown",
    "ChancesShown",
    "CrossShown",
    "JudgedShown",
    "Known",
    "LineShown",
    "ReportShown",
    "RuleShown",
    "Vouched",
    "VouchedSeen",
    "Way",
    "as_document",
    "calibration",
    "no_longer_hold",
    "vouched",
]

FEWEST_TO_TRAIN = FEWEST_COURSES * TRAINED_SHARE[1] // TRAINED_SHARE[0]
"""Closed courses from which a site's own curve can be tested: the older part makes one as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """What the newest calibration of a version found. Scores in tenths, shares from 0 to 1."""

    instrument: str
    version: str
    made_at: dt.datetime
    way: Way
    split_at: dt.datetime | None
    first_month: dt.date
    last_month: dt.date
    """First days of the months in which the tested courses began, from and to. Nothing finer:
    the moment of a first score is one patient's."""
    trained_courses: int | None
    thirds: tuple[int, int]
    tenths: tuple[int, int]
    holds: bool | None
    """Whether the 80 % band still covers what it should for the newest patients."""
    recent_patients: int | None
    recent_known: Known
    """Whether the curve was fitted to some of them as well, and so holds better for them."""
    figures: ReportShown


@dataclass(frozen=True, slots=True)
class VouchedSeen:
    """A version and its calibration, for whoever may see it."""

    curve: ReferenceCurve | None
    is_in_force: bool
    vouched: Vouched | None
    waiting: str | None
    """A proposed version that the viewer may look at as well."""


_DOCUMENT = TypeAdapter(Vouched)


def no_longer_hold(db: DbSession, viewer: Viewer) -> frozenset[str]:
    """Return the instruments whose curve in force holds no longer for the newest patients."""
    if not db.info["has_flags"]:
        return frozenset()
    found = {
        key: calibrations.newest(
            db, org_id=viewer.org_id, instrument=key, version=used.curve.version
        )
        for key, used in curves.in_use(db, org_id=viewer.org_id).items()
    }
    return frozenset(
        key for key, row in found.items() if row and report_of(row).recent.holds is False
    )


def calibration(
    db: DbSession, viewer: Viewer, *, instrument: str, version: str | None = None
) -> VouchedSeen:
    """Return how well the curve in force holds; a quality lead may ask for another version.

    No person is in it, so that looking is not written down.
    """
    if not db.info["has_flags"]:
        raise NotThereError
    in_use = curves.in_use(db, org_id=viewer.org_id).get(instrument)
    wanted = version or (in_use.curve.version if in_use else None)
    is_in_force = in_use is not None and in_use.curve.version == wanted
    curve = in_use.curve if in_use and is_in_force else None
    if version is not None and not is_in_force:
        curve = _another(db, viewer, instrument=instrument, version=version)
    found = None
    if wanted is not None:
        found = vouched(db, org_id=viewer.org_id, instrument=instrument, version=wanted)
    waiting = _waiting(db, viewer, instrument=instrument)
    return VouchedSeen(
        curve=curve,
        is_in_force=is_in_force,
        vouched=found,
        waiting=waiting if waiting != wanted else None,
    )


def vouched(db: DbSession, *, org_id: int, instrument: str, version: str) -> Vouched | None:
    """Return what the newest calibration of a version found, if there is one."""
    row = calibrations.newest(db, org_id=org_id, instrument=instrument, version=version)
    return None if row is None else _vouched(row)


def as_document(found: Sequence[Vouched]) -> Mapping[str, Any]:
    """Return the same numbers as the page has, for a file."""
    return {
        "bands_percent": list(BANDS),
        "holds_percent": [HOLDS_FROM, HOLDS_TO],
        "last_patients": LAST_PATIENTS,
        "fewest_patients": FEWEST_PATIENTS,
        "fewest_below": FEWEST_BELOW,
        "calibrations": [_DOCUMENT.dump_python(one, mode="json") for one in found],
    }


def _another(db: DbSession, viewer: Viewer, *, instrument: str, version: str) -> ReferenceCurve:
    if not viewer.has(Role.QUALITY_LEAD):
        raise NotThereError
    for kept in curves.versions(db, org_id=viewer.org_id):
        if (kept.curve.instrument_key, kept.curve.version) == (instrument, version):
            return kept.curve
    row = proposals.of_version(db, org_id=viewer.org_id, instrument=instrument, version=version)
    if row is None:
        raise NotThereError
    return curves.as_reference(row)


def _waiting(db: DbSession, viewer: Viewer, *, instrument: str) -> str | None:
    if not viewer.has(Role.QUALITY_LEAD):
        return None
    row = proposals.newest(db, org_id=viewer.org_id, instrument=instrument)
    kept = {
        one.curve.version
        for one in curves.versions(db, org_id=viewer.org_id)
        if one.curve.instrument_key == instrument
    }
    return None if row is None or row.version in kept else row.version


def _vouched(row: Calibration) -> Vouched:
    report = report_of(row)
    low, middle = row.thirds
    lowest, highest = row.tenths
    recent = report.recent.patients
    return Vouched(
        instrument=row.instrument,
        version=row.version,
        made_at=row.made_at,
        way=row.way,
        split_at=row.split_at,
        first_month=_month_of(row.first_at),
        last_month=_month_of(row.last_at),
        trained_courses=row.trained_courses,
        thirds=(low, middle),
        tenths=(lowest, highest),
        holds=report.recent.holds,
        recent_patients=recent if recent >= FEWEST_PATIENTS else None,
        recent_known=report.recent.known_share,
        figures=shown(report),
    )


def _month_of(at: dt.datetime) -> dt.date:
    return at.astimezone(CLINIC_ZONE).date().replace(day=1)
