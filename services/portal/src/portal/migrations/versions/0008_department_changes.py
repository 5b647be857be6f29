"""changes of department, with what is still to be done

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "department_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("student_code", sa.Text(), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("home_class_authority", sa.String(32), nullable=False),
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("from_project_id", sa.BigInteger(), nullable=False),
        sa.Column("from_department_id", sa.BigInteger(), nullable=False),
        sa.Column("from_enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("choice_package", sa.String(32)),
        sa.Column("dropped", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("groups", postgresql.JSONB(), nullable=False),
        sa.Column("memory", postgresql.JSONB(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("history_entry_id", sa.Uuid(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department_change")),
        sa.ForeignKeyConstraint(
            ["student_code"], ["student.code"], name=op.f("fk_department_change_student_code")
        ),
    )
    op.create_index("ix_department_change_student_code", "department_change", ["student_code", "id"])
    op.create_index("ix_department_change_enrolment_id", "department_change", ["enrolment_id"])
    op.create_index(
        "ix_department_change_history_entry_id", "department_change", ["history_entry_id"], unique=True
    )
    op.create_table(
        "department_change_step",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("change_id", "step", name=op.f("pk_department_change_step")),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["department_change.id"],
            name=op.f("fk_department_change_step_change_id"),
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    op.drop_table("department_change_step")
    op.drop_table("department_change")
