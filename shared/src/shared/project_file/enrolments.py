"""The students' department, home class, subjects and groups exist and belong together."""

from typing import Any

from shared.project_file.problems import Found, Place
from shared.project_file.structure import Known


def check_enrolments(document: dict[str, Any], known: Known, found: Found) -> None:
    for at, student in enumerate(document.get("students") or ()):
        place: Place = ("students", at)
        department = student.get("department")
        if department is not None and known.departments is not None and department not in known.departments:
            text = "There is no such department."
            found.add((*place, "department"), "unknown_department", text, student.get("id"))
            department = None  # what does not exist has no classes and groups to be judged by
        _check_home_class(place, student, department, known, found)
        _check_subjects(place, student, department, known, found)
        for subject, group in (student.get("groups") or {}).items():
            wrong = _wrong_group(student, department, subject, group, known)
            if wrong is not None:
                found.add((*place, "groups", subject), *wrong, student.get("id"))


def _check_home_class(
    place: Place, student: dict[str, Any], department: str | None, known: Known, found: Found
) -> None:
    home_class = student.get("home_class")
    if home_class is None or known.home_classes is None:
        return
    home = known.home_classes.get(home_class)
    if home is None:
        found.add(
            (*place, "home_class"), "unknown_home_class", "There is no such home class.", student.get("id")
        )
    elif department is not None and home.get("department", department) != department:
        text = "The home class is of another department."
        found.add((*place, "home_class"), "home_class_of_another_department", text, student.get("id"))


def _check_subjects(
    place: Place, student: dict[str, Any], department: str | None, known: Known, found: Found
) -> None:
    seen: set[str] = set()
    for at, subject in enumerate(student.get("subjects") or ()):
        if subject is None:
            continue
        if subject in seen:
            text = "The student has this subject twice."
            found.add((*place, "subjects", at), "duplicate_subject", text, student.get("id"))
        seen.add(subject)
        offered = known.subjects.get(subject, ()) if known.subjects is not None else {None}
        if not offered:
            found.add(
                (*place, "subjects", at), "unknown_subject", "There is no such subject.", student.get("id")
            )
        elif department is not None and None not in offered and department not in offered:
            text = "The subject is not offered in the student's department."
            found.add((*place, "subjects", at), "subject_of_another_department", text, student.get("id"))


def _wrong_group(
    student: dict[str, Any], department: str | None, subject: str, group_id: str, known: Known
) -> tuple[str, str] | None:
    """The first thing that is wrong: the later ones would follow from it."""
    if "subjects" in student and subject not in student["subjects"]:
        return ("group_without_subject", "The student does not have the subject of this group.")
    if known.groups is None:
        return None
    if group_id not in known.groups:
        return ("unknown_group", "There is no such group.")
    return _misfit(student, department, subject, group_id, known)


def _misfit(
    student: dict[str, Any], department: str | None, subject: str, group_id: str, known: Known
) -> tuple[str, str] | None:
    group = (known.groups or {})[group_id]
    if group.get("subject", subject) != subject:
        return ("group_of_another_subject", "The group is for another subject.")
    departments = known.group_departments[group_id]
    if department is not None and departments and department not in departments:
        return ("group_of_another_department", "The group is for another department.")
    bound_to = group.get("home_class")
    if bound_to is not None and student.get("home_class", bound_to) != bound_to:
        return ("group_of_another_home_class", "The group is bound to another home class.")
    return None
