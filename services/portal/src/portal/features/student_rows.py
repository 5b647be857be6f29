"""The rows of a school's own list of students, and what is wrong with them seen from the structure here."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from portal.repositories.branch_structures import BranchStructure
from shared.contracts.ids import StudentCode


class FieldGroup(StrEnum):
    """What of an enrolment is led by the portal, or by the source of the list."""

    DEPARTMENT = "department"
    HOME_CLASS = "home_class"
    PROFILE = "profile"
    CHOICE_PACKAGE = "choice_package"


@dataclass(frozen=True, slots=True)
class StudentRow:
    """`row` as in the file; what is None the list does not tell, and it stays as it is."""

    row: int
    code: StudentCode
    department: str
    home_class: str | None = None
    profile: str | None = None
    choices: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class StudentsGiven:
    """`led` by the source; `seen` are codes of rows left out; `complete`: nobody else is in the list.

    `confirmed`: that many are gone from the list is no mistake.
    """

    school: str
    branch: str
    school_year: int
    source: str
    rows: Sequence[StudentRow]
    led: Collection[FieldGroup] = ()
    seen: Collection[StudentCode] = ()
    complete: bool = True
    confirmed: bool = False
    skip_bad_rows: bool = False


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A warning leaves something of the row out, an error the row."""

    row: int
    column: str
    code: str
    severity: str = "error"


@dataclass(slots=True)
class CheckedRows:
    good: list[StudentRow] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


def check_rows(rows: Sequence[StudentRow], structure: BranchStructure) -> CheckedRows:
    """Which rows can be taken over."""
    checked = CheckedRows()
    listed: set[StudentCode] = set()
    classes = {code for _, code in structure.home_classes}
    for row in rows:
        found = list(_problems(row, structure, classes))
        if row.code in listed:
            found.append(RowProblem(row.row, "code", "duplicate_code"))
        listed.add(row.code)
        checked.problems += found
        if not any(problem.severity == "error" for problem in found):
            checked.good.append(row)
    return checked


def _problems(row: StudentRow, structure: BranchStructure, classes: Collection[str]) -> Iterator[RowProblem]:
    department = structure.departments.get(row.department)
    if department is None:
        yield RowProblem(row.row, "department", "unknown_department")
        return
    if row.home_class is not None and (department.id, row.home_class) not in structure.home_classes:
        elsewhere = row.home_class in classes
        code = "home_class_of_other_department" if elsewhere else "unknown_home_class"
        yield RowProblem(row.row, "home_class", code)
    for choice in row.choices or ():
        subject = structure.subjects.get((department.id, choice))
        if subject is None:
            yield RowProblem(row.row, "choice_package", "unknown_subject")
        elif not subject.is_choosable:
            # It comes with the class; many lists name it all the same.
            yield RowProblem(row.row, "choice_package", "not_choosable", "warning")
