"""A patient is enrolled, and what is kept about them is changed."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.instruments import Registry
from app.web import course_forms
from app.web.course_forms import FormsChoice
from app.web.dependencies import Clinical, Instruments, Now, PersonId, Writing, words_of
from app.web.forms import Problem
from app.web.pages import go_to, home_of, render
from app.web.patient_form import (
    DETAIL_FIELDS,
    OPENING_FIELDS,
    ClinicianGroup,
    DetailsForm,
    clinician_groups,
    details_form,
    myself,
    read_clinician,
    read_details,
    typed_details,
)
from app.web.person import PersonShown, heading
from app.web.typed import FormReader, Option, Typed, TypedForm, start_of
from app.web.words import CLINIC_ZONE
from app.workflow import enrol, entrust, find
from app.workflow.enrol import Details, Everything, RespondentKind
from app.workflow.refusals import Refusal

router = APIRouter()

PEOPLE_FIELDS: Mapping[str, str] = {
    "label_too_long": "label",
    "patient_answers_already": "kind",
    "clinician_not_on_team": "staff_id",
}
"""Which field each refusal of the workflow is about."""

OTHERS = tuple(kind for kind in RespondentKind if kind is not RespondentKind.PATIENT)


@dataclass(frozen=True, slots=True)
class NewPatientPage:
    """The form for a new patient."""

    form: DetailsForm
    groups: Sequence[ClinicianGroup]
    forms: FormsChoice
    opened_on: str
    today: str
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class AnsweringRow:
    """Someone who answers about the patient."""

    respondent_id: uuid.UUID
    kind: str
    label: str | None
    since: dt.datetime
    until: dt.datetime | None
    may_end: bool


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A course of treatment on the list."""

    episode_id: uuid.UUID
    team: str
    main: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class DetailsPage:
    """All that is kept about a patient beside the ratings."""

    person: PersonShown
    form: DetailsForm
    respondents: Sequence[AnsweringRow]
    kinds: Sequence[Option]
    label: str
    everything: Everything
    colleagues: Sequence[Option]
    courses: Sequence[CourseRow]
    problems: Sequence[Problem]


@router.get("/patients/new")
def get_new_patient(
    request: Request, viewer: Clinical, db: Writing, registry: Instruments, now: Now
) -> Response:
    words = words_of(request)
    today = now.astimezone(CLINIC_ZONE).date().isoformat()
    page = NewPatientPage(
        form=details_form(words, Details(name=None, birth_year=None, language=words.language)),
        groups=clinician_groups(entrust.teams_to_choose(db, viewer), chosen=myself(viewer)),
        forms=course_forms.offer_forms(words, registry, course_forms.usual_forms()),
        opened_on=today,
        today=today,
        problems=(),
    )
    return render(request, "pages/patients/new.html", page)


@router.post("/patients/new")
def post_new_patient(
    request: Request,
    *,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    words = words_of(request)
    reader = FormReader(typed, words)
    details = read_details(reader)
    forms = course_forms.read_forms(reader)
    chosen = read_clinician(reader)
    opened_on = reader.day("opened_on", words("enrol.opened_on"))
    if details and forms and chosen and opened_on and not reader.problems:
        try:
            enrolled = enrol.add_patient(
                db,
                viewer,
                details=details,
                team_id=chosen[0],
                clinician_id=chosen[1],
                forms=forms,
                opened_at=start_of(opened_on, now=now),
                registry=registry,
                now=now,
            )
        except Refusal as refusal:
            reader.refuse(refusal, fields={**DETAIL_FIELDS, **OPENING_FIELDS})
        else:
            # Whoever enrols for a colleague does not treat, and so does not see, the patient.
            is_mine = chosen[1] == viewer.staff_id or chosen[0] in viewer.supervised_teams
            return go_to(f"/patients/{enrolled.patient_id}" if is_mine else home_of(viewer))
    page = NewPatientPage(
        form=typed_details(words, typed),
        groups=clinician_groups(
            entrust.teams_to_choose(db, viewer), chosen=typed.first("clinician")
        ),
        forms=course_forms.offer_again(words, registry, typed),
        opened_on=typed.first("opened_on"),
        today=now.astimezone(CLINIC_ZONE).date().isoformat(),
        problems=reader.problems,
    )
    return render(request, "pages/patients/new.html", page, status=422)


@router.get("/patients/{patient_id}/details")
def get_details(
    request: Request,
    *,
    patient_id: PersonId,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    everything = enrol.everything_about(db, viewer, patient_id=patient_id, now=now)
    return _show_details(request, everything, registry)


@router.post("/patients/{patient_id}/details")
def post_details(
    request: Request,
    *,
    patient_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    find.patient(db, viewer, patient_id=patient_id, now=now)
    reader = FormReader(typed, words_of(request))
    details = read_details(reader)
    if details and not reader.problems:
        try:
            enrol.change_details(db, viewer, patient_id=patient_id, details=details, now=now)
        except Refusal as refusal:
            reader.refuse(refusal, fields=DETAIL_FIELDS)
        else:
            return go_to(f"/patients/{patient_id}/details")
    everything = enrol.everything_about(db, viewer, patient_id=patient_id, now=now)
    form = typed_details(words_of(request), typed)
    return _show_details(request, everything, registry, form=form, reader=reader)


@router.post("/patients/{patient_id}/respondents")
def post_respondent(
    request: Request,
    *,
    patient_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    find.patient(db, viewer, patient_id=patient_id, now=now)
    words = words_of(request)
    reader = FormReader(typed, words)
    kind = reader.choice("kind", words("enrol.respondent_kind"), RespondentKind)
    label = reader.line("label", words("enrol.respondent_label"))
    if kind and not reader.problems:
        try:
            enrol.add_respondent(db, viewer, patient_id=patient_id, kind=kind, label=label, now=now)
        except Refusal as refusal:
            reader.refuse(refusal, fields=PEOPLE_FIELDS)
        else:
            return go_to(f"/patients/{patient_id}/details")
    everything = enrol.everything_about(db, viewer, patient_id=patient_id, now=now)
    return _show_details(request, everything, registry, reader=reader)


@router.post("/patients/{patient_id}/respondents/{respondent_id}/end")
def post_respondent_end(
    patient_id: PersonId, respondent_id: PersonId, viewer: Clinical, db: Writing, now: Now
) -> Response:
    enrol.end_respondent(db, viewer, patient_id=patient_id, respondent_id=respondent_id, now=now)
    return go_to(f"/patients/{patient_id}/details")


@router.post("/patients/{patient_id}/clinicians")
def post_clinician(
    request: Request,
    *,
    patient_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    find.patient(db, viewer, patient_id=patient_id, now=now)
    reader = FormReader(typed, words_of(request))
    staff_id = reader.identifier("staff_id", words_of(request)("enrol.colleague"))
    if staff_id:
        try:
            entrust.give(db, viewer, patient_id=patient_id, staff_id=staff_id, now=now)
        except Refusal as refusal:
            reader.refuse(refusal, fields=PEOPLE_FIELDS)
        else:
            return go_to(f"/patients/{patient_id}/details")
    everything = enrol.everything_about(db, viewer, patient_id=patient_id, now=now)
    return _show_details(request, everything, registry, reader=reader)


@router.post("/patients/{patient_id}/clinicians/{staff_id}/end")
def post_clinician_end(
    patient_id: PersonId, staff_id: PersonId, viewer: Clinical, db: Writing, now: Now
) -> Response:
    is_still_mine = entrust.take_back(db, viewer, patient_id=patient_id, staff_id=staff_id, now=now)
    return go_to(f"/patients/{patient_id}/details" if is_still_mine else home_of(viewer))


def _show_details(
    request: Request,
    everything: Everything,
    registry: Registry,
    *,
    form: DetailsForm | None = None,
    reader: FormReader | None = None,
) -> Response:
    words = words_of(request)
    typed = reader.typed if reader else TypedForm()
    page = DetailsPage(
        person=heading(words, everything.person),
        form=form or details_form(words, everything.details),
        respondents=[
            AnsweringRow(
                respondent_id=one.respondent_id,
                kind=words(f"enrol.kind_{one.kind.value}"),
                label=one.label,
                since=one.since,
                until=one.until,
                may_end=one.until is None and one.kind in OTHERS,
            )
            for one in everything.respondents
        ],
        kinds=[
            Option(
                value=kind.value,
                label=words(f"enrol.kind_{kind.value}"),
                is_chosen=kind.value == typed.first("kind"),
            )
            for kind in OTHERS
        ],
        label=typed.first("label"),
        everything=everything,
        colleagues=[
            Option(value=str(one.staff_id), label=one.name, is_chosen=False)
            for one in everything.colleagues
        ],
        courses=[
            CourseRow(
                episode_id=course.episode_id,
                team=course.team,
                main=course_forms.name_of_form(words, registry, course.forms.main),
                opened_at=course.opened_at,
                closed_at=course.closing.at if course.closing else None,
            )
            for course in everything.courses
        ],
        problems=reader.problems if reader else (),
    )
    status = 422 if reader else 200
    return render(request, "pages/patients/details.html", page, status=status)
