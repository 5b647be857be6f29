"""Who is enrolled in a branch of a project, as a list of the student administration has it."""

PATH = "/exports/students"


async def test_each_is_told_with_department_class_and_package(portal, school):
    where = {"project": school.now["project"], "branch": school.now["branch"]}
    told = (await portal.get(PATH, params=where)).json()["items"]
    assert [one["student"] for one in told] == ["101", "102", "103", "104"]
    assert told[1] == {
        "student": "102",
        "department": "H4",
        "home_class": "H4b",
        "profile": "NG",
        "choice_package": ["biol", "wisA"],
    }


async def test_a_branch_that_takes_no_part_in_the_project_is_not_there(portal, school):
    for where in (
        {"project": school.now["project"], "branch": 999_999},
        {"project": 999_999, "branch": school.now["branch"]},
    ):
        assert (await portal.get(PATH, params=where)).status_code == 404
