"""The project file that an instance with one solution is."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from shared.project_file.format import PROJECT_FORMAT
from shared.project_file.problems import Found
from shared.xhstt.archive import Instance
from shared.xhstt.classes import Classes
from shared.xhstt.groups import LessonGroup
from shared.xhstt.instance import INSTANCE
from shared.xhstt.options import Options
from shared.xhstt.solutions import Hours

Json = dict[str, Any]
_WEEKS = ("A", "B")


class Document:
    """Puts the parts together; `found` gets what is left out, as warnings."""

    def __init__(
        self, instance: Instance, classes: Classes, groups: Sequence[LessonGroup], options: Options
    ) -> None:
        self._instance, self._classes, self._options = instance, classes, options
        self._departments = _departments_of(classes, groups)
        self._groups = [group for group in groups if self._serves(group)]

    def written(self, hours: Hours) -> Json:
        department = self._departments
        in_class = Counter(self._classes.students[student] for student in department)
        departments = dict.fromkeys(self._classes.departments.values())
        led_by = self._options.home_class_led_by
        return {
            "format": PROJECT_FORMAT,
            "name": self._instance.name,
            "days": _day_names(self._instance),
            "slots": _slots(self._instance),
            "departments": [{"id": one, "home_class_led_by": led_by} for one in departments],
            "home_classes": [
                {"id": one, "department": of, **self._limits(in_class[one])}
                for one, of in self._classes.departments.items()
            ],
            "groups": [self._group(one, hours) for one in self._groups],
            "students": self._students(),
        }

    def warn(self, found: Found) -> None:
        for student, home_class in self._classes.students.items():
            if student not in self._departments:
                text = "The student is in no class and in no group of one: left out."
                found.add((*INSTANCE, "Resources"), "student_left_out", text, student)
            elif home_class is None:
                text = "The student is in no class; his groups tell his department."
                found.add((*INSTANCE, "Resources"), "student_without_class", text, student)
        kept = {event for group in self._groups for event in group.events}
        left = len(self._instance.events.keys() - kept)
        if left:
            text = f"{left} events are of no class and no student that is known: left out."
            found.add((*INSTANCE, "Events"), "events_left_out", text)

    def _serves(self, group: LessonGroup) -> list[str]:
        """Most of its students are of the first."""
        counted = Counter(
            self._departments[student] for student in sorted(group.students) if student in self._departments
        )
        counted.update({self._classes.departments[one]: 0 for one in sorted(group.classes)})
        return [department for department, _ in counted.most_common()]

    def _group(self, group: LessonGroup, hours: Hours) -> Json:
        taken = [hour for event in group.events for hour in hours[event]]
        own, *others = self._serves(group)
        return {
            "id": group.id,
            "department": own,
            **({"departments": [own, *others]} if others else {}),
            "subject": group.subject_code,
            "home_class": group.home_class,
            **self._limits(len(group.students & self._departments.keys())),
            # Events of one group at one time are one lesson of its students, with two teachers.
            "lessons": [*sorted({hour for hour in taken if hour is not None}), *([None] * taken.count(None))],
        }

    def _students(self) -> list[Json]:
        of: dict[str, dict[str, str]] = defaultdict(dict)
        for group in self._groups:
            for student in group.students:
                of[student][group.subject_code] = group.id
        return [
            {
                "id": student,
                **({"code": student} if student.isascii() and student.isdigit() else {}),
                "department": self._departments[student],
                "home_class": home_class,
                "subjects": sorted(of[student]),
                "groups": of[student],
            }
            for student, home_class in self._classes.students.items()
            if student in self._departments
        ]

    def _limits(self, size: int) -> Json:
        return {"soft_max": self._options.soft_max, "hard_max": max(self._options.hard_max, size)}


def _departments_of(classes: Classes, groups: Sequence[LessonGroup]) -> Mapping[str, str]:
    """By student: his class's, or without one that of most he has lessons with."""
    of = {
        student: classes.departments[home_class]
        for student, home_class in classes.students.items()
        if home_class is not None
    }
    beside: dict[str, Counter[str]] = defaultdict(Counter)
    for group in groups:
        without = group.students - of.keys()
        if without:
            there = Counter(of[student] for student in sorted(group.students & of.keys()))
            for student in without:
                beside[student] += there
    return of | {student: there.most_common(1)[0][0] for student, there in beside.items() if there}


def _day_names(instance: Instance) -> list[str]:
    names: dict[int, str] = {}
    for (_, day), at in _days(instance).items():
        names.setdefault(at, instance.days[day])
    return [names.get(at, str(at + 1)) for at in range(max(names, default=-1) + 1)]


def _days(instance: Instance) -> dict[tuple[str | None, str], int]:
    """Each day's place in its week: that of the file, or where each week has days of its own, of the week."""
    seen = dict.fromkeys((time.week, time.day) for time in instance.times)
    shared = len({day for _, day in seen}) < len(seen)
    order = {day: at for at, day in enumerate(instance.days)}
    if shared:
        return {(week, day): order[day] for week, day in seen}
    counted: Counter[str | None] = Counter()
    places: dict[tuple[str | None, str], int] = {}
    for week, day in sorted(seen, key=lambda one: order[one[1]]):
        places[week, day] = counted[week]
        counted[week] += 1
    return places


def _slots(instance: Instance) -> list[Json]:
    """Periods count from 1 on each day; weeks are A and B in the order of the file."""
    days, weeks = _days(instance), dict(zip(instance.weeks, _WEEKS, strict=False))
    periods: Counter[tuple[str | None, str]] = Counter()
    slots = []
    for time in instance.times:
        periods[time.week, time.day] += 1
        slot: Json = {"id": time.id, "day": days[time.week, time.day]}
        slot["period"] = periods[time.week, time.day]
        slots.append(slot | ({"week": weeks[time.week]} if time.week is not None else {}))
    return slots
