"""Many courses in which all happens that can happen to a score, stored without the workflow."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

import sqlalchemy as sa
from sqlmodel import SQLModel

from app.clinical.instruments import Variant
from app.records.base import table_of
from app.records.engine import Database, enter_organization
from app.records.episodes import Agreement, Baseline, Ending, Episode
from app.records.people import FormLayout, FormMode, Patient, Respondent, RespondentKind
from app.records.ratings import Correction, Rating, Source, Withdrawal
from app.records.sessions import Channel, SessionStatus, TherapySession
from app.records.tablets import Slot
from tests.support.many_courses import Caseload

_TABLES = (Patient, Respondent, Episode, TherapySession, Rating, Withdrawal, Baseline)
_STATUS = [SessionStatus.ATTENDED] * 7 + [
    SessionStatus.NOT_ATTENDED,
    SessionStatus.PLANNED,
    SessionStatus.CANCELLED,
]
_DAY = dt.timedelta(days=1)


@dataclass(slots=True)
class _Awkward:
    """What is being made up."""

    caseload: Caseload
    random: Random
    numbers: Iterator[int] = field(default_factory=lambda: count(2_000_000))
    sequences: Iterator[int] = field(default_factory=lambda: count(5_000_000))
    rows: dict[type[SQLModel], list[dict[str, object]]] = field(
        default_factory=lambda: {table: [] for table in _TABLES}
    )

    def patient(self) -> None:
        """Somebody with one course or two, of any age or none known."""
        patient_id, own, kin = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
        at = self.caseload.begins
        self.rows[Patient].append(
            {
                "org_id": self.caseload.org_id, "id": patient_id, "number": next(self.numbers),
                "name_sealed": None, "birth_year": self.random.choice([None, 1950, 1985, 2008]),
                "language": self.random.choice(["nb", "nn", "en"]), "form_mode": FormMode.LINE,
                "form_layout": FormLayout.ALL, "has_large_text": False, "created_at": at,
                "created_by": self.caseload.staff_id, "external_key": None,
            }
        )  # fmt: skip
        for respondent_id, kind in (
            (own, RespondentKind.PATIENT), (kin, RespondentKind.OTHER_NEXT_OF_KIN),
        ):  # fmt: skip
            self.rows[Respondent].append(
                {
                    "org_id": self.caseload.org_id, "id": respondent_id, "patient_id": patient_id,
                    "kind": kind, "label_sealed": None, "created_at": at, "ended_at": None,
                }
            )  # fmt: skip
        for _ in range(self.random.choice([1, 1, 1, 2])):
            self.course(patient_id, [own, own, own, own, kin])

    def course(self, patient_id: uuid.UUID, respondents: list[uuid.UUID]) -> None:
        """From no session at all to nine, some at the same moment."""
        episode_id, begins = uuid.uuid4(), self.caseload.begins + self.random.randrange(99) * _DAY
        is_closed = self.random.random() < 0.8
        self.rows[Episode].append(
            {
                "org_id": self.caseload.org_id, "id": episode_id, "patient_id": patient_id,
                "team_id": self.caseload.team_id, "variant": Variant.ADULT,
                "main_instrument": self.random.choice([self.caseload.instrument] * 9 + ["gad-7"]),
                "alliance_instrument": None, "opened_at": begins,
                "opened_by": self.caseload.staff_id,
                "closed_at": begins + 99 * _DAY if is_closed else None,
                "closed_by": self.caseload.staff_id if is_closed else None,
                "ending": Ending.PLANNED if is_closed else None,
                "agreement": Agreement.AGREED if is_closed else None, "closing_note_sealed": None,
            }
        )  # fmt: skip
        of_course: list[uuid.UUID] = []
        level = self.random.randrange(100, 250)
        for week in range(self.random.randrange(10)):
            at = begins + 7 * self.random.choice([week, max(week - 1, 0)]) * _DAY
            session_id = self.session(episode_id, patient_id, at=at)
            for _ in range(self.random.choice([0, 1, 1, 1, 1, 2, 3])):
                of_course.append(
                    self.rating(
                        {
                            "patient_id": patient_id, "episode_id": episode_id,
                            "session_id": session_id,
                            "respondent_id": self.random.choice(respondents),
                        },
                        at=at, level=level - 8 * week, before=of_course,
                    )
                )  # fmt: skip
        for rating_id in self.random.sample(of_course, min(len(of_course), 2)):
            if self.random.random() < 0.25:
                self.name(episode_id, rating_id)

    def session(
        self, episode_id: uuid.UUID, patient_id: uuid.UUID, *, at: dt.datetime
    ) -> uuid.UUID:
        """One that was held, or not."""
        session_id, status = uuid.uuid4(), self.random.choice(_STATUS)
        self.rows[TherapySession].append(
            {
                "org_id": self.caseload.org_id, "id": session_id, "episode_id": episode_id,
                "patient_id": patient_id, "planned_at": at, "status": status,
                "channel": Channel.ROOM,
                "ended_at": at if status is SessionStatus.ATTENDED else None, "created_at": at,
                "created_by": self.caseload.staff_id,
            }
        )  # fmt: skip
        return session_id

    def rating(
        self, place: dict[str, uuid.UUID], *, at: dt.datetime, level: int, before: list[uuid.UUID]
    ) -> uuid.UUID:
        """One with a score or none, that takes another's place or not, and may be withdrawn."""
        rating_id, random = uuid.uuid4(), self.random
        replaced = {row["replaces_id"] for row in self.rows[Rating]}
        free = [one for one in before if one not in replaced]
        replaces_id = random.choice(free) if free and random.random() < 0.2 else None
        total = min(max(10 * round(level / 10 + random.gauss(0, 3)), 0), self.caseload.highest)
        self.rows[Rating].append(
            {
                "org_id": self.caseload.org_id, "id": rating_id, **place,
                "instrument": random.choice([self.caseload.instrument] * 9 + ["gad-7"]),
                "instrument_version": random.choice([self.caseload.edition] * 40 + [9]),
                "text_version": random.choice([None, "site-1", "site-2"]),
                "variant": Variant.ADULT, "slot": random.choice([Slot.START, Slot.START, Slot.END]),
                "source": Source.PAPER, "rated_at": at + random.randrange(-3, 4) * _DAY,
                "recorded_at": at, "recorded_by": self.caseload.staff_id,
                "submission_key": uuid.uuid4(), "body_hash": "", "is_finished": True,
                "total": None if random.random() < 0.1 else total, "total_lowest": 0,
                "total_highest": self.caseload.highest, "is_prorated": False,
                "sequence": next(self.sequences), "replaces_id": replaces_id,
                "correction": None if replaces_id is None else Correction.TYPING_ERROR,
            }
        )  # fmt: skip
        if random.random() < 0.05:
            self.rows[Withdrawal].append(
                {
                    "org_id": self.caseload.org_id, "id": uuid.uuid4(), "rating_id": rating_id,
                    "reason_sealed": b"", "withdrawn_at": at,
                    "withdrawn_by": self.caseload.staff_id, "sequence": next(self.sequences),
                }
            )  # fmt: skip
        return rating_id

    def name(self, episode_id: uuid.UUID, rating_id: uuid.UUID) -> None:
        """A clinician names a rating as the start, wisely or not."""
        self.rows[Baseline].append(
            {
                "org_id": self.caseload.org_id, "id": uuid.uuid4(), "episode_id": episode_id,
                "rating_id": rating_id, "reason_sealed": b"", "chosen_at": self.caseload.begins,
                "chosen_by": self.caseload.staff_id, "sequence": next(self.sequences),
            }
        )  # fmt: skip


def live_awkwardly(database: Database, caseload: Caseload, *, patients: int) -> None:
    """Let so many patients have courses as they should not be, and some as they should."""
    made_up = _Awkward(caseload, Random(caseload.seed))  # noqa: S311 - invented patients
    for _ in range(patients):
        made_up.patient()
    with database.writing() as db:
        enter_organization(db, org_id=caseload.org_id)
        for table, values in made_up.rows.items():
            db.execute(sa.insert(table_of(table)), values)
