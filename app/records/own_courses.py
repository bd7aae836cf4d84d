"""The courses of whoever looks: those that they treat now, or treated when they closed.

Nobody else can be asked about: the clinician is always the viewer.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from app.records.base import DbSession, table_of
from app.records.endings import IS_ASKED_FOR, WAS_TREATED
from app.records.episodes import Episode
from app.records.people import Treats
from app.records.visibility import Viewer

_EPISODE, _TREATS = table_of(Episode), table_of(Treats)


def by_instrument(db: DbSession, viewer: Viewer) -> Mapping[str, tuple[int, int]]:
    """Return how many open and how many closed courses there are, by main instrument."""
    is_open = _EPISODE.c.closed_at.is_(None)
    treats_now = _TREATS.c.until.is_(None)
    own = (
        sa.select(_EPISODE.c.id, _EPISODE.c.main_instrument, is_open.label("is_open"))
        .join(
            _TREATS,
            sa.and_(
                _TREATS.c.org_id == _EPISODE.c.org_id,
                _TREATS.c.patient_id == _EPISODE.c.patient_id,
            ),
        )
        .where(_EPISODE.c.org_id == viewer.org_id, _TREATS.c.staff_id == viewer.staff_id)
        .where(sa.or_(sa.and_(is_open, treats_now), WAS_TREATED))
        .distinct()
        .cte("own")
    )
    still = sa.func.sum(sa.case((own.c.is_open, 1), else_=0))
    question = sa.select(own.c.main_instrument, still, sa.func.count()).group_by(
        own.c.main_instrument
    )
    rows = db.execute(question)
    return {form: (int(opened), int(every) - int(opened)) for form, opened, every in rows}


def ended(viewer: Viewer) -> sa.CTE:
    """Return the closed courses that are asked for, for what counts and sums them."""
    mine = _TREATS.c.staff_id == viewer.staff_id
    # Started from the patients of one clinician; the organization has many more.
    patients = sa.select(_TREATS.c.patient_id).where(_TREATS.c.org_id == viewer.org_id, mine)
    was_mine = sa.exists().where(WAS_TREATED, mine)
    return (
        sa.select(
            _EPISODE.c.org_id,
            _EPISODE.c.id,
            _EPISODE.c.patient_id,
            _EPISODE.c.team_id,
            _EPISODE.c.alliance_instrument,
            _EPISODE.c.opened_at,
            _EPISODE.c.closed_at,
            _EPISODE.c.ending,
            _EPISODE.c.agreement,
            sa.literal(0).label("month"),
        )
        .where(IS_ASKED_FOR, _EPISODE.c.patient_id.in_(patients), was_mine)
        .cte("own_courses")
    )
