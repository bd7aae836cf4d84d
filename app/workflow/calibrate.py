"""Calibrate a curve: on courses that it has not seen, count how well it and its rules hold."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from app.clinical.calibration import Calibrator, CourseTested
from app.clinical.calibration_counts import Judged, Recent, Report
from app.clinical.calibration_hiding import FEWEST_BELOW
from app.clinical.calibration_sums import Cell, Line
from app.clinical.course import Course, Observation
from app.clinical.instruments import Instrument
from app.instruments import Registry
from app.records import (
    audit,
    calibrations,
    course_histories,
    course_scores,
    curves,
    jobs,
    organizations,
    proposals,
)
from app.records.base import DbSession
from app.records.calibrations import Calibration
from app.records.course_histories import CourseHistory
from app.records.course_scores import Asked
from app.records.engine import Database, enter_organization
from app.workflow import access, track
from app.workflow.gather import age_band_of
from app.workflow.keep_up import Heard
from app.workflow.set_apart import (
    CannotCalibrateError,
    Plan,
    Version,
    asked_of,
    plan_for,
    the_version,
)

__all__ = [
    "Calibrated",
    "CannotCalibrateError",
    "NotCalibrated",
    "report_of",
    "run",
    "run_all",
    "run_if_due",
    "versions",
]

_TELL_EVERY = 1000

JOB = "calibrate"

EVERY = dt.timedelta(hours=20)
"""A little under a day, so that each night has its own."""

LEASE = dt.timedelta(hours=6)
"""After so long without an end, another process may take the job over."""

FEWEST_NEW = 5
"""A calibration stands until so many patients or ended courses have come. Two that differ by
fewer would tell, by what changed, about the one who came between."""

CELLS: TypeAdapter[tuple[Cell, ...]] = TypeAdapter(tuple[Cell, ...])
LINE = TypeAdapter(Line)
JUDGED: TypeAdapter[Judged | None] = TypeAdapter(Judged | None)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a calibration came to, for whoever asked for it."""

    instrument: str
    version: str
    is_in_force: bool
    is_new: bool
    """False where the one before still stands: too few patients have come since."""
    report: Report

    @property
    def holds(self) -> bool | None:
        """Whether the 80 % band covers 75 to 85 % for the newest 200 patients.

        Missing before there are so many.
        """
        return self.report.recent.holds


@dataclass(frozen=True, slots=True)
class NotCalibrated:
    """A calibration that went wrong, for the log."""

    org_id: int
    instrument: str
    version: str | None
    """Missing where not even the versions could be read."""
    error: Exception


@dataclass(slots=True)
class _Found:
    """What passed by while courses were read."""

    patients: int = 0
    closed: int = 0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None


def run(
    database: Database,
    *,
    org_id: int,
    instrument: Instrument,
    now: dt.datetime,
    version: str | None = None,
    heard: Heard = lambda _, __: None,
) -> Calibrated:
    """Calibrate a version of an instrument's curve, without one the one in force; and keep it.

    Reads every course once or twice and keeps none of them, so that the memory it takes does
    not grow with their number.
    """
    with database.reading() as db:
        enter_organization(db, org_id=org_id)
        judged = the_version(db, org_id=org_id, instrument=instrument, version=version)
        asked = asked_of(judged, org_id=org_id, instrument=instrument)
        plan = plan_for(db, judged, asked, instrument)
        calibrator = Calibrator(
            instrument,
            curve=plan.curve,
            version=judged.curve,
            borders=plan.borders,
            rules=track.rules_in_force(db, org_id=org_id),
        )
        found = _Found()
        for courses in _patients(db, judged, asked, plan, instrument, found=found, heard=heard):
            calibrator.add_patient(courses)
    report = calibrator.report()
    if report.patients < FEWEST_BELOW:
        raise CannotCalibrateError(
            instrument.key,
            f"{report.patients} patients have a score after the first where the curve holds, and "
            f"it takes {FEWEST_BELOW}; wait for more sessions",
        )
    with database.writing() as db:
        enter_organization(db, org_id=org_id)
        return _keep(db, judged, plan, report, found, org_id=org_id, now=now)


def run_all(
    database: Database, *, org_id: int, registry: Registry, now: dt.datetime
) -> list[Calibrated | NotCalibrated]:
    """Calibrate every version worth it, of every form; leave out what cannot be yet.

    One that goes wrong does not stop the others.
    """
    done: list[Calibrated | NotCalibrated] = []
    for instrument in registry.instruments.values():
        try:
            wanted = versions(database, org_id=org_id, instrument=instrument.key)
        except Exception as error:  # noqa: BLE001 - told in the log; the others have their turn
            done.append(NotCalibrated(org_id, instrument.key, None, error))
            continue
        tried = [_try(database, org_id, instrument, version=one, now=now) for one in wanted]
        done += [one for one in tried if one is not None]
    return done


def run_if_due(
    database: Database, *, registry: Registry, now: dt.datetime
) -> list[Calibrated | NotCalibrated] | None:
    """Calibrate every curve of every organization, if nobody has today.

    It is done for today also where one went wrong: the others would be counted in vain again.
    """
    if not database.has_flags:
        return None
    with database.writing() as db:
        if not jobs.claim(db, name=JOB, now=now, lease=LEASE, every=EVERY):
            return None
        org_ids = [one.id for one in organizations.every_one(db)]
    try:
        done = [
            found
            for org_id in org_ids
            for found in run_all(database, org_id=org_id, registry=registry, now=now)
        ]
    except BaseException:
        with database.writing() as db:
            jobs.give_back(db, name=JOB)
        raise
    with database.writing() as db:
        jobs.finish(db, name=JOB, now=now)
    return done


def versions(database: Database, *, org_id: int, instrument: str) -> list[str]:
    """Return the versions worth calibrating: the one in force, and one that waits to be."""
    with database.reading() as db:
        enter_organization(db, org_id=org_id)
        in_use = curves.in_use(db, org_id=org_id).get(instrument)
        waiting = proposals.newest(db, org_id=org_id, instrument=instrument)
        kept = {
            one.curve.version
            for one in curves.versions(db, org_id=org_id)
            if one.curve.instrument_key == instrument
        }
    found = [in_use.curve.version] if in_use else []
    if waiting is not None and waiting.version not in kept:
        found.append(waiting.version)
    return found


def report_of(row: Calibration) -> Report:
    """Return a stored calibration as it was counted."""
    return Report(
        patients=row.patients,
        courses=row.courses,
        cells=CELLS.validate_python(row.coverage),
        line=LINE.validate_python(row.line),
        ended=JUDGED.validate_python(row.ended),
        left=JUDGED.validate_python(row.left_early),
        recent=Recent(
            patients=row.recent_patients,
            scores=row.recent_scores,
            inside=row.recent_inside,
            known=row.recent_known,
        ),
    )


def _try(
    database: Database, org_id: int, instrument: Instrument, *, version: str, now: dt.datetime
) -> Calibrated | NotCalibrated | None:
    try:
        return run(database, org_id=org_id, instrument=instrument, now=now, version=version)
    except CannotCalibrateError:
        return None
    except Exception as error:  # noqa: BLE001 - as in run_all
        return NotCalibrated(org_id, instrument.key, version, error)


def _patients(
    db: DbSession,
    judged: Version,
    asked: Asked,
    plan: Plan,
    instrument: Instrument,
    *,
    found: _Found,
    heard: Heard,
) -> Iterator[Sequence[CourseTested]]:
    known_until = judged.proposal.created_at if judged.proposal else None
    in_all, read = course_scores.courses_in_all(db, asked), 0
    for number, histories in enumerate(course_histories.patients(db, asked), start=1):
        read += len(histories)
        if number % _TELL_EVERY == 0:
            heard(read, in_all)
        courses = [
            _course(
                one,
                instrument,
                is_tested=plan.split_at is None or one.began_at >= plan.split_at,
                is_known=known_until is not None and one.began_at < known_until,
            )
            for one in histories
        ]
        for history, course in zip(histories, courses, strict=True):
            if course.is_tested and len(history.scores) > 1:
                found.closed += history.is_closed
                found.first_at = min(found.first_at or history.began_at, history.began_at)
                found.last_at = max(found.last_at or history.began_at, history.began_at)
        yield courses


def _course(
    history: CourseHistory, instrument: Instrument, *, is_tested: bool, is_known: bool
) -> CourseTested:
    return CourseTested(
        course=Course(
            instrument=instrument,
            observations=tuple(
                Observation(session=k, score=score, reference="", weeks=0.0)
                for k, score in history.scores
            ),
            attended=(),
        ),
        began=int(history.began_at.timestamp()),
        is_closed=history.is_closed,
        has_left=history.has_left,
        age=age_band_of(opened_at=history.opened_at, birth_year=history.birth_year),
        language=history.language,
        is_tested=is_tested,
        is_known=is_known,
    )


def _keep(
    db: DbSession,
    judged: Version,
    plan: Plan,
    report: Report,
    found: _Found,
    *,
    org_id: int,
    now: dt.datetime,
) -> Calibrated:
    audit.take_turn(db)
    curve = judged.curve
    before = calibrations.newest(
        db, org_id=org_id, instrument=curve.instrument_key, version=curve.version
    )
    if before is not None and not _is_news(before, plan, report, found):
        return _calibrated(judged, report_of(before), is_new=False)
    sequence = audit.append(
        db,
        access.event_of(
            access.the_program(db),
            "calibrated_curve",
            now=now,
            ground="program",
            instrument=curve.instrument_key,
            version=curve.version,
            patients=report.patients,
        ),
    )
    row = _row(judged, plan, report, found, org_id=org_id, sequence=sequence, now=now)
    calibrations.add(db, row)
    return _calibrated(judged, report, is_new=True)


def _calibrated(judged: Version, report: Report, *, is_new: bool) -> Calibrated:
    return Calibrated(
        instrument=judged.curve.instrument_key,
        version=judged.curve.version,
        is_in_force=judged.is_in_force,
        is_new=is_new,
        report=report,
    )


def _is_news(before: Calibration, plan: Plan, report: Report, found: _Found) -> bool:
    # Who came and whose course ended since may be the same patient, who counts once.
    came = max(abs(report.patients - before.patients), abs(found.closed - before.closed_courses))
    return plan.way is not before.way or came >= FEWEST_NEW


def _row(
    judged: Version,
    plan: Plan,
    report: Report,
    found: _Found,
    *,
    org_id: int,
    sequence: int,
    now: dt.datetime,
) -> Calibration:
    trained = plan.trained
    return Calibration(
        org_id=org_id,
        instrument=judged.curve.instrument_key,
        version=judged.curve.version,
        curve_id=judged.curve_id,
        proposal_id=None if judged.curve_id or not judged.proposal else judged.proposal.id,
        made_at=now,
        way=plan.way,
        split_at=plan.split_at,
        first_at=found.first_at or now,
        last_at=found.last_at or now,
        trained={name: getattr(trained, name) for name in trained.__slots__} if trained else None,
        trained_courses=plan.trained_courses,
        thirds=list(plan.borders.thirds),
        tenths=list(plan.borders.tenths),
        patients=report.patients,
        courses=report.courses,
        closed_courses=found.closed,
        coverage=CELLS.dump_python(report.cells, mode="json"),
        line=LINE.dump_python(report.line, mode="json"),
        ended=JUDGED.dump_python(report.ended, mode="json"),
        left_early=JUDGED.dump_python(report.left, mode="json"),
        recent_patients=report.recent.patients,
        recent_scores=report.recent.scores,
        recent_inside=report.recent.inside,
        recent_known=report.recent.known,
        sequence=sequence,
    )
