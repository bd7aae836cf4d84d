"""Age bands that have parameters of their own within a curve.

Why: from enough courses on, patients of one age are compared with others of that age. What was
fitted is clinical history like the curve itself: it is added and never changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = "curve_stratum"
# After a commit the setting is the empty string; without NULLIF the next query would fail.
MINE = "org_id = NULLIF(current_setting('app.org', true), '')::int"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("youngest", sa.Integer(), nullable=False),
        sa.Column("oldest", sa.Integer(), nullable=True),
        sa.Column("intercept", sa.Float(), nullable=False),
        sa.Column("intake", sa.Float(), nullable=False),
        sa.Column("time", sa.Float(), nullable=False),
        sa.Column("intake_time", sa.Float(), nullable=False),
        sa.Column("center", sa.Float(), nullable=False),
        sa.Column("sd_intercept", sa.Float(), nullable=False),
        sa.Column("sd_slope", sa.Float(), nullable=False),
        sa.Column("correlation", sa.Float(), nullable=False),
        sa.Column("sigma", sa.Float(), nullable=False),
        sa.Column("lowest_intake", sa.Integer(), nullable=False),
        sa.Column("highest_intake", sa.Integer(), nullable=False),
        sa.Column("first_session", sa.Integer(), nullable=False),
        sa.Column("last_session", sa.Integer(), nullable=False),
        sa.Column("patients", sa.Integer(), nullable=False),
        sa.Column("courses", sa.Integer(), nullable=False),
        sa.Column("closed_courses", sa.Integer(), nullable=False),
        sa.Column("own_weight", sa.Float(), nullable=False),
        sa.CheckConstraint(
            "lowest_intake <= highest_intake AND first_session <= last_session",
            name=op.f("ck_curve_stratum_reach"),
        ),
        sa.CheckConstraint(
            "sd_intercept >= 0 AND sd_slope >= 0 AND sigma > 0 AND correlation BETWEEN -1 AND 1",
            name=op.f("ck_curve_stratum_variances"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "instrument", "version"],
            ["curve_proposal.org_id", "curve_proposal.instrument", "curve_proposal.version"],
            name=op.f("fk_curve_stratum_org_id_instrument_version"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_curve_stratum_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_curve_stratum")),
        sa.UniqueConstraint(
            "org_id",
            "instrument",
            "version",
            "youngest",
            name=op.f("uq_curve_stratum_org_id_instrument_version_youngest"),
        ),
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
