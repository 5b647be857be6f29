"""Schools of a test's own: students nobody else has, this year and next, by one import a year."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

from shared import clock
from shared.clock import school_year_name, school_year_of, today
from tests.support.eventually import eventually
from tests.support.rig import OWN_SCHOOL, Rig

NOW, NEXT = "now", "next"
PASSWORD = "a password of the tests"


class ProjectFile(NamedTuple):
    content: dict[str, Any]
    place: dict[str, str]


@dataclass(frozen=True)
class School:
    """Its students, the files it was imported from, and of each year the project and the department."""

    students: tuple[str, ...]
    files: tuple[ProjectFile, ...]
    projects: dict[str, int]
    departments: dict[str, int]
    logins: dict[str, str]


def content_of(students: list[str], department: str) -> dict[str, Any]:
    """A department with two home classes, a subject of the class and two that are chosen."""
    classes = [f"{department}a", f"{department}b"]
    room = {"soft_max": 9000, "hard_max": 9999}
    bound: list[dict[str, Any]] = [
        {"id": f"netl.{one}", "department": department, "subject": "netl", "home_class": one, **room}
        for one in classes
    ]
    free: list[dict[str, Any]] = [
        {"id": f"{subject}.{department}", "department": department, "subject": subject, "home_class": None}
        | room
        for subject in ("biol", "wisA")
    ]
    return {
        "format": "doorstroom-project/1",
        "name": department,
        "days": ["ma"],
        "slots": [{"id": f"ma{period}", "day": 0, "period": period} for period in (1, 2, 3, 4)],
        "departments": [{"id": department, "home_class_led_by": "desktop"}],
        "home_classes": [{"id": one, "department": department, **room} for one in classes],
        "groups": [group | {"lessons": [number]} for number, group in enumerate(bound + free)],
        "students": [
            {"id": code, "code": code, "department": department, "home_class": classes[int(code) % 2]}
            | {"subjects": ["netl", "biol", "wisA"], "profile": "NG"}
            | {
                "groups": {
                    "netl": f"netl.{classes[int(code) % 2]}",
                    "biol": f"biol.{department}",
                    "wisA": f"wisA.{department}",
                }
            }
            for code in students
        ],
    }


_numbers = itertools.count(1)


class Schools:
    """Students for one run after the other; another school is imported when the last has none left."""

    def __init__(self, rig: Rig, manager: httpx.AsyncClient, *, size: int) -> None:
        self._rig, self._manager, self._size = rig, manager, size
        self._school: School | None = None
        self._left: Iterator[str] = iter(())

    async def take(self, count: int) -> tuple[School, list[str]]:
        taken = list(itertools.islice(self._left, count))
        if self._school is None or len(taken) < count:
            self._school = await self._imported(next(_numbers))
            self._left = iter(self._school.students)
            taken = list(itertools.islice(self._left, count))
        return self._school, taken

    async def _imported(self, number: int) -> School:
        students = [str(10_000_000 + number * 1_000 + one) for one in range(self._size)]
        name = f"{OWN_SCHOOL}{number}"
        year = school_year_of(today())
        files = [
            ProjectFile(
                content_of(students, department),
                {"school": name, "branch": name, "year": school_year_name(clock.SchoolYear(of))},
            )
            for department, of in (("H4", year), ("H5", year + 1))
        ]
        for file in files:
            branch = await imported(self._manager, file)
        logins = {"student_office": f"office{number}", "timetabler": f"timetabler{number}"}
        people = [
            {"external_id": code, "code": code, "kind": "staff", "password": PASSWORD}
            | {"roles": [{"role": role, "branch": branch}]}
            for role, code in logins.items()
        ]
        body = {"source": f"machine/{name}", "branch": branch, "people": people}
        made = await self._manager.post("/api/users/imports/people", json=body)
        assert made.status_code == 200, made.text
        await self._rig.quiet()
        card = (await self._manager.get(f"/api/portal/students/{students[0]}")).json()
        by_year = {NOW if one["kind"] == "enrolment" else NEXT: one for one in card["enrolments"]}
        return School(
            tuple(students),
            tuple(files),
            {year: one["project"] for year, one in by_year.items()},
            {year: one["department"]["id"] for year, one in by_year.items()},
            logins,
        )


async def imported(manager: httpx.AsyncClient, file: ProjectFile) -> int:
    """Import it through the gateway, to the end. Returns the id of the branch."""
    sent = await manager.post(
        "/api/imports/projects",
        params=file.place,
        content=json.dumps(file.content),
        headers={"Content-Type": "application/json"},
    )
    assert sent.status_code == 202, sent.text

    async def ended() -> dict[str, Any]:
        job: dict[str, Any] = (await manager.get(f"/api/imports/{sent.json()['id']}")).json()
        assert job["failure"] is None, job["failure"]
        return job if job["result"] else {}

    branch: int = (await eventually(ended, seconds=60, what="the import"))["result"]["branch"]
    return branch
