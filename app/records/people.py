"""Organizations, teams, patients, their next of kin, and who treats whom."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, SQLModel, col, select

from app.records.base import DbSession, OrganizationRow, belongs, choice, moment
from app.records.encryption import unseal
from app.records.staff import Role, Staff, StaffRole
from app.records.visibility import Viewer, is_visible

__all__ = ["Viewer", "is_visible"]


class NameDisplay(Enum):
    """How patients are named on lists."""

    FULL = "full"
    SHORT = "short"
    INITIALS = "initials"
    NUMBER = "number"


class RespondentKind(Enum):
    """Who answers."""

    PATIENT = "patient"
    PARTNER = "partner"
    PARENT = "parent"
    OTHER_NEXT_OF_KIN = "other_next_of_kin"


class FormMode(Enum):
    """How a line is answered: by a mark, by a number, or by choosing a coded answer."""

    LINE = "line"
    BUTTONS = "buttons"
    CODES = "codes"


class FormLayout(Enum):
    """All items on one page, or one at a time."""

    ALL = "all"
    ONE = "one"


class Organization(SQLModel, table=True):
    """A municipality or another body that answers for its own records."""

    __tablename__ = "organization"
    __table_args__ = (
        sa.CheckConstraint("no_contact_days BETWEEN 7 AND 365", name="no_contact_days"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200)
    language: str = Field(max_length=3)
    is_synthetic: bool
    created_at: dt.datetime = moment()
    name_display: NameDisplay = choice(NameDisplay, "name_display")
    no_contact_days: int = 28
    help_texts: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """What a patient reads at once after a critical answer, by language."""
    procedure_texts: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """What staff do after a critical answer, by language."""


class Team(OrganizationRow, table=True):
    """A team of clinicians with a supervisor."""

    __tablename__ = "team"
    __table_args__ = (sa.UniqueConstraint("org_id", "name"),)

    name: str = Field(max_length=200)
    created_at: dt.datetime = moment()


class Patient(OrganizationRow, table=True):
    """A person in treatment. The number always exists, the name need not."""

    __tablename__ = "patient"
    __table_args__ = (
        sa.UniqueConstraint("org_id", "number"),
        sa.UniqueConstraint("org_id", "external_key"),
        sa.CheckConstraint("number > 0", name="number"),
        sa.CheckConstraint("birth_year BETWEEN 1900 AND 2100", name="birth_year"),
    )

    number: int
    name_sealed: bytes | None = None
    birth_year: int | None = None
    language: str = Field(max_length=3)
    form_mode: FormMode = choice(FormMode, "form_mode")
    form_layout: FormLayout = choice(FormLayout, "form_layout")
    has_large_text: bool = False
    created_at: dt.datetime = moment()
    created_by: uuid.UUID
    external_key: str | None = Field(default=None, max_length=64)
    """Keyed hash of the name this patient had in an imported file; finds them again there."""


class Respondent(OrganizationRow, table=True):
    """Someone who answers about a patient: the patient, or next of kin."""

    __tablename__ = "respondent"
    __table_args__ = (belongs("patient_id", "patient"),)

    patient_id: uuid.UUID = Field(index=True)
    kind: RespondentKind = choice(RespondentKind, "kind")
    label_sealed: bytes | None = None
    created_at: dt.datetime = moment()
    ended_at: dt.datetime | None = moment(nullable=True)


class Treats(OrganizationRow, table=True):
    """Which clinician treats which patient, from when and until when."""

    __tablename__ = "treats"
    __table_args__ = (
        belongs("patient_id", "patient"),
        belongs("staff_id", "staff"),
        sa.Index("ix_treats_staff", "org_id", "staff_id", "until", "patient_id"),
        sa.Index("ix_treats_patient", "org_id", "patient_id", "staff_id"),
    )

    patient_id: uuid.UUID
    staff_id: uuid.UUID
    since: dt.datetime = moment()
    until: dt.datetime | None = moment(nullable=True)
    given_by: uuid.UUID
    ended_by: uuid.UUID | None = None


def patient(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> Patient | None:
    """Return a patient whom the viewer may see, or ``None``."""
    return db.execute(
        select(Patient)
        .where(Patient.org_id == viewer.org_id)
        .where(Patient.id == patient_id)
        .where(is_visible(viewer, col(Patient.id)))
    ).scalar_one_or_none()


def treats_now(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> bool:
    """Whether the viewer treats this patient, and does not only supervise."""
    return (
        db.execute(
            select(Treats.id)
            .where(Treats.org_id == viewer.org_id)
            .where(Treats.patient_id == patient_id)
            .where(Treats.staff_id == viewer.staff_id)
            .where(col(Treats.until).is_(None))
        ).first()
        is not None
    )


def name_of(db: DbSession, patient: Patient) -> str | None:
    """Return the patient's name, if one is kept."""
    return unseal(db, patient.name_sealed, column="patient.name", row_id=patient.id)


def organization(db: DbSession, *, org_id: int) -> Organization:
    """Return an organization and its settings."""
    found: Organization = db.execute(
        select(Organization).where(Organization.id == org_id)
    ).scalar_one()
    return found


def next_number(db: DbSession, *, org_id: int) -> int:
    """Return the next free caseload number."""
    highest = db.execute(
        select(sa.func.max(Patient.number)).where(Patient.org_id == org_id)
    ).scalar()
    return 1001 if highest is None else highest + 1


@dataclass(frozen=True, slots=True)
class Carer:
    """A clinician who treats a patient, or did."""

    id: uuid.UUID
    staff_id: uuid.UUID
    name: str
    since: dt.datetime
    until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """A clinician who can be chosen."""

    staff_id: uuid.UUID
    name: str


def add(db: DbSession, row: Patient | Respondent | Treats) -> None:
    """Store a patient, a respondent or who treats whom."""
    db.add(row)
    db.flush()


def patients(
    db: DbSession, viewer: Viewer, *, patient_ids: Collection[uuid.UUID]
) -> Sequence[Patient]:
    """Return those of these patients whom the viewer may see."""
    return (
        db.execute(
            select(Patient)
            .where(Patient.org_id == viewer.org_id)
            .where(col(Patient.id).in_(patient_ids))
            .where(is_visible(viewer, col(Patient.id)))
            .order_by(col(Patient.number))
        )
        .scalars()
        .all()
    )


def respondents(
    db: DbSession, viewer: Viewer, *, patient_ids: Collection[uuid.UUID]
) -> Sequence[Respondent]:
    """Return who answers about these patients, also those who no longer do: themselves first."""
    is_somebody_else = col(Respondent.kind) != RespondentKind.PATIENT
    return (
        db.execute(
            select(Respondent)
            .where(Respondent.org_id == viewer.org_id)
            .where(col(Respondent.patient_id).in_(patient_ids))
            .where(is_visible(viewer, col(Respondent.patient_id)))
            .order_by(is_somebody_else, col(Respondent.created_at), col(Respondent.id))
        )
        .scalars()
        .all()
    )


def label_of(db: DbSession, respondent: Respondent) -> str | None:
    """Return what a respondent is called, if that is kept."""
    return unseal(db, respondent.label_sealed, column="respondent.label", row_id=respondent.id)


def carers(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> Sequence[Carer]:
    """Return who treats a patient now and who did, by time."""
    rows = db.execute(
        sa.select(
            col(Treats.id),
            col(Treats.staff_id),
            col(Staff.name),
            col(Treats.since),
            col(Treats.until),
        )
        .join(
            Staff,
            sa.and_(col(Staff.org_id) == col(Treats.org_id), col(Staff.id) == col(Treats.staff_id)),
        )
        .where(col(Treats.org_id) == viewer.org_id)
        .where(col(Treats.patient_id) == patient_id)
        .where(is_visible(viewer, col(Treats.patient_id)))
        .order_by(col(Treats.since), col(Staff.name))
    )
    return [Carer(*row) for row in rows]


def clinicians_of(
    db: DbSession, viewer: Viewer, *, patient_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, Sequence[str]]:
    """Return the names of those who treat these patients now, by patient."""
    rows = db.execute(
        select(Treats.patient_id, Staff.name)
        .join(
            Staff,
            sa.and_(col(Staff.org_id) == col(Treats.org_id), col(Staff.id) == col(Treats.staff_id)),
        )
        .where(Treats.org_id == viewer.org_id)
        .where(col(Treats.patient_id).in_(patient_ids))
        .where(col(Treats.until).is_(None))
        .where(is_visible(viewer, col(Treats.patient_id)))
        .order_by(col(Treats.since), col(Staff.name))
    )
    found: dict[uuid.UUID, list[str]] = {}
    for patient_id, name in rows:
        found.setdefault(patient_id, []).append(name)
    return found


def end_treating(db: DbSession, viewer: Viewer, *, treats_id: uuid.UUID, now: dt.datetime) -> None:
    """Write down that a clinician no longer treats a patient."""
    db.execute(
        sa.update(Treats)
        .where(col(Treats.org_id) == viewer.org_id)
        .where(col(Treats.id) == treats_id)
        .where(is_visible(viewer, col(Treats.patient_id)))
        .values(until=now, ended_by=viewer.staff_id)
        .execution_options(synchronize_session=False)
    )


def colleagues(
    db: DbSession, viewer: Viewer, *, team_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, Sequence[Colleague]]:
    """Return the clinicians who work in these teams now, by team and name."""
    rows = db.execute(
        select(StaffRole.team_id, Staff.id, Staff.name)
        .join(
            Staff,
            sa.and_(
                col(Staff.org_id) == col(StaffRole.org_id),
                col(Staff.id) == col(StaffRole.staff_id),
            ),
        )
        .where(StaffRole.org_id == viewer.org_id)
        .where(StaffRole.role == Role.CLINICIAN)
        .where(col(StaffRole.team_id).in_(team_ids))
        .where(col(StaffRole.until).is_(None))
        .where(col(Staff.disabled_at).is_(None))
        .order_by(col(Staff.name), col(Staff.id))
    )
    found: dict[uuid.UUID, list[Colleague]] = {team_id: [] for team_id in team_ids}
    for team_id, staff_id, name in rows:
        found[team_id].append(Colleague(staff_id=staff_id, name=name))
    return found


def teams_of(db: DbSession, viewer: Viewer) -> Sequence[Team]:
    """Return the teams in which the viewer is a clinician or supervises."""
    return (
        db.execute(
            select(Team)
            .where(Team.org_id == viewer.org_id)
            .where(col(Team.id).in_(viewer.teams | viewer.supervised_teams))
            .order_by(col(Team.name))
        )
        .scalars()
        .all()
    )


def staff_names(
    db: DbSession, viewer: Viewer, *, staff_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, str]:
    """Return the names of these members of staff of the viewer's organization."""
    rows = db.execute(
        select(Staff.id, Staff.name)
        .where(Staff.org_id == viewer.org_id)
        .where(col(Staff.id).in_(staff_ids))
    )
    return {row[0]: row[1] for row in rows}


def all_teams(db: DbSession, viewer: Viewer) -> Sequence[Team]:
    """Return every team of the viewer's organization by name."""
    return (
        db.execute(select(Team).where(Team.org_id == viewer.org_id).order_by(col(Team.name)))
        .scalars()
        .all()
    )


def add_organization(db: DbSession, organization: Organization) -> int:
    """Store an organization and return its number."""
    db.add(organization)
    db.flush()
    if organization.id is None:
        raise LookupError("the database gave the organization no number; look at its log")
    return organization.id


def add_team(db: DbSession, viewer: Viewer, team: Team) -> bool:
    """Store a team of the viewer's organization; return whether its name was free."""
    if any(other.name == team.name for other in all_teams(db, viewer)):
        return False
    db.add(team)
    db.flush()
    return True


def team_name(db: DbSession, viewer: Viewer, *, team_id: uuid.UUID) -> str:
    """Return the name of a team of the viewer's organization."""
    name: str = db.execute(
        select(Team.name).where(Team.org_id == viewer.org_id).where(Team.id == team_id)
    ).scalar_one()
    return name
