"""Who may see whom. Every read of a person starts here."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable

from app.records import audit, people, staff
from app.records.audit import PROGRAM, Actor, ActorKind, Event
from app.records.base import DbSession
from app.records.engine import enter_organization
from app.records.people import Patient
from app.records.staff import Role, SignIn, StaffRole
from app.records.visibility import Viewer

__all__ = ["Role", "Viewer"]

IDLE_LIMIT = dt.timedelta(minutes=30)
"""A sign-in without a page view for so long has ended (ASVS 7.3.1)."""

SIGN_IN_LIMIT = dt.timedelta(hours=10)
"""A sign-in lasts a working day at the most (ASVS 7.3.2)."""


class NotThereError(LookupError):
    """There is nothing here, or nothing for this viewer: the two look the same.

    ``refusal`` is the log entry for a look that was refused. The page writes it in a
    transaction of its own, since the refused one leaves nothing behind.
    """

    def __init__(self, refusal: Event | None = None) -> None:
        super().__init__("not there")
        self.refusal = refusal


class NotAllowedError(PermissionError):
    """The viewer's roles do not open this page. Says nothing about any person."""

    def __init__(self, needed: Iterable[Role]) -> None:
        names = ", ".join(sorted(role.value for role in needed))
        super().__init__(f"this needs one of the roles: {names}")
        self.needed = frozenset(needed)


def token_hash(token: str) -> str:
    """Return what is kept of a secret token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_live(sign_in: SignIn, *, now: dt.datetime) -> bool:
    """Whether a sign-in still counts."""
    return (
        sign_in.ended_at is None
        and now < sign_in.expires_at
        and now - sign_in.last_seen_at < IDLE_LIMIT
    )


def viewer_of(db: DbSession, *, org_id: int, staff_id: uuid.UUID) -> Viewer | None:
    """Return the viewer for a member of staff who may still sign in, or ``None``."""
    enter_organization(db, org_id=org_id)
    member = staff.staff_member(db, org_id=org_id, staff_id=staff_id)
    if member is None or member.disabled_at is not None:
        return None
    roles = staff.current_roles(db, org_id=org_id, staff_id=staff_id)
    return Viewer(
        org_id=org_id,
        staff_id=staff_id,
        name=member.name,
        language=member.language,
        roles=frozenset(role.role for role in roles),
        teams=_teams(roles, Role.CLINICIAN),
        supervised_teams=_teams(roles, Role.SUPERVISOR),
    )


def the_program(db: DbSession) -> Viewer:
    """Return the program itself as viewer, for rules and jobs in the organization at hand."""
    return Viewer(
        org_id=db.info["org_id"],
        staff_id=uuid.UUID(int=0),
        name="",
        language="nb",
        roles=frozenset(),
        teams=frozenset(),
        supervised_teams=frozenset(),
        is_program=True,
    )


def check_role(viewer: Viewer, *needed: Role) -> None:
    """Raise ``NotAllowedError`` unless the viewer has one of these roles."""
    if not viewer.roles & set(needed):
        raise NotAllowedError(needed)


def see_patient(
    db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID, action: str, now: dt.datetime
) -> Patient:
    """Return a patient whom the viewer may see, and log that they looked."""
    patient = people.patient(db, viewer, patient_id=patient_id)
    if patient is None:
        raise NotThereError(
            event_of(viewer, "refused", now=now, ground="none", asked_for=patient_id.hex)
        )
    ground = ground_of(db, viewer, patient_id=patient_id)
    audit.append(db, event_of(viewer, action, now=now, patient_id=patient_id, ground=ground))
    return patient


def log_refusal(db: DbSession, viewer_org_id: int, refusal: Event) -> None:
    """Write down that somebody looked for a person who is not theirs."""
    enter_organization(db, org_id=viewer_org_id)
    audit.append(db, refusal)


def event_of(
    viewer: Viewer,
    action: str,
    *,
    now: dt.datetime,
    ground: str,
    patient_id: uuid.UUID | None = None,
    **details: object,
) -> Event:
    """Return the log entry for something that a member of staff saw or did."""
    member = Actor(
        kind=ActorKind.STAFF,
        id=viewer.staff_id,
        role=",".join(sorted(role.value for role in viewer.roles)),
        ground=ground,
    )
    return Event(
        actor=PROGRAM if viewer.is_program else member,
        action=action,
        at=now,
        patient_id=patient_id,
        details=details,
    )


def ground_of(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> str:
    """Return on what ground a viewer sees a patient: treats or supervises."""
    if people.treats_now(db, viewer, patient_id=patient_id):
        return "treats"
    return "supervises"


def _teams(roles: Iterable[StaffRole], wanted: Role) -> frozenset[uuid.UUID]:
    return frozenset(
        role.team_id for role in roles if role.role is wanted and role.team_id is not None
    )
