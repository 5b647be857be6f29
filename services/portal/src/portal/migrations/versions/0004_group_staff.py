"""who teaches a group

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "group_staff",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["group.id"], name=op.f("fk_group_staff_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "user", "role", name=op.f("pk_group_staff")),
    )


def downgrade() -> None:
    op.drop_table("group_staff")
