"""what stays of an enrolment, and what becomes of guardians

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("departure", sa.Column("guardians", sa.Text(), nullable=False, server_default="keep"))
    op.alter_column("departure", "guardians", server_default=None)
    op.create_table(
        "ended_enrolment",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("student_code", sa.Text(), sa.ForeignKey("student.code"), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("home_class_id", sa.BigInteger()),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("departure_id", sa.Uuid()),
    )
    op.create_index("ix_ended_enrolment_student_code", "ended_enrolment", ["student_code"])
    # An undo brings back since when he was enrolled; of what went before we know no better than when it went.
    op.execute(
        "UPDATE departure_work SET memory = (SELECT coalesce(jsonb_agg("
        "piece || jsonb_build_object('created_at', departure_work.at)), '[]') "
        "FROM jsonb_array_elements(departure_work.memory) AS piece)"
    )


def downgrade() -> None:
    op.drop_table("ended_enrolment")
    op.drop_column("departure", "guardians")
