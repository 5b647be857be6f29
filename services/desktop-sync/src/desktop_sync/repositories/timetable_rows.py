"""The rows that an import makes of a timetable."""

from collections.abc import Iterator, Mapping

from desktop_sync.models.imported_branch import ImportedBranch
from desktop_sync.models.lesson_group import LessonGroupId
from shared.database.set_based import Row

GROUP_KEY = ("project_id", "branch_id", "code")
SLOT_KEY = ("project_id", "branch_id", "week", "day", "period")


def subjects(imported: ImportedBranch) -> Iterator[Row]:
    for subject in imported.subjects:
        yield {"project_id": imported.project.id, "code": subject.code, "name": subject.name}


def home_classes(imported: ImportedBranch) -> Iterator[Row]:
    for home_class in imported.home_classes:
        yield {
            "id": home_class.id,
            "project_id": imported.project.id,
            "branch_id": imported.branch,
            "department_id": home_class.department,
            "code": home_class.code,
            "soft_max": home_class.soft_max,
            "hard_max": home_class.hard_max,
        }


def groups(imported: ImportedBranch) -> Iterator[Row]:
    for group in imported.groups:
        yield {
            "project_id": imported.project.id,
            "branch_id": imported.branch,
            "code": group.code,
            "name": group.name,
            "subject_code": group.subject,
            "home_class_id": group.home_class,
            "soft_max": group.soft_max,
            "hard_max": group.hard_max,
        }


def departments(imported: ImportedBranch, ids: Mapping[str, LessonGroupId]) -> Iterator[Row]:
    for group in imported.groups:
        for department in set(group.departments):
            yield {
                "lesson_group_id": ids[group.code],
                "department_id": department,
                "portal_group_id": group.portal_groups.get(department),
            }


def slots(imported: ImportedBranch) -> Iterator[Row]:
    for slot in imported.slots:
        yield {
            "project_id": imported.project.id,
            "branch_id": imported.branch,
            "week": slot.week,
            "day": slot.day,
            "period": slot.period,
        }


def students(imported: ImportedBranch) -> Iterator[Row]:
    for student in imported.students:
        yield {
            "project_id": imported.project.id,
            "code": student.code,
            "school_id": imported.project.school,
            "branch_id": imported.branch,
            "department_id": student.department,
            "home_class_id": student.home_class,
        }


def placements(imported: ImportedBranch, ids: Mapping[str, LessonGroupId]) -> Iterator[Row]:
    for student in imported.students:
        for subject in set(student.subjects):
            group = student.groups.get(subject)
            yield {
                "project_id": imported.project.id,
                "student_code": student.code,
                "subject_code": subject,
                "lesson_group_id": None if group is None else ids[group],
            }
