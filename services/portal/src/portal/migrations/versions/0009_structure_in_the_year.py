"""versions of the structure, and how students stand in the desktop

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("desktop_presence", sa.Column("department_id", sa.BigInteger()))
    op.add_column("desktop_presence", sa.Column("home_class_id", sa.BigInteger()))
    op.add_column("desktop_presence", sa.Column("unplaced", postgresql.ARRAY(sa.Text())))
    for table in ("group", "subject"):
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        op.alter_column(table, "version", server_default=None)
    op.create_index(
        "ix_history_entry_undoes",
        "history_entry",
        ["undoes"],
        postgresql_where=sa.text("undoes IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_history_entry_undoes", "history_entry")
    for table in ("subject", "group"):
        op.drop_column(table, "version")
    for column in ("unplaced", "home_class_id", "department_id"):
        op.drop_column("desktop_presence", column)
