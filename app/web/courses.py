"""A course of treatment is opened, its forms and goals are changed, and it is closed."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.instruments import Registry
from app.web import course_forms
from app.web.course_forms import FORM_FIELDS, FormsChoice
from app.web.dependencies import Clinical, Instruments, Now, PersonId, Writing, words_of
from app.web.forms import Problem
from app.web.pages import go_to, render
from app.web.patient_form import OPENING_FIELDS
from app.web.person import PersonShown, heading
from app.web.typed import FormReader, Option, Typed, TypedForm, options, start_of
from app.web.words import CLINIC_ZONE
from app.workflow import agree, enrol, entrust, find, heed
from app.workflow.agree import Agreement, Course, Ending
from app.workflow.refusals import Refusal

router = APIRouter()

GOAL_FIELDS: Mapping[str, str] = {"no_goals_in_use": "further"}
CLOSING_FIELDS: Mapping[str, str] = {"note_too_long": "note"}
"""Which field each refusal of the workflow is about."""


@dataclass(frozen=True, slots=True)
class NewCoursePage:
    """The form for a further course of treatment."""

    person: PersonShown
    teams: Sequence[Option]
    forms: FormsChoice
    opened_on: str
    today: str
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class GoalField:
    """One of the patient's goals."""

    item: str
    words: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """The forms and goals of a course."""

    person: PersonShown
    episode_id: uuid.UUID
    team: str
    opened_at: dt.datetime
    forms: FormsChoice
    goals: Sequence[GoalField]
    longest_goal: int
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class ClosePage:
    """How a course ends."""

    person: PersonShown
    episode_id: uuid.UUID
    team: str
    opened_at: dt.datetime
    endings: Sequence[Option]
    agreements: Sequence[Option]
    note: str
    critical: Sequence[uuid.UUID]
    """Flags of answers that must be seen at once; whoever closes goes through them first."""
    problems: Sequence[Problem]


@router.get("/patients/{patient_id}/episodes/new")
def get_new_course(
    request: Request,
    *,
    patient_id: PersonId,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    words = words_of(request)
    everything = enrol.everything_about(db, viewer, patient_id=patient_id, now=now)
    teams = entrust.teams_to_choose(db, viewer)
    today = now.astimezone(CLINIC_ZONE).date().isoformat()
    page = NewCoursePage(
        person=heading(words, everything.person),
        teams=[
            Option(value=str(team.team_id), label=team.name, is_chosen=team is teams[0])
            for team in teams
        ],
        forms=course_forms.offer_forms(words, registry, course_forms.usual_forms()),
        opened_on=today,
        today=today,
        problems=(),
    )
    return render(request, "pages/patients/new_course.html", page)


@router.post("/patients/{patient_id}/episodes")
def post_course(
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
    team_id = reader.identifier("team", words("enrol.team"))
    forms = course_forms.read_forms(reader)
    opened_on = reader.day("opened_on", words("enrol.opened_on"))
    if team_id and forms and opened_on and not reader.problems:
        try:
            enrol.open_episode(
                db,
                viewer,
                patient_id=patient_id,
                team_id=team_id,
                forms=forms,
                opened_at=start_of(opened_on, now=now),
                registry=registry,
                now=now,
            )
        except Refusal as refusal:
            reader.refuse(
                refusal,
                fields={**OPENING_FIELDS, "team_not_yours": "team", "episode_open_already": "team"},
            )
        else:
            return go_to(f"/patients/{patient_id}")
    everything = enrol.everything_about(db, viewer, patient_id=patient_id, now=now)
    page = NewCoursePage(
        person=heading(words, everything.person),
        teams=[
            Option(
                value=str(team.team_id),
                label=team.name,
                is_chosen=str(team.team_id) == typed.first("team"),
            )
            for team in entrust.teams_to_choose(db, viewer)
        ],
        forms=course_forms.offer_again(words, registry, typed),
        opened_on=typed.first("opened_on"),
        today=now.astimezone(CLINIC_ZONE).date().isoformat(),
        problems=reader.problems,
    )
    return render(request, "pages/patients/new_course.html", page, status=422)


@router.get("/episodes/{episode_id}/change")
def get_change(
    request: Request,
    *,
    episode_id: PersonId,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    find.open_episode(db, viewer, episode_id=episode_id, now=now)
    course = agree.course(db, viewer, episode_id=episode_id, now=now)
    forms = course_forms.offer_forms(words_of(request), registry, course.forms)
    return _show_change(request, course, registry, forms=forms)


@router.post("/episodes/{episode_id}/change")
def post_change(
    request: Request,
    *,
    episode_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    find.open_episode(db, viewer, episode_id=episode_id, now=now)
    reader = FormReader(typed, words_of(request))
    forms = course_forms.read_forms(reader)
    if forms and not reader.problems:
        try:
            agree.change_forms(
                db, viewer, episode_id=episode_id, forms=forms, registry=registry, now=now
            )
        except Refusal as refusal:
            reader.refuse(refusal, fields=FORM_FIELDS)
        else:
            return go_to(f"/episodes/{episode_id}/change")
    course = agree.course(db, viewer, episode_id=episode_id, now=now)
    again = course_forms.offer_again(reader.words, registry, typed)
    return _show_change(request, course, registry, forms=again, reader=reader)


@router.post("/episodes/{episode_id}/goals")
def post_goals(
    request: Request,
    *,
    episode_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    find.open_episode(db, viewer, episode_id=episode_id, now=now)
    course = agree.course(db, viewer, episode_id=episode_id, now=now)
    reader = FormReader(typed, words_of(request))
    written = {
        item: reader.line(f"goal_{item}", reader.words("enrol.goal"), at_most=agree.LONGEST_GOAL)
        for item in agree.goal_items(course.forms, registry=registry)
    }
    if not reader.problems:
        try:
            agree.set_goals(
                db, viewer, episode_id=episode_id, words=written, registry=registry, now=now
            )
        except Refusal as refusal:
            reader.refuse(refusal, fields=GOAL_FIELDS)
        else:
            return go_to(f"/episodes/{episode_id}/change")
    forms = course_forms.offer_forms(reader.words, registry, course.forms)
    return _show_change(request, course, registry, forms=forms, reader=reader)


@router.get("/episodes/{episode_id}/close")
def get_close(
    request: Request, episode_id: PersonId, viewer: Clinical, db: Writing, now: Now
) -> Response:
    find.open_episode(db, viewer, episode_id=episode_id, now=now)
    course = agree.course(db, viewer, episode_id=episode_id, now=now)
    critical = heed.critical_not_decided(db, viewer, episode_id=episode_id)
    return _show_close(request, course, critical=critical, typed=TypedForm())


@router.post("/episodes/{episode_id}/close")
def post_close(
    request: Request,
    *,
    episode_id: PersonId,
    typed: Typed,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    found = find.open_episode(db, viewer, episode_id=episode_id, now=now)
    reader = FormReader(typed, words_of(request))
    ending = reader.choice("ending", reader.words("enrol.ending"), Ending)
    agreement = reader.choice("agreement", reader.words("enrol.agreement"), Agreement)
    note = reader.paragraph("note", reader.words("enrol.closing_note"))
    if ending and agreement and not reader.problems:
        try:
            agree.close(
                db,
                viewer,
                episode_id=episode_id,
                ending=ending,
                agreement=agreement,
                note=note,
                registry=registry,
                now=now,
            )
        except Refusal as refusal:
            reader.refuse(refusal, fields=CLOSING_FIELDS)
        else:
            return go_to(f"/patients/{found.patient.id}")
    course = agree.course(db, viewer, episode_id=episode_id, now=now)
    critical = heed.critical_not_decided(db, viewer, episode_id=episode_id)
    return _show_close(request, course, critical=critical, typed=typed, problems=reader.problems)


def _show_change(
    request: Request,
    course: Course,
    registry: Registry,
    *,
    forms: FormsChoice,
    reader: FormReader | None = None,
) -> Response:
    words = words_of(request)
    typed = reader.typed if reader else TypedForm()
    page = ChangePage(
        person=heading(words, course.person),
        episode_id=course.episode_id,
        team=course.team,
        opened_at=course.opened_at,
        forms=forms,
        goals=[
            GoalField(item, typed.first(f"goal_{item}") or course.goals.get(item, ""))
            for item in agree.goal_items(course.forms, registry=registry)
        ],
        longest_goal=agree.LONGEST_GOAL,
        problems=reader.problems if reader else (),
    )
    return render(request, "pages/patients/change.html", page, status=422 if reader else 200)


def _show_close(
    request: Request,
    course: Course,
    *,
    critical: Sequence[uuid.UUID],
    typed: TypedForm,
    problems: Sequence[Problem] = (),
) -> Response:
    words = words_of(request)
    page = ClosePage(
        person=heading(words, course.person),
        episode_id=course.episode_id,
        team=course.team,
        opened_at=course.opened_at,
        endings=options(
            Ending, lambda one: words(f"enrol.ending_{one.value}"), chosen=typed.first("ending")
        ),
        agreements=options(
            Agreement,
            lambda one: words(f"enrol.agreement_{one.value}"),
            chosen=typed.first("agreement"),
        ),
        note=typed.first("note"),
        critical=critical,
        problems=problems,
    )
    return render(request, "pages/patients/close.html", page, status=422 if problems else 200)
