from typing import NewType

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desktop_sync.models.base import Base
from shared.contracts.ids import BranchId, DepartmentId, GroupId, ProjectId

LessonGroupId = NewType("LessonGroupId", int)


class Subject(Base):
    """A subject of a project."""

    __tablename__ = "subject"

    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class HomeClass(Base):
    """A home class in the timetable; the id is that of the portal's group."""

    __tablename__ = "home_class"
    __table_args__ = (
        UniqueConstraint("project_id", "id"),
        Index("ix_home_class_project_id_department_id", "project_id", "department_id"),
    )

    id: Mapped[GroupId] = mapped_column(primary_key=True, autoincrement=False)
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    branch_id: Mapped[BranchId]
    department_id: Mapped[DepartmentId]
    code: Mapped[str]
    soft_max: Mapped[int]
    hard_max: Mapped[int]


class LessonGroup(Base):
    """Students who have a subject together. Its size is counted from the placements, never stored.

    With a `home_class_id` it is bound: it follows that class, and the portal does not know it. Without one it
    is a cluster group, in the portal a group of each of its departments.
    """

    __tablename__ = "lesson_group"
    __table_args__ = (
        UniqueConstraint("project_id", "branch_id", "code"),
        UniqueConstraint("project_id", "id"),
        ForeignKeyConstraint(["project_id", "subject_code"], ["subject.project_id", "subject.code"]),
        ForeignKeyConstraint(["project_id", "home_class_id"], ["home_class.project_id", "home_class.id"]),
        Index("ix_lesson_group_project_id_subject_code", "project_id", "subject_code"),
        Index("ix_lesson_group_home_class_id", "home_class_id"),
    )

    id: Mapped[LessonGroupId] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    branch_id: Mapped[BranchId]
    code: Mapped[str]
    name: Mapped[str | None]
    subject_code: Mapped[str]
    home_class_id: Mapped[GroupId | None]
    soft_max: Mapped[int]
    hard_max: Mapped[int]


class LessonGroupDepartment(Base):
    """A department whose students may be in the lesson group, and what the group is there in the portal."""

    __tablename__ = "lesson_group_department"
    __table_args__ = (Index("ix_lesson_group_department_department_id", "department_id"),)

    lesson_group_id: Mapped[LessonGroupId] = mapped_column(
        BigInteger, ForeignKey("lesson_group.id"), primary_key=True
    )
    department_id: Mapped[DepartmentId] = mapped_column(primary_key=True, autoincrement=False)
    portal_group_id: Mapped[GroupId | None]
