"""What is worth saying about a file that can be read."""

from collections import Counter
from collections.abc import Sequence

from shared.project_file.format import Group, HomeClass, ProjectFile
from shared.project_file.problems import Problem


def warnings_of(file: ProjectFile) -> list[Problem]:
    """Overfull classes and groups, limits that contradict each other, a group twice in one slot."""
    in_class = Counter(student.home_class for student in file.students)
    in_group = Counter(group for student in file.students for group in student.groups.values())
    return [
        *_of_sizes("home_classes", file.home_classes, in_class),
        *_of_sizes("groups", file.groups, in_group),
        *_of_lessons(file.groups),
    ]


def _of_sizes(
    kind: str, items: Sequence[HomeClass | Group], sizes: Counter[str] | Counter[str | None]
) -> list[Problem]:
    warnings = []
    for at, item in enumerate(items):
        if sizes[item.id] > item.hard_max:
            text = f"{sizes[item.id]} students, hard_max is {item.hard_max}."
            warnings.append(Problem.at((kind, at), "above_hard_max", text, item.id))
        if item.soft_max > item.hard_max:
            text = "soft_max is above hard_max."
            warnings.append(Problem.at((kind, at, "soft_max"), "soft_max_above_hard_max", text, item.id))
    return warnings


def _of_lessons(groups: Sequence[Group]) -> list[Problem]:
    warnings = []
    for at, group in enumerate(groups):
        slots = [slot for slot in group.lessons if slot is not None]
        if len(set(slots)) < len(slots):
            text = "The group has two lessons in one slot."
            warnings.append(Problem.at(("groups", at, "lessons"), "slot_twice", text, group.id))
    return warnings
