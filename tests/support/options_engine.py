"""A project file for the options engine: a department as the engine sees it, and its answers as plain values.

Ids of the file are the codes; an object's place in its list is the id. `make` is what a benchmark or a judge
of answers asks: `python tool.py --engine tests.support.options_engine:make`.
"""

from collections import Counter
from typing import Any

from desktop_sync.options.listing import list_options
from desktop_sync.options.option import Option
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import Cycle, Department, Group, HomeClass, Hour, Student
from shared.project_file import Group as FileGroup
from shared.project_file import HomeClass as FileClass
from shared.project_file import ProjectFile


def department_of(document: dict[str, Any], department: str) -> Department:
    """Of a `doorstroom-project/1` or a `group-options/1` document that is right."""
    return _department(ProjectFile.model_validate(document), department)


class OptionsEngine:
    """Answers for any student of the file."""

    def __init__(self, document: dict[str, Any]) -> None:
        file = ProjectFile.model_validate(document)
        departments = {one.id: _department(file, one.id) for one in file.departments}
        self.department_of = {student.id: departments[student.department] for student in file.students}

    def options(self, student: str, k: int = 20, max_clashes: int = 0) -> dict[str, Any]:
        department = self.department_of[student]
        listing = list_options(department, Question(student, k=k, max_clashes=max_clashes))
        return {"total": listing.total, "rows": [_row(department, option) for option in listing.rows]}


make = OptionsEngine


def _department(file: ProjectFile, department: str) -> Department:
    hours = [Hour(slot.week, slot.day, slot.period) for slot in file.slots]
    cycle = Cycle.of(hours)
    in_group = Counter(group for student in file.students for group in student.groups.values())
    in_class = Counter(student.home_class for student in file.students)
    class_ids = {one.id: at for at, one in enumerate(file.home_classes)}
    group_ids = {one.id: at for at, one in enumerate(file.groups)}

    def home_class(one: FileClass) -> HomeClass:
        return HomeClass(class_ids[one.id], one.id, in_class[one.id], one.soft_max, one.hard_max)

    def group(one: FileGroup) -> Group:
        return Group(
            id=group_ids[one.id],
            code=one.id,
            subject=one.subject,
            home_class=None if one.home_class is None else class_ids[one.home_class],
            size=in_group[one.id],
            soft_max=one.soft_max,
            hard_max=one.hard_max,
            hours=cycle.mask(hours[at] for at in one.lessons if at is not None),
            unscheduled=one.lessons.count(None),
        )

    students = [student for student in file.students if student.department == department]
    here = {group for student in students for group in student.groups.values()}
    offered = frozenset(group_ids[one.id] for one in file.groups if department in one.serves)
    return Department(
        cycle=cycle,
        classes={
            class_ids[one.id]: home_class(one) for one in file.home_classes if one.department == department
        },
        groups={
            group_ids[one.id]: group(one)
            for one in file.groups
            if one.id in here or group_ids[one.id] in offered
        },
        offered=offered,
        students={
            student.id: Student(
                student.id,
                None if student.home_class is None else class_ids[student.home_class],
                {
                    subject: group_ids[student.groups[subject]] if subject in student.groups else None
                    for subject in student.subjects
                },
            )
            for student in students
        },
    )


def _row(department: Department, option: Option) -> dict[str, Any]:
    home_class = None if option.home_class is None else department.classes[option.home_class].code
    return {
        "home_class": home_class,
        "groups": {subject: department.groups[group].code for subject, group in option.groups.items()},
        "clashes": option.clashes,
        "changes": option.changes,
        "overfull": option.overfull,
        "balance": option.balance,
        "gaps": option.idle,
    }
