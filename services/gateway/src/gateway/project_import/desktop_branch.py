"""A project file as the desktop takes it: the timetable, with the ids the portal gave."""

from collections.abc import Mapping
from typing import Any

from gateway.project_import.naming import Naming
from gateway.project_import.place import Place
from shared.project_file import Group, HomeClass, Student

PATH = "/imports/project"

Json = dict[str, Any]


class DesktopBranch:
    """Puts one file and the portal's answer to it together."""

    def __init__(self, naming: Naming, place: Place, codes: Mapping[str, str], portal: Json) -> None:
        self._naming, self._place, self._codes, self._portal = naming, place, codes, portal
        self._departments: dict[str, int] = portal["departments"]
        self._groups: dict[tuple[str, str], int] = {
            (one["department"], one["code"]): one["id"] for one in portal["groups"]
        }

    def request(self) -> Json:
        """Students the portal did not enrol, because they left, are left out."""
        file, portal = self._naming.file, self._portal
        return {
            "project": {
                "id": portal["project"],
                "school": portal["school"],
                "school_year": self._place.year,
                "name": portal["project_name"],
            },
            "branch": portal["branch"],
            "taken_at": portal["taken_at"],
            "departments": [
                {
                    "id": self._departments[one.code_or_id],
                    "code": one.code_or_id,
                    "name": one.name or one.code_or_id,
                    "home_class_authority": one.home_class_led_by,
                }
                for one in file.departments
            ],
            "home_classes": [self._home_class(one) for one in file.home_classes],
            "groups": [self._group(one) for one in file.groups],
            "subjects": [
                {"code": code, "name": self._naming.subject_names[subject]}
                for subject, code in self._naming.subjects.items()
            ],
            "slots": [{"day": one.day, "period": one.period, "week": one.week} for one in file.slots],
            "students": [
                self._student(one) for one in file.students if self._codes[one.id] in portal["enrolments"]
            ],
        }

    def _home_class(self, one: HomeClass) -> Json:
        return {
            "id": self._home_class_id(one.id),
            "code": one.code_or_id,
            "department": self._department(one.department),
            "soft_max": one.soft_max,
            "hard_max": one.hard_max,
        }

    def _group(self, one: Group) -> Json:
        return {
            "code": self._naming.lesson_groups[one.id],
            "name": one.name,
            "departments": [self._department(department) for department in one.serves],
            "portal_groups": {
                self._department(department): self._portal_group(one.id, department)
                for department in one.serves
                if one.home_class is None
            },
            "subject": self._naming.subjects[one.subject],
            "home_class": self._home_class_id(one.home_class),
            "soft_max": one.soft_max,
            "hard_max": one.hard_max,
            "lessons": one.lessons,
        }

    def _student(self, one: Student) -> Json:
        naming, code = self._naming, self._codes[one.id]
        memberships = (self._portal_group(group, one.department) for group in one.groups.values())
        return {
            "code": code,
            "enrolment": self._portal["enrolments"][code],
            "department": self._department(one.department),
            "home_class": self._home_class_id(one.home_class),
            "subjects": [naming.subjects[subject] for subject in one.subjects],
            "groups": {
                naming.subjects[subject]: naming.lesson_groups[group] for subject, group in one.groups.items()
            },
            "choices": naming.choice_package(one),
            "memberships": [group for group in memberships if group is not None],
        }

    def _department(self, department: str) -> int:
        return self._departments[self._naming.departments[department]]

    def _home_class_id(self, home_class: str | None) -> int | None:
        if home_class is None:
            return None
        department = self._naming.home_class_departments[home_class]
        return self._groups[self._naming.departments[department], self._naming.home_classes[home_class]]

    def _portal_group(self, group: str, department: str) -> int | None:
        """The group of this department that a cluster group is in the portal; None for a bound one."""
        code = self._naming.portal_groups.get(group)
        return None if code is None else self._groups[self._naming.departments[department], code]
