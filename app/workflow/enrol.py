"""A patient begins treatment: who they are, who answers about them, which course is opened."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.instruments import Registry
from app.records import audit, episodes, people
from app.records.base import DbSession, new_id
from app.records.encryption import seal
from app.records.people import (
    Carer,
    Colleague,
    FormLayout,
    FormMode,
    Patient,
    Respondent,
    RespondentKind,
)
from app.records.visibility import Viewer
from app.workflow import access, agree, entrust, find
from app.workflow.agree import Course, Forms, Variant
from app.workflow.find import Person
from app.workflow.participate import (
    Answer,
    OtherChannel,
    Said,
    participation_of,
    record_participation,
)
from app.workflow.refusals import Conflict, Refusal

__all__ = [
    "Answer",
    "Answering",
    "Carer",
    "Colleague",
    "Course",
    "Details",
    "Enrolled",
    "Everything",
    "FormLayout",
    "FormMode",
    "Forms",
    "OtherChannel",
    "Person",
    "RespondentKind",
    "Said",
    "Variant",
    "add_patient",
    "add_respondent",
    "change_details",
    "end_respondent",
    "everything_about",
    "open_episode",
    "participation_of",
    "record_participation",
    "respondents_of",
]

EARLIEST_BIRTH_YEAR = 1900
"""Nobody in treatment was born earlier; the database holds the same limit."""

LONGEST_NAME = 200
"""In characters. Longer names than this have not been met."""

LONGEST_LABEL = 80
"""In characters: "mother", "partner", not a story."""

LANGUAGES = ("nb", "nn", "en")
"""The languages in which the program can speak to a patient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is kept about a patient. ``repr`` shows no name."""

    name: str | None = field(repr=False)
    birth_year: int | None = field(repr=False)
    language: str
    form_mode: FormMode = FormMode.LINE
    form_layout: FormLayout = FormLayout.ALL
    has_large_text: bool = False


_PLAIN = ("birth_year", "language", "form_mode", "form_layout", "has_large_text")


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new patient and the course of treatment that was opened."""

    patient_id: uuid.UUID
    number: int
    episode_id: uuid.UUID
    respondent_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Answering:
    """Someone who answers about a patient."""

    respondent_id: uuid.UUID
    kind: RespondentKind
    label: str | None
    since: dt.datetime
    until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Everything:
    """All that the page about a patient's details shows."""

    person: Person
    details: Details
    respondents: Sequence[Answering]
    carers: Sequence[Carer]
    colleagues: Sequence[Colleague]
    """Who can be asked to treat the patient too."""
    courses: Sequence[Course]


def add_patient(
    db: DbSession,
    viewer: Viewer,
    *,
    details: Details,
    team_id: uuid.UUID,
    clinician_id: uuid.UUID,
    forms: Forms,
    opened_at: dt.datetime,
    registry: Registry,
    now: dt.datetime,
) -> Enrolled:
    """Enrol a patient with a first clinician and a first course of treatment."""
    _check_details(details, now=now)
    agree.check_opening(
        viewer, team_id=team_id, forms=forms, opened_at=opened_at, registry=registry, now=now
    )
    entrust.check_clinician(db, viewer, clinician_id, team_ids=[team_id])
    patient_id, number = _store_patient(db, viewer, details, now=now)
    respondent_id = new_id()
    people.add(
        db,
        Respondent(
            org_id=viewer.org_id,
            id=respondent_id,
            patient_id=patient_id,
            kind=RespondentKind.PATIENT,
            created_at=now,
        ),
    )
    entrust.store(db, viewer, patient_id=patient_id, staff_id=clinician_id, now=now)
    episode_id = agree.open_course(
        db,
        viewer,
        patient_id=patient_id,
        team_id=team_id,
        forms=forms,
        opened_at=opened_at,
        now=now,
    )
    return Enrolled(patient_id, number, episode_id, respondent_id)


def everything_about(
    db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID, now: dt.datetime
) -> Everything:
    """Return what is kept about a patient, and write down that it was seen."""
    patient = access.see_patient(db, viewer, patient_id=patient_id, action="saw_details", now=now)
    return Everything(
        person=find.person(db, patient),
        details=Details(
            name=people.name_of(db, patient),
            birth_year=patient.birth_year,
            language=patient.language,
            form_mode=patient.form_mode,
            form_layout=patient.form_layout,
            has_large_text=patient.has_large_text,
        ),
        respondents=respondents_of(db, viewer, patient_id=patient_id),
        carers=people.carers(db, viewer, patient_id=patient_id),
        colleagues=entrust.who_could_treat(db, viewer, patient_id=patient_id),
        courses=agree.courses_of(db, viewer, patient_id=patient_id),
    )


def change_details(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    details: Details,
    now: dt.datetime,
) -> None:
    """Change what is kept about a patient; the log names the fields, not what they held."""
    patient = find.patient(db, viewer, patient_id=patient_id, now=now)
    _check_details(details, now=now)
    changed = [name for name in _PLAIN if getattr(patient, name) != getattr(details, name)]
    has_new_name = details.name != people.name_of(db, patient)
    find.log(
        db,
        viewer,
        "changed_details",
        patient_id=patient_id,
        now=now,
        fields=[*changed, "name"] if has_new_name else changed,
    )
    for name in changed:
        setattr(patient, name, getattr(details, name))
    if has_new_name:
        patient.name_sealed = _sealed_name(db, details, patient_id=patient_id)
    db.flush()


def respondents_of(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> Sequence[Answering]:
    """Return who answers about a patient, also those who no longer do."""
    return [
        Answering(row.id, row.kind, people.label_of(db, row), row.created_at, row.ended_at)
        for row in people.respondents(db, viewer, patient_ids=[patient_id])
    ]


def add_respondent(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    kind: RespondentKind,
    label: str | None,
    now: dt.datetime,
) -> uuid.UUID:
    """Let someone else answer about a patient."""
    find.patient(db, viewer, patient_id=patient_id, now=now)
    if kind is RespondentKind.PATIENT:
        raise Conflict("patient_answers_already")
    if label is not None and len(label) > LONGEST_LABEL:
        raise Refusal("label_too_long", value=str(len(label)), allowed=str(LONGEST_LABEL))
    row = Respondent(
        org_id=viewer.org_id, id=new_id(), patient_id=patient_id, kind=kind, created_at=now
    )
    if label:
        row.label_sealed = seal(db, label, column="respondent.label", row_id=row.id)
    find.log(
        db,
        viewer,
        "added_respondent",
        patient_id=patient_id,
        now=now,
        respondent=row.id.hex,
        kind=kind.value,
    )
    people.add(db, row)
    return row.id


def end_respondent(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    respondent_id: uuid.UUID,
    now: dt.datetime,
) -> None:
    """Let someone no longer answer about a patient; what they answered stays."""
    find.patient(db, viewer, patient_id=patient_id, now=now)
    known = people.respondents(db, viewer, patient_ids=[patient_id])
    row = next((row for row in known if row.id == respondent_id), None)
    if row is None:
        raise access.NotThereError
    if row.kind is RespondentKind.PATIENT:
        raise Conflict("patient_always_answers")
    if row.ended_at is not None:
        return
    find.log(db, viewer, "ended_respondent", patient_id=patient_id, now=now, respondent=row.id.hex)
    row.ended_at = now
    db.flush()


def open_episode(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    team_id: uuid.UUID,
    forms: Forms,
    opened_at: dt.datetime,
    registry: Registry,
    now: dt.datetime,
) -> uuid.UUID:
    """Open a further course of treatment for a patient."""
    find.patient(db, viewer, patient_id=patient_id, now=now)
    agree.check_opening(
        viewer, team_id=team_id, forms=forms, opened_at=opened_at, registry=registry, now=now
    )
    courses = episodes.of_patient(db, viewer, patient_id=patient_id)
    if any(course.team_id == team_id and course.closed_at is None for course in courses):
        raise Conflict("episode_open_already")
    return agree.open_course(
        db,
        viewer,
        patient_id=patient_id,
        team_id=team_id,
        forms=forms,
        opened_at=opened_at,
        now=now,
    )


def _store_patient(
    db: DbSession, viewer: Viewer, details: Details, *, now: dt.datetime
) -> tuple[uuid.UUID, int]:
    patient_id = new_id()
    # The entry comes first: others wait for it, so that a number is given only once.
    audit.append(
        db,
        access.event_of(viewer, "added_patient", now=now, ground="enrols", patient_id=patient_id),
    )
    number = people.next_number(db, org_id=viewer.org_id)
    people.add(
        db,
        Patient(
            org_id=viewer.org_id,
            id=patient_id,
            number=number,
            created_at=now,
            created_by=viewer.staff_id,
            name_sealed=_sealed_name(db, details, patient_id=patient_id),
            birth_year=details.birth_year,
            language=details.language,
            form_mode=details.form_mode,
            form_layout=details.form_layout,
            has_large_text=details.has_large_text,
        ),
    )
    return patient_id, number


def _sealed_name(db: DbSession, details: Details, *, patient_id: uuid.UUID) -> bytes | None:
    if not details.name:
        return None
    return seal(db, details.name, column="patient.name", row_id=patient_id)


def _check_details(details: Details, *, now: dt.datetime) -> None:
    if details.name is not None and len(details.name) > LONGEST_NAME:
        raise Refusal("name_too_long", value=str(len(details.name)), allowed=str(LONGEST_NAME))
    year = details.birth_year
    if year is not None and not EARLIEST_BIRTH_YEAR <= year <= now.year:
        # The year itself is the patient's; the page shows it in the field, the message does not.
        raise Refusal("birth_year", allowed=f"{EARLIEST_BIRTH_YEAR}–{now.year}")
    if details.language not in LANGUAGES:
        raise Refusal("language", value=details.language[:12], allowed=", ".join(LANGUAGES))
    if details.form_mode is FormMode.CODES:
        raise Refusal("form_mode", value=details.form_mode.value, allowed="line, buttons")
