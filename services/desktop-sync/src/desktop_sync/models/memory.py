"""What a deletion took out, by codes and ids, never a name: enough to put the very same back."""

from collections.abc import Iterable
from typing import Self

from pydantic import BaseModel, ConfigDict

from desktop_sync.models.lesson_group import LessonGroupId
from shared.contracts.ids import BranchId, DepartmentId, EnrolmentId, GroupId, ProjectId, SchoolId


class Piece(BaseModel):
    model_config = ConfigDict(frozen=True)

    project: ProjectId


class RemovedStudent(Piece):
    """The student's row in a project."""

    school: SchoolId
    branch: BranchId
    department: DepartmentId
    home_class: GroupId | None


class RemovedPlacement(Piece):
    subject: str
    group: LessonGroupId | None


class RemovedEnrolment(Piece):
    """An enrolment of the copy, with its memberships and choice package."""

    id: EnrolmentId
    school: SchoolId
    branch: BranchId
    department: DepartmentId
    home_class: GroupId | None
    groups: list[GroupId]
    choices: list[str]


class Memory(BaseModel):
    """All that was taken out of one student."""

    students: list[RemovedStudent] = []
    placements: list[RemovedPlacement] = []
    enrolments: list[RemovedEnrolment] = []

    @property
    def projects(self) -> list[ProjectId]:
        """The projects he was deleted from."""
        return sorted({student.project for student in self.students})

    @property
    def is_empty(self) -> bool:
        return not (self.students or self.placements or self.enrolments)

    @classmethod
    def of(cls, memories: Iterable[Self]) -> Self:
        """Several memories of one student as one."""
        together = cls()
        for memory in memories:
            together.students += memory.students
            together.placements += memory.placements
            together.enrolments += memory.enrolments
        return together
