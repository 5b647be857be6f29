"""School ─ project ─ branch in project ─ department ─ groups and subjects (domain.md "Structure")."""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import PortalBase
from shared.contracts.ids import BranchId, DepartmentId, GroupId, ProjectId, SchoolId, SubjectId, UserCode
from shared.contracts.values import Authority
from shared.database.base import word


class Versioned:
    """What is changed by hand, as it was seen: each change raises its version."""

    version: Mapped[int] = mapped_column(default=1)

    def bring(self, wanted: Mapping[str, object]) -> list[str]:
        """Bring it to these values; returns the names of what was otherwise."""
        changed = [name for name, value in wanted.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, wanted[name])
        if changed:
            self.version += 1
        return changed


class School(PortalBase):
    """A school of the school group."""

    __tablename__ = "school"

    id: Mapped[SchoolId] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Branch(PortalBase):
    """A location (vestiging) across the years: rights name this one, not its part in a project."""

    __tablename__ = "branch"
    __table_args__ = (UniqueConstraint("school_id", "code"),)

    id: Mapped[BranchId] = mapped_column(Identity(), primary_key=True)
    school_id: Mapped[SchoolId] = mapped_column(ForeignKey("school.id"))
    code: Mapped[str]
    name: Mapped[str]


class Project(PortalBase):
    """One school in one school year (roosterproject); 2026 is 2026-2027."""

    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("school_id", "school_year"),)

    id: Mapped[ProjectId] = mapped_column(Identity(), primary_key=True)
    school_id: Mapped[SchoolId] = mapped_column(ForeignKey("school.id"))
    school_year: Mapped[int]
    name: Mapped[str]


class BranchInProject(PortalBase):
    """A branch takes part in a project."""

    __tablename__ = "branch_in_project"
    __table_args__ = (UniqueConstraint("project_id", "branch_id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    branch_id: Mapped[BranchId] = mapped_column(ForeignKey("branch.id"))


class Department(Versioned, PortalBase):
    """A year and level, such as H4, of one branch in one project; says who leads its home classes."""

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("project_id", "branch_id", "code"),)

    id: Mapped[DepartmentId] = mapped_column(Identity(), primary_key=True)
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    branch_id: Mapped[BranchId] = mapped_column(ForeignKey("branch.id"))
    code: Mapped[str]
    name: Mapped[str]
    home_class_authority: Mapped[Authority]


class Group(Versioned, PortalBase):
    """A home class (stamklas) or a cluster group (clustergroep) of one department."""

    __tablename__ = "group"
    __table_args__ = (
        UniqueConstraint("department_id", "code"),
        # The targets of the enrolment's foreign keys: a group of another department cannot be joined.
        Index("uq_group_id_department", "id", "department_id", unique=True),
    )

    id: Mapped[GroupId] = mapped_column(Identity(), primary_key=True)
    department_id: Mapped[DepartmentId] = mapped_column(ForeignKey("department.id"))
    code: Mapped[str]
    name: Mapped[str]
    is_home_class: Mapped[bool]
    subject_code: Mapped[str | None]
    soft_max: Mapped[int | None]
    hard_max: Mapped[int | None]


class StaffRole(StrEnum):
    MENTOR = "mentor"
    TEACHER = "teacher"


class GroupStaff(PortalBase):
    """Who mentors a home class or teaches a cluster group: codes of colleagues, whom users knows."""

    __tablename__ = "group_staff"

    group_id: Mapped[GroupId] = mapped_column(ForeignKey("group.id", ondelete="CASCADE"), primary_key=True)
    user: Mapped[UserCode] = mapped_column(primary_key=True)
    role: Mapped[StaffRole] = mapped_column(word(StaffRole), primary_key=True)


class Subject(Versioned, PortalBase):
    """A subject that a department offers."""

    __tablename__ = "subject"
    __table_args__ = (UniqueConstraint("department_id", "code"),)

    id: Mapped[SubjectId] = mapped_column(Identity(), primary_key=True)
    department_id: Mapped[DepartmentId] = mapped_column(ForeignKey("department.id"))
    code: Mapped[str]
    name: Mapped[str]
    is_choosable: Mapped[bool]
