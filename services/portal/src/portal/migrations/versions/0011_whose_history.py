"""school and branch of each entry of the history; who took a departure back

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

PLACES = """
UPDATE history_entry SET school_id = known.school_id, branch_id = known.branch_id
FROM (
    SELECT entry.id,
        coalesce(enrolment.school_id, ended.school_id, departure.school_id, student.school_id) AS school_id,
        coalesce(enrolment.branch_id, ended.branch_id, departure.branch_id, student.branch_id) AS branch_id
    FROM history_entry AS entry
    JOIN student ON student.code = entry.student_code
    LEFT JOIN enrolment ON enrolment.id = entry.enrolment_id
    LEFT JOIN ended_enrolment AS ended ON ended.id = entry.enrolment_id
    LEFT JOIN departure ON departure.id::text = entry.after ->> 'departure'
) AS known
WHERE known.id = history_entry.id
"""

_TAKEN_BACK = """
UPDATE departure SET taken_back_by = entry.actor
FROM history_entry AS entry
WHERE entry.what = 'departure' AND entry.after ->> 'state' IN ('undoing', 'cancelled')
    AND entry.after ->> 'departure' = departure.id::text
"""


def upgrade() -> None:
    op.add_column("history_entry", sa.Column("school_id", sa.BigInteger()))
    op.add_column("history_entry", sa.Column("branch_id", sa.BigInteger()))
    op.execute(PLACES)
    op.add_column("departure", sa.Column("taken_back_by", sa.Text()))
    op.execute(_TAKEN_BACK)


def downgrade() -> None:
    op.drop_column("departure", "taken_back_by")
    for column in ("branch_id", "school_id"):
        op.drop_column("history_entry", column)
