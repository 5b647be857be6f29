"""Which home classes there are, who is in them, and of which department they are."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.project_file.problems import Found
from shared.xhstt.archive import Instance, ResourceGroup
from shared.xhstt.instance import INSTANCE
from shared.xhstt.options import Options

_LAST_PART = re.compile(r"(?<=.)[0-9]+$|(?<=[0-9])[A-Za-z]$")


@dataclass(frozen=True, slots=True)
class Classes:
    """The department of each; and the class that a resource or a group stands for, one for one name."""

    departments: Mapping[str, str]
    of_resource: Mapping[str, str]
    of_group: Mapping[str, str]
    students: Mapping[str, str | None]
    """The class of each student, in the order of the file."""
    members: Mapping[str, Sequence[str]]
    """The students of each resource group."""


def recognise(instance: Instance, options: Options, found: Found) -> Classes:
    """Resources of the class type, and groups of students except those of everyone."""
    student_types = instance.of_type(options.student_type)
    students = [one for one in instance.resources.values() if one.type in student_types]
    members: dict[str, list[str]] = defaultdict(list)
    for student in students:
        for within in student.groups:
            members[within].append(student.id)
    class_types = instance.of_type(options.class_type)
    of_resource = {one.id: one.name for one in instance.resources.values() if one.type in class_types}
    of_group = {}
    for group in instance.groups.values():
        everyone = len(members[group.id]) == len(students)
        if group.type in student_types and _is_class(group, options, everyone=everyone):
            of_group[group.id] = group.name
    names = [*of_resource.values(), *of_group.values()]
    if not names:
        found.add((*INSTANCE, "Resources"), "no_class", "No home class was recognised: see class_prefix.")
    departments = {name: department_of(name, options.departments) for name in names}
    in_class = {one.id: _class_of(one.id, one.groups, of_group, found) for one in students}
    return Classes(departments, of_resource, of_group, in_class, members)


def department_of(name: str, departments: Sequence[str]) -> str:
    """The longest of the given codes that it begins with; else the name without its last number or letter."""
    given = [code for code in departments if code and name.startswith(code)]
    return max(given, key=len) if given else _LAST_PART.sub("", name, count=1).rstrip(" ._-") or name


def _is_class(group: ResourceGroup, options: Options, *, everyone: bool) -> bool:
    if options.class_prefix is None:
        return not everyone
    return any(name.startswith(options.class_prefix) for name in (group.id, group.name))


def _class_of(student: str, groups: Sequence[str], of_group: Mapping[str, str], found: Found) -> str | None:
    within = {of_group[group] for group in groups if group in of_group}
    if len(within) > 1:
        text = "The student is in several classes: class_prefix tells classes from other groups."
        found.add((*INSTANCE, "Resources"), "student_in_two_classes", text, student)
    return min(within, default=None)
