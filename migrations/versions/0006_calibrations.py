"""How well each version of a curve held.

Why: a curve is worth what it foretells. What was counted when a version was tested is kept
beside it: it is added and never changed, so that a page can be traced to its numbers.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLE = "calibration"
# After a commit the setting is the empty string; without NULLIF the next query would fail.
MINE = "org_id = NULLIF(current_setting('app.org', true), '')::int"


def upgrade() -> None:
    op.create_table(
        "calibration",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("curve_id", sa.Uuid(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "all_courses",
                "since_fitted",
                "older_courses",
                name="way",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("split_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trained", sa.JSON(), nullable=True),
        sa.Column("trained_courses", sa.Integer(), nullable=True),
        sa.Column("thirds", sa.JSON(), nullable=False),
        sa.Column("tenths", sa.JSON(), nullable=False),
        sa.Column("patients", sa.Integer(), nullable=False),
        sa.Column("courses", sa.Integer(), nullable=False),
        sa.Column("closed_courses", sa.Integer(), nullable=False),
        sa.Column("coverage", sa.JSON(), nullable=False),
        sa.Column("line", sa.JSON(), nullable=False),
        sa.Column("ended", sa.JSON(), nullable=True),
        sa.Column("left_early", sa.JSON(), nullable=True),
        sa.Column("recent_patients", sa.Integer(), nullable=False),
        sa.Column("recent_scores", sa.Integer(), nullable=False),
        sa.Column("recent_inside", sa.Integer(), nullable=False),
        sa.Column("recent_known", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(curve_id IS NULL) <> (proposal_id IS NULL)", name=op.f("ck_calibration_of_one")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "curve_id"],
            ["curve.org_id", "curve.id"],
            name=op.f("fk_calibration_org_id_curve_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "proposal_id"],
            ["curve_proposal.org_id", "curve_proposal.id"],
            name=op.f("fk_calibration_org_id_proposal_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_calibration_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_calibration")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_calibration_org_id_sequence")),
    )
    op.create_index(
        "ix_calibration_version", "calibration", ["org_id", "instrument", "version", "sequence"]
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
