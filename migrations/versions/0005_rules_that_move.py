"""Rules that a site moves, and the benches that showed what it would do.

Why: a threshold has an owner. Moving it is a decision that is kept with the figures it rested
on; both are history, which is added and never changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BENCH, SETTING = "rule_bench", "rule_setting"
# After a commit the setting is the empty string; without NULLIF the next query would fail.
MINE = "org_id = NULLIF(current_setting('app.org', true), '')::int"


def upgrade() -> None:
    _make_bench()
    _make_setting()
    for table in (BENCH, SETTING):
        if op.get_bind().dialect.name == "postgresql":
            _wall_up(table)
        else:
            _append_only(table)


def downgrade() -> None:
    # Their triggers and policies go with them.
    op.drop_table(SETTING)
    op.drop_table(BENCH)


def _make_bench() -> None:
    op.create_table(
        BENCH,
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("in_force", sa.JSON(), nullable=False),
        sa.Column("curves", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("simulated", sa.JSON(), nullable=False),
        sa.Column("simulated_patients", sa.Integer(), nullable=False),
        sa.Column("simulated_seed", sa.Integer(), nullable=False),
        sa.Column("quotes", sa.JSON(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint("simulated_patients > 0", name=op.f("ck_rule_bench_simulated_patients")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_rule_bench_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_rule_bench")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_rule_bench_org_id_sequence")),
    )


def _make_setting() -> None:
    op.create_table(
        SETTING,
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "rule",
            sa.Enum(
                "critical_item",
                "deterioration",
                "off_track",
                "off_track_band",
                "no_change",
                "alliance_drop",
                "above_cutoff_start",
                "sawtooth",
                "missing",
                "no_contact",
                name="rule",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("own_editions", sa.JSON(), nullable=False),
        sa.Column("bench_id", sa.Uuid(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_rule_setting_version")),
        sa.ForeignKeyConstraint(
            ["org_id", "bench_id"],
            ["rule_bench.org_id", "rule_bench.id"],
            name=op.f("fk_rule_setting_org_id_bench_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_rule_setting_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_rule_setting")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_rule_setting_org_id_sequence")),
    )


def _append_only(table: str) -> None:
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
