from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from desktop_sync.models.base import Base
from shared.clock import now
from shared.contracts.copies import BroughtRow, Seating
from shared.contracts.ids import DepartmentId, EnrolmentId, ProjectId, StudentCode, UserCode
from shared.contracts.values import UploadResult
from shared.database.base import word

PATIENCE: Final = timedelta(minutes=10)
"""An upload of which nothing was heard for so long does not hold up the next one."""


class UploadState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Upload(Base):
    """One upload of placements of some departments; the portal answers it part by part.

    running ── each part answered ──> done
        │   ── a part lies parked at the portal, or silence and another upload ──> failed
    What a late answer says of its rows counts all the same: the portal did it.
    """

    __tablename__ = "upload"
    __table_args__ = (
        Index("ix_upload_project_id", "project_id"),
        Index("uq_upload_running", "project_id", unique=True, postgresql_where=text("state = 'running'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    state: Mapped[UploadState] = mapped_column(word(UploadState))
    departments: Mapped[list[DepartmentId]] = mapped_column(ARRAY(BigInteger))
    open_parts: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    version: Mapped[int]
    started_by: Mapped[UserCode]
    started_at: Mapped[datetime]
    heard_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    error: Mapped[str | None]

    @property
    def is_silent(self) -> bool:
        return self.state is UploadState.RUNNING and now() - self.heard_at > PATIENCE

    def hear(self, part: int) -> bool:
        """The portal answered a part; whether that is news."""
        if part not in self.open_parts:
            return False
        self.open_parts = [one for one in self.open_parts if one != part]
        self.heard_at = now()
        self.version += 1
        if not self.open_parts:
            self.state, self.ended_at, self.error = UploadState.DONE, self.heard_at, None
        return True

    def fail(self, error: str) -> None:
        """Nothing more is expected of it; an upload that is over stays as it was."""
        if self.state is UploadState.RUNNING:
            self.state, self.ended_at, self.error = UploadState.FAILED, now(), error
            self.version += 1


class UploadedRow(Base):
    """A student in an upload: what was asked, and what the portal said; nothing said yet: no `result`."""

    __tablename__ = "uploaded_row"
    __table_args__ = (Index("ix_uploaded_row_student_code", "student_code"),)

    upload_id: Mapped[UUID] = mapped_column(ForeignKey("upload.id"), primary_key=True)
    student_code: Mapped[StudentCode] = mapped_column(primary_key=True)
    part: Mapped[int]
    enrolment_id: Mapped[EnrolmentId]
    department_id: Mapped[DepartmentId]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)
    result: Mapped[UploadResult | None]
    code: Mapped[str | None]
    now: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    at: Mapped[datetime | None]
    """When the portal said so."""

    @property
    def portal_has(self) -> Seating | None:
        """What the portal had when it answered."""
        return None if self.now is None else Seating.model_validate(self.now)

    @property
    def settles(self) -> bool:
        """Whether the desktop and the portal agree on him."""
        return self.result in {UploadResult.APPLIED, UploadResult.EQUAL}

    def answered(self, row: BroughtRow, at: datetime) -> None:
        """What became of it."""
        self.result, self.code, self.at = row.result, row.code, at
        self.now = None if row.now is None else row.now.model_dump(mode="json")


def parts_of(rows: Sequence[UploadedRow]) -> dict[int, list[UploadedRow]]:
    """Rows by the part they travel in."""
    parts: dict[int, list[UploadedRow]] = {}
    for row in rows:
        parts.setdefault(row.part, []).append(row)
    return parts
