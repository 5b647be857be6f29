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
    # From now on the portal is told who is in a project; of who is in one already it knows nothing yet.
    op.execute(
        "INSERT INTO outbox (message_id, type, body, correlation_id) "
        "SELECT gen_random_uuid(), 'desktop.student.listed.v1', jsonb_build_object("
        "'student', student.code, 'project', project.id, 'school', project.school_id, "
        "'school_year', project.school_year, 'branch', student.branch_id, "
        "'revision', project.revision, 'present', true), 'migration-0002' "
        "FROM student JOIN project ON project.id = student.project_id"
    )


def downgrade() -> None:
    op.drop_column("departure_work", "awaits")
