"""A project file as the portal takes it: structure and enrolments.

Its groups are the home classes and the cluster groups; a group that serves several departments is a group of
each of them, with the same code. Bound groups are the desktop's only.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.project_import.naming import Naming
from gateway.project_import.place import Place
from shared.project_file import Student

PATH = "/imports/project"

Json = dict[str, Any]


def portal_request(naming: Naming, place: Place, codes: Mapping[str, str], *, dry_run: bool) -> Json:
    """`codes` are the student codes by the file's ids."""
    file = naming.file
    return {
        "place": {
            "school": place.school,
            "school_name": place.school_name,
            "branch": place.branch,
            "branch_name": place.branch_name,
            "school_year": place.year,
        },
        "dry_run": dry_run,
        "departments": [
            {
                "code": one.code_or_id,
                "name": one.name or one.code_or_id,
                "home_class_authority": one.home_class_led_by,
            }
            for one in file.departments
        ],
        "subjects": list(_subjects(naming)),
        "groups": [*_home_classes(naming), *_cluster_groups(naming)],
        "students": [_student(naming, one, codes[one.id]) for one in file.students],
    }


def _subjects(naming: Naming) -> Iterator[Json]:
    for department, subjects in naming.offered.items():
        for subject in subjects:
            yield {
                "department": naming.departments[department],
                "code": naming.subjects[subject],
                "name": naming.subject_names[subject],
                "is_choosable": naming.is_choosable(department, subject),
            }


def _home_classes(naming: Naming) -> Iterator[Json]:
    for one in naming.file.home_classes:
        yield {
            "department": naming.departments[one.department],
            "code": one.code_or_id,
            "name": one.name or one.code_or_id,
            "is_home_class": True,
            "soft_max": one.soft_max,
            "hard_max": one.hard_max,
            "mentors": one.mentors,
        }


def _cluster_groups(naming: Naming) -> Iterator[Json]:
    for one in naming.cluster_groups:
        for department in one.serves:
            yield {
                "department": naming.departments[department],
                "code": naming.portal_groups[one.id],
                "name": one.name or one.code_or_id,
                "is_home_class": False,
                "subject": naming.subjects[one.subject],
                "soft_max": one.soft_max,
                "hard_max": one.hard_max,
                "teachers": one.teachers,
            }


def _student(naming: Naming, student: Student, code: str) -> Json:
    groups = (naming.portal_groups.get(group) for group in student.groups.values())
    return {
        "code": code,
        "department": naming.departments[student.department],
        "home_class": naming.home_classes[student.home_class] if student.home_class else None,
        "groups": [group for group in groups if group is not None],
        "choices": naming.choice_package(student),
        "profile": student.profile,
    }
