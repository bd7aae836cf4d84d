"""What closed courses came to, kept for figures.

Why: figures about a service are made from the first and the last score of each closed
course. Worked out once and kept, they cost what the number of groups costs and not what
the number of sessions does. Nothing is entered here: rows can be taken away and are made
again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "course_end"
# After a commit the setting is the empty string; without NULLIF the next query would fail.
MINE = "org_id = NULLIF(current_setting('app.org', true), '')::int"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("attended", sa.Integer(), nullable=False),
        sa.Column("measured", sa.Integer(), nullable=False),
        sa.Column("scores", sa.Integer(), nullable=False),
        sa.Column("intake", sa.Integer(), nullable=True),
        sa.Column("first", sa.Integer(), nullable=True),
        sa.Column("last", sa.Integer(), nullable=True),
        sa.Column("last_at", sa.Integer(), nullable=True),
        sa.Column("better_at", sa.Integer(), nullable=True),
        sa.Column("other_edition", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("least", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_course_end_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_course_end_org_id")),
        sa.PrimaryKeyConstraint("org_id", "episode_id", "instrument", name=op.f("pk_course_end")),
    )
    op.create_index("ix_episode_closed", "episode", ["org_id", "main_instrument", "closed_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.DDL(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY"))
        op.execute(sa.DDL(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY"))
        op.execute(
            sa.DDL(f"CREATE POLICY one_organization ON {TABLE} USING ({MINE}) WITH CHECK ({MINE})")
        )


def downgrade() -> None:
    op.drop_index("ix_episode_closed", "episode")
    # Its policy goes with it.
    op.drop_table(TABLE)
