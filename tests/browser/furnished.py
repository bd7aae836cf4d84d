"""A clinic in which every page has something to show, with free text of one's choice in it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlmodel import select

from app.clinical.instruments import Variant
from app.clinical.simulate import SYNTHETIC_CURVE
from app.main import read_clock
from app.records import curves
from app.records.engine import enter_organization
from app.records.flags import Flag
from app.records.people import Respondent
from app.records.sessions import SessionStatus
from app.records.tablets import Slot
from tests.browser.invented import FORM
from tests.support.browser import earlier, today
from tests.support.clinic import Clinic, Enrolled
from tests.support.forms import address_of

OUTCOMES: Final = (172, 189, 204, 226, 241, 233, 202, 173, 150)
ALLIANCES: Final = (335, 350, 368, 374, 371, 310, 346, 362, 373)


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody has written into the free fields about a patient."""

    name: str = "Aksel Berg"
    goal: str = "Sove hele natta"
    label: str = "Mona"
    reason: str = "Et kryss ble lest feil."
    note: str = "Vi prøver kortere timer, og ringer mora."


@dataclass(frozen=True, slots=True)
class Furnished:
    """A patient about whom every page has something to show."""

    patient: Enrolled
    sessions: Sequence[uuid.UUID]
    ratings: Sequence[uuid.UUID]
    """Of the main form, oldest first."""
    flags: Sequence[uuid.UUID]
    """Oldest first."""


def use_synthetic_curve(clinic: Clinic) -> None:
    """Let the clinic expect what patients of the simulator show."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        curves.add(db, SYNTHETIC_CURVE, org_id=clinic.clinician.org_id, now=clinic.clock.now)


def furnish(
    clinic: Clinic, *, written: Written | None = None, outcomes: Sequence[int] = OUTCOMES
) -> Furnished:
    """Let a patient have come for some weeks, with flags, notes, goals, corrections and a no."""
    texts = written or Written()
    earlier(clinic, days=7 * len(outcomes))
    patient = clinic.enrol(name=texts.name)
    sessions, ratings = _come(clinic, patient, outcomes)
    today(clinic)
    clinic.session(patient, status=SessionStatus.PLANNED)
    _ask_a_partner(clinic, patient, sessions, label=texts.label)
    _agree_on_goals(clinic, patient, goal=texts.goal)
    _correct(clinic, ratings[1], reason=texts.reason)
    _say_not_today(clinic, patient, reason=texts.reason)
    flags = flags_of(clinic, patient)
    _review(clinic, flags, note=texts.note)
    return Furnished(patient=patient, sessions=sessions, ratings=ratings, flags=flags)


def flags_of(clinic: Clinic, patient: Enrolled) -> list[uuid.UUID]:
    """Return the flags that a patient has ever had, oldest first."""
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        rows = db.execute(select(Flag).where(Flag.patient_id == patient.patient_id)).scalars()
        return [row.id for row in sorted(rows, key=lambda row: row.sequence)]


def with_critical_answer(clinic: Clinic) -> Furnished:
    """Let a patient have filled in a form with an answer that must be seen at once."""
    earlier(clinic, days=28)
    patient = clinic.enrol(name="Even Foss", main=FORM, alliance=None)
    items = clinic.registry.get(FORM).items
    sessions, ratings = [], []
    for answer in (10, 20, 20, 20):
        sessions.append(clinic.session(patient, is_over=True))
        answers: dict[str, int | None] = {item.key: answer for item in items}
        ratings.append(clinic.rate(patient, sessions[-1], answers=answers, instrument=FORM))
        clinic.clock.pass_time(days=7)
    today(clinic)
    return Furnished(
        patient=patient,
        sessions=sessions,
        ratings=[stored.rating_id for stored in ratings],
        flags=flags_of(clinic, patient),
    )


def with_little(clinic: Clinic) -> Mapping[str, Enrolled]:
    """Return patients without a score, with one, a child, and one whose course is closed."""
    earlier(clinic, days=30)
    new, one, child = (
        clinic.enrol(name="Frida Gran"),
        clinic.enrol(name="Guro Hansen"),
        clinic.enrol(name="Ida Jensen", birth_year=2017, variant=Variant.CHILD),
    )
    clinic.course(one, [180])
    closed = clinic.enrol(name="Henrik Iversen")
    clinic.course(closed, [180, 250, 290])
    today(clinic)
    form = {"ending": "planned", "agreement": "agreed", "note": "Målet er nådd."}
    staff = clinic.client(clinic.clinician)
    address_of(staff, f"/episodes/{closed.episode_id}/close", form)
    return {"no-score": new, "one-score": one, "child": child, "closed": closed}


def _come(
    clinic: Clinic, patient: Enrolled, outcomes: Sequence[int]
) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    sessions, ratings = [], []
    for outcome, alliance in zip(outcomes, ALLIANCES, strict=False):
        session_id = clinic.session(patient, is_over=True)
        ratings.append(clinic.rate(patient, session_id, total=outcome).rating_id)
        clinic.rate(patient, session_id, total=alliance, instrument="alliance-4", slot=Slot.END)
        sessions.append(session_id)
        clinic.clock.pass_time(days=7)
    return sessions, ratings


def _ask_a_partner(
    clinic: Clinic, patient: Enrolled, sessions: Sequence[uuid.UUID], *, label: str
) -> None:
    staff = clinic.client(clinic.clinician)
    form = {"kind": "partner", "label": label}
    address_of(staff, f"/patients/{patient.patient_id}/respondents", form)
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        partner = db.execute(
            select(Respondent.id).where(
                Respondent.patient_id == patient.patient_id,
                Respondent.id != patient.respondent_id,
            )
        ).scalar_one()
    for session_id, total in zip(sessions[:2], (230, 250), strict=False):
        clinic.rate(replace(patient, respondent_id=partner), session_id, total=total)


def _agree_on_goals(clinic: Clinic, patient: Enrolled, *, goal: str) -> None:
    staff, at = clinic.client(clinic.clinician), f"/episodes/{patient.episode_id}"
    forms = {
        "main": "outcome-4",
        "alliance": "alliance-4",
        "variant": "adult",
        "further": "personal-goals",
    }
    address_of(staff, f"{at}/change", forms)
    address_of(staff, f"{at}/goals", {"goal_g1": goal, "goal_g2": "Gå ut hver dag"})


def _correct(clinic: Clinic, rating_id: uuid.UUID, *, reason: str) -> None:
    form = {
        "submission_key": str(uuid.uuid4()),
        "correction": "typing_error",
        "reason": reason,
        "dated": read_clock().date().isoformat(),
        "item_o1": "4,7",
        "item_o2": "4,8",
        "item_o3": "4,9",
        "item_o4": "5,0",
    }
    address_of(clinic.client(clinic.clinician), f"/ratings/{rating_id}/correct", form)


def _say_not_today(clinic: Clinic, patient: Enrolled, *, reason: str) -> None:
    form = {"answer": "not_today", "other_channel": "talk", "reason": reason}
    address_of(
        clinic.client(clinic.clinician), f"/episodes/{patient.episode_id}/participation", form
    )


def _review(clinic: Clinic, flags: Sequence[uuid.UUID], *, note: str) -> None:
    staff = clinic.client(clinic.clinician)
    for flag_id in flags[:1]:
        form = {"decision": "changed_method", "note": note}
        address_of(staff, f"/flags/{flag_id}/decide", form)
    for flag_id in flags[1:2]:
        address_of(staff, f"/flags/{flag_id}/note", {"note": note})
