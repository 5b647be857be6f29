from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from desktop_sync.models.base import Base
from desktop_sync.models.lesson_group import LessonGroupId
from shared.contracts.ids import BranchId, DepartmentId, GroupId, ProjectId, SchoolId, StudentCode


class Student(Base):
    """A student in a timetable project."""

    __tablename__ = "student"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "home_class_id"], ["home_class.project_id", "home_class.id"]),
        Index("ix_student_code", "code"),
        Index("ix_student_project_id_department_id", "project_id", "department_id"),
        Index("ix_student_home_class_id", "home_class_id"),
    )

    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"), primary_key=True)
    code: Mapped[StudentCode] = mapped_column(primary_key=True)
    school_id: Mapped[SchoolId]
    branch_id: Mapped[BranchId]
    department_id: Mapped[DepartmentId]
    home_class_id: Mapped[GroupId | None]


class Placement(Base):
    """A subject a student has, and the lesson group in which he has it; None: not placed yet."""

    __tablename__ = "placement"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "student_code"], ["student.project_id", "student.code"]),
        ForeignKeyConstraint(["project_id", "subject_code"], ["subject.project_id", "subject.code"]),
        ForeignKeyConstraint(
            ["project_id", "lesson_group_id"], ["lesson_group.project_id", "lesson_group.id"]
        ),
        Index("ix_placement_lesson_group_id", "lesson_group_id"),
    )

    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    student_code: Mapped[StudentCode] = mapped_column(primary_key=True)
    subject_code: Mapped[str] = mapped_column(primary_key=True)
    lesson_group_id: Mapped[LessonGroupId | None] = mapped_column(BigInteger)
