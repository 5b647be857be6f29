"""Students and their enrolments. A prognosis is an enrolment of a later school year: never stored as such."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Identity, Index, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import PortalBase
from shared.contracts.facts import PlacedEnrolment
from shared.contracts.ids import (
    BranchId,
    DepartmentId,
    EnrolmentId,
    GroupId,
    ProjectId,
    SchoolId,
    StudentCode,
    SubjectId,
    UserCode,
)
from shared.contracts.values import EnrolmentKind, UserKind


class Student(PortalBase):
    """A student code the portal has seen, with the version that orders all that is said of his placement.

    School and branch are those of his latest enrolment; a leaver keeps them, or his office could not find
    him.
    """

    __tablename__ = "student"
    __table_args__ = (Index("ix_student_branch", "branch_id"),)

    code: Mapped[StudentCode] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    school_id: Mapped[SchoolId] = mapped_column(ForeignKey("school.id"))
    branch_id: Mapped[BranchId] = mapped_column(ForeignKey("branch.id"))

    def settle(self, enrolments: Sequence["Enrolment"]) -> None:
        """He is where he is enrolled, earliest year first; with nothing left he keeps his last place."""
        places = [(enrolment.school_id, enrolment.branch_id) for enrolment in enrolments]
        if places and (self.school_id, self.branch_id) not in places:
            self.school_id, self.branch_id = places[0]

    def follow(
        self, old: "Enrolment", new: "Enrolment", enrolments: Sequence["Enrolment"], school_year: int
    ) -> None:
        """Where his enrolment of this year goes, he goes, even if a prognosis stays where he was."""
        is_home = (self.school_id, self.branch_id) == (old.school_id, old.branch_id)
        if is_home and new.kind_in(school_year) is EnrolmentKind.ENROLMENT:
            self.settle([new])
        else:
            self.settle(enrolments)


class Person(PortalBase):
    """A copy of a person's names, for search and lists; `users` is the only writer of the original."""

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_sort", "sort_key", "user"),)

    user: Mapped[UserCode] = mapped_column(primary_key=True)
    kind: Mapped[UserKind]
    version: Mapped[int]
    given_name: Mapped[str]
    prefix: Mapped[str]
    family_name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(Text(collation="C"))
    search_key: Mapped[str]


class Enrolment(PortalBase):
    """A student in a department (afdelingsdeelname); memberships and choice package hang on it.

    Its department never changes: a department change replaces it. The school year stands here too, since
    every rule asks it.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("student_code", "department_id"),
        ForeignKeyConstraint(["home_class_id", "department_id"], ["group.id", "group.department_id"]),
        Index("ix_enrolment_department", "department_id"),
        Index("ix_enrolment_project", "project_id", "branch_id"),
        Index("ix_enrolment_home_class", "home_class_id"),
        Index("uq_enrolment_id_department", "id", "department_id", unique=True),
    )

    id: Mapped[EnrolmentId] = mapped_column(Identity(), primary_key=True)
    student_code: Mapped[StudentCode] = mapped_column(ForeignKey("student.code"))
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    school_id: Mapped[SchoolId] = mapped_column(ForeignKey("school.id"))
    school_year: Mapped[int]
    branch_id: Mapped[BranchId] = mapped_column(ForeignKey("branch.id"))
    department_id: Mapped[DepartmentId] = mapped_column(ForeignKey("department.id"))
    home_class_id: Mapped[GroupId | None]
    profile: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    memberships: Mapped[list["GroupMembership"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", passive_deletes=True
    )
    choices: Mapped[list["Choice"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", passive_deletes=True
    )

    def kind_in(self, school_year: int) -> EnrolmentKind:
        """What it is, seen from a school year (names.md "Dates")."""
        if self.school_year == school_year:
            return EnrolmentKind.ENROLMENT
        return EnrolmentKind.PROGNOSIS if self.school_year > school_year else EnrolmentKind.PAST

    @property
    def group_ids(self) -> list[GroupId]:
        return sorted(membership.group_id for membership in self.memberships)

    @property
    def subject_ids(self) -> list[SubjectId]:
        return sorted(choice.subject_id for choice in self.choices)

    def placed(self) -> PlacedEnrolment:
        """As the fact `StudentPlaced` says it."""
        return PlacedEnrolment(
            id=self.id,
            project=self.project_id,
            school=self.school_id,
            school_year=self.school_year,
            branch=self.branch_id,
            department=self.department_id,
            home_class=self.home_class_id,
            groups=self.group_ids,
        )

    def memory(self) -> dict[str, Any]:
        """All that is needed to bring it back under the same id: ids and codes, no names."""
        return self.placed().model_dump() | {
            "profile": self.profile,
            "choices": self.subject_ids,
            "created_at": self.created_at.isoformat(),
        }


class GroupMembership(PortalBase):
    """An enrolment in a cluster group (groepsdeelname) of its own department."""

    __tablename__ = "group_membership"
    __table_args__ = (
        ForeignKeyConstraint(
            ["enrolment_id", "department_id"], ["enrolment.id", "enrolment.department_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["group_id", "department_id"], ["group.id", "group.department_id"]),
        Index("ix_group_membership_group", "group_id"),
    )

    enrolment_id: Mapped[EnrolmentId] = mapped_column(primary_key=True)
    group_id: Mapped[GroupId] = mapped_column(primary_key=True)
    department_id: Mapped[DepartmentId]


class Choice(PortalBase):
    """A subject of the choice package (keuzepakket) of an enrolment."""

    __tablename__ = "choice"
    __table_args__ = (Index("ix_choice_subject", "subject_id"),)

    enrolment_id: Mapped[EnrolmentId] = mapped_column(
        ForeignKey("enrolment.id", ondelete="CASCADE"), primary_key=True
    )
    subject_id: Mapped[SubjectId] = mapped_column(ForeignKey("subject.id"), primary_key=True)
