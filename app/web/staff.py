"""Pages where an administrator looks after staff: who they are and what they may do."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from app.web.admin import At
from app.web.dependencies import words_of
from app.web.forms import Problem, Typed, problem_of, text_of
from app.web.pages import go_to, render
from app.web.words import LANGUAGES
from app.workflow import administer, employ
from app.workflow.administer import TeamSeen
from app.workflow.employ import HandedOver, MemberSeen, Role, RoleGiven
from app.workflow.refusals import Refusal

router = APIRouter(prefix="/admin")

ROLES_ALONE: Final = (Role.QUALITY_LEAD, Role.ADMINISTRATOR)
"""Roles that hold for the whole organization."""

ROLES_IN_TEAM: Final = (Role.CLINICIAN, Role.SUPERVISOR)
"""Roles that hold in a team."""

FIELDS: Final[Mapping[str, str]] = {
    "sign_in_name_needed": "sign_in_name",
    "sign_in_name_taken": "sign_in_name",
    "last_administrator": "roles",
}
"""Which field a refusal is about; the name when it is not written here."""


@dataclass(frozen=True, slots=True)
class StaffListPage:
    """All staff of the organization."""

    members: Sequence[MemberSeen]
    team_names: Mapping[uuid.UUID | None, str]


@dataclass(frozen=True, slots=True)
class MemberForm:
    """What is typed about a member of staff."""

    name: str
    sign_in_name: str
    language: str
    roles: frozenset[RoleGiven]

    def has(self, role: Role, team_id: uuid.UUID | None = None) -> bool:
        """Whether a role is ticked."""
        return RoleGiven(role, team_id) in self.roles


@dataclass(frozen=True, slots=True)
class MemberPage:
    """One member of staff; ``member`` is missing for a new one."""

    member: MemberSeen | None
    is_self: bool
    form: MemberForm
    teams: Sequence[TeamSeen]
    roles_alone: Sequence[Role]
    roles_in_team: Sequence[Role]
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class HandedOverPage:
    """A one-time password, shown once to be handed over."""

    name: str
    sign_in_name: str
    one_time_password: str
    days: int


@router.get("")
def get_staff(at: At) -> Response:
    page = StaffListPage(
        members=employ.members(at.db, at.viewer),
        team_names={team.id: team.name for team in administer.teams(at.db, at.viewer)},
    )
    return render(at.request, "pages/admin/staff_list.html", page)


@router.get("/staff/new")
def get_new_member(at: At) -> Response:
    form = MemberForm(name="", sign_in_name="", language=at.viewer.language, roles=frozenset())
    return _member_page(at, member=None, form=form)


@router.post("/staff/new")
def post_new_member(at: At, typed: Typed) -> Response:
    form = _member_form(typed)
    try:
        # A refused form leaves nothing behind: no member without an account.
        with at.db.begin_nested():
            new = employ.add_member(
                at.db,
                at.viewer,
                name=form.name,
                sign_in_name=form.sign_in_name,
                language=form.language,
                roles=form.roles,
                now=at.now,
            )
    except Refusal as refusal:
        return _member_page(at, member=None, form=form, problems=_problems(at, refusal))
    return _handed_over(at, new, name=form.name)


@router.get("/staff/{staff_id}")
def get_member(at: At, staff_id: uuid.UUID) -> Response:
    member = employ.member(at.db, at.viewer, staff_id=staff_id)
    form = MemberForm(
        name=member.name,
        sign_in_name=member.sign_in_name,
        language=member.language,
        roles=member.roles,
    )
    return _member_page(at, member=member, form=form)


@router.post("/staff/{staff_id}")
def post_member(at: At, staff_id: uuid.UUID, typed: Typed) -> Response:
    form = _member_form(typed)
    try:
        with at.db.begin_nested():
            employ.change_member(
                at.db, at.viewer, staff_id=staff_id, name=form.name, roles=form.roles, now=at.now
            )
    except Refusal as refusal:
        member = employ.member(at.db, at.viewer, staff_id=staff_id)
        return _member_page(at, member=member, form=form, problems=_problems(at, refusal))
    return go_to("/admin")


@router.post("/staff/{staff_id}/disable")
def post_disable(at: At, staff_id: uuid.UUID) -> Response:
    employ.disable_member(at.db, at.viewer, staff_id=staff_id, now=at.now)
    return go_to("/admin")


@router.post("/staff/{staff_id}/enable")
def post_enable(at: At, staff_id: uuid.UUID) -> Response:
    name = employ.member(at.db, at.viewer, staff_id=staff_id).name
    new = employ.enable_member(at.db, at.viewer, staff_id=staff_id, now=at.now)
    return _handed_over(at, new, name=name)


@router.post("/staff/{staff_id}/reset")
def post_reset(at: At, staff_id: uuid.UUID) -> Response:
    name = employ.member(at.db, at.viewer, staff_id=staff_id).name
    new = employ.reset_access(at.db, at.viewer, staff_id=staff_id, now=at.now)
    return _handed_over(at, new, name=name)


def _problems(at: At, refusal: Refusal) -> Sequence[Problem]:
    field = FIELDS.get(refusal.word, "name")
    return problem_of(words_of(at.request), refusal, field=field)


def _member_form(typed: FormData) -> MemberForm:
    language = text_of(typed, "language")
    return MemberForm(
        name=text_of(typed, "name"),
        sign_in_name=text_of(typed, "sign_in_name"),
        language=language if language in LANGUAGES else LANGUAGES[0],
        roles=frozenset(_role(value) for value in typed.getlist("role")),
    )


def _role(value: object) -> RoleGiven:
    # Ticked, not typed: another value was not sent by our page.
    role, _, team = str(value).partition(":")
    try:
        return RoleGiven(Role(role), uuid.UUID(team) if team else None)
    except ValueError as error:
        allowed = ", ".join(role.value for role in Role)
        raise Refusal("role_unknown", value=role[:40], allowed=allowed) from error


def _member_page(
    at: At, *, member: MemberSeen | None, form: MemberForm, problems: Sequence[Problem] = ()
) -> Response:
    page = MemberPage(
        member=member,
        is_self=member is not None and member.id == at.viewer.staff_id,
        form=form,
        teams=administer.teams(at.db, at.viewer),
        roles_alone=ROLES_ALONE,
        roles_in_team=ROLES_IN_TEAM,
        problems=problems,
    )
    status = 422 if problems else 200
    return render(at.request, "pages/admin/member.html", page, status=status)


def _handed_over(at: At, new: HandedOver, *, name: str) -> Response:
    # Shown in the answer to the form and nowhere else: it cannot be looked up again.
    page = HandedOverPage(
        name=name,
        sign_in_name=new.sign_in_name,
        one_time_password=new.one_time_password,
        days=employ.ONE_TIME_LASTS.days,
    )
    return render(at.request, "pages/admin/handed_over.html", page)
