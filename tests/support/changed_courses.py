"""All that can happen to a course afterwards, stored without the workflow."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import col

from app.clinical.instruments import Variant
from app.records.base import DbSession, table_of
from app.records.engine import enter_organization
from app.records.episodes import Baseline, Episode
from app.records.people import Respondent, RespondentKind
from app.records.ratings import Correction, Rating, Source, Withdrawal
from app.records.sessions import Channel, SessionStatus, TherapySession
from app.records.tablets import Slot
from tests.support.clinic import Clinic

_DAY = dt.timedelta(days=1)
_SEQUENCES = count(9_000_000)


@dataclass(frozen=True, slots=True)
class Change:
    """A clinic in which something happens to a course that chance picks."""

    clinic: Clinic
    db: DbSession
    random: Random

    def one(self, question: sa.Select[*tuple[Any, ...]]) -> sa.Row[*tuple[Any, ...]]:
        """Return one of the rows that there are, the same for the same chance."""
        return self.random.choice(sorted(self.db.execute(question).all(), key=repr))

    def rating(self, **changed: object) -> None:
        """Store a rating in a session that there is."""
        session_id, episode_id, patient_id, planned_at = self.one(
            sa.select(
                col(TherapySession.id), col(TherapySession.episode_id),
                col(TherapySession.patient_id), col(TherapySession.planned_at),
            )
        )  # fmt: skip
        respondent_id = self.db.execute(
            sa.select(col(Respondent.id)).where(col(Respondent.patient_id) == patient_id).limit(1)
        ).scalar_one()
        self.db.execute(
            sa.insert(table_of(Rating)),
            {
                "org_id": self.clinic.clinician.org_id, "id": uuid.uuid4(),
                "patient_id": patient_id, "episode_id": episode_id, "session_id": session_id,
                "respondent_id": respondent_id, "instrument": "phq-9", "instrument_version": 1,
                "text_version": None, "variant": Variant.ADULT, "slot": Slot.START,
                "source": Source.PAPER, "rated_at": planned_at, "recorded_at": planned_at,
                "recorded_by": self.clinic.clinician.staff_id, "submission_key": uuid.uuid4(),
                "body_hash": "", "is_finished": True, "total": 10 * self.random.randrange(28),
                "total_lowest": 0, "total_highest": 270, "is_prorated": False,
                "sequence": next(_SEQUENCES), "replaces_id": None, "correction": None, **changed,
            },
        )  # fmt: skip

    def corrected(self) -> None:
        """A rating takes the place of one that may be of another course."""
        newer = table_of(Rating).alias()
        (replaces_id,) = self.one(
            sa.select(col(Rating.id)).where(
                ~sa.exists().where(newer.c.replaces_id == col(Rating.id))
            )
        )
        total = self.random.choice([None, 120])
        self.rating(replaces_id=replaces_id, correction=Correction.TYPING_ERROR, total=total)

    def withdrawn(self) -> None:
        """A rating counts no longer."""
        (rating_id,) = self.one(
            sa.select(col(Rating.id)).where(
                ~sa.exists().where(col(Withdrawal.rating_id) == col(Rating.id))
            )
        )
        self.db.execute(
            sa.insert(table_of(Withdrawal)),
            {
                "org_id": self.clinic.clinician.org_id, "id": uuid.uuid4(),
                "rating_id": rating_id, "reason_sealed": b"",
                "withdrawn_at": self.clinic.clock.now,
                "withdrawn_by": self.clinic.clinician.staff_id, "sequence": next(_SEQUENCES),
            },
        )  # fmt: skip

    def start_named(self) -> None:
        """A clinician names another start."""
        rating_id, episode_id = self.one(sa.select(col(Rating.id), col(Rating.episode_id)))
        self.db.execute(
            sa.insert(table_of(Baseline)),
            {
                "org_id": self.clinic.clinician.org_id, "id": uuid.uuid4(),
                "episode_id": episode_id, "rating_id": rating_id, "reason_sealed": b"",
                "chosen_at": self.clinic.clock.now,
                "chosen_by": self.clinic.clinician.staff_id, "sequence": next(_SEQUENCES),
            },
        )  # fmt: skip

    def held(self) -> None:
        """A session is written down that was held long ago, before others."""
        episode_id, patient_id, opened_at = self.one(
            sa.select(col(Episode.id), col(Episode.patient_id), col(Episode.opened_at))
        )
        self.db.execute(
            sa.insert(table_of(TherapySession)),
            {
                "org_id": self.clinic.clinician.org_id, "id": uuid.uuid4(),
                "episode_id": episode_id, "patient_id": patient_id,
                "planned_at": opened_at + self.random.randrange(60) * _DAY,
                "status": self.random.choice(list(SessionStatus)), "channel": Channel.ROOM,
                "ended_at": None, "created_at": opened_at,
                "created_by": self.clinic.clinician.staff_id,
            },
        )  # fmt: skip

    def session(self, **changed: object) -> None:
        """A session turns out to have been otherwise."""
        (session_id,) = self.one(sa.select(col(TherapySession.id)))
        values = {"ended_at": None, **changed}
        self.db.execute(
            sa.update(table_of(TherapySession))
            .where(col(TherapySession.id) == session_id)
            .values(values)
        )

    def cancelled(self) -> None:
        """A session that counted does not, or one that did not does."""
        self.session(status=self.random.choice(list(SessionStatus)))

    def moved(self) -> None:
        """Sessions stand in another order."""
        self.session(planned_at=self.clinic.clock.now - self.random.randrange(900) * _DAY)

    def kin(self) -> None:
        """Who was taken for the patient was another, or the reverse."""
        (respondent_id,) = self.one(sa.select(col(Respondent.id)))
        kind = self.random.choice([RespondentKind.PATIENT, RespondentKind.OTHER_NEXT_OF_KIN])
        self.db.execute(
            sa.update(table_of(Respondent))
            .where(col(Respondent.id) == respondent_id)
            .values(kind=kind)
        )

    def other_form(self) -> None:
        """A course is measured by another form from now on."""
        (episode_id,) = self.one(sa.select(col(Episode.id)))
        self.db.execute(
            sa.update(table_of(Episode))
            .where(col(Episode.id) == episode_id)
            .values(main_instrument=self.random.choice(["phq-9", "gad-7"]))
        )


CHANGES: Final[tuple[Callable[[Change], None], ...]] = (
    Change.rating,
    Change.corrected,
    Change.withdrawn,
    Change.start_named,
    Change.held,
    Change.cancelled,
    Change.moved,
    Change.kin,
    Change.other_form,
)


def change(
    clinic: Clinic, what: Callable[[Change], None], *, random: Random, times: int = 1
) -> None:
    """Let something happen some times."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        for _ in range(times):
            what(Change(clinic, db, random))
