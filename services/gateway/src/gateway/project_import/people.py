"""A project file as users takes it: the students as people, then the guardians, each in the file's order."""

import re
from typing import Any

from gateway.house_numbers import house_number
from gateway.project_import.place import Place
from shared.contracts.values import UserKind
from shared.project_file import Guardian, Person, ProjectFile, Student

PATH = "/imports/people"

_TOLD = ("given_name", "prefix", "family_name", "email", "street", "postal_code", "city", "country")
_PERSON = re.compile(r"^(?:body\.)?people(?:\[(\d+)\])?(?=[.\[]|$)")


def people_request(file: ProjectFile, place: Place, *, codes_from: int, dry_run: bool) -> dict[str, Any]:
    """School and branch have no ids yet: users learns them from the portal's facts."""
    return {
        "source": place.source,
        "codes_from": codes_from,
        "dry_run": dry_run,
        "people": [*map(_student, file.students), *map(_guardian, file.guardians)],
    }


def place_in_file(place: str, students: int) -> str:
    """Where it stands in the file: the first `students` of the people are its students."""
    match = _PERSON.match(place)
    if match is None:
        return place
    rest = place[match.end() :]
    if match[1] is None:
        return f"students{rest}"
    at = int(match[1])
    return f"students[{at}]{rest}" if at < students else f"guardians[{at - students}]{rest}"


def _student(student: Student) -> dict[str, Any]:
    return _person(student, student.id, UserKind.STUDENT, student.code)


def _guardian(guardian: Guardian) -> dict[str, Any]:
    """A guardian may have the id of a student: ids count for their list."""
    person = _person(guardian, f"guardian/{guardian.id}", UserKind.GUARDIAN, guardian.code)
    return person | {"children": guardian.children}


def _person(one: Person, external_id: str, kind: UserKind, code: str | None) -> dict[str, Any]:
    person = {
        "external_id": external_id,
        "kind": kind.value,
        "code": code,
        "birth_date": one.birth_date.isoformat() if one.birth_date else None,
        "house_number": house_number(one.house_number, one.house_number_suffix),
        **{field: getattr(one, field) for field in _TOLD},
    }
    return {field: value for field, value in person.items() if value is not None}
