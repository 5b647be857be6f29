"""What an import is given, and whether it agrees with itself: each contradiction with its place."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.errors import ImportRefused
from portal.features.structure_import import DepartmentGiven, GroupGiven, PlaceGiven, SubjectGiven
from shared.contracts.ids import StudentCode

Problem = dict[str, str]


@dataclass(frozen=True, slots=True)
class StudentGiven:
    """Codes as in the file; groups are cluster groups, choices the subjects of the package."""

    code: StudentCode
    department: str
    home_class: str | None
    groups: Sequence[str]
    choices: Sequence[str]
    profile: str | None


@dataclass(frozen=True, slots=True)
class ProjectGiven:
    place: PlaceGiven
    departments: Sequence[DepartmentGiven]
    subjects: Sequence[SubjectGiven]
    groups: Sequence[GroupGiven]
    students: Sequence[StudentGiven]


def refuse_contradictions(given: ProjectGiven) -> None:
    """Raises ImportRefused."""
    problems = [*_in_structure(given), *_in_students(given)]
    if problems:
        raise ImportRefused(problems=problems)


def _in_structure(given: ProjectGiven) -> Iterator[Problem]:
    departments = {department.code for department in given.departments}
    named = [(f"subjects[{index}]", part.department) for index, part in enumerate(given.subjects)]
    named += [(f"groups[{index}]", part.department) for index, part in enumerate(given.groups)]
    for place, department in named:
        if department not in departments:
            yield _problem(f"{place}.department", "unknown_department", department)


def _in_students(given: ProjectGiven) -> Iterator[Problem]:
    departments = {department.code for department in given.departments}
    known = {
        "home_class": {(g.department, g.code) for g in given.groups if g.is_home_class},
        "group": {(g.department, g.code) for g in given.groups if not g.is_home_class},
        "subject": {(s.department, s.code) for s in given.subjects},
    }
    times = Counter(student.code for student in given.students)
    for index, student in enumerate(given.students):
        place = f"students[{index}]"
        if times[student.code] > 1:
            yield _problem(place, "student_twice", student.code)
        if student.department not in departments:
            yield _problem(f"{place}.department", "unknown_department", student.department)
            continue
        wanted = [("home_class", "home_class", code) for code in (student.home_class,) if code is not None]
        wanted += [("groups", "group", code) for code in student.groups]
        wanted += [("choices", "subject", code) for code in student.choices]
        for field, kind, code in wanted:
            if (student.department, code) not in known[kind]:
                yield _problem(f"{place}.{field}", f"unknown_{kind}", code)


def _problem(place: str, code: str, identity: str) -> Problem:
    return {"place": place, "code": code, "id": identity}
