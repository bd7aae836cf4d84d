"""What was read of each course, kept until the database notes that something in it has changed.

Why: every night the scores of all courses were read anew, a million of them in many seconds,
though few courses change in a day. Nothing is entered here: rows can be marked as no longer
true and are made again. The notes are written by triggers, so that none is forgotten.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = ("kept_course", "changed_course")
# After a commit the setting is the empty string; without NULLIF the next query would fail.
MINE = "org_id = NULLIF(current_setting('app.org', true), '')::int"


@dataclass(frozen=True, slots=True)
class Change:
    """What can happen to a course, and to which one it happens."""

    name: str
    table: str
    event: str
    condition: str
    courses: str


CHANGES = (
    Change(
        "rated",
        "rating",
        "INSERT",
        "NEW.total IS NOT NULL OR NEW.replaces_id IS NOT NULL",
        "SELECT NEW.episode_id UNION ALL SELECT replaced.episode_id FROM rating AS replaced "
        "WHERE replaced.org_id = NEW.org_id AND replaced.id = NEW.replaces_id",
    ),
    Change(
        "withdrawn",
        "withdrawal",
        "INSERT",
        "NEW.rating_id IS NOT NULL",
        "SELECT withdrawn.episode_id FROM rating AS withdrawn "
        "WHERE withdrawn.org_id = NEW.org_id AND withdrawn.id = NEW.rating_id",
    ),
    Change(
        "start_named",
        "baseline",
        "INSERT",
        "NEW.episode_id IS NOT NULL",
        "SELECT NEW.episode_id",
    ),
    Change(
        "session_held",
        "therapy_session",
        "INSERT",
        "NEW.status = 'attended'",
        "SELECT NEW.episode_id",
    ),
    Change(
        "session_changed",
        "therapy_session",
        "UPDATE OF status, planned_at, episode_id",
        "NEW.status = 'attended' OR OLD.status = 'attended'",
        "SELECT NEW.episode_id UNION ALL SELECT OLD.episode_id "
        "WHERE OLD.episode_id <> NEW.episode_id",
    ),
    Change(
        "other_respondent",
        "respondent",
        "UPDATE OF kind",
        "NEW.kind <> OLD.kind",
        "SELECT theirs.id FROM episode AS theirs "
        "WHERE theirs.org_id = NEW.org_id AND theirs.patient_id = NEW.patient_id",
    ),
)


def upgrade() -> None:
    op.create_table(
        "kept_course",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=True),
        sa.Column("sessions", sa.LargeBinary(), nullable=False),
        sa.Column("scores", sa.LargeBinary(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=True),
        sa.Column("earliest", sa.BigInteger(), nullable=True),
        sa.Column("latest", sa.BigInteger(), nullable=True),
        sa.Column("oldest", sa.Integer(), nullable=True),
        sa.Column("newest", sa.Integer(), nullable=True),
        sa.Column("text_versions", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_kept_course_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_kept_course_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "episode_id", name=op.f("pk_kept_course")),
    )
    op.create_table(
        "changed_course",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_changed_course_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_changed_course_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "episode_id", "id", name=op.f("pk_changed_course")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            _wall_up(table)
        for change in CHANGES:
            _note_on_postgresql(change)
    else:
        for change in CHANGES:
            _note_on_sqlite(change)


def downgrade() -> None:
    for change in CHANGES:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(sa.DDL(f"DROP TRIGGER {change.name} ON {change.table}"))
            op.execute(sa.DDL(f"DROP FUNCTION note_{change.name}()"))
        else:
            op.execute(sa.DDL(f"DROP TRIGGER {change.name}"))
    # Their policies go with them.
    for table in reversed(TABLES):
        op.drop_table(table)


def _wall_up(table: str) -> None:
    op.execute(sa.DDL(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
    op.execute(sa.DDL(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
    op.execute(
        sa.DDL(f"CREATE POLICY one_organization ON {table} USING ({MINE}) WITH CHECK ({MINE})")
    )


def _note_on_postgresql(change: Change) -> None:
    # Also of courses that are not kept: somebody may be reading one now to keep it, and
    # neither of the two sees what the other has not committed.
    op.execute(
        sa.DDL(
            f"CREATE FUNCTION note_{change.name}() RETURNS trigger LANGUAGE plpgsql AS $note$ "  # noqa: S608 - our own texts
            "BEGIN INSERT INTO changed_course (org_id, episode_id, id) "
            "SELECT NEW.org_id, changed.episode_id, gen_random_uuid() "
            f"FROM ({change.courses}) AS changed (episode_id); RETURN NULL; END $note$"
        )
    )
    op.execute(
        sa.DDL(
            f"CREATE TRIGGER {change.name} AFTER {change.event} ON {change.table} FOR EACH ROW "
            f"WHEN ({change.condition}) EXECUTE FUNCTION note_{change.name}()"
        )
    )


def _note_on_sqlite(change: Change) -> None:
    # One at a time writes here, so what is not kept will be read after this.
    op.execute(
        sa.DDL(
            f"CREATE TRIGGER {change.name} AFTER {change.event} ON {change.table} "  # noqa: S608 - as above
            f"WHEN {change.condition} BEGIN "
            "INSERT INTO changed_course (org_id, episode_id, id) "
            "SELECT kept.org_id, kept.episode_id, lower(hex(randomblob(16))) "
            "FROM kept_course AS kept WHERE kept.org_id = NEW.org_id "
            f"AND kept.episode_id IN ({change.courses}) AND kept.instrument IS NOT NULL; END"
        )
    )
