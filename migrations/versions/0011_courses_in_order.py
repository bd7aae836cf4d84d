"""Two indexes that hold courses in order, with all that a curve is made from.

Why: every night the scores of all courses are read. In the order in which they came they lie
all over the file, and each page must be decrypted: most of the time went there. The indexes
take the place of two that held the beginnings of the same.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_rating_course",
        "rating",
        [
            *("org_id", "episode_id", "instrument", "session_id", "total", "slot", "sequence"),
            *("rated_at", "instrument_version", "text_version", "respondent_id", "id"),
        ],
    )
    op.create_index(
        "ix_therapy_session_course",
        "therapy_session",
        ["org_id", "episode_id", "planned_at", "id", "status"],
    )
    op.drop_index("ix_rating_episode", "rating")
    op.drop_index("ix_therapy_session_episode", "therapy_session")


def downgrade() -> None:
    op.create_index(
        "ix_rating_episode", "rating", ["org_id", "episode_id", "instrument", "rated_at"]
    )
    op.create_index(
        "ix_therapy_session_episode", "therapy_session", ["org_id", "episode_id", "planned_at"]
    )
    op.drop_index("ix_rating_course", "rating")
    op.drop_index("ix_therapy_session_course", "therapy_session")
