"""taking a departure back

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
    op.add_column("departure", sa.Column("ended_at", sa.DateTime(timezone=True)))
    op.add_column("departure_step", sa.Column("sent_at", sa.DateTime(timezone=True)))
    op.add_column("departure_work", sa.Column("left_over", postgresql.JSONB()))
    op.create_index(
        "ix_departure_step_sent", "departure_step", ["sent_at"], postgresql_where=sa.text("state = 'sent'")
    )


def downgrade() -> None:
    op.drop_index("ix_departure_step_sent", table_name="departure_step")
    op.drop_column("departure_work", "left_over")
    op.drop_column("departure_step", "sent_at")
    op.drop_column("departure", "ended_at")
