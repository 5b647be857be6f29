"""A project file as users takes it: the students as people, in the order of the file."""

from typing import Any

from gateway.project_import.place import Place
from shared.contracts.values import UserKind
from shared.project_file import ProjectFile, Student

PATH = "/imports/people"

_TOLD = ("given_name", "prefix", "family_name", "email", "street", "postal_code", "city", "country")


def people_request(file: ProjectFile, place: Place, *, codes_from: int, dry_run: bool) -> dict[str, Any]:
    """School and branch have no ids yet: users learns them from the portal's facts."""
    return {
        "source": place.source,
        "codes_from": codes_from,
        "dry_run": dry_run,
        "people": [_person(student) for student in file.students],
    }


def _person(student: Student) -> dict[str, Any]:
    person = {
        "external_id": student.id,
        "kind": UserKind.STUDENT.value,
        "code": student.code,
        "birth_date": student.birth_date.isoformat() if student.birth_date else None,
        "house_number": _house_number(student),
        **{field: getattr(student, field) for field in _TOLD},
    }
    return {field: value for field, value in person.items() if value is not None}


def _house_number(student: Student) -> str | None:
    """The two are one field there: 12 and bis are "12 bis", 12 and -2 are "12-2"."""
    number, suffix = student.house_number, student.house_number_suffix
    if number is None or suffix is None:
        return number or suffix
    return number + ("" if suffix.startswith(("-", "/")) or len(suffix) == 1 else " ") + suffix
