"""How a site makes its reports: fewest patients, hiding or rounding, method for reliable change.

Why: a service may want more patients behind a number, or fewer with a second person's consent.
What held when a report was made has to stand for ever, and so has who chose it: choices are
added and never changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE = "report_choice"
# After a commit the setting is the empty string; without NULLIF the next query would fail.
MINE = "org_id = NULLIF(current_setting('app.org', true), '')::int"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("rounding", sa.Integer(), nullable=True),
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
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint("threshold BETWEEN 3 AND 10", name=op.f("ck_report_choice_threshold")),
        sa.CheckConstraint("rounding IN (3, 5)", name=op.f("ck_report_choice_rounding")),
        sa.ForeignKeyConstraint(
            ["org_id", "decided_by"],
            ["staff.org_id", "staff.id"],
            name=op.f("fk_report_choice_org_id_decided_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_report_choice_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_report_choice")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_report_choice_org_id_sequence")),
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
