"""Sending the demo school: its project files, then its staff and logins."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

from doorstroom.demo_school import DemoBranch, DemoSchool, DemoSchoolUnit, file_bytes
from doorstroom.demo_school.people import Person
from doorstroom.door import Door, DoorRefused, Json
from shared.clock import SchoolYear, school_year_name

LOGINS = ("student_office", "timetabler", "student")
PEOPLE = "/api/users/imports/people"

Say = Callable[[str], None]
Logins = dict[str, dict[str, str]]


def load_demo(door: Door, school: DemoSchool, passwords: Mapping[str, str], say: Say) -> Logins:
    """All of it; the logins with a password. Raises DoorRefused, DoorAway.

    The running year first: it says in which branch a student is, and a few are in two schools. After that
    the schools have nothing to do with each other.
    """
    began = time.monotonic()
    branches = _Sending(door, school.school_year, "running", say).load(school.schools, at_once=1)
    following = _Sending(door, school.school_year + 1, "next", say)
    following.load(school.schools, at_once=len(school.schools))
    _load_staff(door, school, branches, passwords)
    say(f"{school.school_group}: {time.monotonic() - began:.1f} s")
    return {
        login: {"username": code, "password": passwords[login]}
        for login, code in _login_codes(school).items()
    }


@dataclass(frozen=True, slots=True)
class _Sending:
    """The files of one school year: `running` or `next` of each branch."""

    door: Door
    year: int
    which: str
    say: Say

    def load(self, schools: Sequence[DemoSchoolUnit], *, at_once: int) -> dict[str, int]:
        """Ids of the branches by their codes."""
        with ThreadPoolExecutor(at_once) as lanes:
            return dict(chain.from_iterable(lanes.map(self._load_school, schools)))

    def _load_school(self, unit: DemoSchoolUnit) -> list[tuple[str, int]]:
        return [(branch.code, self._load_branch(unit, branch)) for branch in unit.branches]

    def _load_branch(self, unit: DemoSchoolUnit, branch: DemoBranch) -> int:
        began = time.monotonic()
        file: Json = getattr(branch, self.which)
        name = f"{branch.name} {school_year_name(SchoolYear(self.year))}"
        place = {
            "school": unit.code,
            "school_name": unit.name,
            "branch": branch.code,
            "branch_name": branch.name,
            "year": school_year_name(SchoolYear(self.year)),
        }
        *_, job = self.door.import_project(file_bytes(file), place)
        if job["failure"]:
            told = {"code": job["failure"]["code"], "detail": f"{name}: {job['failure']['detail']}"}
            raise DoorRefused(job["failure"]["status"], told)
        self.say(f"  {name:<32} {len(file['students']):4} students {time.monotonic() - began:5.1f} s")
        branch_id: int = job["result"]["branch"]
        return branch_id


def _load_staff(
    door: Door, school: DemoSchool, branches: Mapping[str, int], passwords: Mapping[str, str]
) -> None:
    """Per branch where somebody works first; and a password for the student who may log in."""
    given = {code: passwords[login] for login, code in _login_codes(school).items()}
    for branch, branch_id in branches.items():
        people = list(_staff(school, branch, branches, given))
        door.post(PEOPLE, {"source": "demo/staff", "branch": branch_id, "people": people})
    student = {"external_id": school.login_student, "code": school.login_student, "kind": "student"}
    login = {**student, "password": given[school.login_student]}
    door.post(PEOPLE, {"source": "demo/logins", "people": [login]})


def _staff(
    school: DemoSchool, branch: str, branches: Mapping[str, int], given: Mapping[str, str]
) -> Iterator[Person]:
    for one in school.staff:
        if one["roles"][0]["branch"] == branch:
            roles = [{"role": held["role"], "branch": branches[held["branch"]]} for held in one["roles"]]
            password = {"password": given[one["code"]]} if one["code"] in given else {}
            yield {**one, "external_id": one["code"], "kind": "staff", "roles": roles, **password}


def _login_codes(school: DemoSchool) -> dict[str, str]:
    return {
        "student_office": school.login_student_office,
        "timetabler": school.login_timetabler,
        "student": school.login_student,
    }
