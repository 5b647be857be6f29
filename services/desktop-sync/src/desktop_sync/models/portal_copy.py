"""The copy of the portal, as of `BranchInProject.copy_taken_at`; ids are the portal's."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from desktop_sync.models.base import Base
from shared.contracts.ids import (
    BranchId,
    DepartmentId,
    EnrolmentId,
    GroupId,
    ProjectId,
    SchoolId,
    StudentCode,
)
from shared.contracts.values import Authority


class CopyDepartment(Base):
    """A department of a branch in a project, and which side leads its home classes."""

    __tablename__ = "copy_department"
    __table_args__ = (Index("ix_copy_department_project_id", "project_id"),)

    id: Mapped[DepartmentId] = mapped_column(primary_key=True, autoincrement=False)
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    branch_id: Mapped[BranchId]
    code: Mapped[str]
    name: Mapped[str]
    home_class_authority: Mapped[Authority]
    version: Mapped[int] = mapped_column(server_default=text("0"))
    """The portal's: the newest word on who leads the home classes wins."""


class CopyGroup(Base):
    """A home class or cluster group of the portal."""

    __tablename__ = "copy_group"
    __table_args__ = (Index("ix_copy_group_department_id", "department_id"),)

    id: Mapped[GroupId] = mapped_column(primary_key=True, autoincrement=False)
    department_id: Mapped[DepartmentId] = mapped_column(ForeignKey("copy_department.id"))
    code: Mapped[str]
    name: Mapped[str | None]
    is_home_class: Mapped[bool]
    subject_code: Mapped[str | None]
    soft_max: Mapped[int | None]
    hard_max: Mapped[int | None]


class CopySubject(Base):
    """A subject that a department offers."""

    __tablename__ = "copy_subject"

    department_id: Mapped[DepartmentId] = mapped_column(ForeignKey("copy_department.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    is_choosable: Mapped[bool]


class CopyEnrolment(Base):
    """An enrolment (afdelingsdeelname) as the portal had it."""

    __tablename__ = "copy_enrolment"
    __table_args__ = (
        Index("ix_copy_enrolment_student_code", "student_code"),
        Index("ix_copy_enrolment_project_id_department_id", "project_id", "department_id"),
    )

    id: Mapped[EnrolmentId] = mapped_column(primary_key=True, autoincrement=False)
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    student_code: Mapped[StudentCode]
    school_id: Mapped[SchoolId]
    branch_id: Mapped[BranchId]
    department_id: Mapped[DepartmentId] = mapped_column(ForeignKey("copy_department.id"))
    home_class_id: Mapped[GroupId | None] = mapped_column(ForeignKey("copy_group.id"))


class CopyMembership(Base):
    """A group membership; it hangs on the enrolment."""

    __tablename__ = "copy_membership"
    __table_args__ = (Index("ix_copy_membership_group_id", "group_id"),)

    enrolment_id: Mapped[EnrolmentId] = mapped_column(ForeignKey("copy_enrolment.id"), primary_key=True)
    group_id: Mapped[GroupId] = mapped_column(ForeignKey("copy_group.id"), primary_key=True)


class CopyChoice(Base):
    """A subject of the choice package of an enrolment."""

    __tablename__ = "copy_choice"

    enrolment_id: Mapped[EnrolmentId] = mapped_column(ForeignKey("copy_enrolment.id"), primary_key=True)
    subject_code: Mapped[str] = mapped_column(primary_key=True)


class CopyClearing(Base):
    """A ghost that was cleared: a snapshot that is not newer than this does not bring him back."""

    __tablename__ = "copy_clearing"

    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"), primary_key=True)
    student_code: Mapped[StudentCode] = mapped_column(primary_key=True)
    as_of: Mapped[datetime]
