"""What left the house, and who signed it.

Why: a release is a fixed snapshot. Each new one is checked against all that are out, also
those that were withdrawn, so that none of them may ever be changed or lost.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("figure_release", "figure_release_step")
# After a commit the setting is the empty string; without NULLIF the next query would fail.
MINE = "org_id = NULLIF(current_setting('app.org', true), '')::int"


def upgrade() -> None:
    op.create_table(
        "figure_release",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("definition", sa.String(length=60), nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column(
            "whole",
            sa.Enum(
                "month",
                "quarter",
                "half_year",
                "year",
                name="whole",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "step",
            sa.Enum(
                "month",
                "quarter",
                "half_year",
                "year",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "method",
            sa.Enum(
                "JT",
                "GLN",
                "HLL",
                "EN",
                "NK",
                "HA",
                name="method",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("rounding", sa.Integer(), nullable=True),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("hidden", sa.JSON(), nullable=False),
        sa.Column("checked_to", sa.Integer(), nullable=False),
        sa.Column("is_exception", sa.Boolean(), nullable=False),
        sa.Column("supersedes", sa.Uuid(), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_figure_release_period")),
        sa.CheckConstraint("threshold BETWEEN 3 AND 10", name=op.f("ck_figure_release_threshold")),
        sa.ForeignKeyConstraint(
            ["org_id", "drafted_by"],
            ["staff.org_id", "staff.id"],
            name=op.f("fk_figure_release_org_id_drafted_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "supersedes"],
            ["figure_release.org_id", "figure_release.id"],
            name=op.f("fk_figure_release_org_id_supersedes"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_figure_release_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_figure_release")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_figure_release_org_id_sequence")),
    )
    op.create_table(
        "figure_release_step",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "drafted",
                "approved",
                "signed",
                "withdrawn",
                "superseded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "release_id"],
            ["figure_release.org_id", "figure_release.id"],
            name=op.f("fk_figure_release_step_org_id_release_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "done_by"],
            ["staff.org_id", "staff.id"],
            name=op.f("fk_figure_release_step_org_id_done_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_figure_release_step_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_figure_release_step")),
        sa.UniqueConstraint(
            "org_id",
            "release_id",
            "state",
            name=op.f("uq_figure_release_step_org_id_release_id_state"),
        ),
    )
    op.create_index(
        "ix_figure_release_step_release",
        "figure_release_step",
        ["org_id", "release_id", "sequence"],
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in TABLES:
        (_wall_up if is_postgresql else _never_change)(table)


def downgrade() -> None:
    # Their triggers and policies go with them.
    for table in reversed(TABLES):
        op.drop_table(table)


def _never_change(table: str) -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            sa.DDL(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is appended only'); END"
            )
        )


def _wall_up(table: str) -> None:
    op.execute(sa.DDL(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
    op.execute(sa.DDL(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
    op.execute(
        sa.DDL(f"CREATE POLICY one_organization ON {table} USING ({MINE}) WITH CHECK ({MINE})")
    )
    op.execute(
        sa.DDL(
            f"CREATE TRIGGER appended_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    )
    op.execute(
        sa.DDL(
            f"CREATE TRIGGER not_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    )
