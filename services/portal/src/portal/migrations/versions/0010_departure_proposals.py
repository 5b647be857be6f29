"""departures proposed by an import

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "departure_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("student_code", sa.Text(), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.Text()),
        sa.Column("departure_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departure_proposal")),
        sa.ForeignKeyConstraint(
            ["student_code"], ["student.code"], name=op.f("fk_departure_proposal_student_code")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_departure_proposal_school_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_departure_proposal_branch_id")),
        sa.ForeignKeyConstraint(
            ["departure_id"], ["departure.id"], name=op.f("fk_departure_proposal_departure_id")
        ),
    )
    op.create_index(
        "uq_departure_proposal_standing",
        "departure_proposal",
        ["student_code", "branch_id", "source"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'dismissed')"),
    )
    op.create_index("ix_departure_proposal_branch", "departure_proposal", ["branch_id", "state", "id"])


def downgrade() -> None:
    op.drop_table("departure_proposal")
