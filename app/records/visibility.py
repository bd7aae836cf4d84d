"""Who is looking, and which patients they may see."""

import uuid
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.elements import SQLCoreOperations

from app.records.staff import Role

Question = TypeVar("Question", bound=sa.Select[*tuple[Any, ...]])

# Named here by their columns only: the modules of these tables ask this one.
_TREATS = sa.table(
    "treats",
    sa.column("org_id", sa.Integer),
    sa.column("patient_id", sa.Uuid),
    sa.column("staff_id", sa.Uuid),
    sa.column("until"),
)
_EPISODE = sa.table(
    "episode",
    sa.column("org_id", sa.Integer),
    sa.column("patient_id", sa.Uuid),
    sa.column("team_id", sa.Uuid),
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking. Made only by ``workflow.access``; every read of a person starts from it."""

    org_id: int
    staff_id: uuid.UUID
    name: str
    language: str
    roles: frozenset[Role]
    teams: frozenset[uuid.UUID]
    """Teams in which this person is a clinician."""
    supervised_teams: frozenset[uuid.UUID]
    is_program: bool = False
    """The program itself, scoring and tracking what a tablet sent. Never behind a page."""

    def has(self, role: Role) -> bool:
        """Whether this person has a role."""
        return role in self.roles


def is_visible(viewer: Viewer, patient_id: SQLCoreOperations[uuid.UUID]) -> ColumnElement[bool]:
    """Return the condition that a viewer treats a patient or supervises their team.

    All queries about persons carry it. A row outside it is answered like a row
    that does not exist.
    """
    if viewer.is_program:
        return sa.true()
    treats = (
        sa.exists()
        .where(_TREATS.c.org_id == viewer.org_id)
        .where(_TREATS.c.patient_id == patient_id)
        .where(_TREATS.c.staff_id == viewer.staff_id)
        .where(_TREATS.c.until.is_(None))
    )
    if not viewer.supervised_teams:
        return treats if viewer.has(Role.CLINICIAN) else sa.false()
    supervises = (
        sa.exists()
        .where(_EPISODE.c.org_id == viewer.org_id)
        .where(_EPISODE.c.patient_id == patient_id)
        .where(_EPISODE.c.team_id.in_(viewer.supervised_teams))
    )
    return sa.or_(treats, supervises) if viewer.has(Role.CLINICIAN) else supervises


def seen_by(
    viewer: Viewer, question: Question, patient_id: SQLCoreOperations[uuid.UUID]
) -> Question:
    """Narrow a question that was built once to what a viewer may see.

    The program's own stays as it is, so that its translation is found at once.
    """
    return question if viewer.is_program else question.where(is_visible(viewer, patient_id))
