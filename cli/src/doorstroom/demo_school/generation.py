"""The demo school: made from a seed, the same bytes each time, imported like any school's own files.

Two schools with five branches and about 1,900 students. Lower years: the portal leads the home classes and
all lessons are the class's, but Mavo 3 (the portal leads, and there are cluster groups). Upper years: the
desktop leads, with choice packages in cluster lines. `cases.py` names the special situations.
"""

import json
from dataclasses import dataclass
from random import Random

from doorstroom.demo_school.cases import add_cases
from doorstroom.demo_school.families import make_families, with_children_in
from doorstroom.demo_school.layout import DEPARTMENTS, SCHOOL_GROUP, SCHOOLS, BranchPlan
from doorstroom.demo_school.next_year import offered_by, prognoses, without_lessons
from doorstroom.demo_school.people import People, Person
from doorstroom.demo_school.running_year import Json, RunningYear, add_department
from doorstroom.demo_school.staff import Staff, add_staff
from doorstroom.demo_school.subjects import SUBJECT_NAMES
from doorstroom.demo_school.week import SLOTS, WEEK


@dataclass(frozen=True, slots=True)
class DemoBranch:
    code: str
    name: str
    running: Json
    """Project files (doorstroom-project/1), of the running school year and of the next."""
    next: Json


@dataclass(frozen=True, slots=True)
class DemoSchoolUnit:
    code: str
    name: str
    branches: tuple[DemoBranch, ...]


@dataclass(frozen=True, slots=True)
class DemoSchool:
    school_group: str
    school_year: int
    """The calendar year in which the running school year starts, on 1 August."""
    schools: tuple[DemoSchoolUnit, ...]
    staff: tuple[Person, ...]
    mentors: dict[str, dict[str, str]]
    login_student: str
    login_student_office: str
    login_timetabler: str
    """Codes of the three who get a password, beside the application manager."""
    cases: dict[str, str]


def generate(seed: int = 1, *, school_year: int) -> DemoSchool:
    """The same seed and year give the same school."""
    rng = Random(f"{seed}/{school_year}")  # noqa: S311 - must be repeatable, keeps no secret
    people, staff = People(rng, school_year), Staff()
    years: dict[str, RunningYear] = {}
    coming: dict[str, list[Json]] = {}
    families = Random(f"{seed}/{school_year}/families")  # noqa: S311 - as above
    parents, guardians = People(families, school_year), []
    for school in SCHOOLS:
        for branch in school.branches:
            year = years[branch.code] = RunningYear(school, branch)
            coming[branch.code] = []
            for department in branch.classes:
                add_department(year, rng, people, department)
        pupils = [one for branch in school.branches for one in years[branch.code].students]
        guardians += make_families(families, parents, pupils)
        offer = offered_by(years)
        for branch in school.branches:
            for there, student in prognoses(rng, years[branch.code], offer):
                coming[there].append(student)
        add_staff(
            staff,
            people,
            school,
            {code: year.home_classes for code, year in years.items()},
            {code: year.groups for code, year in years.items()},
        )
    cases = add_cases(years)
    return DemoSchool(
        SCHOOL_GROUP,
        school_year,
        tuple(
            DemoSchoolUnit(
                school.code,
                school.name,
                tuple(
                    _branch(branch, years[branch.code], coming[branch.code], guardians, school_year)
                    for branch in school.branches
                ),
            )
            for school in SCHOOLS
        ),
        tuple(staff.people),
        staff.mentors,
        login_student=_ordinary_student(years["DC"], coming["DC"]),
        login_student_office=staff.first_with("student_office"),
        login_timetabler=staff.first_with("timetabler"),
        cases=cases,
    )


def file_bytes(file: Json) -> bytes:
    """The file as it is sent."""
    return json.dumps(file, ensure_ascii=False, separators=(",", ":")).encode()


def _branch(
    branch: BranchPlan, year: RunningYear, coming: list[Json], guardians: list[Person], school_year: int
) -> DemoBranch:
    running = _file(branch, school_year, year, year.groups, year.students)
    following = _file(branch, school_year + 1, year, without_lessons(year.groups), coming)
    for file in (running, following):
        file["guardians"] = with_children_in(guardians, file["students"])
    return DemoBranch(branch.code, branch.name, running, following)


def _file(
    branch: BranchPlan, school_year: int, year: RunningYear, groups: list[Json], students: list[Json]
) -> Json:
    taught = {group["subject"] for group in groups} | {
        one for student in students for one in student["subjects"]
    }
    return {
        "format": "doorstroom-project/1",
        "name": f"{branch.name} {school_year}-{school_year + 1}",
        "week": WEEK,
        "slots": SLOTS,
        "departments": [
            {"id": code, "name": DEPARTMENTS[code].name, "home_class_led_by": DEPARTMENTS[code].led_by}
            for code in branch.classes
        ],
        "home_classes": year.home_classes,
        "groups": groups,
        "subjects": [{"id": code, "name": name} for code, name in SUBJECT_NAMES.items() if code in taught],
        "students": students,
    }


def _ordinary_student(year: RunningYear, coming: list[Json]) -> str:
    """Of Havo 4, with a prognosis."""
    expected = {student["code"] for student in coming}
    fourth = (student for student in year.students if student["home_class"] == "H4b")
    return next(str(student["code"]) for student in fourth if student["code"] in expected)
