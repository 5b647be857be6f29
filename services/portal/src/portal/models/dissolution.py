"""What goes when a part of the structure is dissolved, and what students lose by it."""

from dataclasses import dataclass
from enum import StrEnum

from shared.contracts.ids import (
    BranchId,
    DepartmentId,
    EnrolmentId,
    GroupId,
    SchoolId,
    StudentCode,
    SubjectId,
)


class Loses(StrEnum):
    HOME_CLASS = "home_class"
    MEMBERSHIP = "membership"
    CHOICE = "choice"
    ENROLMENT = "enrolment"
    """Which nobody loses by a change of the structure: he is taken out of the department first."""


@dataclass(frozen=True, slots=True)
class Dissolution:
    """These rows go together."""

    groups: frozenset[GroupId] = frozenset()
    subjects: frozenset[SubjectId] = frozenset()
    department: DepartmentId | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that one enrolment loses, and where: the group or subject with this id and code."""

    student: StudentCode
    enrolment: EnrolmentId
    school_id: SchoolId
    branch_id: BranchId
    loses: Loses
    code: str
    id: int
