"""People, their courses of treatment, ratings, flags and reviews.

Why: the first tables. Each key starts with the organization, so that no row can point across.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key_hash", name=op.f("pk_attempt")),
    )
    op.create_table(
        "job",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job")),
    )
    op.create_table(
        "organization",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "name_display",
            sa.Enum(
                "full",
                "short",
                "initials",
                "number",
                name="name_display",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("no_contact_days", sa.Integer(), nullable=False),
        sa.Column("help_texts", sa.JSON(), nullable=False),
        sa.Column("procedure_texts", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "no_contact_days BETWEEN 7 AND 365", name=op.f("ck_organization_no_contact_days")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
    )
    op.create_table(
        "pairing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing")),
        sa.UniqueConstraint("code", name=op.f("uq_pairing_code")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_pairing_token_hash")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "actor_kind",
            sa.Enum(
                "staff",
                "tablet",
                "program",
                name="actor_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=60), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("ground", sa.String(length=60), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_audit_entry_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "sequence", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_entry_actor", ["org_id", "actor_id", "sequence"], unique=False
        )
        batch_op.create_index(
            "ix_audit_entry_patient", ["org_id", "patient_id", "sequence"], unique=False
        )

    op.create_table(
        "curve",
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
        sa.CheckConstraint(
            "(reliable_change IS NULL) = (reliable_change_boundary IS NULL)",
            name=op.f("ck_curve_reliable_change"),
        ),
        sa.CheckConstraint(
            "lowest_intake <= highest_intake AND first_session <= last_session",
            name=op.f("ck_curve_reach"),
        ),
        sa.CheckConstraint(
            "sd_intercept >= 0 AND sd_slope >= 0 AND sigma > 0 AND correlation BETWEEN -1 AND 1",
            name=op.f("ck_curve_variances"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_curve_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_curve")),
        sa.UniqueConstraint(
            "org_id", "instrument", "version", name=op.f("uq_curve_org_id_instrument_version")
        ),
    )
    op.create_table(
        "patient",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column(
            "form_mode",
            sa.Enum(
                "line",
                "buttons",
                "codes",
                name="form_mode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "form_layout",
            sa.Enum(
                "all",
                "one",
                name="form_layout",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("has_large_text", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("external_key", sa.String(length=64), nullable=True),
        sa.CheckConstraint("birth_year BETWEEN 1900 AND 2100", name=op.f("ck_patient_birth_year")),
        sa.CheckConstraint("number > 0", name=op.f("ck_patient_number")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_patient_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_patient")),
        sa.UniqueConstraint("org_id", "external_key", name=op.f("uq_patient_org_id_external_key")),
        sa.UniqueConstraint("org_id", "number", name=op.f("uq_patient_org_id_number")),
    )
    op.create_table(
        "staff",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_staff_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_staff")),
    )
    op.create_table(
        "tablet",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("pin_hash", sa.String(length=300), nullable=False),
        sa.Column("corner_open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paired_by", sa.Uuid(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_tablet_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_tablet")),
    )
    op.create_table(
        "team",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_team_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_team")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_team_org_id_name")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("sign_in_name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=300), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("password_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_seed_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_pending_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.Column("may_skip_second_factor", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff.org_id", "staff.id"],
            name=op.f("fk_account_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("org_id", "staff_id", name=op.f("uq_account_org_id_staff_id")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_account_sign_in_name")),
    )
    op.create_table(
        "curve_acceptance",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("curve_id", sa.Uuid(), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "curve_id"],
            ["curve.org_id", "curve.id"],
            name=op.f("fk_curve_acceptance_org_id_curve_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_curve_acceptance_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_curve_acceptance")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_curve_acceptance_org_id_sequence")),
    )
    with op.batch_alter_table("curve_acceptance", schema=None) as batch_op:
        batch_op.create_index(
            "ix_curve_acceptance_curve", ["org_id", "curve_id", "sequence"], unique=False
        )

    op.create_table(
        "episode",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column(
            "variant",
            sa.Enum(
                "adult",
                "child",
                "group",
                name="variant",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("main_instrument", sa.String(length=40), nullable=False),
        sa.Column("alliance_instrument", sa.String(length=40), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column(
            "ending",
            sa.Enum(
                "planned",
                "unplanned",
                name="ending",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "agreement",
            sa.Enum(
                "agreed",
                "not_agreed",
                name="agreement",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("closing_note_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (ending IS NULL) AND (closed_at IS NULL) = (agreement IS NULL)",
            name=op.f("ck_episode_closed_with_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patient.org_id", "patient.id"],
            name=op.f("fk_episode_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "team_id"],
            ["team.org_id", "team.id"],
            name=op.f("fk_episode_org_id_team_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_episode_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_episode")),
    )
    with op.batch_alter_table("episode", schema=None) as batch_op:
        batch_op.create_index(
            "ix_episode_patient", ["org_id", "patient_id", "opened_at"], unique=False
        )
        batch_op.create_index(
            "ix_episode_team", ["org_id", "team_id", "closed_at", "patient_id"], unique=False
        )

    op.create_table(
        "respondent",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "patient",
                "partner",
                "parent",
                "other_next_of_kin",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("label_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patient.org_id", "patient.id"],
            name=op.f("fk_respondent_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_respondent_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_respondent")),
    )
    with op.batch_alter_table("respondent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_respondent_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "staff_role",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "clinician",
                "supervisor",
                "quality_lead",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(role IN ('clinician', 'supervisor')) = (team_id IS NOT NULL)",
            name=op.f("ck_staff_role_team_by_role"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff.org_id", "staff.id"],
            name=op.f("fk_staff_role_org_id_staff_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "team_id"],
            ["team.org_id", "team.id"],
            name=op.f("fk_staff_role_org_id_team_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_staff_role_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_staff_role")),
    )
    with op.batch_alter_table("staff_role", schema=None) as batch_op:
        batch_op.create_index("ix_staff_role_staff", ["org_id", "staff_id", "until"], unique=False)
        batch_op.create_index("ix_staff_role_team", ["org_id", "team_id", "role"], unique=False)

    op.create_table(
        "tablet_key",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("tablet_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "tablet_id"],
            ["tablet.org_id", "tablet.id"],
            name=op.f("fk_tablet_key_org_id_tablet_id"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_tablet_key")),
    )
    op.create_table(
        "treats",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patient.org_id", "patient.id"],
            name=op.f("fk_treats_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff.org_id", "staff.id"],
            name=op.f("fk_treats_org_id_staff_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_treats_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_treats")),
    )
    with op.batch_alter_table("treats", schema=None) as batch_op:
        batch_op.create_index(
            "ix_treats_patient", ["org_id", "patient_id", "staff_id"], unique=False
        )
        batch_op.create_index(
            "ix_treats_staff", ["org_id", "staff_id", "until", "patient_id"], unique=False
        )

    op.create_table(
        "episode_instrument",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_episode_instrument_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_episode_instrument_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_episode_instrument")),
    )
    with op.batch_alter_table("episode_instrument", schema=None) as batch_op:
        batch_op.create_index(
            "ix_episode_instrument_episode", ["org_id", "episode_id"], unique=False
        )

    op.create_table(
        "goal",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_goal_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_goal_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_goal")),
    )
    with op.batch_alter_table("goal", schema=None) as batch_op:
        batch_op.create_index("ix_goal_episode", ["org_id", "episode_id"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recovery_code_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_account_id"), ["account_id"], unique=False)

    op.create_table(
        "therapy_session",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "attended",
                "not_attended",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "room",
                "phone",
                "video",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "ended_at IS NULL OR status = 'attended'",
            name=op.f("ck_therapy_session_only_attended_sessions_end"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_therapy_session_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_therapy_session_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_therapy_session")),
    )
    with op.batch_alter_table("therapy_session", schema=None) as batch_op:
        batch_op.create_index(
            "ix_therapy_session_episode", ["org_id", "episode_id", "planned_at"], unique=False
        )

    op.create_table(
        "participation",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column(
            "answer",
            sa.Enum(
                "accepted",
                "not_today",
                "not_for_me",
                "withdrawn",
                name="answer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "other_channel",
            sa.Enum(
                "none",
                "talk",
                "letter",
                "interview",
                name="other_channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_participation_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patient.org_id", "patient.id"],
            name=op.f("fk_participation_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"],
            ["therapy_session.org_id", "therapy_session.id"],
            name=op.f("fk_participation_org_id_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_participation_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_participation")),
    )
    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_participation_episode", ["org_id", "episode_id", "sequence"], unique=False
        )

    op.create_table(
        "rating",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("respondent_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("tablet_id", sa.Uuid(), nullable=True),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("instrument_version", sa.Integer(), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=3), nullable=True),
        sa.Column(
            "variant",
            sa.Enum(
                "adult",
                "child",
                "group",
                name="variant",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "slot",
            sa.Enum(
                "start", "end", name="slot", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "tablet",
                "paper",
                "import",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "form_mode",
            sa.Enum(
                "line",
                "buttons",
                "codes",
                name="form_mode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "form_layout",
            sa.Enum(
                "all",
                "one",
                name="form_layout",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "input_kind",
            sa.Enum(
                "touch",
                "mouse",
                "keyboard",
                "mixed",
                name="input_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("device_width", sa.Integer(), nullable=True),
        sa.Column("device_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("submission_key", sa.Uuid(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("is_finished", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("total_lowest", sa.Integer(), nullable=False),
        sa.Column("total_highest", sa.Integer(), nullable=False),
        sa.Column("is_prorated", sa.Boolean(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("moved_from_id", sa.Uuid(), nullable=True),
        sa.Column(
            "correction",
            sa.Enum(
                "changed_by_respondent",
                "second_set",
                "redone_together",
                "typing_error",
                "wrong_patient",
                name="correction",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("correction_note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "source = 'tablet' OR recorded_by IS NOT NULL", name=op.f("ck_rating_typed_by")
        ),
        sa.CheckConstraint(
            "(replaces_id IS NULL AND moved_from_id IS NULL) = (correction IS NULL)",
            name=op.f("ck_rating_correction_has_reason"),
        ),
        sa.CheckConstraint("device_width BETWEEN 1 AND 20000", name=op.f("ck_rating_device_width")),
        sa.CheckConstraint("duration_ms >= 0", name=op.f("ck_rating_duration")),
        sa.CheckConstraint(
            "is_finished OR total IS NULL", name=op.f("ck_rating_unfinished_has_no_total")
        ),
        sa.CheckConstraint(
            "total BETWEEN total_lowest AND total_highest", name=op.f("ck_rating_total_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_rating_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "moved_from_id"],
            ["rating.org_id", "rating.id"],
            name=op.f("fk_rating_org_id_moved_from_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patient.org_id", "patient.id"],
            name=op.f("fk_rating_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "replaces_id"],
            ["rating.org_id", "rating.id"],
            name=op.f("fk_rating_org_id_replaces_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "respondent_id"],
            ["respondent.org_id", "respondent.id"],
            name=op.f("fk_rating_org_id_respondent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"],
            ["therapy_session.org_id", "therapy_session.id"],
            name=op.f("fk_rating_org_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_rating_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_rating")),
        sa.UniqueConstraint("org_id", "moved_from_id", name=op.f("uq_rating_org_id_moved_from_id")),
        sa.UniqueConstraint("org_id", "replaces_id", name=op.f("uq_rating_org_id_replaces_id")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_rating_org_id_sequence")),
        sa.UniqueConstraint(
            "org_id", "submission_key", name=op.f("uq_rating_org_id_submission_key")
        ),
    )
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.create_index(
            "ix_rating_episode", ["org_id", "episode_id", "instrument", "rated_at"], unique=False
        )
        batch_op.create_index(
            "ix_rating_patient", ["org_id", "patient_id", "rated_at"], unique=False
        )
        batch_op.create_index("ix_rating_session", ["org_id", "session_id"], unique=False)

    op.create_table(
        "visit",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tablet_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("respondent_id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column(
            "slot",
            sa.Enum(
                "start", "end", name="slot", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "variant",
            sa.Enum(
                "adult",
                "child",
                "group",
                name="variant",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column(
            "form_mode",
            sa.Enum(
                "line",
                "buttons",
                "codes",
                name="form_mode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "form_layout",
            sa.Enum(
                "all",
                "one",
                name="form_layout",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("has_large_text", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "opened",
                "started",
                "done",
                "unfinished",
                "declined",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("set_count", sa.Integer(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("rating_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("set_count BETWEEN 0 AND item_count", name=op.f("ck_visit_set_count")),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_visit_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "respondent_id"],
            ["respondent.org_id", "respondent.id"],
            name=op.f("fk_visit_org_id_respondent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"],
            ["therapy_session.org_id", "therapy_session.id"],
            name=op.f("fk_visit_org_id_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "tablet_id"],
            ["tablet.org_id", "tablet.id"],
            name=op.f("fk_visit_org_id_tablet_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_visit_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_visit")),
        sa.UniqueConstraint("org_id", "code_hash", name=op.f("uq_visit_org_id_code_hash")),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(
            "ix_visit_episode", ["org_id", "episode_id", "created_at"], unique=False
        )
        batch_op.create_index("ix_visit_tablet", ["org_id", "tablet_id", "state"], unique=False)

    op.create_table(
        "baseline",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chosen_by", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_baseline_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "rating_id"],
            ["rating.org_id", "rating.id"],
            name=op.f("fk_baseline_org_id_rating_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_baseline_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_baseline")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_baseline_org_id_sequence")),
    )
    with op.batch_alter_table("baseline", schema=None) as batch_op:
        batch_op.create_index(
            "ix_baseline_episode", ["org_id", "episode_id", "sequence"], unique=False
        )

    op.create_table(
        "flag",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("rating_id", sa.Uuid(), nullable=True),
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
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "immediate",
                "review",
                "discuss",
                "note",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("item", sa.String(length=40), nullable=True),
        sa.Column("curve_id", sa.Uuid(), nullable=True),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(rule = 'critical_item') = (item IS NOT NULL)", name=op.f("ck_flag_item_by_rule")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "curve_id"],
            ["curve.org_id", "curve.id"],
            name=op.f("fk_flag_org_id_curve_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_flag_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"],
            ["patient.org_id", "patient.id"],
            name=op.f("fk_flag_org_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "rating_id"],
            ["rating.org_id", "rating.id"],
            name=op.f("fk_flag_org_id_rating_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"],
            ["therapy_session.org_id", "therapy_session.id"],
            name=op.f("fk_flag_org_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_flag_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_flag")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_flag_org_id_sequence")),
    )
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.create_index("ix_flag_episode", ["org_id", "episode_id", "sequence"], unique=False)

    op.create_table(
        "item_answer",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("lowest", sa.Integer(), nullable=False),
        sa.Column("highest", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "value BETWEEN lowest AND highest", name=op.f("ck_item_answer_value_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "rating_id"],
            ["rating.org_id", "rating.id"],
            name=op.f("fk_item_answer_org_id_rating_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "rating_id", "item", name=op.f("pk_item_answer")),
    )
    op.create_table(
        "withdrawal",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "rating_id"],
            ["rating.org_id", "rating.id"],
            name=op.f("fk_withdrawal_org_id_rating_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_withdrawal_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_withdrawal")),
        sa.UniqueConstraint("org_id", "rating_id", name=op.f("uq_withdrawal_org_id_rating_id")),
    )
    op.create_table(
        "review",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "taken",
                "decided",
                "note",
                "followed_up",
                "reopened",
                "cleared",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "taken",
                "decided",
                "followed_up",
                "cleared",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "decision",
            sa.Enum(
                "talked_continue",
                "changed_goal",
                "changed_method",
                "changed_frequency",
                "involve_network",
                "other_clinician",
                "other_service",
                "measurement_error",
                "patient_prefers_no_action",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("rating_id", sa.Uuid(), nullable=True),
        sa.Column("numbers", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(step = 'decided') = (decision IS NOT NULL)", name=op.f("ck_review_decision_by_step")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "episode_id"],
            ["episode.org_id", "episode.id"],
            name=op.f("fk_review_org_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "flag_id"], ["flag.org_id", "flag.id"], name=op.f("fk_review_org_id_flag_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "rating_id"],
            ["rating.org_id", "rating.id"],
            name=op.f("fk_review_org_id_rating_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], name=op.f("fk_review_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_review")),
        sa.UniqueConstraint("org_id", "sequence", name=op.f("uq_review_org_id_sequence")),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(
            "ix_review_episode", ["org_id", "episode_id", "sequence"], unique=False
        )
        batch_op.create_index("ix_review_flag", ["org_id", "flag_id", "sequence"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index("ix_review_flag")
        batch_op.drop_index("ix_review_episode")

    op.drop_table("review")
    op.drop_table("withdrawal")
    op.drop_table("item_answer")
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.drop_index("ix_flag_episode")

    op.drop_table("flag")
    with op.batch_alter_table("baseline", schema=None) as batch_op:
        batch_op.drop_index("ix_baseline_episode")

    op.drop_table("baseline")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index("ix_visit_tablet")
        batch_op.drop_index("ix_visit_episode")

    op.drop_table("visit")
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.drop_index("ix_rating_session")
        batch_op.drop_index("ix_rating_patient")
        batch_op.drop_index("ix_rating_episode")

    op.drop_table("rating")
    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.drop_index("ix_participation_episode")

    op.drop_table("participation")
    with op.batch_alter_table("therapy_session", schema=None) as batch_op:
        batch_op.drop_index("ix_therapy_session_episode")

    op.drop_table("therapy_session")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_account_id"))

    op.drop_table("sign_in")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_code_account_id"))

    op.drop_table("recovery_code")
    with op.batch_alter_table("goal", schema=None) as batch_op:
        batch_op.drop_index("ix_goal_episode")

    op.drop_table("goal")
    with op.batch_alter_table("episode_instrument", schema=None) as batch_op:
        batch_op.drop_index("ix_episode_instrument_episode")

    op.drop_table("episode_instrument")
    with op.batch_alter_table("treats", schema=None) as batch_op:
        batch_op.drop_index("ix_treats_staff")
        batch_op.drop_index("ix_treats_patient")

    op.drop_table("treats")
    op.drop_table("tablet_key")
    with op.batch_alter_table("staff_role", schema=None) as batch_op:
        batch_op.drop_index("ix_staff_role_team")
        batch_op.drop_index("ix_staff_role_staff")

    op.drop_table("staff_role")
    with op.batch_alter_table("respondent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_respondent_patient_id"))

    op.drop_table("respondent")
    with op.batch_alter_table("episode", schema=None) as batch_op:
        batch_op.drop_index("ix_episode_team")
        batch_op.drop_index("ix_episode_patient")

    op.drop_table("episode")
    with op.batch_alter_table("curve_acceptance", schema=None) as batch_op:
        batch_op.drop_index("ix_curve_acceptance_curve")

    op.drop_table("curve_acceptance")
    op.drop_table("account")
    op.drop_table("team")
    op.drop_table("tablet")
    op.drop_table("staff")
    op.drop_table("patient")
    op.drop_table("curve")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_patient")
        batch_op.drop_index("ix_audit_entry_actor")

    op.drop_table("audit_entry")
    op.drop_table("pairing")
    op.drop_table("organization")
    op.drop_table("job")
    op.drop_table("attempt")
