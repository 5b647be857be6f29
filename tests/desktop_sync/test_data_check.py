"""The data check: in what the project differs from the copy of the portal."""

from typing import Any

import pytest

from desktop_sync.features.person_copy import note_people
from shared.contracts.rights import Role
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import B1, B1A, BRANCH, H4, H4A, PROJECT, branch
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_people import person
from tests.desktop_sync.test_refresh import refreshed
from tests.support.counting import counted_statements

NOTHING = {"left": 0, "new": 0, "department": 0, "home_class": 0, "choice_package": 0}


@pytest.fixture
async def school(desk: Desk) -> Desk:
    await desk.bring(branch())
    return desk


def changed() -> dict[str, Any]:
    """One of each kind: 1 left, 7 is new, 2 is in B1, 3 has another class where the portal leads, 4 chose."""
    body = branch(students=8)
    students = body["students"]
    body["departments"][0]["home_class_authority"] = "portal"
    students[2] |= {"department": B1, "home_class": B1A, "memberships": []}
    students[3] |= {"home_class": None}
    students[4] |= {"choices": ["wisA"]}
    body["subjects"].append({"code": "wisA", "name": "Wiskunde A"})
    return body | {"students": [students[number] for number in (0, 2, 3, 4, 5, 7)]}


async def check(desk: Desk, kind: str = "left", **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = await desk.get(f"/projects/{PROJECT}/data-check", params={"kind": kind} | more)
    return told


async def test_after_an_import_nothing_differs(school: Desk) -> None:
    for kind in NOTHING:
        shown = await check(school, kind)
        assert (shown["counts"], shown["items"]) == (NOTHING, [])


async def test_each_kind_says_what_either_side_has(school: Desk) -> None:
    await refreshed(school, changed())
    await school.react(note_people, person(code(7)))
    assert (await check(school))["counts"] == dict.fromkeys(NOTHING, 1)
    rows = {kind: (await check(school, kind))["items"] for kind in NOTHING}
    assert {kind: [row["code"] for row in found] for kind, found in rows.items()} == {
        "left": [code(1)],
        "new": [code(7)],
        "department": [code(2)],
        "home_class": [code(3)],
        "choice_package": [code(4)],
    }
    h4, b1 = {"id": H4, "code": "H4"}, {"id": B1, "code": "B1"}
    h4a, b1a = {"id": H4A, "code": "H4a"}, {"id": B1A, "code": "B1a"}
    assert rows["left"][0]["department"] == {"project": h4, "copy": None}
    assert rows["new"][0]["department"] == {"project": None, "copy": h4}
    assert rows["new"][0]["home_class"] == {"project": None, "copy": h4a}
    assert rows["new"][0]["family_name"] == "Berg"
    assert rows["department"][0]["department"] == {"project": h4, "copy": b1}
    assert rows["department"][0]["home_class"] == {"project": h4a, "copy": b1a}
    assert rows["home_class"][0]["home_class"] == {"project": h4a, "copy": None}
    assert rows["choice_package"][0]["choice_package"] == {"missing": ["wisA"], "surplus": ["econ"]}
    assert rows["home_class"][0]["choice_package"] is None


async def test_where_the_desktop_leads_a_home_class_is_no_difference(school: Desk) -> None:
    body = branch()
    body["students"][3]["home_class"] = None
    await refreshed(school, body)
    assert (await check(school))["counts"] == NOTHING


async def test_who_has_two_enrolments_fits_with_either(school: Desk) -> None:
    body = branch()
    second = body["students"][2] | {"enrolment": 5, "department": B1, "home_class": None, "memberships": []}
    body["students"].append(second)
    await refreshed(school, body)
    assert (await check(school))["counts"] == NOTHING


async def test_filters_pages_and_scope(school: Desk) -> None:
    await refreshed(school, branch(students=10))
    assert (await check(school, "new", department=B1))["counts"]["new"] == 0
    found = await check(school, "new", q=code(8), department=H4)
    assert ([row["code"] for row in found["items"]], found["counts"]["new"]) == ([code(8)], 1)
    first = await check(school, "new", limit=3)
    rest = await check(school, "new", limit=3, cursor=first["next"])
    assert [row["code"] for row in first["items"] + rest["items"]] == [code(n) for n in range(6, 10)]
    assert rest["next"] is None
    elsewhere = school.as_(Role.TIMETABLER, BRANCH + 1)
    refused = await school.client.get(f"/projects/{PROJECT}/data-check", headers=elsewhere)
    assert refused.status_code == 404


async def test_a_page_is_as_many_statements_for_any_number(desk: Desk) -> None:
    counts = []
    await desk.bring(branch(students=2))
    for students in (3, 60):
        await refreshed(desk, branch(students=students))
        with counted_statements(desk.engine) as statements:
            await check(desk, "new")
        counts.append(len(without_the_road(statements)))
    assert counts[0] == counts[1]


async def test_name_and_address_cannot_be_edited_here(school: Desk) -> None:
    path = f"/projects/{PROJECT}/students/{code(1)}"
    for ask in (school.client.patch, school.client.put):
        refused = await ask(path, json={"family_name": "Berg"})
        assert (refused.status_code, refused.json()["code"]) == (409, "portal_is_leading")
        assert (await ask(path, json=["any"])).status_code == 409
        assert (await ask(f"/projects/{PROJECT}/students/999", json={})).status_code == 404
        unread = await ask(path, json={}, headers=school.as_(Role.STUDENT))
        assert unread.status_code == 403


async def test_core_subjects_that_wait_for_a_class_are_no_surplus(desk: Desk) -> None:
    body = branch()
    body["subjects"].append({"code": "wisA", "name": "Wiskunde A"})
    body["students"][3] |= {"home_class": None, "groups": {}}
    body["students"][4] |= {"home_class": None, "groups": {}, "subjects": ["netl", "econ", "wisA"]}
    await desk.bring(body)
    shown = await check(desk, "choice_package")
    assert [(row["code"], row["choice_package"]) for row in shown["items"]] == [
        (code(4), {"missing": [], "surplus": ["wisA"]})
    ]
