"""The demo school: repeatable, valid, without clashes, and with what a demo wants to show."""

import time
from collections import Counter
from datetime import date
from functools import cache

import pytest

from doorstroom.demo_school import DemoSchool, file_bytes, generate
from shared.contracts.rights import Role
from shared.project_file import ProjectFile, read_project_file, warnings_of

YEAR = 2025


@cache
def demo(seed: int = 1) -> DemoSchool:
    return generate(seed, school_year=YEAR)


def branches(school: DemoSchool):
    return [branch for unit in school.schools for branch in unit.branches]


@cache
def read(code: str, which: str = "running", seed: int = 1) -> ProjectFile:
    branch = next(branch for branch in branches(demo(seed)) if branch.code == code)
    return read_project_file(file_bytes(getattr(branch, which)))


CODES = [branch.code for branch in branches(demo())]


def sizes(file: ProjectFile) -> Counter[str]:
    return Counter(group for student in file.students for group in student.groups.values())


def test_two_schools_with_five_branches_and_about_1900_students():
    assert [len(unit.branches) for unit in demo().schools] == [3, 2]
    students = {student.code for code in CODES for student in read(code).students}
    assert 1_850 <= len(students) <= 1_950
    assert all(code is not None and len(code) == 6 and code.isdigit() for code in students)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not():
    def everything(school: DemoSchool):
        files = [file_bytes(file) for branch in branches(school) for file in (branch.running, branch.next)]
        return files, school.staff, school.mentors, school.cases, school.login_student

    assert everything(generate(1, school_year=YEAR)) == everything(demo())
    assert everything(generate(2, school_year=YEAR)) != everything(demo())


def test_it_is_quick():
    start = time.process_time()
    generate(3, school_year=YEAR)
    assert time.process_time() - start < 1.5


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("code", CODES)
def test_every_student_has_every_subject_and_no_clash(code, seed):
    file = read(code, seed=seed)
    lessons = {group.id: [slot for slot in group.lessons if slot is not None] for group in file.groups}
    assert all(len(set(slots)) == len(slots) > 0 for slots in lessons.values())
    for student in file.students:
        assert set(student.groups) == set(student.subjects)
        busy = Counter(slot for group in student.groups.values() for slot in lessons[group])
        assert max(busy.values()) == 1, student.code


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("code", CODES)
def test_no_class_or_group_is_overfull_or_empty(code, seed):
    file = read(code, seed=seed)
    assert warnings_of(file) == []
    in_group = sizes(file)
    assert all(in_group[group.id] > 0 for group in file.groups)
    in_class = Counter(student.home_class for student in file.students)
    assert all(24 <= in_class[home.id] <= 32 for home in file.home_classes)


@pytest.mark.parametrize("code", CODES)
def test_a_home_class_has_one_lesson_at_a_time(code):
    file = read(code)
    for home in file.home_classes:
        bound = [slot for group in file.groups if group.home_class == home.id for slot in group.lessons]
        assert len(bound) == len(set(bound)) > 0


@pytest.mark.parametrize("code", CODES)
def test_upper_years_choose_and_the_desktop_leads_them(code):
    file = read(code)
    led_by = {department.id: department.home_class_led_by for department in file.departments}
    with_choice = {group.department for group in file.groups if group.home_class is None}
    for department, leader in led_by.items():
        assert leader == ("portal" if department[1] in "123" else "desktop")
        assert (department in with_choice) == (leader == "desktop" or department == "M3")
    for student in file.students:
        if student.home_class is not None:
            assert (student.profile is not None) == (student.department in with_choice)


@pytest.mark.parametrize("code", CODES)
def test_next_year_is_the_same_structure_without_lessons_and_placements(code):
    running, following = read(code), read(code, "next")
    assert following.departments == running.departments
    assert following.home_classes == running.home_classes
    assert [group.id for group in following.groups] == [group.id for group in running.groups]
    assert not any(group.lessons for group in following.groups)
    offered = {(group.department, group.subject) for group in following.groups if group.home_class is None}
    for student in following.students:
        assert student.home_class is None
        assert student.groups == {}
        chosen = {(student.department, subject) for subject in student.subjects}
        assert chosen <= offered
        assert bool(chosen) == any(department == student.department for department, _ in offered)


def test_nine_of_ten_have_one_prognosis_but_the_exam_years_few():
    expected = Counter(student.code for code in CODES for student in read(code, "next").students)
    assert set(expected.values()) == {1}
    share = {}
    for exam in (True, False):
        codes = [
            student.code
            for code in CODES
            for student in read(code).students
            if (student.department in {"H5", "V6", "M4"}) == exam
        ]
        share[exam] = sum(code in expected for code in codes) / len(codes)
    assert share[True] < 0.25
    assert 0.88 < share[False] < 0.98


def test_some_repeat_and_some_go_to_another_branch():
    def places(which: str):
        return {one.code: (code, one.department) for code in CODES for one in read(code, which).students}

    here, there = places("running"), places("next")
    assert sum(here[code] == place for code, place in there.items()) > 20
    assert sum(here[code][0] != place[0] for code, place in there.items()) > 20


def test_the_named_cases_are_what_they_say():
    cases, centre = demo().cases, read("DC")
    full_class = next(home for home in centre.home_classes if home.id == cases["full_home_class"])
    assert sum(student.home_class == full_class.id for student in centre.students) == full_class.hard_max
    groups = {group.id: group for group in centre.groups}
    full = groups[cases["full_cluster_group"]]
    assert sizes(centre)[full.id] == full.hard_max >= full.soft_max
    assert None in groups[cases["unscheduled_lesson"]].lessons
    at_lake = {student.code for student in read("OL").students}
    for case in ("enrolled_elsewhere_1", "enrolled_elsewhere_2"):
        assert cases[case] in at_lake & {student.code for student in centre.students}


def test_codes_are_unique_but_for_those_enrolled_elsewhere():
    seen = Counter(student.code for code in CODES for student in read(code).students)
    twice = {code for code, count in seen.items() if count > 1}
    assert twice == {demo().cases["enrolled_elsewhere_1"], demo().cases["enrolled_elsewhere_2"]}


def test_home_classes_and_groups_are_unique_in_their_school():
    for unit in demo().schools:
        files = [read(branch.code) for branch in unit.branches]
        homes = [home.id for file in files for home in file.home_classes]
        groups = [group.id for file in files for group in file.groups]
        assert len(set(homes)) == len(homes)
        assert len(set(groups)) == len(groups)


def test_persons_are_complete_and_invented():
    prefixes, letters = set(), set()
    for code in CODES:
        for student in read(code).students:
            assert student.given_name
            assert student.family_name
            assert student.email is not None
            assert student.email.endswith(".example")
            assert student.postal_code is not None
            assert student.postal_code[:4].isdigit()
            assert student.postal_code[4] == " "
            assert student.birth_date is not None
            age = (date(YEAR, 10, 1) - student.birth_date).days // 365
            assert age - int(student.department[1]) in {10, 11, 12, 13}
            prefixes.add(student.prefix)
            letters |= set(student.family_name)
    assert {None, "van der", "de", "el"} <= prefixes
    assert {"ı", "ł", "ş"} <= letters  # noqa: RUF001 - Turkish has a dotless i


def test_staff_have_roles_the_product_knows_at_branches_that_exist():
    staff = demo().staff
    roles = [role for one in staff for role in one["roles"]]
    assert {role["role"] for role in roles} == set(Role) - {
        Role.APPLICATION_MANAGER,
        Role.STUDENT,
        Role.GUARDIAN,
    }
    assert {role["branch"] for role in roles} == set(CODES)
    codes = [one["code"] for one in staff]
    assert len(set(codes)) == len(codes)
    assert {demo().login_student_office, demo().login_timetabler} <= set(codes)
    for code in CODES:
        assert set(demo().mentors[code]) == {home.id for home in read(code).home_classes}
        assert set(demo().mentors[code].values()) <= set(codes)


def test_the_student_who_logs_in_is_an_ordinary_one():
    code = demo().login_student
    assert [student.department for student in read("DC").students if student.code == code] == ["H4"]
    assert [student.code for student in read("DC", "next").students].count(code) == 1
    assert code not in demo().cases.values()


def test_most_students_have_one_or_two_guardians_and_some_guardians_two_children():
    students = {student.id: student for code in CODES for student in read(code).students}
    children: dict[str, set[str]] = {}
    for code in CODES:
        for one in read(code).guardians:
            children.setdefault(one.id, set()).update(one.children)
    guardians = Counter(child for his in children.values() for child in his)
    held = Counter(guardians[student] for student in students)
    assert set(held) == {0, 1, 2}
    assert held[0] < 0.1 * len(students) < held[1] < held[2]
    siblings = [sorted(his) for his in children.values() if len(his) > 1]
    assert 100 < len(siblings) < 0.2 * len(children)
    for pair in siblings:
        first, second = (students[child] for child in pair)
        assert (first.street, first.postal_code) == (second.street, second.postal_code)


def test_guardians_are_the_same_in_next_years_file_and_their_codes_are_no_students():
    now = {one.code: one for code in CODES for one in read(code).guardians}
    for code in CODES:
        for one in read(code, "next").guardians:
            assert one.code is not None
            assert one.code[0] == "g"
            assert (one.family_name, one.email) == (now[one.code].family_name, now[one.code].email)


@pytest.mark.parametrize("code", CODES)
def test_every_home_class_has_a_mentor_and_every_cluster_group_a_teacher(code):
    mentors = demo().mentors[code]
    assert {home.id: home.mentors for home in read(code).home_classes} == {
        home: [mentor] for home, mentor in mentors.items()
    }
    for group in read(code).groups:
        assert (group.teachers is None) == (group.home_class is not None)
        assert set(group.teachers or ()) <= set(mentors.values())
