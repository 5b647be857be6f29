"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("on_behalf_of", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_object", "audit", ["object_type", "object_id"], unique=False)
    op.create_table(
        "idempotent_reply",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("reply", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("caller", "route", "key", name=op.f("pk_idempotent_reply")),
    )
    op.create_index("ix_idempotent_reply_created_at", "idempotent_reply", ["created_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["state", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('retrying', 'parked')"),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_index(
        "ix_outbox_published_at",
        "outbox",
        ["published_at"],
        unique=False,
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_waiting", "outbox", ["id"], unique=False, postgresql_where=sa.text("published_at IS NULL")
    )
    op.create_table(
        "account",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("session_version", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_account")),
    )
    op.create_table(
        "departure_work",
        sa.Column("departure", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("student_code", sa.Text(), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("keep_later", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("memory", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("departure", name=op.f("pk_departure_work")),
    )
    op.create_index("ix_departure_work_student_code", "departure_work", ["student_code"], unique=False)
    op.create_table(
        "person",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("house_number", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("search_key", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_person")),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "departures",
            sa.Enum("automatic", "ask", name="departures", native_enum=False, length=32),
            server_default="automatic",
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
    )
    op.create_index("ix_project_school_id", "project", ["school_id"], unique=False)
    op.create_table(
        "branch_in_project",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("copy_taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_branch_in_project_project_id")),
        sa.PrimaryKeyConstraint("project_id", "branch_id", name=op.f("pk_branch_in_project")),
    )
    op.create_table(
        "copy_department",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "home_class_authority",
            sa.Enum("portal", "desktop", name="authority", native_enum=False, length=32),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_copy_department_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_department")),
    )
    op.create_index("ix_copy_department_project_id", "copy_department", ["project_id"], unique=False)
    op.create_table(
        "home_class",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("soft_max", sa.Integer(), nullable=False),
        sa.Column("hard_max", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_home_class_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home_class")),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_home_class_project_id_id")),
    )
    op.create_index(
        "ix_home_class_project_id_department_id", "home_class", ["project_id", "department_id"], unique=False
    )
    op.create_table(
        "slot",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("week", sa.Enum("A", "B", name="cycleweek", native_enum=False, length=32), nullable=True),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_slot_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        sa.UniqueConstraint(
            "project_id",
            "branch_id",
            "week",
            "day",
            "period",
            name=op.f("uq_slot_project_id_branch_id_week_day_period"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "subject",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_subject_project_id")),
        sa.PrimaryKeyConstraint("project_id", "code", name=op.f("pk_subject")),
    )
    op.create_table(
        "copy_group",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("is_home_class", sa.Boolean(), nullable=False),
        sa.Column("subject_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["department_id"], ["copy_department.id"], name=op.f("fk_copy_group_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_group")),
    )
    op.create_index("ix_copy_group_department_id", "copy_group", ["department_id"], unique=False)
    op.create_table(
        "lesson_group",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("subject_code", sa.Text(), nullable=False),
        sa.Column("home_class_id", sa.BigInteger(), nullable=True),
        sa.Column("soft_max", sa.Integer(), nullable=False),
        sa.Column("hard_max", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "home_class_id"],
            ["home_class.project_id", "home_class.id"],
            name=op.f("fk_lesson_group_project_id_home_class_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "subject_code"],
            ["subject.project_id", "subject.code"],
            name=op.f("fk_lesson_group_project_id_subject_code"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_lesson_group_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_group")),
        sa.UniqueConstraint(
            "project_id", "branch_id", "code", name=op.f("uq_lesson_group_project_id_branch_id_code")
        ),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_lesson_group_project_id_id")),
    )
    op.create_index("ix_lesson_group_home_class_id", "lesson_group", ["home_class_id"], unique=False)
    op.create_index(
        "ix_lesson_group_project_id_subject_code",
        "lesson_group",
        ["project_id", "subject_code"],
        unique=False,
    )
    op.create_table(
        "student",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("home_class_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "home_class_id"],
            ["home_class.project_id", "home_class.id"],
            name=op.f("fk_student_project_id_home_class_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_student_project_id")),
        sa.PrimaryKeyConstraint("project_id", "code", name=op.f("pk_student")),
    )
    op.create_index("ix_student_code", "student", ["code"], unique=False)
    op.create_index("ix_student_home_class_id", "student", ["home_class_id"], unique=False)
    op.create_index(
        "ix_student_project_id_department_id", "student", ["project_id", "department_id"], unique=False
    )
    op.create_table(
        "copy_enrolment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("student_code", sa.Text(), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("home_class_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["department_id"], ["copy_department.id"], name=op.f("fk_copy_enrolment_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["home_class_id"], ["copy_group.id"], name=op.f("fk_copy_enrolment_home_class_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_copy_enrolment_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_enrolment")),
    )
    op.create_index(
        "ix_copy_enrolment_project_id_department_id",
        "copy_enrolment",
        ["project_id", "department_id"],
        unique=False,
    )
    op.create_index("ix_copy_enrolment_student_code", "copy_enrolment", ["student_code"], unique=False)
    op.create_table(
        "lesson",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("lesson_group_id", sa.BigInteger(), nullable=False),
        sa.Column("slot_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lesson_group_id"], ["lesson_group.id"], name=op.f("fk_lesson_lesson_group_id")
        ),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_lesson_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson")),
    )
    op.create_index("ix_lesson_lesson_group_id", "lesson", ["lesson_group_id"], unique=False)
    op.create_index("ix_lesson_slot_id", "lesson", ["slot_id"], unique=False)
    op.create_table(
        "lesson_group_department",
        sa.Column("lesson_group_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("portal_group_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lesson_group_id"], ["lesson_group.id"], name=op.f("fk_lesson_group_department_lesson_group_id")
        ),
        sa.PrimaryKeyConstraint("lesson_group_id", "department_id", name=op.f("pk_lesson_group_department")),
    )
    op.create_index(
        "ix_lesson_group_department_department_id", "lesson_group_department", ["department_id"], unique=False
    )
    op.create_table(
        "placement",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("student_code", sa.Text(), nullable=False),
        sa.Column("subject_code", sa.Text(), nullable=False),
        sa.Column("lesson_group_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "lesson_group_id"],
            ["lesson_group.project_id", "lesson_group.id"],
            name=op.f("fk_placement_project_id_lesson_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "student_code"],
            ["student.project_id", "student.code"],
            name=op.f("fk_placement_project_id_student_code"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "subject_code"],
            ["subject.project_id", "subject.code"],
            name=op.f("fk_placement_project_id_subject_code"),
        ),
        sa.PrimaryKeyConstraint("project_id", "student_code", "subject_code", name=op.f("pk_placement")),
    )
    op.create_index("ix_placement_lesson_group_id", "placement", ["lesson_group_id"], unique=False)
    op.create_table(
        "copy_choice",
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["copy_enrolment.id"], name=op.f("fk_copy_choice_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "subject_code", name=op.f("pk_copy_choice")),
    )
    op.create_table(
        "copy_membership",
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["copy_enrolment.id"], name=op.f("fk_copy_membership_enrolment_id")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["copy_group.id"], name=op.f("fk_copy_membership_group_id")),
        sa.PrimaryKeyConstraint("enrolment_id", "group_id", name=op.f("pk_copy_membership")),
    )
    op.create_index("ix_copy_membership_group_id", "copy_membership", ["group_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_copy_membership_group_id", table_name="copy_membership")
    op.drop_table("copy_membership")
    op.drop_table("copy_choice")
    op.drop_index("ix_placement_lesson_group_id", table_name="placement")
    op.drop_table("placement")
    op.drop_index("ix_lesson_group_department_department_id", table_name="lesson_group_department")
    op.drop_table("lesson_group_department")
    op.drop_index("ix_lesson_slot_id", table_name="lesson")
    op.drop_index("ix_lesson_lesson_group_id", table_name="lesson")
    op.drop_table("lesson")
    op.drop_index("ix_copy_enrolment_student_code", table_name="copy_enrolment")
    op.drop_index("ix_copy_enrolment_project_id_department_id", table_name="copy_enrolment")
    op.drop_table("copy_enrolment")
    op.drop_index("ix_student_project_id_department_id", table_name="student")
    op.drop_index("ix_student_home_class_id", table_name="student")
    op.drop_index("ix_student_code", table_name="student")
    op.drop_table("student")
    op.drop_index("ix_lesson_group_project_id_subject_code", table_name="lesson_group")
    op.drop_index("ix_lesson_group_home_class_id", table_name="lesson_group")
    op.drop_table("lesson_group")
    op.drop_index("ix_copy_group_department_id", table_name="copy_group")
    op.drop_table("copy_group")
    op.drop_table("subject")
    op.drop_table("slot")
    op.drop_index("ix_home_class_project_id_department_id", table_name="home_class")
    op.drop_table("home_class")
    op.drop_index("ix_copy_department_project_id", table_name="copy_department")
    op.drop_table("copy_department")
    op.drop_table("branch_in_project")
    op.drop_index("ix_project_school_id", table_name="project")
    op.drop_table("project")
    op.drop_table("person")
    op.drop_index("ix_departure_work_student_code", table_name="departure_work")
    op.drop_table("departure_work")
    op.drop_table("account")
    op.drop_index("ix_outbox_waiting", table_name="outbox", postgresql_where=sa.text("published_at IS NULL"))
    op.drop_index(
        "ix_outbox_published_at", table_name="outbox", postgresql_where=sa.text("published_at IS NOT NULL")
    )
    op.drop_table("outbox")
    op.drop_index("ix_inbox_received_at", table_name="inbox")
    op.drop_index(
        "ix_inbox_open", table_name="inbox", postgresql_where=sa.text("state IN ('retrying', 'parked')")
    )
    op.drop_table("inbox")
    op.drop_index("ix_idempotent_reply_created_at", table_name="idempotent_reply")
    op.drop_table("idempotent_reply")
    op.drop_index("ix_audit_object", table_name="audit")
    op.drop_table("audit")
