"""The choice package with its profile: only what the department lets choose, and no group is left by it."""

import asyncio

import pytest
from sqlalchemy import select

from shared.contracts.changes import ChoicePackageChosen
from shared.contracts.rights import Role
from shared.messaging.tables import audit
from tests.portal.test_home_class import departing, entries, said


async def put(portal, school, subjects, *, student="101", headers=None, **more):
    path = f"/enrolments/{school.now['enrolments'][student]}/choice-package"
    return await portal.put(path, json={"subjects": subjects} | more, headers=headers)


async def get(portal, school, student="101", **more):
    return await portal.get(f"/enrolments/{school.now['enrolments'][student]}/choice-package", **more)


async def test_package_and_what_it_could_be(portal, school):
    shown = (await get(portal, school)).json()

    assert (shown["subjects"], shown["profile"]) == (["biol", "wisA"], "NG")
    assert [one["code"] for one in shown["offered"]] == ["biol", "wisA"]
    assert shown["groups_to_leave"] == []


async def test_another_package_leaves_the_groups_to_the_desktop(portal, school, work):
    version = (await portal.get("/students/101")).json()["version"]

    answer = await put(portal, school, ["wisA"], profile="EM")

    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["subjects"], shown["profile"], shown["version"]) == (["wisA"], "EM", version + 1)
    assert [group["code"] for group in shown["groups_to_leave"]] == ["biol.H4"]
    enrolment = (await portal.get("/students/101")).json()["enrolments"][0]
    assert (enrolment["choice_package"], enrolment["profile"]) == (["wisA"], "EM")
    assert len(enrolment["groups"]) == 2
    [fact] = await said(work, ChoicePackageChosen)
    assert (fact["version"], len(fact["subjects"])) == (version + 1, 1)
    [entry] = await entries(work, "101")
    assert entry.before == {"subjects": ["biol", "wisA"], "profile": "NG"}
    assert entry.after == {"subjects": ["wisA"], "profile": "EM"}
    async with work() as uow:
        rows = await uow.session.execute(select(audit).where(audit.c.action == "choice_package.choose"))
        assert [row.fields for row in rows] == [["subjects", "profile"]]


async def test_the_package_he_has_changes_nothing(portal, school, work):
    version = (await portal.get("/students/101")).json()["version"]

    answer = await put(portal, school, ["wisA", "biol"], profile="NG")

    assert answer.json()["version"] == version
    assert await entries(work, "101") == []


async def test_only_what_the_department_lets_choose(portal, school):
    answer = await put(portal, school, ["wisA", "netl", "latin"])

    assert (answer.status_code, answer.json()["code"]) == (422, "not_choosable")
    assert answer.json()["params"] == {"subjects": ["latin", "netl"]}


async def test_nothing_is_chosen_twice(portal, school):
    answer = await put(portal, school, ["wisA", "wisA"])

    assert (answer.status_code, answer.json()["code"]) == (422, "listed_twice")


async def test_a_running_departure_stands_in_the_way(portal, school, sql):
    await departing(portal, sql, "104")

    answer = await put(portal, school, [], student="104")

    assert (answer.status_code, answer.json()["code"]) == (409, "departure_running")


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        (Role.APPLICATION_MANAGER, (200, 200)),
        (Role.TIMETABLER, (200, 200)),
        (Role.DEAN, (200, 200)),
        (Role.STUDENT_OFFICE, (200, 403)),
        (Role.MENTOR, (403, 403)),
    ],
)
async def test_who_may_read_and_change(house, portal, school, role, statuses):
    headers = {"Authorization": f"Bearer {house.token('who', {role: [school.now['branch']]})}"}

    read, changed = await get(portal, school, headers=headers), await put(portal, school, [], headers=headers)

    assert (read.status_code, changed.status_code) == statuses


async def test_of_another_branch_it_is_unknown(house, portal, school):
    headers = {"Authorization": f"Bearer {house.token('d', {Role.DEAN: [school.now['branch'] + 1]})}"}

    assert (await get(portal, school, headers=headers)).status_code == 404
    assert (await put(portal, school, [], headers=headers)).status_code == 404
    assert (await portal.get("/enrolments/999999/choice-package")).status_code == 404


async def test_of_two_at_once_who_saw_it_first_wins(portal, school):
    seen = {"If-Match": (await get(portal, school)).headers["ETag"]}
    answers = await asyncio.gather(
        *(put(portal, school, subjects, headers=seen) for subjects in (["wisA"], ["biol"]))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]
