"""Curves that a fit proposes, kept beside those in force.

Why: a curve from a site's own patients goes live when a person accepts it. What was fitted,
how, and how it compared is clinical history: it is added and never changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLE = "curve_proposal"
# After a commit the setting is the empty string; without NULLIF the next query would fail.
MINE = "org_id = NULLIF(current_setting('app.org', true), '')::int"


def upgrade() -> None:
    op.create_table(
        "curve_proposal",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "general",
                "synthetic",
                "local",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
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
        sa.Column("reliable_change", sa.Integer(), nullable=True),
        sa.Column(
            "reliable_change_boundary",
            sa.Enum(
                "inclusive",
                "strict",
                name="reliable_change_boundary",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("patients", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=1000), nullable=False),
        sa.Column(
            "evidence",
            sa.Enum(
                "published",
                "computed",
                "convention",
                "assumption",
                "synthetic",
                "unverified",
                name="evidence",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("text_versions", sa.JSON(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("courses", sa.Integer(), nullable=False),
        sa.Column("closed_courses", sa.Integer(), nullable=False),
        sa.Column("scores", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("fitted", sa.JSON(), nullable=False),
        sa.Column("covariance", sa.JSON(), nullable=False),
        sa.Column("log_likelihood", sa.Float(), nullable=False),
        sa.Column("is_boundary", sa.Boolean(), nullable=False),
        sa.Column("is_converged", sa.Boolean(), nullable=False),
        sa.Column("general_id", sa.Uuid(), nullable=True),
        sa.Column("own_weight", sa.Float(), nullable=False),
        sa.Column("compared_with", sa.Uuid(), nullable=True),
        sa.Column("compared_patients", sa.Integer(), nullable=False),
        sa.Column("compared_scores", sa.Integer(), nullable=False),
        sa.Column("inside_now", sa.Integer(), nullable=True),
        sa.Column("inside_proposed", sa.Integer(), nullable=True),
        sa.Column("error_now", sa.Float(), nullable=True),
        sa.Column("error_proposed", sa.Float(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(reliable_change IS NULL) = (reliable_change_boundary IS NULL)",
            name=op.f("ck_curve_proposal_reliable_change"),
        ),
        sa.CheckConstraint(
            "lowest_intake <= highest_intake AND first_session <= last_session",
            name=op.f("ck_curve_proposal_reach"),
        ),
        sa.CheckConstraint(
            "sd_intercept >= 0 AND sd_slope >= 0 AND sigma > 0 AND correlation BETWEEN -1 AND 1",
            name=op.f("ck_curve_proposal_variances"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "compared_with"],
            ["curve.org_id", "curve.id"],
            name=op.f("fk_curve_proposal_org_id_compared_with"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "general_id"],
            ["curve.org_id", "curve.id"],
            name=op.f("fk_curve_proposal_org_id_general_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_curve_proposal_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_curve_proposal")),
        sa.UniqueConstraint(
            "org_id",
            "instrument",
            "version",
            name=op.f("uq_curve_proposal_org_id_instrument_version"),
        ),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_curve_proposal_org_id_sequence")),
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
