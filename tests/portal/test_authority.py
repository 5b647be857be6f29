"""Who leads the home classes of a department, and what of it is unsynchronised when that changes."""

import pytest
from sqlalchemy import select

from portal.features.desktop_presence import note_presence
from shared.contracts.changes import AuthorityChanged
from shared.contracts.rights import Role
from shared.messaging.tables import audit, outbox
from tests.portal.test_enrolling import department_of
from tests.portal.test_leftovers import Told
from tests.support.school import project_input

PORTAL = {"home_class_authority": "portal"}


@pytest.fixture
def path(school):
    return f"/departments/{department_of(school.now)}"


@pytest.fixture
def told(work, school):
    return Told(work, school)


async def patch(portal, path, change, tag='"1"'):
    return await portal.patch(path, json=change, headers={"If-Match": tag})


async def said(work):
    async with work() as uow:
        query = select(outbox.c.body).where(outbox.c.type == AuthorityChanged.type)
        return list(await uow.session.scalars(query))


async def test_another_side_leads_and_the_desktop_is_told(portal, school, work, path):
    shown = await portal.get(path)
    assert (shown.headers["ETag"], shown.json()["home_class_authority"]) == ('"1"', "desktop")

    answer = await patch(portal, path, PORTAL | {"name": "Havo 4"})

    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert (changed["home_class_authority"], changed["name"], changed["version"]) == ("portal", "Havo 4", 2)
    assert changed["unsynchronised"] == {"count": 0, "rows": []}
    assert answer.headers["ETag"] == (await portal.get(path)).headers["ETag"] == '"2"'
    [fact] = await said(work)
    assert fact | {"at": None} == {
        "department": changed["id"],
        "project": school.now["project"],
        "branch": school.now["branch"],
        "home_class_authority": "portal",
        "version": 2,
        "at": None,
    }
    async with work() as uow:
        query = select(audit.c.fields).where(audit.c.action == "department.change")
        assert list(await uow.session.scalars(query)) == [["name", "home_class_authority"]]


async def test_another_name_alone_tells_the_desktop_nothing(portal, work, path):
    assert (await patch(portal, path, {"name": "Havo 4"})).json()["version"] == 2
    assert (await patch(portal, path, {"home_class_authority": "desktop"}, '"2"')).json()["version"] == 2
    assert await said(work) == []


async def test_an_import_that_lets_another_side_lead_tells_the_desktop_too(portal, school, work):
    answer = await portal.post(
        "/imports/project", json=project_input("H4", school.year, ["101"], authority="portal")
    )
    assert answer.status_code == 200, answer.text
    [fact] = await said(work)
    assert (fact["department"], fact["home_class_authority"], fact["version"]) == (
        department_of(school.now),
        "portal",
        2,
    )


async def test_it_is_changed_as_it_was_seen(portal, path):
    assert (await portal.patch(path, json=PORTAL)).status_code == 428
    stale = await patch(portal, path, PORTAL, '"7"')
    assert (stale.status_code, stale.json()["code"]) == (412, "version_stale")


async def test_whose_class_differs_is_listed_and_must_be_confirmed(portal, school, work, told, path):
    here = department_of(school.now)
    classes = {part["code"]: part["id"] for part in school.now["groups"]}
    # In the portal 101 and 103 are in H4a, 102 and 104 in H4b.
    await told.in_desktop("101", department=here, home_class=classes["H4a"])
    await told.in_desktop("102", department=here, home_class=classes["H4a"])
    await told.in_desktop("103", department=here)
    await told.in_desktop("104", revision=2, present=False, department=here)
    differing = [
        {"student": "103", "portal": "H4a", "desktop": None},
        {"student": "102", "portal": "H4b", "desktop": "H4a"},
    ]

    refused = await patch(portal, path, PORTAL)

    assert (refused.status_code, refused.json()["code"]) == (409, "unsynchronised")
    assert refused.json()["params"] == {"count": 2, "rows": differing}
    assert (await portal.get(path)).json()["home_class_authority"] == "desktop"
    assert await said(work) == []
    confirmed = await patch(portal, path, PORTAL | {"confirm_unsynchronised": True})
    assert confirmed.json()["unsynchronised"] == {"count": 2, "rows": differing}
    assert len(await said(work)) == 1


async def test_where_the_desktop_tells_no_department_nothing_is_known(portal, told, path):
    await told.in_desktop("101")
    assert (await patch(portal, path, PORTAL)).status_code == 200


async def test_of_many_the_first_fifty_are_listed(portal, school, told, path):
    many = [str(code) for code in range(300, 360)]
    await portal.post("/imports/project", json=project_input("H4", school.year, many))
    facts = [told.listed(code, department=department_of(school.now)) for code in many]
    await told.react(note_presence, *facts)
    refused = (await patch(portal, path, PORTAL)).json()["params"]
    assert (refused["count"], len(refused["rows"])) == (60, 50)


async def test_of_two_departments_of_a_student_the_desktop_means_one(portal, school, told, path):
    other = (await portal.post("/imports/project", json=project_input("V4", school.year, ["109"]))).json()
    body = {"student": "101", "department": other["departments"]["V4"], "second": True}
    assert (await portal.post("/enrolments", json=body)).status_code == 201
    await told.in_desktop("101", department=other["departments"]["V4"])
    assert (await patch(portal, path, PORTAL)).status_code == 200


async def test_only_the_application_manager_there_and_no_year_that_is_over(house, portal, school, path):
    past = (await portal.post("/imports/project", json=project_input("H3", school.year - 1, ["105"]))).json()
    for role in (Role.STUDENT_OFFICE, Role.TIMETABLER):
        token = house.token("x", {role: None})
        headers = {"Authorization": f"Bearer {token}", "If-Match": "*"}
        assert (await portal.patch(path, json=PORTAL, headers=headers)).status_code == 403
    elsewhere = house.token("x", {Role.APPLICATION_MANAGER: [school.now["branch"] + 1000]})
    headers = {"Authorization": f"Bearer {elsewhere}", "If-Match": "*"}
    assert (await portal.patch(path, json=PORTAL, headers=headers)).status_code == 404
    assert (await portal.get(path, headers=headers)).status_code == 404
    assert (await patch(portal, f"/departments/{department_of(past)}", PORTAL)).status_code == 404
    assert (await patch(portal, "/departments/nonsense", PORTAL)).status_code == 404
