"""From a file's ids, which count inside the file only, to the codes people see.

A code that two things share where a service knows them by code gives way to the id.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property

from shared.project_file import ProjectFile
from shared.project_file.format import Coded, Group, Student


class Naming:
    """The codes in a file, and what is taught where."""

    def __init__(self, file: ProjectFile) -> None:
        self.file = file
        self.departments = {one.id: one.code_or_id for one in file.departments}
        self.home_classes = {one.id: one.code_or_id for one in file.home_classes}
        self.home_class_departments = {one.id: one.department for one in file.home_classes}
        self.lesson_groups = _apart(file.groups)

    @cached_property
    def cluster_groups(self) -> list[Group]:
        """The groups the portal knows too: those that are not bound to a home class."""
        return [group for group in self.file.groups if group.home_class is None]

    @cached_property
    def portal_groups(self) -> dict[str, str]:
        """Cluster groups by id; the portal knows them by department and code, among its home classes."""
        taken = Counter((one.department, one.code_or_id) for one in self.file.home_classes)
        taken.update((place, one.code_or_id) for one in self.cluster_groups for place in one.serves)
        return {
            one.id: one.id
            if any(taken[place, one.code_or_id] > 1 for place in one.serves)
            else one.code_or_id
            for one in self.cluster_groups
        }

    @cached_property
    def subjects(self) -> dict[str, str]:
        """By id; a subject may stand in the file once per department, and in old files not at all."""
        listed = {one.id: one for one in reversed(self.file.subjects or ())}
        taught = {group.subject for group in self.file.groups}
        taken = {subject for student in self.file.students for subject in student.subjects}
        return _apart(listed.values()) | {one: one for one in sorted((taught | taken) - listed.keys())}

    @cached_property
    def subject_names(self) -> dict[str, str]:
        named = {one.id: one.name for one in reversed(self.file.subjects or ()) if one.name}
        return {subject: named.get(subject, code) for subject, code in self.subjects.items()}

    @cached_property
    def offered(self) -> dict[str, list[str]]:
        """By department the ids of its subjects: listed there, taught there, or had by a student there."""
        offered: dict[str, set[str]] = defaultdict(set)
        for subject in self.file.subjects or ():
            for place in [subject.department] if subject.department else self.departments:
                offered[place].add(subject.id)
        for group in self.file.groups:
            for place in group.serves:
                offered[place].add(group.subject)
        for student in self.file.students:
            offered[student.department].update(student.subjects)
        return {place: sorted(offered[place]) for place in self.departments}

    def is_choosable(self, department: str, subject: str) -> bool:
        """Core subjects come with the class: those taught only in groups bound to one.

        A subject without any group, as in next year's file, is chosen.
        """
        return (department, subject) not in self._core

    def choice_package(self, student: Student) -> list[str]:
        """The codes of the subjects he chose."""
        return [
            self.subjects[subject]
            for subject in student.subjects
            if self.is_choosable(student.department, subject)
        ]

    @cached_property
    def _core(self) -> set[tuple[str, str]]:
        bound, free = (
            {
                (place, one.subject)
                for one in self.file.groups
                if (one.home_class is not None) is is_bound
                for place in one.serves
            }
            for is_bound in (True, False)
        )
        return bound - free


def _apart(things: Iterable[Coded]) -> dict[str, str]:
    """Each thing's code, or its id where the code is also another's code or id."""
    listed = list(things)
    taken = Counter(name for one in listed for name in {one.id, one.code_or_id})
    return {one.id: one.code_or_id if taken[one.code_or_id] == 1 else one.id for one in listed}
