"""Many invented courses at once, stored without the workflow: as many as a curve needs."""

import datetime as dt
import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

import sqlalchemy as sa
from sqlmodel import SQLModel

from app.clinical.curves import GENERAL_CURVES, ReferenceCurve
from app.clinical.instruments import Variant
from app.records import audit, curves
from app.records.audit import ActorKind, AuditEntry
from app.records.curves import CurveStratum, parameters_of
from app.records.engine import Database, enter_organization
from app.records.episodes import Agreement, Ending, Episode
from app.records.people import FormLayout, FormMode, Patient, Respondent, RespondentKind
from app.records.ratings import Rating, Source
from app.records.sessions import Channel, SessionStatus, TherapySession
from app.records.tablets import Slot
from app.workflow import calibrate, fit, release
from app.workflow.calibrate import NotCalibrated
from app.workflow.release import Asked, Step
from tests.support.clinic import MONDAY, Clinic

SIGMA = 3.0
"""Noise of one score, in points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caseload:
    """Where the invented patients belong, and how they get on."""

    org_id: int
    team_id: uuid.UUID
    staff_id: uuid.UUID
    begins: dt.datetime
    instrument: str = "phq-9"
    highest: int = 270
    slope: float = -2.0
    """Mean change per unit of ln k, in points."""
    birth_year: int | None = 1980
    opened_before: dt.timedelta = dt.timedelta(0)
    """How long before its first score a course is opened."""
    edition: int = 1
    text_version: str | None = None
    seed: int = 20261122


def live(
    database: Database, caseload: Caseload, *, courses: int, scores: int = 6, is_closed: bool = True
) -> None:
    """Let so many patients come ``scores`` times, a week apart, the first one a day."""
    random = Random(caseload.seed)  # noqa: S311 - invented patients
    rows: dict[type[SQLModel], list[dict[str, object]]] = {
        table: [] for table in (Patient, Respondent, Episode, TherapySession, Rating)
    }
    with database.writing() as db:
        enter_organization(db, org_id=caseload.org_id)
        last = db.execute(sa.select(sa.func.max(Patient.number))).scalar()
        numbers = count(max(last or 0, 1_000_000) + 1)
        sequences = count(audit.head(db, org_id=caseload.org_id)[0] + 1)
        for day in range(courses):
            _course(
                rows,
                caseload,
                totals=_totals(caseload, random, scores=scores),
                begins=caseload.begins + dt.timedelta(days=day),
                is_closed=is_closed,
                number=next(numbers),
                sequences=sequences,
            )
        for table, values in rows.items():
            if values:
                db.execute(sa.insert(sa.inspect(table).local_table), values)
        # The log goes on after the numbers that the scores have taken.
        db.add(_read_in(caseload, sequence=next(sequences)))


def _read_in(caseload: Caseload, *, sequence: int) -> AuditEntry:
    return AuditEntry(
        org_id=caseload.org_id,
        sequence=sequence,
        at=caseload.begins,
        actor_kind=ActorKind.PROGRAM,
        action="imported_scores",
        ground="program",
        details={},
        previous_hash="",
        hash="",
    )


def caseload_of(clinic: Clinic, *, instrument: str = "phq-9") -> Caseload:
    """Return a caseload that began some two years ago."""
    definition = clinic.registry.get(instrument)
    return Caseload(
        org_id=clinic.clinician.org_id,
        team_id=clinic.team_id,
        staff_id=clinic.clinician.staff_id,
        begins=MONDAY - dt.timedelta(days=700),
        instrument=instrument,
        highest=definition.scoring.highest,
        slope=2.0 * definition.direction.value * definition.scoring.highest / 270,
    )


def propose_curve(
    clinic: Clinic, *, instrument: str = "phq-9", courses: int = 120, scores: int = 6
) -> ReferenceCurve:
    """Let so many patients come, and a curve be fitted to them."""
    live(
        clinic.database,
        caseload_of(clinic, instrument=instrument),
        courses=courses,
        scores=scores,
    )
    return fit.propose(
        clinic.database,
        org_id=clinic.clinician.org_id,
        instrument=clinic.registry.get(instrument),
        since=None,
        now=clinic.clock.now,
    ).curve


def calibrate_curve(clinic: Clinic, *, courses: int = 250, scores: int = 7) -> None:
    """Compare with a general curve, let so many patients come, and count how it holds."""
    (general,) = (curve for curve in GENERAL_CURVES if curve.instrument_key == "phq-9")
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        curves.add(db, general, org_id=clinic.clinician.org_id, now=clinic.clock.now)
    live(clinic.database, caseload_of(clinic), courses=courses, scores=scores)
    count_how_curves_hold(clinic)


def count_how_curves_hold(clinic: Clinic) -> None:
    """Calibrate every curve that can be."""
    for done in calibrate.run_all(
        clinic.database,
        org_id=clinic.clinician.org_id,
        registry=clinic.registry,
        now=clinic.clock.now,
    ):
        if isinstance(done, NotCalibrated):
            raise done.error


def add_age_band(clinic: Clinic, curve: ReferenceCurve) -> None:
    """Let a proposed curve have an age band with parameters of its own."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        db.add(
            CurveStratum(
                org_id=clinic.clinician.org_id,
                instrument=curve.instrument_key,
                version=curve.version,
                youngest=30,
                oldest=49,
                **parameters_of(curve.parameters),
                lowest_intake=curve.lowest_intake,
                highest_intake=curve.highest_intake,
                first_session=curve.first_session,
                last_session=curve.last_session,
                patients=100,
                courses=100,
                closed_courses=100,
                own_weight=0.5,
            )
        )


def draft_figures(clinic: Clinic, *, instrument: str) -> None:
    """Let the quality lead draft the figures of the year that is over."""
    with clinic.database.writing() as db:
        gathered = release.gather(
            db,
            clinic.viewer(db, clinic.quality_lead),
            asked=Asked(instrument=instrument, first=dt.date(2025, 1, 1), whole=Step.YEAR),
            registry=clinic.registry,
            now=clinic.clock.now,
        )
    release.draft(gathered)


def _totals(caseload: Caseload, random: Random, *, scores: int) -> list[int]:
    """Return scores in tenths, whole points as people give them."""
    top = caseload.highest // 10
    intake = random.randrange(top * 4 // 10, top + 1)
    level, slope = random.gauss(0, 1.5), caseload.slope + random.gauss(0, 1.5)
    later = [
        intake + level + slope * math.log(k) + random.gauss(0, SIGMA) for k in range(2, scores + 1)
    ]
    return [10 * min(max(round(score), 0), top) for score in (intake, *later)][:scores]


def _course(
    rows: dict[type[SQLModel], list[dict[str, object]]],
    caseload: Caseload,
    *,
    totals: list[int],
    begins: dt.datetime,
    is_closed: bool,
    number: int,
    sequences: Iterator[int],
) -> None:
    patient_id, respondent_id, episode_id = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    org_id, staff_id = caseload.org_id, caseload.staff_id
    ends = begins + dt.timedelta(weeks=len(totals))
    rows[Patient].append(
        {
            "org_id": org_id, "id": patient_id, "number": number, "name_sealed": None,
            "birth_year": caseload.birth_year, "language": "nb", "form_mode": FormMode.LINE,
            "form_layout": FormLayout.ALL, "has_large_text": False, "created_at": begins,
            "created_by": staff_id, "external_key": None,
        }
    )  # fmt: skip
    rows[Respondent].append(
        {
            "org_id": org_id, "id": respondent_id, "patient_id": patient_id,
            "kind": RespondentKind.PATIENT, "label_sealed": None, "created_at": begins,
            "ended_at": None,
        }
    )  # fmt: skip
    rows[Episode].append(
        {
            "org_id": org_id, "id": episode_id, "patient_id": patient_id,
            "team_id": caseload.team_id, "variant": Variant.ADULT,
            "main_instrument": caseload.instrument, "alliance_instrument": None,
            "opened_at": begins - caseload.opened_before, "opened_by": staff_id,
            "closed_at": ends if is_closed else None,
            "closed_by": staff_id if is_closed else None,
            "ending": Ending.PLANNED if is_closed else None,
            "agreement": Agreement.AGREED if is_closed else None, "closing_note_sealed": None,
        }
    )  # fmt: skip
    for week, total in enumerate(totals):
        at, session_id = begins + dt.timedelta(weeks=week), uuid.uuid4()
        rows[TherapySession].append(
            {
                "org_id": org_id, "id": session_id, "episode_id": episode_id,
                "patient_id": patient_id, "planned_at": at, "status": SessionStatus.ATTENDED,
                "channel": Channel.ROOM, "ended_at": at, "created_at": at,
                "created_by": staff_id,
            }
        )  # fmt: skip
        rows[Rating].append(
            {
                "org_id": org_id, "id": uuid.uuid4(), "patient_id": patient_id,
                "episode_id": episode_id, "session_id": session_id,
                "respondent_id": respondent_id, "instrument": caseload.instrument,
                "instrument_version": caseload.edition, "text_version": caseload.text_version,
                "variant": Variant.ADULT, "slot": Slot.START, "source": Source.PAPER,
                "rated_at": at, "recorded_at": at, "recorded_by": staff_id,
                "submission_key": uuid.uuid4(), "body_hash": "", "is_finished": True,
                "total": total, "total_lowest": 0, "total_highest": caseload.highest,
                "is_prorated": False, "sequence": next(sequences),
            }
        )  # fmt: skip
