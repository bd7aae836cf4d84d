"""Organizations cannot see each other, and history cannot be changed.

Why: the second wall behind the queries. On PostgreSQL every table of an organization has
row-level security that holds for its owner too; on both databases triggers refuse to
change or remove what is clinical history.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Written out, not imported: a migration does the same for ever.
APPENDED_ONLY = (
    "audit_entry",
    "baseline",
    "curve",
    "curve_acceptance",
    "flag",
    "item_answer",
    "participation",
    "rating",
    "review",
    "withdrawal",
)
OF_ONE_ORGANIZATION = (
    *APPENDED_ONLY,
    "episode",
    "episode_instrument",
    "goal",
    "patient",
    "respondent",
    "staff",
    "staff_role",
    "tablet",
    "team",
    "therapy_session",
    "treats",
    "visit",
)
# After a commit the setting is the empty string; without NULLIF the next query would fail.
MINE = "org_id = NULLIF(current_setting('app.org', true), '')::int"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _wall_up()
    else:
        for table in APPENDED_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    sa.DDL(
                        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                        f"BEGIN SELECT RAISE(ABORT, '{table} is appended only'); END"
                    )
                )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _wall_down()
    else:
        for table in APPENDED_ONLY:
            for verb in ("update", "delete"):
                op.execute(sa.DDL(f"DROP TRIGGER {table}_no_{verb}"))


def _wall_up() -> None:
    for table in OF_ONE_ORGANIZATION:
        op.execute(sa.DDL(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
        op.execute(sa.DDL(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
        op.execute(
            sa.DDL(f"CREATE POLICY one_organization ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        )
    op.execute(
        sa.DDL(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '%% is appended only', TG_TABLE_NAME; END $$"
        )
    )
    for table in APPENDED_ONLY:
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


def _wall_down() -> None:
    for table in APPENDED_ONLY:
        op.execute(sa.DDL(f"DROP TRIGGER appended_only ON {table}"))
        op.execute(sa.DDL(f"DROP TRIGGER not_emptied ON {table}"))
    op.execute(sa.DDL("DROP FUNCTION refuse_change()"))
    for table in OF_ONE_ORGANIZATION:
        op.execute(sa.DDL(f"DROP POLICY one_organization ON {table}"))
        op.execute(sa.DDL(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        op.execute(sa.DDL(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
