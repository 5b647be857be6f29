"""guardians, and who must be told

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

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
    op.add_column("user", sa.Column("archived_with", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("user", "archived_with")
    op.drop_index(op.f("ix_guardianship_student"), table_name="guardianship")
    op.drop_table("guardianship")
