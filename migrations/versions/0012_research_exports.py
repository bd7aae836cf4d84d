"""Exports for research: who asked, who agreed, what left, and who took it out.

Why: rows about single patients leave only when two persons want it, and what left has to stand
as it was for ever, with both names. It is asked for, agreed to and taken out by rows that are
added and never changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("research_request", "research_step", "research_content")
# After a commit the setting is the empty string; without NULLIF the next query would fail.
MINE = "org_id = NULLIF(current_setting('app.org', true), '')::int"


def upgrade() -> None:
    op.create_table(
        "research_request",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("first_year", sa.Integer(), nullable=False),
        sa.Column("last_year", sa.Integer(), nullable=False),
        sa.Column("k", sa.Integer(), nullable=False),
        sa.Column("has_teams", sa.Boolean(), nullable=False),
        sa.Column("project_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("ground_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_year <= last_year", name=op.f("ck_research_request_years")),
        sa.CheckConstraint("k BETWEEN 5 AND 10", name=op.f("ck_research_request_k")),
        sa.ForeignKeyConstraint(
            ["org_id", "asked_by"],
            ["staff.org_id", "staff.id"],
            name=op.f("fk_research_request_org_id_asked_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_research_request_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_research_request")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_research_request_org_id_sequence")),
    )
    op.create_table(
        "research_step",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "approved",
                "rejected",
                "withdrawn",
                "taken_out",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("form", sa.String(length=20), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "request_id"],
            ["research_request.org_id", "research_request.id"],
            name=op.f("fk_research_step_org_id_request_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "done_by"],
            ["staff.org_id", "staff.id"],
            name=op.f("fk_research_step_org_id_done_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_research_step_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_research_step")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_research_step_org_id_sequence")),
    )
    op.create_index(
        "ix_research_step_request", "research_step", ["org_id", "request_id", "sequence"]
    )
    op.create_table(
        "research_content",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("written_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("k", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("k BETWEEN 5 AND 10", name=op.f("ck_research_content_k")),
        sa.ForeignKeyConstraint(
            ["org_id", "id"],
            ["research_request.org_id", "research_request.id"],
            name=op.f("fk_research_content_org_id_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_research_content_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_research_content")),
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
