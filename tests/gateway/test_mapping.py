"""From a project file to what each service is asked."""

import json
from pathlib import Path

import pytest

from gateway.project_import.desktop_branch import DesktopBranch
from gateway.project_import.naming import Naming
from gateway.project_import.people import people_request, place_in_file
from gateway.project_import.place import Place
from gateway.project_import.portal_project import portal_request
from shared.clock import SchoolYear
from shared.project_file import ProjectFile, read_project_file

SMALL = json.loads((Path(__file__).parents[1] / "support" / "small_school.json").read_text())
PLACE = Place("S", "B", SchoolYear(2026), "School", "Branch")


def read(**changed) -> ProjectFile:
    return read_project_file(json.dumps(SMALL | changed).encode())


def codes_of(file: ProjectFile) -> dict[str, str]:
    return {student.id: str(900_001 + at) for at, student in enumerate(file.students)}


def to_portal(file: ProjectFile):
    return portal_request(Naming(file), PLACE, codes_of(file), dry_run=False)


def portal_answer(file: ProjectFile):
    """As the portal would: an id for everything it was sent."""
    asked = to_portal(file)
    return {
        "school": 1,
        "branch": 2,
        "project": 3,
        "project_name": "School 2026-2027",
        "taken_at": "2026-11-23T15:00:00Z",
        "departments": {one["code"]: 10 + at for at, one in enumerate(asked["departments"])},
        "groups": [
            {"department": one["department"], "code": one["code"], "id": 100 + at}
            for at, one in enumerate(asked["groups"])
        ],
        "enrolments": {one["code"]: 1000 + at for at, one in enumerate(asked["students"])},
    }


def to_desktop(file: ProjectFile, **changed):
    return DesktopBranch(Naming(file), PLACE, codes_of(file), portal_answer(file) | changed).request()


def student(asked, at):
    return asked["students"][at]


def small(key, item_id, **changed):
    return [item | changed if item["id"] == item_id else item for item in SMALL[key]]


def test_people_are_the_students_in_their_order_with_only_what_the_file_tells():
    asked = people_request(read(), PLACE, codes_from=5, dry_run=True)
    assert (asked["source"], asked["codes_from"], asked["dry_run"]) == ("S/B/2026-2027", 5, True)
    assert asked["people"][0] == {"external_id": "s00", "kind": "student"}
    assert [one["external_id"] for one in asked["people"]] == [one["id"] for one in SMALL["students"]]


def test_guardians_follow_the_students_and_may_have_the_id_of_one():
    guardian = {"id": "s00", "family_name": "Berg", "children": ["s01"]}
    file = read(guardians=[guardian | {"house_number": "1", "house_number_suffix": "a", "code": "ga"}])
    asked = people_request(file, PLACE, codes_from=5, dry_run=True)
    assert asked["people"][len(SMALL["students"]) :] == [
        {
            "external_id": "guardian/s00",
            "kind": "guardian",
            "code": "ga",
            "family_name": "Berg",
            "house_number": "1a",
            "children": ["s01"],
        }
    ]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("people[11].code", "students[11].code"),
        ("body.people[12].children[0]", "guardians[0].children[0]"),
        ("people", "students"),
        ("body.source", "body.source"),
    ],
)
def test_a_place_among_the_people_is_one_in_the_file(place, expected):
    assert place_in_file(place, 12) == expected


@pytest.mark.parametrize(
    ("number", "suffix", "expected"),
    [("12", "a", "12a"), ("12", "bis", "12 bis"), ("12", "-2", "12-2"), ("12", "", "12"), ("", "", None)],
)
def test_a_house_number_and_its_suffix_are_one_there(number, suffix, expected):
    students = small("students", "s00", house_number=number, house_number_suffix=suffix, family_name="Jansen")
    person = people_request(
        read(format="doorstroom-project/1", students=students), PLACE, codes_from=0, dry_run=False
    )["people"][0]
    assert person.get("house_number") == expected
    assert person["family_name"] == "Jansen"


def test_the_portal_gets_mentors_and_the_teachers_of_cluster_groups():
    file = read(
        format="doorstroom-project/1",
        home_classes=small("home_classes", SMALL["home_classes"][0]["id"], mentors=["men"]),
        groups=[group | {"teachers": ["tea"]} for group in SMALL["groups"]],
    )
    groups = to_portal(file)["groups"]
    homes = [one for one in groups if one["is_home_class"]]
    assert [one["mentors"] for one in homes] == [["men"], *[None] * (len(homes) - 1)]
    assert {tuple(one["teachers"]) for one in groups if not one["is_home_class"]} == {("tea",)}


def test_the_portal_gets_home_classes_and_cluster_groups_but_no_bound_groups():
    groups = {(one["department"], one["code"]): one["is_home_class"] for one in to_portal(read())["groups"]}
    assert {code for (_, code), is_home_class in groups.items() if is_home_class} == {
        "B1a",
        "B1b",
        "H4a",
        "H4b",
    }
    clusters = {code for (_, code), is_home_class in groups.items() if not is_home_class}
    assert clusters == {"econ1.H4", "econ2.H4", "biol1.H4", "biol2.H4", "wisA1.H4", "gesc1.H4"}


def test_a_students_memberships_and_choice_package():
    asked = to_portal(read())
    assert student(asked, 0) == {
        "code": "900001",
        "department": "B1",
        "home_class": "B1a",
        "groups": [],
        "choices": [],
        "profile": None,
    }
    assert student(asked, 6)["groups"] == ["econ1.H4", "biol1.H4", "wisA1.H4"]
    assert student(asked, 6)["choices"] == ["biol", "econ", "wisA"]


def test_core_subjects_are_those_taught_only_in_bound_groups():
    choosable = {
        (one["department"], one["code"]): one["is_choosable"] for one in to_portal(read())["subjects"]
    }
    assert {key for key, can in choosable.items() if not can} == {
        ("B1", "netl"),
        ("B1", "wisk"),
        ("H4", "netl"),
        ("H4", "lo"),
    }
    assert choosable["H4", "econ"]


def test_next_years_file_without_groups_tells_packages_all_the_same():
    bound = [group for group in SMALL["groups"] if group["home_class"]]
    students = [one | {"home_class": None, "groups": {}} for one in SMALL["students"]]
    asked = to_portal(read(groups=bound, students=students))
    assert student(asked, 6)["choices"] == ["biol", "econ", "wisA"]
    assert student(asked, 0)["choices"] == []


def test_a_group_of_several_departments_is_a_group_of_each_in_the_portal():
    groups = small("groups", "econ1.H4", departments=["H4", "B1"])
    file = read(format="doorstroom-project/1", groups=groups)
    asked = to_portal(file)
    served = [one["department"] for one in asked["groups"] if one["code"] == "econ1.H4"]
    assert served == ["H4", "B1"]
    lesson_group = next(one for one in to_desktop(file)["groups"] if one["code"] == "econ1.H4")
    assert lesson_group["departments"] == [11, 10]
    ids = {one["department"]: one["id"] for one in portal_answer(file)["groups"] if one["code"] == "econ1.H4"}
    assert {str(key): one for key, one in lesson_group["portal_groups"].items()} == {
        "11": ids["H4"],
        "10": ids["B1"],
    }


def test_the_desktop_gets_the_portals_ids():
    file = read()
    asked = to_desktop(file)
    ids = {one["code"]: one["id"] for one in portal_answer(file)["groups"]}
    assert asked["project"] == {"id": 3, "school": 1, "school_year": 2026, "name": "School 2026-2027"}
    assert asked["home_classes"][2]["id"] == ids["H4a"]
    groups = {one["code"]: one for one in asked["groups"]}
    assert groups["netl.H4a"]["portal_groups"] == {}
    assert groups["netl.H4a"]["home_class"] == ids["H4a"]
    assert groups["econ1.H4"]["portal_groups"] == {11: ids["econ1.H4"]}
    assert groups["econ1.H4"]["lessons"] == [2, 7]
    assert student(asked, 6) == {
        "code": "900007",
        "enrolment": 1006,
        "department": 11,
        "home_class": ids["H4a"],
        "subjects": ["biol", "econ", "lo", "netl", "wisA"],
        "groups": SMALL["students"][6]["groups"],
        "memberships": [ids["econ1.H4"], ids["biol1.H4"], ids["wisA1.H4"]],
        "choices": ["biol", "econ", "wisA"],
    }


def test_who_left_is_not_sent_to_the_desktop():
    file = read()
    enrolments = portal_answer(file)["enrolments"]
    del enrolments["900007"]
    codes = {one["code"] for one in to_desktop(file, enrolments=enrolments)["students"]}
    assert codes == enrolments.keys()


def test_a_code_that_two_groups_share_gives_way_to_the_id_where_it_would_mix_them_up():
    bound = ("netl.B1a", "netl.B1b")
    groups = [one | {"code": "netl"} if one["id"] in bound else one for one in SMALL["groups"]]
    groups = [one | {"code": "economics"} if one["id"] == "econ1.H4" else one for one in groups]
    extra = {"id": "econ.B1", "code": "economics", "department": "B1", "subject": "econ", "home_class": None}
    groups.append(extra | {"soft_max": 1, "hard_max": 1, "lessons": []})
    naming = Naming(read(format="doorstroom-project/1", groups=groups))
    assert naming.portal_groups["econ1.H4"] == "economics"  # the portal keeps departments apart
    assert naming.lesson_groups["econ1.H4"] == "econ1.H4"  # the desktop does not
    assert naming.lesson_groups["netl.B1a"] == "netl.B1a"
    assert len(set(naming.lesson_groups.values())) == len(groups)
