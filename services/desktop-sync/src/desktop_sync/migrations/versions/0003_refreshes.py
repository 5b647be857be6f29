"""refreshes of the copy

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "copy_department", sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column("copy_group", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("copy_group", sa.Column("soft_max", sa.Integer(), nullable=True))
    op.add_column("copy_group", sa.Column("hard_max", sa.Integer(), nullable=True))
    op.create_table(
        "copy_subject",
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_choosable", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["copy_department.id"], name=op.f("fk_copy_subject_department_id")
        ),
        sa.PrimaryKeyConstraint("department_id", "code", name=op.f("pk_copy_subject")),
    )
    op.create_table(
        "refresh",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("open", "refresh", name="refreshkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("asked", "done", "failed", name="refreshstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("portal_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("users_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parts_arrived", sa.Integer(), nullable=False),
        sa.Column("parts_of", sa.Integer(), nullable=True),
        sa.Column("people", postgresql.JSONB(), nullable=False),
        sa.Column("copy_taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_refresh_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh")),
    )
    op.create_index(
        "uq_refresh_asked",
        "refresh",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "snapshot_part",
        sa.Column("refresh_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["refresh_id"], ["refresh.id"], name=op.f("fk_snapshot_part_refresh_id")),
        sa.PrimaryKeyConstraint("refresh_id", "part", name=op.f("pk_snapshot_part")),
    )
    op.create_table(
        "copy_clearing",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("student_code", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_copy_clearing_project_id")),
        sa.PrimaryKeyConstraint("project_id", "student_code", name=op.f("pk_copy_clearing")),
    )


def downgrade() -> None:
    op.drop_table("copy_clearing")
    op.drop_table("snapshot_part")
    op.drop_table("refresh")
    op.drop_table("copy_subject")
    op.drop_column("copy_group", "hard_max")
    op.drop_column("copy_group", "soft_max")
    op.drop_column("copy_group", "name")
    op.drop_column("copy_department", "version")
