"""Exports for research that are asked for, agreed to and taken out in an invented service."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Final

from sqlmodel import col, select

from app.records.audit import AuditEntry
from app.records.base import new_id
from app.records.engine import enter_organization
from app.records.staff import Account, Role, Staff, StaffRole
from app.workflow import hand_out, second, share, show_shared
from app.workflow.hand_out import HandedOut, ResearchFile
from app.workflow.share import Wanted
from app.workflow.show_shared import Shared
from tests.support import service
from tests.support.clinic import MONDAY, Clinic, Person
from tests.support.reports import at_desk
from tests.support.service import WEEK, Course, Form, Habits, Place, Visit

PROJECT: Final = "Hva hjelper, og for hvem?"
GROUND: Final = "Vedtak 2026/14, personvernet vurdert av kommunens ombud"


def a_service(clinic: Clinic, *, courses: int = 160, seed: int = 1) -> Sequence[Course]:
    """Let so many courses on Outcome-4 have ended in two teams, most of them in 2025."""
    org_id, now = clinic.clinician.org_id, clinic.clock.now
    place = service.found(clinic.database, org_id=org_id, teams=(4, 5), at=now)
    habits = Habits(
        instrument=clinic.registry.get("outcome-4"),
        begins=dt.datetime(2024, 12, 1, tzinfo=dt.UTC),
        days=400,
    )
    found = service.invent(place, habits, courses=courses, seed=seed)
    service.store(clinic.database, place, found)
    return found


def shared_by_few(
    clinic: Clinic, *, is_agreed: bool = True, year: int = 2025, therapists: int = 3
) -> uuid.UUID:
    """Share what eight courses of the other team have come to, which nobody treats any more."""
    people = [one.staff_id for one in (clinic.other_team, clinic.clinician, clinic.colleague)]
    people = people[:therapists]
    place = Place(clinic.other_team.org_id, {clinic.other_team_id: people})
    begins = dt.datetime(year, 3, 3, 12, tzinfo=dt.UTC)
    courses = [
        Course(
            patient=uuid.uuid4(),
            team=clinic.other_team_id,
            therapists=[people[one % len(people)]],
            opened_at=begins,
            closed_at=begins + 9 * WEEK,
            instrument="outcome-4",
            visits=[
                Visit(begins + week * WEEK, forms=[Form("outcome-4", 150 + 9 * one + week * one)])
                for week in range(1, 9)
            ],
        )
        for one in range(8)
    ]
    service.store(clinic.database, place, courses, first=year)
    request_id = asked(clinic, first_year=year, last_year=year)
    if is_agreed:
        agree(clinic, request_id)
    return request_id


def wanted(**changed: Any) -> Wanted:  # noqa: ANN401 - any field of what is wanted
    """Return what is asked for: Outcome-4 in 2025 with teams, unless something else is said."""
    usual: dict[str, Any] = {
        "instrument": "outcome-4",
        "first_year": 2025,
        "last_year": 2025,
        "has_teams": True,
        "project": PROJECT,
        "ground": GROUND,
        "is_confirmed": True,
    }
    return Wanted(**(usual | changed))


def asked(clinic: Clinic, *, by: Person | None = None, **changed: Any) -> uuid.UUID:  # noqa: ANN401 - as `wanted`
    """Let a quality lead ask for an export."""
    here = at_desk(clinic, by)
    with clinic.database.writing() as db:
        return share.ask_to_share(
            db,
            here(db),
            wanted=wanted(**changed),
            registry=clinic.registry,
            now=clinic.clock.now,
        )


def agree(
    clinic: Clinic, request_id: uuid.UUID, *, by: Person | None = None, is_confirmed: bool = True
) -> None:
    """Let the administrator, or somebody else, agree."""
    here = at_desk(clinic, by or clinic.administrator)
    with clinic.database.writing() as db:
        second.agree_to_share(
            db,
            here(db),
            request_id=request_id,
            is_confirmed=is_confirmed,
            registry=clinic.registry,
            now=clinic.clock.now,
        )


def agreed(clinic: Clinic, **changed: Any) -> uuid.UUID:  # noqa: ANN401 - as `wanted`
    """Let an export be asked for and agreed to."""
    request_id = asked(clinic, **changed)
    agree(clinic, request_id)
    return request_id


def withdraw(clinic: Clinic, request_id: uuid.UUID, reason: str = "Prosjektet er avlyst") -> None:
    """Let the quality lead take an export back."""
    here = at_desk(clinic)
    with clinic.database.writing() as db:
        share.stop_sharing(db, here(db), request_id=request_id, reason=reason, now=clinic.clock.now)


def decline(
    clinic: Clinic, request_id: uuid.UUID, reason: str = "Uklart", by: Person | None = None
) -> None:
    """Let the administrator say no."""
    here = at_desk(clinic, by or clinic.administrator)
    with clinic.database.writing() as db:
        second.decline_to_share(
            db, here(db), request_id=request_id, reason=reason, now=clinic.clock.now
        )


def taken(
    clinic: Clinic,
    request_id: uuid.UUID,
    *,
    kind: ResearchFile = ResearchFile.CSV,
    by: Person | None = None,
) -> HandedOut:
    """Let the quality lead take an export out."""
    here = at_desk(clinic, by)
    with clinic.database.writing() as db:
        return hand_out.hand_out(
            db, here(db), request_id=request_id, kind=kind, now=clinic.clock.now
        )


def seen(clinic: Clinic, request_id: uuid.UUID, who: Person | None = None) -> Shared:
    """Return an export as somebody sees it."""
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, who or clinic.quality_lead)
        return show_shared.see_shared(db, viewer, request_id=request_id, now=clinic.clock.now)


def second_lead(clinic: Clinic) -> Person:
    """Let another quality lead work here."""
    org_id = clinic.quality_lead.org_id
    with clinic.database.writing() as db:
        enter_organization(db, org_id=org_id)
        member = Staff(
            org_id=org_id, id=new_id(), name="Tuva Berge", language="nb", created_at=MONDAY
        )
        db.add(member)
        db.flush()
        db.add(
            StaffRole(
                org_id=org_id,
                id=new_id(),
                staff_id=member.id,
                role=Role.QUALITY_LEAD,
                team_id=None,
                since=MONDAY,
            )
        )
        db.add(
            Account(
                org_id=org_id,
                staff_id=member.id,
                sign_in_name="tuva.berge",
                password_hash="",
                totp_confirmed_at=MONDAY,
                created_at=MONDAY,
            )
        )
        db.flush()
        return Person(name=member.name, org_id=org_id, staff_id=member.id)


def log_of(clinic: Clinic) -> list[AuditEntry]:
    """Return what the log says of exports, the oldest first."""
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        rows = db.execute(select(AuditEntry).order_by(col(AuditEntry.sequence))).scalars().all()
        return [row for row in rows if "research" in row.action]
