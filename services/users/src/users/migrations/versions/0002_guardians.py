"""guardians, and who must be told

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guardianship",
        sa.Column("guardian", sa.Text(), nullable=False),
        sa.Column("student", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["guardian"], ["user.code"], name=op.f("fk_guardianship_guardian")),
        sa.ForeignKeyConstraint(["student"], ["user.code"], name=op.f("fk_guardianship_student")),
        sa.PrimaryKeyConstraint("guardian", "student", name=op.f("pk_guardianship")),
    )
    op.create_index(op.f("ix_guardianship_student"), "guardianship", ["student"], unique=False)
    op.create_table(
        "told_departure",
        sa.Column("departure", sa.Uuid(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("departure", name=op.f("pk_told_departure")),
    )
    op.create_table(
        "notice",
        sa.Column("departure", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("student", sa.Text(), nullable=False),
        sa.Column("leaves_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("home_class", sa.Text(), nullable=True),
        sa.Column("groups", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("departure", "recipient", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_waiting", "notice", ["try_at"], postgresql_where=sa.text("ended_at IS NULL"))
    op.add_column("user", sa.Column("archived_with", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("user", "archived_with")
    op.drop_index("ix_notice_waiting", table_name="notice", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("notice")
    op.drop_table("told_departure")
    op.drop_index(op.f("ix_guardianship_student"), table_name="guardianship")
    op.drop_table("guardianship")
