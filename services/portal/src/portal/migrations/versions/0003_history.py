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


def downgrade() -> None:
    op.drop_column("departure", "guardians")
