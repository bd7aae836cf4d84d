"""An organization, its teams and its settings."""

import datetime as dt
import uuid
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.clinical.curves import GENERAL_CURVES
from app.records import audit, curves, people, staff
from app.records.base import DbSession
from app.records.engine import enter_organization
from app.records.people import NameDisplay, Organization, Team
from app.records.staff import Role
from app.records.visibility import Viewer
from app.workflow import access
from app.workflow.refusals import Conflict, Refusal

__all__ = ["NameDisplay", "Role"]

ADMINISTERS = "administers"
"""The ground on which an administrator acts."""

LONGEST_NAME = 200
"""Characters in the name of an organization, a team or a member of staff."""

LONGEST_TEXT = 2000
"""Characters in a text that is shown after a critical answer; it must fit a tablet."""

FEWEST_DAYS, MOST_DAYS = 7, 365
"""Days without a session before somebody is asked to look; the database checks the same."""


@dataclass(frozen=True, slots=True)
class TeamSeen:
    """A team and how many clinicians and supervisors it has."""

    id: uuid.UUID
    name: str
    clinicians: int
    supervisors: int


@dataclass(frozen=True, slots=True)
class OrganizationSettings:
    """What an administrator decides for the whole organization."""

    name: str
    name_display: NameDisplay
    no_contact_days: int
    help_texts: Mapping[str, str]
    """What a patient reads at once after a critical answer, by language."""
    procedure_texts: Mapping[str, str]
    """What staff do after a critical answer, by language."""


def found_organization(
    db: DbSession,
    *,
    settings: OrganizationSettings,
    language: str,
    is_synthetic: bool,
    now: dt.datetime,
) -> int:
    """Make an organization and enter it; return its number."""
    _check_settings(settings)
    org_id = people.add_organization(
        db,
        Organization(
            name=plain_text(settings.name, what="name_needed"),
            language=language,
            is_synthetic=is_synthetic,
            created_at=now,
            name_display=settings.name_display,
            no_contact_days=settings.no_contact_days,
            help_texts=dict(settings.help_texts),
            procedure_texts=dict(settings.procedure_texts),
        ),
    )
    enter_organization(db, org_id=org_id)
    program = access.the_program(db)
    audit.append(db, access.event_of(program, "organization_founded", now=now, ground=ADMINISTERS))
    # Drawn from the first day; they raise flags only where the site has accepted them.
    for curve in GENERAL_CURVES:
        curves.add(db, curve, org_id=org_id, now=now)
    return org_id


def check_may_administer(viewer: Viewer) -> None:
    """Raise ``NotAllowedError`` unless the viewer is an administrator or the program."""
    if not viewer.is_program:
        access.check_role(viewer, Role.ADMINISTRATOR)


def teams(db: DbSession, viewer: Viewer) -> Sequence[TeamSeen]:
    """Return the teams of the organization."""
    check_may_administer(viewer)
    roles = staff.everybodys_roles(db, org_id=viewer.org_id)
    members = Tally((role.team_id, role.role) for role in roles)
    return [
        TeamSeen(
            id=team.id,
            name=team.name,
            clinicians=members[team.id, Role.CLINICIAN],
            supervisors=members[team.id, Role.SUPERVISOR],
        )
        for team in people.all_teams(db, viewer)
    ]


def add_team(db: DbSession, viewer: Viewer, *, name: str, now: dt.datetime) -> uuid.UUID:
    """Add a team and return its identifier."""
    check_may_administer(viewer)
    audit.take_turn(db)
    team = Team(org_id=viewer.org_id, name=plain_text(name, what="name_needed"), created_at=now)
    if not people.add_team(db, viewer, team):
        raise Conflict("team_name_taken")
    _log(db, viewer, "team_added", now=now, team=team.id.hex)
    return team.id


def rename_team(
    db: DbSession, viewer: Viewer, *, team_id: uuid.UUID, name: str, now: dt.datetime
) -> None:
    """Give a team another name."""
    check_may_administer(viewer)
    audit.take_turn(db)
    plain = plain_text(name, what="name_needed")
    every = people.all_teams(db, viewer)
    team = next((team for team in every if team.id == team_id), None)
    if team is None:
        raise access.NotThereError
    if any(other.name == plain and other.id != team_id for other in every):
        raise Conflict("team_name_taken")
    team.name = plain
    _log(db, viewer, "team_renamed", now=now, team=team_id.hex)


def settings_of(db: DbSession, viewer: Viewer) -> OrganizationSettings:
    """Return the settings of the organization."""
    check_may_administer(viewer)
    found = people.organization(db, org_id=viewer.org_id)
    return OrganizationSettings(
        name=found.name,
        name_display=found.name_display,
        no_contact_days=found.no_contact_days,
        help_texts=dict(found.help_texts),
        procedure_texts=dict(found.procedure_texts),
    )


def change_settings(
    db: DbSession, viewer: Viewer, *, settings: OrganizationSettings, now: dt.datetime
) -> None:
    """Change the settings of the organization; the log says which, not to what text."""
    check_may_administer(viewer)
    _check_settings(settings)
    before = settings_of(db, viewer)
    changed = [
        field
        for field in OrganizationSettings.__dataclass_fields__
        if getattr(before, field) != getattr(settings, field)
    ]
    if not changed:
        return
    found = people.organization(db, org_id=viewer.org_id)
    found.name = plain_text(settings.name, what="name_needed")
    found.name_display = settings.name_display
    found.no_contact_days = settings.no_contact_days
    found.help_texts = dict(settings.help_texts)
    found.procedure_texts = dict(settings.procedure_texts)
    _log(db, viewer, "settings_changed", now=now, changed=changed)


def plain_text(text: str, *, what: str) -> str:
    """Return a name without spaces around it, or refuse one that is empty or too long."""
    spaced = "".join(sign if sign.isprintable() else " " for sign in text)
    plain = " ".join(spaced.split())
    if not plain:
        raise Refusal(what)
    if len(plain) > LONGEST_NAME:
        raise Refusal("name_long", n=LONGEST_NAME)
    return plain


def _check_settings(settings: OrganizationSettings) -> None:
    plain_text(settings.name, what="name_needed")
    if not FEWEST_DAYS <= settings.no_contact_days <= MOST_DAYS:
        raise Refusal(
            "no_contact_days",
            value=str(settings.no_contact_days),
            allowed=f"{FEWEST_DAYS}–{MOST_DAYS}",
            field="no_contact_days",
        )
    for name, texts in (("help", settings.help_texts), ("procedure", settings.procedure_texts)):
        for language, text in texts.items():
            _check_text(text, field=f"{name}_{language}")


def _check_text(text: str, *, field: str) -> None:
    if not text.strip():
        # A patient who has just answered so must never meet an empty page.
        raise Refusal("text_needed", field=field)
    if len(text) > LONGEST_TEXT:
        raise Refusal("text_long", n=LONGEST_TEXT, field=field)
    if "\0" in text:
        # PostgreSQL keeps no such sign.
        raise Refusal("text_unreadable", field=field)


def _log(
    db: DbSession, viewer: Viewer, action: str, *, now: dt.datetime, **details: object
) -> None:
    db.flush()
    event = access.event_of(viewer, action, now=now, ground=ADMINISTERS)
    audit.append(db, replace(event, details=details))
