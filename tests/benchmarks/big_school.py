"""A school of 1,900 students in one project, imported through the gateway, with a timetabler of its own."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

from shared.clock import school_year_name, school_year_of, today
from tests.support.own_school import PASSWORD, ProjectFile, imported
from tests.support.rig import Rig

TIMETABLER = "timetabler1900"
CLUSTERS = ("biol", "wisA", "econ")
_BOUND = ("netl", "gesc")
_IN_A_CLASS = 28
_NAME = "BIG"


class Part(NamedTuple):
    department: str
    students: int
    led_by: str

    @property
    def classes(self) -> list[str]:
        return [f"{self.department}.{number}" for number in range(1, self.students // _IN_A_CLASS + 2)]


PARTS = (
    Part("H2", 20, "desktop"),
    Part("H3", 190, "desktop"),
    Part("H4", 740, "desktop"),
    Part("V4", 950, "portal"),
)


def project_file() -> ProjectFile:
    """Each home class has bound groups; each cluster subject as many groups as there are classes."""
    subjects = (*_BOUND, *CLUSTERS)
    content = {
        "format": "doorstroom-project/1",
        "name": _NAME,
        "days": ["ma"],
        "slots": [{"id": f"ma{at}", "day": 0, "period": at} for at in range(1, len(subjects) + 1)],
        "departments": [{"id": part.department, "home_class_led_by": part.led_by} for part in PARTS],
        "home_classes": [
            {"id": one, "department": part.department, "soft_max": 90, "hard_max": 99}
            for part in PARTS
            for one in part.classes
        ],
        "groups": [
            {
                "id": f"{subject}.{one}",
                "department": part.department,
                "subject": subject,
                "home_class": one if subject in _BOUND else None,
                "soft_max": 90,
                "hard_max": 99,
                "lessons": [subjects.index(subject)],
            }
            for part in PARTS
            for one in part.classes
            for subject in subjects
        ],
        "students": [student for part in PARTS for student in _students(part, subjects)],
    }
    year = school_year_name(school_year_of(today()))
    return ProjectFile(content, {"school": _NAME, "branch": _NAME, "year": year})


def _students(part: Part, subjects: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    first = 20_000_000 + PARTS.index(part) * 10_000
    for number in range(part.students):
        home_class = part.classes[number % len(part.classes)]
        code = str(first + number)
        yield {
            "id": code,
            "code": code,
            "given_name": "Leerling",
            "family_name": code,
            "department": part.department,
            "home_class": home_class,
            "subjects": list(subjects),
            "groups": {subject: f"{subject}.{home_class}" for subject in subjects},
            "profile": "NG",
        }


async def bring_big_school(rig: Rig, manager: httpx.AsyncClient) -> int:
    """Import it. Returns the project's id."""
    branch = await imported(manager, project_file())
    person = {"external_id": TIMETABLER, "code": TIMETABLER, "kind": "staff", "password": PASSWORD}
    roles = [{"role": "timetabler", "branch": branch}, {"role": "student_office", "branch": branch}]
    body = {"source": f"machine/{_NAME}", "branch": branch, "people": [person | {"roles": roles}]}
    made = await manager.post("/api/users/imports/people", json=body)
    assert made.status_code == 200, made.text
    await rig.quiet(seconds=120)
    [project] = await rig.rows(
        "portal", "SELECT DISTINCT project_id FROM department WHERE branch_id = $1", branch
    )
    return int(project["project_id"])
