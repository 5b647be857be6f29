"""Guardians have children that are students of the file."""

from typing import Any

from shared.project_file.problems import Found


def check_families(document: dict[str, Any], found: Found) -> None:
    students = {student.get("id") for student in document.get("students") or ()}
    for at, guardian in enumerate(document.get("guardians") or ()):
        seen: set[str] = set()
        for number, child in enumerate(guardian.get("children") or ()):
            if child is None:
                continue
            place = ("guardians", at, "children", number)
            if child in seen:
                text = "The guardian has this child twice."
                found.add(place, "duplicate_child", text, guardian.get("id"))
            elif "students" in document and child not in students:
                found.add(place, "unknown_student", "There is no such student.", guardian.get("id"))
            seen.add(child)
