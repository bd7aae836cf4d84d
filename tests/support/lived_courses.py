"""Courses in which all happens that can happen to a score."""

import uuid
from random import Random

from app.records.sessions import SessionStatus
from app.records.tablets import Slot
from tests.support.clinic import Clinic, Enrolled


def live_through(clinic: Clinic, random: Random) -> Enrolled:
    """Let somebody come now and then, with all that can happen to a score."""
    patient = clinic.enrol(alliance=None)
    rated = []
    for _ in range(random.randrange(9)):
        status = random.choice([SessionStatus.ATTENDED] * 4 + [SessionStatus.NOT_ATTENDED])
        session_id = clinic.session(patient, status=status, is_over=False)
        if status is not SessionStatus.ATTENDED:
            clinic.clock.pass_time(days=7)
            continue
        slots = random.choice([[], [Slot.START], [Slot.START], [Slot.END], [Slot.END, Slot.START]])
        for slot in slots:
            for _ in range(random.choice([1, 1, 1, 2])):
                total = random.randrange(0, 401)
                stored = clinic.rate(patient, session_id, total=total, slot=slot)
                rated.append(stored.rating_id)
        clinic.clock.pass_time(days=7)
    if rated and random.random() < 0.3:
        name_as_start(clinic, random.choice(rated))
    return patient


def name_as_start(clinic: Clinic, rating_id: uuid.UUID) -> None:
    clinic.client(clinic.clinician).post(
        f"/ratings/{rating_id}/baseline", data={"reason": "Den første var en prøve"}
    )
