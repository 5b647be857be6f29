"""What an import brings: one branch of one project, the portal's answer and the file's timetable together.

Things of the portal are named by its ids; subjects, lesson groups and slots as the file names them.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field

from desktop_sync.models.timetable import CycleWeek
from shared.contracts.ids import (
    AStudentCode,
    BranchId,
    DepartmentId,
    EnrolmentId,
    GroupId,
    ProjectId,
    SchoolId,
    StudentCode,
)
from shared.contracts.values import Authority
from shared.runtime.input import OF_ID, SPELLED, Input, ShortText

Code = Annotated[ShortText, Field(min_length=1)]
Seats = Annotated[int, Field(ge=0, le=10_000)]


class ImportedProject(Input):
    id: Annotated[ProjectId, OF_ID]
    school: Annotated[SchoolId, OF_ID]
    school_year: Annotated[int, Field(ge=1900, le=2200)]
    name: Code


class ImportedDepartment(Input):
    id: Annotated[DepartmentId, OF_ID]
    code: Code
    name: ShortText
    home_class_authority: Authority


class ImportedHomeClass(Input):
    id: Annotated[GroupId, OF_ID]
    code: Code
    department: Annotated[DepartmentId, OF_ID]
    soft_max: Seats
    hard_max: Seats


class ImportedGroup(Input):
    """A lesson group; `lessons` are places in the list of slots, None for one without a slot.

    A cluster group is in the portal a group of each of its departments.
    """

    code: Code
    name: ShortText | None = None
    departments: Annotated[list[Annotated[DepartmentId, OF_ID]], Field(min_length=1, max_length=100)]
    portal_groups: Annotated[dict[DepartmentId, Annotated[GroupId, OF_ID]], Field(max_length=100)]
    subject: Code
    home_class: Annotated[GroupId, OF_ID] | None = None
    soft_max: Seats
    hard_max: Seats
    lessons: Annotated[list[Annotated[int, Field(ge=0, le=10_000)] | None], Field(max_length=200)]


class ImportedSubject(Input):
    code: Code
    name: ShortText


class ImportedSlot(Input):
    day: Annotated[int, Field(ge=0, le=13)]
    period: Annotated[int, Field(ge=0, le=30)]
    week: CycleWeek | None = None


class ImportedStudent(Input):
    code: AStudentCode
    enrolment: Annotated[EnrolmentId, OF_ID]
    department: Annotated[DepartmentId, OF_ID]
    home_class: Annotated[GroupId, OF_ID] | None
    subjects: Annotated[list[Code], Field(max_length=100)]
    groups: Annotated[dict[Code, Code], Field(max_length=100)]
    """Subject to lesson group; a subject that is not in here is not placed yet."""
    choices: Annotated[list[Code], Field(max_length=100)]
    """His choice package in the portal."""
    memberships: Annotated[list[Annotated[GroupId, OF_ID]], Field(max_length=200)]


class ImportedBranch(Input):
    project: ImportedProject
    branch: Annotated[BranchId, OF_ID]
    taken_at: Annotated[AwareDatetime, SPELLED]
    """When the portal answered."""
    dry_run: bool = False
    departments: Annotated[list[ImportedDepartment], Field(max_length=500)]
    home_classes: Annotated[list[ImportedHomeClass], Field(max_length=2_000)]
    groups: Annotated[list[ImportedGroup], Field(max_length=20_000)]
    subjects: Annotated[list[ImportedSubject], Field(max_length=5_000)]
    slots: Annotated[list[ImportedSlot], Field(max_length=2_000)]
    students: Annotated[list[ImportedStudent], Field(max_length=50_000)]

    @property
    def student_codes(self) -> list[StudentCode]:
        return [student.code for student in self.students]

    def without(self, students: Collection[StudentCode]) -> Self:
        """The same import, without these students."""
        kept = [student for student in self.students if student.code not in students]
        return self.model_copy(update={"students": kept})

    def contradictions(self) -> list[str]:
        """Places that say a thing twice or speak of what is not there; codes and ids, no names."""
        return [*self._twice(), *self._unknown_to_groups(), *self._unknown_to_students()]

    def _twice(self) -> Iterator[str]:
        portal_groups = [one for group in self.groups for one in group.portal_groups.values()]
        named: dict[str, Iterable[Any]] = {
            "departments.id": [d.id for d in self.departments],
            "home_classes.id": [c.id for c in self.home_classes],
            "groups.code": [g.code for g in self.groups],
            "groups.portal_groups": [*portal_groups, *(c.id for c in self.home_classes)],
            "subjects.code": [s.code for s in self.subjects],
            "slots": [(s.week, s.day, s.period) for s in self.slots],
            "students.code": self.student_codes,
            "students.enrolment": [s.enrolment for s in self.students],
        }
        for place, keys in named.items():
            yield from (f"{place}: {key} twice" for key, times in Counter(keys).items() if times > 1)

    def _unknown_to_groups(self) -> Iterator[str]:
        for home_class in self.home_classes:
            yield from _unknown(f"home_classes {home_class.id}", [home_class.department], self._departments)
        for group in self.groups:
            place = f"groups {group.code}"
            yield from _unknown(f"{place} departments", group.departments, self._departments)
            yield from _unknown(f"{place} portal_groups", group.portal_groups, group.departments)
            yield from _unknown(f"{place} subject", [group.subject], self._subjects)
            yield from _unknown(f"{place} home_class", [group.home_class], self._home_classes)
            yield from _unknown(f"{place} lessons", group.lessons, range(len(self.slots)))

    def _unknown_to_students(self) -> Iterator[str]:
        portal_groups = self._home_classes.union(*(group.portal_groups.values() for group in self.groups))
        placeable = {(group.subject, group.code) for group in self.groups}
        for student in self.students:
            place = f"students {student.code}"
            yield from _unknown(f"{place} department", [student.department], self._departments)
            yield from _unknown(f"{place} home_class", [student.home_class], self._home_classes)
            yield from _unknown(f"{place} subjects", student.subjects, self._subjects)
            yield from _unknown(f"{place} choices", student.choices, self._subjects)
            yield from _unknown(f"{place} groups", student.groups, student.subjects)
            yield from _unknown(f"{place} groups", student.groups.items(), placeable)
            yield from _unknown(f"{place} memberships", student.memberships, portal_groups)

    @cached_property
    def _departments(self) -> set[DepartmentId]:
        return {department.id for department in self.departments}

    @cached_property
    def _home_classes(self) -> set[GroupId | None]:
        return {home_class.id for home_class in self.home_classes}

    @cached_property
    def _subjects(self) -> set[str]:
        return {subject.code for subject in self.subjects}


def _unknown(place: str, named: Iterable[Any], known: Collection[Any]) -> Iterator[str]:
    return (f"{place}: {one} unknown" for one in named if one is not None and one not in known)
