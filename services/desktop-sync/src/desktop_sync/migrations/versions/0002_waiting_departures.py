"""departures that wait in the data check

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
    op.add_column(
        "departure_work",
        sa.Column("awaits", postgresql.ARRAY(sa.BigInteger()), nullable=False, server_default="{}"),
    )
    op.alter_column("departure_work", "awaits", server_default=None)


def downgrade() -> None:
    op.drop_column("departure_work", "awaits")
