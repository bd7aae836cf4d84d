"""Fills a database with many ratings, in bulk and without the workflow, for benchmarks."""

import datetime as dt
import uuid
from collections.abc import Iterator
from itertools import islice

import sqlalchemy as sa
from sqlmodel import SQLModel

from app.clinical.instruments import Variant
from app.records.audit import ActorKind, AuditEntry
from app.records.engine import Database, enter_organization
from app.records.episodes import Episode
from app.records.people import FormLayout, FormMode, Patient, Respondent, RespondentKind, Treats
from app.records.ratings import ItemAnswer, Rating, Source
from app.records.sessions import Channel, SessionStatus, TherapySession
from app.records.staff import Staff
from app.records.tablets import Slot
from tests.support.clinic import Clinic

SESSIONS = 10
RATINGS_A_PATIENT = 2 * SESSIONS
_BATCH = 500
_ITEMS = {"outcome-4": ("o1", "o2", "o3", "o4"), "alliance-4": ("a1", "a2", "a3", "a4")}


def fill(clinic: Clinic, *, ratings: int) -> None:
    """Add patients of other clinicians with ``ratings`` ratings in all.

    Nothing is told to SQLite of what was added: its sizes are those that ``schema`` tells it.
    """
    org_id = clinic.clinician.org_id
    sequences = _sequences()
    patients = iter(range(ratings // RATINGS_A_PATIENT))
    colleagues = _colleagues(clinic.database, org_id, at=clinic.clock.now)
    while batch := list(islice(patients, _BATCH)):
        rows = _Rows()
        for number in batch:
            staff_id = colleagues[number % len(colleagues)]
            _patient(rows, clinic, number=number, staff_id=staff_id, sequences=sequences)
        with clinic.database.writing() as db:
            enter_organization(db, org_id=org_id)
            for table, values in rows.by_table.items():
                db.execute(sa.insert(sa.inspect(table).local_table), values)


class _Rows:
    def __init__(self) -> None:
        self.by_table: dict[type[SQLModel], list[dict[str, object]]] = {
            table: []
            for table in (
                Patient, Respondent, Treats, Episode, TherapySession, AuditEntry, Rating, ItemAnswer
            )
        }  # fmt: skip

    def add(self, table: type[SQLModel], **values: object) -> None:
        self.by_table[table].append(values)


def _sequences() -> Iterator[int]:
    number = 10_000_000
    while True:
        yield number
        number += 1


def _colleagues(database: Database, org_id: int, *, at: dt.datetime) -> list[uuid.UUID]:
    ids = [uuid.uuid4() for _ in range(200)]
    with database.writing() as db:
        enter_organization(db, org_id=org_id)
        db.execute(
            sa.insert(Staff),
            [
                {"org_id": org_id, "id": each, "name": "Ansatt", "language": "nb", "created_at": at}
                for each in ids
            ],
        )
    return ids


def _patient(
    rows: _Rows, clinic: Clinic, *, number: int, staff_id: uuid.UUID, sequences: Iterator[int]
) -> None:
    org_id, at = clinic.clinician.org_id, clinic.clock.now
    patient_id, respondent_id, episode_id = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    rows.add(
        Patient, org_id=org_id, id=patient_id, number=100_000 + number, name_sealed=None,
        birth_year=1980, language="nb", form_mode=FormMode.LINE, form_layout=FormLayout.ALL,
        has_large_text=False, created_at=at, created_by=staff_id, external_key=None,
    )  # fmt: skip
    rows.add(
        Respondent, org_id=org_id, id=respondent_id, patient_id=patient_id,
        kind=RespondentKind.PATIENT, label_sealed=None, created_at=at, ended_at=None,
    )  # fmt: skip
    rows.add(
        Treats, org_id=org_id, id=uuid.uuid4(), patient_id=patient_id, staff_id=staff_id,
        since=at, until=None, given_by=staff_id, ended_by=None,
    )  # fmt: skip
    rows.add(
        Episode, org_id=org_id, id=episode_id, patient_id=patient_id,
        team_id=clinic.other_team_id, variant=Variant.ADULT, main_instrument="outcome-4",
        alliance_instrument="alliance-4", opened_at=at, opened_by=staff_id, closed_at=None,
        closed_by=None, ending=None, agreement=None, closing_note_sealed=None,
    )  # fmt: skip
    for week in range(SESSIONS):
        moment = at + dt.timedelta(weeks=week)
        session_id = uuid.uuid4()
        rows.add(
            TherapySession, org_id=org_id, id=session_id, episode_id=episode_id,
            patient_id=patient_id, planned_at=moment, status=SessionStatus.ATTENDED,
            channel=Channel.ROOM, ended_at=moment, created_at=moment, created_by=staff_id,
        )  # fmt: skip
        for slot, instrument in ((Slot.START, "outcome-4"), (Slot.END, "alliance-4")):
            rating_id = uuid.uuid4()
            total = 150 + 10 * week + number % 50
            sequence = next(sequences)
            rows.add(
                AuditEntry, org_id=org_id, sequence=sequence, at=moment,
                actor_kind=ActorKind.PROGRAM, action="stored_rating", ground="program",
                patient_id=patient_id, details={}, previous_hash="", hash="",
            )  # fmt: skip
            rows.add(
                Rating, org_id=org_id, id=rating_id, patient_id=patient_id,
                episode_id=episode_id, session_id=session_id, respondent_id=respondent_id,
                instrument=instrument, instrument_version=1, variant=Variant.ADULT, slot=slot,
                source=Source.PAPER, rated_at=moment, recorded_at=moment, recorded_by=staff_id,
                submission_key=uuid.uuid4(), body_hash="", is_finished=True, total=total,
                total_lowest=0, total_highest=400, is_prorated=False, sequence=sequence,
            )  # fmt: skip
            share, rest = divmod(total, 4)
            for at_item, item in enumerate(_ITEMS[instrument]):
                rows.add(
                    ItemAnswer, org_id=org_id, rating_id=rating_id, item=item,
                    value=share + (1 if at_item < rest else 0), lowest=0, highest=100,
                )  # fmt: skip
