"""What stays of an enrolment that ended."""

from datetime import date, datetime
from typing import Self

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import PortalBase
from portal.models.student import Enrolment
from shared.contracts.ids import (
    BranchId,
    DepartmentId,
    DepartureId,
    EnrolmentId,
    GroupId,
    ProjectId,
    SchoolId,
    StudentCode,
)
from shared.contracts.values import DepartureReason


class EndedEnrolment(PortalBase):
    """A student was in this department until `left_on`: his enrolment history.

    Who never came leaves none (domain.md story 1), and an undo takes it back. Without `reason` the enrolment
    was deleted by itself.
    """

    __tablename__ = "ended_enrolment"
    __table_args__ = (Index("ix_ended_enrolment_student_code", "student_code"),)

    id: Mapped[EnrolmentId] = mapped_column(primary_key=True, autoincrement=False)
    student_code: Mapped[StudentCode] = mapped_column(ForeignKey("student.code"))
    school_id: Mapped[SchoolId]
    project_id: Mapped[ProjectId]
    school_year: Mapped[int]
    branch_id: Mapped[BranchId]
    department_id: Mapped[DepartmentId]
    home_class_id: Mapped[GroupId | None]
    enrolled_at: Mapped[datetime]
    left_on: Mapped[date]
    reason: Mapped[DepartureReason | None]
    departure_id: Mapped[DepartureId | None]

    @classmethod
    def of(
        cls,
        enrolment: Enrolment,
        left_on: date,
        reason: DepartureReason | None = None,
        departure: DepartureId | None = None,
    ) -> Self:
        """What to remember of an enrolment that is about to go."""
        return cls(
            id=enrolment.id,
            student_code=enrolment.student_code,
            school_id=enrolment.school_id,
            project_id=enrolment.project_id,
            school_year=enrolment.school_year,
            branch_id=enrolment.branch_id,
            department_id=enrolment.department_id,
            home_class_id=enrolment.home_class_id,
            enrolled_at=enrolment.created_at,
            left_on=left_on,
            reason=reason,
            departure_id=departure,
        )
