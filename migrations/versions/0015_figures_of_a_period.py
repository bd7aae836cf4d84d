"""Two indexes for the figures of a period: all courses of a patient, and courses begun.

Why: of each patient only the first course counts that closed in a calendar year. To find out
whether another one came before, every course that closed in the year was gone through for each
of them: with twenty thousand a year, for minutes. The first index takes the place of one that
held the beginning of the same.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_episode_patient", "episode")
    op.create_index(
        "ix_episode_patient",
        "episode",
        ["org_id", "patient_id", "opened_at", "closed_at"],
    )
    op.create_index(
        "ix_episode_opened",
        "episode",
        ["org_id", "main_instrument", "opened_at"],
    )


def downgrade() -> None:
    op.drop_index("ix_episode_opened", "episode")
    op.drop_index("ix_episode_patient", "episode")
    op.create_index("ix_episode_patient", "episode", ["org_id", "patient_id", "opened_at"])
