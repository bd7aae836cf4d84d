"""Why ratings were corrected or withdrawn, in the words of who did it."""

import uuid
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlmodel import col, select

from app.records.base import DbSession
from app.records.encryption import unseal
from app.records.ratings import Rating, Withdrawal
from app.records.visibility import Viewer, is_visible


def notes_of(
    db: DbSession, viewer: Viewer, *, rating_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, str]:
    """Return why each of these ratings took the place of another one, if that was said."""
    rows = db.execute(
        select(Rating.id, Rating.correction_note_sealed)
        .where(Rating.org_id == viewer.org_id)
        .where(col(Rating.id).in_(rating_ids))
        .where(col(Rating.correction_note_sealed).is_not(None))
        .where(is_visible(viewer, col(Rating.patient_id)))
    ).all()
    return {
        rating_id: unseal(db, sealed, column="rating.correction_note", row_id=rating_id) or ""
        for rating_id, sealed in rows
    }


def reasons_of(
    db: DbSession, viewer: Viewer, *, rating_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, str]:
    """Return why each of these ratings was withdrawn, for those that were."""
    rows = db.execute(
        select(Withdrawal.rating_id, Withdrawal.id, Withdrawal.reason_sealed)
        .join(
            Rating,
            sa.and_(
                col(Rating.org_id) == col(Withdrawal.org_id),
                col(Rating.id) == col(Withdrawal.rating_id),
            ),
        )
        .where(Withdrawal.org_id == viewer.org_id)
        .where(col(Withdrawal.rating_id).in_(rating_ids))
        .where(is_visible(viewer, col(Rating.patient_id)))
    ).all()
    return {
        rating_id: unseal(db, sealed, column="withdrawal.reason", row_id=row_id) or ""
        for rating_id, row_id, sealed in rows
    }
