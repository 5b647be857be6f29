"""Copy and project beside each other: what of each student's groups is only here, only there, or in both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.contracts.copies import Seating
from shared.contracts.ids import DepartmentId, EnrolmentId, GroupId, StudentCode
from shared.contracts.values import Authority


class CellState(StrEnum):
    """Who has a student in a group."""

    EQUAL = "equal"
    DESKTOP = "desktop"
    PORTAL = "portal"


class Incomparable(StrEnum):
    """Why a student cannot be compared: the data check (gegevenscontrole) comes first."""

    LEFT = "left"
    NEW = "new"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Cell:
    """A student in a home class or a cluster group of the portal."""

    group: GroupId
    is_home_class: bool
    state: CellState


@dataclass(frozen=True, slots=True)
class ComparedDepartment:
    id: DepartmentId
    code: str
    led_by: Authority

    @property
    def takes_home_classes(self) -> bool:
        """Whether home classes go up from here."""
        return self.led_by is Authority.DESKTOP


@dataclass(frozen=True, slots=True)
class ComparedStudent:
    """`portal` is all that the copy has; `known` are those of its cluster groups that are lesson groups here.

    What is none here is the portal's own, and stays as it is.
    """

    student: StudentCode
    enrolment: EnrolmentId
    department: ComparedDepartment
    portal: Seating
    home_class: GroupId | None
    groups: frozenset[GroupId]
    known: frozenset[GroupId]

    def cells(self) -> Iterator[Cell]:
        """The home class first."""
        here = {self.home_class} - {None}
        there = {self.portal.home_class} - {None}
        for group in sorted(one for one in here | there if one is not None):
            yield Cell(group, is_home_class=True, state=_state(group in here, group in there))
        theirs = self.known.intersection(self.portal.groups)
        for group in sorted(self.groups | theirs):
            yield Cell(group, is_home_class=False, state=_state(group in self.groups, group in theirs))

    def wanted(self, before: Seating) -> Seating:
        """What an upload asks where the portal has `before`."""
        home_class = self.home_class if self.department.takes_home_classes else before.home_class
        own = set(before.groups) - self.known
        return Seating(home_class=home_class, groups=sorted(self.groups | own))


@dataclass(frozen=True, slots=True)
class Comparison:
    departments: Mapping[DepartmentId, ComparedDepartment]
    students: Mapping[StudentCode, ComparedStudent]
    incomparable: Mapping[StudentCode, tuple[DepartmentId, Incomparable]]

    def counts(self) -> dict[DepartmentId, dict[CellState, int]]:
        """Cells of each department, by state."""
        counts = {one: dict.fromkeys(CellState, 0) for one in self.departments}
        for student in self.students.values():
            for cell in student.cells():
                counts[student.department.id][cell.state] += 1
        return counts


def _state(is_here: bool, is_there: bool) -> CellState:  # noqa: FBT001 - the two sides
    if is_here and is_there:
        return CellState.EQUAL
    return CellState.DESKTOP if is_here else CellState.PORTAL
