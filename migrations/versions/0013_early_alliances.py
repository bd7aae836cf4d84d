"""Where the lowest early alliance ratings of a site end, worked out anew now and then.

Why: a patient with too few alliance ratings of their own can only be compared with those of
others. What held when a flag was raised has to stand for ever: limits are added and never
changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = "early_alliance"
# After a commit the setting is the empty string; without NULLIF the next query would fail.
MINE = "org_id = NULLIF(current_setting('app.org', true), '')::int"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_early_alliance_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_early_alliance")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_early_alliance_org_id_sequence")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _wall_up()
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                sa.DDL(
                    f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
                    f"BEGIN SELECT RAISE(ABORT, '{TABLE} is appended only'); END"
                )
            )


def downgrade() -> None:
    # Its triggers and policy go with it.
    op.drop_table(TABLE)


def _wall_up() -> None:
    op.execute(sa.DDL(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY"))
    op.execute(sa.DDL(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY"))
    op.execute(
        sa.DDL(f"CREATE POLICY one_organization ON {TABLE} USING ({MINE}) WITH CHECK ({MINE})")
    )
    op.execute(
        sa.DDL(
            f"CREATE TRIGGER appended_only BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    )
    op.execute(
        sa.DDL(
            f"CREATE TRIGGER not_emptied BEFORE TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    )
