"""placement steps, that can be taken back

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "placement_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("students", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("moves", postgresql.JSONB(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_placement_step_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_placement_step"),
    )
    op.create_index(
        "uq_placement_step_project_id_revision", "placement_step", ["project_id", "revision"], unique=True
    )
    op.create_index("ix_placement_step_students", "placement_step", ["students"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_table("placement_step")
