"""Organizations, teams, patients, their next of kin, and who treats whom."""

import datetime as dt
import uuid
from enum import Enum

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, SQLModel, col, select

from app.records.base import DbSession, OrganizationRow, belongs, choice, moment
from app.records.encryption import unseal
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
    return db.execute(select(Organization).where(Organization.id == org_id)).scalar_one()


def next_number(db: DbSession, *, org_id: int) -> int:
    """Return the next free caseload number."""
    highest = db.execute(select(sa.func.max(Patient.number)).where(Patient.org_id == org_id)).scalar()
    return 1001 if highest is None else highest + 1
