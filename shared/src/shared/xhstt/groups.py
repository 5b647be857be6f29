"""From events to lesson groups: the events of one subject for one unit, a class or a cluster."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.xhstt.archive import Event, Instance
from shared.xhstt.classes import Classes

_WITH_UNIT = re.compile(r"(.+?) ?\((.+)\)")


@dataclass(slots=True)
class LessonGroup:
    subject: str
    unit: str
    part: int = 1
    events: list[str] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    students: set[str] = field(default_factory=set)
    home_class: str | None = None

    @property
    def id(self) -> str:
        return f"{self.subject}.{self.unit}" if self.unit else self.subject

    @property
    def subject_code(self) -> str:
        """A subject that a student has in several groups counts as several."""
        return self.subject if self.part == 1 else f"{self.subject} ({self.part})"


def students_of(event: Event, classes: Classes) -> set[str]:
    alone = {resource for resource in event.resources if resource in classes.students}
    return alone.union(*(classes.members.get(group, ()) for group in event.groups))


def classes_of(event: Event, classes: Classes) -> set[str]:
    whole = {classes.of_group[group] for group in event.groups if group in classes.of_group}
    return whole | {classes.of_resource[one] for one in event.resources if one in classes.of_resource}


def lesson_groups(instance: Instance, classes: Classes) -> list[LessonGroup]:
    """Those of somebody, in the order of the file; bound to a class when they are for it and no one else."""
    groups: dict[tuple[str, str], LessonGroup] = {}
    for event in instance.events.values():
        key = subject_and_unit(event)
        group = groups.setdefault(key, LessonGroup(*key))
        group.events.append(event.id)
        group.students |= students_of(event, classes)
        group.classes |= classes_of(event, classes)
    for group in groups.values():
        within = {classes.students[student] for student in group.students}
        if len(group.classes) == 1 and within <= group.classes:
            [group.home_class] = group.classes
    attended = [group for group in groups.values() if group.students or group.classes]
    _tell_parts(attended)
    return attended


def subject_and_unit(event: Event) -> tuple[str, str]:
    """From `ne (4H1)`, the event's name or its course's; else from a course `ne-4H1`; else all is subject."""
    course = event.course or event.name
    for name in (event.name, course):
        told = _WITH_UNIT.fullmatch(name)
        if told:
            return told[1], told[2]
    subject, _, unit = course.partition("-")
    return (subject.strip(), unit.strip()) if subject.strip() and unit.strip() else (course, "")


def _tell_parts(groups: Iterable[LessonGroup]) -> None:
    """A student has one group for a subject: groups of a subject that share students are parts of it.

    Classes come first, so that what a cluster adds to a subject of the class is its second part.
    """
    parts: dict[str, list[set[str]]] = defaultdict(list)
    for group in sorted(groups, key=lambda one: one.home_class is None):
        taken = parts[group.subject]
        at = next((at for at, there in enumerate(taken) if there.isdisjoint(group.students)), len(taken))
        if at == len(taken):
            taken.append(set())
        taken[at] |= group.students
        group.part = at + 1
